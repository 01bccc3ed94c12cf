/** Cases of schemas and of coalescing: what a typed queue refuses, and pushes that go together. */

import { expect } from "vitest";
import type { Schema } from "../../../src/backend/schema.ts";
import { first, look, push } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { refused, thrown, until } from "./expecting.ts";

const OPTIONS = ["Options"] as const;

interface Mail {
  readonly to: string;
}

type Outcome = ReturnType<Schema<unknown, Mail>["~standard"]["validate"]>;

const validate = (value: unknown): Awaited<Outcome> => {
  const to = (value as { to?: unknown } | null)?.to;
  if (typeof to === "string") return { value: { to: to.toLowerCase() } };
  return { issues: [{ message: "must be a text", path: ["to"] }] };
};

const schemaOf = (check: (value: unknown) => Outcome): Schema<unknown, unknown> => ({
  "~standard": { version: 1, vendor: "conformance", validate: check },
});
const mails = schemaOf(validate);
/** Takes its time, the longer the earlier the letter is in the alphabet. */
const slowMails = schemaOf(async (value) => {
  const letter = String((value as { to?: unknown } | null)?.to).charCodeAt(0);
  for (let i = 0; i < 130 - letter; i++) await Promise.resolve();
  return validate(value);
});

const pending = async ({ store }: Pick<Bench, "store">): Promise<number> => (await store.fetchByQueue()).counts.Pending;

