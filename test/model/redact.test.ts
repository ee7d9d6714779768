import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redacted, redactText } from '../../src/model/redact.ts';

describe('redaction', () => {
  it.each<[text: string, without: string]>([
    ['password: S3cret', 'password: "********"'],
    ['FLANNELD_ETCD_PASSWORD=S3cret', 'FLANNELD_ETCD_PASSWORD=********'],
    ['{"PSK":"S3cret","Mode":"auto"}', '{"PSK":"********","Mode":"auto"}'],
    ['{ "AccessKeySecret": "S3cret" }', '{ "AccessKeySecret": "********" }'],
    ["token: 'S3cret'", "token: '********'"],
    ['https://root:S3cret@10.1.10.151:2379', 'https://root:********@10.1.10.151:2379'],
    ['Authorization: Bearer S3cretS3cret', 'Authorization: Bearer ********'],
    [
      'a -----BEGIN RSA PRIVATE KEY-----\nS3cret\n-----END RSA PRIVATE KEY----- b',
      'a PRIVATE KEY removed b',
    ],
    ['eyJhbGciOiJSUzI1.eyJpc3MiOiJrdWJl.S3cret_S3cret', '********'],
  ])('takes the secret out of %j', (text, without) => {
    expect(redactText(text, [])).toBe(without);
  });

  it.each([
    '10.244.100.0/24 via 10.244.100.0 dev flannel.1 onlink',
    'key: /etc/etcd/ssl/key.pem',
    '{"VtepMAC":"00:0c:29:2e:db:2e"}',
  ])('leaves %j as it is', (text) => {
    expect(redactText(text, [])).toBe(text);
  });

  it('takes a known secret out wherever it stands, keys included', () => {
    const secret = fc.string({ minLength: 6, maxLength: 20 }).filter((text) => !/^\*+$/.test(text));
    fc.assert(
      fc.property(secret, fc.string(), (known, around) => {
        fc.pre(!'********'.includes(known));
        const value = { [`a${known}`]: [`${around}${known}`, { deep: `${known}${around}` }] };
        const parts = Object.entries(redacted(value, [known])).flat(3);
        const text = parts.map((one) => (typeof one === 'string' ? one : Object.values(one)[0]));
        for (const part of text) expect(part).not.toContain(known);
      }),
    );
  });

  it('masks a text that is named like a secret', () => {
    expect(redacted({ password: 'x', tokens: 3 }, [])).toEqual({ password: '********', tokens: 3 });
  });
});
