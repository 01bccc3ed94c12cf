/** The contract's table, cell by cell: every event on every status, with every kind of lease where the event has one. */

import type { TaskEvent, TaskState } from "../../../src/task/state.ts";
import { isLeased, STATUSES, type Status } from "../../../src/task/status.ts";
import { deepFrozen, ENDED, inStatus, LIVE, NEW, NOW, past, STALE } from "./states.ts";

/**
 * `yes`: see EFFECTS; `same`: taken, but nothing changes; `again`: the answer that was given before;
 * `lost`, `status`: refused as `lease_lost`, `wrong_status`; `-`: there is no such lease.
 * Leases: `live`; `stale`, one of long ago; `ended`, by the same event; `other`, ended by another one.
 */
const GRID = `
  event            lease  Pending  Queued  Running  Done    Failed  Killed
  claim                   yes      status  status   status  yes     status
  claim+autoStart         yes      status  status   status  yes     status
  start            live   -        yes     same     -       -       -
  start            stale  lost     lost    lost     lost    lost    lost
  start            ended  lost     lost    lost     lost    lost    lost
  start            other  lost     lost    lost     lost    lost    lost
  succeed          live   -        yes     yes      -       -       -
  succeed          stale  lost     lost    lost     lost    lost    lost
  succeed          ended  again    lost    lost     again   again   again
  succeed          other  lost     lost    lost     lost    lost    lost
  fail             live   -        yes     yes      -       -       -
  fail             stale  lost     lost    lost     lost    lost    lost
  fail             ended  again    lost    lost     again   again   again
  fail             other  lost     lost    lost     lost    lost    lost
  abort            live   -        yes     yes      -       -       -
  abort            stale  lost     lost    lost     lost    lost    lost
  abort            ended  again    lost    lost     again   again   again
  abort            other  lost     lost    lost     lost    lost    lost
  snooze           live   -        yes     yes      -       -       -
  snooze           stale  lost     lost    lost     lost    lost    lost
  snooze           ended  again    lost    lost     again   again   again
  snooze           other  lost     lost    lost     lost    lost    lost
  release          live   -        yes     yes      -       -       -
  release          stale  lost     lost    lost     lost    lost    lost
  release          ended  again    lost    lost     again   again   again
  release          other  lost     lost    lost     lost    lost    lost
  extend           live   -        status  yes      -       -       -
  extend           stale  lost     lost    lost     lost    lost    lost
  extend           ended  lost     lost    lost     lost    lost    lost
  extend           other  lost     lost    lost     lost    lost    lost
  progress         live   -        yes     yes      -       -       -
  progress         stale  lost     lost    lost     lost    lost    lost
  progress         ended  lost     lost    lost     lost    lost    lost
  progress         other  lost     lost    lost     lost    lost    lost
  orphan                  status   yes     yes      status  status  status
  orphan+strike           status   yes     yes      status  status  status
  timeout                 status   status  yes      status  status  status
  reschedule              yes      yes     yes      status  yes     yes
  resume                  same     same    same     same    yes     yes
  resume+abandoned        same     yes     yes      same    yes     yes
  cancel                  yes      yes     yes      same    yes     same
  update                  yes      status  status   status  yes     yes
  vacuum                  status   status  status   yes     status  yes
  delete                  yes      status  status   yes     yes     yes
`;

export const BACKOFF = { type: "fixed", baseMs: 5, factor: 1, maxMs: 5, jitter: 0 } as const;

export const EVENTS: Record<TaskEvent["type"], (token: number) => TaskEvent> = {
  claim: () => ({ type: "claim", token: NEW, autoStart: false }),
  start: (token) => ({ type: "start", token }),
  succeed: (token) => ({ type: "succeed", token }),
  fail: (token) => ({ type: "fail", token, error: "boom" }),
  abort: (token) => ({ type: "abort", token, error: "hopeless" }),
  snooze: (token) => ({ type: "snooze", token, delayMs: 30_000 }),
  release: (token) => ({ type: "release", token }),
  extend: (token) => ({ type: "extend", token, timeoutMs: 99_000 }),
  progress: (token) => ({ type: "progress", token }),
  orphan: () => ({ type: "orphan", error: "abandoned", strike: false, reason: "orphaned" }),
  timeout: () => ({ type: "timeout" }),
  reschedule: () => ({ type: "reschedule", runAt: NOW + 60_000 }),
  resume: () => ({ type: "resume", abandoned: false }),
  cancel: () => ({ type: "cancel" }),
  update: () => ({ type: "update", patch: { runAt: 5, maxAttempts: 9, timeoutMs: null, backoff: BACKOFF } }),
  vacuum: () => ({ type: "vacuum", doneBy: NOW - 1_000 }),
  delete: () => ({ type: "delete" }),
};
const VARIANTS: Record<string, TaskEvent> = {
  "claim+autoStart": { type: "claim", token: NEW, autoStart: true },
  "orphan+strike": { type: "orphan", error: "abandoned", strike: true, reason: "superseded" },
  "resume+abandoned": { type: "resume", abandoned: true },
};

export const LEASES = ["live", "stale", "ended", "other"] as const;
export type Lease = (typeof LEASES)[number];
const TOKENS: Record<Lease, number> = { live: LIVE, stale: STALE, ended: ENDED, other: ENDED };

export interface Cell {
  readonly name: string;
  readonly lease: Lease | undefined;
  readonly status: Status;
  readonly code: string;
}

const isLease = (word: string | undefined): word is Lease => LEASES.some((lease) => lease === word);

export const CELLS = GRID.trim()
  .split("\n")
  .slice(1)
  .flatMap((line): Cell[] => {
    const [name = "", ...words] = line.trim().split(/\s+/);
    const lease = isLease(words[0]) ? words[0] : undefined;
    const codes = lease ? words.slice(1) : words;
    return codes.map((code, index) => ({ name, lease, code, status: STATUSES[index] ?? "Done" }));
  });

/** The rows of an event, in its plain form. */
export const rowsOf = (type: string): Pick<Cell, "lease">[] =>
  CELLS.filter(({ name, status }) => name === type && status === STATUSES[0]);

export function eventOf({ name, lease }: Cell): TaskEvent {
  const make = Object.entries(EVENTS).find(([type]) => type === name)?.[1];
  const event = VARIANTS[name] ?? make?.(lease ? TOKENS[lease] : NEW);
  if (!event) throw new Error(`the table has an unknown event: ${name}`);
  return deepFrozen(event);
}

/** The task of a cell: one that rests remembers a lease that was ended, by the same event or by another one. */
export function taskOf({ name, lease, status }: Cell): TaskState {
  if (isLeased(status)) return inStatus(status);
  const kind = name === "snooze" || name === "release" ? name : "ack";
  const otherKind = kind === "ack" ? "snooze" : "ack";
  // The answer remembered is no present status of any task but one, so that the two are told apart.
  return inStatus(status, { past: past(lease === "other" ? otherKind : kind, "Failed", ENDED) });
}
