/** Cases of lists: of a queue's tasks, of its workers, and over all queues. */

import { expect } from "vitest";
import type { Filter } from "../../../src/backend/expose.ts";
import type { Task } from "../../../src/backend/task.ts";
import { first, HOUR, leased, look, oneOfEach, push, STATUSES } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { eventually, refused } from "./expecting.ts";

const LIST = ["ListTasks"] as const;
const WAITS = { waits: true };

/** All pages of a list. */
async function all(
  page: (filter: Filter) => ReturnType<Bench<"ListTasks">["backend"]["listTasks"]>,
  filter: Filter,
): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let cursor: string | undefined; ; ) {
    const { tasks: some, nextCursor } = await page(cursor === undefined ? filter : { ...filter, cursor });
    tasks.push(...some);
    if (nextCursor === undefined) return tasks;
    cursor = nextCursor;
  }
}

const found = async ({ backend }: Bench<"ListTasks">, filter: Filter): Promise<string[]> =>
  (await all((page) => backend.listTasks(page), filter)).map(({ id }) => id);

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

export const listCases: readonly Case[] = [
  check("T.ListTasks.listTasks", LIST, "a list shows whole tasks, newest first, fifty a page", async (bench) => {
    const pushed = await bench.store.pushBulk(numbers(60));
    const page = await bench.backend.listTasks();
    expect(page.tasks.map(({ id }) => id)).toEqual(
      pushed
        .map(({ id }) => id)
        .toReversed()
        .slice(0, 50),
    );
    expect(page.nextCursor).toMatch(/./);
    expect(page.tasks[0]).toStrictEqual(await look(bench, pushed[59]?.id ?? ""));
  }),

  check("R13.none", LIST, "a queue that was never used lists nothing, and no further page", async (bench) => {
    expect(await bench.backend.listTasks()).toStrictEqual({ tasks: [] });
  }),

  ...(["newest", "oldest"] as const).map((order) =>
    check(
      `R13.pages.${order}`,
      LIST,
      `pages of the ${order} first lead to the end, without gap or repetition`,
      async (bench) => {
        const ids = (await bench.store.pushBulk(numbers(50))).map(({ id }) => id);
        const wanted = order === "oldest" ? ids : ids.toReversed();
        expect(await found(bench, { order, limit: 7 })).toEqual(wanted);
        expect((await bench.backend.listTasks({ order, limit: 50 })).nextCursor).toBeUndefined();
      },
    ),
  ),

  check(
    "R13.moving",
    LIST,
    "what is pushed and deleted meanwhile does not disturb a list that was begun",
    async (bench) => {
      const ids = (await bench.store.pushBulk(numbers(6))).map(({ id }) => id);
      const one = await bench.backend.listTasks({ limit: 2 });
      await push(bench);
      await bench.store.remove(ids[4] ?? "");
      await bench.store.remove(ids[3] ?? "");
      const two = await bench.backend.listTasks({ limit: 9, cursor: one.nextCursor });
      expect(two.tasks.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
      expect(two.nextCursor).toBeUndefined();
    },
  ),

  check("R13.status", LIST, "a list may be of one status, and is of all without", async (bench) => {
    const ids = await oneOfEach(bench);
    for (const status of STATUSES) expect(await found(bench, { status })).toEqual([ids[status]]);
    expect(await found(bench, {})).toHaveLength(6);
  }),

  check("R13.keys", LIST, "a list may be of one group, or of one idempotency key", async (bench) => {
    const a = await push(bench, { groupKey: "a b", idempotencyKey: "k/1" });
    const b = await push(bench, { groupKey: "a b" });
    const c = await push(bench, { groupKey: "c", idempotencyKey: "" });
    expect(await found(bench, { groupKey: "a b" })).toEqual([b, a]);
    expect(await found(bench, { groupKey: "a b", idempotencyKey: "k/1" })).toEqual([a]);
    expect(await found(bench, { idempotencyKey: "" })).toEqual([c]);
    expect(await found(bench, { groupKey: "nobody" })).toEqual([]);
  }),

  check("R13.time", LIST, "a list may begin at an instant, and end before one", async (bench) => {
    const old = await look(bench, await push(bench));
    await bench.advance(20);
    const young = await look(bench, await push(bench));
    expect(young.createdAt).toBeGreaterThan(old.createdAt);
    expect(await found(bench, { after: young.createdAt })).toEqual([young.id]);
    expect(await found(bench, { before: young.createdAt })).toEqual([old.id]);
    expect(await found(bench, { after: old.createdAt, before: young.createdAt, order: "oldest" })).toEqual([old.id]);
    expect(await found(bench, { after: bench.now() + HOUR })).toEqual([]);
  }),

  check("A.page-zero", LIST, "a page that is none is refused, and breaks nothing", async (bench) => {
    const id = await push(bench);
    const wrong: readonly [Record<string, unknown>, string][] = [
      [{ limit: 0 }, "limit"],
      [{ limit: 1_001 }, "limit"],
      [{ limit: 1.5 }, "limit"],
      [{ cursor: "nonsense" }, "cursor"],
      [{ cursor: "" }, "cursor"],
      [{ status: "done" }, "status"],
      [{ order: "up" }, "order"],
      [{ before: -1 }, "before"],
      [{ page: 0 }, "page"],
    ];
    for (const [filter, path] of wrong)
      await refused(bench.backend.listTasks(filter as Filter), "bad_request", { path });
    expect(await found(bench, {})).toEqual([id]);
  }),

  check("R13.order-of-cursor", LIST, "a cursor belongs to its order", async (bench) => {
    await bench.store.pushBulk([1, 2]);
    const { nextCursor } = await bench.backend.listTasks({ limit: 1 });
    await refused(bench.backend.listTasks({ order: "oldest", cursor: nextCursor }), "bad_request", { path: "cursor" });
  }),

  check("R13.long", LIST, "a filter that finds nothing among thousands comes to its end", async (bench) => {
    for (let i = 0; i < 6; i++) await bench.store.pushBulk(Array(1_000).fill(i));
    expect(await found(bench, { groupKey: "nobody" })).toEqual([]);
    expect(await found(bench, { status: "Done", order: "oldest" })).toEqual([]);
  }),

  check("T.ListWorkers.listWorkers", ["ListWorkers"], "workers are listed with what they hold", async (bench) => {
    expect(await bench.backend.listWorkers()).toEqual([]);
    const consumer = bench.consumer({ layers: ["trace", "timeout"] });
    await leased(bench, {}, consumer);
    const worker = first(await bench.backend.listWorkers());
    expect(worker).toEqual({
      id: consumer.id,
      queue: bench.store.getQueue(),
      startedAt: expect.any(Number),
      heardAt: expect.any(Number),
      layers: ["trace", "timeout"],
      leases: 1,
      alive: true,
    });
    await consumer.stop();
    await eventually(bench, async () => expect(await bench.backend.listWorkers()).toEqual([]));
  }),

  check(
    "T.ListWorkers.listAllWorkers",
    ["ListWorkers"],
    "the workers of all queues are listed, each with its queue",
    async (bench) => {
      const elsewhere = bench.elsewhere("other");
      await bench.store.push(1);
      await elsewhere.push(1);
      const registered = await Promise.all([
        bench.store.registerWorker("ann here"),
        elsewhere.registerWorker("ann there"),
      ]);
      expect(registered).toHaveLength(2);
      await eventually(bench, async () => {
        const workers = await bench.backend.listAllWorkers();
        const ours = workers
          .filter(({ id }) => id === "ann here" || id === "ann there")
          .map(({ id, queue }) => [id, queue]);
        expect(ours).toContainEqual(["ann here", bench.store.getQueue()]);
        expect(ours).toContainEqual(["ann there", elsewhere.getQueue()]);
      });
    },
    WAITS,
  ),

  check(
    "T.ListAllTasks.listAllTasks",
    ["ListAllTasks"],
    "the tasks of all queues are listed, queue by queue, each with its queue",
    async (bench) => {
      const elsewhere = bench.elsewhere("other");
      const groupKey = `all of ${bench.store.getQueue()}`;
      const here = await push(bench, { groupKey });
      const { id: there } = await elsewhere.pushTask({ args: 1, groupKey });
      await eventually(bench, async () => {
        const tasks = await all((page) => bench.backend.listAllTasks(page), { groupKey, limit: 1_000 });
        expect(tasks.map(({ id, queue }) => [id, queue]).toSorted()).toEqual(
          [
            [here, bench.store.getQueue()],
            [there, elsewhere.getQueue()],
          ].toSorted(),
        );
      });
    },
    WAITS,
  ),

  check(
    "T.ListAllTasks.listAllTasks.wrong",
    ["ListAllTasks"],
    "a page over all queues that is none is refused",
    async (bench) => {
      await push(bench);
      await refused(bench.backend.listAllTasks({ limit: 0 }), "bad_request", { path: "limit" });
      await refused(bench.backend.listAllTasks({ cursor: "nonsense" }), "bad_request", { path: "cursor" });
    },
  ),

  check(
    "T.ListQueues.listQueues",
    ["ListQueues"],
    "all queues that were ever used are listed, by name",
    async (bench) => {
      const elsewhere = bench.elsewhere("other");
      await push(bench);
      await elsewhere.push(1);
      bench.elsewhere("never used");
      await eventually(bench, async () => {
        const names = (await bench.backend.listQueues()).map(({ name }) => name);
        expect(names).toContain(bench.store.getQueue());
        expect(names).toContain(elsewhere.getQueue());
        expect(names.filter((name) => name.endsWith("never used"))).toEqual([]);
        expect(names).toEqual(names.toSorted());
      });
    },
    WAITS,
  ),

  check(
    "T.ListQueues.listQueues.dropped",
    ["ListQueues"],
    "a queue that was dropped is listed no more",
    async (bench) => {
      const elsewhere = bench.elsewhere("dropped");
      await elsewhere.push(1);
      const names = async () => (await bench.backend.listQueues()).map(({ name }) => name);
      await eventually(bench, async () => expect(await names()).toContain(elsewhere.getQueue()));
      await elsewhere.drop();
      await eventually(bench, async () => expect(await names()).not.toContain(elsewhere.getQueue()));
    },
    WAITS,
  ),
];
