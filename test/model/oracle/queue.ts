/** The model of a queue: what docs/semantics.md says, once more, in the plainest words. It shares no rule with src. */

import type { Status } from "../../../src/task/status.ts";
import { must } from "../violation.ts";
import { Costs } from "./costs.ts";
import { isTerminal, isWaiting, type ModelSession, type ModelTask, runAtOf } from "./task.ts";

export const BUILT_IN_BACKOFF = {
  type: "exponential",
  baseMs: 1_000,
  factor: 2,
  maxMs: 3_600_000,
  jitter: 0.1,
} as const;

const DAY_MS = 86_400_000;

const newConfig = () => ({
  paused: false,
  orphanAfterMs: 60_000,
  retention: { doneMs: DAY_MS as number | null, killedMs: (14 * DAY_MS) as number | null },
  defaults: {
    priority: 0,
    maxAttempts: 5,
    backoff: BUILT_IN_BACKOFF as ModelTask["backoff"],
    timeoutMs: null as number | null,
  },
});

export class ModelQueue {
  now = 0;
  readonly tasks = new Map<string, ModelTask>();
  readonly sessions: ModelSession[] = [];
  /** Every name that was ever given out: none is given twice. */
  readonly allIds: string[] = [];
  readonly allLeases: { readonly id: string; readonly lease: string; readonly session: string }[] = [];
  readonly allSessions: { readonly worker: string; readonly session: string }[] = [];
  config = newConfig();
  /** When the process began, ms; `null` when it is the first. */
  restartedAt: number | null = null;
  /** Tasks that may have been removed, which is then seen; and how many must have been, where that is known. */
  #mayBeGone: { readonly tasks: readonly ModelTask[]; readonly count: number | null } | null = null;
  /** Tasks of this step that changed, or may have: their revisions tell. */
  readonly changed = new Set<ModelTask>();
  readonly costs = new Costs();
  order = 0;

  /** A task is about to change. */
  touch(task: ModelTask): void {
    this.changed.add(task);
    this.costs.touch(task);
  }

  /** Moves it to another status; what hangs on that alone follows. */
  move(task: ModelTask, status: Status): void {
    this.touch(task);
    const was = isTerminal(task);
    task.status = status;
    if (isTerminal(task)) {
      task.doneAt = this.now;
      if (task.until === "terminal") task.holdsKey = false;
    } else if (was) {
      task.doneAt = null;
      this.#takeKeyUpAgain(task);
    }
  }

  #takeKeyUpAgain(task: ModelTask): void {
    if (task.key === null || task.holdsKey) return;
    if (this.keyHolder(task.key, task.group)) task.key = null;
    else task.holdsKey = true;
  }

  /** The lease is no more. */
  letGo(task: ModelTask): void {
    this.touch(task);
    Object.assign(task, { lease: null, holder: null, lockAt: null, startedAt: null, deadline: null });
  }

  remove(task: ModelTask): void {
    this.costs.gone(task);
    this.tasks.delete(task.id);
    this.changed.delete(task);
  }

  mayGo(tasks: readonly ModelTask[], count: number | null): void {
    this.#mayBeGone = { tasks, count };
  }

  /** Takes over which of those that may be gone are. */
  seen(ids: ReadonlySet<string>): void {
    const gone = this.#mayBeGone?.tasks.filter(({ id }) => !ids.has(id)) ?? [];
    const count = this.#mayBeGone?.count ?? gone.length;
    must(gone.length === count, `${count} tasks are gone`, gone.length);
    for (const task of gone) this.remove(task);
    this.#mayBeGone = null;
  }

  /** It was dropped, with all that it had. */
  forget(): void {
    for (const task of this.tasks.values()) this.remove(task);
    this.sessions.length = 0;
    this.config = newConfig();
  }

  keyHolder(key: string, group: string | null): ModelTask | undefined {
    return this.oldestFirst().find((task) => task.key === key && task.group === group && task.holdsKey);
  }

  oldestFirst(): ModelTask[] {
    return [...this.tasks.values()];
  }

  /** The one eligibility predicate, but for the pause. */
  claimable(): ModelTask[] {
    return this.oldestFirst().filter((task) => isWaiting(task) && runAtOf(task) <= this.now);
  }

  /** In the order of the contract: priority, larger first; then runAt; then creation. */
  inOrder(): ModelTask[] {
    return this.claimable().sort((a, b) => b.priority - a.priority || runAtOf(a) - runAtOf(b) || a.order - b.order);
  }

  heldBy(session: ModelSession): ModelTask[] {
    return this.oldestFirst().filter((task) => task.holder === session);
  }

  presentSession(worker: string): ModelSession | undefined {
    return this.sessions.find((session) => session.worker === worker && !session.superseded);
  }

  session(token: string): ModelSession | undefined {
    return this.sessions.find((session) => session.token === token);
  }

  /** When a terminal task may go, or `null` for never. */
  keptUntil(task: ModelTask): number | null {
    const { doneMs, killedMs } = this.config.retention;
    const keptMs = task.status === "Done" ? doneMs : killedMs;
    return keptMs === null || task.doneAt === null ? null : task.doneAt + keptMs;
  }

  /** How late the retention may be: a tenth of the shorter of the two, or a second if that is longer. */
  get retentionSlackMs(): number {
    const { doneMs, killedMs } = this.config.retention;
    return Math.max(1_000, Math.min(doneMs ?? Infinity, killedMs ?? Infinity) / 10);
  }
}
