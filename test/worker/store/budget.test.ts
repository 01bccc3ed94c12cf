// Rows written are the price of a queue. Only this adapter counts the rows of indexes too.
import { describe, expect, test } from "vitest";
import { queueView, statsView } from "../../../src/store/info.ts";
import { list } from "../../../src/store/list.ts";
import { hear } from "../../../src/store/liveness.ts";
import { leasesOf, type SessionRow } from "../../../src/store/sessions.ts";
import { checkStatus } from "../../../src/store/status.ts";
import { cancel, remove, reschedule, resume } from "../../../src/store/tasks.ts";
import { vacuumSlice } from "../../../src/store/vacuum.ts";
import { goodbye, listWorkers } from "../../../src/store/workers.ts";
import type { NewTask } from "../../../src/task/task.ts";
import { type Meter, measure } from "../support/meter.ts";

const OK = { ok: "1" };
const ERR = { err: "x" };

describe.each([1, 100])("at a batch of %i, rows a task", (n) => {
  const budget = (name: string, body: (meter: Meter, session: SessionRow) => number[], rows: number[]) =>
    test(name, () => measure((meter) => expect(body(meter, meter.worker()).map((cost) => cost / n)).toEqual(rows)));

  const direct = (meter: Meter, session: SessionRow, task: Partial<NewTask> = {}, autoStart = true) =>
    meter.cost(() => meter.pushTo([meter.taker(session, n, autoStart)], ...meter.many(n, task)));

  budget(
    "delivered in the push's own transaction and acked: 1, 1",
    (meter, session) => [direct(meter, session), meter.ack(session, OK)],
    [1, 1],
  );

  budget(
    "through the backlog, push, claim, ack: 1, 1, 1",
    (meter, session) => [
      meter.cost(() => meter.push(...meter.many(n))),
      meter.cost(() => meter.claim(session, n, true)),
      meter.ack(session, OK),
    ],
    [1, 1, 1],
  );

  budget(
    "a start of its own: 1",
    (meter, session) => [
      direct(meter, session, {}, false),
      meter.cost(() => meter.events(meter.eventsOf(session, (id, lease) => [{ type: "start", id, lease }]))),
      meter.ack(session, OK),
    ],
    [1, 1, 1],
  );

  budget(
    "a start in the commit of its ack: none",
    (meter, session) => {
      direct(meter, session, {}, false);
      const both = meter.eventsOf(session, (id, lease) => [
        { type: "start", id, lease },
        { type: "ack", id, lease, result: OK },
      ]);
      return [meter.cost(() => meter.events(both))];
    },
    [1],
  );

  budget(
    "with a priority, push, claim, ack: 2 for the index that gives the order, 2 for that of leases out of line, 1",
    (meter, session) => [
      meter.cost(() => meter.push(...meter.many(n, { priority: 1 }))),
      meter.cost(() => meter.claim(session, n, true)),
      meter.ack(session, OK),
    ],
    [2, 2, 1],
  );

  budget(
    "a delay that few share is not promoted, and costs nothing more: 2, 2, 1",
    (meter, session) => {
      const pushed = meter.cost(() => meter.push(...meter.many(n, { delayMs: 50 })));
      meter.now += 50;
      return [pushed, meter.cost(() => meter.claim(session, n, true)), meter.ack(session, OK)];
    },
    [2, 2, 1],
  );

  budget(
    "a retry: 2 more at its ack, and a claim like any other while it is near to those in line",
    (meter, session) => {
      direct(meter, session);
      const failed = meter.ack(session, ERR);
      meter.now += 10_000;
      return [failed, meter.cost(() => meter.claim(session, n, true)), meter.ack(session, OK)];
    },
    [3, 1, 1],
  );

  budget(
    "an ack that kills: 1 more, for the index of failures",
    (meter, session) => {
      direct(meter, session, { maxAttempts: 1 });
      return [meter.ack(session, ERR)];
    },
    [2],
  );

  budget(
    "an idempotency key: 1 at push, 1 when it is freed, none when its row goes",
    (meter, session) => {
      const pushed = direct(meter, session, { idempotencyKey: "", idempotencyUntil: "terminal" });
      const freed = meter.ack(session, OK);
      return [pushed, freed, meter.cost(() => meter.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, n)))];
    },
    [2, 2, 1],
  );

  budget(
    "an idempotency key that stays until its row goes: 1 at push",
    (meter, session) => [
      direct(meter, session, { idempotencyKey: "" }),
      meter.ack(session, OK),
      meter.cost(() => meter.push(...meter.many(n, { idempotencyKey: "" }))),
    ],
    [2, 1, 0],
  );

  budget(
    "vacuum: 1",
    (meter, session) => {
      direct(meter, session);
      meter.ack(session, OK);
      return [meter.cost(() => meter.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, n)))];
    },
    [1],
  );

  budget(
    "an extension, progress, and a repeated ack: 1, 1, 0",
    (meter, session) => {
      direct(meter, session);
      const extend = meter.eventsOf(session, (id, lease) => [{ type: "extend", id, lease, timeoutMs: 9 }]);
      const progress = meter.eventsOf(session, (id, lease) => [{ type: "progress", id, lease, progress: "1" }]);
      const ack = meter.eventsOf(session, (id, lease) => [{ type: "ack", id, lease, result: OK }]);
      const costs = [extend, progress, ack, ack].map((events) => meter.cost(() => meter.events(events)));
      return costs.filter((_, i) => i !== 2);
    },
    [1, 1, 0],
  );

  budget(
    "a snooze or a release: 1, and 1 for the index that it enters",
    (meter, session) => {
      direct(meter, session);
      const release = meter.eventsOf(session, (id, lease) => [{ type: "release", id, lease }]);
      const released = meter.cost(() => meter.events(release));
      meter.claim(session, n);
      const snooze = meter.eventsOf(session, (id, lease) => [{ type: "snooze", id, lease, delayMs: 5 }]);
      return [released, meter.cost(() => meter.events(snooze))];
    },
    [2, 2],
  );

  budget(
    "a task that is orphaned: 2 from Queued, 3 from Running",
    (meter, session) => {
      direct(meter, session, {}, false);
      meter.now += 60_000;
      const queued = meter.cost(() => meter.sweep());
      meter.heard.set(session.id, meter.now);
      meter.claim(session, n, true);
      meter.now += 60_000;
      return [queued, meter.cost(() => meter.sweep())];
    },
    [2, 3],
  );
});