export const schemaCases: readonly Case[] = [
  check(
    "T.Schema.push",
    OPTIONS,
    "args that do not fit the schema are refused at each push, with the path, and nothing is pushed",
    async (bench) => {
      for (const schema of [mails, slowMails]) {
        const backend = bench.another({ schema });
        await refused(backend.push({ to: 7 }), "bad_request", { path: "args.to" });
        await refused(backend.pushTask({ args: null }), "bad_request", { path: "args.to" });
        await refused(backend.pushBulk([{ to: "a" }, {}]), "bad_request", { path: "args.to" });
        expect(await thrown(backend.pushStream([{ to: "a" }, {}]))).toMatchObject({ code: "bad_request", pushed: [] });
      }
      expect(await pending(bench)).toBe(0);
    },
  ),

  check(
    "T.Schema.transform",
    OPTIONS,
    "what is stored are the args as they were pushed; a handler gets them as the schema makes them",
    async (bench) => {
      const backend = bench.another({ schema: mails });
      const { id } = await backend.push({ to: "ANN" });
      expect((await look(bench, id)).args).toEqual({ to: "ANN" });
      const consumer = bench.consumer({}, backend);
      expect(first(await consumer.claim()).args).toEqual({ to: "ann" });
    },
  ),

  check(
    "T.Schema.killed",
    OPTIONS,
    "a task that does not fit, pushed by who has no schema, is Killed before any handler, and disturbs no other",
    async (bench) => {
      const backend = bench.another({ schema: slowMails });
      const bad = await push(bench, { args: { to: 1 }, priority: 1 });
      const good = await backend.push({ to: "ann" });
      const consumer = bench.consumer({}, backend);
      expect(first(await consumer.claim())).toMatchObject({ id: good.id });
      const after = await until(bench, bad, "Killed");
      expect(after).toMatchObject({
        attempt: 1,
        lastResult: { err: expect.stringMatching(/args\.to.*must be a text/) },
      });
      expect(consumer.events).toContainEqual(expect.objectContaining({ type: "error", id: bad }));
    },
  ),

  check("T.Schema.order", OPTIONS, "pushes keep their order, however long their schemas take", async (bench) => {
    const backend = bench.another({ schema: slowMails });
    const letters = ["a", "m", "z", "b"];
    await Promise.all(letters.map((to) => backend.push({ to })));
    const { tasks } = await bench.store.listTasks({ order: "oldest" });
    expect(tasks.map(({ args }) => (args as Mail).to)).toEqual(letters);
  }),

  check(
    "T.Schema.refused-among",
    OPTIONS,
    "a push that its schema refuses holds up none of those behind it",
    async (bench) => {
      const backend = bench.another({ schema: slowMails });
      const outcomes = await Promise.allSettled([{ to: "a" }, {}, { to: "b" }].map((mail) => backend.push(mail)));
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await pending(bench)).toBe(2);
    },
  ),

  check(
    "T.Coalesce.together",
    OPTIONS,
    "pushes that come together each get the answer of their own task, in order",
    async (bench) => {
      const backend = bench.another();
      const pushed = await Promise.all(Array.from({ length: 1_200 }, (_, n) => backend.push(n)));
      expect(new Set(pushed.map(({ id }) => id)).size).toBe(1_200);
      for (const at of [0, 1, 999, 1_000, 1_199]) expect((await look(bench, pushed[at]?.id ?? "")).args).toBe(at);
      const { tasks } = await bench.store.listTasks({ order: "oldest", limit: 1_000 });
      expect(tasks.map(({ args }) => args)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    },
  ),

  check(
    "T.Coalesce.refused",
    OPTIONS,
    "an error reaches just the call that caused it, with a path of its own",
    async (bench) => {
      const backend = bench.another();
      const outcomes = await Promise.allSettled([
        backend.push("a"),
        backend.pushTask({ args: "b", priority: 1.5 }),
        backend.push("c"),
        backend.push("x".repeat(1024 * 1024)),
        backend.pushTask({ args: "e", maxAttempts: 0 }),
        backend.push("f"),
      ]);
      expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual([true, false, true, false, false, true]);
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      expect(reasons).toMatchObject([
        { code: "bad_request", path: "priority" },
        { code: "payload_too_large", path: "args" },
        { code: "bad_request", path: "maxAttempts" },
      ]);
      const { tasks } = await bench.store.listTasks({ order: "oldest" });
      expect(tasks.map(({ args }) => args)).toEqual(["a", "c", "f"]);
    },
  ),

  check(
    "T.Coalesce.keys",
    OPTIONS,
    "pushes with and without keys that come together keep their order",
    async (bench) => {
      const backend = bench.another();
      const tasks = Array.from({ length: 9 }, (_, n) =>
        n % 3 === 1 ? { args: n, idempotencyKey: `k${n % 2}` } : { args: n },
      );
      const pushed = await Promise.all(tasks.map((task) => backend.pushTask(task)));
      expect(pushed.map(({ created }) => created)).toEqual([true, true, true, true, true, true, true, false, true]);
      const listed = await bench.store.listTasks({ order: "oldest" });
      expect(listed.tasks.map(({ args }) => args)).toEqual([0, 1, 2, 3, 4, 5, 6, 8]);
    },
  ),

  check(
    "T.Coalesce.off",
    OPTIONS,
    "with coalescing off each push goes by itself, with the same answer",
    async (bench) => {
      const backend = bench.another({ coalesce: false });
      const outcomes = await Promise.allSettled([
        backend.push(1),
        backend.pushTask({ args: 2, priority: 0.5 }),
        backend.push(3),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(outcomes[1]).toMatchObject({ reason: { code: "bad_request", path: "priority" } });
      expect(await pending(bench)).toBe(2);
    },
  ),

  check(
    "T.Coalesce.aborted",
    OPTIONS,
    "a push that is given up while it stands in line is not sent, and the others are",
    async (bench) => {
      const backend = bench.another();
      const controller = new AbortController();
      const given = [backend.push("a"), backend.push("b", { signal: controller.signal }), backend.push("c")];
      controller.abort(new Error("enough"));
      const outcomes = await Promise.allSettled(given);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      const { tasks } = await bench.store.listTasks({ order: "oldest" });
      expect(tasks.map(({ args }) => args)).toEqual(["a", "c"]);
    },
  ),
];
