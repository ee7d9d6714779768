import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Result, start, temporaryFolder } from '../support/cli.ts';
import { SITE } from '../support/sites.ts';

const CORPUS = path.resolve('test/data/bad-input');

/** Far more than any of these takes: what still runs then would never have ended. */
const KILLED_AFTER = 10_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Runs the executable; whatever it prints, it prints no control character and no stack trace. */
async function runSafely(args: readonly string[], cwd: string, input = ''): Promise<Result> {
  const { child, result } = start(args, { cwd, input });
  const killer = setTimeout(() => child.kill('SIGKILL'), KILLED_AFTER);
  const ended = await result.finally(() => clearTimeout(killer));
  const printed = ended.stdout + ended.stderr;
  expect({
    signal: ended.signal,
    raw: printed.match(RAW),
    trace: /^\s+at .*/m.exec(printed)?.[0],
    defect: /unexpected:.*/.exec(printed)?.[0],
  }).toEqual({ signal: null, raw: null, trace: undefined, defect: undefined });
  return ended;
}

/** Every finding of a text report, by the file that it is about, without the lines shown below. */
function findingsOf(report: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const line of report.split('\n')) {
    const [, file, finding] = /^(\S.*?\.(?:yaml|json|conf))(: .*|:\d.*)$/.exec(line) ?? [];
    if (file !== undefined && finding !== undefined) {
      found[file] = [...(found[file] ?? []), finding.replace(/^:/, '').trim()];
    }
  }
  return found;
}

async function validated(cwd: string, ...files: string[]) {
  const { code, stdout } = await runSafely(['validate', ...files], cwd);
  return { code, findings: findingsOf(stdout) };
}

const NO_JSON = 'error: no flannel can read this JSON:';
const REFUSED = 'error: flannel v0.12.0 and v0.20.0 refuse this config.';
const IGNORED_KEY = 'error: flannel silently ignores the key';

