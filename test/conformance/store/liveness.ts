/** Cases of the store: who is alive, above all after a restart, when nobody can have been heard. */

import { expect } from "vitest";
import { poll } from "../../../src/store/calls.ts";
import { deathOf, hear, isAlive, missing } from "../../../src/store/liveness.ts";
import { type SessionRow, sessionById, sessionToken } from "../../../src/store/sessions.ts";
import { nextDeadline } from "../../../src/store/sweep.ts";
import { resume } from "../../../src/store/tasks.ts";
import { register } from "../../../src/store/workers.ts";
import { START, type StoreBench, type StoreCases, value } from "../../support/store.ts";

const fresh = (bench: StoreBench, session: SessionRow): SessionRow => {
  const row = sessionById(bench.tx(), session.id);
  if (!row) throw new Error("the session is gone");
  return row;
};

/** A new process: what the last one heard is lost. */
const restart = (bench: StoreBench): void => bench.heard.clear();

const heartbeat = (bench: StoreBench, session: SessionRow): void => {
  bench.commit((tx) => hear(tx, fresh(bench, session)));
  bench.heard.set(session.id, bench.now);
};

export const livenessCases: StoreCases = {
  "after a restart a worker has the whole grace from when it was first seen missing": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, {}, true);
    restart(bench);
    bench.now += 600_000;
    expect(nextDeadline(bench.tx())).toBe(bench.now + 60_000);
    expect(bench.sweep()).toBe(0);
    expect(fresh(bench, session).missing_at).toBe(START + 600_000);
    bench.now += 59_999;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
    expect(nextDeadline(bench.tx())).toBe(START + 660_000);
    bench.now += 1;
    expect(bench.sweep()).toBe(1);
    expect(bench.view(id).status).toBe("Failed");
  },

  "another restart grants no further grace": (bench) => {
    const session = bench.worker("a");
    bench.leased(session, {}, true);
    bench.now += 600_000;
    for (let i = 0; i < 5; i++) {
      restart(bench);
      expect(bench.sweep()).toBe(0);
      bench.now += 12_000;
    }
    expect(bench.sweep()).toBe(1);
    expect(fresh(bench, session)).toMatchObject({ id: session.id });
  },

  "the moment at which one was first seen missing stays, whoever looks again": (bench) => {
    const session = bench.worker("a");
    for (const since of [START + 10, START + 20]) bench.commit((tx) => missing(tx, session.id, START + 5, since));
    expect(fresh(bench, session)).toMatchObject({ missing_at: START + 10, heard_at: START + 5 });
  },

  "one who speaks within the grace is back, and a later absence counts anew": (bench) => {
    const session = bench.worker("a");
    bench.leased(session, {}, true);
    restart(bench);
    bench.now += 600_000;
    bench.sweep();
    bench.now += 30_000;
    heartbeat(bench, session);
    expect(fresh(bench, session)).toMatchObject({ missing_at: null, heard_at: bench.now });
    restart(bench);
    bench.now += 600_000;
    expect(bench.sweep()).toBe(0);
    expect(fresh(bench, session).missing_at).toBe(bench.now);
  },

  "one who registers with its session within the grace is back too": (bench) => {
    const session = bench.worker("a");
    bench.leased(session, {}, true);
    restart(bench);
    bench.now += 600_000;
    bench.sweep();
    bench.commit((tx) => value(register(tx, { worker: "a", session: sessionToken(session) })));
    expect(fresh(bench, session)).toMatchObject({ missing_at: null, heard_at: bench.now });
  },

  "a short restart takes no grace at all: the row's own sign of life is fresh enough": (bench) => {
    const session = bench.worker("a");
    bench.leased(session, {}, true);
    restart(bench);
    bench.now += 30_000;
    expect(bench.untouched(() => bench.sweep())).toBe(0);
    expect(deathOf(bench.tx(), fresh(bench, session))).toEqual({ at: START + 60_000, missing: false });
  },

  "one whom the process heard is dead when it is silent, without more grace": (bench) => {
    const session = bench.worker("a");
    bench.leased(session, {}, true);
    bench.heard.set(session.id, START + 10_000);
    bench.now += 69_999;
    expect(bench.sweep()).toBe(0);
    bench.now += 1;
    expect(bench.sweep()).toBe(1);
  },

  "a heartbeat is written only for one that holds leases, and once in a third of the deadline": (bench) => {
    const [idle, holder] = [bench.worker("a"), bench.worker("b")];
    bench.leased(holder, {}, true);
    let written = 0;
    for (let i = 0; i < 60; i++) {
      bench.now += 1000;
      bench.untouched(() => heartbeat(bench, idle));
      heartbeat(bench, holder);
      written += bench.rows;
    }
    expect(written).toBe(3);
  },

  "a shorter deadline counts at once": (bench) => {
    const session = bench.worker("a");
    bench.leased(session, {}, true);
    bench.now += 5_000;
    expect(bench.sweep()).toBe(0);
    bench.configure({ orphanAfterMs: 5_000 });
    expect(nextDeadline(bench.tx())).toBe(bench.now);
    expect(bench.sweep()).toBe(1);
  },

  "one that polls after a long silence holds what it is given, also for what follows in the same transaction": (
    bench,
  ) => {
    const id = bench.pushOne();
    bench.worker("a");
    bench.now += 600_000;
    bench.commit((tx) => {
      value(poll(tx, { worker: "a", max: 1, autoStart: false, events: [] }));
      expect(resume(tx, id)).toEqual({ ok: true, value: false });
    });
  },

  "a worker is alive until its deadline, to the millisecond": (bench) => {
    const session = bench.worker("a");
    bench.now += 59_999;
    expect(isAlive(bench.tx(), session)).toBe(true);
    bench.now += 1;
    expect(isAlive(bench.tx(), session)).toBe(false);
  },
};
