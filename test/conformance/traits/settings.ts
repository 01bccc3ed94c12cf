/** Cases of settings, pauses and names. */

import { expect } from "vitest";
import { noCounts } from "../../../src/task/status.ts";
import { DEFAULT_BACKOFF, DEFAULT_CONFIG } from "../../../src/task/task.ts";
import { AT_ONCE, ack, expectNothing, leased, look, NEVER, push, release, said } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrival, refused, untouched } from "./expecting.ts";

export const settingCases: readonly Case[] = [
  check(
    "T.Configure.config",
    ["Configure"],
    "a queue that was never used has the settings of the house",
    async (bench) => {
      expect(await bench.backend.config()).toStrictEqual(DEFAULT_CONFIG);
    },
  ),

  check("T.Configure.configure", ["Configure"], "settings are merged, and answered whole", async (bench) => {
    expect(await bench.backend.configure({})).toStrictEqual(DEFAULT_CONFIG);
    await bench.backend.configure({ paused: true, retention: { doneMs: 5 } });
    const after = await bench.backend.configure({
      retention: { killedMs: null },
      defaults: { backoff: { baseMs: 7 }, timeoutMs: 9, priority: 2, maxAttempts: 3 },
      orphanAfterMs: 1_000,
    });
    expect(after).toStrictEqual({
      paused: true,
      orphanAfterMs: 1_000,
      retention: { doneMs: 5, killedMs: null },
      defaults: { priority: 2, maxAttempts: 3, backoff: { ...DEFAULT_BACKOFF, baseMs: 7 }, timeoutMs: 9 },
    });
    expect(await bench.store.config()).toStrictEqual(after);
  }),

  check(
    "S.defaults",
    ["Configure", "TaskSink"],
    "the queue's defaults are copied into a task when it is pushed, and stay",
    async (bench) => {
      const defaults = { priority: 3, maxAttempts: 2, backoff: AT_ONCE, timeoutMs: 60_000 };
      await bench.backend.configure({ defaults });
      const { id } = await bench.backend.push(1);
      const own = await bench.backend.pushTask({ args: 1, priority: 0, maxAttempts: 9, timeoutMs: 5 });
      await bench.backend.configure({ defaults: { priority: 0, maxAttempts: 5, backoff: null, timeoutMs: null } });
      expect(await look(bench, id)).toMatchObject(defaults);
      expect(await look(bench, own.id)).toMatchObject({ priority: 0, maxAttempts: 9, timeoutMs: 5, backoff: AT_ONCE });
      const fresh = await look(bench, (await bench.backend.push(1)).id);
      expect(fresh).toMatchObject({ priority: 0, maxAttempts: 5, backoff: DEFAULT_BACKOFF });
      expect(fresh).not.toHaveProperty("timeoutMs");
    },
  ),

  check(
    "T.Configure.configure.wrong",
    ["Configure"],
    "settings that cannot be are refused, and nothing changes",
    async (bench) => {
      const before = await bench.backend.configure({ orphanAfterMs: 5_000 });
      const wrong: readonly [Record<string, unknown>, string][] = [
        [{ orphanAfterMs: 999 }, "orphanAfterMs"],
        [{ orphanAfterMs: 86_400_001 }, "orphanAfterMs"],
        [{ paused: 1 }, "paused"],
        [{ retention: { doneMs: -1 } }, "retention.doneMs"],
        [{ defaults: { maxAttempts: 0 } }, "defaults.maxAttempts"],
        [{ color: "red" }, "color"],
      ];
      for (const [change, path] of wrong) await refused(bench.backend.configure(change), "bad_request", { path });
      expect(await bench.backend.config()).toStrictEqual(before);
    },
  ),

  check(
    "R15.claims",
    ["Configure", "Backend"],
    "a paused queue gives out nothing, and goes on when it is resumed",
    async (bench) => {
      await bench.backend.configure({ paused: true });
      const id = await push(bench);
      await untouched(bench, [id], () => expectNothing(bench));
      const consumer = bench.consumer();
      consumer.want(1);
      const next = arrival(consumer);
      await bench.backend.configure({ paused: false });
      expect(await next).toMatchObject({ id });
    },
  ),

  check("R15.pushes", ["Configure", "TaskSink"], "a paused queue takes pushes", async (bench) => {
    await bench.backend.configure({ paused: true });
    expect(await bench.backend.push(1)).toMatchObject({ status: "Pending", created: true });
  }),

  check(
    "R15.acks",
    ["Configure", "Events"],
    "a paused queue takes acks, and whatever else holders say",
    async (bench) => {
      const one = await leased(bench, { backoff: NEVER });
      const two = await leased(bench);
      await bench.backend.configure({ paused: true });
      await said(bench, ack(one), "Done");
      await said(bench, release(two), "Pending");
      await expectNothing(bench);
    },
  ),

  check("R14.queue", ["TaskSink"], "a queue may have any name of 1 to 255 bytes, but . and ..", async (bench) => {
    for (const name of ["a/b", "alloc::string::String", "ä b?#%2F&", "…"]) {
      const elsewhere = bench.elsewhere(name);
      const { id } = await elsewhere.push(name);
      expect(await elsewhere.fetchById(id)).toMatchObject({ queue: elsewhere.getQueue(), args: name });
      expect(elsewhere.getQueue().endsWith(name)).toBe(true);
    }
  }),

  check("R14.missing", ["TaskSink", "Metrics"], "a queue that was never used is empty, not missing", async (bench) => {
    expect((await bench.backend.fetchByQueue()).counts).toEqual(noCounts());
    expect(await bench.store.resumeAbandoned()).toBe(0);
    expect(await bench.store.purge()).toBe(0);
  }),
];
