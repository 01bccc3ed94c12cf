/** Cases of the store: leases that are stale, another's, or repeated, and values that are too large. */

import { expect } from "vitest";
import { cancel, reschedule, resume } from "../../../src/store/tasks.ts";
import { formatLease, parseLease } from "../../../src/task/id.ts";
import type { HolderEvent } from "../../../src/task/task.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

/** One of each event that a holder may send. */
const everyEvent = (id: string, lease: string): HolderEvent[] => [
  { type: "start", id, lease },
  { type: "ack", id, lease, result: { ok: "1" } },
  { type: "ack", id, lease, result: { err: "x" } },
  { type: "ack", id, lease, result: { err: "x", abort: true } },
  { type: "snooze", id, lease, delayMs: 5 },
  { type: "release", id, lease },
  { type: "extend", id, lease, timeoutMs: 5 },
  { type: "progress", id, lease, progress: "1" },
];

function refusesAll(bench: StoreBench, id: string, lease: string, taskStatus: string): void {
  for (const event of everyEvent(id, lease)) {
    const answer = bench.untouched(() => bench.event(event));
    expect(answer).toMatchObject({ id, error: { code: "lease_lost", taskStatus } });
    expect(bench.rows).toBe(0);
  }
}

/** A task that was held and taken back, with the lease of the time. */
function lost(bench: StoreBench): { id: string; lease: string } {
  bench.pushOne();
  const id = bench.idOf(bench.claim(bench.worker(), 1, true)[0]);
  const lease = bench.lease(id);
  bench.commit((tx) => reschedule(tx, id, START));
  return { id, lease };
}

