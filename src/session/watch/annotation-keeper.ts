import type { PatchedNode } from '../../kubernetes/annotate-nodes.ts';
import type { Nodes } from '../../kubernetes/nodes.ts';
import type { NodeNews } from '../../kubernetes/watch-nodes.ts';
import { changing, type NodeChange, type NodePlan, planAnnotations } from '../../model/annotate.ts';
import type { KubeNode } from '../../model/kube-node.ts';
import type { LiveState } from '../../model/snapshot.ts';
import { ignoredNodes } from '../kubernetes.ts';
import type { Declared } from './declared.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Worker } from './worker.ts';

/** Milliseconds after which Nodes that could not be annotated are tried again. */
const RETRY_AFTER = 2_000;

/** Keeps every Node's annotations what its lease says. */
export class AnnotationKeeper {
  readonly #worker: Worker;
  readonly #nodes = new Map<string, KubeNode>();
  #isListed = false;
  #live: LiveState | null = null;
  /** When a lease changed that is not answered by an annotation yet, in milliseconds. */
  #changedAt: number | null = null;
  #told = new Set<string>();

  constructor(
    readonly api: Nodes,
    readonly declared: Declared,
    readonly log: Log,
    readonly metrics: Metrics,
    readonly signal: AbortSignal,
  ) {
    this.#worker = new Worker((again) => this.work(again), log, signal);
  }

  /** Whether both sides have been read. */
  get isReady(): boolean {
    return this.#isListed && this.#live !== null;
  }

  changed(live: LiveState): void {
    this.#live = live;
    this.#changedAt ??= performance.now();
    this.#worker.wake();
  }

  heard(news: Exclude<NodeNews, { kind: 'lost' }>): void {
    if (news.kind === 'gone') this.#nodes.delete(news.name);
    else if (news.kind === 'changed') this.#nodes.set(news.node.name, news.node);
    else {
      this.#nodes.clear();
      for (const node of news.nodes) this.#nodes.set(node.name, node);
      this.#isListed = true;
    }
    this.#worker.wake();
  }

  /** The site file may say something else of Nodes now. */
  retry(): void {
    this.#worker.wake();
  }

  /** Kept when what is under way is done, writes above all. */
  finished(): Promise<void> {
    return this.#worker.finished();
  }

  private async work(again: (after: number) => void): Promise<void> {
    if (!this.#isListed || this.#live === null) return;
    const changedAt = this.#changedAt;
    this.#changedAt = null;
    const { site } = this.declared.loaded;
    const ignored = ignoredNodes(this.declared.loaded);
    const nodes = [...this.#nodes.values()].filter(({ labels }) => !ignored(labels));
    const options = { bigips: site.bigips, map: site.kubernetes.nodes ?? {}, isPartial: false };
    const plan = planAnnotations(nodes, this.#live.leases, options);
    this.metrics.nodes.set(nodes.length);
    this.tellProblems(plan);
    const changes = changing(plan);
    if (changes.length === 0) return;
    const { annotateNodes } = await import('../../kubernetes/annotate-nodes.ts');
    const results = await annotateNodes(
      this.api,
      changes,
      this.#nodes,
      this.signal,
      () => undefined,
    );
    this.count(results, changedAt, changes);
    if (results.some(({ outcome }) => outcome === 'failed')) again(RETRY_AFTER);
  }

  /** Each problem once, for as long as it lasts. */
  private tellProblems({ problems }: NodePlan): void {
    const now = new Set(problems.map(({ message }) => message));
    for (const { message, rule, severity, fix } of problems) {
      if (this.#told.has(message)) continue;
      const tell = severity === 'error' ? this.log.error : this.log.warn;
      tell(fix ? `${message}; ${fix}` : message, { rule });
      if (rule === 'stale-arp-entry') this.metrics.staleArp.inc();
    }
    this.#told = now;
    this.metrics.problems.reset();
    for (const { rule } of problems) this.metrics.problems.inc({ rule });
  }

  private count(
    results: readonly PatchedNode[],
    changedAt: number | null,
    changes: readonly NodeChange[],
  ): void {
    const done = results.filter(({ outcome }) => outcome === 'done');
    for (const { node } of done) if (node) this.keepNewer(node);
    this.metrics.annotated.inc(done.length);
    if (changedAt !== null && done.length > 0) {
      this.metrics.delay.observe((performance.now() - changedAt) / 1000);
    }
    const [one, ...others] = done.map(({ name }) => name);
    if (one !== undefined) {
      const more = others.length === 0 ? '' : ` and ${others.length} more`;
      const [change] = changes;
      const macs =
        changes.length === 1
          ? { macBefore: change?.macNow ?? null, mac: change?.macWanted ?? null }
          : {};
      this.log.info(`annotated ${one}${more}`, { nodes: done.length, ...macs });
    }
    this.tellFailures(results);
  }

  private tellFailures(results: readonly PatchedNode[]): void {
    for (const { name, outcome, error } of results) {
      if (outcome !== 'failed') continue;
      this.metrics.annotateFailed.inc();
      this.log.error(`${name} is not annotated: ${error?.message ?? 'no reason given'}`, {
        node: name,
      });
    }
  }

  /** The watch may have told something newer already; versions are compared for equality only. */
  private keepNewer(node: KubeNode): void {
    const known = this.#nodes.get(node.name);
    if (known !== undefined && Number(known.resourceVersion) < Number(node.resourceVersion)) {
      this.#nodes.set(node.name, node);
    }
  }
}
