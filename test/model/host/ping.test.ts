import { describe, expect, it } from 'vitest';
import { lostDirection, type PingResult, parsePing } from '../../../src/model/host/ping.ts';

function result(parts: Partial<PingResult>): PingResult {
  return { size: 84, sent: 3, received: 0, said: null, mean: null, moved: null, ...parts };
}

describe('where packets are lost', () => {
  it.each<[why: string, result: PingResult, direction: string]>([
    ['all came back', result({ received: 3 }), 'none'],
    ['the kernel refuses to send', result({ sent: 0, said: 'Network is unreachable' }), 'out'],
    [
      'fewer left the device than were sent',
      result({ moved: { sent: 1, received: 0, sendFailures: 0 } }),
      'out',
    ],
    [
      'the device dropped them',
      result({ moved: { sent: 3, received: 0, sendFailures: 3 } }),
      'out',
    ],
    [
      'they left, and nothing came',
      result({ moved: { sent: 3, received: 0, sendFailures: 0 } }),
      'far-or-back',
    ],
    [
      'the device got answers that ping did not',
      result({ moved: { sent: 3, received: 3, sendFailures: 0 } }),
      'in',
    ],
    ['nothing is known of the device', result({}), 'unknown'],
  ])('is told when %s', (_why, given, direction) => {
    expect(lostDirection(given)).toBe(direction);
  });

  it.each<[text: string, parsed: ReturnType<typeof parsePing>]>([
    [
      '3 packets transmitted, 3 received, 0% packet loss, time 402ms\nrtt min/avg/max/mdev = 0.039/0.052/0.072/0.014 ms',
      { sent: 3, received: 3, said: null, mean: 0.052 },
    ],
    [
      'From 10.244.10.0 icmp_seq=1 Destination Host Unreachable\n3 packets transmitted, 0 received, +3 errors, 100% packet loss',
      { sent: 3, received: 0, said: 'Destination Host Unreachable', mean: null },
    ],
    [
      'ping: local error: message too long, mtu=1400\n3 packets transmitted, 0 received',
      { sent: 3, received: 0, said: 'message too long, mtu=1400', mean: null },
    ],
    [
      'ping: connect: Network is unreachable',
      { sent: 0, received: 0, said: 'Network is unreachable', mean: null },
    ],
    ['ping: socktype: SOCK_RAW Operation not permitted', null],
  ])('is read from what ping prints: %j', (text, parsed) => {
    expect(parsePing(text)).toEqual(parsed);
  });
});
