import { setTimeout as pause } from 'node:timers/promises';
import { type Check, type CheckId, isHealthy } from '../../model/doctor/check.ts';
import { type Diagnosis, diagnose } from '../../model/doctor/diagnose.ts';
import type { Readings } from '../../model/doctor/readings.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import type { Site } from '../../model/site.ts';
import { whileWaiting } from '../../output/progress.ts';
import type { World } from '../../world.ts';
import { type Args, parseDuration } from '../options.ts';
import { type LoadedSite, loadSite } from '../site.ts';
import { commandsFor } from './commands.ts';
import { onlyOf, shownChecks } from './only.ts';
import { readSources, wantedFor } from './read-sources.ts';

/** A diagnosis with what it was made from. */
export interface Diagnosed extends Diagnosis {
  readonly readings: Readings;
  /** The checks that were asked for. */
  readonly shown: readonly Check[];
}

/** Reads what is live, or what was recorded, and diagnoses it. */
export async function diagnoseOnce(args: Args, world: World): Promise<Diagnosed> {
  const only = onlyOf(args);
  const from = args.text('from');
  if (from !== undefined) {
    if (args.text('wait') !== undefined) {
      throw new Problem('--wait waits for what is live, and --from reads what was recorded', {
        exit: EXIT.usage,
      });
    }
    const { readRecord } = await import('../../files/record.ts');
    const { siteFromText } = await import('../site.ts');
    const record = await readRecord(from, world.cwd);
    const site = await siteFromText(record.site, from);
    return diagnosedRecord(site, record.readings, only, args, from);
  }
  const loaded = await loadSite(args, world);
  const limit = args.text('wait');
  if (limit === undefined) return readAndDiagnose(loaded, only, args, world);
  const milliseconds = parseDuration(limit, 'wait');
  return world.serve((signal) => {
    const waiting = waitFor(loaded, only, milliseconds, args, world, signal);
    return whileWaiting(world, `Waiting until nothing fails, for ${limit} at most`, waiting);
  });
}

/** What was recorded elsewhere may be of any shape inside. @throws Problem (exit 3) */
function diagnosedRecord(
  site: Site,
  readings: Readings,
  only: readonly CheckId[] | null,
  args: Args,
  from: string,
): Diagnosed {
  try {
    return diagnosed(site, readings, only, args);
  } catch (cause) {
    throw new Problem(`${from} is no bundle of doctor: its readings are damaged`, {
      exit: EXIT.invalid,
      fix: 'name a file that doctor bundle has written, as it was written',
      cause,
    });
  }
}

async function readAndDiagnose(
  loaded: LoadedSite,
  only: readonly CheckId[] | null,
  args: Args,
  world: World,
): Promise<Diagnosed> {
  const reading = readSources(loaded, wantedFor(only), args, world);
  const readings = await whileWaiting(world, 'Reading what is live', reading);
  return diagnosed(loaded.site, readings, only, args);
}

function diagnosed(
  site: Site,
  readings: Readings,
  only: readonly CheckId[] | null,
  args: Args,
): Diagnosed {
  const diagnosis = diagnose(site, readings, commandsFor(args));
  return { ...diagnosis, readings, shown: shownChecks(diagnosis.checks, only) };
}

/** How long after one look the next one comes, in milliseconds. */
const LOOK_EVERY = 1_000;

/** Looks again until nothing fails or the time is over. */
async function waitFor(
  loaded: LoadedSite,
  only: readonly CheckId[] | null,
  limit: number,
  args: Args,
  world: World,
  signal: AbortSignal,
): Promise<Diagnosed> {
  const end = Date.now() + limit;
  for (;;) {
    const found = await readAndDiagnose(loaded, only, args, world);
    if (isHealthy(found.shown) || Date.now() + LOOK_EVERY > end) return found;
    await pause(LOOK_EVERY, undefined, { signal }).catch(() => {
      throw new Problem('interrupted', { exit: EXIT.interrupted });
    });
  }
}
