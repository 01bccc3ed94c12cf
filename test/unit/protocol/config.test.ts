import { describe, expect, test } from "vitest";
import { MAX_DURATION_MS } from "../../../src/limits.ts";
import { decodeConfigPatch } from "../../../src/protocol/config.ts";
import { accepted, verdict } from "./outcome.ts";

const patch = (value: unknown) => decodeConfigPatch(JSON.stringify(value));

describe("a change of settings", () => {
  test.each([
    {},
    { paused: true },
    { orphanAfterMs: 1_000 },
    { orphanAfterMs: 86_400_000 },
    { retention: {} },
    { retention: { doneMs: null } },
    { retention: { doneMs: 0, killedMs: MAX_DURATION_MS } },
    { defaults: {} },
    { defaults: { priority: -2147483648, maxAttempts: 1, backoff: { type: "fixed" }, timeoutMs: 1 } },
    { defaults: { backoff: null, timeoutMs: null } },
  ])("%j is taken as it is", (value) => {
    expect(accepted(patch(value))).toEqual(value);
  });

  test.each([
    [{ paused: null }, "paused"],
    [{ paused: "yes" }, "paused"],
    [{ orphanAfterMs: 999 }, "orphanAfterMs"],
    [{ orphanAfterMs: 86_400_001 }, "orphanAfterMs"],
    [{ orphanAfterMs: null }, "orphanAfterMs"],
    [{ retention: null }, "retention"],
    [{ retention: [] }, "retention"],
    [{ retention: { doneMs: -1 } }, "retention.doneMs"],
    [{ retention: { killedMs: MAX_DURATION_MS + 1 } }, "retention.killedMs"],
    [{ retention: { failedMs: 1 } }, "retention.failedMs"],
    [{ defaults: null }, "defaults"],
    [{ defaults: { priority: null } }, "defaults.priority"],
    [{ defaults: { priority: 2147483648 } }, "defaults.priority"],
    [{ defaults: { maxAttempts: 0 } }, "defaults.maxAttempts"],
    [{ defaults: { timeoutMs: 0 } }, "defaults.timeoutMs"],
    [{ defaults: { backoff: { factor: 0 } } }, "defaults.backoff.factor"],
    [{ defaults: { args: 1 } }, "defaults.args"],
    [{ name: "q" }, "name"],
  ])("%j is refused at %s", (value, path) => {
    expect(verdict(patch(value))).toBe(`bad_request ${path}`);
  });

  test("refuses the keys of a prototype", () => {
    expect(verdict(decodeConfigPatch('{"__proto__":{"paused":true}}'))).toBe("bad_request __proto__");
    expect(verdict(decodeConfigPatch('{"defaults":{"constructor":1}}'))).toBe("bad_request defaults.constructor");
  });
});
