/** The history of a queue over HTTP: partitions put together, within the span that the protocol names. */

import { expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, type Point } from "../../../src/task/queue-history.ts";
import { ok } from "../../../src/task/result.ts";
import { NOW, world } from "./fakes.ts";

const MINUTE = NOW - (NOW % MINUTE_MS);
const HOUR = NOW - (NOW % HOUR_MS);
const NOTHING = { pushed: 0, done: 0, failed: 0, killed: 0 };

const point = (at: number, more: Partial<Point> = {}): Point => ({
  at,
  ...NOTHING,
  ...{ waits: [], runs: [], waiting: 0, nextAt: null },
  ...more,
});

test("adds up partitions, takes percentiles of the sum, and leaves out what is older than an hour or a week", async () => {
  const old = point(MINUTE - 60 * MINUTE_MS, { pushed: 7, waiting: 7, nextAt: MINUTE - 90 * MINUTE_MS });
  const parts = [
    { minutes: [old, point(MINUTE, { pushed: 1, waits: [[0, 3]], waiting: 1, nextAt: NOW + 1 })], hours: [] },
    {
      minutes: [
        point(MINUTE, {
          done: 2,
          waits: [
            [0, 1],
            [11, 96],
          ],
        }),
      ],
      hours: [point(HOUR - 168 * HOUR_MS), point(HOUR - 167 * HOUR_MS)],
    },
    { minutes: [old], hours: [point(HOUR, { waiting: 1, nextAt: HOUR - 5 })] },
  ];
  const vars = { PRINIA_AUTH: "off", PRINIA_PARTITIONS: "q=3" };
  const one = world({ history: () => ok({ now: NOW, ...parts.shift() }) }, { vars });
  const none = { waitMs: null, runMs: null };
  expect(await (await one.send("GET", "/v1/queues/q/history")).json()).toEqual({
    minutes: [
      {
        ...{ ...NOTHING, at: MINUTE, pushed: 1, done: 2, runMs: null },
        waitMs: { p50: expect.closeTo(1_514, 0), p90: expect.closeTo(1_940, 0), p99: expect.closeTo(2_036, 0) },
        ...{ waiting: 8, oldestDueAgeMs: NOW - MINUTE + 90 * MINUTE_MS },
      },
    ],
    hours: [
      { ...NOTHING, ...none, at: HOUR - 167 * HOUR_MS, waiting: 0, oldestDueAgeMs: null },
      { ...NOTHING, ...none, at: HOUR, waiting: 1, oldestDueAgeMs: NOW - HOUR + 5 },
    ],
  });
});

test("counts an age to the end of its minute, and none for what was not due by then", async () => {
  const minutes = [
    point(MINUTE - 2 * MINUTE_MS, { waiting: 1, nextAt: MINUTE - 2 * MINUTE_MS + 1 }),
    point(MINUTE - MINUTE_MS, { waiting: 1, nextAt: MINUTE + 1 }),
  ];
  const one = world({ history: { now: NOW, minutes, hours: [] } });
  const { minutes: answered } = (await (await one.send("GET", "/v1/queues/q/history")).json()) as typeof ANSWER;
  expect(answered.map(({ oldestDueAgeMs }) => oldestDueAgeMs)).toEqual([MINUTE_MS - 1, null]);
});

declare const ANSWER: { readonly minutes: readonly { readonly oldestDueAgeMs: number | null }[] };
