/** Cases of workers' names: taken again at once, superseded, on several queues; and of the row of five. */

import { expect } from "vitest";
import { ack, expectNothing, first, leased, look, NEVER, push, release, said, start } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { arrival, eventually, refused, thrown, until, untouched } from "./expecting.ts";

const WAITS = { waits: true };
const REGISTER = ["Backend", "RegisterWorker"] as const;

type Stage = Bench<"Backend" | "RegisterWorker">;

/** A claimed task is orphaned from Queued: its worker's name is taken by another session. */
async function strike(bench: Stage, id: string): Promise<void> {
  const victim = bench.consumer({ autoStart: false });
  expect(first(await victim.claim())).toMatchObject({ id, status: "Queued" });
  await bench.backend.registerWorker(victim.id);
}

export const sessionCases: readonly Case[] = [
  check(
    "T.RegisterWorker.registerWorker",
    ["RegisterWorker"],
    "registering answers the worker, its session and how long it may be silent",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 4_321 });
      const registered = await bench.backend.registerWorker("ann");
      expect(registered).toMatchObject({ worker: "ann", session: expect.stringMatching(/./), orphanAfterMs: 4_321 });
    },
  ),

  check(
    "T.RegisterWorker.registerWorker.listed",
    ["RegisterWorker", "ListWorkers"],
    "a registered worker is listed, with the layers that it named",
    async (bench) => {
      await bench.backend.registerWorker("ann", { layers: ["timeout", "retry"], info: { version: 3 } });
      await bench.backend.registerWorker("bob");
      const workers = await bench.backend.listWorkers();
      expect(workers.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
        { id: "ann", layers: ["timeout", "retry"], leases: 0, alive: true },
        { id: "bob", layers: [], leases: 0, alive: true },
      ]);
    },
  ),

  check(
    "T.RegisterWorker.registerWorker.supersedes",
    ["RegisterWorker", "ListWorkers"],
    "registering a name again opens another session, and the worker is listed once",
    async (bench) => {
      const one = await bench.backend.registerWorker("ann");
      const two = await bench.backend.registerWorker("ann");
      expect(two.session).not.toBe(one.session);
      expect((await bench.backend.listWorkers()).map(({ id }) => id)).toEqual(["ann"]);
    },
  ),

  check(
    "A.restart-name",
    REGISTER,
    "a worker that restarts may take its name again at once, and claims",
    async (bench) => {
      const old = bench.consumer({ id: "ann" });
      expect(await old.take()).toEqual([]);
      const next = bench.consumer({ id: "ann" });
      expect(await next.take()).toEqual([]);
      const id = await push(bench);
      next.want(1);
      expect(await arrival(next)).toMatchObject({ id, lockBy: "ann" });
    },
  ),

  check(
    "R5.queued",
    REGISTER,
    "when its name is taken, the Queued tasks of the old session go back at once, unburned",
    async (bench) => {
      const old = bench.consumer({ autoStart: false });
      const task = await leased(bench, {}, old);
      await bench.backend.registerWorker(old.id);
      expect(await look(bench, task.id)).toMatchObject({ status: "Pending", attempt: 0, runs: [] });
    },
  ),

  check("R5.running", REGISTER, "when its name is taken, the old session may still end what it runs", async (bench) => {
    const old = bench.consumer();
    const task = await leased(bench, {}, old);
    await untouched(bench, [task.id], () => bench.backend.registerWorker(old.id));
    await old.run(task, () => "done");
    expect(await until(bench, task.id, "Done")).toMatchObject({ lastResult: { ok: "done" } });
  }),

  check(
    "R5.refused",
    REGISTER,
    "a session that was superseded claims no more: its stream ends with that error",
    async (bench) => {
      const old = bench.consumer();
      expect(await old.take()).toEqual([]);
      await bench.backend.registerWorker(old.id);
      const id = await push(bench);
      old.want(1);
      const error = await thrown(arrival(old));
      expect(["superseded", "worker_not_found"]).toContain((error as { code?: string }).code);
      expect(await look(bench, id)).toMatchObject({ status: "Pending", revision: 1 });
    },
  ),

  check(
    "R5.silent",
    REGISTER,
    "what a superseded session runs is orphaned once it is silent",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 2_000 });
      const old = bench.consumer();
      const task = await leased(bench, { backoff: NEVER }, old);
      await bench.silence(old);
      await bench.store.registerWorker(old.id);
      expect(await look(bench, task.id)).toMatchObject({ status: "Running" });
      await bench.advance(2_200);
      expect((await until(bench, task.id, "Failed")).runs).toMatchObject([{ outcome: "orphaned" }]);
    },
    WAITS,
  ),

  check(
    "R5.goodbye",
    ["Backend"],
    "at goodbye what is Queued goes back unburned, and what runs is orphaned at once",
    async (bench) => {
      const consumer = bench.consumer();
      const running = await leased(bench, { backoff: NEVER }, consumer);
      await consumer.stop();
      const after = await until(bench, running.id, "Failed");
      expect(after).toMatchObject({ attempt: 1, runs: [{ outcome: "orphaned" }] });
      expect(after.lastResult).toEqual({
        err: expect.stringMatching(new RegExp(`^abandoned: worker ${consumer.id} `)),
      });
    },
  ),

  check(
    "A.prefetched",
    ["Backend"],
    "what a worker holds but did not begin goes back at its clean stop, unburned",
    async (bench) => {
      const consumer = bench.consumer({ autoStart: false });
      const queued = await leased(bench, {}, consumer);
      consumer.want(1);
      const waiting = await push(bench);
      await eventually(bench, async () => expect((await look(bench, waiting)).status).toBe("Queued"));
      await consumer.stop();
      for (const id of [queued.id, waiting]) {
        expect(await until(bench, id, "Pending")).toMatchObject({ attempt: 0, runs: [] });
      }
      expect(await bench.consumer().claim(2)).toHaveLength(2);
    },
  ),

  check(
    "A.names-per-queue",
    ["RegisterWorker", "ListWorkers"],
    "worker names are each queue's own: one name works on two queues",
    async (bench) => {
      const elsewhere = bench.elsewhere("other");
      const here = await bench.backend.registerWorker("ann");
      const there = await elsewhere.registerWorker("ann");
      expect(there.session).not.toBe(here.session);
      expect((await bench.backend.listWorkers()).map(({ id }) => id)).toEqual(["ann"]);
      expect((await elsewhere.listWorkers()).map(({ id }) => id)).toEqual(["ann"]);
    },
  ),

  check(
    "S.strikes",
    REGISTER,
    "orphaned from Queued five times in a row, a task burns an attempt, and the last one kills it",
    async (bench) => {
      const id = await push(bench, { maxAttempts: 2 });
      for (let round = 1; round <= 10; round++) {
        expect(await look(bench, id)).toMatchObject({ status: "Pending", attempt: round <= 5 ? 0 : 1 });
        await strike(bench, id);
      }
      const task = await look(bench, id);
      expect(task).toMatchObject({ status: "Killed", attempt: 2, doneAt: expect.any(Number) });
      expect(task.lastResult).toEqual({ err: expect.stringMatching(/^abandoned: worker /) });
      await expectNothing(bench);
    },
  ),

  check("S.strikes.start", REGISTER, "a start ends the row of five", async (bench) => {
    const id = await push(bench);
    for (let i = 0; i < 4; i++) await strike(bench, id);
    const consumer = bench.consumer({ autoStart: false });
    const task = first(await consumer.claim());
    await said(bench, start(task), "Running");
    await said(bench, release(task), "Pending");
    consumer.free(task);
    for (let i = 0; i < 4; i++) await strike(bench, id);
    expect(await look(bench, id)).toMatchObject({ status: "Pending", attempt: 0 });
    await strike(bench, id);
    expect(await look(bench, id)).toMatchObject({ status: "Pending", attempt: 1 });
  }),

  check(
    "R14.worker",
    ["RegisterWorker"],
    "a worker may have any name of 1 to 255 bytes, but . and ..",
    async (bench) => {
      for (const name of ["a/b", "alloc::string::String", "ä b?#%2F", "x".repeat(255), "…", "..."]) {
        expect((await bench.backend.registerWorker(name)).worker).toBe(name);
      }
      for (const name of ["", ".", "..", "x".repeat(256), "é".repeat(128), "\ud800"]) {
        await refused(
          Promise.resolve().then(() => bench.backend.registerWorker(name)),
          "bad_request",
          { path: "worker" },
        );
      }
    },
  ),

  check(
    "A.hundred-workers",
    ["RegisterWorker", "ListWorkers"],
    "a list of workers hides none: a hundred and twenty are all there",
    async (bench) => {
      const names = Array.from({ length: 120 }, (_, n) => `worker ${n}`);
      await Promise.all(names.map((name) => bench.backend.registerWorker(name)));
      const listed = (await bench.backend.listWorkers()).map(({ id }) => id);
      expect(listed.toSorted()).toEqual(names.toSorted());
    },
  ),

  check("R5.ack", ["Backend", "Events"], "the lease alone is the right: nobody's ack by it is taken", async (bench) => {
    const task = await leased(bench);
    await said(bench, ack(task), "Done");
  }),
];
