import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { placeOf, transition } from "../../../src/task/machine.ts";
import type { Moment } from "../../../src/task/state.ts";
import { isLeased, STATUSES } from "../../../src/task/status.ts";
import { EFFECTS } from "./effects.ts";
import { inStatus, MOMENT, NOW } from "./states.ts";
import { CELLS, type Cell, EVENTS, eventOf, LEASES, rowsOf, taskOf } from "./table.ts";

const label = ({ name, lease, status }: Cell) => `${name} ${status}${lease ? `, lease ${lease}` : ""}`;
const coded = (code: string) => CELLS.filter((cell) => cell.code === code).map((cell) => [label(cell), cell] as const);
const effectKey = ({ name, status }: Cell) => `${name} ${status}`;

/** Nothing may be drawn where nothing is left to chance. */
const certain: Moment = {
  now: NOW,
  get random(): number {
    throw new Error("chance was asked for");
  },
};

describe("the table is complete", () => {
  test("with a row for every event that the source declares", () => {
    const source = readFileSync(new URL("../../../src/task/state.ts", import.meta.url), "utf8");
    const declared = [...source.matchAll(/readonly type: "(\w+)"/g)].map((match) => match[1]);
    expect(declared.length).toBeGreaterThan(10);
    expect(Object.keys(EVENTS).toSorted()).toEqual(declared.toSorted());
    expect(new Set(CELLS.map(({ name }) => name.split("+")[0]))).toEqual(new Set(declared));
  });

  test("with every kind of lease for the events of a holder, and none for others", () => {
    for (const [type, make] of Object.entries(EVENTS)) {
      const leases = rowsOf(type).map(({ lease }) => lease);
      const isHolders = "token" in make(0) && type !== "claim";
      expect(leases, type).toEqual(isHolders ? LEASES : [undefined]);
    }
  });

  test("with one cell for every status in every row", () => {
    const labels = CELLS.map(label);
    expect(new Set(labels).size).toBe(labels.length);
    const rows = Map.groupBy(CELLS, ({ name, lease }) => `${name} ${lease}`);
    for (const [row, cells] of rows)
      expect(
        cells.map(({ status }) => status),
        row,
      ).toEqual(STATUSES);
  });

  test("with codes that are known, and no live lease where nothing is leased", () => {
    expect(new Set(CELLS.map(({ code }) => code))).toEqual(new Set(["yes", "same", "again", "lost", "status", "-"]));
    for (const cell of CELLS) {
      expect(cell.code === "-", label(cell)).toBe(cell.lease === "live" && !isLeased(cell.status));
      expect(eventOf(cell), label(cell)).toBeDefined();
    }
  });

  test("with an effect for every cell that has one", () => {
    const allowed = CELLS.filter(({ code }) => code === "yes").map(effectKey);
    expect(Object.keys(EFFECTS).toSorted()).toEqual(allowed.toSorted());
  });
});

describe("an event that the table allows", () => {
  test.each(coded("yes"))("%s", (_, cell) => {
    const before = taskOf(cell);
    const [changes, rest] = EFFECTS[effectKey(cell)] ?? [];
    const next = { ...before, ...changes };
    const outcome = transition(before, eventOf(cell), next.status === "Failed" ? MOMENT : certain);
    expect(outcome).toStrictEqual({ ok: true, value: { next, changed: true, answer: next.status, ...rest } });
    expect(before).toEqual(taskOf(cell));
  });
});

describe("an event that asks for what is so already", () => {
  test.each(coded("same"))("%s changes nothing", (_, cell) => {
    const before = taskOf(cell);
    const outcome = transition(before, eventOf(cell), certain);
    expect(outcome).toStrictEqual({ ok: true, value: { next: taskOf(cell), changed: false, answer: cell.status } });
  });
});

describe("an event of a lease that it ended before", () => {
  test.each(coded("again"))("%s gets the first answer again", (_, cell) => {
    const outcome = transition(taskOf(cell), eventOf(cell), certain);
    expect(outcome).toStrictEqual({ ok: true, value: { next: taskOf(cell), changed: false, answer: "Failed" } });
  });
});

describe("an event that the table does not allow", () => {
  test.each([...coded("lost"), ...coded("status")])("%s is refused, and changes nothing", (_, cell) => {
    const before = taskOf(cell);
    const error = {
      code: cell.code === "lost" ? "lease_lost" : "wrong_status",
      detail: expect.stringContaining(` is ${cell.status}`),
      taskStatus: cell.status,
    };
    expect(transition(before, eventOf(cell), certain)).toEqual({ ok: false, error });
    expect(before).toEqual(taskOf(cell));
  });
});

test.each([
  ["Pending", "ready", "scheduled"],
  ["Failed", "ready", "scheduled"],
  ["Queued", null, null],
  ["Running", null, null],
  ["Done", null, null],
  ["Killed", null, null],
] as const)("a task that is %s waits as %s once due, as %s before", (status, due, early) => {
  expect(placeOf(inStatus(status, { runAt: NOW }), NOW)).toBe(due);
  expect(placeOf(inStatus(status, { runAt: NOW + 1 }), NOW)).toBe(early);
});