/** What is found in each file of the corpus, the first finding where several follow from one. */
const FINDINGS: Readonly<Record<string, string | readonly string[]>> = {
  'addresses.yaml': [
    '12:13: error: subnet "10.244.100.0/-1" is not an IPv4 subnet [wrong-value]',
    '13:15: error: publicIP "256.1.1.1" is not an IPv4 address [wrong-value]',
    '14:14: error: vtepMAC "zz" is not a MAC address [wrong-value]',
  ],
  'alias-billion-laughs.yaml': '18:10: error: more than 100 aliases [syntax]',
  'alias-cycle.yaml': '9:33: error: the alias stands inside what it repeats [syntax]',
  'alias-unknown.yaml': '3:7: error: the alias has no anchor [syntax]',
  'anchor-twice.yaml': '15:5: error: `subnet` is missing in bigip-1 [missing-key]',
  'blank.conf': `1:1: ${NO_JSON} it is empty [flannel-rejects]`,
  'bom.json': `1:1: ${NO_JSON} it begins with a byte-order mark, which flannel does not read [flannel-rejects]`,
  'c1-in-key.json': `3:3: ${IGNORED_KEY} "Subnet\\u009b31mMax\\u202e" [unknown-key]`,
  'comments.json': `2:3: ${NO_JSON} "/" is not expected here [flannel-rejects]`,
  'crlf.yaml': `8:3: ${IGNORED_KEY} "SubnetLem" [unknown-key]`,
  'cut-off.json': `3:9: ${NO_JSON} it ends too early [flannel-rejects]`,
  'empty.json': `1:1: ${NO_JSON} it is empty [flannel-rejects]`,
  'empty.yaml': '1:1: error: it is empty [syntax]',
  'escape-in-key.json': `3:3: ${IGNORED_KEY} "Subnet\\u001b[2JMax\\u009b" [unknown-key]`,
  'escape-in-name.yaml': [
    '15:13: error: selfIP "\\u001b]0;x\\u0007" is not an IPv4 address [wrong-value]',
  ],
  'escape-raw.yaml': '3:11: error: the control character U+001B may not stand in YAML [syntax]',
  'ipv6-unquoted.yaml': '9:18: error: nested mappings are not allowed in compact mappings [syntax]',
  'key-is-list.yaml': '15:3: error: a key must be plain text [syntax]',
  'manifest-escape.yaml': [
    `4:53: ${IGNORED_KEY} "\\u001b[2J" [unknown-key]`,
    `4:72: ${IGNORED_KEY} "\\u009b" [unknown-key]`,
    '4:19: warning: the backend is absent, which means udp; only vxlan can carry a BIG-IP [backend-not-vxlan]',
  ],
  'manifest-list.yaml': '4:18: error: net-conf.json must be text [wrong-type]',
  'manifest-nested.yaml': `4:19: ${NO_JSON} the value is nested more than 64 levels deep [flannel-rejects]`,
  'manifest-number.yaml': '4:18: error: net-conf.json must be text [wrong-type]',
  'merge-key.yaml': `5:3: ${IGNORED_KEY} "<<" [unknown-key]`,
  'no-object.json': `1:1: ${REFUSED} a network config must be a JSON object, this is [1,2] [flannel-rejects]`,
  'nul.json': `4:27: ${NO_JSON} "\\u0000" is not expected here [flannel-rejects]`,
  'nul.yaml': '3:11: error: the control character U+0000 may not stand in YAML [syntax]',
  'number.conf': `1:1: ${REFUSED} a network config must be a JSON object, this is 1e999 [flannel-rejects]`,
  'numbers.json': [
    `1:44: ${REFUSED} SubnetLen: 18446744073709551616 does not fit into 64 bits [flannel-rejects]`,
    `1:79: ${REFUSED} SubnetMin: 1e999 is not an IP address [flannel-rejects]`,
    "1:123: error: VNI: must be a plain whole number, not -1e400; flannel's vxlan backend does not start (all versions) [flannel-rejects]",
    "1:139: error: Port: 99999999999999999999999999 does not fit into 64 bits; flannel's vxlan backend does not start (all versions) [flannel-rejects]",
  ],
  'numbers.yaml': '8:14: error: this is neither text, a number, true, false nor null [syntax]',
  'only-comments.yaml': '1:1: error: it is empty [syntax]',
  'proto-keys.json': [
    `1:59: ${IGNORED_KEY} "__proto__" [unknown-key]`,
    `1:94: ${IGNORED_KEY} "constructor" [unknown-key]`,
    `1:129: ${IGNORED_KEY} "toString" [unknown-key]`,
    `1:144: ${IGNORED_KEY} "hasOwnProperty" [unknown-key]`,
    `1:198: ${IGNORED_KEY} "__proto__" [unknown-key]`,
    `1:233: ${IGNORED_KEY} "constructor" [unknown-key]`,
    `1:268: ${IGNORED_KEY} "toString" [unknown-key]`,
    `1:283: ${IGNORED_KEY} "hasOwnProperty" [unknown-key]`,
  ],
  'proto-keys.yaml': [
    '5:3: error: etcd has no key "__proto__" [unknown-key]',
    '6:3: error: etcd has no key "constructor" [unknown-key]',
    '7:3: error: etcd has no key "toString" [unknown-key]',
    '8:3: error: etcd has no key "hasOwnProperty" [unknown-key]',
    `10:3: ${IGNORED_KEY} "__proto__" [unknown-key]`,
    `11:3: ${IGNORED_KEY} "constructor" [unknown-key]`,
    `12:3: ${IGNORED_KEY} "toString" [unknown-key]`,
    `13:3: ${IGNORED_KEY} "hasOwnProperty" [unknown-key]`,
    '24:5: error: bigip-1 has no key "__proto__" [unknown-key]',
    '25:5: error: bigip-1 has no key "constructor" [unknown-key]',
    '26:5: error: bigip-1 has no key "toString" [unknown-key]',
    '27:5: error: bigip-1 has no key "hasOwnProperty" [unknown-key]',
    '28:1: error: the site file has no key "__proto__" [unknown-key]',
    '29:1: error: the site file has no key "constructor" [unknown-key]',
    '30:1: error: the site file has no key "toString" [unknown-key]',
    '31:1: error: the site file has no key "hasOwnProperty" [unknown-key]',
    '33:11: error: there is no rule "__proto__" [wrong-value]',
  ],
  'proto-kind.json':
    '1:1: error: this Kubernetes manifest has no ConfigMap with a net-conf.json [no-network-config]',
  'proto-values.json': [
    '1:1: error: Network is missing: flannel v0.12 would run with 0.0.0.0/0 and take over every address, later versions refuse [network-missing]',
    `1:3: ${IGNORED_KEY} "__proto__" [unknown-key]`,
  ],
  'several-documents.yaml': '16:1: error: the file holds more than one YAML document [syntax]',
  'single-quotes.json': `2:3: ${NO_JSON} "'" is not expected here [flannel-rejects]`,
  'site-is-list.yaml': [
    '1:13: error: apiVersion must be flannel-bigip/v1 [wrong-value]',
    '2:7: error: kind must be Site [wrong-value]',
    '3:7: error: name must be text [wrong-type]',
    '4:10: error: network must be a mapping of keys to values [wrong-type]',
    `4:10: ${REFUSED} a network config must be a JSON object, this is [1] [flannel-rejects]`,
    '5:9: error: bigips must be a list [wrong-type]',
    '6:7: error: etcd must be a mapping of keys to values [wrong-type]',
    '7:9: error: ignore must be a list [wrong-type]',
  ],
  'tabs.yaml': '5:1: error: tabs are not allowed as indentation [syntax]',
  'tag-binary.yaml': '3:16: error: this is neither text, a number, true, false nor null [syntax]',
  'tag-js-function.yaml': '3:7: error: unresolved tag: tag:yaml.org,2002:js/function [syntax]',
  'tag-set.yaml':
    '10:9: error: tag:yaml.org,2002:set used for seq collection, but expects map [syntax]',
  'text-behind.json': `6:1: ${NO_JSON} "}" is not expected here [flannel-rejects]`,
  'typographic-quotes.json': `2:3: ${NO_JSON} "“" is not expected here [flannel-rejects]`,
  'typographic-quotes.yaml': `5:12: ${REFUSED} Network: "“10.244.0.0/16”" is not a network in CIDR notation [flannel-rejects]`,
  'utf16-be.json': 'error: utf16-be.json is not UTF-8 text: it is UTF-16 [unreadable-file]',
  'utf16-le.yaml': 'error: utf16-le.yaml is not UTF-8 text: it is UTF-16 [unreadable-file]',
  'utf8-invalid.yaml':
    'error: utf8-invalid.yaml is not UTF-8 text: a byte in line 3 belongs to no character [unreadable-file]',
};

