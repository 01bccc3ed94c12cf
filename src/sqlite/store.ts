/** SqliteStore: the operations of the store behind the interface of a queue in this process. */

import type { QueueInfo, QueueStats, RunningWorker } from "../backend/expose.ts";
import { MAX_LOCAL_SLICES } from "../limits.ts";
import {
  type Claimed,
  type ClaimInput,
  type LocalStore,
  type Occasion,
  occasionAt,
  type Sender,
  type Session,
} from "../local/store.ts";
import type { BulkInput, ListQuery, VacuumInput } from "../protocol/types.ts";
import { hasBacklog, nextDueAt } from "../store/backlog.ts";
import * as calls from "../store/calls.ts";
import { configure } from "../store/config.ts";
import { leasesToDrop, mayDrop } from "../store/drop.ts";
import { queueView, statsView } from "../store/info.ts";
import { list } from "../store/list.ts";
import * as long from "../store/long.ts";
import { push } from "../store/push.ts";
import { fullRow, leasedViewOf, resultViewOf, viewOf } from "../store/rows.ts";
import { dropTables } from "../store/schema.ts";
import { sessionToken } from "../store/sessions.ts";
import { checkStatus } from "../store/status.ts";
import * as byId from "../store/tasks.ts";
import type { Tx } from "../store/tx.ts";
import { retain } from "../store/vacuum.ts";
import { listWorkers, register } from "../store/workers.ts";
import type { ConfigChange } from "../task/config.ts";
import { queueNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { EventAnswer, HolderEvent, NewTask, Pushed, QueueConfig, TaskPatch } from "../task/task.ts";
import type { TaskResultView, TaskView } from "../task/view.ts";
import { makeTables } from "./open.ts";
import type { QueueFile } from "./queue-file.ts";
import { tellProgress } from "./tell.ts";

type Named = { readonly worker: string; readonly session: string };

export class SqliteStore implements LocalStore {
  readonly #file: QueueFile;

  /** @param now ms since the epoch */
  constructor(file: QueueFile, now: number) {
    this.#file = file;
    // Who is missing is written down at each start, or a process that is restarted again and again would grant a fresh
    // grace each time, and a worker that is gone keep its leases for ever.
    this.sweep(occasionAt(now));
  }

  push(on: Occasion, tasks: readonly NewTask[]): Result<readonly Pushed[]> {
    return this.#file.write(on, (tx) => mapped(push(tx, tasks, []), ({ pushed }) => pushed));
  }

  claim(on: Occasion, input: ClaimInput): Result<Claimed> {
    return this.#file.write(on, (tx) =>
      mapped(calls.poll(tx, input), ({ session, rows, events }) => {
        this.#file.hear(session.id, on.now);
        tellProgress(on, input.events, events);
        return { session: sessionToken(session), tasks: rows.map((row) => leasedViewOf(tx, row)), events };
      }),
    );
  }

  events(on: Occasion, sender: Sender, events: readonly HolderEvent[]): Result<readonly EventAnswer[]> {
    return this.#file.write(on, (tx) =>
      mapped(calls.report(tx, sender, events), ({ session, answers }) => {
        if (session) this.#file.hear(session.id, on.now);
        tellProgress(on, events, answers);
        return answers;
      }),
    );
  }

  register(on: Occasion, input: Parameters<LocalStore["register"]>[1]): Result<Session> {
    return this.#file.write(on, (tx) =>
      mapped(register(tx, input), ({ session, superseded }) => {
        this.#file.hear(session.id, on.now);
        if (superseded) on.superseded.add(sessionToken(superseded));
        return { worker: session.worker, session: sessionToken(session), orphanAfterMs: tx.config.orphanAfterMs };
      }),
    );
  }

  heartbeat(on: Occasion, sender: Named): Result<{ orphanAfterMs: number }> {
    return this.#file.write(on, (tx) =>
      mapped(calls.heartbeat(tx, sender), (session) => {
        this.#file.hear(session.id, on.now);
        return { orphanAfterMs: tx.config.orphanAfterMs };
      }),
    );
  }

  goodbye(on: Occasion, sender: Named): Result<{ released: number }> {
    return this.#file.write(on, (tx) =>
      mapped(calls.leave(tx, sender), ({ session, released }) => {
        this.#file.forget(session.id);
        return { released };
      }),
    );
  }

  sweep(on: Occasion): number {
    const taken = this.#file.write(on, (tx) => atOnce(tx, long.sweepAll()));
    this.#file.looked();
    return taken;
  }

  task(on: Occasion, id: string): Result<TaskView> {
    const tx = this.#file.read(on);
    return mapped(fullRow(tx, id), (row) => viewOf(tx, row));
  }

  list(on: Occasion, query: ListQuery): ReturnType<LocalStore["list"]> {
    const tx = this.#file.read(on);
    return mapped(list(tx, query), ({ rows, ...page }) => ({ ...page, tasks: rows.map((row) => viewOf(tx, row)) }));
  }

  update(on: Occasion, id: string, patch: TaskPatch): Result<TaskView> {
    return this.#file.write(on, (tx) => mapped(byId.update(tx, id, patch), (row) => viewOf(tx, row)));
  }

  reschedule(on: Occasion, id: string, runAt: number): Result<TaskView> {
    return this.#file.write(on, (tx) => mapped(byId.reschedule(tx, id, runAt), (row) => viewOf(tx, row)));
  }

  resume(on: Occasion, id: string): Result<boolean> {
    return this.#file.write(on, (tx) => byId.resume(tx, id));
  }

  cancel(on: Occasion, id: string): Result<boolean> {
    return this.#file.write(on, (tx) => byId.cancel(tx, id));
  }

  remove(on: Occasion, id: string): Result<null> {
    return this.#file.write(on, (tx) => byId.remove(tx, id));
  }

  bulk(on: Occasion, input: BulkInput): Result<long.BulkAnswer> {
    return ok(this.#file.write(on, (tx) => atOnce(tx, long.bulk(input, on.now))));
  }

  vacuum(on: Occasion, input: VacuumInput): { vacuumed: number; more: boolean } {
    return this.#file.write(on, (tx) => atOnce(tx, long.vacuum(input, tx.tally, MAX_LOCAL_SLICES)));
  }

  retain(on: Occasion): void {
    this.#file.write(on, retain);
  }

  purge(on: Occasion): { purged: number; more: boolean } {
    return this.#file.write(on, (tx) => atOnce(tx, long.purge(MAX_LOCAL_SLICES)));
  }

  drop(on: Occasion, force: boolean): Result<null> {
    const dropped = this.#file.write(on, (tx) => {
      const allowed = mayDrop(tx, force);
      if (!allowed.ok) return allowed;
      for (const [session, leases] of leasesToDrop(tx)) {
        for (const lease of leases) on.lost.push({ session: sessionToken(session), lease });
      }
      dropTables(tx.sql);
      makeTables(tx.sql, tx.queue);
      return allowed;
    });
    if (dropped.ok) this.#file.beginAnew();
    return dropped;
  }

  status(on: Occasion, ids: readonly string[]): { results: readonly TaskResultView[]; unknown: readonly string[] } {
    const tx = this.#file.read(on);
    const { rows, unknown } = checkStatus(tx, ids);
    return { results: rows.map((row) => resultViewOf(tx, row)), unknown };
  }

  workers(on: Occasion): readonly RunningWorker[] {
    return listWorkers(this.#file.read(on));
  }

  info(on: Occasion): Result<QueueInfo> {
    const tx = this.#file.read(on);
    return this.#file.isUsed ? ok(queueView(tx)) : queueNotFound(tx.queue);
  }

  stats(on: Occasion): QueueStats {
    // What a queue costs is counted where it is billed.
    const { rowsWritten: _, alarmsSet: __, commits: ___, ...stats } = statsView(this.#file.read(on));
    return stats;
  }

  config(): QueueConfig {
    return this.#file.config;
  }

  configure(on: Occasion, change: ConfigChange): QueueConfig {
    const config = this.#file.write(on, (tx) => {
      tx.journal.tallyChanged = true;
      return configure(tx, change);
    });
    this.#file.config = config;
    return config;
  }

  hasDue(on: Occasion): boolean {
    return hasBacklog(this.#file.read(on));
  }

  nextDueAt(on: Occasion): number | null {
    return nextDueAt(this.#file.read(on));
  }

  nextDeadline(on: Occasion): number | null {
    return this.#file.nextDeadline(on);
  }

  flushed(): Promise<void> {
    return this.#file.flushed;
  }

  close(): void {
    this.#file.close();
  }
}

const mapped = <T, U>(result: Result<T>, map: (value: T) => U): Result<U> =>
  result.ok ? ok(map(result.value)) : result;

/** Long work in one go: nobody else works on the file meanwhile. */
function atOnce<R>(tx: Tx, work: long.LongWork<R>): R {
  let turn = work.next();
  while (!turn.done) turn = work.next(turn.value(tx));
  return turn.value;
}
