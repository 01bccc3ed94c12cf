import { describe, expect, test } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { MemoryStorage, sharedMemory, VirtualClock } from "../../../src/memory.ts";

describe("a queue in memory", () => {
  test("needs no name, and takes options with or without one", async () => {
    const clock = new VirtualClock(5);
    expect(new MemoryStorage().getQueue()).toBe("default");
    expect(new MemoryStorage("emails").getQueue()).toBe("emails");
    for (const storage of [new MemoryStorage({ clock }), new MemoryStorage("emails", { clock })]) {
      const { id } = await storage.push(1);
      expect(await storage.fetchById(id)).toMatchObject({ createdAt: 5 });
    }
    expect(() => new MemoryStorage("..")).toThrow(expect.objectContaining({ code: "bad_request", path: "queue" }));
  });

  test("is its own world: one of the same name shares nothing with it", async () => {
    const [one, other] = [new MemoryStorage("emails"), new MemoryStorage("emails")];
    await one.push(1);
    expect((await one.listTasks()).tasks).toHaveLength(1);
    expect((await other.listTasks()).tasks).toEqual([]);
    expect(await other.listQueues()).toEqual([]);
  });

  test("retries after exactly the backoff, where chance is fixed", async () => {
    const clock = new VirtualClock(0);
    const storage = new MemoryStorage({ clock, random: () => 1 });
    const { id } = await storage.pushTask(task(1).timeout(1).backoff({ base: 100, jitter: 0.5 }));
    await storage.registerWorker("w");
    expect(await storage.fetchById(id)).toMatchObject({ status: "Pending", backoff: { baseMs: 100, jitter: 0.5 } });
  });
});

describe("queues of one memory", () => {
  test("see each other, and a name that is taken is refused", async () => {
    const memory = sharedMemory({ clock: new VirtualClock(0) });
    const emails = memory.makeShared<{ to: string }>("emails");
    const images = memory.makeShared("images");
    await emails.push({ to: "a" });
    await images.pushBulk([1, 2]);
    expect((await emails.listQueues()).map(({ name }) => name)).toEqual(["emails", "images"]);
    expect((await images.listAllTasks()).tasks.map(({ queue }) => queue)).toEqual(["emails", "images", "images"]);
    expect(await emails.global()).toMatchObject({ queues: 2, counts: { Pending: 3 } });
    expect(() => memory.makeShared("emails")).toThrow(expect.objectContaining({ code: "bad_request", path: "queue" }));
    expect(() => memory.makeShared("")).toThrow(expect.objectContaining({ code: "bad_request" }));
  });
});
