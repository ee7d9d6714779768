import path from 'node:path';
import { readUnit, removeUnit, writeUnit } from '../files/unit-files.ts';
import { isRunBySystemd, systemctl } from '../linux/systemd.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { didYouMean } from '../model/suggest.ts';
import {
  ENABLED,
  UNIT_NAMES,
  type Unit,
  type UnitSettings,
  unitsOf,
} from '../model/systemd-units.ts';
import { styleOf } from '../output/style.ts';
import { table } from '../output/table.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { ownCommand } from '../runtime.ts';
import { askYes } from '../session/ask.ts';
import { findFlanneldSettings } from '../session/flanneld-settings.ts';
import { nextCommand, tellNext } from '../session/next-command.ts';
import type { Args } from '../session/options.ts';
import type { World } from '../world.ts';

const WORDS = ['install', 'uninstall', 'print', 'status'];

/** `service`: systemd units that pin this node's MAC and annotate its Node at boot. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const [what, surplus] = args.positionals;
  if (surplus !== undefined) {
    throw new Problem(`service takes one word, not also ${JSON.stringify(surplus)}`, {
      exit: EXIT.usage,
    });
  }
  const folder = args.text('unit-dir') ?? '/etc/systemd/system';
  switch (what) {
    case 'print':
      return print(unitsOf(settingsOf(args, world)), folder, args, world);
    case 'status':
      return status(folder, args, world);
    case 'install':
      return install(unitsOf(settingsOf(args, world)), folder, args, world);
    case 'uninstall':
      return uninstall(folder, args, world);
    default:
      throw new Problem(`service ${what} is none of ${WORDS.join(', ')}`, {
        exit: EXIT.usage,
        fix: didYouMean(what ?? '', WORDS),
      });
  }
}

function settingsOf(args: Args, world: World): UnitSettings {
  if (args.on('no-pin') && args.on('no-annotate')) {
    throw new Problem('--no-pin and --no-annotate leave nothing to do', { exit: EXIT.usage });
  }
  const found = findFlanneldSettings(args, world);
  const { endpoints, ca, cert, key, prefix, user } = found?.settings ?? {};
  const value = (flag: string, declared: string | undefined) =>
    (args.list(flag).join(',') || args.text(flag)) ?? declared;
  const flags = {
    endpoints: args.list('endpoints').join(',') || endpoints,
    cacert: value('cacert', ca),
    cert: value('cert', cert),
    key: value('key', key),
    prefix: value('prefix', prefix),
    user: value('user', user),
    'password-file': args.text('password-file'),
    'etcd-api': args.text('etcd-api'),
  };
  return {
    command: startedCommand(args),
    stateFolder: args.text('state-dir') ?? '/var/lib/flannel-bigip',
    flanneldUnit: args.text('flanneld-unit') ?? 'flanneld.service',
    kubeletUnit: args.text('kubelet-unit') ?? 'kubelet.service',
    kubeconfig: args.text('kubeconfig') ?? '/etc/kubernetes/kubelet.conf',
    environmentFile: found?.file ?? null,
    etcd: Object.entries(flags).flatMap(([flag, text]) => (text ? [`--${flag}`, text] : [])),
    pin: !args.on('no-pin'),
    annotate: !args.on('no-annotate'),
  };
}

/** What the units start: this very program, with nothing that changes from one shell to the next. */
function startedCommand(args: Args): string[] {
  const named = args.text('executable');
  return named === undefined ? ownCommand() : [path.resolve(named)];
}

function print(units: readonly Unit[], folder: string, args: Args, world: World): ExitCode {
  for (const { name, text } of units)
    writeLine(world.stdout, `# ${path.join(folder, name)}\n${text}`);
  tellNext(world, args, installing(args));
  return EXIT.done;
}

/** How the units that were shown are installed. */
function installing(args: Args): string {
  return nextCommand('service install', args, args.takenBy('service'));
}

