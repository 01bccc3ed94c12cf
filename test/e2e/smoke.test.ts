import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("the node on the path is the pinned one", () => {
  expect(execFileSync("node", ["-v"], { encoding: "utf8" })).toMatch(/^v24\./);
});
