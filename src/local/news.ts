/** What an operation means for others: written down as it stands then, and told once it is sure to stay. */

import { nameTaken, taskNotFound } from "../task/refusals.ts";
import type { LostLease, RawJson } from "../task/task.ts";
import type { TaskResultView } from "../task/view.ts";
import type { Connections } from "./connections.ts";
import type { Polls } from "./polls.ts";
import { refusal } from "./refusal.ts";
import type { LocalStore, Occasion } from "./store.ts";
import { resultValuesOf } from "./values.ts";
import type { Waits } from "./waits.ts";

/** Who is told. */
export interface Audience {
  readonly polls: Polls;
  readonly waits: Waits;
  readonly connections: Connections;
}

export interface News {
  readonly results: readonly TaskResultView[];
  readonly gone: readonly string[];
  readonly progress: readonly (readonly [string, RawJson])[];
  readonly lost: ReadonlyMap<string, readonly LostLease[]>;
  readonly superseded: ReadonlySet<string>;
}

export function newsOf(store: LocalStore, on: Occasion, { waits }: Audience): News {
  const isAwaited = (id: string) => waits.has(id);
  const finished = [...on.finished].filter(isAwaited);
  return {
    results: statusOf(store, on, finished).results,
    gone: [...on.gone].filter(isAwaited),
    progress: [...on.progress].filter(([id]) => isAwaited(id)),
    lost: lostBySession(on),
    superseded: on.superseded,
  };
}

/** The status of any number of tasks, however large their results are. */
export function statusOf(store: LocalStore, on: Occasion, ids: readonly string[]) {
  const results: TaskResultView[] = [];
  const unknown: string[] = [];
  for (let left = [...ids]; left.length > 0; ) {
    const answer = store.status(on, left);
    results.push(...answer.results);
    unknown.push(...answer.unknown);
    const answered = new Set([...answer.results.map(({ id }) => id), ...answer.unknown]);
    if (answered.size === 0) throw new Error("a status was answered with nothing");
    left = left.filter((id) => !answered.has(id));
  }
  return { results, unknown };
}

function lostBySession({ lost }: Occasion): Map<string, LostLease[]> {
  const bySession = new Map<string, LostLease[]>();
  for (const { session, lease } of lost) {
    const leases = bySession.get(session);
    if (leases) leases.push(lease);
    else bySession.set(session, [lease]);
  }
  return bySession;
}

export function tell(
  { results, gone, progress, lost, superseded }: News,
  { polls, waits, connections }: Audience,
): void {
  for (const [id, value] of progress) waits.progress(id, value);
  for (const view of results) waits.tell(view.id, () => resultValuesOf(view));
  for (const id of gone) waits.tell(id, () => goneEntry(id));
  for (const [session, leases] of lost) connections.lost(session, leases);
  for (const session of superseded) {
    for (const poll of polls.of(session)) poll.fail(refusal(nameTaken(poll.seat.worker).error));
  }
}

export function goneEntry(id: string) {
  const { code, detail } = taskNotFound(id).error;
  return { id, error: { code, detail } };
}
