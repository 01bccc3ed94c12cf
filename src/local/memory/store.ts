/** A queue in memory: plain objects, through the same rules as every other. */

import type { BulkInput, ListQuery, VacuumInput } from "../../protocol/types.ts";
import { type Chance, cryptoChance } from "../../task/chance.ts";
import { type ConfigChange, changed } from "../../task/config.ts";
import { misfit, statePatch } from "../../task/edit.ts";
import { earliest } from "../../task/instant.ts";
import { queueNotFound, stillLeased, taskNotFound } from "../../task/refusals.ts";
import { ok, type Result } from "../../task/result.ts";
import type { TaskEvent, Transition } from "../../task/state.ts";
import { DEFAULT_CONFIG, type HolderEvent, type NewTask, type QueueConfig, type TaskPatch } from "../../task/task.ts";
import type { TaskResultView, TaskView } from "../../task/view.ts";
import type { Claimed, ClaimInput, LocalStore, Occasion, Sender, Session } from "../store.ts";
import * as clean from "./clean.ts";
import { infoOf, statsOf } from "./info.ts";
import { Keys } from "./keys.ts";
import { Numbers } from "./numbers.ts";
import { Places } from "./places.ts";
import { push } from "./push.ts";
import * as select from "./select.ts";
import { Sessions } from "./sessions.ts";
import { isAbandoned, nextSweepAt, sweep } from "./sweep.ts";
import { leasedViewOf, leaseOf, type MemoryTask, resultViewOf, viewOf } from "./task.ts";
import { Tasks } from "./tasks.ts";
import { type Memory, taskById, worked } from "./work.ts";
import * as workers from "./workers.ts";

type Named = Required<Sender> & { readonly worker: string; readonly session: string };

export class MemoryStore implements LocalStore {
  readonly #memory: Memory;

