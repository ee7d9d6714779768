import { expect, it } from 'vitest';
import { textDiff } from '../../src/output/text-diff.ts';
import { PLAIN } from './plain.ts';

it.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('the difference of texts whose lines end in %s has no line ends in its lines', (_, end) => {
  const text = (max: string) =>
    ['network:', `  SubnetMax: ${max}`, '  SubnetLen: 24', ''].join(end);
  expect(textDiff('s.yaml', text('10.244.255.0'), text('10.244.99.0'), PLAIN)).toBe(
    [
      '--- a/s.yaml',
      '+++ b/s.yaml',
      '@@ -1,3 +1,3 @@',
      ' network:',
      '-  SubnetMax: 10.244.255.0',
      '+  SubnetMax: 10.244.99.0',
      '   SubnetLen: 24',
      '',
    ].join('\n'),
  );
});
