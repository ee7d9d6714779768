// Makes validator, types and lists of keys from schemas/*.schema.json, and the rules' help texts from
// docs/rules.md, so that they cannot drift apart.
// Writes src/model/generated/; runs before every build, check and test.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import packageJson from '../package.json' with { type: 'json' };
import { ruleTextsModule } from './rule-texts.mjs';

const root = new URL('..', import.meta.url);
const target = new URL('src/model/generated/', root);
const read = (name) =>
  JSON.parse(readFileSync(new URL(`schemas/${name}.schema.json`, root), 'utf8'));

const site = read('site');
const network = read('network-config');
const lease = read('lease');
const backup = read('backup');
const plan = read('plan');

mkdirSync(target, { recursive: true });
/** A schema without what only people and editors read of it, which the validator would carry along. */
function bare(schema) {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(bare);
  const isForPeople = ([key, value]) =>
    ['title', 'description', 'examples'].includes(key) &&
    // What a property of such a name must be is an object.
    (typeof value === 'string' || Array.isArray(value));
  const rules = Object.entries(schema).filter((one) => !isForPeople(one));
  return Object.fromEntries(rules.map(([key, value]) => [key, bare(value)]));
}

/** A validator in a module of its own, so that a command loads only the ones it uses. */
function writeValidator(name, schema, type) {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: false,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true },
    schemas: [bare(schema)],
  });
  const validator = `validate${name[0].toUpperCase()}${name.slice(1)}`;
  const code = standalone
    .default(ajv, { [validator]: schema.$id })
    // ajv writes its one run-time helper as a require even into ES modules.
    .replace(
      /const (\w+) = require\("([^"]+)"\)\.default;/g,
      "import $1_ from '$2.js';const $1 = $1_.default ?? $1_;",
    );
  writeFileSync(new URL(`${name}-validator.js`, target), `// @ts-nocheck\n${code}`);
  writeFileSync(
    new URL(`${name}-validator.d.ts`, target),
    [
      "import type { ErrorObject } from 'ajv';",
      `import type { ${type} } from './documents.ts';`,
      '',
      `export declare const ${validator}: ((value: unknown) => value is ${type}) & {`,
      '  errors?: ErrorObject[] | null;',
      '};',
      '',
    ].join('\n'),
  );
}
// flannel's own checks judge the network config: they fold case and know every backend's keys.
const judgedElsewhere = { ...site.properties, network: { type: network.type } };
writeValidator('site', { ...site, properties: judgedElsewhere }, 'SiteDocument');
writeValidator('backup', backup, 'BackupDocument');
writeValidator('plan', plan, 'PlanDocument');

/** The keys of each object of a site file by its JSON pointer, indexes left out; flannel's are not in it. */
function siteKeys({ properties, items, $ref }, path) {
  const [, name] = /^#\/\$defs\/(.+)/.exec($ref) ?? [];
  if (name !== undefined) return siteKeys(site.$defs[name], path);
  if (items !== undefined) return siteKeys(items, path);
  if (properties === undefined) return [];
  const below = Object.entries(properties).flatMap(([key, one]) => siteKeys(one, `${path}/${key}`));
  return [[path, Object.keys(properties)], ...below];
}
const keys = JSON.stringify(Object.fromEntries(siteKeys(site, '')));
writeFileSync(
  new URL('site-keys.ts', target),
  `export const SITE_KEYS: Readonly<Record<string, readonly string[]>> = ${keys};\n`,
);

/** Editors show the titles, so they are words; the types are named here. */
const named = (schema, title, definitions = {}) => ({
  ...schema,
  title,
  ...(schema.$defs
    ? {
        $defs: Object.fromEntries(
          Object.entries(schema.$defs).map(([name, value]) => [
            name,
            { ...value, title: definitions[name] ?? value.title },
          ]),
        ),
      }
    : {}),
});
const siteTypes = named(site, 'SiteDocument', {
  etcd: 'EtcdDocument',
  bigip: 'BigipDocument',
  ignore: 'IgnoreDocument',
  management: 'ManagementDocument',
});
siteTypes.properties = {
  ...siteTypes.properties,
  network: named(network, 'NetworkConfigDocument'),
};

const options = {
  cwd: fileURLToPath(new URL('schemas/', root)),
  bannerComment: '/* Generated from schemas/ by scripts/generate.mjs. */',
  additionalProperties: true,
};
const types = [
  await compile(siteTypes, 'SiteDocument', options),
  await compile(named(lease, 'LeaseDocument'), 'LeaseDocument', {
    ...options,
    bannerComment: '',
  }),
  await compile(named(backup, 'BackupDocument', { key: 'BackupKey' }), 'BackupDocument', {
    ...options,
    bannerComment: '',
  }),
  await compile(
    named(plan, 'PlanDocument', {
      change: 'PlannedChange',
      problem: 'PlannedProblem',
      field: 'PlannedField',
    }),
    'PlanDocument',
    {
      ...options,
      bannerComment: '',
    },
  ),
];
writeFileSync(new URL('documents.ts', target), types.join('\n'));

const docs = `${packageJson.homepage}/blob/v${packageJson.version}/docs/`;
const page = fileURLToPath(new URL('docs/rules.md', root));
writeFileSync(new URL('rule-texts.ts', target), ruleTextsModule(page, docs));
