/** Cases of codecs: what tasks are written with, queues of several, and what cannot be read. */

import { expect } from "vitest";
import { type Codec, identity } from "../../../src/backend/codec.ts";
import { ack, collected, first, leased, look, said } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { refused, thrown, until, untouched } from "./expecting.ts";

const OPTIONS = ["Options"] as const;

/** JSON turned around, in base64: plainly not JSON, and broken by a byte that is wrong. */
const mirror: Codec = {
  name: "mirror",
  encode: (value) => btoa(encodeURIComponent([...JSON.stringify(value)].reverse().join(""))),
  decode: (compact) => JSON.parse([...decodeURIComponent(atob(compact as string))].reverse().join("")),
};

const broken: Codec = {
  name: "mirror",
  encode: () => btoa("}"),
  decode: mirror.decode,
};

const mirrored = (bench: Pick<Bench, "another">) => bench.another({ codec: mirror });

export const codecCases: readonly Case[] = [
  check("T.BackendExt.codec", ["BackendExt"], "a backend names the codec that it writes with", async (bench) => {
    expect(bench.backend.codec().name).toBe("json");
    expect(mirrored(bench).codec()).toBe(mirror);
  }),

  check("T.BackendExt.getQueue", ["BackendExt"], "a backend names its queue", async (bench) => {
    expect(bench.backend.getQueue()).toBe(bench.store.getQueue());
    const { id } = await bench.store.push(1);
    expect((await look(bench, id)).queue).toBe(bench.backend.getQueue());
  }),

  check(
    "T.BackendExt.pollCompact",
    ["BackendExt"],
    "a compact poll gives args as they stand on the wire",
    async (bench) => {
      await mirrored(bench).push({ a: 1 });
      const raw = bench.consumer(
        {},
        {
          heartbeat: (worker) => bench.backend.heartbeat(worker),
          middleware: () => bench.backend.middleware(),
          poll: (worker) => bench.backend.pollCompact(worker),
        },
      );
      const task = first(await raw.claim());
      expect(task).toMatchObject({ codec: "mirror", args: mirror.encode({ a: 1 }), status: "Running" });
      await said(bench, ack(task, { ok: null }), "Done");
    },
  ),

  check(
    "T.Codec.round",
    OPTIONS,
    "args and results are written in the codec of their task, and read again",
    async (bench) => {
      const backend = mirrored(bench);
      const { id } = await backend.push({ to: "ä€🙂" });
      const consumer = bench.consumer({}, backend);
      const task = first(await consumer.claim());
      expect(task).toMatchObject({ id, codec: "mirror", args: { to: "ä€🙂" } });
      await consumer.run(task, () => ["sent", null]);
      await until({ ...bench, store: backend }, id, "Done");
      expect(await backend.waitForSingle(id)).toMatchObject({ status: "Done", value: ["sent", null] });
      expect(await backend.fetchById(id)).toMatchObject({ args: { to: "ä€🙂" }, lastResult: { ok: ["sent", null] } });
      const [status] = await backend.checkStatus([id]);
      expect(status).toMatchObject({ status: "Done", value: ["sent", null] });
    },
  ),

  check("T.Codec.wire", OPTIONS, "the wire carries the codec's name, and base64", async (bench) => {
    const { id } = await mirrored(bench).push([1]);
    const moving = bench.another({ codec: identity("mirror") });
    expect(await moving.fetchById(id)).toMatchObject({ codec: "mirror", args: mirror.encode([1]) });
  }),

  check("T.Codec.mixed", OPTIONS, "a queue of several codecs is read by who knows them", async (bench) => {
    const writer = mirrored(bench);
    await bench.store.push("plain");
    await writer.push("mirrored");
    const reader = bench.another({ codecs: [mirror] });
    const { tasks } = await reader.listTasks({ order: "oldest" });
    expect(tasks.map(({ args, codec }) => [args, codec])).toEqual([
      ["plain", "json"],
      ["mirrored", "mirror"],
    ]);
    const consumer = bench.consumer({}, reader);
    expect((await consumer.claim(2)).map(({ args }) => args)).toEqual(["plain", "mirrored"]);
  }),

  check("T.Codec.update", OPTIONS, "a task is changed in the codec that it is written with", async (bench) => {
    const backend = mirrored(bench);
    const { id } = await backend.push({ n: 1 });
    const task = await backend.fetchById(id);
    if (!task) throw new Error("it is not there");
    expect(await backend.update({ ...task, args: { n: 2 } })).toMatchObject({ args: { n: 2 }, revision: 2 });
    expect(await backend.fetchById(id)).toMatchObject({ args: { n: 2 }, codec: "mirror" });
  }),

  check(
    "A.undecodable",
    OPTIONS,
    "a row that cannot be decoded does not break a list, and is shown with the reason",
    async (bench) => {
      const one = await bench.store.push("before");
      const bad = await bench.another({ codec: broken }).push("x");
      const two = await bench.store.push("after");
      const { tasks } = await mirrored(bench).listTasks({ order: "oldest" });
      expect(tasks.map(({ id }) => id)).toEqual([one.id, bad.id, two.id]);
      expect(tasks[1]).toMatchObject({ args: broken.encode("x"), undecodable: expect.stringMatching(/mirror/) });
      expect(tasks[0]).not.toHaveProperty("undecodable");
      const unknown = first((await bench.store.listTasks({ limit: 2 })).tasks.slice(1));
      expect(unknown).toMatchObject({ id: bad.id, undecodable: expect.stringMatching(/codec "mirror" is not known/) });
      expect(await thrown(mirrored(bench).fetchById(bad.id))).toMatchObject({ name: "CodecError", codec: "mirror" });
    },
  ),

  check(
    "T.Codec.killed",
    OPTIONS,
    "a task that cannot be decoded is Killed with the reason, and disturbs no other",
    async (bench) => {
      const bad = await bench.another({ codec: broken }).pushTask({ args: 1, priority: 1 });
      const good = await bench.store.push("good");
      const consumer = bench.consumer();
      expect(first(await consumer.claim())).toMatchObject({ id: good.id, args: "good" });
      const after = await until({ ...bench, store: bench.another({ codec: identity("mirror") }) }, bad.id, "Killed");
      expect(after).toMatchObject({ attempt: 1, lastResult: { err: expect.stringMatching(/codec "mirror"/) } });
      expect(consumer.events).toContainEqual(expect.objectContaining({ type: "error", id: bad.id }));
    },
  ),

  check(
    "T.Codec.not-base64",
    OPTIONS,
    "args of another codec than JSON that are no base64 are refused, and change nothing",
    async (bench) => {
      const raw = bench.another({ codec: { name: "raw", encode: (value) => value, decode: (compact) => compact } });
      await refused(raw.push("no base64!"), "bad_request", { path: "args" });
      const { id } = await raw.push(btoa("fine"));
      const stage = { ...bench, store: raw };
      await untouched(stage, [id], () => refused(raw.update(id, { args: 7 }), "bad_request", { path: "args" }));
    },
  ),

  check(
    "A.wait-undecodable",
    OPTIONS,
    "a result that cannot be read yields an entry, and the wait goes on to the others",
    async (bench) => {
      const writer = mirrored(bench);
      const bad = await writer.push(1);
      const consumer = bench.consumer({}, writer);
      const task = first(await consumer.claim());
      await said(bench, ack(task, { ok: btoa("}") }), "Done");
      const fine = await leased(bench);
      await said(bench, ack(fine, { ok: 2 }), "Done");
      const results = await collected(writer.waitFor([bad.id, fine.id]));
      expect(results).toHaveLength(2);
      expect(results).toContainEqual({
        id: bad.id,
        status: "Unknown",
        error: expect.stringMatching(/cannot be decoded/),
      });
      expect(results).toContainEqual({ id: fine.id, attempt: 1, status: "Done", value: 2 });
      expect(await writer.checkStatus([bad.id])).toMatchObject([{ id: bad.id, status: "Unknown" }]);
    },
  ),
];
