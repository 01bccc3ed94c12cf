/** Cases of the store: leases of the dead, the slow, and of what ran too long. */

import { expect } from "vitest";
import { nextDeadline, sweep } from "../../../src/store/sweep.ts";
import { START, type StoreCases } from "../../support/store.ts";

export const sweepCases: StoreCases = {
  "nothing leased, nothing to sweep": (bench) => {
    bench.push({}, { delayMs: 5 });
    bench.worker();
    bench.now += 1_000_000;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
    expect(nextDeadline(bench.tx())).toBe(null);
  },

  "a dead worker's tasks are taken back: Queued wait again, Running fail or are killed": (bench) => {
    const dead = bench.worker("a");
    const queued = bench.leased(dead, { runAt: START - 7 });
    const running = bench.leased(dead, {}, true);
    const last = bench.leased(dead, { maxAttempts: 1 }, true);
    const live = bench.worker("b");
    const control = bench.leased(live, {}, true);
    const leases = [queued, running, last].map((id) => ({ id, lease: bench.lease(id) }));
    bench.now += 59_999;
    bench.heard.set(live.id, bench.now);
    expect(bench.untouched(() => bench.sweep())).toBe(0);
    bench.now += 1;
    expect(bench.touching([queued, running, last], () => bench.sweep())).toBe(3);
    expect(bench.view(queued)).toMatchObject({ status: "Pending", attempt: 0, runAt: START - 7, runs: [] });
    const err = "abandoned: worker a was silent for 60000 ms";
    expect(bench.view(running)).toMatchObject({
      status: "Failed",
      attempt: 1,
      runAt: START + 61_000,
      lastResult: { err },
    });
    expect(bench.view(running).runs).toEqual([
      { attempt: 1, worker: "a", startedAt: START, endedAt: START + 60_000, outcome: "orphaned", error: err },
    ]);
    expect(bench.view(last)).toMatchObject({ status: "Killed", doneAt: START + 60_000, lastResult: { err } });
    expect(bench.journal.lost).toEqual(leases.map((one) => ({ session: dead.id, ...one, reason: "orphaned" })));
    expect(bench.view(control).status).toBe("Running");
    expect(bench.untouched(() => bench.sweep())).toBe(0);
  },

  "a worker that is heard lives, by whatever way": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, {}, true);
    for (let i = 0; i < 5; i++) {
      bench.now += 59_000;
      bench.heard.set(session.id, bench.now);
      expect(bench.sweep()).toBe(0);
    }
    expect(bench.view(id).status).toBe("Running");
    expect(nextDeadline(bench.tx())).toBe(bench.now + 60_000);
  },

  "a task that is neither started nor acked in time goes back, though its worker lives, and nothing burns": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session);
    const running = bench.leased(session, {}, true);
    for (let i = 0; i < 6; i++) {
      expect(nextDeadline(bench.tx())).toBe(bench.now + 60_000);
      bench.now += 60_000;
      bench.heard.set(session.id, bench.now);
      expect(bench.touching([id], () => bench.sweep())).toBe(1);
      expect(bench.view(id)).toMatchObject({ status: "Pending", attempt: 0 });
      expect(bench.raw(id).strikes).toBe(0);
      bench.claim(session);
    }
    expect(bench.view(running).status).toBe("Running");
  },

  "a task that is started late but before the deadline stays": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session);
    bench.now += 59_999;
    bench.heard.set(session.id, bench.now);
    bench.event({ type: "start", id, lease: bench.lease(id) });
    bench.now += 1;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
  },

  "what runs longer than it may times out, though its worker lives": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, { timeoutMs: 500 }, true);
    const last = bench.leased(session, { timeoutMs: 500, maxAttempts: 1 }, true);
    const longer = bench.leased(session, { timeoutMs: 501 }, true);
    const lease = bench.lease(id);
    expect(nextDeadline(bench.tx())).toBe(START + 500);
    bench.now += 499;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
    bench.now += 1;
    expect(bench.touching([id, last], () => bench.sweep())).toBe(2);
    expect(bench.view(id)).toMatchObject({ status: "Failed", attempt: 1, runAt: START + 1500 });
    expect(bench.view(id).runs).toMatchObject([{ outcome: "timeout", endedAt: START + 500 }]);
    expect(bench.view(last)).toMatchObject({ status: "Killed", runs: [{ outcome: "timeout" }] });
    expect(bench.journal.lost[0]).toEqual({ session: session.id, id, lease, reason: "timeout" });
    expect(bench.view(longer).status).toBe("Running");
    expect(nextDeadline(bench.tx())).toBe(START + 501);
  },

  "a Queued task does not time out": (bench) => {
    bench.leased(bench.worker("a"), { timeoutMs: 5 });
    bench.now += 1000;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
  },

  "an extension counts from when it was asked for, again and again": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, { timeoutMs: 100 }, true);
    for (let i = 0; i < 3; i++) {
      bench.now += 90;
      expect(bench.sweep()).toBe(0);
      bench.event({ type: "extend", id, lease: bench.lease(id), timeoutMs: 100 });
    }
    bench.now += 100;
    expect(bench.sweep()).toBe(1);
  },

  "five workers in a row that die before they start burn one attempt, and kill on the last": (bench) => {
    const id = bench.pushOne({ maxAttempts: 2 });
    const die = (n: number) => {
      for (let i = 0; i < n; i++) {
        expect(bench.claim(bench.worker(`w${bench.tally.nextSession}`))).toHaveLength(1);
        bench.now += 60_000;
        expect(bench.sweep()).toBe(1);
      }
    };
    die(4);
    expect(bench.view(id)).toMatchObject({ status: "Pending", attempt: 0 });
    die(1);
    expect(bench.view(id)).toMatchObject({ status: "Pending", attempt: 1 });
    die(4);
    expect(bench.view(id)).toMatchObject({ status: "Pending", attempt: 1 });
    die(1);
    expect(bench.view(id)).toMatchObject({ status: "Killed", attempt: 2 });
    expect(bench.journal.finished).toEqual([1]);
  },

  "the session of a dead worker stays known, and may go on when it comes back": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, {}, true);
    bench.now += 60_000;
    bench.sweep();
    bench.heard.set(session.id, bench.now);
    bench.now += 1000;
    expect(bench.claim(session, 1).map((row) => bench.idOf(row))).toEqual([id]);
  },

  "a sweep goes in slices of a thousand, and counts every lease that it took back": (bench) => {
    const dead = [bench.worker("a"), bench.worker("b")];
    for (let i = 0; i < 3; i++) {
      bench.push(...Array.from({ length: 500 }, () => ({})));
      bench.claim(dead[i % 2] ?? bench.worker(), 500, true);
    }
    bench.now += 60_000;
    const slices: unknown[] = [];
    for (let more = true; more; ) {
      const swept = bench.commit((tx) => sweep(tx));
      slices.push(swept.taken);
      more = swept.more;
    }
    expect(slices.reduce((a, b) => Number(a) + Number(b), 0)).toBe(1500);
    expect(slices.every((taken) => Number(taken) <= 1000)).toBe(true);
    expect(bench.tally.counts).toMatchObject({ Failed: 1500, Running: 0 });
  },

  "a clock that goes back takes nothing back": (bench) => {
    const session = bench.worker("a");
    const ids = [bench.leased(session), bench.leased(session, { timeoutMs: 100 }, true)];
    bench.now -= 3_600_000;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
    expect(ids.map((id) => bench.view(id).status)).toEqual(["Queued", "Running"]);
  },
};
