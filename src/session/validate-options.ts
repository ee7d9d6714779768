import { formatSubnet, hasHostBits, parseSubnet, type Subnet } from '../model/address.ts';
import type { CheckOptions } from '../model/document.ts';
import type { RuleId } from '../model/finding.ts';
import { parseFlannelRelease } from '../model/flannel-release.ts';
import { ignorableRule } from '../model/ignore.ts';
import { EXIT, Problem } from '../model/problem.ts';
import type { Args } from './options.ts';

/**
 * What the flags of `validate` say of how files are judged.
 *
 * @throws Problem (exit 64) for a value that is no subnet, release or rule.
 */
export function checkOptions(args: Args): Required<Omit<CheckOptions, 'api'>> {
  const release = args.text('flannel');
  return {
    release: release === undefined ? undefined : releaseOf(release),
    reserved: args.list('bigip-subnet').map(subnetOf),
    ignore: args.list('ignore').map(ruleOf),
  };
}

function wrong(message: string, fix: string): Problem {
  return new Problem(message, { exit: EXIT.usage, fix });
}

function releaseOf(text: string) {
  const release = parseFlannelRelease(text);
  if (release !== null) return release;
  throw wrong(`--flannel ${text} is no release of flannel`, 'write it like 0.12 or v0.20.2');
}

function subnetOf(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === null) {
    throw wrong(`--bigip-subnet ${text} is no subnet`, 'write it like 10.244.100.0/24');
  }
  if (!hasHostBits(subnet)) return subnet;
  throw wrong(`--bigip-subnet ${formatSubnet(subnet)} has host bits`, 'write its first address');
}

function ruleOf(text: string): RuleId {
  const found = ignorableRule(text);
  if ('rule' in found) return found.rule;
  throw wrong(`--ignore: ${found.objection}`, found.fix);
}
