// The table that the costs are worked out from, held against a real object.
import { describe, expect, test } from "vitest";
import { ROWS } from "../../../bench/costs/rows.ts";
import { vacuumSlice } from "../../../src/store/vacuum.ts";
import { type Meter, measure } from "../support/meter.ts";

const OK = { ok: "1" };

const vacuum = (meter: Meter, n: number): number =>
  meter.cost(() => meter.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, n)));

describe.each([1, 100])("at a batch of %i, the rows of the table are those of a task", (n) => {
  test("through a backlog", () =>
    measure((meter) => {
      const session = meter.worker();
      const push = meter.cost(() => meter.push(...meter.many(n)));
      const claim = meter.cost(() => meter.claim(session, n, true));
      const ack = meter.ack(session, OK);
      const rows = { push: push / n, claim: claim / n, ack: ack / n, vacuum: vacuum(meter, n) / n };
      expect(rows).toEqual({ push: ROWS.push, claim: ROWS.claim, ack: ROWS.ack, vacuum: ROWS.vacuum });
    }));

  test("delivered as it is pushed", () =>
    measure((meter) => {
      const session = meter.worker();
      const push = meter.cost(() => meter.pushTo([meter.taker(session, n, true)], ...meter.many(n)));
      const ack = meter.ack(session, OK);
      expect([push / n, ack / n, vacuum(meter, n) / n]).toEqual([ROWS.pushDelivered, ROWS.ack, ROWS.vacuum]);
    }));

  test("and a commit writes the tally besides", () =>
    measure((meter) => {
      const before = meter.saved;
      meter.push(...meter.many(n));
      expect(meter.saved - before).toBe(ROWS.commit);
    }));
});
