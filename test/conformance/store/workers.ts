/** Cases of the store: workers that come, are replaced, and go. */

import { expect } from "vitest";
import { claim } from "../../../src/store/claim.ts";
import { heldLeases, heldTasks } from "../../../src/store/leased.ts";
import { lostLeases } from "../../../src/store/lost.ts";
import { namedSession, presentSession, sessionByToken, sessionToken } from "../../../src/store/sessions.ts";
import { goodbye, listWorkers, register } from "../../../src/store/workers.ts";
import { START, type StoreCases, value } from "../../support/store.ts";

export const workerCases: StoreCases = {
  "a name gets a session that its token names, and no other does": (bench) => {
    const session = bench.worker("a/b");
    const token = sessionToken(session);
    expect(session).toMatchObject({
      worker: "a/b",
      superseded: 0,
      started_at: START,
      heard_at: START,
      missing_at: null,
    });
    expect(namedSession(bench.tx(), "a/b", token)).toEqual({ ok: true, value: session });
    const other = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    for (const wrong of ["", "1", other, token.toUpperCase(), `0${token}x`, `zz${token}`]) {
      expect(sessionByToken(bench.tx(), wrong)).toBe(undefined);
      expect(namedSession(bench.tx(), "a/b", wrong)).toMatchObject({ error: { code: "worker_not_found" } });
    }
    expect(namedSession(bench.tx(), "a", token)).toMatchObject({ error: { code: "worker_not_found" } });
  },

  "layers and info are kept": (bench) => {
    const info = { sdk: "x\u0000" };
    const { session } = bench.commit((tx) => value(register(tx, { worker: "a", layers: ["retry", "é"], info })));
    expect(session).toMatchObject({ layers: '["retry","é"]', info: JSON.stringify(info) });
    expect(listWorkers(bench.tx())).toMatchObject([{ id: "a", layers: ["retry", "é"] }]);
  },

  "a worker that names its session goes on with it, and nothing changes": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, {}, true);
    const again = bench.untouched(() =>
      bench.commit((tx) => value(register(tx, { worker: "a", session: sessionToken(session) }))),
    );
    expect(again).toMatchObject({ session: { id: session.id }, superseded: null });
    expect(bench.view(id).status).toBe("Running");
  },

  "a session that is unknown, or another worker's, opens a new one": (bench) => {
    const a = bench.worker("a");
    const b = bench.commit((tx) => value(register(tx, { worker: "b", session: sessionToken(a) })));
    const c = bench.commit((tx) => value(register(tx, { worker: "c", session: "1-zzzzzzzzzzzzzzzzzzzzzzzzzz" })));
    expect(new Set([a.id, b.session.id, c.session.id]).size).toBe(3);
    expect(presentSession(bench.tx(), "a")?.id).toBe(a.id);
  },

  "a name that is taken again: what was not started goes back, what runs may end": (bench) => {
    const old = bench.worker("a");
    const queued = bench.leased(old);
    const running = bench.leased(old, {}, true);
    const control = bench.leased(bench.worker("b"));
    const leases = [bench.lease(queued), bench.lease(running)];
    const { session, superseded } = bench.touching([queued], () =>
      bench.commit((tx) => value(register(tx, { worker: "a" }))),
    );
    expect(superseded?.id).toBe(old.id);
    expect(session.id).not.toBe(old.id);
    expect(bench.view(queued)).toMatchObject({ status: "Pending", attempt: 0 });
    expect(bench.raw(queued).strikes).toBe(1);
    expect(bench.journal.lost).toEqual([{ session: old.id, id: queued, lease: leases[0], reason: "superseded" }]);
    expect(bench.event({ type: "ack", id: queued, lease: leases[0] ?? "", result: { ok: "1" } })).toMatchObject({
      error: { code: "lease_lost" },
    });
    const ack = { type: "ack", id: running, lease: leases[1] ?? "", result: { ok: "1" } } as const;
    expect(bench.untouched(() => bench.event(ack, session))).toMatchObject({ error: { code: "lease_lost" } });
    expect(bench.event(ack, old)).toEqual({ id: running, status: "Done" });
    expect(bench.view(control).status).toBe("Queued");
  },

  "the old session cannot take its name back": (bench) => {
    const old = bench.worker("a");
    bench.worker("a");
    const again = bench.untouched(() =>
      bench.commit((tx) => register(tx, { worker: "a", session: sessionToken(old) })),
    );
    expect(again).toMatchObject({ error: { code: "superseded" } });
    expect(namedSession(bench.tx(), "a", sessionToken(old))).toMatchObject({ value: { superseded: 1 } });
  },

  "a session's number is not used again, not even by the next after a goodbye": (bench) => {
    const first = bench.worker("a");
    bench.commit((tx) => goodbye(tx, first));
    const second = bench.worker("a");
    expect(second.id).toBeGreaterThan(first.id);
    expect(sessionByToken(bench.tx(), sessionToken(first))).toBe(undefined);
  },

  "goodbye: what was not started is released unburned and counted, what runs is orphaned at once": (bench) => {
    const session = bench.worker("a");
    const queued = [bench.leased(session, { runAt: START - 5 }), bench.leased(session)];
    const running = bench.leased(session, {}, true);
    const last = bench.leased(session, { maxAttempts: 1 }, true);
    const control = bench.leased(bench.worker("b"), {}, true);
    bench.now += 10;
    const released = bench.touching([...queued, running, last], () => bench.commit((tx) => goodbye(tx, session)));
    expect(released).toBe(2);
    expect(bench.view(queued[0] ?? "")).toMatchObject({ status: "Pending", attempt: 0, runAt: START - 5 });
    expect(bench.raw(queued[0] ?? "").strikes).toBe(0);
    expect(bench.view(running)).toMatchObject({
      status: "Failed",
      attempt: 1,
      runAt: START + 1010,
      runs: [{ worker: "a", outcome: "orphaned" }],
    });
    expect(bench.view(last)).toMatchObject({
      status: "Killed",
      lastResult: { err: expect.stringMatching(/^abandoned: worker a /) },
    });
    expect(sessionByToken(bench.tx(), sessionToken(session))).toBe(undefined);
    expect(bench.view(control).status).toBe("Running");
  },

  "a superseded session says goodbye to what it still runs, and the new one is untouched": (bench) => {
    const old = bench.worker("a");
    const running = bench.leased(old, {}, true);
    const fresh = bench.worker("a");
    const held = bench.leased(fresh);
    bench.touching([running], () => bench.commit((tx) => goodbye(tx, old)));
    expect(bench.view(running).status).toBe("Failed");
    expect(bench.view(held)).toMatchObject({ status: "Queued", lockBy: "a" });
  },

  "five workers superseded before they start burn one attempt of the task, and a start ends the row": (bench) => {
    const id = bench.pushOne({ maxAttempts: 2 });
    const round = () => {
      const session = bench.worker("a");
      expect(bench.claim(session)).toHaveLength(1);
      return session;
    };
    for (let i = 0; i < 5; i++) round();
    bench.worker("a");
    expect(bench.view(id)).toMatchObject({ status: "Pending", attempt: 1 });
    for (let i = 0; i < 4; i++) round();
    const session = round();
    bench.event({ type: "start", id, lease: bench.lease(id) }, session);
    bench.event({ type: "release", id, lease: bench.lease(id) }, session);
    for (let i = 0; i < 5; i++) round();
    bench.worker("a");
    expect(bench.view(id)).toMatchObject({ status: "Killed", attempt: 2, doneAt: START });
    expect(bench.view(id).lastResult).toMatchObject({ err: expect.stringMatching(/^abandoned/) });
  },

  "workers are listed once by name, with what their sessions hold together": (bench) => {
    const old = bench.worker("a");
    bench.leased(old, {}, true);
    bench.now += 10;
    const fresh = bench.worker("a");
    bench.leased(fresh);
    bench.leased(fresh);
    bench.worker("b");
    expect(listWorkers(bench.tx())).toEqual([
      { id: "a", queue: "emails", startedAt: START + 10, heardAt: START + 10, layers: [], leases: 3, alive: true },
      { id: "b", queue: "emails", startedAt: START + 10, heardAt: START + 10, layers: [], leases: 0, alive: true },
    ]);
  },

  "silent ones are listed until their leases are gone": (bench) => {
    const session = bench.worker("a");
    bench.worker("b");
    const id = bench.leased(session, {}, true);
    bench.now += 60_000;
    expect(listWorkers(bench.tx())).toMatchObject([{ id: "a", leases: 1, alive: false, heardAt: START }]);
    bench.sweep();
    expect(listWorkers(bench.tx())).toEqual([]);
    expect(bench.view(id).status).toBe("Failed");
  },

  "a session that is dead for a day and holds nothing is forgotten when another comes": (bench) => {
    const [idle, holder] = [bench.worker("a"), bench.worker("b")];
    bench.leased(holder, {}, true);
    bench.now += 86_400_000 + 59_999;
    bench.worker("c");
    expect(sessionByToken(bench.tx(), sessionToken(idle))).toMatchObject({ id: idle.id });
    bench.now += 1;
    bench.worker("d");
    expect(sessionByToken(bench.tx(), sessionToken(idle))).toBe(undefined);
    expect(sessionByToken(bench.tx(), sessionToken(holder))).toMatchObject({ id: holder.id });
  },

  "a session that holds nothing survives a restart, however old its last written sign of life": (bench) => {
    const idle = bench.worker("a");
    bench.now += 10 * 86_400_000;
    bench.heard.clear();
    bench.worker("b");
    expect(sessionByToken(bench.tx(), sessionToken(idle))).toMatchObject({ missing_at: bench.now });
    bench.now += 86_400_000 + 60_000;
    bench.worker("c");
    expect(sessionByToken(bench.tx(), sessionToken(idle))).toBe(undefined);
  },

  "what a session holds is told by its leases, and handed out again in order": (bench) => {
    const session = bench.worker("a");
    const [low, high, other] = [
      bench.leased(session),
      bench.leased(session, { priority: 1 }, true),
      bench.leased(bench.worker("b")),
    ];
    expect(heldLeases(bench.tx(), session.id)).toEqual([
      { seq: 1, id: low, lease: bench.lease(low), status: "Queued" },
      { seq: 2, id: high, lease: bench.lease(high), status: "Running" },
    ]);
    expect(heldTasks(bench.tx(), session.id, [1, 2, 3, 4]).map((row) => bench.idOf(row))).toEqual([high, low]);
    expect(heldTasks(bench.tx(), session.id, [bench.seqOf(other)])).toEqual([]);
  },

  "leases that are no more are named, those of vanished tasks without an id": (bench) => {
    const id = bench.leased(bench.worker("a"));
    const leases = [bench.lease(id), "1.zz", "nonsense", ""];
    expect(lostLeases(bench.tx(), leases)).toEqual(
      leases.map((lease, i) => ({ id: i === 0 ? id : "", lease, reason: "orphaned" })),
    );
    expect(lostLeases(bench.tx(), [])).toEqual([]);
  },

  "names of any characters are workers of their own": (bench) => {
    const names = [
      "a",
      "A",
      "a\u0000",
      "a\u0000b",
      "alloc::string::String",
      "a/b",
      "é",
      "e\u0301",
      "😀",
      " ",
      "x".repeat(255),
    ];
    const sessions = names.map((name) => bench.worker(name));
    const takers = sessions.map((session) => bench.taker(session, 1));
    bench.push(...names.map(() => ({})));
    const { deliveries } = bench.commit((tx) => claim(tx, takers));
    expect(takers.map((taker) => deliveries.get(taker)?.[0]?.worker)).toEqual(names);
    expect(listWorkers(bench.tx()).map((worker) => [worker.id, worker.leases])).toEqual(names.map((name) => [name, 1]));
  },
};
