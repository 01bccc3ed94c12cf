// Fuzzed requests through the whole router to a real object. `PRINIA_HOSTILE=seed[:runs[:path]]` has them again.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { faultOf, isRefusal } from "../../hostile/judge.ts";
import { anyText, type Change, change, changed } from "../../hostile/mutate.ts";
import { checked, orderOf } from "../../hostile/order.ts";
import { validQueries, validRequests } from "../../hostile/valid.ts";
import { Desk } from "./desk.ts";

const { HOSTILE } = env as { readonly HOSTILE?: string };
const order = orderOf(HOSTILE);
/** Inputs that one queue is for: what is pushed by those that are good after all does not pile up. */
const QUEUE_FOR = 100;

let desk: Desk;
let used = 0;
let stored = "";
const bugs: unknown[] = [];

beforeAll(() => {
  console.info(`hostile requests: PRINIA_HOSTILE=${order.seed}`);
  // The audit, and what only a bug would say.
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockImplementation((...words) => void bugs.push(words));
});
beforeEach(() => {
  used = QUEUE_FOR;
});

/** Sends one input: a refusal must have changed nothing. */
async function judge(of: (desk: Desk) => readonly [method: string, path: string, body?: string]): Promise<void> {
  if (used++ >= QUEUE_FOR) {
    desk = await Desk.open();
    used = 0;
    stored = await desk.stored();
  }
  const [method, path, body] = of(desk);
  const before = stored;
  const seen = await desk.send(method, path, body);
  expect(faultOf(seen), `${method} ${path} ${body}`).toBe(undefined);
  expect(bugs).toEqual([]);
  stored = await desk.stored();
  if (isRefusal(seen)) expect(stored, `${method} ${path} ${body}`).toBe(before);
}

const TIMEOUT_MS = 280_000;
const route = fc.nat(1_000);

test("a good body with one thing wrong is refused, or was good after all", { timeout: TIMEOUT_MS }, async () => {
  const property = fc.asyncProperty(route, change, (index: number, wrong: Change) =>
    judge(({ names }) => {
      const requests = validRequests(names);
      const { method, path, body } = requests[index % requests.length] ?? { method: "", path: "", body: "" };
      return [method, path, changed(body, wrong)];
    }),
  );
  await fc.assert(property, checked(order, 0.03));
});

test("any text at all is refused, or was good after all", { timeout: TIMEOUT_MS }, async () => {
  const property = fc.asyncProperty(route, anyText, (index: number, text: string) =>
    judge(({ names }) => {
      const requests = validRequests(names);
      const { method, path } = requests[index % requests.length] ?? { method: "", path: "" };
      return [method, path, text];
    }),
  );
  await fc.assert(property, checked(order, 0.01));
});

const TAILS = [
  "%",
  "%zz",
  "%ff",
  "%00",
  "&",
  "=",
  "[]",
  "&limit=1",
  "&x",
  "\u00e9",
  "+",
  ";",
  "%ed%a0%80",
  "9".repeat(70),
];

test("a good address with something behind or in it is refused, or was good after all", {
  timeout: TIMEOUT_MS,
}, async () => {
  const text = fc.oneof(
    fc.constantFrom(...TAILS),
    fc.string({ maxLength: 8 }).map(encodeURIComponent),
    fc.webQueryParameters(),
  );
  const property = fc.asyncProperty(route, fc.nat(120), text, (index: number, at: number, odd: string) =>
    judge(({ names }) => {
      const queries = validQueries(names);
      const path = queries[index % queries.length] ?? "";
      return ["GET", path.slice(0, at) + odd + path.slice(at)];
    }),
  );
  await fc.assert(property, checked(order, 0.01));
});
