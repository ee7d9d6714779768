import { lastEntry, type SourceNode, textEntry } from './source.ts';

/** The entry of kube-flannel's ConfigMap that holds the network config. */
const CONFIG_ENTRY = 'net-conf.json';

/** Keys that only a site has, whatever its `kind` is misspelt as. */
const SITE_KEYS = ['network', 'bigips', 'etcd'];

/** Whether a document is an object of Kubernetes rather than a site. */
export function isManifest(root: SourceNode): boolean {
  const [version, kind] = [textEntry(root, 'apiVersion'), textEntry(root, 'kind')];
  return (
    version !== null &&
    kind !== null &&
    kind !== 'Site' &&
    !version.startsWith('flannel-bigip/') &&
    SITE_KEYS.every((key) => lastEntry(root, key) === undefined)
  );
}

/** The network configs, which should be text, of a ConfigMap or of a List that holds ConfigMaps. */
export function embeddedConfigs(root: SourceNode): SourceNode[] {
  const kind = textEntry(root, 'kind');
  if (kind === 'List' || kind === 'ConfigMapList') {
    const items = lastEntry(root, 'items')?.value;
    return items?.kind === 'array' ? items.items.flatMap(embeddedConfigs) : [];
  }
  if (kind !== 'ConfigMap') return [];
  const config = lastEntry(lastEntry(root, 'data')?.value, CONFIG_ENTRY)?.value;
  return config === undefined ? [] : [config];
}
