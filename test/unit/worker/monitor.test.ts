import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { WorkerEvent, WorkerState } from "../../../src/backend/context.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import {
  Monitor,
  MonitorError,
  type MonitorEvent,
  type Monitored,
  type MonitorOptions,
} from "../../../src/worker/index.ts";
import { bench, task, watch } from "./bench.ts";

class FakeWorker implements Monitored {
  readonly id: string;
  state: WorkerState;
  readonly #closing = Promise.withResolvers<void>();
  /** The graces that it was stopped with. */
  readonly stops: unknown[] = [];
  readonly told: WorkerEvent[] = [];

  constructor(id: string, state: WorkerState = "running") {
    this.id = id;
    this.state = state;
  }

  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  start(): void {
    this.state = "running";
  }

  async stop({ grace }: { readonly grace?: unknown } = {}): Promise<void> {
    this.stops.push(grace);
    if (this.stubborn && grace !== 0) return;
    this.end();
  }

  stubborn = false;

  async *events(): AsyncGenerator<WorkerEvent> {
    yield* this.told;
  }

  end(error?: unknown): void {
    this.state = "stopped";
    if (error === undefined) this.#closing.resolve();
    else this.#closing.reject(error);
  }
}

function monitoring(options: MonitorOptions = {}) {
  const clock = new VirtualClock();
  const events: MonitorEvent[] = [];
  const workers: FakeWorker[] = [];
  const monitor = new Monitor({ clock, onEvent: (event) => events.push(event), ...options });
  const register = (id: string) =>
    monitor.register((attempt) => {
      const worker = new FakeWorker(`${id}${attempt}`);
      workers.push(worker);
      return worker;
    });
  return { monitor, clock, events, workers, register };
}

const boom = new Error("boom");

