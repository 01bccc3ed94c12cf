import { describe, expect, test } from "vitest";
import { openSocket } from "../../support/socket.ts";
import { Peer, types } from "./peer.ts";
import { Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

const WORD = expect.any(String);
const MIB = 1024 * 1024;

describe("push", () => {
  test("answers as the bulk route does, in order, with known keys told", async () => {
    const used = queue();
    const peer = await Peer.open(used);
    peer.send({
      type: "push",
      ref: "p",
      tasks: [{ args: 1, idempotencyKey: "k" }, { args: 2 }, { args: 3, idempotencyKey: "k" }],
    });
    const [answer, ...rest] = await peer.settled();
    expect(rest).toEqual([]);
    expect(answer).toEqual({
      type: "answer",
      ref: "p",
      tasks: [
        { id: WORD, status: "Pending", created: true },
        { id: WORD, status: "Pending", created: true },
        { id: WORD, status: "Pending", created: false },
      ],
    });
    expect(await used.counts()).toMatchObject({ Pending: 2 });
  });

  test("of a batch with one bad task does nothing, and names it", async () => {
    const used = queue();
    const peer = await Peer.open(used);
    peer.send({ type: "push", ref: "p", tasks: [{ args: 1 }, { args: 2, priority: "high" }] });
    expect(await peer.settled()).toEqual([
      { type: "error", ref: "p", code: "bad_request", detail: WORD, path: "tasks.1.priority" },
    ]);
    expect((await used.get("")).status).toBe(404);
  });

  test("is answered in the order of asking, though one of many is refused", async () => {
    const peer = await Peer.open(queue());
    const refs = Array.from({ length: 30 }, (_, index) => `r${index}`);
    for (const [index, ref] of refs.entries()) {
      peer.send({ type: "push", ref, tasks: index % 7 === 3 ? [] : [{ args: index }] });
    }
    const frames = await peer.settled();
    expect(frames.map(({ ref }) => ref)).toEqual(refs);
    expect(types(frames).filter((type) => type === "error")).toHaveLength(4);
  });

  test("is sent to its own socket's worker, after the answer or before, with the status told", async () => {
    const peer = await Peer.worker(queue(), { credit: 1, autoStart: true });
    await peer.settled();
    peer.send({ type: "push", ref: "p", tasks: [{ args: 1 }] });
    const frames = await peer.settled();
    expect(types(frames).sort()).toEqual(["answer", "tasks"]);
    expect(frames.find(({ type }) => type === "answer")?.tasks).toMatchObject([{ status: "Running" }]);
  });
});

describe("frames that are refused leave the socket usable", () => {
  const refused = async (frame: object | string, error: object): Promise<void> => {
    const peer = await Peer.open(queue());
    peer.send(frame);
    expect(await peer.settled()).toEqual([{ type: "error", detail: WORD, ...error }]);
    peer.send({ type: "push", ref: "after", tasks: [{ args: 1 }] });
    expect(await peer.next("answer")).toMatchObject({ ref: "after" });
  };

  test.each<[string, string | object, object]>([
    ["no JSON", "{", { code: "bad_request", path: "body" }],
    ["a list", "[]", { code: "bad_request", path: "type" }],
    ["null", "null", { code: "bad_request", path: "body" }],
    ["no type", {}, { code: "bad_request", path: "type" }],
    ["an unknown type", { type: "poll", ref: "r" }, { code: "bad_request", ref: "r", path: "type" }],
    ["a type of inside", { type: "cancel" }, { code: "bad_request", path: "type" }],
    ["no ref", { type: "push", tasks: [{ args: 1 }] }, { code: "bad_request", path: "ref" }],
    ["an empty ref", { type: "unwait", ref: "" }, { code: "bad_request", path: "ref" }],
    ["a long ref", { type: "unwait", ref: "r".repeat(65) }, { code: "bad_request", path: "ref" }],
    ["a ref that is no string", { type: "unwait", ref: 1 }, { code: "bad_request", path: "ref" }],
    ["an unknown field", { type: "unwait", ref: "r", more: 1 }, { code: "bad_request", ref: "r", path: "more" }],
    ["an unknown field of goodbye", { type: "goodbye", ref: "r" }, { code: "bad_request", ref: "r", path: "ref" }],
    ["no tasks", { type: "push", ref: "r", tasks: [] }, { code: "bad_request", ref: "r", path: "tasks" }],
    ["no ids", { type: "wait", ref: "r", ids: [] }, { code: "bad_request", ref: "r", path: "ids" }],
    ["no topics", { type: "watch", ref: "r", topics: [] }, { code: "bad_request", ref: "r", path: "topics" }],
    [
      "an unknown topic",
      { type: "watch", ref: "r", topics: ["all"] },
      { code: "bad_request", ref: "r", path: "topics.0" },
    ],
    ["no worker", { type: "register", credit: 1 }, { code: "bad_request", path: "worker" }],
    ["no credit", { type: "register", worker: "w" }, { code: "bad_request", path: "credit" }],
    ["an odd worker", { type: "register", worker: "..", credit: 1 }, { code: "bad_request", path: "worker" }],
    [
      "null for what is optional",
      { type: "register", worker: "w", credit: 1, session: null },
      { code: "bad_request", path: "session" },
    ],
  ])("%s", (_, frame, error) => refused(frame, error));

  test("binary", async () => {
    const used = queue();
    const socket = new WebSocket(`${used.url.replace("http", "ws")}/socket`, ["prinia.v1"]);
    const frames: unknown[] = [];
    socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    socket.send(new Uint8Array([1, 2, 3]));
    await expect.poll(() => frames).toEqual([{ type: "error", code: "bad_request", detail: WORD, path: WORD }]);
    socket.send(JSON.stringify({ type: "push", ref: "r", tasks: [{ args: 1 }] }));
    await expect.poll(() => frames).toHaveLength(2);
    socket.close();
  });

  test("more than 8 MiB", async () => {
    const frame = { type: "push", ref: "r", tasks: Array.from({ length: 9 }, () => ({ args: "x".repeat(MIB - 100) })) };
    await refused(frame, { code: "payload_too_large", ref: "r", path: expect.any(String) });
  });

  test("args of more than 1 MiB", () =>
    refused(
      { type: "push", ref: "r", tasks: [{ args: 1 }, { args: "x".repeat(MIB) }] },
      { code: "payload_too_large", ref: "r", path: "tasks.1.args" },
    ));

  test("a ref of 64 characters is fine, whatever they are", async () => {
    const peer = await Peer.open(queue());
    const ref = "ж".repeat(64);
    peer.send({ type: "push", ref, tasks: [{ args: 1 }] });
    expect(await peer.next("answer")).toMatchObject({ ref });
  });
});

test.each([1000, 3001, 4999])("a client that closes with %i is answered, and so is not kept waiting", async (code) => {
  const peer = await Peer.worker(queue());
  peer.socket.close(code, "done");
  expect(await peer.closed()).toBe(code);
});

test("beyond 32 MiB the runtime closes with 1009, and the queue goes on", async () => {
  const used = queue();
  const peer = await Peer.open(used);
  peer.send("x".repeat(33 * MIB));
  expect(await peer.closed()).toBe(1009);
  await used.push();
});

test("the bare text ping is answered by pong, on any socket", async () => {
  const peer = await Peer.open(queue());
  peer.send("ping");
  await peer.next("pong");
  const all = await openSocket(`${server().url}/v1/socket`);
  all.send("ping");
  await all.next("pong");
});
