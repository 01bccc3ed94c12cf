import { expect, test } from "vitest";
import type { WorkerContext, WorkerListener, WorkerState } from "../../../src/backend/context.ts";
import { Intake } from "../../../src/backend/intake.ts";
import type { LeasedTaskView } from "../../../src/task/view.ts";

const leased = (lease: string): LeasedTaskView<unknown> => ({ id: lease, lease }) as LeasedTaskView<unknown>;

function bench(concurrency: number, prefetch = 0) {
  let state: WorkerState = "running";
  let listener: WorkerListener = {};
  let changes = 0;
  const worker = {
    concurrency,
    prefetch,
    get state() {
      return state;
    },
    listen: (given: WorkerListener) => {
      listener = given;
      return () => {
        listener = {};
      };
    },
  } as WorkerContext;
  const intake = new Intake(worker, () => changes++);
  const become = (next: WorkerState) => {
    state = next;
    listener.changed?.();
  };
  return { intake, become, freed: (lease: string) => listener.freed?.(lease), changes: () => changes };
}

const value = async (next: Promise<IteratorResult<LeasedTaskView<unknown> | null, unknown>>) => {
  const result = await next;
  return result.done ? "done" : ((result.value as LeasedTaskView<unknown> | null)?.lease ?? null);
};

test("room is what is not handed over, not waiting and not granted", async () => {
  const { intake } = bench(2, 1);
  expect(intake.room).toBe(3);
  intake.grant(3);
  expect(intake.room).toBe(0);
  intake.arrived([leased("a"), leased("b")]);
  expect(intake.room).toBe(0);
  const stream = intake.stream(async () => undefined);
  expect(await value(stream.next())).toBe("a");
  expect(intake.room).toBe(0);
  intake.revoke();
  expect(intake.room).toBe(1);
});

test("a task that ended makes room once, however often that is said", async () => {
  const { intake, freed, changes } = bench(1);
  intake.arrived([leased("a")]);
  await value(intake.stream(async () => undefined).next());
  expect(intake.room).toBe(0);
  intake.ended("a");
  freed("a");
  expect(intake.room).toBe(1);
  expect(changes()).toBe(1);
});

test("a task that is here already does not come twice", async () => {
  const { intake } = bench(3);
  intake.arrived([leased("a")]);
  intake.arrived([leased("a"), leased("b")]);
  expect(intake.leases()).toEqual(["a", "b"]);
});

test("a next that waits gets the task that arrives, null when there is nothing, and the end", async () => {
  const { intake } = bench(3);
  const stream = intake.stream(async () => undefined);
  const first = value(stream.next());
  intake.arrived([leased("a")]);
  expect(await first).toBe("a");
  const second = value(stream.next());
  intake.idle();
  expect(await second).toBeNull();
  const third = value(stream.next());
  intake.close();
  expect(await third).toBe("done");
});

test("that there is nothing more is said after all that came before it, and not once more came", async () => {
  const { intake } = bench(5);
  const stream = intake.stream(async () => undefined);
  intake.arrived(["a", "b"].map(leased));
  intake.idle();
  expect([await value(stream.next()), await value(stream.next()), await value(stream.next())]).toEqual([
    "a",
    "b",
    null,
  ]);
  intake.idle();
  intake.arrived([leased("c")]);
  expect(await value(stream.next())).toBe("c");
  const next = value(stream.next());
  intake.close();
  expect(await next).toBe("done");
});

test("while the worker is paused nothing is handed over, and there is no room", async () => {
  const { intake, become } = bench(2);
  const stream = intake.stream(async () => undefined);
  become("paused");
  intake.arrived([leased("a")]);
  const next = value(stream.next());
  expect(intake.room).toBe(0);
  expect(intake.hands.size).toBe(0);
  become("running");
  expect(await next).toBe("a");
});

test("a refusal is thrown by the stream", async () => {
  const { intake } = bench(1);
  const next = intake.stream(async () => undefined).next();
  intake.fail(new Error("superseded"));
  await expect(next).rejects.toThrow("superseded");
});

test("return ends the stream first, then does what leaving takes", async () => {
  const { intake } = bench(1);
  let openWhileLeaving = true;
  const stream = intake.stream(async () => {
    openWhileLeaving = intake.isOpen;
  });
  await stream.return?.();
  expect(openWhileLeaving).toBe(false);
  expect(await value(stream.next())).toBe("done");
});

test("what waits for a slot can be taken out, all or of one lease", () => {
  const { intake } = bench(5);
  intake.arrived(["a", "b", "c"].map(leased));
  expect(intake.unqueue("b").map((task) => task.lease)).toEqual(["b"]);
  expect(intake.unqueue().map((task) => task.lease)).toEqual(["a", "c"]);
  expect(intake.isEmpty).toBe(true);
});
