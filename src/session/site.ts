import path from 'node:path';
import { defaultSiteFile, readText } from '../files/site-file.ts';
import type { EtcdApi } from '../model/check-network.ts';
import { EXIT, Problem } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import { findingText } from '../output/findings-text.ts';
import { styleOf } from '../output/style.ts';
import type { World } from '../world.ts';
import { isNamed, namesFile } from './connection-options.ts';
import type { Args } from './options.ts';

/** A site as loaded from its file. */
export interface LoadedSite {
  readonly site: Site;
  readonly file: string;
  /** Relative paths in the file start here. */
  readonly folder: string;
}

/**
 * Loads the site file that `--file` names or that lies in the working directory. Findings go to
 * stderr.
 *
 * @throws Problem (exit 3) when it is missing or invalid.
 */
export async function loadSite(args: Args, world: World): Promise<LoadedSite> {
  const loaded = await loadSiteIfAny(args, world);
  if (loaded !== null) return loaded;
  throw new Problem(`there is no site file in ${world.cwd}`, {
    exit: EXIT.invalid,
    fix: 'name the file with --file, or write one with flannel-bigip init',
  });
}

/** Like `loadSite`, but null when no file is named and none lies in the working directory. */
export async function loadSiteIfAny(args: Args, world: World): Promise<LoadedSite | null> {
  const file = args.text('file') ?? defaultSiteFile(world.cwd);
  if (file === null) return null;
  const text = await readText(file, world);
  // Parsers and validators are not loaded by a command that has no site file to read.
  const { checkDocument } = await import('../model/document.ts');
  const flag = args.text('etcd-api') as EtcdApi | undefined;
  const given = checkDocument(text, file, { api: flag });
  // The embedded store has no flanneld of its own that could say which version judges.
  const api = flag ?? given.site?.etcd.api ?? 'auto';
  const embedded = given.site !== null && namesFile(args, world, given.site.etcd);
  const checked = embedded && api !== 'auto' ? checkDocument(text, file, { api: 'auto' }) : given;
  const style = styleOf(world.stderr, world.env);
  for (const finding of checked.findings) {
    world.stderr.write(`${findingText(file, finding, checked.lines, style)}\n`);
  }
  if (checked.kind === 'network-config' || checked.kind === 'manifest') {
    const what = checked.kind === 'manifest' ? 'Kubernetes manifest' : 'network config of flannel';
    throw new Problem(`${file} is a ${what}, not a site file`, {
      exit: EXIT.invalid,
      fix: 'a site file begins with apiVersion: flannel-bigip/v1',
    });
  }
  if (checked.site === null) {
    throw new Problem(`${file} is invalid; nothing was read or changed`, { exit: EXIT.invalid });
  }
  const folder = file === '-' ? world.cwd : path.dirname(path.resolve(world.cwd, file));
  return { site: checked.site, file, folder };
}

/**
 * Like `loadSiteIfAny`, for what only looks: a file that nobody has named, and that cannot be used, is done
 * without where etcd is named.
 */
export async function loadSiteToLook(args: Args, world: World): Promise<LoadedSite | null> {
  try {
    return await loadSiteIfAny(args, world);
  } catch (error) {
    const isNeeded = args.text('file') !== undefined || !isNamed('endpoints', args, world);
    if (isNeeded || !(error instanceof Problem)) throw error;
    world.stderr.write('warning: the site file cannot be used, and is left out\n');
    return null;
  }
}

/**
 * A site from a text that was recorded earlier.
 *
 * @param from what it stands in, for messages
 * @throws Problem (exit 3) when it is no valid site file
 */
export async function siteFromText(text: string, from: string): Promise<Site> {
  const { checkDocument } = await import('../model/document.ts');
  const { site } = checkDocument(text, 'site.yaml');
  if (site !== null) return site;
  throw new Problem(`the site file in ${from} is invalid`, {
    exit: EXIT.invalid,
    fix: 'name a bundle that this release or an earlier one has written',
  });
}
