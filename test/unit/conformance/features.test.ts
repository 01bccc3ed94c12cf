/** docs/features.md says what the conformance suite says. */

import { expect, test } from "vitest";
import { BACKENDS } from "../../conformance/traits/backends.ts";
import { CASES, runs } from "../../conformance/traits/cases.ts";
import { features } from "../../conformance/traits/features.ts";
import { rowOf, SECTIONS } from "../../conformance/traits/rows.ts";

test("docs/features.md is made from the suite", async () => {
  await expect(features()).toMatchFileSnapshot("../../../docs/features.md");
});

test("each case has an id of its own, and a row in the table", () => {
  const ids = CASES.map(({ id }) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  expect(ids.filter((id) => rowOf({ id }) === undefined)).toEqual([]);
});

test("each row has a case behind it", () => {
  const rows = SECTIONS.flatMap((section) => Object.keys(section.rows));
  const covered = new Set(CASES.map(rowOf));
  expect(rows.filter((row) => !covered.has(row))).toEqual([]);
});

test("each case runs on some backend", () => {
  const backends: readonly (readonly string[])[] = Object.values(BACKENDS);
  expect(CASES.filter((one) => !backends.some((traits) => runs(traits, one)))).toEqual([]);
});