export const fencingCases: StoreCases = {
  "a lease that was taken back changes nothing, and is told the present status": (bench) => {
    bench.control();
    const { id, lease } = lost(bench);
    refusesAll(bench, id, lease, "Pending");
    bench.claim(bench.worker("b"), 9);
    refusesAll(bench, id, lease, "Queued");
  },

  "a lease that was cancelled away changes nothing": (bench) => {
    const id = bench.leased(bench.worker(), {}, true);
    const lease = bench.lease(id);
    bench.commit((tx) => cancel(tx, id));
    refusesAll(bench, id, lease, "Killed");
  },

  "a lease that is another task's, ill-formed, empty or zero changes nothing": (bench) => {
    const session = bench.worker();
    const [id, other] = [bench.leased(session), bench.leased(session)];
    const token = parseLease(bench.lease(id))?.token ?? 0;
    const seq = bench.row(id).seq;
    const wrong = [
      bench.lease(other),
      "",
      "0.1",
      `0.${seq}`,
      "a",
      "A.1",
      formatLease(token + 1, seq),
      formatLease(token, 0),
    ];
    for (const lease of wrong) refusesAll(bench, id, lease, "Queued");
  },

  "a waiting task has no lease, not even zero": (bench) => {
    const id = bench.pushOne();
    for (const lease of ["0.1", "", "1.1"]) refusesAll(bench, id, lease, "Pending");
  },

  "an event that comes with another session than the lease's is refused, without a session the lease suffices": (
    bench,
  ) => {
    const [mine, other] = [bench.worker("a"), bench.worker("b")];
    const id = bench.leased(mine, {}, true);
    for (const event of everyEvent(id, bench.lease(id))) {
      const answer = bench.untouched(() => bench.event(event, other));
      expect(answer).toMatchObject({ error: { code: "lease_lost", taskStatus: "Running" } });
    }
    expect(bench.event({ type: "ack", id, lease: bench.lease(id), result: { ok: "1" } }, mine)).toEqual({
      id,
      status: "Done",
    });
  },

  "a refusal tells the status that the task has within its batch": (bench) => {
    const [mine, other] = [bench.worker("a"), bench.worker("b")];
    const id = bench.leased(mine);
    const lease = bench.lease(id);
    const large = JSON.stringify("x".repeat(300_000));
    const answers = bench.events([
      { type: "start", id, lease },
      { type: "ack", id, lease, result: { ok: large } },
      { type: "ack", id, lease, result: { ok: "1" } },
    ]);
    expect(answers[1]).toMatchObject({ error: { code: "payload_too_large", taskStatus: "Running" } });
    expect(bench.event({ type: "start", id, lease }, other)).toMatchObject({ error: { taskStatus: "Done" } });
  },

  "an ack that is sent again gets its first answer, whatever it brings, until the task is claimed anew": (bench) => {
    const session = bench.worker();
    const id = bench.leased(session, {}, true);
    const lease = bench.lease(id);
    bench.event({ type: "ack", id, lease, result: { err: "x", retryAfterMs: 0 } });
    const large = JSON.stringify("x".repeat(300_000));
    for (const result of [{ err: "x" }, { ok: "1" }, { err: "y", abort: true as const }, { ok: large }]) {
      expect(bench.untouched(() => bench.event({ type: "ack", id, lease, result }))).toEqual({ id, status: "Failed" });
    }
    bench.claim(session, 1);
    expect(bench.untouched(() => bench.event({ type: "ack", id, lease, result: { err: "x" } }))).toMatchObject({
      error: { code: "lease_lost", taskStatus: "Queued" },
    });
  },

  "an answer is given again though the task moved on by other hands": (bench) => {
    const id = bench.leased(bench.worker(), {}, true);
    const lease = bench.lease(id);
    bench.event({ type: "ack", id, lease, result: { err: "x", abort: true } });
    bench.commit((tx) => resume(tx, id));
    expect(bench.untouched(() => bench.event({ type: "ack", id, lease, result: { err: "x" } }))).toEqual({
      id,
      status: "Killed",
    });
  },

  "a repeated snooze or release gets its first answer; another kind of end does not": (bench) => {
    const session = bench.worker();
    for (const [first, second] of [
      ["snooze", "release"],
      ["release", "snooze"],
    ] as const) {
      const id = bench.leased(session, { delayMs: 0 });
      const lease = bench.lease(id);
      const event = (type: "snooze" | "release"): HolderEvent =>
        type === "snooze" ? { type, id, lease, delayMs: 9 } : { type, id, lease };
      bench.event(event(first));
      expect(bench.untouched(() => bench.event(event(first)))).toEqual({ id, status: "Pending" });
      expect(bench.untouched(() => bench.event(event(second)))).toMatchObject({ error: { code: "lease_lost" } });
      expect(bench.untouched(() => bench.event({ type: "ack", id, lease, result: { ok: "1" } }))).toMatchObject({
        error: { code: "lease_lost" },
      });
      bench.now += 10;
      bench.claim(session, 9);
    }
  },

  "a result above 256 KiB refuses its event, not the others": (bench) => {
    const session = bench.worker();
    const [id, other] = [bench.leased(session), bench.leased(session)];
    const limit = 256 * 1024;
    const fits = JSON.stringify("x".repeat(limit - 2));
    const above = [JSON.stringify("x".repeat(limit - 1)), JSON.stringify("é".repeat(limit / 2))];
    for (const ok of above) {
      const event = { type: "ack", id, lease: bench.lease(id), result: { ok } } as const;
      const answer = bench.untouched(() => bench.event(event));
      expect(answer).toMatchObject({ id, error: { code: "payload_too_large", taskStatus: "Queued" } });
    }
    const answers = bench.events([
      { type: "ack", id, lease: bench.lease(id), result: { ok: above[0] ?? "" } },
      { type: "ack", id: other, lease: bench.lease(other), result: { ok: fits } },
    ]);
    expect(answers).toMatchObject([{ error: { code: "payload_too_large" } }, { status: "Done" }]);
    expect(bench.view(other).lastResult).toEqual({ ok: fits });
  },

  "progress above 8 KiB refuses its event": (bench) => {
    const id = bench.leased(bench.worker());
    const event = (length: number) =>
      ({ type: "progress", id, lease: bench.lease(id), progress: `"${"x".repeat(length - 2)}"` }) as const;
    expect(bench.untouched(() => bench.event(event(8193)))).toMatchObject({ error: { code: "payload_too_large" } });
    expect(bench.event(event(8192))).toEqual({ id, status: "Queued" });
  },

  "with another codec a result is a base64 string or null": (bench) => {
    const session = bench.worker();
    const id = bench.leased(session, { args: '"AA=="', codec: "msgpack" });
    for (const ok of ["1", '"no base64"', '"AAA"', "{}", '"AA==="', '"===="', "true"]) {
      const event = { type: "ack", id, lease: bench.lease(id), result: { ok } } as const;
      expect(bench.untouched(() => bench.event(event))).toMatchObject({
        error: { code: "bad_request", path: "result.ok" },
      });
    }
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { ok: '"AAEC"' } });
    expect(bench.view(id).lastResult).toEqual({ ok: '"AAEC"' });
    const second = bench.leased(session, { args: '""', codec: "msgpack" });
    expect(bench.event({ type: "ack", id: second, lease: bench.lease(second), result: { ok: "null" } })).toMatchObject({
      status: "Done",
    });
  },
};
