import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compatibilityOf, workerdConfig } from "../../../src/cli/workerd-config.ts";

const WRANGLER = readFileSync(new URL("../../../wrangler.toml", import.meta.url), "utf8");

const config = (variables: readonly string[] = []): string =>
  workerdConfig({
    address: "[::1]:80",
    compatibility: { date: "2026-01-02", flags: ["one", "two"] },
    bundle: "worker.js",
    objects: "objects",
    variables,
  });

describe("the compatibility", () => {
  test("is read with its flags", () => {
    const toml =
      'name = "x"\ncompatibility_date = "2026-01-02"\ncompatibility_flags = [\n  "one",\n  "two", # why\n]\n';
    expect(compatibilityOf(toml)).toEqual({ date: "2026-01-02", flags: ["one", "two"] });
  });

  test("may have no flags", () => {
    expect(compatibilityOf('compatibility_date = "2026-01-02"')).toEqual({ date: "2026-01-02", flags: [] });
  });

  test("is nothing without a date, and a comment is none", () => {
    expect(compatibilityOf('# compatibility_date = "2026-01-02"')).toBeUndefined();
  });

  test("is found in wrangler.toml as it stands", () => {
    const found = compatibilityOf(WRANGLER);
    expect(found?.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(found?.flags).toContain("enable_request_signal");
  });
});

describe("workerd's configuration", () => {
  test("has the address, the compatibility and the bundle", () => {
    expect(config()).toContain('address = "[::1]:80"');
    expect(config()).toContain('compatibilityDate = "2026-01-02"');
    expect(config()).toContain('compatibilityFlags = ["one", "two"]');
    expect(config()).toContain('esModule = embed "worker.js"');
  });

  test("binds the classes that wrangler.toml binds, with SQLite", () => {
    const bound = [...WRANGLER.matchAll(/^name = "(\w+)"\nclass_name = "(\w+)"/gm)];
    expect(bound).toHaveLength(2);
    for (const [, name, className] of bound) {
      expect(config()).toContain(`(name = "${name}", durableObjectNamespace = "${className}")`);
      expect(config()).toContain(`(className = "${className}", uniqueKey = "prinia-${className}", enableSql = true)`);
    }
  });

  test("gives the Worker no other network than workerd's default, which is the public internet", () => {
    expect(config()).not.toMatch(/internet|network|globalOutbound/i);
  });

  test("has workerd take the variables from its own environment", () => {
    expect(config(["PRINIA_SECRET"])).toContain('(name = "PRINIA_SECRET", fromEnvironment = "PRINIA_SECRET")');
    expect(config()).not.toContain("fromEnvironment");
  });
});
