// Ticks on a real server that is killed in between: each becomes one task, in the server's absence as well.
import { DurableBackend, http, Schedules } from "prinia";
import { expect, test } from "vitest";
import { startServe } from "../support/server.ts";

const EVERY_MS = 1_000;

test("each tick is one task, whether the server was there, was killed, or was away", async () => {
  let server = await startServe();
  const schedules = new Schedules("reports", { url: server.url });
  const { createdAt } = await schedules.put("each-second", {
    everyMs: EVERY_MS,
    missed: "all",
    task: { args: "tick" },
  });
  const ticks = async () => (await new Schedules("reports", { url: server.url }).get("each-second")).ticks;
  await expect.poll(ticks, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  for (let round = 0; round < 2; round++) {
    const before = await ticks();
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, 2 * EVERY_MS));
    server = await server.restart();
    await expect.poll(ticks, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 3);
  }
  const queue = new DurableBackend<string>("reports", http({ url: server.url }));
  await new Schedules("reports", { url: server.url }).pause("each-second");
  const found = (await queue.listTasks({ order: "oldest", limit: 1000 })).tasks;
  expect(found.map(({ idempotencyKey }) => idempotencyKey)).toEqual(
    found.map((_, n) => `schedule/each-second/${new Date(createdAt + (n + 1) * EVERY_MS).toISOString()}`),
  );
  expect(await ticks()).toBe(found.length);
});
