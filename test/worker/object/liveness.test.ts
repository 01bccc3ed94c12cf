import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freezeTime, Lab, pass, thawTime, until } from "./lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const ORPHAN_MS = 60_000;

describe("liveness over a sleep", () => {
  test("is told by the last frame, which the socket remembers", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 1, autoStart: true });
    const { id } = await lab.push();
    pass(ORPHAN_MS - 10);
    worker.send({ type: "unwait", ref: "a sign" });
    await worker.settled();
    await lab.evict();
    pass(ORPHAN_MS - 10);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Running" });
    await lab.evict();
    pass(20);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({
      status: "Failed",
      lastResult: { err: `abandoned: worker w was silent for ${ORPHAN_MS + 10} ms` },
    });
    expect(worker.unread().at(-1)).toMatchObject({ type: "lost", leases: [{ id, reason: "orphaned" }] });
  });

  test("of a closed socket counts from its last sign, however often the object sleeps", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 1, autoStart: true });
    const { id } = await lab.push();
    await worker.settled();
    worker.close();
    await until(
      async () => (await lab.rows("SELECT missing_at FROM session"))[0].missing_at !== null,
      "the close was seen",
    );
    await lab.evict();
    pass(ORPHAN_MS - 1);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Running" });
    await lab.evict();
    pass(1);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Failed" });
  });

  test("of a worker whose socket vanished without a word counts from when it is first seen missing, once", async () => {
    const lab = new Lab();
    await lab.worker({ credit: 1, autoStart: true });
    const { id } = await lab.push();
    pass(10 * ORPHAN_MS);
    // As a crash does: nobody is told that the sockets are gone.
    await lab.evict("close");
    await lab.rows("UPDATE session SET missing_at = NULL");
    await lab.evict();
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Running" });
    for (let sleeps = 0; sleeps < 3; sleeps++) {
      await lab.evict();
      pass(ORPHAN_MS / 4);
      await lab.alarms();
      expect(await lab.task(id)).toMatchObject({ status: "Running" });
    }
    await lab.evict();
    pass(ORPHAN_MS / 4);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Failed" });
  });

  test("of a worker that was missing and came back counts anew", async () => {
    const lab = new Lab();
    const before = await lab.worker({ credit: 1, autoStart: true });
    const { id } = await lab.push();
    await before.settled();
    before.close();
    await until(
      async () => (await lab.rows("SELECT missing_at FROM session"))[0].missing_at !== null,
      "the close was seen",
    );
    pass(ORPHAN_MS - 1);
    await lab.worker({ session: before.session });
    await lab.evict();
    pass(ORPHAN_MS - 1);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Running" });
    pass(1);
    await lab.alarms();
    expect(await lab.task(id)).toMatchObject({ status: "Failed" });
  });

  test("is told by pings too, whose time outlives a sleep", async () => {
    // Pings are timed by the runtime, whose clock is the real one.
    thawTime();
    const lab = new Lab();
    await lab.call("PATCH", "/config", { orphanAfterMs: 3_600_000 });
    freezeTime();
    pass(-86_400_000 - 3_500_000);
    const worker = await lab.worker({ credit: 1, autoStart: true });
    const { id } = await lab.push();
    await worker.ping();
    await lab.evict();
    pass(3_500_000 + 3_500_000);
    await lab.alarm();
    expect(await lab.task(id)).toMatchObject({ status: "Running" });
    pass(200_000);
    await lab.alarm();
    expect(await lab.task(id)).toMatchObject({ status: "Failed" });
  });
});
