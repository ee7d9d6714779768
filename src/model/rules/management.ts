import type { Finding } from '../finding.ts';
import type { PlacedBigIp } from '../site.ts';

/** What must hold between the units of a site and how they are managed. */
export function checkManagement(bigips: readonly PlacedBigIp[]): Finding[] {
  const seen = new Map<string, string>();
  return bigips.flatMap(({ bigip, path }): Finding[] => {
    const { management, name, ipv4 } = bigip;
    if (management === null) return ipv4.vtepMAC === null ? [withoutManagement(name, path)] : [];
    const other = seen.get(management.url);
    seen.set(management.url, name);
    return [
      ...(other === undefined ? [] : [sameUrl(other, name, path)]),
      ...(isReservedName(management.names.tunnel)
        ? [reservedName(management.names.tunnel, path)]
        : []),
    ];
  });
}

/** CIS takes every FDB object whose name begins so for its own, and deletes it (F5, CIS issue 1508). */
function isReservedName(tunnel: string): boolean {
  return tunnel.startsWith('k8s');
}

function withoutManagement(name: string, path: string): Finding {
  return {
    rule: 'device-without-management',
    severity: 'error',
    message: `the MAC of ${name} is to be read from the device, and nothing says how that is reached`,
    fix: 'add management: { url: https://... }, or write the MAC',
    path: `${path}/vtepMAC`,
  };
}

function sameUrl(other: string, name: string, path: string): Finding {
  return {
    rule: 'management-duplicate',
    severity: 'error',
    message: `${other} and ${name} have one management address: each unit of a pair has its own tunnel MAC, so each is reached by itself`,
    fix: "write the unit's own management address",
    path: `${path}/management/url`,
  };
}

function reservedName(tunnel: string, path: string): Finding {
  return {
    rule: 'tunnel-name-reserved',
    severity: 'error',
    message: `the name ${tunnel} begins with k8s, and CIS deletes what is called so`,
    fix: 'give the tunnel another name',
    path: `${path}/management/tunnel`,
  };
}
