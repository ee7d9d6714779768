/** What this program reads of a Kubernetes Node. */
export interface KubeNode {
  readonly name: string;
  readonly resourceVersion: string;
  /** `status.addresses` of type InternalIP, as written. */
  readonly internalIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The condition Ready; null where there is none. */
  readonly isReady: boolean | null;
  /** Keys of taints whose effect is NoExecute. */
  readonly noExecute: readonly string[];
}
