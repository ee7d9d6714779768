import path from 'node:path';
import { writeRecord } from '../../files/record.ts';
import { defaultSiteFile, readFileText, readText } from '../../files/site-file.ts';
import { versionsOfHost } from '../../linux/versions.ts';
import { recordOf } from '../../model/doctor/record.ts';
import { EXIT, type ExitCode, Problem } from '../../model/problem.ts';
import { redacted, redactText } from '../../model/redact.ts';
import { shellWord } from '../../model/shell-word.ts';
import { doctorJson } from '../../output/doctor/json.ts';
import { doctorText } from '../../output/doctor/text.ts';
import { jsonText } from '../../output/json.ts';
import { writeProse } from '../../output/prose.ts';
import { styleOf } from '../../output/style.ts';
import { VERSION } from '../../project.ts';
import { BUN } from '../../runtime.ts';
import { diagnoseOnce } from '../../session/doctor/doctor.ts';
import { tellNext } from '../../session/next-command.ts';
import type { Args } from '../../session/options.ts';
import type { World } from '../../world.ts';

/** `doctor bundle FILE`: everything that doctor reads, for a support case. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const [file, surplus] = args.positionals;
  if (file === undefined || surplus !== undefined) {
    throw new Problem('one file is wanted', { exit: EXIT.usage, fix: 'doctor bundle case.tar.gz' });
  }
  const siteFile = args.text('file') ?? defaultSiteFile(world.cwd);
  if (siteFile === '-') {
    throw new Problem('the site file is read twice, so it cannot be standard input', {
      exit: EXIT.usage,
      fix: 'name a file',
    });
  }
  const found = await diagnoseOnce(args, world);
  const known = knownSecrets(args, world);
  const text = siteFile === null ? '' : await readText(siteFile, world);
  const record = recordOf(text, found.readings, known);
  const plain = styleOf({}, {});
  const versions = {
    'flannel-bigip': VERSION,
    node: process.versions.node,
    ...(BUN === undefined ? {} : { bun: BUN }),
    ...(await versionsOfHost()),
    bigips: found.readings.bigips.map(({ name, device }) => ({
      name,
      version:
        device.state === 'read' ? `${device.value.version} ${device.value.build}`.trim() : null,
    })),
    cis: found.readings.cisVersion,
    stores:
      found.readings.etcd.state === 'read'
        ? found.readings.etcd.value.stores.map((one) => one.description)
        : [],
  };
  const target = path.resolve(world.cwd, file);
  await writeRecord(target, record, {
    'site.yaml': record.site,
    'doctor.txt': redactText(`${doctorText(found.checks, plain)}\n`, known),
    'doctor.json': `${jsonText(redacted(doctorJson(found.checks), known), 2)}\n`,
    'versions.json': `${jsonText(redacted(versions, known), 2)}\n`,
  });
  const hint =
    'Passwords, tokens and keys are taken out; look through it before it leaves the house.';
  writeProse(world.stdout, `Wrote ${file}. ${hint}`, world.env);
  const from = `flannel-bigip doctor --from ${shellWord(file)}`;
  tellNext(world, args, from, 'tells what it shows, anywhere');
  return EXIT.done;
}

/** Secrets of this run, so that they are known wherever they turn up. */
function knownSecrets(args: Args, world: World): string[] {
  const named = Object.entries(world.env).flatMap(([name, value]) =>
    /PASSWORD|TOKEN|SECRET/i.test(name) && value ? [value] : [],
  );
  const files = ['password-file', 'bigip-password-file'].flatMap((flag) => {
    const file = args.text(flag);
    if (file === undefined) return [];
    return [readFileText(file, world.cwd).trim()];
  });
  return [...named, ...files];
}
