// The checker of histories, shown to catch each kind of wrong on histories made by hand.
import { describe, expect, test } from "vitest";
import type { Listed, State } from "../../chaos/checker/evidence.ts";
import { judge } from "../../chaos/checker/judge.ts";
import { KINDS } from "../../chaos/checker/violation.ts";
import type { Entry } from "../../chaos/history.ts";

const ORPHAN_MS = 1_000;
const PUSH = 10_000;
const FIRST = 10_100;
/** When the lease of a lost worker has ended. */
const SECOND = FIRST + 2 * ORPHAN_MS;

/** A task that two workers ran, since the first was lost; it was pushed, acked and waited for. */
interface Story {
  entries: Entry[];
  task: Listed;
  counts: Record<string, number>;
}

const lease = (name: string, worker: string, lockAt: number, attempt: number): Entry[] => [
  {
    ...{ type: "delivery", at: lockAt + 2, id: "t", lease: name, worker, attempt },
    ...{ lockAt, runAt: PUSH, maxAttempts: 3 },
  },
  { type: "execution", at: lockAt + 3, id: "t", lease: name, worker },
];

const ack = (name: string, call: number, at: number): Entry[] => [
  { type: "ack", at, call, id: "t", lease: name, kind: "ok" },
  { type: "acked", at: at + 2, call, id: "t", lease: name, kind: "ok", status: "Done" },
];

const run = (attempt: number, worker: string, startedAt: number, endedAt: number, outcome: string) => ({
  ...{ attempt, worker, startedAt, endedAt, outcome },
});

function clean(): Story {
  return {
    entries: [
      { type: "push", at: PUSH, mark: 1, runAt: PUSH, maxAttempts: 3 },
      { type: "pushed", at: PUSH + 5, mark: 1, id: "t", created: true },
      { type: "wait", at: PUSH + 6, waiter: 1, ids: ["t"] },
      ...lease("l1", "a", FIRST, 1),
      ...lease("l2", "b", SECOND, 2),
      ...ack("l2", 1, SECOND + 10),
      { type: "result", at: SECOND + 15, waiter: 1, id: "t", status: "Done", value: { mark: 1, lease: "l2" } },
    ],
    task: {
      ...{ id: "t", args: { mark: 1 }, status: "Done", attempt: 2, maxAttempts: 3, doneAt: SECOND + 11 },
      lastResult: { ok: { mark: 1, lease: "l2" } },
      runs: [run(1, "a", FIRST, SECOND - 5, "orphaned"), run(2, "b", SECOND, SECOND + 11, "done")],
    },
    counts: { Pending: 0, Queued: 0, Running: 0, Done: 1, Failed: 0, Killed: 0 },
  };
}

function verdict({ entries, task, counts }: Story, tasks: readonly Listed[] = [task]) {
  const state: State = { tasks, counts, orphanAfterMs: ORPHAN_MS };
  return judge(entries, state);
}

const seen = new Set<string>();

function kinds(story: Story, tasks?: readonly Listed[]): string[] {
  const found = new Set(verdict(story, tasks).violations.map(({ kind }) => kind));
  for (const kind of found) seen.add(kind);
  return [...found];
}

/** The story with its task changed. */
const changed = (change: Partial<Listed>): Story => {
  const story = clean();
  return { ...story, task: { ...story.task, ...change } };
};

const without = (...types: string[]): Story => {
  const story = clean();
  return { ...story, entries: story.entries.filter(({ type }) => !types.includes(type)) };
};

const extended = (...entries: Entry[]): Story => {
  const story = clean();
  return { ...story, entries: [...story.entries, ...entries] };
};

