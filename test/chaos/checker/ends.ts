/** Ends: all tasks come to one, the counters tell the same as the lists, and who waits is told once. */

import { type Evidence, endOf, isTerminal } from "./evidence.ts";
import type { Violation } from "./violation.ts";

export function judgeEnds(evidence: Evidence): Violation[] {
  return [...unfinished(evidence), ...counters(evidence), ...waits(evidence), ...wrong(evidence)];
}

function unfinished({ state }: Evidence): Violation[] {
  return state.tasks
    .filter(({ status }) => !isTerminal(status))
    .map(({ id, status, lockBy = "nobody" }) => ({
      kind: "unfinished",
      detail: `${id} is still ${status}, held by ${lockBy}`,
    }));
}

function counters({ state }: Evidence): Violation[] {
  const listed: Record<string, number> = {};
  for (const { status } of state.tasks) listed[status] = (listed[status] ?? 0) + 1;
  const statuses = new Set([...Object.keys(listed), ...Object.keys(state.counts)]);
  return [...statuses]
    .filter((status) => (listed[status] ?? 0) !== (state.counts[status] ?? 0))
    .map((status) => ({
      kind: "counters",
      detail: `${listed[status] ?? 0} tasks are listed as ${status}, and ${state.counts[status] ?? 0} counted`,
    }));
}

/** Each waiter is told of each id that it named, once. */
function waits({ waits, results }: Evidence): Violation[] {
  const told = new Map<string, number>();
  for (const { waiter, id } of results) told.set(`${waiter} ${id}`, (told.get(`${waiter} ${id}`) ?? 0) + 1);
  return waits.flatMap(({ waiter, ids }) =>
    ids.flatMap((id) => {
      const times = told.get(`${waiter} ${id}`) ?? 0;
      return times === 1
        ? []
        : { kind: "results" as const, detail: `waiter ${waiter} was told of ${id} ${times} times` };
    }),
  );
}

/** What was told is what the queue has. */
function wrong({ results, tasks }: Evidence): Violation[] {
  return results.flatMap(({ waiter, id, status, value }) => {
    const task = tasks.get(id);
    const end = task && endOf(task);
    if (task?.status === status && end?.lease === value?.lease && end?.mark === value?.mark) return [];
    const detail = `waiter ${waiter} was told that ${id} is ${status} by ${value?.lease}; it is ${task?.status} by ${end?.lease}`;
    return { kind: "results" as const, detail };
  });
}
