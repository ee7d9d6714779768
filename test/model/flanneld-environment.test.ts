import { describe, expect, it } from 'vitest';
import { readFlanneldEnvironment } from '../../src/model/flanneld-environment.ts';

const RHEL = `# Flanneld configuration options

# etcd url location.  Point this to the server where etcd runs
FLANNEL_ETCD_ENDPOINTS="https://10.1.10.151:2379,https://10.1.10.152:2379"

# etcd config key.  This is the configuration key that flannel queries
# For address range assignment
FLANNEL_ETCD_PREFIX="/atomic.io/network"

# Any additional options that you want to pass
FLANNEL_OPTIONS="-etcd-cafile=/etc/pki/ca.pem --etcd-certfile /etc/pki/c.pem -etcd-keyfile='/etc/pki/k.pem' -iface=eth0"
`;

describe("flanneld's environment file", () => {
  it("is read as RHEL's package ships it", () => {
    expect(readFlanneldEnvironment(RHEL)).toEqual({
      endpoints: 'https://10.1.10.151:2379,https://10.1.10.152:2379',
      prefix: '/atomic.io/network',
      ca: '/etc/pki/ca.pem',
      cert: '/etc/pki/c.pem',
      key: '/etc/pki/k.pem',
    });
  });

  it.each<[string, string, object]>([
    ['nothing', '', {}],
    ['a plain value', 'FLANNELD_ETCD_ENDPOINTS=http://a:2379', { endpoints: 'http://a:2379' }],
    ['Windows line ends', 'FLANNELD_ETCD_PREFIX=/a\r\nX=1\r\n', { prefix: '/a' }],
    ['export', "export FLANNELD_ETCD_PREFIX='/a'", { prefix: '/a' }],
    ['a commented line', '#FLANNELD_ETCD_PREFIX=/a\n;FLANNELD_ETCD_PREFIX=/b', {}],
    ['a comment behind a value', 'FLANNELD_ETCD_PREFIX="/a" # ours', { prefix: '/a' }],
    ['a sharp that is no comment', 'FLANNELD_ETCD_PREFIX=/a#b', { prefix: '/a#b' }],
    [
      'a line that goes on',
      'FLANNELD_ETCD_PREFIX=/coreos.com\\\n/network',
      { prefix: '/coreos.com/network' },
    ],
    ['the last of two', 'FLANNELD_ETCD_PREFIX=/a\nFLANNELD_ETCD_PREFIX=/b', { prefix: '/b' }],
    ['an empty value', 'FLANNELD_ETCD_PREFIX=\nFLANNEL_ETCD_PREFIX=/b', { prefix: '/b' }],
    [
      "flanneld's name before the package's",
      'FLANNEL_ETCD_PREFIX=/a\nFLANNELD_ETCD_PREFIX=/b',
      { prefix: '/b' },
    ],
    [
      'the oldest names',
      'FLANNEL_ETCD=http://a:4001\nFLANNEL_ETCD_KEY=/k',
      { endpoints: 'http://a:4001', prefix: '/k' },
    ],
    [
      'a flag before a variable',
      'DAEMON_ARGS="-etcd-prefix=/a"\nFLANNELD_ETCD_PREFIX=/b',
      { prefix: '/a' },
    ],
    ['the last of two flags', 'FLANNELD_OPTS="-etcd-prefix=/a --etcd-prefix /b"', { prefix: '/b' }],
    ['escapes', 'FLANNELD_ETCD_PASSWORD="a\\"b\\\\c\\d"', { password: 'a"b\\c\\d' }],
    ['no escapes in single quotes', "FLANNELD_ETCD_PASSWORD='a\\b$c'", { password: 'a\\b$c' }],
    ['quotes in the middle', 'FLANNELD_ETCD_PREFIX=/a"/b"\'/c\'', { prefix: '/a/b/c' }],
    [
      'user and password',
      'FLANNELD_ETCD_USERNAME=root\nFLANNELD_ETCD_PASSWORD=p w',
      { user: 'root', password: 'p w' },
    ],
    ['what a shell would expand', 'FLANNELD_ETCD_ENDPOINTS=$ETCD\nFLANNELD_ETCD_PREFIX=$(id)', {}],
    ['what a shell would run', 'touch /tmp/x; FLANNELD_ETCD_PREFIX=/a', {}],
    [
      'an open quote',
      'FLANNELD_ETCD_PREFIX="/a\nFLANNELD_ETCD_ENDPOINTS=http://a:1',
      { endpoints: 'http://a:1' },
    ],
  ])('%s', (_, text, expected) => {
    expect(readFlanneldEnvironment(text)).toEqual(expected);
  });
});
