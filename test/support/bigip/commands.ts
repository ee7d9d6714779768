import { type Answer, denied, mcp, noMethod, ok, own } from './answer.ts';
import type { Configuration } from './configuration.ts';
import { fullPathOf, isPlain } from './names.ts';
import type { Call, Plain, Settings } from './types.ts';

/** The only device group of a pair. */
const DEVICE_GROUP = 'dg1';

/** Whether a path, below /mgmt/tm, is one that takes commands. */
export function takesCommands(path: string): boolean {
  return ['sys/config', 'util/bash', 'cm', 'cm/config-sync'].includes(path);
}

/** Runs a command. @throws Refused where it is none, or not for this user */
export function command(path: string, call: Call, at: Configuration, settings: Settings): Answer {
  if (call.method !== 'POST') throw noMethod(call.method, call.path);
  const body = isPlain(call.body) ? call.body : {};
  switch (path) {
    case 'sys/config':
      if (body['command'] !== 'save') throw own(`sys config does not ${body['command']}`);
      at.save();
      return ok({ kind: 'tm:sys:config:savestate', ...body });
    case 'util/bash':
      return bash(body, at, settings);
    default:
      return synchronise(path, body, settings);
  }
}

function synchronise(path: string, body: Plain, { peer }: Settings): Answer {
  const [option] = Array.isArray(body['options']) ? body['options'].filter(isPlain) : [];
  const words =
    path === 'cm'
      ? body['utilCmdArgs']
      : Object.entries(option ?? {})
          .flat()
          .join(' ');
  const group = /to-group (\S+)$/.exec(String(words))?.[1];
  if (body['command'] !== 'run' || group === undefined) throw own('that is no config-sync');
  if (peer === null || group !== DEVICE_GROUP) {
    throw mcp(400, `01070734:3: Configuration error: Device group (${group}) not found.`);
  }
  return ok({ kind: path === 'cm' ? 'tm:cm:runstate' : 'tm:cm:config-sync:runstate', ...body });
}

function bash(body: Plain, at: Configuration, settings: Settings): Answer {
  const { command: verb, utilCmdArgs } = body;
  if (settings.role !== 'administrator') throw denied(settings.user, 'execute', 'util bash');
  if (verb !== 'run') throw own(`util bash does not ${verb}`);
  const line = /^-c (['"])(.*)\1$/s.exec(String(utilCmdArgs))?.[2] ?? '';
  const tmsh = /^tmsh -c (['"])(.*)\1$/.exec(line)?.[2] ?? /^tmsh (.*)$/.exec(line)?.[1];
  const output = tmsh === undefined ? '' : run(tmsh.trim(), at);
  const result = output === '' ? {} : { commandResult: output };
  return ok({ kind: 'tm:util:bash:runstate', command: 'run', utilCmdArgs, ...result });
}

function run(line: string, at: Configuration): string {
  if (line === 'save sys config') {
    at.save();
    return 'Saving running configuration...\n  /config/bigip.conf\n';
  }
  const tunnel = /^show net tunnels tunnel ([\w./-]+) all-properties$/.exec(line)?.[1];
  return tunnel === undefined ? '' : showTunnel(tunnel, at);
}

function showTunnel(named: string, at: Configuration): string {
  const fullPath = named.startsWith('/') ? named : fullPathOf(named);
  const tunnel = at.get('net/tunnels/tunnel', fullPath);
  if (!tunnel) return `01020036:3: The requested Tunnel (${fullPath}) was not found.\n`;
  const mac = at.readMac(fullPath);
  const rule = '-'.repeat(48);
  const facts: [string, string | number][] = [
    ...(mac === null ? [] : ([['MAC Address', mac]] satisfies [string, string][])),
    ['Interface Name', interfaceName(tunnel.name)],
    ['Incoming Discard Packets', 0],
    ['Incoming Error Packets', 0],
    ['Incoming Unknown Proto Packets', 0],
    ['Outgoing Discard Packets', 0],
    ['Outgoing Error Packets', 0],
    ['HC Incoming Octets', 0],
    ['HC Incoming Unicast Packets', 0],
    ['HC Outgoing Octets', 0],
    ['HC Outgoing Unicast Packets', 0],
  ];
  const lines = facts.map(([name, value]) => `${name.padEnd(32)}${value}`);
  return ['', rule, `Net::Tunnel: ${tunnel.name}`, rule, ...lines, ''].join('\n');
}

/** Linux takes 15 characters. */
function interfaceName(tunnel: string): string {
  return tunnel.length > 15 ? `${tunnel.slice(0, 13)}~1` : tunnel;
}
