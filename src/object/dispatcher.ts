/**
 * The queue's own worker: hands tasks to its target, a bounded number of calls at a time. It takes them as sockets do, in
 * the transaction that made them claimable, and reports their ends as any worker; the calls themselves run in no
 * transaction and in nobody's request. All that it knows is in memory: leases that outlive it are swept as any dead worker's.
 */

import { DISPATCH_REPORT_TRIES, DISPATCH_RETRY_MS, MAX_CLAIM } from "../limits.ts";
import type { Target } from "../outbound/target.ts";
import { logBug } from "../protocol/bug.ts";
import { candidates, hasBacklog, oldestDueAt } from "../store/backlog.ts";
import { applyEvents } from "../store/events.ts";
import type { FullRow } from "../store/rows.ts";
import { holdsLeases, presentSession, type SessionRow, sessionById } from "../store/sessions.ts";
import type { Taker } from "../store/takers.ts";
import type { Tx } from "../store/tx.ts";
import { register } from "../store/workers.ts";
import type { HolderEvent, QueueConfig } from "../task/task.ts";
import type { GroupCommit } from "./commit.ts";
import type { Connections } from "./connections.ts";
import { Call, type DispatchedTask } from "./dispatch-call.ts";
import { leasedTexts } from "./leased-texts.ts";
import { Pace } from "./pace.ts";
import { tellSuperseded } from "./registration.ts";
import type { Step } from "./step.ts";

/** The dispatcher as a taker: what it is given becomes calls to the target. */
export interface CallTaker extends Taker {
  readonly target: Target;
}

export interface DispatcherParts {
  readonly queue: string;
  /** The target that a queue of these settings has; `null` for one that others consume. */
  readonly target: (config: QueueConfig) => Target | null;
  readonly connections: Connections;
  readonly group: () => Pick<GroupCommit, "do">;
  /** Whether there are tables, also within a transaction. */
  readonly isUsed: () => boolean;
  /** Keeps the object awake for work that no request waits for. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** Tasks that a transaction leased, until their calls begin. */
interface Leased {
  readonly session: number;
  readonly target: Target;
  readonly tasks: DispatchedTask[];
}

export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #calls = new Set<Call>();
  readonly #pace = new Pace();
  #leased: Leased | null = null;
  /** The session's number. A transaction that begins one and fails leaves a number without a row: each use looks it up. */
  #session: number | null = null;
  /** The target of the settings that were last asked for. */
  #known: { readonly config: QueueConfig; readonly target: Target | null } | null = null;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Whether tasks that become due are taken as soon as they are. */
  waits(config: QueueConfig): boolean {
    const target = this.#targetOf(config);
    return target !== null && this.#calls.size < target.concurrency;
  }

  /** What it takes of a push; `null` where there is no target, no room for a call, or calls that wait for company. */
  taker(step: Step): CallTaker | null {
    const target = this.#targetOf(step.tx.config);
    return target === null || target.batchWaitMs > 0 ? null : this.#takerFor(step, target, this.#room(step, target));
  }

