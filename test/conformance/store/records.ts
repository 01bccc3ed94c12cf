/** Cases of the store: what is written down beside the tasks, and what is asked of it when an object starts. */

import { expect } from "vitest";
import { nameOf } from "../../../src/store/name.ts";
import { openLeases, sessionToken } from "../../../src/store/sessions.ts";
import { isUsed } from "../../../src/store/tally.ts";
import { register } from "../../../src/store/workers.ts";
import { type StoreCases, value } from "../../support/store.ts";

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
