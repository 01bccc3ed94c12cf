/** The rows of the table of features: every method of every trait, every rule, every row of the state machine. */

import type { Case } from "./bench.ts";
import { ALL_TRAITS, METHODS } from "./traits.ts";

export interface Section {
  readonly title: string;
  readonly head: string;
  /** What a row stands for, by its key: what the ids of its cases begin with. */
  readonly rows: Readonly<Record<string, string>>;
}

/** Behind the methods that the seed does not have. */
const OWN: ReadonlySet<string> = new Set([
  "RunTasks",
  "PushTasks",
  "Cancel",
  "Remove",
  "Bulk",
  "Purge",
  "Configure",
  "Piped",
]);

const methods = (isOwn: boolean): Record<string, string> =>
  Object.fromEntries(
    ALL_TRAITS.filter((trait) => OWN.has(trait) === isOwn).flatMap((trait) =>
      METHODS[trait].map((method) => [`T.${trait}.${method}`, isOwn ? `\`${method}\`` : `\`${trait}.${method}\``]),
    ),
  );

const STATES: Readonly<Record<string, string>> = {
  "S.push": "push",
  "S.claim": "claim",
  "S.claim-start": "claim with autoStart",
  "S.start": "start",
  "S.ack-ok": "ack ok",
  "S.ack-err": "ack err",
  "S.abort": "abort",
  "S.snooze": "snooze",
  "S.release": "release",
  "S.orphan-queued": "orphaned from Queued",
  "S.orphan-running": "orphaned from Running",
  "S.timeout": "timed out",
  "S.reschedule": "reschedule",
  "S.resume": "resume by id",
  "S.cancel": "cancel",
  "S.update": "update",
  "S.vacuum": "vacuum",
  "S.delete": "delete",
  "S.repeat": "an ack again: the first answer",
  "S.runs": "runs, and attempts given back",
  "S.due-now": "due now keeps a `runAt` that is past",
  "S.extend": "extend",
  "S.progress": "progress",
  "S.backoff": "backoff, and an ack's own wait",
  "S.results": "results and logs at their limits",
  "S.clear": "`null` in a change",
  "S.defaults": "the queue's defaults, copied at push",
  "S.strikes": "five orphanings from Queued burn an attempt",
  "S.promise": "a Queued lease is a promise to start soon",
};

const RULES: Readonly<Record<string, string>> = {
  R1: "1 order",
  R2: "2 one eligibility predicate: claims, wake-up, counters",
  R3: "3 fencing",
  R4: "4 liveness is the worker's, timeouts are the task's",
  R5: "5 a worker name may be taken again at once",
  R6: "6 push is durable; idempotency keys",
  R7: "7 streams are atomic per chunk",
  R8: "8 wait-for",
  R9: "9 vacuum and retention",
  R10: "10 one reading of the clock per operation",
  R11: "11 what must happen happens by itself",
  R12: "12 counters are what the rows are",
  R13: "13 listing",
  R14: "14 names",
  R15: "15 pause",
};

const OPTIONS: Readonly<Record<string, string>> = {
  "T.Codec": "codecs, mixed and undecodable",
  "T.Schema": "a schema, at push and before the handler",
  "T.Coalesce": "pushes that come together",
  "T.MakeShared": "many queues of one client",
};

const APALIS: Readonly<Record<string, string>> = {
  "A.order": "a batch keeps the order of priority",
  "A.backoff": "retries wait",
  "A.retry-after": "`RetryAfterError` is honoured",
  "A.deferred": "a snooze is honoured",
  "A.ack-attempt": "an ack of an earlier attempt is refused",
  "A.late-ack": "a late ack overwrites nothing",
  "A.orphan-cap": "orphaned tasks end, too",
  "A.restart-name": "a worker restarts with its name at once",
  "A.names-per-queue": "worker names are each queue's own",
  "A.prefetched": "a clean stop gives back what was prefetched",
  "A.vacuum-scope": "a vacuum touches no other queue",
  "A.vacuum-failed": "a vacuum leaves what has retries",
  "A.poll-reset": "a poll back-off begins anew under traffic",
  "A.storage-error": "a worker outlives errors of the storage",
  "A.heartbeat-error": "a worker outlives errors of the heartbeat",
  "A.workers": "silent workers are listed until their leases are gone",
  "A.hundred-workers": "no worker is hidden",
  "A.page-zero": "a page that is none is refused",
  "A.undecodable": "a row that cannot be read breaks no list",
  "A.ids": "a push answers ids",
  "A.wait-undecodable": "a result that cannot be read ends no wait",
};

export const SECTIONS: readonly Section[] = [
  { title: "Traits", head: "method", rows: methods(false) },
  { title: "Beyond the seed", head: "method", rows: methods(true) },
  { title: "Options", head: "option", rows: OPTIONS },
  { title: "The state machine", head: "event", rows: STATES },
  { title: "Rules", head: "rule", rows: RULES },
  { title: "What apalis' backends get wrong", head: "here", rows: APALIS },
];

/** How many parts of an id make its row, by its letter and what is known. */
const ROWS: ReadonlySet<string> = new Set(SECTIONS.flatMap(({ rows }) => Object.keys(rows)));

/** The row that a case belongs to; nothing when there is none. */
export function rowOf({ id }: Pick<Case, "id">): string | undefined {
  const parts = id.split(".");
  for (let length = parts.length; length > 0; length--) {
    const key = parts.slice(0, length).join(".");
    if (ROWS.has(key)) return key;
  }
  return undefined;
}
