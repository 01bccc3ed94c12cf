/** Cases of the store: what is written down beside the tasks, and what is asked of it when an object starts. */

import { expect } from "vitest";
import { loadKeyed, saveKeyed } from "../../../src/store/keyed.ts";
import { createdAt } from "../../../src/store/list.ts";
import { nameOf } from "../../../src/store/name.ts";
import { openLeases, sessionToken } from "../../../src/store/sessions.ts";
import { nextDeadline } from "../../../src/store/sweep.ts";
import { isUsed } from "../../../src/store/tally.ts";
import { register } from "../../../src/store/workers.ts";
import { START, type StoreCases, value } from "../../support/store.ts";

export const recordCases: StoreCases = {
  "a database keeps the first name that it was given": (bench) => {
    expect(nameOf(bench.sql, "emails")).toBe("emails");
    expect(nameOf(bench.sql, "others")).toBe("emails");
  },

  "tables alone are no use: a queue is used once something was written down": (bench) => {
    expect(isUsed(bench.sql)).toBe(false);
    bench.push({});
    expect(isUsed(bench.sql)).toBe(true);
  },

  "leases are counted for the session that holds them": (bench) => {
    const [one, other] = [bench.worker("a"), bench.worker("b")];
    bench.push({}, {}, {});
    bench.claim(one, 2);
    bench.claim(other, 1, true);
    expect([openLeases(bench.tx(), one.id), openLeases(bench.tx(), other.id)]).toEqual([2, 1]);
  },

  "a lease that stays far behind those after it is listed, and found as before": (bench) => {
    const slow = bench.worker("slow");
    const id = bench.leased(slow, {}, true);
    for (let batch = 0; batch < 5; batch++) bench.push(...Array.from({ length: 1000 }, () => ({ delayMs: 5 })));
    const last = bench.leased(bench.worker("fast"), {}, true);
    expect([bench.raw(id).place, bench.raw(last).place]).toEqual([3, null]);
    expect([openLeases(bench.tx(), slow.id), nextDeadline(bench.tx())]).toEqual([1, bench.now + 60_000]);
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { ok: "1" } });
    expect(bench.raw(id)).toMatchObject({ status: 3, place: null });
    expect(openLeases(bench.tx(), slow.id)).toBe(0);
  },

  "how many partitions take keys is written down once, and not at all for one": (bench) => {
    bench.push({});
    expect(loadKeyed(bench.sql)).toBe(1);
    saveKeyed(bench.sql, 1);
    expect(bench.dump().state?.map(({ name }) => name)).not.toContain("keyed");
    saveKeyed(bench.sql, 8);
    expect(loadKeyed(bench.sql)).toBe(8);
  },

  "the time of a task is known by its sequence": (bench) => {
    bench.pushOne();
    expect([createdAt(bench.tx(), 1), createdAt(bench.tx(), 2)]).toEqual([START, undefined]);
  },

  "a session that comes back after it was seen missing is missing no more": (bench) => {
    const session = bench.worker();
    bench.leased(session, {}, true);
    const missingAt = () => bench.dump().session?.[0]?.missing_at;
    // Another process looks, in which it was never heard.
    bench.heard.clear();
    bench.now += bench.config.orphanAfterMs;
    bench.sweep();
    expect(missingAt()).toBe(bench.now);
    bench.commit((tx) => value(register(tx, { worker: session.worker, session: sessionToken(session) })));
    expect(missingAt()).toBe(null);
  },
};