test("a lease that stays behind while thousands pass is listed, once, for 2 more", () =>
  measure((meter) => {
    const slow = meter.worker("slow");
    meter.leased(slow, {}, true);
    const session = meter.worker("fast");
    const costs = [];
    for (let round = 0; round < 8; round++) {
      meter.push(...meter.many(1000));
      costs.push(meter.cost(() => meter.claim(session, 1000, true)));
      meter.ack(session, OK);
    }
    expect(costs.toSorted()).toEqual([...Array<number>(7).fill(1000), 1002]);
    expect(leasesOf(meter.tx(), slow.id, 2, 9)).toEqual([1]);
  }));

test("a delay that more than a hundred share is promoted, for 2 more", () =>
  measure((meter) => {
    meter.push(...meter.many(1000, { delayMs: 50 }));
    meter.now += 50;
    const session = meter.worker();
    expect(meter.cost(() => meter.claim(session, 1, true))).toBe(1000 * 2 + 2);
    expect(meter.cost(() => meter.claim(session, 999, true))).toBe(999 * 2);
  }));

test("one by id: cancel, resume, reschedule, delete", () =>
  measure((meter) => {
    const id = meter.pushOne();
    const cost = (verb: typeof cancel) => meter.cost(() => meter.commit((tx) => verb(tx, id)));
    expect([cost(cancel), cost(resume)]).toEqual([2, 2]);
    expect(meter.cost(() => meter.commit((tx) => reschedule(tx, id, meter.now + 5)))).toBe(2);
    expect(meter.cost(() => meter.commit((tx) => remove(tx, id)))).toBe(1);
  }));

test("a session: 2 when it begins, 1 when it ends, and one row in a third of the deadline while it holds leases", () =>
  measure((meter) => {
    expect(meter.cost(() => meter.worker("a"))).toBe(2);
    expect(meter.cost(() => meter.worker("a"))).toBe(3);
    const session = meter.worker("b");
    meter.leased(session, {}, true);
    const beat = () => meter.commit((tx) => hear(tx, { ...session, heard_at: heardAt(meter, session) }));
    let rows = 0;
    for (let second = 0; second < 120; second++) {
      meter.now += 1000;
      rows += meter.cost(beat);
    }
    expect(rows).toBe(6);
    expect(meter.cost(() => meter.commit((tx) => goodbye(tx, session)))).toBe(3 + 1);
  }));

const heardAt = (meter: Meter, session: SessionRow): number =>
  meter.sql.all<{ heard_at: number }>("SELECT heard_at FROM session WHERE id = ?1", session.id)[0]?.heard_at ?? 0;

test("the tally: one row a commit, whatever its size, and none for a commit that changes nothing", () =>
  measure((meter) => {
    const session = meter.worker();
    const commits = [
      () => meter.push(...meter.many(100)),
      () => meter.claim(session, 100, true),
      () => meter.claim(session, 100, true),
      () => meter.events([]),
      () => meter.sweep(),
    ];
    const written = commits.map((commit) => {
      const before = meter.saved;
      commit();
      return meter.saved - before;
    });
    expect(written).toEqual([1, 1, 0, 0, 0]);
  }));

test("what is only asked costs nothing", () =>
  measure((meter) => {
    const session = meter.worker();
    const id = meter.leased(session, { idempotencyKey: "k" }, true);
    meter.push({ delayMs: 5 }, {});
    const before = meter.sql.rowsWritten;
    for (const input of [{}, { status: "Failed" }, { idempotencyKey: "k" }, { after: 0, order: "oldest" }] as const)
      list(meter.tx(), input);
    checkStatus(meter.tx(), [id]);
    queueView(meter.tx());
    statsView(meter.tx());
    listWorkers(meter.tx());
    meter.row(id);
    expect(meter.sql.rowsWritten).toBe(before);
  }));
