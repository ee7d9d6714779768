import { describe, expect, it, vi } from 'vitest';
import { bridge, ip } from '../../src/linux/ip.ts';
import { readFilters } from '../../src/linux/packet-filter.ts';

describe('programs of the system', () => {
  const told = async () => [await ip('-V'), await bridge('-V'), await readFilters()];

  it.each([
    ['of a user of Debian', '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games'],
    ['that names nothing', '/nonexistent'],
    ['that is empty', ''],
  ])('are found with a PATH %s', async (_, path) => {
    const wanted = await told();
    vi.stubEnv('PATH', path);
    const found = await told();
    vi.unstubAllEnvs();

    expect(found).toEqual(wanted);
  });
});
