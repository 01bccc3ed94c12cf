import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";

test("node has SQLite", () => {
  expect(new DatabaseSync(":memory:").prepare("SELECT 1 AS one").get()).toEqual({ one: 1 });
});
