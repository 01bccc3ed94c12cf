/** The number of partitions is changed while a queue is used: one row a key, order in a group, and nothing lost. */

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Env } from "../../../src/env.ts";
import { createApp } from "../../../src/http/app.ts";
import { parseId } from "../../../src/task/id.ts";
import type { LayoutOptions as QueueOptions } from "../../../src/task/layout.ts";
import { partitionOfKey } from "../../../src/task/partition.ts";

const KEYED = 3;

interface Leased {
  readonly id: string;
  readonly lease: string;
  readonly args: number;
  readonly groupKey?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are what tests look into, field by field.
type Json = any;

/** One queue behind servers that are set to different numbers, as while a new version is rolled out. */
class Rollout {
  readonly #path = `/v1/queues/${crypto.randomUUID()}`;

  server(options: QueueOptions | null) {
    const queue = decodeURIComponent(this.#path.slice("/v1/queues/".length));
    const app = createApp(options === null ? {} : { queues: { [queue]: options } });
    return async (method: string, below: string, body?: unknown): Promise<{ status: number; body: Json }> => {
      const request = new Request(`http://localhost${this.#path}${below}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const response = await app.fetch(request, env as unknown as Env);
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    };
  }
}

const partitionOf = (id: string) => parseId(id)?.partition;

/** Three versions: the first, a wider one, and one that takes the added partitions away again. */
const VERSIONS: readonly QueueOptions[] = [
  { partitions: KEYED },
  { partitions: 6, keyedPartitions: KEYED },
  { partitions: 6, keyedPartitions: KEYED, draining: 3 },
];

type Action = { readonly type: "push"; readonly key?: string; readonly group?: string } | { readonly type: "work" };

const names = fc.constantFrom("a", "b", "c", "d", "ü", "");
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant("push" as const), key: names }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("push" as const), group: names }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("push" as const), key: names, group: names }) },
  { weight: 2, arbitrary: fc.constant<Action>({ type: "push" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ type: "work" }) },
);

/** Which version answers: the old or the new one, while both run. */
const phase = (versions: readonly number[], length: number) =>
  fc.array(fc.tuple(fc.constantFrom(...versions), action), { minLength: length, maxLength: length });

const history = fc
  .tuple(phase([0], 6), phase([0, 1], 12), phase([1], 6), phase([1, 2], 8), phase([2], 6))
  .map((phases) => phases.flat());

describe("the number of partitions, changed while it runs", () => {
  test("leaves one row a key, the order within each group, and loses nothing", async () => {
    const property = fc.asyncProperty(history, async (steps) => {
      const rollout = new Rollout();
      const servers = VERSIONS.map((options) => rollout.server(options));
      const byKey = new Map<string, string>();
      const all = new Set<string>();
      const groups = new Map<string, number[]>();
      const worked: Leased[] = [];
      for (const [number, [version, step]] of steps.entries()) {
        const call = servers[version] as ReturnType<Rollout["server"]>;
        if (step.type === "work") {
          worked.push(...(await work(call, 2)));
          continue;
        }
        const { key, group } = step;
        const task = {
          args: number,
          ...(key === undefined ? {} : { idempotencyKey: key }),
          ...(group === undefined ? {} : { groupKey: group }),
        };
        const { status, body } = await call("POST", "/tasks", task);
        const name = key === undefined ? `${number}` : JSON.stringify([key, group ?? null]);
        const known = byKey.get(name);
        expect([status, body.created, known ?? body.id]).toEqual([known ? 200 : 201, !known, body.id]);
        byKey.set(name, body.id);
        all.add(body.id);
        const decides = group ?? key;
        if (decides !== undefined) expect(partitionOf(body.id)).toBe(partitionOfKey(decides, KEYED));
        else if (version === 2) expect(partitionOf(body.id)).toBeLessThan(3);
        if (group !== undefined && !known) groups.set(group, [...(groups.get(group) ?? []), number]);
      }
      const last = servers[2] as ReturnType<Rollout["server"]>;
      for (let more = await work(last, 5); more.length > 0; more = await work(last, 5)) worked.push(...more);
      expect(worked.map(({ id }) => id).sort()).toEqual([...all].sort());
      for (const [group, pushed] of groups) {
        expect(worked.filter(({ groupKey }) => groupKey === group).map(({ args }) => args)).toEqual(pushed);
      }
      const { body } = await last("GET", "");
      expect(body).toMatchObject({ partitions: 6, keyedPartitions: KEYED, draining: 3, counts: { Done: all.size } });
      // The added partitions are empty: the number may be the old one again.
      const narrow = servers[0] as ReturnType<Rollout["server"]>;
      await last("POST", "/purge");
      expect((await narrow("GET", "/tasks")).body).toEqual({ tasks: [] });
    });
    await fc.assert(property, { numRuns: 4, endOnFailure: true });
  }, 30_000);

  test("is refused where keys would move, in words to copy, and everything else goes on", async () => {
    const rollout = new Rollout();
    const three = rollout.server({ partitions: 3 });
    const { body: first } = await three("POST", "/tasks", { args: 1, idempotencyKey: "k" });
    const six = rollout.server({ partitions: 6 });
    const refused = await six("POST", "/tasks", { args: 1, idempotencyKey: "k" });
    expect(refused).toMatchObject({ status: 503, body: { code: "not_configured", partitions: 6, keyedPartitions: 3 } });
    expect(refused.body.detail).toContain("{ partitions: 6, keyedPartitions: 3 }");
    expect(refused.body.detail).toContain('=6/3"');
    // Also where nobody has pushed a key yet: it is the queue's number, not the partition's.
    for (const group of ["a", "b", "c", "d", "e", "f", "g"]) {
      expect((await six("POST", "/tasks", { args: 1, groupKey: group })).status).toBe(503);
    }
    expect((await six("POST", "/tasks", { args: 2 })).status).toBe(201);
    expect((await six("GET", `/tasks/${first.id}`)).status).toBe(200);
    const { status, body } = await six("POST", "/poll", { worker: "w", max: 5 });
    expect([status, body.tasks.length]).toEqual([200, 2]);
  });

  test("is one for good where a queue was used undivided, and its tasks stay where they are", async () => {
    const rollout = new Rollout();
    const one = rollout.server(null);
    const { body: first } = await one("POST", "/tasks", { args: 1, idempotencyKey: "k" });
    const wrong = await rollout.server({ partitions: 4 })("POST", "/tasks", { args: 1, idempotencyKey: "k" });
    expect(wrong.body.detail).toContain("{ partitions: 4, keyedPartitions: 1 }");
    const four = rollout.server({ partitions: 4, keyedPartitions: 1 });
    expect((await four("POST", "/tasks", { args: 1, idempotencyKey: "k" })).body).toEqual({ ...first, created: false });
    // And an undivided server does not make a second row of a key of a divided queue.
    const other = new Rollout();
    await other.server({ partitions: 4 })("POST", "/tasks", { args: 1, idempotencyKey: "k" });
    expect((await other.server(null)("POST", "/tasks", { args: 1, idempotencyKey: "k" })).status).toBe(503);
  });

  test("is forgotten with the queue: the next first use fixes it anew", async () => {
    const rollout = new Rollout();
    const three = rollout.server({ partitions: 3 });
    for (const key of ["a", "b", "c", "d"]) await three("POST", "/tasks", { args: 1, idempotencyKey: key });
    expect((await three("DELETE", "")).status).toBe(204);
    const five = rollout.server({ partitions: 5 });
    for (const key of ["a", "b", "c", "d"]) {
      const { status, body } = await five("POST", "/tasks", { args: 1, idempotencyKey: key });
      expect([status, partitionOf(body.id)]).toEqual([201, partitionOfKey(key, 5)]);
    }
  });
});

/** Claims and ends tasks, one after the other, so that the order in a group can be told. */
async function work(call: ReturnType<Rollout["server"]>, max: number): Promise<Leased[]> {
  const { body } = await call("POST", "/poll", { worker: "w", max });
  const tasks = body.tasks as Leased[];
  if (tasks.length === 0) return [];
  const events = tasks.map(({ id, lease }) => ({ type: "ack", id, lease, result: { ok: null } }));
  const answered = await call("POST", "/events", { events });
  expect(answered.body.events).toEqual(tasks.map(({ id }) => ({ id, status: "Done" })));
  return tasks;
}
