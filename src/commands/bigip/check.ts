import { readDevice } from '../../bigip/read-device.ts';
import { checkDevice } from '../../model/device/check.ts';
import type { KubeNode } from '../../model/kube-node.ts';
import { EXIT, type ExitCode, errorText } from '../../model/problem.ts';
import { type CheckedUnit, checkJson, checkText } from '../../output/bigip/check-text.ts';
import { styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import {
  eachUnit,
  exitOf,
  namedBigips,
  tellErrors,
  type UnitResult,
  unitsOf,
  withDevices,
} from '../../session/bigip/units.ts';
import { givesKubeconfig, openNodes, readNodes } from '../../session/kubernetes.ts';
import { nextCommand, sameCommand, tellNext } from '../../session/next-command.ts';
import { withSession } from '../../session/open.ts';
import type { Args } from '../../session/options.ts';
import { type LoadedSite, loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `bigip check`: holds the units against leases and Nodes. Exit 2 when something does not agree. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const { site } = loaded;
  const units = unitsOf(namedBigips(site, args.positionals));
  const nodes = await nodesOfCluster(args, world, loaded);
  const cisVersion = args.text('cis-version') ?? site.kubernetes.cisVersion ?? null;
  const live = await withSession(args, world, loaded, async (session) => session.live);
  const results = await withDevices(loaded, args, world, (devices) =>
    eachUnit(units, async (unit): Promise<CheckedUnit> => {
      const { bigip, management } = unit;
      const client = await devices.open(unit);
      const state = await readDevice(client, management.names, { withMac: true });
      const findings = checkDevice({ site, bigip, state, live, nodes, cisVersion });
      return { name: bigip.name, url: management.url, state, findings };
    }),
  );
  const isFound = results.some((one) => 'value' in one && one.value.findings.length > 0);
  await show(results, nodes === null ? ['nodes'] : [], args, world);
  const code = exitOf(results, isFound);
  if (code === EXIT.done) tellNext(world, args, nextCommand('doctor', args));
  if (code === EXIT.found) {
    const again = sameCommand('bigip check', args, []);
    tellNext(world, args, `mend what is found, then ${again}`);
  }
  return code;
}

/** Null where no cluster is named: one that is named and does not answer is a failure. */
async function nodesOfCluster(
  args: Args,
  world: World,
  loaded: LoadedSite,
): Promise<readonly KubeNode[] | null> {
  if (!givesKubeconfig(args, world, loaded)) return null;
  return readNodes(await openNodes(args, world, loaded), null, loaded, world);
}

async function show(
  results: readonly UnitResult<CheckedUnit>[],
  skipped: readonly string[],
  args: Args,
  world: World,
): Promise<void> {
  if (args.text('output') === 'json') {
    const ok = results.every((one) => 'value' in one && one.value.findings.length === 0);
    const units = results.map((one) =>
      'error' in one
        ? { name: one.unit.bigip.name, url: one.unit.management.url, error: errorText(one.error) }
        : checkJson(one.value),
    );
    return writeDocument(world.stdout, 'json', { ok, skipped, units });
  }
  const style = styleOf(world.stdout, world.env);
  const texts = results.flatMap((one) => ('error' in one ? [] : [checkText(one.value, style)]));
  if (texts.length > 0) writeLine(world.stdout, texts.join('\n\n'));
  if (skipped.length > 0) {
    world.stderr.write('Nodes are skipped: no kubeconfig is named (--kubeconfig, KUBECONFIG).\n');
  }
  tellErrors(results, world);
}
