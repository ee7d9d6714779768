import path from 'node:path';
import { objectionAt, type SiteDraft } from '../../model/site-draft.ts';
import { askBigips, refusedText } from './bigips.ts';
import type { Connected } from './connect.ts';
import type { Drafted } from './drafted.ts';
import { draftOfLive } from './from-live.ts';
import type { Interview } from './interview.ts';
import { askNetwork } from './network.ts';
import { askRanges } from './range.ts';

/**
 * Puts the site together from live state, flags and answers.
 *
 * @param file the path of the site file, which names the site unless it is told
 * @throws Problem (exit 64) that names every missing answer.
 */
export async function draftSite(
  interview: Interview,
  { etcd, live }: Connected,
  file: string,
): Promise<Drafted> {
  const empty: SiteDraft = { name: '', etcd, network: {}, bigips: [] };
  const name = await interview.text({
    flag: '--name',
    message: 'Name of the site:',
    given: interview.args.text('name'),
    initial: nameFrom(file),
    check: (text) => objectionAt({ ...empty, name: text }, '/name'),
  });
  if (interview.args.on('from-live') && live !== null) {
    interview.end();
    const drafted = draftOfLive(name, etcd, live, interview.args);
    for (const refused of drafted.refused) interview.say(refusedText(refused));
    return drafted;
  }
  const named = { ...empty, name };
  const { network, notes } = await askNetwork(interview, named, live);
  const { bigips, refused } = await askBigips(
    interview,
    { ...named, network },
    live,
    path.dirname(file),
  );
  const draft = await askRanges(interview, { ...named, network, bigips }, live);
  interview.end();
  return { draft, notes: { network: notes, range: [] }, refused };
}

/** `sites/berlin.yaml` is the site berlin; where the file's name says nothing its folder's does. */
function nameFrom(file: string): string {
  const { name, dir } = path.parse(file);
  const said = /^(flannel-bigip|site)?$/.test(name) ? path.basename(dir) : name;
  return said.trim() === '' ? 'site-a' : said.trim();
}
