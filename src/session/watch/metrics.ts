import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What a watch counts, as Prometheus reads it. */
export class Metrics {
  readonly registry = new Registry();
  readonly #all = { registers: [this.registry] };

  readonly connected = new Gauge({
    name: 'flannel_bigip_connected',
    help: 'Whether the source answers.',
    labelNames: ['source'],
    ...this.#all,
  });
  readonly annotated = new Counter({
    name: 'flannel_bigip_nodes_annotated_total',
    help: 'Nodes whose annotations were written.',
    ...this.#all,
  });
  readonly annotateFailed = new Counter({
    name: 'flannel_bigip_annotate_failures_total',
    help: 'Writes of annotations that failed; they are tried again.',
    ...this.#all,
  });
  readonly staleArp = new Counter({
    name: 'flannel_bigip_stale_arp_total',
    help: 'Ready Nodes whose MAC changed: CIS keeps ARP entries with the old one until it is restarted.',
    ...this.#all,
  });
  readonly restored = new Counter({
    name: 'flannel_bigip_leases_restored_total',
    help: "Times that a BIG-IP's lease was put back.",
    labelNames: ['bigip'],
    ...this.#all,
  });
  readonly left = new Gauge({
    name: 'flannel_bigip_leases_left',
    help: 'Leases of BIG-IPs that are wrong and not put back, because they were taken again and again.',
    ...this.#all,
  });
  readonly fdbWritten = new Counter({
    name: 'flannel_bigip_fdb_writes_total',
    help: 'FDB records and ARP entries that were written or taken away on BIG-IPs.',
    labelNames: ['bigip'],
    ...this.#all,
  });
  readonly nodes = new Gauge({
    name: 'flannel_bigip_nodes',
    help: 'Nodes of Kubernetes that may run flannel.',
    ...this.#all,
  });
  readonly problems = new Gauge({
    name: 'flannel_bigip_problems',
    help: 'What is wrong between leases and Nodes, by rule.',
    labelNames: ['rule'],
    ...this.#all,
  });
  readonly delay = new Histogram({
    name: 'flannel_bigip_lease_to_annotation_seconds',
    help: 'From the change of a lease to the annotation of its Node.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    ...this.#all,
  });
}
