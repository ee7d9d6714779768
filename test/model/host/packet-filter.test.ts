import { describe, expect, it } from 'vitest';
import { droppedBy, type Packet, parseFilter } from '../../../src/model/host/packet-filter.ts';

const PACKET: Packet = {
  in: 'docker0',
  out: 'flannel.1',
  source: '10.244.10.2',
  destination: '10.244.100.10',
  protocol: 'tcp',
  port: 80,
};

/** The chain FORWARD with a policy and rules as `iptables -S` prints them. */
function forward(policy: string, ...rules: string[]): string {
  return [
    '-P INPUT ACCEPT',
    `-P FORWARD ${policy}`,
    '-N DOCKER-USER',
    '-N KUBE-FORWARD',
    ...rules,
  ].join('\n');
}

describe('a packet filter', () => {
  it.each<[name: string, rules: string, by: string | null]>([
    ['accepts by its policy', forward('ACCEPT'), null],
    ['drops by its policy', forward('DROP'), '-P FORWARD DROP'],
    [
      'accepts the network before the policy drops it',
      forward('DROP', '-A FORWARD -s 10.244.0.0/16 -j ACCEPT'),
      null,
    ],
    [
      'drops what another network is accepted of',
      forward('DROP', '-A FORWARD -s 10.245.0.0/16 -j ACCEPT'),
      '-P FORWARD DROP',
    ],
    [
      'drops by a rule',
      forward('ACCEPT', '-A FORWARD -d 10.244.100.0/24 -j DROP'),
      '-A FORWARD -d 10.244.100.0/24 -j DROP',
    ],
    [
      'refuses by a rule with a comment',
      forward('ACCEPT', '-A FORWARD -m comment --comment "not -j ACCEPT here" -j REJECT'),
      '-A FORWARD -m comment --comment "not -j ACCEPT here" -j REJECT',
    ],
    [
      'goes into a chain and comes back',
      forward('DROP', '-A DOCKER-USER -j RETURN', '-A FORWARD -j DOCKER-USER'),
      '-P FORWARD DROP',
    ],
    [
      'drops in a chain that it goes into',
      forward('ACCEPT', '-A FORWARD -j DOCKER-USER', '-A DOCKER-USER -o flannel.1 -j DROP'),
      '-A DOCKER-USER -o flannel.1 -j DROP',
    ],
    [
      'does not come back from a goto',
      forward('DROP', '-A FORWARD -g DOCKER-USER', '-A FORWARD -j ACCEPT'),
      '-P FORWARD DROP',
    ],
    ['heeds a negation', forward('ACCEPT', '-A FORWARD ! -i docker0 -j DROP'), null],
    [
      'heeds a pattern of interfaces',
      forward('ACCEPT', '-A FORWARD -o flannel+ -j DROP'),
      '-A FORWARD -o flannel+ -j DROP',
    ],
    [
      'does not take an established connection for a new one',
      forward('DROP', '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
      '-P FORWARD DROP',
    ],
    [
      'says nothing where a match is not known',
      forward('DROP', '-A FORWARD -m set --match-set pods src -j ACCEPT'),
      null,
    ],
    [
      'drops behind the rules of Docker and kube-proxy, which accept what is marked or established',
      forward(
        'DROP',
        '-A FORWARD -j KUBE-FORWARD',
        '-A FORWARD -j DOCKER-USER',
        '-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A FORWARD -i docker0 -o docker0 -j ACCEPT',
        '-A DOCKER-USER -j RETURN',
        '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
        '-A KUBE-FORWARD -m comment --comment "forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
      ),
      '-P FORWARD DROP',
    ],
    [
      'drops where an unknown match stands in a chain that accepts nothing',
      forward('DROP', '-A FORWARD -m mark --mark 0x4000 -j MARK'),
      '-P FORWARD DROP',
    ],
    ['heeds ports', forward('ACCEPT', '-A FORWARD -p tcp -m tcp --dport 1:79 -j DROP'), null],
    [
      'heeds lists of ports',
      forward('ACCEPT', '-A FORWARD -p tcp -m multiport --dports 22,80:90 -j DROP'),
      '-A FORWARD -p tcp -m multiport --dports 22,80:90 -j DROP',
    ],
    ['heeds the protocol', forward('ACCEPT', '-A FORWARD -p udp -j DROP'), null],
    [
      'ends where chains lead into one another',
      forward(
        'DROP',
        '-A FORWARD -j DOCKER-USER',
        '-A DOCKER-USER -j KUBE-FORWARD',
        '-A KUBE-FORWARD -j DOCKER-USER',
      ),
      '-P FORWARD DROP',
    ],
  ])('%s', (_name, text, by) => {
    expect(droppedBy(parseFilter(text), 'FORWARD', PACKET)).toBe(by);
  });
});