/** A text that takes as many characters as a file may have, and one more. */
const TOO_LONG = `name: ${'x'.repeat(4 * 1024 * 1024)}`;

/** Files that are too large to be kept, and what is found in them first. */
const HUGE: Readonly<Record<string, readonly [text: string, finding: string]>> = {
  'flow.yaml': [
    `a: ${'['.repeat(100_000)}`,
    '1:69: error: the value is nested more than 64 levels',
  ],
  'block.yaml': [
    Array.from({ length: 2_800 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    '66:67: error: the value is nested more than 64 levels deep [syntax]',
  ],
  'list.yaml': ['- '.repeat(100_000), '1:132: error: the value is nested more than 64 levels'],
  'array.json': [
    '['.repeat(100_000) + ']'.repeat(100_000),
    `1:1: ${NO_JSON} the value is nested more than 64 levels deep [flannel-rejects]`,
  ],
  'object.json': [
    `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    `1:1: ${NO_JSON} the value is nested more than 64 levels deep [flannel-rejects]`,
  ],
  'one-line.yaml': [
    TOO_LONG,
    'error: one-line.yaml is larger than 4194304 bytes, so it is no config',
  ],
  'long-line.yaml': [TOO_LONG.slice(0, 4_000_000), '1:1: error: Network is missing'],
  'aliases.yaml': [
    `a: &a [${'1,'.repeat(5_000)}]\nb: [${'*a,'.repeat(50)}]\n`,
    '2:8: error: aliases repeat more than 10000 values [syntax]',
  ],
  'keys.yaml': [
    `${SITE}${Array.from({ length: 20_000 }, (_, n) => `key${n}: 1\n`).join('')}`,
    '1:1: error: there are more than 10000 values, so it is no config [syntax]',
  ],
  'same-key.json': [
    `{${'"Network":1,'.repeat(20_000)}"Network":1}`,
    '1:1: error: there are more than 10000 values, so it is no config [syntax]',
  ],
  'errors.yaml': ['}'.repeat(20_000), '1:1: error: unexpected flow-map-end token in YAML document'],
  'documents.yaml': ['---\n'.repeat(20_000), '10001:1: error: there are more than 10000 documents'],
  'blank-lines.yaml': ['\n'.repeat(200_000), '1:1: error: it is empty [syntax]'],
  'digits.json': [
    `{"Network":"10.244.0.0/16","SubnetLen":${'1'.repeat(100_000)}}`,
    `1:40: ${REFUSED} SubnetLen: ${'1'.repeat(37)}... does not fit into 64 bits`,
  ],
  'nul.yaml': ['\0'.repeat(100_000), '1:1: error: the control character U+0000 may not stand'],
};

describe('a file that was made badly, or to do harm', () => {
  const folder = path.join(CORPUS, 'files');

  it('is refused with place, reason and rule', async () => {
    const files = readdirSync(folder);
    expect(Object.keys(FINDINGS).toSorted()).toEqual(files.toSorted());
    const { code, findings } = await validated(folder, ...files);
    expect(code).toBe(3);
    for (const [file, expected] of Object.entries(FINDINGS)) {
      const found = findings[file] ?? [];
      expect([file, typeof expected === 'string' ? found[0] : found]).toEqual([file, expected]);
    }
  });

  it.each(['json', 'sarif', 'junit', 'github'])('is reported as %s too', async (format) => {
    const { code, stdout } = await runSafely(['validate', '-r', folder, '-o', format], folder);
    expect(code).toBe(3);
    expect(stdout).toContain('alias-billion-laughs.yaml');
  });

  it('is mended as far as that is safe, which is shown first', async () => {
    const copy = temporaryFolder();
    const files = readdirSync(folder);
    for (const file of files)
      writeFileSync(path.join(copy, file), readFileSync(path.join(folder, file)));
    const { code } = await runSafely(['validate', '--fix', '--dry-run', ...files], copy);
    expect(code).toBe(3);
    for (const file of files) {
      expect(readFileSync(path.join(copy, file))).toEqual(readFileSync(path.join(folder, file)));
    }
  });

  it('is refused before it is read through when it is huge', async () => {
    const texts = Object.entries(HUGE).map(([file, [text]]) => [file, text]);
    const { code, findings } = await validated(
      temporaryFolder(Object.fromEntries(texts)),
      ...Object.keys(HUGE),
    );
    expect(code).toBe(3);
    for (const [file, [, expected]] of Object.entries(HUGE)) {
      const [found = ''] = findings[file] ?? [];
      expect([file, found.slice(0, expected.length)]).toEqual([file, expected]);
    }
  });

  it('of 50 errors and more has the first ones told, and counts the others', async () => {
    const cwd = temporaryFolder({ 'errors.yaml': '}'.repeat(1_000) });
    const { findings } = await validated(cwd, 'errors.yaml');
    expect(findings['errors.yaml']?.slice(49)).toEqual([
      '1:50: error: unexpected flow-map-end token in YAML document: "}" [syntax]',
      '1:51: error: from here on there are 950 more errors [syntax]',
    ]);
  });

  it('may come through a pipe, with a name of its own', async () => {
    const args = ['validate', '--stdin-filename', '\u001b[2J.json'];
    const { code, stdout } = await runSafely(args, temporaryFolder(), '{"\u001b":1}');
    expect([code, stdout.split('\n')[0]]).toEqual([
      3,
      `\\u001b[2J.json:1:3: ${NO_JSON} "\\u001b" is not expected here [flannel-rejects]`,
    ]);
  });

  it('may be a folder, a link to itself or nothing at all', async () => {
    const cwd = temporaryFolder();
    mkdirSync(path.join(cwd, 'folder.yaml'));
    symlinkSync('loop.yaml', path.join(cwd, 'loop.yaml'));
    const long = `${'x'.repeat(300)}.yaml`;
    expect(await validated(cwd, 'folder.yaml', 'loop.yaml', 'loop.yaml/x.yaml', long)).toEqual({
      code: 3,
      findings: {
        'folder.yaml': ['error: folder.yaml is a folder [unreadable-file]'],
        'loop.yaml': ['error: loop.yaml is a link that leads back to itself [unreadable-file]'],
        'loop.yaml/x.yaml': [
          'error: loop.yaml/x.yaml is a link that leads back to itself [unreadable-file]',
        ],
        [long]: [`error: ${long} has too long a name to be there [unreadable-file]`],
      },
    });
  });

  it('may have a name that would do harm on a terminal or in a report', async () => {
    const names = ['a\u001b[2J.yaml', 'b\n::error::x.yaml', 'c\u009b\u202e.yaml'];
    const texts = names.map((name) => [name, 'name: [']);
    const cwd = temporaryFolder(Object.fromEntries(texts));
    for (const format of ['text', 'json', 'sarif', 'junit', 'github']) {
      const { code, stdout } = await runSafely(['validate', ...names, '-o', format], cwd);
      expect([format, code, /^::error::/m.test(stdout)]).toEqual([format, 3, false]);
    }
  });

  it('in a folder is passed over when it is no text and says nothing of flannel', async () => {
    const cwd = temporaryFolder({ 'site.yaml': SITE });
    writeFileSync(path.join(cwd, 'binary.json'), Buffer.from([0xff, 0xfe, 0, 0x61]));
    const { code, stdout } = await runSafely(['validate', '-r', '.'], cwd);
    expect([code, stdout]).toEqual([
      0,
      '1 file checked, all valid, 0 warnings, 1 other file passed over\n',
    ]);
  });
});

/** Runs a command on each file of a folder of the corpus; what it says with its exit code. */
async function saidOfEach(
  folder: string,
  args: (file: string) => readonly string[],
): Promise<Record<string, string>> {
  const where = path.join(CORPUS, folder);
  const said: Record<string, string> = {};
  for (const file of readdirSync(where).toSorted()) {
    const { code, stdout, stderr } = await runSafely(args(file), where);
    const [line = ''] = (stderr || stdout).split('\n');
    said[file] = `${code} ${line.replace(`${where}/`, '')}`;
  }
  return said;
}

const DAMAGED = (file: string, api: string, what: string) =>
  `1 error: ${file} is a damaged dump of etcd ${api}: ${what}. Dump the store again`;
const NO_STORE = (file: string) =>
  `1 error: ${file} is neither a store of flannel-bigip nor a dump of etcd. Dump with \`etcdctl get --prefix PREFIX -w json\` or \`GET /v2/keys/PREFIX?recursive=true\``;
const STORE_NO_JSON = (file: string) =>
  `1 error: ${file} is no JSON. Check the path, or take the file from a backup`;
const NODE = 'a node in it is not as etcd writes them';

describe('a store file or a dump that was made badly', () => {
  it('is refused with what is wrong', async () => {
    const said = await saidOfEach('stores', (file) => ['list', '--endpoints', `file:${file}`]);
    const { 'hostile.json': hostile, ...refused } = said;
    expect(hostile).toMatch(/^0 SUBNET/);
    expect(refused).toEqual({
      'base64-cut.json': DAMAGED('base64-cut.json', 'v3', 'kvs[0].value is not base64'),
      'base64-key.json': DAMAGED('base64-key.json', 'v3', 'kvs[1].key is not base64'),
      'base64-value.json': DAMAGED('base64-value.json', 'v3', 'kvs[1].value is not base64'),
      'cut-off.json': STORE_NO_JSON('cut-off.json'),
      'empty.json': STORE_NO_JSON('empty.json'),
      'foreign-prefix.json':
        '0 no leases and no network config under /coreos.com/network in file foreign-prefix.json',
      'kvs-object.json': NO_STORE('kvs-object.json'),
      'mod-revision-text.json': DAMAGED(
        'mod-revision-text.json',
        'v3',
        'kvs[0].mod_revision is no number',
      ),
      'node-children.json': DAMAGED('node-children.json', 'v2', NODE),
      'node-index.json': DAMAGED('node-index.json', 'v2', NODE),
      'node-text.json': NO_STORE('node-text.json'),
      'pair-no-key.json': DAMAGED('pair-no-key.json', 'v3', 'kvs[0].key is not base64'),
      'pair-null.json': DAMAGED('pair-null.json', 'v3', 'kvs[0] is no pair of key and value'),
      'proto-keys.json': NO_STORE('proto-keys.json'),
      'revision-object.json': DAMAGED('revision-object.json', 'v3', 'header.revision is no number'),
      'store-expires.json': NO_STORE('store-expires.json'),
      'store-keys-list.json': NO_STORE('store-keys-list.json'),
      'store-revision.json': NO_STORE('store-revision.json'),
      'store-version.json': NO_STORE('store-version.json'),
    });
  });

  it('may nest so deep that nothing could go through it', async () => {
    const deep = `${'{"nodes":['.repeat(50_000)}${']}'.repeat(50_000)}`;
    const cwd = temporaryFolder({ 'deep.json': `{"node":${deep}}` });
    const { code, stderr } = await runSafely(['list', '--endpoints', 'file:deep.json'], cwd);
    expect([code, stderr.trim().replace(`${cwd}/`, '')]).toEqual([
      1,
      DAMAGED('deep.json', 'v2', NODE).slice(2),
    ]);
  });

  it.each(['table', 'wide', 'json', 'yaml', 'map'])(
    'of hostile keys and values is listed as %s, with nothing of them raw',
    async (format) => {
      const file = `file:${path.join(CORPUS, 'stores/hostile.json')}`;
      const args = ['list', '--endpoints', file, '-o', format];
      const { code, stdout } = await runSafely(args, temporaryFolder());
      expect(code).toBe(0);
      expect(stdout).not.toBe('');
      if (format === 'json') {
        const keys = (JSON.parse(stdout) as { key: string }[]).map(({ key }) => key);
        expect(keys).toContain(
          '/coreos.com/network/subnets/10.244.1.0-24\u001b]0;owned\u0007\u009b2J\u202e\n',
        );
      }
    },
  );

  it.each([[], ['-o', 'json'], ['-o', 'yaml']])(
    'of hostile keys and values is compared with a site, with nothing of them raw: %s %s',
    async (...format) => {
      const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
      const file = `file:${path.join(CORPUS, 'stores/hostile.json')}`;
      const args = ['diff', '--prune', '--endpoints', file, ...format];
      const { code, stdout } = await runSafely(args, cwd);
      expect([code, stdout.includes('../../registry')]).toEqual([2, true]);
    },
  );
});

const NO_BACKUP = (file: string, why: string) =>
  `3 error: ${file} is no backup: ${why}. \`flannel-bigip backup list\` names those that were kept`;
const OUTSIDE = 'is not under /coreos.com/network/subnets/';

describe('a backup that was made badly', () => {
  it('is refused with what is wrong, before any store is asked', async () => {
    const said = await saidOfEach('backups', (file) => ['restore', file, '--dry-run']);
    const expected: Record<string, string> = {
      'cut-off.json': 'it is no JSON',
      'escape.json': `"/\\u001b[2J\\u009b" ${OUTSIDE}`,
      'foreign-prefix.json': `"/registry/x" ${OUTSIDE}`,
      'key-twice.json': 'it holds a key twice',
      'list.json': 'it must be object',
      'no-leases.json': "it must have required property 'leases'",
      'null.json': 'it must be object',
      'other-kind.json': '/kind is not "Backup"',
      'path-config.json':
        'its config is "/coreos.com/network/../x/config", not /coreos.com/network/config',
      'path-empty-step.json': `"/coreos.com/network/subnets//10.244.100.0-24" ${OUTSIDE}`,
      'path-up.json': `"/coreos.com/network/subnets/../../registry/x" ${OUTSIDE}`,
      'proto-keys.json': 'it has the unknown key "__proto__"',
      'value-number.json': '/leases/0/value must be string',
    };
    expect(said).toEqual({
      ...Object.fromEntries(
        Object.entries(expected).map(([file, why]) => [file, NO_BACKUP(file, why)]),
      ),
      'not-utf8.json':
        '3 error: not-utf8.json is not UTF-8 text: a byte in line 1 belongs to no character. Save it as UTF-8',
    });
  });
});

describe('a saved plan that was made badly', () => {
  it('is refused with what is wrong, before any store is asked', async () => {
    const said = await saidOfEach('plans', (file) => ['apply', '--plan', file]);
    const expected: Record<string, string> = {
      'change-proto.json': '/changes/0 has the unknown key "__proto__"',
      'config-elsewhere.json': `"/coreos.com/network/subnets/config" is none of its network's keys`,
      'cut-off.json': 'it is no JSON',
      'empty.json': 'it is no JSON',
      'escape.json': `"/\\u001b]0;x\\u0007" is none of its network's keys`,
      'field-null.json': '/changes/0/fields/0 must be object',
      'field-without-name.json': "/changes/0/fields/0 must have required property 'field'",
      'key-outside.json': `"/registry/secrets/x" is none of its network's keys`,
      'other-kind.json': '/kind is not "Plan"',
      'path-up.json': `"/coreos.com/network/subnets/../../../registry/x" is none of its network's keys`,
      'problem-without-message.json': "/problems/0 must have required property 'rule'",
      'read-list.json': '/read must be object',
      'read-proto.json': '/read/__proto__ must match pattern "^[0-9a-f]{64}( expires)?$"',
    };
    expect(said).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([file, why]) => [
          file,
          `3 error: ${file} is no saved plan: ${why}. Make one with diff --save`,
        ]),
      ),
    );
  });

  it('may nest so deep that nothing could go through it', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const cwd = temporaryFolder({ 'plan.json': `{"changes":[{"before":${deep}}]}` });
    const { code, stderr } = await runSafely(['apply', '--plan', 'plan.json'], cwd);
    expect([code, stderr]).toEqual([
      3,
      'error: plan.json is no saved plan: it nests too deep. Make one with diff --save\n',
    ]);
  });
});

describe('an argument that would do harm on a terminal', () => {
  const ESCAPE = '\u001b]0;x\u0007\u009b2J';
  it.each([
    ['the command', 64, [ESCAPE]],
    ['an option', 64, ['list', `--${ESCAPE}`]],
    ['--etcd-api', 64, ['list', '--etcd-api', ESCAPE]],
    ['--timeout', 64, ['list', '--timeout', ESCAPE]],
    ['--endpoints', 64, ['list', '--endpoints', `http://${ESCAPE}`]],
    [
      'a store',
      0,
      ['list', '--verbose', '--prefix', `/${ESCAPE}`, '--endpoints', `file:${ESCAPE}`],
    ],
    ['--cacert', 1, ['list', '--endpoints', 'https://127.0.0.1:1', '--cacert', ESCAPE]],
    ['--file', 3, ['list', '--file', ESCAPE]],
    ['a backup', 3, ['restore', ESCAPE]],
    ['--plan', 3, ['apply', '--plan', ESCAPE]],
    ['--backup-dir', 0, ['backup', 'list', '--backup-dir', ESCAPE]],
    ['a folder to tidy', 0, ['backup', 'prune', '--keep', '1', '--backup-dir', ESCAPE]],
    ['a shell', 64, ['completion', ESCAPE]],
  ])('is never printed raw where it stands for %s, exit code %s', async (_, code, args) => {
    const result = await runSafely(args, temporaryFolder());
    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).not.toBe('');
  });
});
