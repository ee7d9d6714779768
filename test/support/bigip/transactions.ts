import { type Answer, mcp, noMethod, ok, Refused } from './answer.ts';
import type { Configuration } from './configuration.ts';
import { atLeast, isPlain, linkTo } from './names.ts';
import type { Sessions } from './sessions.ts';
import type { Call, Plain } from './types.ts';

interface Transaction {
  readonly id: number;
  readonly begun: number;
  readonly commands: Call[];
  state: 'STARTED' | 'COMPLETED' | 'FAILED';
  failureReason: string;
}

/** Changes that are queued and then made all together or not at all. */
export class Transactions {
  readonly #open = new Map<number, Transaction>();
  #last = 1_526_674_837_169_900;

  /** @param carryOut makes one change, or throws why not */
  constructor(
    private readonly sessions: Sessions,
    private readonly configuration: Configuration,
    private readonly version: string,
    private readonly carryOut: (call: Call) => Answer,
  ) {}

  forget(): void {
    this.#open.clear();
  }

  /** Queues a change. @throws Refused 404 where the transaction is over */
  queue(id: string, call: Call): Answer {
    const transaction = this.#find(id);
    transaction.commands.push(call);
    return ok(this.#command(transaction, call, transaction.commands.length));
  }

  /** Requests for transactions themselves; null where the path is of something else. */
  answer(call: Call): Answer | null {
    const [, , what, id, part, ...more] = call.segments;
    if (what !== 'transaction' || more.length > 0) return null;
    if (id === undefined) {
      if (call.method !== 'POST') throw noMethod(call.method, call.path);
      return ok(this.#shown(this.#begin()));
    }
    const transaction = this.#find(id);
    if (part === 'commands' && call.method === 'GET') return ok(this.#commands(transaction));
    if (part !== undefined) throw noMethod(call.method, call.path);
    if (call.method === 'GET') return ok(this.#shown(transaction));
    if (call.method === 'DELETE') {
      this.#open.delete(transaction.id);
      return ok(null);
    }
    if (call.method !== 'PATCH') throw noMethod(call.method, call.path);
    return this.#commit(transaction, isPlain(call.body) ? call.body : {});
  }

  #begin(): Transaction {
    this.#last += 15;
    const begun = this.sessions.now;
    const made: Transaction = {
      id: this.#last,
      begun,
      commands: [],
      state: 'STARTED',
      failureReason: '',
    };
    this.#open.set(made.id, made);
    return made;
  }

  get #seconds(): number {
    return atLeast(this.version, 12) ? 120 : 30;
  }

  #find(id: string): Transaction {
    for (const { id: known, begun } of this.#open.values()) {
      if (this.sessions.now >= begun + this.#seconds * 1000) this.#open.delete(known);
    }
    const found = this.#open.get(Number(id));
    if (found) return found;
    throw mcp(404, `(stand-in) there is no transaction ${id}`, 2);
  }

  #commit(transaction: Transaction, { state, validateOnly }: Plain): Answer {
    const { commands } = transaction;
    if (state !== 'VALIDATING') throw mcp(400, `(stand-in) state ${state} cannot be asked for`, 2);
    if (transaction.state !== 'STARTED') throw mcp(400, '(stand-in) the transaction is over', 2);
    if (commands.length === 0) {
      throw mcp(400, 'there is no command to commit in the transaction', 2);
    }
    const before = this.configuration.snapshot();
    try {
      for (const command of commands) this.carryOut(command);
    } catch (error) {
      this.configuration.restore(before);
      if (!(error instanceof Refused)) throw error;
      transaction.state = 'FAILED';
      transaction.failureReason = error.message;
      throw mcp(400, `transaction failed:${error.message}`, 2);
    }
    if (validateOnly === true) {
      this.configuration.restore(before);
      return ok({ ...this.#shown(transaction), state: 'COMPLETED', validateOnly: true });
    }
    transaction.state = 'COMPLETED';
    return ok(this.#shown(transaction));
  }

  #shown({ id, state, failureReason }: Transaction): Plain {
    const brief = { transId: id, state, timeoutSeconds: this.#seconds };
    const later = {
      asyncExecution: false,
      validateOnly: false,
      executionTimeout: 300,
      executionTime: 0,
      failureReason,
    };
    return {
      ...brief,
      ...(atLeast(this.version, 12) ? later : {}),
      kind: 'tm:transactionstate',
      selfLink: linkTo(`transaction/${id}`, this.version),
    };
  }

  #commands(transaction: Transaction): Plain {
    const path = `transaction/${transaction.id}/commands`;
    return {
      kind: 'tm:transaction:commandscollectionstate',
      selfLink: linkTo(path, this.version),
      items: transaction.commands.map((call, index) => this.#command(transaction, call, index + 1)),
    };
  }

  #command({ id }: Transaction, { method, path, body }: Call, number: number): Plain {
    return {
      method,
      uri: `https://localhost${path.replaceAll('%', '%25')}`,
      body: body ?? {},
      evalOrder: number,
      commandId: number,
      kind: 'tm:transaction:commandsstate',
      selfLink: linkTo(`transaction/${id}/commands/${number}`, this.version),
    };
  }
}
