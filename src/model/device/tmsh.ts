import type { DesiredDevice } from './desired.ts';
import { CONFIGSYNC } from './device-plan.ts';

/**
 * What makes a unit the VTEP that the site declares, as commands for tmsh.
 *
 * @param disableConfigsync whether config-sync of tunnels is to be switched off first
 */
export function tmshCommands(desired: DesiredDevice, disableConfigsync: boolean): string[] {
  const { profile, tunnel, selfIp } = desired;
  const [address = '', length = '0'] = selfIp?.address.split('/') ?? [];
  return [
    ...(disableConfigsync ? [`modify sys db ${CONFIGSYNC} value disable`] : []),
    `create net tunnels vxlan ${tmshName(profile.path)} { flooding-type ${profile.flooding} port ${profile.port} }`,
    `create net tunnels tunnel ${tmshName(tunnel.path)} { key ${tunnel.key} profile ${tmshName(tunnel.profile)} local-address ${tunnel.localAddress} }`,
    ...(selfIp === null
      ? []
      : [
          `create net self ${tmshName(selfIp.path)} { address ${address}/${dottedMask(Number(length))} allow-service none vlan ${tmshName(selfIp.vlan)} }`,
        ]),
    'save sys config',
  ];
}

/** In Common the bare name is enough, and what everybody writes. */
function tmshName(path: string): string {
  return path.replace(/^\/Common\/(?=[^/]+$)/, '');
}

/** `255.255.0.0` of 16. */
function dottedMask(length: number): string {
  return [0, 8, 16, 24]
    .map((at) => 256 - 2 ** (8 - Math.min(Math.max(length - at, 0), 8)))
    .join('.');
}
