import { parseIpv4 } from '../address.ts';
import type { Finding } from '../finding.ts';
import type { SiteDocument } from '../generated/documents.ts';
import { parseLabelSelector } from '../label-selector.ts';
import { pointerStep } from '../source.ts';

/** What the schema cannot say of `kubernetes`. */
export function checkKubernetes(declared: SiteDocument['kubernetes']): Finding[] {
  const { ignoreNodes, nodes } = declared ?? {};
  const wrong = (path: string, message: string, fix: string): Finding => ({
    rule: 'wrong-value',
    severity: 'error',
    message,
    fix,
    path: `/kubernetes/${path}`,
  });
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isTable = typeof nodes === 'object' && nodes !== null && !Array.isArray(nodes);
  return [
    ...(isText(ignoreNodes) && parseLabelSelector(ignoreNodes) === null
      ? [wrong('ignoreNodes', 'is no label selector', 'write it as for kubectl get nodes -l')]
      : []),
    ...(isTable ? Object.entries(nodes) : [])
      .filter(([, ip]) => isText(ip) && parseIpv4(ip) === null)
      .map(([name]) =>
        wrong(`nodes${pointerStep(name)}`, 'is no IPv4 address', "write the node's public IP"),
      ),
  ];
}
