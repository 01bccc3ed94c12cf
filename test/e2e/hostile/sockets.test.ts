/** Hostile upgrades and frames: each is refused by name, leaves nothing behind, and the socket goes on. */

import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { openSocket, type TestSocket } from "../../support/socket.ts";
import { Peer } from "../contract/peer.ts";
import { serverForFile } from "../contract/queue.ts";
import { fresh, type HostileFrame, overall, registered } from "./corpus/frames.ts";
import { upgrades } from "./corpus/upgrades.ts";
import { arrange, filled, type Scene, stored } from "./scene.ts";
import { exchange, problemIn, requestBytes } from "./wire.ts";

const server = serverForFile();
let scene: Scene;
let before: object;
beforeAll(async () => {
  scene = await arrange(server(), "hostile frames");
  before = await stored(scene);
});
afterEach(async () => {
  const earlier = before;
  before = await stored(scene);
  expect(before).toEqual(earlier);
});

const named = (frames: readonly HostileFrame[]) => frames.map((frame) => [frame[0], frame] as const);

const textOf = (frame: unknown): string => filled(typeof frame === "string" ? frame : JSON.stringify(frame), scene);

async function isRefused(socket: TestSocket, [, frame, error, ref]: HostileFrame): Promise<void> {
  const asked = socket.frames.length;
  socket.send(textOf(frame));
  await socket.next("error");
  const frames = socket.frames.slice(asked);
  const [code, path] = error.split(" ");
  const wanted = { type: "error", code, detail: expect.any(String), path, ...(ref === undefined ? {} : { ref }) };
  expect(frames).toEqual([wanted]);
}

/** A push of what is known already writes nothing, and a wait for what is done is answered. */
async function isUsable(socket: TestSocket): Promise<void> {
  socket.send({ type: "push", ref: "again", tasks: [{ args: 1, idempotencyKey: "control" }] });
  expect(await socket.next("answer")).toMatchObject({ ref: "again", tasks: [{ created: false }] });
  socket.send({ type: "wait", ref: "then", ids: [scene.names.get("done")] });
  expect(await socket.next("result")).toMatchObject({ ref: "then", results: [{ status: "Done" }] });
}

describe("an upgrade", () => {
  test.each(upgrades)("%s: %4$s", async (_, target, headers, refusal) => {
    const path = `${scene.queue.path}/socket${target}`;
    // A socket is kept open, so what asks for one has no `connection: close`.
    const reply = await exchange(server().port, requestBytes("GET", path, headers, null));
    const problem = reply === null ? undefined : problemIn(reply);
    expect([problem?.code, problem?.path].filter((word) => word !== undefined).join(" ")).toBe(refusal);
  });
});

describe("a frame before a register", () => {
  let socket: TestSocket;
  beforeAll(async () => {
    socket = await openSocket(`${scene.queue.url}/socket`);
  });

  test.each(named(fresh))("%s", async (_, hostile) => {
    await isRefused(socket, hostile);
    await isUsable(socket);
  });
});

describe("a frame of a worker", () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await Peer.worker(scene.queue, { worker: "frames" });
    before = await stored(scene);
  });

  test.each(named(registered))("%s", async (_, hostile) => {
    await isRefused(peer.socket, hostile);
    await isUsable(peer.socket);
  });

  test("more credit than there is, in sum", async () => {
    peer.send({ type: "credit", credit: 1 });
    await peer.next("idle");
    await isRefused(peer.socket, ["", { type: "credit", credit: 10_000 }, "too_many_requests credit"]);
    peer.send({ type: "credit", set: 0 });
    await peer.next("credit");
    await isUsable(peer.socket);
  });
});

describe("a frame on a socket over all queues", () => {
  test.each(named(overall))("%s", async (_, hostile) => {
    const socket = await openSocket(`${server().url}/v1/socket`);
    await isRefused(socket, hostile);
    socket.send({ type: "watch", ref: "w", topics: ["stats"] });
    expect(await socket.next("event")).toMatchObject({ ref: "w", topic: "stats" });
    socket.close();
  });
});

test.each([
  ["nothing", new Uint8Array()],
  ["a frame in bytes", new TextEncoder().encode('{"type":"goodbye"}')],
  ["a ping in bytes", new TextEncoder().encode("ping")],
  ["msgpack", new Uint8Array([0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa7, 0x67, 0x6f, 0x6f, 0x64, 0x62, 0x79, 0x65])],
])("a binary frame of %s is refused, and the socket goes on", async (_, bytes) => {
  const socket = new WebSocket(`${scene.queue.url.replace("http", "ws")}/socket`, ["prinia.v1"]);
  const frames: { type: string; code?: string; path?: string }[] = [];
  socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send(bytes);
  socket.send(JSON.stringify({ type: "unwait" }));
  await expect
    .poll(() => frames)
    .toMatchObject([
      { type: "error", code: "bad_request", path: "body" },
      { type: "error", code: "bad_request", path: "ref" },
    ]);
  socket.close();
});
