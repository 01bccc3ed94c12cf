import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { leaseLost } from "../../../../src/backend/ack.ts";
import type { Layer } from "../../../../src/backend/layer.ts";
import { compose, TaskTimeout, timeout } from "../../../../src/worker/index.ts";
import { around } from "./around.ts";

const layered = () => around((clock) => timeout("1s", { clock }));

test("what takes too long fails, and sees its signal fire", async () => {
  const { inside, execute, settle } = layered();
  const { ended, reports } = execute();
  await settle(999);
  expect(inside[0]?.context.signal.aborted).toBe(false);
  await settle(1);
  await expect(ended).rejects.toThrow(new TaskTimeout("The handler took longer than 1000 ms."));
  expect(inside[0]?.context.signal.reason).toBeInstanceOf(TaskTimeout);
  expect(reports).toEqual([
    { type: "ack", id: "t1", lease: "l1", result: { err: "The handler took longer than 1000 ms." } },
  ]);
  inside[0]?.finish("too late");
  await settle();
  expect(reports).toHaveLength(1);
});

test("what ends in time ends as it would", async () => {
  const { clock, inside, execute, settle } = layered();
  const done = execute();
  expect(getEventListeners(done.signal, "abort").length).toBeGreaterThan(0);
  const failed = execute();
  inside[0]?.finish("value");
  inside[1]?.fail(new Error("boom"));
  expect(await done.ended).toBe("value");
  await expect(failed.ended).rejects.toThrow("boom");
  await settle(5_000);
  expect(inside[0]?.context.signal.aborted).toBe(false);
  expect(clock.timers).toBe(0);
  expect(getEventListeners(done.signal, "abort")).toEqual([]);
});

test("what throws at once fails at once", async () => {
  const { clock, execute } = around(
    (it) => timeout("1s", { clock: it }),
    () => {
      throw new Error("boom");
    },
  );
  await expect(execute().ended).rejects.toThrow("boom");
  expect(clock.timers).toBe(0);
});

test("a lost lease fires the signal inside too", async () => {
  const { inside, execute } = layered();
  const { abort } = execute();
  const lost = leaseLost("t1", "cancelled");
  abort(lost);
  expect(inside[0]?.context.signal.reason).toBe(lost);
});

test("so does one that was lost before it came here", async () => {
  const gate = Promise.withResolvers<void>();
  const waiting: Layer = (next) => async (args, context) => {
    await gate.promise;
    return next(args, context);
  };
  const { inside, execute, settle } = around((clock) => compose(waiting, timeout("1s", { clock })));
  const { abort } = execute();
  abort(leaseLost("t1", "cancelled"));
  gate.resolve();
  await settle();
  expect(inside[0]?.context.signal.aborted).toBe(true);
});

test("a time that is none is refused", () => {
  // @ts-expect-error: neither does the compiler take it
  expect(() => timeout("soon")).toThrow(/`timeout`/);
});