  constructor(queue: string, chance: Chance = cryptoChance) {
    this.#memory = {
      queue,
      chance,
      tasks: new Tasks(),
      places: new Places(),
      keys: new Keys(),
      sessions: new Sessions(),
      numbers: new Numbers(),
      config: DEFAULT_CONFIG,
      isUsed: false,
      nextSeq: 1,
      lastMs: 0,
      retainedAt: 0,
    };
  }

  push(on: Occasion, tasks: readonly NewTask[]) {
    return ok(push(this.#memory, tasks, on.now));
  }

  claim(on: Occasion, input: ClaimInput): Result<Claimed> {
    const claimed = worked(this.#memory, on, (work) => workers.claim(work, input));
    if (!claimed.ok) return claimed;
    const { session, tasks, events } = claimed.value;
    const { queue } = this.#memory;
    return ok({ session: session.token, tasks: tasks.map((task) => leasedViewOf(queue, task)), events });
  }

  events(on: Occasion, sender: Sender, events: readonly HolderEvent[]) {
    return worked(this.#memory, on, (work) => workers.report(work, sender, events));
  }

  register(on: Occasion, input: workers.Registration): Result<Session> {
    const registered = worked(this.#memory, on, (work) => workers.register(work, input));
    if (!registered.ok) return registered;
    const { worker, token } = registered.value;
    return ok({ worker, session: token, orphanAfterMs: this.#memory.config.orphanAfterMs });
  }

  heartbeat(on: Occasion, sender: Named): Result<{ orphanAfterMs: number }> {
    const heard = worked(this.#memory, on, (work) => workers.heartbeat(work, sender));
    return heard.ok ? ok({ orphanAfterMs: this.#memory.config.orphanAfterMs }) : heard;
  }

  goodbye(on: Occasion, sender: Named) {
    return worked(this.#memory, on, (work) => workers.goodbye(work, sender));
  }

  sweep(on: Occasion): number {
    return worked(this.#memory, on, sweep);
  }

  task(_on: Occasion, id: string): Result<TaskView> {
    const task = taskById(this.#memory, id);
    return task.ok ? ok(viewOf(this.#memory.queue, task.value)) : task;
  }

  list(_on: Occasion, query: ListQuery) {
    const page = select.list(this.#memory, query);
    if (!page.ok) return page;
    const tasks = page.value.tasks.map((task) => viewOf(this.#memory.queue, task));
    return ok({ ...page.value, tasks });
  }

  update(on: Occasion, id: string, patch: TaskPatch): Result<TaskView> {
    const { tasks, places, config } = this.#memory;
    const task = tasks.byId(id);
    if (!task) return taskNotFound(id);
    const { revision, codec, state } = task;
    const refused = misfit(patch, { revision, codec, status: state.status });
    if (refused) return refused;
    const event: TaskEvent = { type: "update", patch: statePatch(patch, config.defaults) };
    const outcome = worked(this.#memory, on, (work) => work.apply(task, event));
    if (!outcome.ok) return outcome;
    task.priority = patch.priority ?? task.priority;
    task.args = patch.args ?? task.args;
    if (patch.meta !== undefined) task.meta = patch.meta ?? {};
    places.put(task, on.now);
    return this.task(on, id);
  }

  reschedule(on: Occasion, id: string, runAt: number): Result<TaskView> {
    const outcome = this.#apply(on, id, () => ({ type: "reschedule", runAt }));
    return outcome.ok ? this.task(on, id) : outcome;
  }

  resume(on: Occasion, id: string): Result<boolean> {
    const abandoned = (task: MemoryTask) => isAbandoned(this.#memory, task, on.now);
    const outcome = this.#apply(on, id, (task) => ({ type: "resume", abandoned: abandoned(task) }));
    return outcome.ok ? ok(outcome.value.changed) : outcome;
  }

  cancel(on: Occasion, id: string): Result<boolean> {
    const outcome = this.#apply(on, id, () => ({ type: "cancel" }));
    return outcome.ok ? ok(outcome.value.changed) : outcome;
  }

  remove(on: Occasion, id: string): Result<null> {
    const outcome = this.#apply(on, id, () => ({ type: "delete" }));
    return outcome.ok ? ok(null) : outcome;
  }

  bulk(on: Occasion, input: BulkInput) {
    return ok(worked(this.#memory, on, (work) => select.bulk(work, input)));
  }

  vacuum(on: Occasion, input: VacuumInput) {
    return worked(this.#memory, on, (work) => clean.vacuum(work, input));
  }

  retain(on: Occasion): void {
    worked(this.#memory, on, clean.retain);
  }

  purge(on: Occasion) {
    return worked(this.#memory, on, clean.purge);
  }

  drop(on: Occasion, force: boolean): Result<null> {
    const { numbers, sessions } = this.#memory;
    const { Queued, Running } = numbers.counts;
    if (Queued + Running > 0 && !force) return stillLeased(Queued + Running);
    for (const { token, leases } of sessions.holders()) {
      for (const task of leases) {
        on.lost.push({ session: token, lease: { id: task.id, lease: leaseOf(task), reason: "cancelled" } });
      }
    }
    this.#clear();
    return ok(null);
  }

  status(_on: Occasion, ids: readonly string[]) {
    const results: TaskResultView[] = [];
    const unknown: string[] = [];
    for (const id of new Set(ids)) {
      const task = this.#memory.tasks.byId(id);
      if (task) results.push(resultViewOf(task));
      else unknown.push(id);
    }
    return { results, unknown };
  }

  workers(on: Occasion) {
    const { sessions, queue, config } = this.#memory;
    return sessions.list(queue, config.orphanAfterMs, on.now);
  }

  info(on: Occasion) {
    const { isUsed, queue } = this.#memory;
    return isUsed ? ok(infoOf(this.#memory, on.now)) : queueNotFound(queue);
  }

  stats(on: Occasion) {
    return statsOf(this.#memory, on.now);
  }

  config(): QueueConfig {
    return this.#memory.config;
  }

  configure(_on: Occasion, change: ConfigChange): QueueConfig {
    const memory = this.#memory;
    memory.isUsed = true;
    memory.config = changed(memory.config, change);
    // What was found out by the old retention counts no more.
    if (change.retention) memory.retainedAt = 0;
    return memory.config;
  }

  hasDue(on: Occasion): boolean {
    return this.#memory.places.hasDue(on.now);
  }

  nextDueAt(): number | null {
    return this.#memory.places.nextDueAt;
  }

  nextDeadline(): number | null {
    return earliest(nextSweepAt(this.#memory), clean.nextRetentionAt(this.#memory));
  }

  close(): void {
    this.#clear();
  }

  #apply(on: Occasion, id: string, eventOf: (task: MemoryTask) => TaskEvent): Result<Transition> {
    return worked(this.#memory, on, (work) => work.applyById(id, eventOf));
  }

  /** As never used, but for the sequence: what is gone is not taken for what comes. */
  #clear(): void {
    const memory = this.#memory;
    for (const part of [memory.tasks, memory.places, memory.keys, memory.sessions]) part.clear();
    memory.numbers = new Numbers();
    memory.config = DEFAULT_CONFIG;
    memory.isUsed = false;
    memory.retainedAt = 0;
  }
}
