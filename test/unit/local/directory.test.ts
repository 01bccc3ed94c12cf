import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { LocalWorld } from "../../../src/local/world.ts";
import { Dice } from "../../support/dice.ts";
import { START } from "./bench.ts";

const NAMES = ["b", "a", "é", "a/b", "c", "unused"];

async function world(): Promise<LocalWorld> {
  const made = new LocalWorld(new VirtualClock(START), (queue) => new MemoryStore(queue, new Dice(1)));
  for (const [at, name] of NAMES.entries()) {
    const queue = made.queue(name);
    const tasks = Array.from({ length: at + 1 }, (_, n) => ({ text: `{"args":${n}}`, repeatable: false }));
    if (name !== "unused") await queue.push(tasks);
  }
  return made;
}

const SORTED = ["a", "a/b", "b", "c", "é"];

describe("the queues of a place", () => {
  test("are one each, however often they are asked for", async () => {
    const made = await world();
    expect(made.queue("a")).toBe(made.queue("a"));
    expect(made.queue("a").queue).toBe("a");
  });

  test("are listed by name, a page at a time, those that were never used left out", async () => {
    const { directory } = await world();
    expect((await directory.queues({})).queues.map(({ name }) => name)).toEqual(SORTED);
    const names: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined; ; pages++) {
      const page = await directory.queues({ limit: 2, cursor });
      names.push(...page.queues.map(({ name }) => name));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect([names, pages]).toEqual([SORTED, 2]);
  });

  test("show their tasks queue by queue, each once, whatever the size of the pages", async () => {
    const made = await world();
    const wanted: string[] = [];
    for (const name of SORTED) {
      const { tasks } = await made.queue(name).list({});
      wanted.push(...tasks.map(({ id }) => id));
    }
    for (const limit of [1, 2, 3, 7, 100]) {
      const found: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await made.directory.tasks({ limit, cursor });
        expect(page.tasks.length).toBeLessThanOrEqual(limit);
        found.push(...page.tasks.map(({ id }) => id));
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      expect(found).toEqual(wanted);
    }
  });

  test("go on with their tasks behind a queue that is gone meanwhile", async () => {
    const made = await world();
    const { nextCursor } = await made.directory.tasks({ limit: 3 });
    await made.queue("a/b").drop(false);
    const { tasks } = await made.directory.tasks({ cursor: nextCursor });
    expect(new Set(tasks.map(({ queue }) => queue))).toEqual(new Set(["b", "c", "é"]));
  });

  test("filter their tasks, and refuse cursors that are none", async () => {
    const made = await world();
    await made.queue("b").bulk("cancel", { filter: {} });
    const { tasks } = await made.directory.tasks({ status: "Killed" });
    expect(tasks.map(({ queue }) => queue)).toEqual(["b"]);
    for (const call of [made.directory.tasks({ cursor: "%" }), made.directory.queues({ cursor: "%" })]) {
      await expect(call).rejects.toMatchObject({ code: "bad_request", path: "cursor" });
    }
    await expect(made.directory.queues({ limit: 0 })).rejects.toMatchObject({ code: "bad_request", path: "limit" });
  });

  test("have sums, and workers of all", async () => {
    const made = await world();
    await made.queue("c").register({ worker: "w" });
    await made.queue("a").register({ worker: "w" });
    expect(await made.directory.stats()).toMatchObject({
      queues: 5,
      workers: 2,
      counts: { Pending: 15, Done: 0 },
      oldestDueAgeMs: 0,
      activity: [0, 0, 0, 0, 0, 0, 15],
    });
    expect((await made.directory.workers()).map(({ queue }) => queue)).toEqual(["a", "c"]);
  });

  test("are closed together", async () => {
    const made = await world();
    const reading = made
      .queue("a")
      .wait([(await made.queue("a").list({})).tasks[0]?.id ?? ""], {})
      .next();
    await Promise.resolve();
    made.close();
    await expect(reading).rejects.toMatchObject({ code: "unreachable" });
  });
});
