/** What is only asked: lists, states, settings. */

import type { Counts, Status } from "../../../src/task/status.ts";
import type { CallOf, SeenTask, SeenWorker, Settings, Sight } from "../port.ts";
import { must, same } from "../violation.ts";
import { compare } from "./compare.ts";
import { isFound } from "./many.ts";
import { BUILT_IN_BACKOFF, type ModelQueue } from "./queue.ts";
import { runAtOf } from "./task.ts";
import { isAlive } from "./workers.ts";

/** One page of several: a page may be short, but then it says that there is more. */
export function judgeList(
  q: ModelQueue,
  { query, from }: CallOf<"list">,
  page: { tasks: readonly SeenTask[]; nextCursor?: string },
): void {
  const { idempotencyKey: key, order, limit } = query;
  const found = q.oldestFirst().filter((task) => isFound(task, query) && (key === undefined || task.key === key));
  if (order === "newest") found.reverse();
  const due = found.slice(from, from + limit);
  const ids = page.tasks.map(({ id }) => id);
  must(
    same(
      ids,
      due.slice(0, ids.length).map(({ id }) => id),
    ),
    "the list begins so",
    ids,
  );
  must(ids.length === due.length || page.nextCursor !== undefined, "a short page has a cursor", page);
  must(found.length <= from + ids.length || page.nextCursor !== undefined, "a list ends where nothing is left", page);
  for (const [at, seen] of page.tasks.entries()) compare(due[at] as (typeof due)[number], seen, q);
}

interface Standing {
  readonly id: string;
  readonly status: Status;
  readonly attempt: number;
  readonly result?: unknown;
}

export function judgeStatus(
  q: ModelQueue,
  ids: readonly string[],
  answer: { results: readonly Standing[]; unknown: readonly string[] },
): void {
  const unique = [...new Set(ids)];
  const known = unique.flatMap((id) => q.tasks.get(id) ?? []);
  const due = known.map(({ id, status, attempt, lastResult }) => ({
    id,
    status,
    attempt,
    result: lastResult ?? undefined,
  }));
  must(same(answer.results, due), "every id that is known is answered", { answer, due });
  const unknown = unique.filter((id) => !q.tasks.has(id));
  must(same([...answer.unknown].sort(), unknown.sort()), "the rest is unknown", answer);
}

export function judgeConfig(q: ModelQueue, change: Settings, answer: unknown): void {
  const { paused, orphanAfterMs, retention, defaults: { backoff, ...defaults } = {} } = change;
  const { config } = q;
  if (paused !== undefined) config.paused = paused;
  if (orphanAfterMs !== undefined) config.orphanAfterMs = orphanAfterMs;
  Object.assign(config.retention, retention);
  Object.assign(config.defaults, defaults);
  const before = config.defaults.backoff;
  if (backoff) {
    const maxMs = Math.max(before.maxMs, backoff.baseMs ?? 0);
    config.defaults.backoff = { ...before, maxMs, ...backoff };
  } else if (backoff === null) config.defaults.backoff = BUILT_IN_BACKOFF;
  q.costs.settings = 1;
  must(same(answer, config), "the settings, changed", { answer, due: config });
}

/** The numbers are those of the rows. */
export function judgeNumbers(q: ModelQueue, { counts, oldestDueAgeMs, workers }: Sight): void {
  const due: Counts = { Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 0 };
  for (const { status } of q.tasks.values()) due[status]++;
  must(same(counts, due), "the counts", { counts, due });
  const oldest = Math.min(...q.claimable().map(runAtOf));
  const age = oldest === Infinity ? null : q.now - oldest;
  must(oldestDueAgeMs === age, "the age of the oldest that is due", { oldestDueAgeMs, due: age });
  judgeWorkers(q, workers);
}

/** One entry a name; the silent stay listed until their leases are gone. */
function judgeWorkers(q: ModelQueue, workers: readonly SeenWorker[]): void {
  const due = new Map<string, SeenWorker>();
  for (const session of q.sessions) {
    const { worker: id } = session;
    const [leases, alive] = [q.heldBy(session).length, isAlive(q, session)];
    const before = due.get(id);
    if (!alive && leases === 0) continue;
    due.set(id, { id, leases: leases + (before?.leases ?? 0), alive: alive || (before?.alive ?? false) });
  }
  const seen = workers.map(({ id, leases, alive }) => ({ id, leases, alive }));
  const byName = (a: SeenWorker, b: SeenWorker) => (a.id < b.id ? -1 : 1);
  must(same(seen.sort(byName), [...due.values()].sort(byName)), "the workers", { seen, due: [...due.values()] });
}
