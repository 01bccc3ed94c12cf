/** Cases of the store: what is written in sets equals what the rules say of each task. */

import { expect } from "vitest";
import { claim } from "../../../src/store/claim.ts";
import { seqOf, stateOf } from "../../../src/store/rows.ts";
import { placeOf, transition } from "../../../src/task/machine.ts";
import type { TaskState } from "../../../src/task/state.ts";
import { STATUS_CODE } from "../../../src/task/status.ts";
import { START, type StoreBench, type StoreCases, value } from "../../support/store.ts";

/** A waiting task in any state that the past could have left it in. */
function anyWaiting(bench: StoreBench): string {
  const { dice } = bench;
  const maybe = <T>(one: T): T | undefined => (dice.below(2) === 0 ? one : undefined);
  const id = bench.pushOne({
    priority: dice.below(7) - 3,
    runAt: START - 500 + dice.below(1000),
    maxAttempts: 3 + dice.below(4),
    timeoutMs: maybe(1 + dice.below(1000)),
    backoff: maybe({ baseMs: dice.below(100) }),
    idempotencyKey: maybe(`k${dice.next()}`),
    groupKey: maybe("g"),
  });
  const past = dice.below(2) === 0;
  const status = dice.below(2) === 0 ? "Pending" : "Failed";
  bench.commit((tx) => {
    tx.journal.moved("Pending", status);
    return tx.sql.all(
      `UPDATE task SET status = ?2, attempt = ?3, strikes = ?4, past_lease = ?5, past_event = ?6, past_status = ?2,
       revision = ?7, runs = ?8, result = ?9, progress = ?10, place = iif(?2 = 4 AND place = 2, 1, place) WHERE seq = ?1`,
      seqOf(bench, id),
      STATUS_CODE[status],
      dice.below(3),
      dice.below(5),
      past ? dice.token() : null,
      past ? "ack" : null,
      1 + dice.below(9),
      maybe("[]") ?? null,
      maybe('{"err":"x"}') ?? null,
      maybe("7") ?? null,
    );
  });
  return id;
}

function claimsByTheRules(bench: StoreBench, autoStart: boolean): void {
  const ids = Array.from({ length: 200 }, () => anyWaiting(bench));
  const before = new Map(ids.map((id) => [id, { state: stateOf(bench.row(id)), raw: bench.raw(id) }]));
  const session = bench.worker();
  bench.now += 100;
  const taker = bench.taker(session, 200, autoStart);
  const rows = bench.commit((tx) => claim(tx, [taker]).deliveries.get(taker) ?? []);
  const taken = new Set(rows.map((row) => bench.idOf(row)));
  const moment = { now: bench.now, random: 0 };
  for (const [id, { state, raw }] of before) {
    const due = placeOf(state, bench.now) === "ready";
    expect(taken.has(id)).toBe(due);
    if (!due) {
      expect({ ...bench.raw(id), place: raw.place ?? null }).toEqual(raw);
      continue;
    }
    const token = Number(bench.raw(id).lease);
    const ruled = value(transition(state, { type: "claim", token, autoStart }, moment)).next;
    expect(stateOf(bench.row(id))).toEqual(ruled);
    expect(bench.raw(id)).toEqual({
      ...raw,
      ...columnsOf(ruled),
      // Whether a lease is listed is the storage's own affair: a task of the line never is.
      place: raw.place === 2 ? null : expect.toBeOneOf([null, 3]),
      holder: session.id,
      revision: Number(raw.revision) + 1,
    });
  }
  expect(taken.size).toBeGreaterThan(20);
  expect(taken.size).toBeLessThan(200);
}

/** The columns that a claim may set, from the state that the rules want. */
const columnsOf = (state: TaskState) => ({
  status: STATUS_CODE[state.status],
  lease: state.token,
  lock_at: state.lockAt,
  attempt: state.attempt,
  strikes: state.strikes,
  started_at: state.startedAt,
  deadline: state.deadline,
  past_lease: null,
  past_event: null,
  past_status: null,
});

export const ruleCases: StoreCases = {
  "a claim writes what the rules say, for tasks of any past": (bench) => claimsByTheRules(bench, false),

  "a claim with autoStart writes what the rules say, for tasks of any past": (bench) => claimsByTheRules(bench, true),

  "a delivery in the push's own transaction writes what push and claim would": (bench) => {
    const task = {
      args: "[1]",
      priority: 3,
      timeoutMs: 77,
      maxAttempts: 2,
      idempotencyKey: "k",
      groupKey: "g",
      meta: { a: 1 },
    };
    for (const autoStart of [false, true]) {
      const waiting = bench.pushOne({ ...task, idempotencyKey: `a${autoStart}` });
      const session = bench.worker(`w${autoStart}`);
      bench.claim(session, 1, autoStart);
      const direct = bench.leased(session, { ...task, idempotencyKey: `b${autoStart}` }, autoStart);
      const shared = { seq: 0, random: 0, lease: 0, idem_key: "", revision: 0, place: 0 };
      expect({ ...bench.raw(direct), ...shared }).toEqual({ ...bench.raw(waiting), ...shared });
    }
  },
};
