/** What iptables does with a packet, as far as its rules can be told from their text (iptables(8)). */
import { contains, parseAddress } from '../address.ts';
import { subnetOf } from './routes.ts';

/** A packet that begins a connection. */
export interface Packet {
  readonly in: string;
  /** Null for what is meant for the host itself. */
  readonly out: string | null;
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

interface Rule {
  readonly line: string;
  readonly target: string | null;
  /** `-g`: does not come back to the chain it came from. */
  readonly isGoto: boolean;
  /** Null when a match is none that is known here. */
  matches(packet: Packet): boolean | null;
}

interface Chain {
  /** Of built-in chains. */
  readonly policy: string | null;
  readonly rules: Rule[];
}

/** The rules of one table, as `iptables -S` prints them. */
export function parseFilter(text: string): ReadonlyMap<string, Chain> {
  const chains = new Map<string, Chain>();
  for (const line of text.split('\n')) {
    const [option, name, ...words] = wordsOf(line);
    if (name === undefined) continue;
    if (option === '-P') chains.set(name, { policy: words[0] ?? null, rules: [] });
    if (option === '-N') chains.set(name, { policy: null, rules: [] });
    if (option === '-A') chains.get(name)?.rules.push(ruleOf(line, words));
  }
  return chains;
}

/**
 * What drops the packet for sure: the rule, or the chain's policy as `-P FORWARD DROP`; null when it
 * passes, or when a rule stands before that cannot be judged.
 */
export function droppedBy(
  chains: ReadonlyMap<string, Chain>,
  chain: string,
  packet: Packet,
): string | null {
  const verdict = walk(chains, chain, packet, new Set());
  if (verdict !== 'return') return verdict === 'pass' ? null : verdict.drop;
  const policy = chains.get(chain)?.policy;
  return policy === 'DROP' ? `-P ${chain} DROP` : null;
}

type Verdict = 'pass' | 'return' | { readonly drop: string };

function walk(
  chains: ReadonlyMap<string, Chain>,
  name: string,
  packet: Packet,
  under: ReadonlySet<string>,
): Verdict {
  const chain = chains.get(name);
  // iptables refuses loops; a text may have one all the same.
  if (chain === undefined || under.has(name)) return 'return';
  for (const rule of chain.rules) {
    const matches = rule.matches(packet);
    if (matches === false) continue;
    const verdict = targetOf(rule, chains, packet, new Set([...under, name]));
    if (verdict === 'next') continue;
    // A rule that may match or not leaves the end open: better nothing than a false alarm.
    if (matches === null) return 'pass';
    return verdict;
  }
  return 'return';
}

function targetOf(
  { target, line, isGoto }: Rule,
  chains: ReadonlyMap<string, Chain>,
  packet: Packet,
  under: ReadonlySet<string>,
): Verdict | 'next' {
  switch (target) {
    case 'ACCEPT':
      return 'pass';
    case 'DROP':
    case 'REJECT':
      return { drop: line };
    case 'RETURN':
      return 'return';
    case null:
      return 'next';
  }
  const verdict = walk(chains, target, packet, under);
  return verdict === 'return' && !isGoto ? 'next' : verdict;
}

/** Words as a shell splits them: comments stand in quotes. */
function wordsOf(line: string): string[] {
  return (line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"') ? word.slice(1, -1) : word,
  );
}

type Match = (value: string, packet: Packet) => boolean;

const MATCHES: Readonly<Record<string, Match>> = {
  '-s': (value, { source }) => isWithin(source, value),
  '-d': (value, { destination }) => isWithin(destination, value),
  '-i': (value, packet) => isInterface(packet.in, value),
  '-o': (value, { out }) => out !== null && isInterface(out, value),
  '-p': (value, { protocol }) => value === protocol || value === 'all',
  '--dport': (value, { port }) => isPort(port, value),
  '--dports': (value, { port }) => value.split(',').some((one) => isPort(port, one)),
  // Between pods and a BIG-IP nothing sets a mark; kube-proxy does so for its services.
  '--mark': (value) => /^0x0(?:\/|$)/.test(value),
  '--ctstate': (value) => value.split(',').includes('NEW'),
  '--state': (value) => value.split(',').includes('NEW'),
};

/** Options that match nothing themselves. */
const SILENT = ['-m', '--comment'];

type Test = (packet: Packet) => boolean | null;

function ruleOf(line: string, words: readonly string[]): Rule {
  const jump = words.findIndex((word) => word === '-j' || word === '-g');
  const tests = testsOf(jump < 0 ? words : words.slice(0, jump));
  return {
    line,
    target: jump < 0 ? null : (words[jump + 1] ?? null),
    isGoto: words[jump] === '-g',
    matches(packet) {
      const results = tests.map((test) => test(packet));
      if (results.includes(false)) return false;
      return results.includes(null) ? null : true;
    },
  };
}

/** What a rule says before its target. */
function testsOf(words: readonly string[]): Test[] {
  const tests: Test[] = [];
  for (let i = 0; i < words.length; i++) {
    const isNegated = words[i] === '!';
    if (isNegated) i++;
    const option = words[i] ?? '';
    const value = words[i + 1] ?? '';
    const match = MATCHES[option];
    if (match) tests.push((packet) => match(value, packet) !== isNegated);
    else if (!SILENT.includes(option)) tests.push(() => null);
    // An option of which nothing is known may have any number of words behind it.
    while (i + 1 < words.length && !/^(?:-|!$)/.test(words[i + 1] ?? '')) i++;
  }
  return tests;
}

function isWithin(address: string, of: string): boolean {
  const subnet = subnetOf(of);
  const value = parseAddress(address);
  return (
    subnet !== null &&
    value !== null &&
    subnet.family === value.family &&
    contains(subnet, value.value)
  );
}

/** `eth+` is every name that begins so. */
function isInterface(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function isPort(port: number, range: string): boolean {
  const [first, last = first] = range.split(':').map(Number);
  return port >= Number(first) && port <= Number(last);
}
