import type { Plan } from '../../model/change.ts';
import { withVtepMacs } from '../../model/device/resolve-macs.ts';
import { EXIT, errorText, Problem } from '../../model/problem.ts';
import type { Site } from '../../model/site.ts';
import type { Before } from '../write-command.ts';
import { assertMacsRead, checked } from './device-macs.ts';
import type { DeviceScope } from './device-scope.ts';
import { scopeJson, scopeText } from './plan-output.ts';

/** The site as far as its units' MACs are read already. */
export function siteAsRead(site: Site, { planned }: DeviceScope): Site {
  const macs = planned.flatMap((one) => {
    if ('error' in one) return [];
    // A tunnel that is made anew may get another.
    const { state, plan } = one.value;
    return [[one.unit.bigip.name, plan.recreate === null ? state.mac : null] as const];
  });
  return withVtepMacs(site, new Map(macs));
}

/**
 * The units as the part of an `apply` that comes before etcd. Here one that fails does stop the rest:
 * a lease leads packets to a tunnel, which must be there.
 *
 * @param site as declared
 * @param isEtcdToo whether leases are written, which want every MAC
 * @param planFor the plan for etcd of a site whose MACs are read
 */
export function devicesBefore(
  scope: DeviceScope,
  site: Site,
  isEtcdToo: boolean,
  planFor: (site: Site) => Plan,
): Before {
  const failures = new Map<string, string>();
  return {
    changes: scope.changes,
    text: (style) => scopeText(scope, style),
    check() {
      for (const one of scope.planned) {
        const error = 'error' in one ? one.error : scope.refusal(one.unit, one.value);
        if (error !== null) throw ofUnit(one.unit.bigip.name, error);
      }
    },
    async write() {
      const results = await scope.write();
      const macs = new Map<string, string | null>();
      for (const one of results) {
        const { name } = one.unit.bigip;
        if ('error' in one) failures.set(name, errorText(one.error));
        else macs.set(name, one.value.mac);
      }
      for (const one of results) {
        if ('error' in one) throw ofUnit(one.unit.bigip.name, one.error);
      }
      const read = checked(withVtepMacs(site, macs));
      if (isEtcdToo) {
        assertMacsRead(read);
        assertTrueMacs(site, macs);
      }
      return { lines: doneLines(scope, macs), plan: planFor(read) };
    },
    isBegun: () => scope.planned.some((one) => 'value' in one && one.value.writer.isChanged),
    json: () => scopeJson(scope, failures),
  };
}

/** @throws Problem (exit 1) when a tunnel was made with another MAC than its lease would say */
function assertTrueMacs(site: Site, macs: ReadonlyMap<string, string | null>): void {
  for (const { name, ipv4 } of site.bigips) {
    const mac = macs.get(name) ?? null;
    if (mac === null || ipv4.vtepMAC === null || ipv4.vtepMAC === mac) continue;
    throw new Problem(
      `${name}: the tunnel's MAC is ${mac}, the site file says ${ipv4.vtepMAC}; nothing was changed in etcd`,
      {
        exit: EXIT.failed,
        fix: `run flannel-bigip bigip import ${name} --yes, then the same command again; or write vtepMAC: device`,
      },
    );
  }
}

function ofUnit(name: string, error: Problem): Problem {
  return new Problem(`${name}: ${error.message}`, {
    exit: error.exit === EXIT.interrupted ? EXIT.interrupted : EXIT.failed,
    ...(error.fix ? { fix: error.fix } : {}),
    cause: error,
  });
}

function doneLines({ planned }: DeviceScope, macs: ReadonlyMap<string, string | null>): string[] {
  return planned.flatMap((one) => {
    if ('error' in one || !one.value.writer.saved) return [];
    const { name } = one.unit.bigip;
    const count = one.value.writer.done.length;
    const mac = macs.get(name);
    const is = mac ? `; the tunnel's MAC is ${mac}` : '';
    return [`\n${name}: ${count} change${count === 1 ? '' : 's'} done, saved${is}.`];
  });
}