describe("a monitor", () => {
  test("starts all its workers, and is done when the last has stopped", async () => {
    const { monitor, clock, workers, register } = monitoring();
    register("a");
    register("b");
    const pending = new FakeWorker("c1", "pending");
    monitor.register(() => pending);
    const run = watch(monitor.run());
    expect(workers.map(({ id }) => id)).toEqual(["a1", "b1"]);
    expect(pending.state).toBe("running");
    workers[0]?.end();
    pending.end();
    await clock.advance(0);
    expect(run.isDone).toBe(false);
    workers[1]?.end();
    await clock.advance(0);
    expect(run.isDone).toBe(true);
  });

  test("lets the others go on when one fails, and tells all failures at the end", async () => {
    const { monitor, clock, events, workers, register } = monitoring();
    register("a");
    register("b");
    monitor.register(() => {
      throw new Error("cannot be made");
    });
    const running = monitor.run();
    const run = watch(running);
    workers[0]?.end(boom);
    await clock.advance("1h");
    expect(run.isDone).toBe(false);
    expect(events).toEqual([
      { type: "failed", worker: undefined, error: expect.objectContaining({ message: "cannot be made" }) },
      { type: "failed", worker: "a1", error: boom },
    ]);
    workers[1]?.end();
    const error: MonitorError = await running.then(
      () => expect.unreachable(),
      (failure) => failure,
    );
    expect(error).toBeInstanceOf(MonitorError);
    expect(error.message).toBe("2 of 3 workers failed: cannot be made; boom");
    expect(error.errors).toHaveLength(2);
    expect(error.errors).toContain(boom);
  });

  test("tells what its workers tell, and a listener's bug does not stop it", async () => {
    const { monitor, clock, events, workers, register } = monitoring();
    monitor.register(() => {
      const worker = new FakeWorker("a1");
      worker.told.push({ type: "idle" }, { type: "stop" });
      workers.push(worker);
      return worker;
    });
    register("b");
    const running = monitor.run();
    await clock.advance(0);
    expect(events).toEqual([
      { type: "worker", worker: "a1", event: { type: "idle" } },
      { type: "worker", worker: "a1", event: { type: "stop" } },
    ]);
    for (const worker of workers) worker.end();
    await running;
  });

  test("runs one time at a time, and takes no workers meanwhile", async () => {
    const { monitor, workers, register } = monitoring();
    register("a");
    const running = monitor.run();
    await expect(monitor.run()).rejects.toMatchObject({ code: "wrong_status" });
    expect(() => register("b")).toThrow(expect.objectContaining({ code: "wrong_status" }));
    workers[0]?.end();
    await running;
    register("b");
  });

  test("stops all of them within the shutdown timeout when its signal fires", async () => {
    const { monitor, clock, workers, register } = monitoring({ shutdownTimeout: "20s" });
    register("a");
    register("b");
    const controller = new AbortController();
    const running = monitor.run({ signal: controller.signal });
    await clock.advance(0);
    controller.abort();
    await running;
    expect(workers.map(({ stops }) => stops)).toEqual([[20_000], [20_000]]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test("starts none when its signal has fired already", async () => {
    const { monitor, workers, register } = monitoring();
    register("a");
    await monitor.run({ signal: AbortSignal.abort() });
    expect(workers).toEqual([]);
  });

  test("stops real workers, with handlers that never return, when the time is over", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const made = bench({ clock, start: false });
    const monitor = new Monitor({ shutdownTimeout: "3s", clock }).register(() => made.worker);
    const run = watch(monitor.run({ signal: controller.signal }));
    made.backend.give(task(1));
    await clock.advance(0);
    expect(made.jobs).toHaveLength(1);
    controller.abort();
    await clock.advance(2_999);
    expect(run.isDone).toBe(false);
    await clock.advance(1);
    expect(run.isDone).toBe(true);
    expect(made.backend.reports).toEqual([{ type: "release", id: "t1", lease: "l1" }]);
  });
});

describe("a worker that fails", () => {
  test("is replaced as the policy has it: at once, after a while, or not", async () => {
    const asked: unknown[][] = [];
    const answers = [true, "10s", false] as const;
    const { monitor, clock, events, workers, register } = monitoring({
      shouldRestart: (worker, error, attempt) => {
        asked.push([worker.id, error, attempt]);
        return answers[attempt - 1] ?? false;
      },
    });
    register("a");
    const running = monitor.run();
    running.catch(() => undefined);
    workers[0]?.end(boom);
    await clock.advance(0);
    expect(workers).toHaveLength(2);
    workers[1]?.end(boom);
    await clock.advance(9_999);
    expect(workers).toHaveLength(2);
    await clock.advance(1);
    expect(workers.map(({ id }) => id)).toEqual(["a1", "a2", "a3"]);
    workers[2]?.end(boom);
    await expect(running).rejects.toMatchObject({ errors: [boom] });
    expect(asked).toEqual([
      ["a1", boom, 1],
      ["a2", boom, 2],
      ["a3", boom, 3],
    ]);
    expect(events).toEqual([
      { type: "restart", worker: "a1", error: boom, delayMs: 0 },
      { type: "restart", worker: "a2", error: boom, delayMs: 10_000 },
      { type: "failed", worker: "a3", error: boom },
    ]);
  });

  test("is not replaced when it stopped as it should", async () => {
    const { monitor, workers, register } = monitoring({ shouldRestart: () => true });
    register("a");
    const running = monitor.run();
    workers[0]?.end();
    await running;
    expect(workers).toHaveLength(1);
  });

  test("is not replaced any more when all is to stop", async () => {
    const { monitor, clock, workers, register } = monitoring({ shouldRestart: () => "1h" });
    register("a");
    const controller = new AbortController();
    const running = monitor.run({ signal: controller.signal });
    workers[0]?.end(boom);
    await clock.advance("1m");
    controller.abort();
    await running;
    expect(workers).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  test("while all stop is not replaced either, and nobody is asked", async () => {
    const asked: unknown[] = [];
    const { monitor, events, workers, register } = monitoring({ shouldRestart: (worker) => asked.push(worker) > 0 });
    register("a");
    const controller = new AbortController();
    const running = monitor.run({ signal: controller.signal });
    const [worker] = workers;
    if (worker) worker.stubborn = true;
    controller.abort();
    worker?.end(boom);
    await expect(running).rejects.toMatchObject({ errors: [boom] });
    expect(asked).toEqual([]);
    expect(events).toEqual([{ type: "failed", worker: "a1", error: boom }]);
  });

  test("is not replaced by a policy that throws, whose error is told too", async () => {
    const bug = new Error("policy");
    const { monitor, workers, register } = monitoring({
      shouldRestart: () => {
        throw bug;
      },
    });
    register("a");
    const running = monitor.run();
    workers[0]?.end(boom);
    await expect(running).rejects.toMatchObject({ errors: [bug, boom] });
  });
});

describe("signals of the process", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** A process of which the test sends the signals. */
  const fakeProcess = () => {
    const listeners = new Map<string, Set<() => void>>();
    vi.stubGlobal("process", {
      on: (name: string, listener: () => void) => listeners.set(name, (listeners.get(name) ?? new Set()).add(listener)),
      off: (name: string, listener: () => void) => listeners.get(name)?.delete(listener),
    });
    const count = () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0);
    const send = (name: string) => {
      for (const listener of [...(listeners.get(name) ?? [])]) listener();
    };
    return { count, send };
  };

  test("stop all workers with grace, and nobody listens to them afterwards", async () => {
    const { count, send } = fakeProcess();
    const { monitor, workers, register } = monitoring({ shutdownTimeout: "5s" });
    register("a");
    const running = monitor.runWithSignals("SIGTERM", "SIGINT");
    expect(count()).toBe(2);
    send("SIGINT");
    await running;
    expect(workers[0]?.stops).toEqual([5_000]);
    expect(count()).toBe(0);
  });

  test("end the grace when a second one comes; a third is the platform's", async () => {
    const { count, send } = fakeProcess();
    const { monitor, clock, workers, register } = monitoring({ shutdownTimeout: "5s" });
    register("a");
    const running = monitor.runWithSignals();
    const run = watch(running);
    const [worker] = workers;
    if (worker) worker.stubborn = true;
    send("SIGTERM");
    await clock.advance(0);
    expect(run.isDone).toBe(false);
    expect(count()).toBe(2);
    send("SIGTERM");
    expect(count()).toBe(0);
    await running;
    expect(worker?.stops).toEqual([5_000, 0]);
  });

  test("are not listened to any more when the workers failed", async () => {
    const { count } = fakeProcess();
    const { monitor, workers, register } = monitoring();
    register("a");
    const running = monitor.runWithSignals("SIGTERM");
    workers[0]?.end(boom);
    await expect(running).rejects.toBeInstanceOf(MonitorError);
    expect(count()).toBe(0);
  });

  test("do not come where there is no process, which is no reason not to run", async () => {
    vi.stubGlobal("process", undefined);
    const { monitor, workers, register } = monitoring();
    register("a");
    const running = monitor.runWithSignals("SIGTERM");
    workers[0]?.end();
    await running;
  });
});
