/** Work on tasks: each event is put to the rules, and what they say is done, everywhere it matters. */

import { MAX_ERROR_BYTES } from "../../limits.ts";
import type { Chance } from "../../task/chance.ts";
import { record } from "../../task/histogram.ts";
import { entryOf, remembered } from "../../task/history.ts";
import { transition } from "../../task/machine.ts";
import { taskNotFound } from "../../task/refusals.ts";
import type { Luggage } from "../../task/report.ts";
import { ok, type Result } from "../../task/result.ts";
import type { ClosedRun, Moment, TaskEvent, TaskState, Transition } from "../../task/state.ts";
import { isTerminal } from "../../task/status.ts";
import type { QueueConfig } from "../../task/task.ts";
import { cutUtf8 } from "../../task/text.ts";
import type { Occasion } from "../store.ts";
import type { Keys } from "./keys.ts";
import type { Numbers } from "./numbers.ts";
import type { Places } from "./places.ts";
import type { Session, Sessions } from "./sessions.ts";
import { leaseOf, type MemoryTask } from "./task.ts";
import type { Tasks } from "./tasks.ts";

/** All that there is of a queue. */
export interface Memory {
  readonly queue: string;
  readonly chance: Chance;
  readonly tasks: Tasks;
  readonly places: Places;
  readonly keys: Keys;
  readonly sessions: Sessions;
  numbers: Numbers;
  config: QueueConfig;
  /** Until its first use the queue is not there. */
  isUsed: boolean;
  /** The sequence of the next task; never given twice. */
  nextSeq: number;
  /** The time in the last id: ids never go back, whatever the clock does. */
  lastMs: number;
  /** When retention was last seen to, to its end. */
  retainedAt: number;
}

/** The work of one operation. A task that it changes has one more revision, however many events there were. */
export class Work {
  readonly memory: Memory;
  readonly on: Occasion;
  readonly #moment: Moment;
  readonly #changed = new Set<MemoryTask>();

  constructor(memory: Memory, on: Occasion) {
    this.memory = memory;
    this.on = on;
    // Chance is drawn only where the rules ask for it.
    this.#moment = {
      now: on.now,
      get random() {
        return memory.chance.uniform();
      },
    };
  }

  /** Puts one event to the rules; unless they refuse, the task is as they say. */
  apply(task: MemoryTask, event: TaskEvent, luggage: Luggage = {}): Result<Transition> {
    const outcome = transition(task.state, event, this.#moment);
    if (!outcome.ok || !outcome.value.changed) return outcome;
    const { run, error, lost, gone, next } = outcome.value;
    const before = task.state;
    if (run) this.#close(task, run, luggage.logs);
    if (error !== undefined) task.result = { err: cutUtf8(error, MAX_ERROR_BYTES) };
    if (event.type === "succeed" && luggage.ok !== undefined) task.result = { ok: luggage.ok };
    if (luggage.progress !== undefined) this.#progress(task, luggage.progress);
    if (lost && task.holder) {
      this.on.lost.push({ session: task.holder.token, lease: { id: task.id, lease: leaseOf(task), reason: lost } });
    }
    if (gone) this.#remove(task);
    else this.#become(task, before, next);
    return outcome;
  }

  /** As `apply`, for one who knows the task by its id. */
  applyById(id: string, eventOf: (task: MemoryTask) => TaskEvent): Result<Transition> {
    const task = this.memory.tasks.byId(id);
    return task ? this.apply(task, eventOf(task)) : taskNotFound(id);
  }

  /** Gives a task to a session. */
  lease(task: MemoryTask, session: Session, token: number, autoStart: boolean): void {
    const { runAt } = task.state;
    const claimed = this.apply(task, { type: "claim", token, autoStart });
    if (!claimed.ok) throw new Error(`a due task could not be claimed: ${claimed.error.detail}`);
    task.holder = session;
    session.leases.add(task);
    record(this.memory.numbers.waits, Math.max(0, this.on.now - Math.max(runAt, task.createdAt)));
  }

  /** What was done so far is one change of each task. */
  settle(): void {
    for (const task of this.#changed) task.revision++;
    this.#changed.clear();
  }

  #close(task: MemoryTask, run: ClosedRun, logs: readonly string[] | undefined): void {
    const { now } = this.on;
    task.runs = remembered(task.runs, entryOf(run, task.holder?.worker ?? "", now, logs));
    record(this.memory.numbers.runs, Math.max(0, now - run.startedAt));
  }

  #progress(task: MemoryTask, progress: string): void {
    task.progress = progress;
    this.on.progress.set(task.id, progress);
  }

  #become(task: MemoryTask, before: TaskState, next: TaskState): void {
    const { keys, places, numbers } = this.memory;
    task.state = next;
    this.#changed.add(task);
    if (next.token === null) this.#unleash(task);
    places.put(task, this.on.now);
    if (next.status === before.status) return;
    keys.settle(task);
    numbers.moved(before.status, next.status, this.on.now);
    if (isTerminal(next.status)) this.on.finished.add(task.id);
  }

  #unleash(task: MemoryTask): void {
    task.holder?.leases.delete(task);
    task.holder = null;
  }

  #remove(task: MemoryTask): void {
    const { keys, places, numbers, tasks } = this.memory;
    places.take(task);
    keys.release(task);
    numbers.moved(task.state.status, null, this.on.now);
    tasks.delete(task);
    this.#changed.delete(task);
    this.on.gone.add(task.id);
  }
}

/** Does the work of an operation. */
export function worked<T>(memory: Memory, on: Occasion, body: (work: Work) => T): T {
  const work = new Work(memory, on);
  const value = body(work);
  work.settle();
  return value;
}

/** The task that an id names. */
export function taskById({ tasks }: Memory, id: string): Result<MemoryTask> {
  const task = tasks.byId(id);
  return task ? ok(task) : taskNotFound(id);
}
