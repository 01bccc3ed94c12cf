/** What the allowed cells of the table do: the exact next state, and all that goes with it. */

import type { TaskState, Transition } from "../../../src/task/state.ts";
import type { Status } from "../../../src/task/status.ts";
import { FREE, NEW, NOW, past } from "./states.ts";
import { BACKOFF } from "./table.ts";

/** What changes in the state, and what else the event does. */
export type Effect = [changes: Partial<TaskState>, rest?: Partial<Omit<Transition, "next">>];

const CLAIMED: Partial<TaskState> = { status: "Queued", token: NEW, lockAt: NOW, past: null };
const BEGUN: Partial<TaskState> = { status: "Running", attempt: 2, strikes: 0, startedAt: NOW, deadline: NOW + 10_000 };
const ended = (status: Status, more: Partial<TaskState>): Partial<TaskState> => ({
  ...FREE,
  status,
  strikes: 0,
  ...(status === "Done" || status === "Killed" ? { doneAt: NOW } : {}),
  ...more,
});
/** An ack from Queued is a second attempt, begun when it was claimed; the one that runs is the first. */
const second = { attempt: 2, startedAt: NOW - 2_000 };
const first = { attempt: 1, startedAt: NOW - 10_000 };
const again = { runAt: NOW + 60_000 };
const patched = { runAt: 5, maxAttempts: 9, timeoutMs: null, backoff: BACKOFF };

export const EFFECTS: Record<string, Effect> = {
  "claim Pending": [CLAIMED],
  "claim Failed": [CLAIMED],
  "claim+autoStart Pending": [{ ...CLAIMED, ...BEGUN }],
  "claim+autoStart Failed": [{ ...CLAIMED, ...BEGUN }],
  "start Queued": [BEGUN],
  "succeed Queued": [ended("Done", { attempt: 2, past: past("ack", "Done") }), { run: { ...second, outcome: "done" } }],
  "succeed Running": [ended("Done", { past: past("ack", "Done") }), { run: { ...first, outcome: "done" } }],
  "fail Queued": [
    ended("Failed", { attempt: 2, runAt: NOW + 2_000, past: past("ack", "Failed") }),
    { run: { ...second, outcome: "failed", error: "boom" }, error: "boom" },
  ],
  "fail Running": [
    ended("Failed", { runAt: NOW + 1_000, past: past("ack", "Failed") }),
    { run: { ...first, outcome: "failed", error: "boom" }, error: "boom" },
  ],
  "abort Queued": [
    ended("Killed", { attempt: 2, past: past("ack", "Killed") }),
    { run: { ...second, outcome: "killed", error: "hopeless" }, error: "hopeless" },
  ],
  "abort Running": [
    ended("Killed", { past: past("ack", "Killed") }),
    { run: { ...first, outcome: "killed", error: "hopeless" }, error: "hopeless" },
  ],
  "snooze Queued": [ended("Pending", { runAt: NOW + 30_000, past: past("snooze", "Pending") })],
  "snooze Running": [
    ended("Pending", { attempt: 0, runAt: NOW + 30_000, past: past("snooze", "Pending") }),
    { run: { ...first, outcome: "snoozed" } },
  ],
  "release Queued": [ended("Pending", { past: past("release", "Pending") })],
  "release Running": [
    ended("Pending", { attempt: 0, past: past("release", "Pending") }),
    { run: { ...first, outcome: "released" } },
  ],
  "extend Running": [{ deadline: NOW + 99_000 }],
  "progress Queued": [{}],
  "progress Running": [{}],
  "orphan Queued": [ended("Pending", { strikes: 1 }), { lost: "orphaned" }],
  "orphan Running": [
    ended("Failed", { runAt: NOW + 1_000 }),
    { run: { ...first, outcome: "orphaned", error: "abandoned" }, error: "abandoned", lost: "orphaned" },
  ],
  "orphan+strike Queued": [ended("Pending", { strikes: 2 }), { lost: "superseded" }],
  "orphan+strike Running": [
    ended("Failed", { runAt: NOW + 1_000 }),
    { run: { ...first, outcome: "orphaned", error: "abandoned" }, error: "abandoned", lost: "superseded" },
  ],
  "timeout Running": [
    ended("Failed", { runAt: NOW + 1_000 }),
    {
      run: { ...first, outcome: "timeout", error: "timed out after 10000 ms" },
      error: "timed out after 10000 ms",
      lost: "timeout",
    },
  ],
  "reschedule Pending": [ended("Pending", again)],
  "reschedule Queued": [ended("Pending", again), { lost: "rescheduled" }],
  "reschedule Running": [
    ended("Pending", { ...again, attempt: 0 }),
    { run: { ...first, outcome: "rescheduled" }, lost: "rescheduled" },
  ],
  "reschedule Failed": [ended("Pending", again)],
  "reschedule Killed": [ended("Pending", { ...again, attempt: 0, doneAt: null })],
  "resume Failed": [ended("Pending", { attempt: 0 })],
  "resume Killed": [ended("Pending", { attempt: 0, doneAt: null })],
  "resume+abandoned Queued": [ended("Pending", { attempt: 0 }), { lost: "orphaned" }],
  "resume+abandoned Running": [
    ended("Pending", { attempt: 0 }),
    { run: { ...first, outcome: "orphaned" }, lost: "orphaned" },
  ],
  "resume+abandoned Failed": [ended("Pending", { attempt: 0 })],
  "resume+abandoned Killed": [ended("Pending", { attempt: 0, doneAt: null })],
  "cancel Pending": [ended("Killed", {}), { error: "cancelled" }],
  "cancel Queued": [ended("Killed", {}), { error: "cancelled", lost: "cancelled" }],
  "cancel Running": [
    ended("Killed", {}),
    { run: { ...first, outcome: "cancelled" }, error: "cancelled", lost: "cancelled" },
  ],
  "cancel Failed": [ended("Killed", {}), { error: "cancelled" }],
  "update Pending": [patched],
  "update Failed": [patched],
  "update Killed": [patched],
  "vacuum Done": [{}, { gone: true }],
  "vacuum Killed": [{}, { gone: true }],
  "delete Pending": [{}, { gone: true }],
  "delete Done": [{}, { gone: true }],
  "delete Failed": [{}, { gone: true }],
  "delete Killed": [{}, { gone: true }],
};
