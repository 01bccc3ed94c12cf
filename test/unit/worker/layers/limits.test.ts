import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { leaseLost } from "../../../../src/backend/ack.ts";
import { concurrencyLimit, rateLimit } from "../../../../src/worker/index.ts";
import { around } from "./around.ts";

describe("a rate limit", () => {
  const layered = (limit: number, per: "1s" | "1m" = "1s") => around((clock) => rateLimit({ limit, per, clock }));
  const ids = (made: ReturnType<typeof layered>) => made.inside.map(({ context }) => context.id);

  test("lets as many in at once as it may, and then the others in order, as time allows", async () => {
    const made = layered(2);
    for (let n = 0; n < 5; n++) made.execute();
    await made.settle();
    expect(ids(made)).toEqual(["t1", "t2"]);
    await made.settle(499);
    expect(ids(made)).toHaveLength(2);
    await made.settle(1);
    expect(ids(made)).toEqual(["t1", "t2", "t3"]);
    await made.settle(1_000);
    expect(ids(made)).toEqual(["t1", "t2", "t3", "t4", "t5"]);
    expect(made.clock.timers).toBe(0);
  });

  test("never lets more than that in, over a long time", async () => {
    const made = layered(3);
    for (let n = 0; n < 50; n++) made.execute();
    await made.settle(10_000);
    // Three at the beginning, and three in each second.
    expect(made.inside).toHaveLength(33);
  });

  test("saves up no more than it lets in at once", async () => {
    const made = layered(2);
    await made.settle(60_000);
    for (let n = 0; n < 5; n++) made.execute();
    await made.settle();
    expect(made.inside).toHaveLength(2);
  });

  test("may be less than one in the time that is told", async () => {
    const made = layered(0.5);
    made.execute();
    made.execute();
    await made.settle(1_999);
    expect(made.inside).toHaveLength(1);
    await made.settle(1);
    expect(made.inside).toHaveLength(2);
  });

  test("does not make others wait for one who is gone", async () => {
    const made = layered(1, "1m");
    made.execute();
    const gone = made.execute();
    made.execute();
    await made.settle();
    const lost = leaseLost("t2", "cancelled");
    gone.abort(lost);
    await expect(gone.ended).rejects.toBe(lost);
    await made.settle(60_000);
    expect(ids(made)).toEqual(["t1", "t3"]);
  });

  test("lets nobody overtake those who wait", async () => {
    const made = layered(1);
    made.execute();
    made.execute();
    await made.settle();
    // As when the machine was asleep: the time has passed, and the timer was not run yet.
    made.clock.jump(1_000);
    made.execute();
    await made.settle();
    expect(ids(made)).toEqual(["t1", "t2"]);
  });

  test("leaves nothing on the signals of those whom it let in", async () => {
    const made = layered(1);
    made.execute();
    const late = made.execute();
    await made.settle(1_000);
    made.inside[1]?.finish();
    await late.ended;
    expect(getEventListeners(late.signal, "abort")).toEqual([]);
  });

  test("sets no timer when nobody waits any more", async () => {
    const made = layered(1, "1m");
    made.execute();
    const gone = made.execute();
    await made.settle();
    expect(made.clock.timers).toBe(1);
    gone.abort(leaseLost("t2", "cancelled"));
    await made.settle();
    expect(made.clock.timers).toBe(0);
  });

  test("is not fooled by a clock that is set back", async () => {
    const made = layered(1);
    made.execute();
    made.clock.jump(-3_600_000);
    made.execute();
    await made.settle(1_000);
    expect(made.inside).toHaveLength(2);
  });

  test("of nothing is refused", () => {
    expect(() => rateLimit({ limit: 0, per: "1s" })).toThrow(expect.objectContaining({ path: "limit" }));
    expect(() => rateLimit({ limit: 1, per: 0 })).toThrow(expect.objectContaining({ path: "limit" }));
  });
});

describe("a concurrency limit", () => {
  test("lets so many run at a time, and the others in order as they end", async () => {
    const { inside, execute, settle } = around(() => concurrencyLimit({ limit: 2 }));
    const executions = [1, 2, 3, 4].map(() => execute());
    await settle();
    expect(inside).toHaveLength(2);
    inside[0]?.fail(new Error("boom"));
    await settle();
    expect(inside.map(({ context }) => context.id)).toEqual(["t1", "t2", "t3"]);
    // The place of the first was handed on: there is no other.
    const late = execute();
    await settle();
    expect(inside).toHaveLength(3);
    inside[1]?.finish();
    inside[2]?.finish();
    await settle();
    inside[4]?.finish();
    await late.ended;
    inside[3]?.finish("last");
    expect(await executions[3]?.ended).toBe("last");
  });

  test("counts each key for itself", async () => {
    const { inside, execute, settle } = around(() =>
      concurrencyLimit<{ customer: string }>({ limit: 1, key: ({ customer }) => customer }),
    );
    execute({ args: { customer: "ada" } });
    execute({ args: { customer: "ada" } });
    execute({ args: { customer: "bob" } });
    await settle();
    expect(inside.map(({ context }) => context.id)).toEqual(["t1", "t3"]);
    inside[0]?.finish();
    await settle();
    expect(inside.map(({ context }) => context.id)).toEqual(["t1", "t3", "t2"]);
  });

  test("is not held up by one who is gone", async () => {
    const { inside, execute, settle } = around(() => concurrencyLimit({ limit: 1 }));
    execute();
    const gone = execute();
    execute();
    await settle();
    const lost = leaseLost("t2", "cancelled");
    gone.abort(lost);
    await expect(gone.ended).rejects.toBe(lost);
    inside[0]?.finish();
    await settle();
    expect(inside.map(({ context }) => context.id)).toEqual(["t1", "t3"]);
    inside[1]?.finish();
    await settle();
    execute();
    await settle();
    expect(inside).toHaveLength(3);
  });

  test("stays when one who waited is gone", async () => {
    const { inside, execute, settle } = around(() => concurrencyLimit({ limit: 1 }));
    execute();
    const gone = execute();
    await settle();
    gone.abort(leaseLost("t2", "cancelled"));
    await settle();
    execute();
    await settle();
    expect(inside).toHaveLength(1);
  });

  test("of nothing is refused", () => {
    expect(() => concurrencyLimit({ limit: 0 })).toThrow(expect.objectContaining({ path: "limit" }));
  });
});
