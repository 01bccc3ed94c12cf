/** Cases of the store: tasks that are delivered in the push's own transaction, and how a batch is dealt. */

import { expect } from "vitest";
import { claim } from "../../../src/store/claim.ts";
import { leasedViewOf } from "../../../src/store/rows.ts";
import { deal } from "../../../src/store/takers.ts";
import { START, type StoreCases } from "../../support/store.ts";

export const deliveryCases: StoreCases = {
  "a due task goes to who waits, in the push's own transaction, and is Queued": (bench) => {
    const w = bench.worker("a");
    const taker = bench.taker(w, 1);
    const { pushed, deliveries } = bench.pushTo([taker], { args: "1" });
    const id = pushed[0]?.id ?? "";
    expect(pushed).toEqual([{ id, status: "Queued", created: true }]);
    const [row] = deliveries.get(taker) ?? [];
    expect(row && leasedViewOf(bench.tx(), row)).toMatchObject({
      id,
      status: "Queued",
      lockBy: "a",
      lockAt: START,
      attempt: 0,
      runs: [],
    });
    expect(row && leasedViewOf(bench.tx(), row).lease).toBe(bench.lease(id));
    expect(bench.journal).toMatchObject({ pushed: 1, wakeAt: START + 60_000 });
  },

  "with autoStart it is Running: the attempt is counted, a run is open, the deadline stands": (bench) => {
    const w = bench.worker("a");
    const id = bench.leased(w, { timeoutMs: 500 }, true);
    expect(bench.view(id)).toMatchObject({
      status: "Running",
      attempt: 1,
      lockBy: "a",
      runs: [{ attempt: 1, worker: "a", startedAt: START }],
    });
    expect(bench.raw(id)).toMatchObject({ deadline: START + 500, started_at: START });
    expect(bench.journal.wakeAt).toBe(START + 500);
  },

  "a task of the future is not delivered": (bench) => {
    const taker = bench.taker(bench.worker(), 2);
    const { pushed, deliveries } = bench.pushTo([taker], { delayMs: 1 }, { delayMs: 0 });
    expect(pushed.map((one) => one.status)).toEqual(["Pending", "Queued"]);
    expect(deliveries.get(taker)?.map((row) => row.seq)).toEqual([2]);
  },

  "a batch is delivered by priority, then runAt, then sequence": (bench) => {
    const taker = bench.taker(bench.worker(), 10);
    const { deliveries } = bench.pushTo(
      [taker],
      { args: "4" },
      { args: "5" },
      { args: "3", runAt: START - 5 },
      { args: "1", priority: 2 },
      { args: "6", priority: -1, runAt: 0 },
      { args: "2", priority: 2 },
    );
    expect(deliveries.get(taker)?.map((row) => row.args)).toEqual(["1", "2", "3", "4", "5", "6"]);
  },

  "with little room the first by order are delivered, and the rest wait": (bench) => {
    const taker = bench.taker(bench.worker(), 1);
    const { pushed } = bench.pushTo([taker], {}, { priority: 1 }, {});
    expect(pushed.map((one) => one.status)).toEqual(["Pending", "Queued", "Pending"]);
  },

  "with a backlog the older go first: the pushed ones join it": (bench) => {
    bench.push({ args: "old" });
    const w = bench.worker();
    const { pushed, deliveries } = bench.pushTo([bench.taker(w, 1)], { args: "new" });
    expect(pushed[0]?.status).toBe("Pending");
    expect(deliveries.size).toBe(0);
    expect(bench.claim(w, 2).map((row) => row.args)).toEqual(["old", "new"]);
  },

  "a task that became due unseen is a backlog too, one of the future is none": (bench) => {
    bench.push({ delayMs: 10 });
    const taker = bench.taker(bench.worker(), 1);
    expect(bench.pushTo([taker], {}).pushed[0]?.status).toBe("Queued");
    bench.now += 10;
    expect(bench.pushTo([taker], {}).pushed[0]?.status).toBe("Pending");
  },

  "two who wait share a batch in turn, each with its own way of starting": (bench) => {
    const a = bench.taker(bench.worker("a"), 2, true);
    const b = bench.taker(bench.worker("b"), 5);
    const { pushed, deliveries } = bench.pushTo([a, b], {}, {}, {}, {}, {});
    expect(deliveries.get(a)?.map((row) => row.seq)).toEqual([1, 3]);
    expect(deliveries.get(b)?.map((row) => row.seq)).toEqual([2, 4, 5]);
    expect(pushed.map((one) => one.status)).toEqual(["Running", "Queued", "Running", "Queued", "Queued"]);
    expect(bench.tally.counts).toMatchObject({ Running: 2, Queued: 3 });
  },

  "a claim shares in turn as well, and one without room is passed over": (bench) => {
    bench.push({}, {}, {}, {}, {});
    const [a, b, c] = [1, 0, 9].map((room, i) => bench.taker(bench.worker(`w${i}`), room));
    const takers = [a, b, c].filter((one) => one !== undefined);
    const { deliveries } = bench.commit((tx) => claim(tx, takers));
    expect(takers.map((one) => deliveries.get(one)?.map((row) => row.seq))).toEqual([[1], undefined, [2, 3, 4, 5]]);
    expect(bench.journal.waits).toHaveLength(5);
  },

  "dealing goes round until the room is used, and keeps the order of the tasks": () => {
    const takers = [2, 1, 4].map((room, session) => ({ session, worker: "", autoStart: false, room }));
    const dealt = deal([1, 2, 3, 4, 5, 6, 7, 8, 9], takers).map(([item, taker]) => [item, taker.session]);
    expect(dealt).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 0],
      [5, 2],
      [6, 2],
      [7, 2],
    ]);
    expect(deal([1], [])).toEqual([]);
  },
};