describe("a history in which all went well", () => {
  test("is found without fault, and its doubled execution explained", () => {
    const { violations, doubled, figures } = verdict(clean());
    expect(violations).toEqual([]);
    expect(doubled).toEqual([{ id: "t", lease: "l2", why: "orphaned" }]);
    expect(figures).toMatchObject({ pushed: 1, unknown: 0, deliveries: 2, executions: 2, acked: 1, results: 1 });
  });

  test("may hold a retry, which is no doubled execution", () => {
    const story = changed({
      runs: [run(1, "a", FIRST, FIRST + 20, "failed"), run(2, "b", SECOND, SECOND + 11, "done")],
    });
    expect(verdict(story)).toMatchObject({ violations: [], doubled: [] });
  });

  test("may hold a push that nobody answered, whether it is there or not", () => {
    const story = extended(
      { type: "push", at: PUSH, mark: 2, maxAttempts: 3 },
      { type: "push-unknown", at: PUSH + 1, mark: 2 },
    );
    expect(verdict(story)).toMatchObject({ violations: [], figures: { unknown: 1, unknownThere: 0 } });
    const there = { ...story.task, id: "u", args: { mark: 2 }, runs: [] };
    const both = { ...story, counts: { ...story.counts, Done: 2 } };
    expect(verdict(both, [story.task, there])).toMatchObject({ violations: [], figures: { unknownThere: 1 } });
  });

  test("may hold a lease that was delivered twice, and run once", () => {
    expect(kinds(extended(...lease("l2", "b", SECOND, 2).slice(0, 1)))).toEqual([]);
  });
});

describe("pushes", () => {
  test("that were answered and are gone", () => {
    expect(kinds({ ...clean(), counts: { Done: 0 } }, [])).toContain("lost push");
  });

  test("that were answered with another's task", () => {
    expect(kinds(extended({ type: "pushed", at: PUSH, mark: 9, id: "t", created: false }))).toEqual(["lost push"]);
  });

  test("that made two tasks", () => {
    const story = { ...clean(), counts: { Done: 2 } };
    expect(kinds(story, [story.task, { ...story.task, id: "u", runs: [] }])).toEqual(["doubled push"]);
  });

  test("that nobody sent, or that were refused", () => {
    const story = extended(
      { type: "push", at: PUSH, mark: 2, maxAttempts: 3 },
      { type: "push-refused", at: PUSH + 1, mark: 2, code: "bad_request" },
    );
    const two = { ...story, counts: { Done: 2 } };
    for (const mark of [2, 99])
      expect(kinds(two, [story.task, { ...story.task, id: "u", args: { mark }, runs: [] }])).toEqual([
        "unexpected task",
      ]);
  });
});

describe("acks", () => {
  test("that were answered and not kept", () => {
    const story = changed({ status: "Failed", lastResult: { err: "orphaned" } });
    expect(kinds({ ...story, counts: { Failed: 1 } })).toContain("lost ack");
  });

  test("whose result was written over by another", () => {
    expect(kinds(changed({ lastResult: { ok: { mark: 1, lease: "l1" } } }))).toContain("lost ack");
  });

  test("of a failure that left no run", () => {
    const failed = { id: "t", lease: "l1", kind: "err" as const, call: 7 };
    const story = extended(
      { ...failed, type: "ack", at: FIRST + 5 },
      { ...failed, type: "acked", at: FIRST + 6, status: "Failed" },
    );
    expect(kinds(story)).toEqual(["lost ack"]);
  });

  test("that ended a task twice", () => {
    expect(kinds(extended(...ack("l1", 7, FIRST + 10)))).toContain("ended twice");
    const runs = [run(1, "a", FIRST, FIRST + 20, "done"), run(2, "b", SECOND, SECOND + 11, "done")];
    expect(kinds(changed({ runs }))).toContain("ended twice");
  });

  test("of a task that was claimed again after its end", () => {
    expect(kinds(extended(...lease("l3", "c", SECOND + 500, 3).slice(0, 1)))).toEqual(["ended twice"]);
  });
});

