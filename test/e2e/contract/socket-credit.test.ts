import { describe, expect, test } from "vitest";
import { Peer, types } from "./peer.ts";
import { Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

describe("credit", () => {
  test("bounds what is sent; more of it brings more", async () => {
    const used = queue();
    await used.post("/tasks", [{ args: 1 }, { args: 2 }, { args: 3 }, { args: 4 }]);
    const peer = await Peer.worker(used, { credit: 1 });
    expect(await peer.task()).toMatchObject({ args: 1, status: "Queued", attempt: 0, lockBy: "w" });
    expect(types(await peer.settled())).toEqual(["registered", "tasks"]);
    peer.send({ type: "credit", credit: 2 });
    const [more] = await peer.settled();
    expect(more).toMatchObject({ type: "tasks", tasks: [{ args: 2 }, { args: 3 }] });
    peer.send({ type: "credit", credit: 1 }, { type: "credit", credit: 1 });
    expect(await peer.settled()).toEqual([
      { type: "tasks", tasks: [expect.objectContaining({ args: 4 })] },
      { type: "idle" },
    ]);
  });

  test("that is set is answered, after what was sent before; set to 0 stops deliveries", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 5 });
    await peer.settled();
    await used.push();
    peer.send({ type: "credit", set: 0 });
    expect(types(await peer.settled())).toEqual(["tasks", "idle", "credit"]);
    expect(peer.socket.frames.find((frame) => frame.type === "credit")).toEqual({ type: "credit", credit: 0 });
    await used.push();
    expect(await peer.settled()).toEqual([]);
    peer.send({ type: "credit", set: 2 });
    expect(types(await peer.settled())).toEqual(["credit", "tasks", "idle"]);
    expect(peer.socket.frames.filter((frame) => frame.type === "credit").at(-1)).toEqual({ type: "credit", credit: 2 });
  });

  test("may follow its registration at once", async () => {
    const used = queue();
    await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "register", worker: "w", credit: 0 }, { type: "credit", credit: 2 });
    expect(types(await peer.settled())).toEqual(["registered", "tasks", "idle"]);
  });

  test.each([
    [{ type: "credit" }],
    [{ type: "credit", credit: 1, set: 1 }],
    [{ type: "credit", credit: -1 }],
    [{ type: "credit", credit: 1.5 }],
    [{ type: "credit", set: null }],
  ])("%j is refused", async (frame) => {
    const peer = await Peer.worker(queue(), { credit: 1 });
    await peer.settled();
    peer.send(frame);
    expect(await peer.settled()).toEqual([expect.objectContaining({ type: "error", code: "bad_request" })]);
  });

  test("of one that is not registered is refused", async () => {
    const peer = await Peer.open(queue());
    peer.send({ type: "credit", credit: 1 });
    expect(types(await peer.settled())).toEqual(["error"]);
  });
});

describe("idle", () => {
  test("comes once after each delivery or new credit that leaves credit over, and never otherwise", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 2 });
    expect(types(await peer.settled())).toEqual(["registered", "idle"]);
    await used.push();
    expect(types(await peer.settled())).toEqual(["tasks", "idle"]);
    await used.push();
    expect(types(await peer.settled())).toEqual(["tasks"]);
    peer.send({ type: "credit", credit: 1 });
    expect(types(await peer.settled())).toEqual(["idle"]);
    // What does not concern it brings none: the commits of others, and a task that is not due.
    await used.push({ delayMs: 60_000 });
    await Peer.worker(used, { worker: "other" });
    expect(types(await peer.settled())).toEqual([]);
  });

  test("comes after a batch that is cut, when all of it was sent", async () => {
    const used = queue();
    const many = Array.from({ length: 1000 }, () => ({ args: null }));
    await used.post("/tasks", many);
    await used.post("/tasks", many);
    const peer = await Peer.worker(used, { credit: 5000 });
    await peer.next("idle");
    const frames = await peer.settled();
    expect(types(frames).filter((type) => type === "idle")).toHaveLength(1);
    expect(types(frames).at(-1)).toBe("idle");
    expect(frames.flatMap((frame) => (frame.tasks as unknown[]) ?? [])).toHaveLength(2000);
  });
});