  /**
   * What it takes of all that waits: without a backlog no session is begun. What its pace forbids, and what waits for
   * company, the alarm sees to.
   */
  takerOfBacklog(step: Step): CallTaker | null {
    const { tx } = step;
    const target = this.#targetOf(tx.config);
    if (target === null || !hasBacklog(tx)) return null;
    const isPaced = this.#calls.size < target.concurrency && this.#pace.allowed(tx.now, target.perSecond) === 0;
    if (isPaced) tx.journal.wake(this.#pace.opensAt(tx.now));
    const room = this.#room(step, target);
    return this.#takerFor(step, target, target.batchWaitMs === 0 ? room : gathered(tx, target, room));
  }

  #takerFor(step: Step, target: Target, wanted: number): CallTaker | null {
    if (wanted <= 0) return null;
    const { id: session, worker } = this.#sessionIn(step, target.worker);
    const room = Math.min(wanted, this.#parts.connections.leases.room(step.tx, session));
    return room > 0 ? { target, session, worker, autoStart: true, room } : null;
  }

  /** Takes over what was leased to it, once the transaction stands. */
  take(step: Step, { session, target }: CallTaker, rows: readonly FullRow[]): void {
    this.#parts.connections.leases.add(session, rows.length);
    step.hands(rows.length);
    const texts = leasedTexts(step.tx, rows);
    step.posts.push(() => {
      const tasks = texts.map((text): DispatchedTask => JSON.parse(text));
      if (this.#leased?.session === session && this.#leased.target === target) this.#leased.tasks.push(...tasks);
      else {
        this.begin();
        this.#leased = { session, target, tasks };
      }
    });
  }

  /** Makes calls of what a transaction leased: once for all its parts, or each part would be a call of its own. */
  begin(): void {
    const leased = this.#leased;
    if (leased === null) return;
    this.#leased = null;
    const { session, target, tasks } = leased;
    while (tasks.length > 0) this.#begin(session, target, tasks.splice(0, target.batchSize));
  }

  /** Calls lose the leases that the transaction took back from them. */
  loseIn(step: Step): void {
    if (this.#calls.size === 0) return;
    const { lost } = step.tx.journal;
    if (lost.length > 0) step.after.push(() => this.#lose(new Set(lost.map(({ lease }) => lease))));
  }

  /** The queue was dropped: whatever is under way is nobody's. */
  forget(): void {
    this.#session = null;
    this.#pace.forget();
    for (const call of this.#calls) call.stop("The queue was dropped.");
  }

  #targetOf(config: QueueConfig): Target | null {
    if (this.#known?.config !== config) this.#known = { config, target: this.#parts.target(config) };
    return this.#known.target;
  }

  /** How many tasks fit the calls that may begin, less those that the transaction under way has given already. */
  #room(step: Step, { concurrency, batchSize, perSecond }: Target): number {
    const calls = Math.min(concurrency - this.#calls.size, this.#pace.allowed(step.tx.now, perSecond));
    const most = Math.min(calls * batchSize, Number.MAX_SAFE_INTEGER);
    return most - step.handed;
  }

  /**
   * The session to claim with. What an earlier instance left is not renewed by a new one that speaks with its session: its
   * leases would live for ever. So a session that holds some is left to the sweep, and another takes the name.
   */
  #sessionIn(step: Step, worker: string): SessionRow {
    const { tx } = step;
    const own = this.#session === null ? undefined : sessionById(tx, this.#session);
    if (own?.superseded === 0 && own.worker === worker) return own;
    const before = own ? undefined : presentSession(tx, worker);
    const session = before && !holdsLeases(tx, before.id) ? before : this.#register(step, worker);
    this.#session = session.id;
    return session;
  }

  #register(step: Step, worker: string): SessionRow {
    const registered = register(step.tx, { worker });
    if (!registered.ok) throw new Error(`a session without a token was refused: ${registered.error.detail}`);
    const { session, superseded } = registered.value;
    if (superseded) tellSuperseded(step, this.#parts.connections, superseded);
    return session;
  }

  #begin(session: number, target: Target, tasks: readonly DispatchedTask[]): void {
    const call = new Call(session, target, tasks);
    this.#calls.add(call);
    this.#pace.began(Date.now());
    this.#parts.connections.busy.add(session);
    this.#parts.keepAlive(this.#run(call));
  }

  async #run(call: Call): Promise<void> {
    const { session } = call;
    try {
      const { events, restMs } = await call.make(this.#parts.queue);
      if (restMs !== undefined) this.#pace.rest(Date.now() + restMs);
      // Before the report: the transaction that takes it hands out what follows.
      this.#calls.delete(call);
      await this.#report(session, events);
    } catch (error) {
      logBug("a report of the queue's own consumer, whose tasks are tried again", error);
      // What could not be reported is left to the sweep, which finds only sessions that nobody speaks with.
      if (this.#session === session) this.#session = null;
    } finally {
      this.#calls.delete(call);
      this.#quiet(session);
    }
  }

  async #report(session: number, events: readonly HolderEvent[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#parts.group().do((step) => this.#apply(step, session, events));
        return;
      } catch (error) {
        if (tries >= DISPATCH_REPORT_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, DISPATCH_RETRY_MS * tries));
      }
    }
  }

  /** A result that the queue does not take, since it is too large or no value of the task's codec, is a failure. */
  #apply(step: Step, session: number, events: readonly HolderEvent[]): void {
    if (events.length === 0 || !this.#parts.isUsed()) return;
    const answers = applyEvents(step.tx, events, session);
    const refused = events.flatMap(({ type, id, lease }, at): HolderEvent[] => {
      const answer = answers[at];
      const isUnfit = answer !== undefined && "error" in answer && type === "ack" && UNFIT.has(answer.error.code);
      return isUnfit ? [{ type: "ack", id, lease, result: { err: answer.error.detail } }] : [];
    });
    if (refused.length > 0) applyEvents(step.tx, refused, session);
  }

  #lose(leases: ReadonlySet<string>): void {
    for (const call of this.#calls) for (const lease of leases) call.lose(lease);
  }

  /** Without a call a session is silent, as a worker that is gone: it holds nothing. */
  #quiet(session: number): void {
    const isBusy = [...this.#calls].some((call) => call.session === session);
    if (isBusy || !this.#parts.connections.busy.delete(session)) return;
    this.#parts.connections.hear(session, Date.now());
  }
}

/**
 * How many tasks calls take that wait for company: full batches, or all once one has waited long enough. They wait in the
 * line, leased to nobody, and what wakes the object is the row of the oldest and the alarm: no timer keeps it awake.
 */
function gathered(tx: Tx, { batchSize, batchWaitMs }: Target, room: number): number {
  if (room <= 0) return 0;
  const oldest = oldestDueAt(tx);
  if (oldest === null || oldest + batchWaitMs <= tx.now) return room;
  const waiting = candidates(tx, Math.min(room, MAX_CLAIM)).length;
  if (waiting % batchSize > 0) tx.journal.wake(oldest + batchWaitMs);
  return waiting - (waiting % batchSize);
}

const UNFIT: ReadonlySet<string> = new Set(["payload_too_large", "bad_request"]);
