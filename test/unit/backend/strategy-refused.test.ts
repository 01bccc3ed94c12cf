import { expect, test } from "vitest";
import { interval } from "../../../src/backend/poll-strategy.ts";
import { DurableBackend, http, socket } from "../../../src/client/index.ts";
import { MemoryStorage } from "../../../src/memory.ts";

const strategy = interval("1s");
const url = "http://queue.test";

test("a socket is told of tasks as they come, and refuses a strategy of polling", () => {
  expect(() => new DurableBackend("emails", socket({ url }), { strategy })).toThrow(
    expect.objectContaining({ code: "bad_request", path: "strategy" }),
  );
  expect(() => new DurableBackend("emails", socket({ url }))).not.toThrow();
});

test("what is polled takes one", () => {
  expect(() => new DurableBackend("emails", http({ url }), { strategy })).not.toThrow();
  expect(() => new MemoryStorage("emails", { strategy })).not.toThrow();
});