describe("executions", () => {
  test("that were doubled without a reason", () => {
    const story = clean();
    const soon = story.entries.map((entry) =>
      entry.type === "delivery" && entry.lease === "l2" ? { ...entry, lockAt: FIRST + 10 } : entry,
    );
    const task = { ...story.task, runs: story.task.runs.slice(1) };
    expect(kinds({ ...story, entries: soon, task })).toEqual(["unexplained execution"]);
    // A lease that was told to be lost, or that is old, is reason enough.
    const told: Entry = { type: "lost", at: FIRST + 9, id: "t", lease: "l1", reason: "orphaned" };
    expect(kinds({ ...story, entries: [...soon, told], task })).toEqual([]);
    expect(verdict({ ...story, task }).doubled).toEqual([{ id: "t", lease: "l2", why: "expired" }]);
  });

  test("of one lease twice", () => {
    expect(kinds(extended({ type: "execution", at: SECOND + 9, id: "t", lease: "l2", worker: "b" }))).toEqual([
      "unexplained execution",
    ]);
  });

  test("beyond the most attempts, in a delivery or in the end", () => {
    const third = lease("l2", "b", SECOND, 4);
    const story = without();
    story.entries.splice(5, 1, ...third.slice(0, 1));
    expect(kinds(story)).toEqual(["beyond maxAttempts"]);
    expect(kinds(changed({ attempt: 4 }))).toEqual(["beyond maxAttempts"]);
  });

  test("before the instant that was asked for", () => {
    const story = clean();
    const late = story.entries.map((entry) => (entry.type === "push" ? { ...entry, runAt: FIRST + 1 } : entry));
    expect(kinds({ ...story, entries: late })).toEqual(["before runAt"]);
    const retried = story.entries.map((entry) =>
      entry.type === "delivery" && entry.lease === "l2" ? { ...entry, runAt: SECOND + 1 } : entry,
    );
    expect(kinds({ ...story, entries: retried })).toEqual(["before runAt"]);
  });
});

describe("leases", () => {
  test("of which two lived at once, as the runs tell", () => {
    const runs = [run(1, "a", FIRST, SECOND + 5, "orphaned"), run(2, "b", SECOND, SECOND + 11, "done")];
    expect(kinds(changed({ runs }))).toContain("two live leases");
  });

  test("of which the older was still taken when the task had the next", () => {
    const late = { id: "t", lease: "l1", kind: "err" as const, call: 7 };
    const story = extended(
      { ...late, type: "ack", at: SECOND + 200 },
      { ...late, type: "acked", at: SECOND + 202, status: "Failed" },
    );
    expect(kinds(story)).toContain("two live leases");
    const refused = extended(
      { ...late, type: "ack", at: SECOND + 200 },
      { type: "ack-refused", at: SECOND + 202, call: 7, id: "t", lease: "l1", code: "lease_lost" },
    );
    expect(kinds(refused)).toEqual([]);
  });
});

describe("ends", () => {
  test("that are counted otherwise than they are listed", () => {
    expect(kinds({ ...clean(), counts: { Done: 2 } })).toEqual(["counters"]);
    expect(kinds({ ...clean(), counts: { Done: 1, Failed: 1 } })).toEqual(["counters"]);
  });

  test("that some tasks never came to", () => {
    const story = extended({ type: "push", at: PUSH, mark: 2, maxAttempts: 3 });
    const open = { id: "u", args: { mark: 2 }, status: "Running", attempt: 1, maxAttempts: 3, runs: [] };
    expect(kinds({ ...story, counts: { Done: 1, Running: 1 } }, [story.task, open])).toEqual(["unfinished"]);
  });

  test("that a waiter was told never, twice, or wrongly", () => {
    expect(kinds(without("result"))).toEqual(["results"]);
    const told: Entry = {
      ...{ type: "result", at: SECOND, waiter: 1, id: "t", status: "Done" },
      value: { mark: 1, lease: "l2" },
    };
    expect(kinds(extended(told))).toEqual(["results"]);
    const story = without("result");
    expect(kinds({ ...story, entries: [...story.entries, { ...told, status: "Killed" }] })).toEqual(["results"]);
    expect(kinds({ ...story, entries: [...story.entries, { ...told, value: { mark: 1, lease: "l1" } }] })).toEqual([
      "results",
    ]);
  });
});

test("each kind of wrong was caught here", () => {
  expect([...seen].sort()).toEqual([...KINDS].sort());
});
