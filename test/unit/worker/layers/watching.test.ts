import { afterEach, describe, expect, test, vi } from "vitest";
import { leaseLost, TaskTimeout, WorkerStopped } from "../../../../src/backend/ack.ts";
import {
  AbortError,
  type Ending,
  logging,
  metrics,
  type Trace,
  tracing,
  withTrace,
} from "../../../../src/worker/index.ts";
import { around, type Execution, type Inside } from "./around.ts";

type End = (inside: Inside | undefined, execution: Execution) => void;

const boom = new Error("boom");
const snoozing: End = (inside) => {
  try {
    inside?.context.snooze("1s");
  } catch (snoozes) {
    inside?.fail(snoozes);
  }
};
const aborted =
  (reason: unknown): End =>
  (inside, { abort }) => {
    abort(reason);
    inside?.finish();
  };

/** Every way to end. */
const ends: readonly (readonly [Ending, End])[] = [
  ["done", (inside) => inside?.finish()],
  ["failed", (inside) => inside?.fail(boom)],
  ["killed", (inside) => inside?.fail(new AbortError("never"))],
  ["snoozed", snoozing],
  ["timeout", (inside) => inside?.fail(new TaskTimeout("too long"))],
  ["lost", aborted(leaseLost("t", "cancelled"))],
  ["released", aborted(new WorkerStopped("stops"))],
];