function needSystemd(): void {
  if (isRunBySystemd()) return;
  throw new Problem('systemd does not run this host; nothing was changed', {
    exit: EXIT.failed,
    fix: '`flannel-bigip service print` shows what another init system has to do',
  });
}

async function install(
  units: readonly Unit[],
  folder: string,
  args: Args,
  world: World,
): Promise<ExitCode> {
  needSystemd();
  const changed = units.filter(({ name, text }) => readUnit(folder, name) !== text);
  const names = units.map(({ name }) => name);
  const surplus = UNIT_NAMES.filter(
    (name) => !names.includes(name) && readUnit(folder, name) !== null,
  );
  if (changed.length + surplus.length === 0) {
    writeLine(world.stdout, `Nothing to do: ${names.join(', ')} are installed.`);
    tellNext(world, args, nextCommand('service status', args, ['unit-dir']));
    return EXIT.done;
  }
  for (const { name, text } of changed)
    writeLine(world.stdout, `# ${path.join(folder, name)}\n${text}`);
  if (!args.on('yes') && !(await askYes(world, 'Install this?', 'pass --yes'))) {
    world.stderr.write('Not installed; nothing was changed.\n');
    return EXIT.failed;
  }
  for (const unit of changed) await writeUnit(folder, unit);
  for (const name of surplus) removeUnit(folder, name);
  await systemctl(['daemon-reload']);
  const enabled = ENABLED.filter((name) => names.includes(name));
  await systemctl(['enable', ...enabled]);
  writeLine(
    world.stdout,
    `Installed and enabled: ${enabled.join(', ')}. They run at the next boot.`,
  );
  tellNext(world, args, nextCommand('pin-mac', args), 'once, while flanneld runs');
  return EXIT.done;
}

async function uninstall(folder: string, args: Args, world: World): Promise<ExitCode> {
  needSystemd();
  const names = UNIT_NAMES.filter((name) => readUnit(folder, name) !== null);
  if (names.length === 0) {
    writeLine(world.stdout, 'Nothing to do: none of the units is installed.');
    return EXIT.done;
  }
  if (!args.on('yes') && !(await askYes(world, `Remove ${names.join(', ')}?`, 'pass --yes'))) {
    world.stderr.write('Not removed; nothing was changed.\n');
    return EXIT.failed;
  }
  await systemctl(['disable', '--now', ...names], { mayFail: true });
  for (const name of names) removeUnit(folder, name);
  await systemctl(['daemon-reload']);
  writeLine(world.stdout, `Removed: ${names.join(', ')}. What pin-mac keeps is still there.`);
  tellNext(world, args, nextCommand('service status', args, ['unit-dir']));
  return EXIT.done;
}

async function status(folder: string, args: Args, world: World): Promise<ExitCode> {
  const runs = isRunBySystemd();
  const ask = (...words: string[]) =>
    runs ? systemctl(words, { mayFail: true }) : Promise.resolve('unknown');
  const rows = await Promise.all(
    UNIT_NAMES.map(async (name) => ({
      unit: name,
      installed: readUnit(folder, name) !== null,
      enabled: await ask('is-enabled', name),
      active: await ask('is-active', name),
      result: (await ask('show', '-p', 'Result', '--value', name)) || 'unknown',
    })),
  );
  if (args.text('output') === 'json') await writeDocument(world.stdout, 'json', rows);
  else {
    const cells = rows.map((row) => [
      row.unit,
      row.installed ? 'yes' : 'no',
      row.enabled || '-',
      row.active || '-',
      row.result,
    ]);
    const header = ['UNIT', 'INSTALLED', 'ENABLED', 'ACTIVE', 'RESULT'];
    writeLine(world.stdout, table(header, cells, styleOf(world.stdout, world.env)));
    const isThere = rows.some(({ installed }) => installed);
    tellNext(world, args, isThere ? nextCommand('doctor --host', args) : installing(args));
  }
  return EXIT.done;
}
