/** Cases of the store: what a push writes and answers. */

import { expect } from "vitest";
import { fullRow } from "../../../src/store/rows.ts";
import { remove } from "../../../src/store/tasks.ts";
import { formatId, parseId } from "../../../src/task/id.ts";
import { START, type StoreCases, value } from "../../support/store.ts";

export const pushCases: StoreCases = {
  "a task without options gets the defaults": (bench) => {
    const id = bench.pushOne({ args: '{"to":"a@b.c"}' });
    expect(bench.view(id)).toEqual({
      id,
      queue: "emails",
      args: '{"to":"a@b.c"}',
      status: "Pending",
      priority: 0,
      attempt: 0,
      maxAttempts: 5,
      runAt: START,
      createdAt: START,
      runs: [],
      backoff: { type: "exponential", baseMs: 1_000, factor: 2, maxMs: 3_600_000, jitter: 0.1 },
      idempotencyUntil: "gone",
      codec: "json",
      meta: {},
      revision: 1,
    });
  },

  "a task with every option keeps each of them": (bench) => {
    const options = {
      args: "[12345678901234567890]",
      priority: -2_147_483_648,
      runAt: START + 5_000,
      maxAttempts: 2_147_483_647,
      backoff: { type: "fixed", baseMs: 7, factor: 1, maxMs: 9, jitter: 0 } as const,
      timeoutMs: 60_000,
      idempotencyKey: "k",
      idempotencyUntil: "terminal",
      groupKey: "g",
      meta: { trace: "1" },
    } as const;
    expect(bench.view(bench.pushOne(options))).toMatchObject(options);
  },

  "a payload of another codec keeps its name": (bench) => {
    const id = bench.pushOne({ args: '"AAEC"', codec: "msgpack" });
    expect(bench.view(id)).toMatchObject({ args: '"AAEC"', codec: "msgpack" });
  },

  "a delay counts from now, and a runAt that is past stays": (bench) => {
    const [later, past] = bench.push({ delayMs: 1_500 }, { runAt: START - 9_000 });
    expect(bench.view(later?.id ?? "").runAt).toBe(START + 1_500);
    expect(bench.view(past?.id ?? "").runAt).toBe(START - 9_000);
  },

  "a partial backoff is completed, and a large base lifts the cap": (bench) => {
    const [partial, large] = bench.push({ backoff: { baseMs: 10 } }, { backoff: { baseMs: 7_200_000 } });
    expect(bench.view(partial?.id ?? "").backoff).toMatchObject({ type: "exponential", baseMs: 10, maxMs: 3_600_000 });
    expect(bench.view(large?.id ?? "").backoff).toMatchObject({ baseMs: 7_200_000, maxMs: 7_200_000 });
  },

  "defaults of the queue are copied when the task is pushed, and a later change leaves it alone": (bench) => {
    const backoff = { type: "fixed", baseMs: 50, factor: 1, maxMs: 50, jitter: 0 } as const;
    bench.configure({ defaults: { priority: 3, maxAttempts: 2, backoff, timeoutMs: 900 } });
    const id = bench.pushOne();
    bench.configure({ defaults: { priority: 0, maxAttempts: 9, backoff: null, timeoutMs: null } });
    expect(bench.view(id)).toMatchObject({ priority: 3, maxAttempts: 2, backoff, timeoutMs: 900 });
  },

  "a batch is answered in its order, with ids that ascend and say when and where": (bench) => {
    bench.partition = 7;
    const pushed = bench.push({ args: "1", priority: 1 }, { args: "2", priority: 9 }, { args: "3", delayMs: 5 });
    expect(pushed.map((one) => bench.view(one.id).args)).toEqual(["1", "2", "3"]);
    expect(pushed.every((one) => one.created && one.status === "Pending")).toBe(true);
    const ids = pushed.map((one) => one.id);
    expect(ids).toEqual([...ids].sort());
    expect(ids.map(parseId)).toMatchObject([1, 2, 3].map((seq) => ({ ms: START, partition: 7, seq })));
  },

  "an id is good only with its own random bits, time and partition": (bench) => {
    const id = bench.pushOne();
    const { ms, partition, seq, random } = parseId(id) ?? { ms: 0, partition: 0, seq: 0, random: 0 };
    const guesses = [
      { ms, partition, seq, random: (random + 1) % 2 ** 30 },
      { ms: ms - 1, partition, seq, random },
      { ms, partition: partition + 1, seq, random },
      { ms, partition, seq: seq + 1, random },
    ];
    for (const guess of guesses)
      expect(fullRow(bench.tx(), formatId(guess))).toMatchObject({ error: { code: "task_not_found" } });
    expect(fullRow(bench.tx(), id.toLowerCase())).toMatchObject({ error: { code: "task_not_found" } });
    expect(fullRow(bench.tx(), "")).toMatchObject({ error: { code: "task_not_found" } });
    expect(bench.row(id).seq).toBe(seq);
  },

  "an id never goes back in time, though the clock does": (bench) => {
    const first = bench.pushOne();
    bench.now -= 3_600_000;
    const second = bench.pushOne();
    expect(second > first).toBe(true);
    expect(bench.view(second)).toMatchObject({ createdAt: START, runAt: START - 3_600_000 });
    bench.now += 7_200_000;
    expect(bench.pushOne() > second).toBe(true);
  },

  "a sequence is not used again, even after its task is gone": (bench) => {
    const id = bench.pushOne();
    bench.commit((tx) => value(remove(tx, id)));
    expect(parseId(bench.pushOne())?.seq).toBe((parseId(id)?.seq ?? 0) + 1);
  },

  "a push that fails half way leaves nothing, and its ids are not seen": (bench) => {
    const control = bench.pushOne();
    const before = bench.dump();
    const broken = { maxAttempts: 0.5 };
    expect(() => bench.push({ args: "1" }, broken)).toThrow();
    expect(bench.dump()).toEqual(before);
    expect(bench.pushOne() > control).toBe(true);
  },

  "the journal says what was pushed": (bench) => {
    bench.push({}, { delayMs: 10 }, { runAt: 0 });
    expect(bench.journal).toMatchObject({ pushed: 3, touched: [1, 2, 3], wakeAt: null });
    expect(bench.tally.counts).toMatchObject({ Pending: 3 });
    expect(bench.tally.days).toEqual([{ day: Math.floor(START / 86_400_000), pushed: 3 }]);
  },
};