/** A queueMicrotask that keeps what is thrown in it. */
function caught(): unknown[] {
  const thrown: unknown[] = [];
  vi.stubGlobal("queueMicrotask", (call: () => void) => {
    try {
      call();
    } catch (error) {
      thrown.push(error);
    }
  });
  return thrown;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("metrics", () => {
  test("count what runs, how each ended, and how long it took", async () => {
    let snapshot = metrics().snapshot;
    const { inside, execute, settle } = around((clock) => {
      const counted = metrics({ clock });
      snapshot = counted.snapshot;
      return counted;
    });
    expect(snapshot()).toMatchObject({ running: 0, durationMs: null, endings: { done: 0 } });
    const executions = ends.map(() => execute());
    expect(snapshot().running).toBe(ends.length);
    await settle(100);
    for (const [at, [, end]] of ends.entries()) end(inside[at], executions[at] as Execution);
    await settle();
    const { running, endings, durationMs, histogram } = snapshot();
    expect(running).toBe(0);
    expect(endings).toEqual(Object.fromEntries(ends.map(([ending]) => [ending, 1])));
    expect(durationMs?.p50).toBeGreaterThanOrEqual(64);
    expect(durationMs?.p99).toBeLessThanOrEqual(127);
    expect(histogram.reduce((sum, count) => sum + count)).toBe(ends.length);
  });

  test("that were read do not change", () => {
    const { snapshot } = metrics();
    const before = snapshot();
    expect(snapshot()).toEqual(before);
    expect(snapshot().endings).not.toBe(before.endings);
  });
});

describe("logging", () => {
  const lines: unknown[][] = [];
  const write =
    (level: string) =>
    (...line: unknown[]) =>
      lines.push([level, ...line]);
  const sink = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const about = { id: "t1", queue: "emails", attempt: 1, worker: "w" };

  afterEach(() => {
    lines.length = 0;
  });

  test.each(ends)("tells of a task that is %s", async (ending, end) => {
    const { inside, execute, settle } = around((clock) => logging(sink, { clock }));
    const execution = execute();
    await settle(7);
    end(inside[0], execution);
    await settle();
    const [begun, ended] = lines;
    expect(begun).toEqual(["info", "task begins", about]);
    const levels: Partial<Record<Ending, string>> = { done: "info", snoozed: "info", released: "info", lost: "warn" };
    expect(ended).toEqual([levels[ending] ?? "error", `task ${ending}`, expect.objectContaining({ ...about, ms: 7 })]);
    expect(lines).toHaveLength(2);
  });

  test("passes on what handlers log, besides into the task's run", async () => {
    const { inside, execute } = around((clock) => logging(sink, { clock }));
    const { logs } = execute();
    for (const level of ["debug", "info", "warn", "error"] as const) inside[0]?.context.logger[level]("sent", { n: 1 });
    expect(lines.slice(1)).toEqual(
      ["debug", "info", "warn", "error"].map((level) => [level, "sent", { ...about, n: 1 }]),
    );
    expect(logs).toEqual(["DEBUG", "INFO", "WARN", "ERROR"].map((level) => `${level} sent {"n":1}`));
  });

  test("to a sink that throws does not fail the task", async () => {
    const thrown = caught();
    const broken = () => {
      throw boom;
    };
    const { inside, execute } = around(() => logging({ debug: broken, info: broken, warn: broken, error: broken }));
    const { ended } = execute();
    inside[0]?.finish("value");
    expect(await ended).toBe("value");
    expect(thrown).toEqual([boom, boom]);
  });
});

describe("tracing", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const parentId = "00f067aa0ba902b7";
  const traceparent = `00-${traceId}-${parentId}-01`;

  const traced = async (meta: Record<string, unknown>, options: Parameters<typeof tracing>[0] = {}) => {
    const { inside, execute } = around<{ readonly trace: Trace }>(() => tracing(options));
    const { ended } = execute({ meta });
    inside[0]?.finish();
    await ended;
    return inside[0]?.context.trace as Trace;
  };

  test("goes on with the trace that the task's meta names, in a span of its own", async () => {
    const trace = await traced({ traceparent, tracestate: "congo=t61rcWkgMzE" });
    expect(trace).toMatchObject({ traceId, parentId, sampled: true, tracestate: "congo=t61rcWkgMzE" });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe(parentId);
    expect(trace.traceparent).toBe(`00-${traceId}-${trace.spanId}-01`);
  });

  test("gives what carries the trace into the tasks that a handler pushes", async () => {
    const trace = await traced({ traceparent, tracestate: "a=b" });
    const child = await traced(withTrace(trace));
    expect(child).toMatchObject({ traceId, parentId: trace.spanId, tracestate: "a=b" });
    expect(withTrace(await traced({ traceparent }))).toEqual({ traceparent: expect.stringContaining(traceId) });
  });

  test.each([
    ["00", false],
    ["01", true],
    ["fe", false],
    ["ff", true],
  ])("of flags %s keeps whether it is sampled", async (flags, sampled) => {
    const trace = await traced({ traceparent: `00-${traceId}-${parentId}-${flags}` });
    expect(trace).toMatchObject({ traceId, sampled });
    expect(trace.traceparent).toMatch(sampled ? /-01$/ : /-00$/);
  });

  test("takes what it knows of a later version", async () => {
    expect(await traced({ traceparent: `01-${traceId}-${parentId}-01-more` })).toMatchObject({ traceId, parentId });
  });

  test.each<[string, unknown]>([
    ["none", undefined],
    ["a number", 5],
    ["text", "hello"],
    ["of an invalid version", `ff-${traceId}-${parentId}-01`],
    ["of version 00 with more", `${traceparent}-more`],
    ["without a trace", `00-${"0".repeat(32)}-${parentId}-01`],
    ["without a parent", `00-${traceId}-${"0".repeat(16)}-01`],
    ["in capitals", traceparent.toUpperCase()],
  ])("begins a new trace when the traceparent is %s", async (_, given) => {
    const trace = await traced({ traceparent: given, tracestate: "a=b" });
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(traceId);
    expect(trace).not.toHaveProperty("parentId");
    expect(trace).not.toHaveProperty("tracestate");
    expect(trace.sampled).toBe(true);
  });

  test("decides about new traces as it is told", async () => {
    let byte = 0;
    const randomBytes = (count: number) => Uint8Array.from({ length: count }, () => ++byte);
    const trace = await traced({}, { sampled: false, randomBytes });
    expect(trace.traceparent).toBe("00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00");
  });

  test("drops a tracestate that is too long, or none", async () => {
    for (const tracestate of ["x".repeat(513), "", 7]) {
      expect(await traced({ traceparent, tracestate })).not.toHaveProperty("tracestate");
    }
  });

  test.each(ends)("tells its tracer of a task that is %s", async (ending, end) => {
    const told: unknown[] = [];
    const tracer = {
      start: (trace: Trace, { id }: { readonly id: string }) => {
        told.push(`start ${id} ${trace.traceId}`);
        return (...how: unknown[]) => told.push(how[0]);
      },
    };
    const { inside, execute, settle } = around<{ readonly trace: Trace }>(() => tracing({ tracer }));
    const execution = execute({ meta: { traceparent } });
    end(inside[0], execution);
    await settle();
    expect(told).toEqual([`start t1 ${traceId}`, ending]);
  });

  test("by a tracer that throws does not fail the task", async () => {
    const thrown = caught();
    const tracer = {
      start: () => {
        throw boom;
      },
    };
    await traced({}, { tracer });
    expect(thrown).toEqual([boom]);
  });
});
