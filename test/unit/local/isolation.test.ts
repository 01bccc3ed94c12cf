import { describe, expect, test } from "vitest";
import { Bench } from "./bench.ts";

describe("what a program is given is its own", () => {
  test("a task that is fetched, listed or handed out can be changed without a trace", async () => {
    const bench = new Bench();
    const id = await bench.pushOne({ args: { to: ["a"] }, meta: { deep: { er: 1 } } });
    const peer = await bench.worker();
    const [first] = await peer.take();
    const logs = ["line"];
    const result = { err: "no" };
    await peer.port.events({
      events: [
        { type: "progress", id, lease: first?.lease ?? "", progress: '{"at":1}' },
        { type: "ack", id, lease: first?.lease ?? "", result, logs },
      ],
    });
    logs.push("forged");
    const before = JSON.stringify(await bench.queue.fetch(id));
    await bench.clock.advance(1_000);
    const handed = (await peer.take()).at(0);
    const { lease = "" } = handed ?? {};
    for (const view of [handed, await bench.queue.fetch(id), (await bench.queue.list({})).tasks[0]]) {
      spoil(view);
    }
    await peer.port.events({ events: [{ type: "release", id, lease }] });
    const after = await bench.queue.fetch(id);
    const released = { ...JSON.parse(before), status: "Pending", runs: after.runs, revision: after.revision };
    expect(after).toEqual(released);
    expect(after.runs[0]).toMatchObject({ attempt: 1, worker: "w", outcome: "failed", error: "no", logs: ["line"] });
  });

  test("so are settings, numbers and workers", async () => {
    const bench = new Bench();
    await bench.worker();
    const before = JSON.stringify([await bench.queue.config(), await bench.queue.stats(), await bench.queue.workers()]);
    for (const view of [await bench.queue.config(), await bench.queue.stats(), await bench.queue.info()]) spoil(view);
    for (const worker of await bench.queue.workers()) spoil(worker);
    const after = JSON.stringify([await bench.queue.config(), await bench.queue.stats(), await bench.queue.workers()]);
    expect(after).toBe(before);
    expect((await new Bench().queue.config()).orphanAfterMs).toBe(60_000);
  });

  test("numbers that JavaScript cannot hold survive in the queue, as text does that was sent in a row of escapes", async () => {
    const bench = new Bench();
    const text = '{"args":{"id":12345678901234567890,"name":"\\u0041"}}';
    const [pushed] = await bench.queue.push([{ text, repeatable: false }]);
    await bench.queue.update(pushed?.id ?? "", { priority: 3 });
    expect(await bench.queue.fetch(pushed?.id ?? "")).toMatchObject({ args: { id: 12345678901234567000, name: "A" } });
  });
});

/** Changes everything that can be changed, at any depth. */
function spoil(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    spoil(inner);
    if (typeof inner !== "object" || inner === null) Object.assign(value, { [key]: "spoiled" });
  }
  if (Array.isArray(value)) value.push("spoiled");
  else Object.assign(value, { spoiled: true });
}
