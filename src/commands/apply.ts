import { type Plan, planSite } from '../model/plan.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import { decodeSnapshot, type Snapshot } from '../model/snapshot.ts';
import { changeJson, planJson, planText } from '../output/plan-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { checkGuards, consent, type Executed, execute, failureOf } from '../session/execute.ts';
import { type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSite } from '../session/site.ts';
import type { World } from '../world.ts';

/** `apply`: shows the plan, asks, keeps what it replaces, writes, reads back. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  return withSession(args, world, loaded, (session) => new Apply(args, world, session).run());
}

type Outcome = 'applied' | 'unchanged' | 'dry-run' | 'declined' | 'refused' | 'partial' | 'failed';

class Apply {
  readonly #plan: Plan;
  readonly #json: boolean;

  constructor(
    readonly args: Args,
    readonly world: World,
    readonly session: Session<Site>,
  ) {
    this.#json = args.text('output') === 'json';
    const { site, live } = session;
    this.#plan = planSite(site, live, { prune: args.on('prune'), rewrite: args.on('rewrite') });
  }

  async run(): Promise<ExitCode> {
    const { args, world, session } = this;
    const plan = this.#plan;
    if (!this.#json) this.say(planText(plan, session.place, styleOf(world.stdout, world.env)));
    try {
      checkGuards(plan, session);
    } catch (error) {
      await this.report('refused', null);
      throw error;
    }
    if (plan.changes.length === 0) return this.end('unchanged', null);
    if (args.on('dry-run')) return this.dryRun();
    if (!(await this.ask())) {
      world.stderr.write('Not applied; nothing was changed.\n');
      await this.report('declined', null);
      return EXIT.failed;
    }
    const executed = await execute(plan, session, args, world);
    const failure = failureOf(executed, plan) ?? (await this.verify());
    if (failure === null) return this.end('applied', executed);
    await this.report(executed.done.length > 0 ? 'partial' : 'failed', executed);
    throw failure;
  }

  private async ask(): Promise<boolean> {
    const { place } = this.session;
    if (this.#json && !this.args.on('yes') && this.args.text('confirm') === undefined) {
      const style = styleOf(this.world.stderr, this.world.env);
      writeLine(this.world.stderr, planText(this.#plan, place, style));
    }
    return consent(this.#plan, 'Apply this?', place, this.args, this.world);
  }

  /** Every guard, as far as it can be judged without a person, and no write. */
  private async dryRun(): Promise<ExitCode> {
    const { args, session, world } = this;
    const needsName = this.#plan.dangers.length > 0;
    if (needsName && args.on('yes'))
      await consent(this.#plan, 'Apply this?', session.place, args, world);
    const also = needsName ? `; it would want --confirm ${session.place.site}` : '';
    if (!this.#json) this.say(`\nDry run: every guard holds, nothing was written${also}.`);
    await this.report('dry-run', null);
    return EXIT.done;
  }

  /** Reads back: what was written must be all that was to do. */
  private async verify(): Promise<Problem | null> {
    const { site, store } = this.session;
    let snapshot: Snapshot;
    try {
      snapshot = await store.read();
    } catch (cause) {
      const reason = cause instanceof Problem ? `: ${cause.message}` : '';
      return new Problem(`everything was written, but could not be read back${reason}`, {
        exit: EXIT.failed,
        fix: 'run diff',
        cause,
      });
    }
    const live = decodeSnapshot(snapshot);
    const left = planSite(site, live, { prune: this.args.on('prune') }).changes;
    if (left.length === 0) return null;
    const keys = left.map((change) => change.key).join(', ');
    return new Problem(`everything was written, but read back differently: ${keys}`, {
      exit: EXIT.failed,
      fix: 'somebody else writes these keys; run diff',
    });
  }

  private async end(
    outcome: 'applied' | 'unchanged',
    executed: Executed | null,
  ): Promise<ExitCode> {
    if (!this.#json && executed !== null) {
      const count = executed.done.length;
      this.say(`\nApplied and read back: ${count} change${count === 1 ? '' : 's'}.`);
      if (executed.backup !== null) this.say(`The values before are in ${executed.backup}`);
      this.say(`Next: ${this.next(executed)}`);
    }
    await this.report(outcome, executed);
    return EXIT.done;
  }

  /** What a person does now. */
  private next({ done }: Executed): string {
    if (done.some((change) => change.kind === 'config') && this.#plan.nodeCount > 0) {
      return 'restart flanneld on every node, one after another';
    }
    const given = ['file', 'endpoints', 'etcd-api', 'prefix'].flatMap((flag) => {
      const value = this.args.list(flag).join(',');
      return value === '' ? [] : [`--${flag} ${value}`];
    });
    return ['flannel-bigip list', ...given].join(' ');
  }

  private say(text: string): void {
    writeLine(this.world.stdout, text);
  }

  private async report(outcome: Outcome, executed: Executed | null): Promise<void> {
    if (!this.#json) return;
    const done = new Set(executed?.done);
    await writeDocument(this.world.stdout, 'json', {
      outcome,
      ...planJson(this.#plan, this.session.place),
      changes: this.#plan.changes.map((change) => ({
        ...changeJson(change),
        status: done.has(change) ? 'done' : 'pending',
      })),
      backup: executed?.backup ?? null,
    });
  }
}
