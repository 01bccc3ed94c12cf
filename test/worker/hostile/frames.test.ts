// Fuzzed frames on sockets of a real object. `PRINIA_HOSTILE=seed[:runs[:path]]` has them again.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { refusalFault } from "../../hostile/judge.ts";
import { anyText, type Change, change, changed } from "../../hostile/mutate.ts";
import { checked, orderOf } from "../../hostile/order.ts";
import { validFrames } from "../../hostile/valid.ts";
import { End } from "../object/lab.ts";
import { Desk } from "./desk.ts";

const { HOSTILE } = env as { readonly HOSTILE?: string };
const order = orderOf(HOSTILE);
const QUEUE_FOR = 100;
/** Frames that one socket is for, unless one of them closes it. */
const SOCKET_FOR = 10;

let desk: Desk;
let end: End | null = null;
let used = 0;
const bugs: unknown[] = [];

beforeAll(() => {
  console.info(`hostile frames: PRINIA_HOSTILE=${order.seed}`);
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockImplementation((...words) => void bugs.push(words));
});
beforeEach(() => {
  used = 0;
  end = null;
});

async function socket(): Promise<End> {
  if (used % QUEUE_FOR === 0) desk = await Desk.open();
  if (end !== null && end.closeCode === null && used % SOCKET_FOR !== 0) return end;
  end?.close();
  const headers = { upgrade: "websocket", "sec-websocket-protocol": "prinia.v1" };
  const { webSocket } = await desk.fetch("GET", "/socket", { headers });
  if (!webSocket) throw new Error("the upgrade was refused");
  end = new End(webSocket);
  return end;
}

/** Sends one frame: an error must have changed nothing, and the socket must answer the next question. */
async function judge(of: (desk: Desk) => string): Promise<void> {
  const one = await socket();
  const text = of(desk);
  const before = await desk.stored();
  one.send(text);
  const frames = await answered(one, `asked ${used++}`);
  const errors = frames.filter(({ type }) => type === "error");
  for (const { code, detail, path } of errors) expect(refusalFault(code, detail, path), text).toBe(undefined);
  if (errors.length > 0) expect(await desk.stored(), text).toBe(before);
  expect(bugs).toEqual([]);
}

/** What came until a question was answered. A good frame may close its socket: a goodbye, or a name that was taken. */
async function answered(one: End, ref: string): Promise<End["frames"]> {
  one.send({ type: "wait", ref, ids: ["nobody"] });
  for (let turns = 0; !one.frames.some((frame) => frame.ref === ref); turns++) {
    if (turns > PATIENCE) throw new Error("the socket answered nothing any more");
    if (one.closeCode !== null) expect([1000, 4000, 4001]).toContain(one.closeCode);
    if (one.closeCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return one.unread();
}

/** Turns of the event loop, of a millisecond or more. */
const PATIENCE = 5_000;
const TIMEOUT_MS = 280_000;

test("a good frame with one thing wrong is refused, or was good after all", { timeout: TIMEOUT_MS }, async () => {
  const property = fc.asyncProperty(fc.nat(1_000), change, (index: number, wrong: Change) =>
    judge(({ names }) => {
      const frames = validFrames(names);
      return changed(frames[index % frames.length], wrong);
    }),
  );
  await fc.assert(property, checked(order, 0.02));
});

test("any text at all as a frame is refused, or was good after all", { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(anyText, (text: string) => judge(() => text)),
    checked(order, 0.01),
  );
});
