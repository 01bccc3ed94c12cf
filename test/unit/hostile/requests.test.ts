/**
 * Fuzzed requests and frames against every validator, over objects that only write down who called: what is refused
 * must not have reached one. `PRINIA_HOSTILE=seed[:runs[:path]]` has them again.
 */

import fc from "fast-check";
import { beforeAll, expect, test, vi } from "vitest";
import { decodeFrame } from "../../../src/protocol/frames.ts";
import { faultOf, isRefusal, refusalFault } from "../../hostile/judge.ts";
import { anyText, type Change, change, changed } from "../../hostile/mutate.ts";
import { checked, orderOf } from "../../hostile/order.ts";
import { type Names, validFrames, validRequests } from "../../hostile/valid.ts";
import { FakeSocket, world } from "../http/fakes.ts";

const order = orderOf(process.env.PRINIA_HOSTILE);
const TIMEOUT_MS = 280_000;
const NAMES: Names = { pending: "P", done: "D", running: "R", lease: "L", session: "1-s" };
const REQUESTS = [
  ...validRequests(NAMES),
  { method: "PATCH", path: "/config", body: { orphanAfterMs: 1_000, retention: { doneMs: null, killedMs: 1_000 } } },
];
const FRAMES = validFrames(NAMES);

beforeAll(() => {
  console.info(`hostile input: PRINIA_HOSTILE=${order.seed}`);
  // The audit.
  vi.spyOn(console, "log").mockReturnValue();
});

const TASK = "{}";

/** A socket on which every wait is over at once. */
function waiting(): unknown {
  const socket = new FakeSocket();
  socket.onFrame = ({ ids }) => {
    const results = (ids as string[]).map((id) => ({ id, status: "Done", attempt: 1, result: { ok: 1 } }));
    queueMicrotask(() => socket.deliver({ type: "result", ref: "wait", results }));
  };
  return socket.response;
}

const ANSWERS = {
  status: (ids: readonly string[]) => ({ ok: true, value: { results: [], unknown: ids } }),
  fetch: waiting,
  push: (tasks: readonly unknown[]) => ({
    ok: true,
    value: tasks.map((_, at) => ({ id: `${at}`, status: "Pending", created: true })),
  }),
  ...{ task: TASK, update: TASK, reschedule: TASK, resume: { resumed: false }, cancel: { cancelled: false } },
  ...{
    bulk: { matched: 0, changed: 0, more: false },
    vacuum: { vacuumed: 0, more: false },
    config: {},
    configure: {},
    goodbye: { released: 0 },
  },
};

const router = world(ANSWERS);

async function judge(index: number, bodyOf: (good: unknown) => string): Promise<void> {
  const { method, path, body: good } = REQUESTS[index % REQUESTS.length] ?? { method: "", path: "", body: "" };
  const { send, calls } = router;
  calls.length = 0;
  const body = bodyOf(good);
  const response = await send(method, `/v1/queues/q${path}`, body);
  const seen = { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
  expect(faultOf(seen), `${method} ${path} ${body}`).toBe(undefined);
  if (isRefusal(seen)) expect(calls, `${method} ${path} ${body}`).toEqual([]);
}

test("every good request is taken as it is, or there would be nothing to spoil", async () => {
  for (const [index, { body }] of REQUESTS.entries()) await judge(index, () => JSON.stringify(body));
  const { send } = router;
  for (const { method, path, body } of REQUESTS) {
    expect((await send(method, `/v1/queues/q${path}`, body)).status, `${method} ${path}`).toBeLessThan(300);
  }
  for (const frame of FRAMES) expect(decodeFrame(JSON.stringify(frame))).toMatchObject({ ok: true });
});

test("a good body with one thing wrong is refused before anybody is called, or was good after all", {
  timeout: TIMEOUT_MS,
}, async () => {
  const property = fc.asyncProperty(fc.nat(1_000), change, (index: number, wrong: Change) =>
    judge(index, (good) => changed(good, wrong)),
  );
  await fc.assert(property, checked(order, 0.42));
});

test("any text at all is refused before anybody is called, or was good after all", {
  timeout: TIMEOUT_MS,
}, async () => {
  const property = fc.asyncProperty(fc.nat(1_000), anyText, (index: number, text: string) => judge(index, () => text));
  await fc.assert(property, checked(order, 0.18));
});

test("of any frame the decoder makes a frame or a refusal, with a path", { timeout: TIMEOUT_MS }, () => {
  const text = fc.oneof(
    { weight: 1, arbitrary: anyText },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.nat(FRAMES.length - 1), change).map(([at, wrong]) => changed(FRAMES[at], wrong)),
    },
  );
  const property = fc.property(text, (frame) => {
    const decoded = decodeFrame(frame);
    if (decoded.ok) return;
    expect(refusalFault(decoded.error.code, decoded.error.detail, decoded.error.path), frame).toBe(undefined);
  });
  fc.assert(property, checked(order, 0.28));
});
