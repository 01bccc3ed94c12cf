import { describe, expect, test } from "vitest";
import { QueueNames } from "../../../src/backend/shared.ts";

describe("the names of queues that share a place", () => {
  test("are taken once", () => {
    const names = new QueueNames();
    expect(names.take("emails")).toBe("emails");
    expect(names.take("images")).toBe("images");
    expect(() => names.take("emails")).toThrow(
      expect.objectContaining({ code: "bad_request", path: "queue", detail: expect.stringContaining('"emails"') }),
    );
  });

  test("may be taken again once they are given back", () => {
    const names = new QueueNames();
    names.take("emails");
    names.free("emails");
    expect(names.take("emails")).toBe("emails");
  });

  test.each(["", ".", "..", "x".repeat(256)])("must be names: %j", (name) => {
    expect(() => new QueueNames().take(name)).toThrow(expect.objectContaining({ code: "bad_request", path: "queue" }));
  });
});
