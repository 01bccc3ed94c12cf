// Pushes to a queue that may have partitions, by requests.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SplitPushError } from "../../../src/backend/split-push-error.ts";
import { DurableSink, PriniaError } from "../../../src/client/index.ts";
import { partitionOfKey } from "../../../src/task/partition.ts";
import { endOf, problem, queueOf, serverOf } from "./fake-fetch.ts";
import { keyFor } from "./fake-partitions.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

interface Sent {
  readonly args: { readonly n: number };
  readonly groupKey?: string;
  readonly idempotencyKey?: string;
}

const KEYED = 3;
const keyOf = ({ groupKey, idempotencyKey }: Sent) => groupKey ?? idempotencyKey;
const many = (body: unknown): Sent[] => (Array.isArray(body) ? body : [body]) as Sent[];

/** A server that holds by the contract: it takes what belongs to one partition, and names the numbers when it does not. */
const partitioned = (refusing: (partition: number) => object | undefined = () => undefined) => {
  const pushed: { partition: number | undefined; tasks: number[] }[] = [];
  const answer = ({ body }: { body: unknown }) => {
    const tasks = many(body);
    const partitions = tasks.map((task) => partitionOfKeyOf(task)).filter((one) => one !== undefined);
    const odd = partitions.findIndex((one) => one !== partitions[0]);
    if (odd > 0)
      return problem(400, {
        code: "bad_request",
        path: `${odd}`,
        detail: "two",
        partitions: KEYED,
        keyedPartitions: KEYED,
      });
    const refusal = refusing(partitions[0] ?? -1);
    if (refusal) return problem(400, refusal);
    pushed.push({ partition: partitions[0], tasks: tasks.map(({ args }) => args.n) });
    const list = tasks.map(({ args }) => ({ id: `t${args.n}`, status: "Pending", created: true }));
    return Response.json(Array.isArray(body) ? { tasks: list } : list[0], { status: 201 });
  };
  return { answer, pushed };
};

const partitionOfKeyOf = (task: Sent) => {
  const key = keyOf(task);
  return key === undefined ? undefined : partitionOfKey(key, KEYED);
};

const grouped = (n: number, partition: number) => ({ args: { n }, groupKey: keyFor(partition, KEYED) });

describe("a queue without partitions", () => {
  test("is pushed to by one request a batch, whatever its keys, and is asked nothing", async () => {
    const { sent, queue } = queueOf(({ body }) =>
      Response.json({ tasks: many(body).map((_, at) => ({ id: `t${at}`, status: "Pending", created: true })) }),
    );
    await queue.pushTasks([grouped(0, 0), grouped(1, 1), { args: { n: 2 }, idempotencyKey: "k" }, { args: { n: 3 } }]);
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST http://queue.test/prefix/v1/queues/a%2Fb/tasks",
    ]);
    expect(sent[0]?.body).toEqual([
      { args: { n: 0 }, groupKey: keyFor(0, KEYED) },
      { args: { n: 1 }, groupKey: keyFor(1, KEYED) },
      { args: { n: 2 }, idempotencyKey: "k" },
      { args: { n: 3 } },
    ]);
  });
});

describe("a batch whose keys belong to several partitions", () => {
  test("is refused once, then split, and answered in the order given", async () => {
    const { answer, pushed } = partitioned();
    const { sent, queue } = queueOf(answer);
    const batch = [grouped(0, 2), grouped(1, 0), grouped(2, 2), { args: { n: 3 } }, grouped(4, 1), grouped(5, 0)];
    const answers = await queue.pushTasks(batch);
    expect(answers.map(({ id }) => id)).toEqual(["t0", "t1", "t2", "t3", "t4", "t5"]);
    expect(sent).toHaveLength(1 + 3);
    // In each part in the order given; what has no key goes along with the first that has one.
    expect(pushed).toEqual([
      { partition: 2, tasks: [0, 2, 3] },
      { partition: 0, tasks: [1, 5] },
      { partition: 1, tasks: [4] },
    ]);
  });

  test("is split at once when the numbers are known, and what needs one partition stays whole", async () => {
    const { answer, pushed } = partitioned();
    const { sent, queue } = queueOf(answer);
    await queue.pushTasks([grouped(0, 0), grouped(1, 1)]);
    sent.length = 0;
    pushed.length = 0;
    await queue.pushTasks([grouped(0, 0), grouped(1, 1)]);
    await queue.pushTasks([grouped(2, 1), { args: { n: 3 } }, grouped(4, 1)]);
    await queue.pushTasks([{ args: { n: 5 } }, { args: { n: 6 } }]);
    expect(sent).toHaveLength(4);
    expect(pushed.slice(2)).toEqual([
      { partition: 1, tasks: [2, 3, 4] },
      { partition: undefined, tasks: [5, 6] },
    ]);
  });

  test("goes by the idempotency key where there is no group", async () => {
    const { answer, pushed } = partitioned();
    const { queue } = queueOf(answer);
    const key = keyFor(1, KEYED, "k");
    await queue.pushTasks([
      { args: { n: 0 }, idempotencyKey: key },
      { args: { n: 1 }, idempotencyKey: key, groupKey: keyFor(2, KEYED) },
    ]);
    expect(pushed).toEqual([
      { partition: 1, tasks: [0] },
      { partition: 2, tasks: [1] },
    ]);
  });

  test("is all or nothing for each partition alone, and a refusal says what was pushed", async () => {
    const { answer } = partitioned((partition) =>
      partition === 1 ? { code: "bad_request", path: "1.priority", detail: "`1.priority` is no number" } : undefined,
    );
    const { queue } = queueOf(answer);
    const outcome = await endOf(queue.pushTasks([grouped(0, 0), grouped(1, 1), grouped(2, 0), grouped(3, 1)]));
    const { error } = outcome as { error: SplitPushError };
    expect(error).toBeInstanceOf(SplitPushError);
    expect(error).toBeInstanceOf(PriniaError);
    expect(error).toMatchObject({ code: "bad_request", path: "tasks.3.priority" });
    expect(error.detail).toMatch(/2 of 4 tasks were pushed/);
    expect(error.pushed.map((one) => one?.id)).toEqual(["t0", undefined, "t2", undefined]);
    expect(error.refused).toEqual([{ places: [1, 3], error: expect.objectContaining({ path: "tasks.1.priority" }) }]);
  });

  test("is given up when the server insists on what it was split by", async () => {
    const { sent, queue } = queueOf(() =>
      problem(400, { code: "bad_request", detail: "no", partitions: KEYED, keyedPartitions: KEYED }),
    );
    expect(await endOf(queue.pushTask(grouped(0, 0)))).toMatchObject({ error: { code: "bad_request" } });
    // The first refusal taught the numbers, the second nothing.
    expect(sent).toHaveLength(2);
  });
});

describe("single pushes that go together", () => {
  test("are split as a batch is, and each caller is answered for its own", async () => {
    const { answer, pushed } = partitioned();
    const { queue } = queueOf(answer);
    const answers = await Promise.all([grouped(0, 1), grouped(1, 2), grouped(2, 1)].map((one) => queue.pushTask(one)));
    expect(answers.map(({ id }) => id)).toEqual(["t0", "t1", "t2"]);
    expect(pushed).toEqual([
      { partition: 1, tasks: [0, 2] },
      { partition: 2, tasks: [1] },
    ]);
  });

  test("are pushed once each when a part is refused: its culprit hears of it, the others go again without it", async () => {
    const seen: number[] = [];
    const { answer, pushed } = partitioned();
    const { queue } = queueOf((request) => {
      const numbers = many(request.body).map(({ args }) => args.n);
      seen.push(...numbers);
      const at = numbers.indexOf(13);
      const isOnePart = new Set(many(request.body).map(partitionOfKeyOf)).size === 1;
      return at >= 0 && isOnePart
        ? problem(400, { code: "bad_request", path: `${at}.args`, detail: "unlucky" })
        : answer(request);
    });
    const outcomes = await Promise.all(
      [grouped(1, 0), grouped(13, 1), grouped(2, 1), grouped(3, 2)].map((one) => endOf(queue.pushTask(one))),
    );
    expect(outcomes).toMatchObject([
      { value: { id: "t1" } },
      { error: { path: "args" } },
      { value: { id: "t2" } },
      { value: { id: "t3" } },
    ]);
    expect(pushed.flatMap(({ tasks }) => tasks).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  test("of a sink alone are split as well", async () => {
    const { answer, pushed } = partitioned();
    const { fetch } = serverOf(answer);
    const sink = new DurableSink<{ n: number }>("q", { url: "http://queue.test", fetch });
    await Promise.all([grouped(0, 0), grouped(1, 1)].map((one) => sink.pushTask(one)));
    expect(pushed.map(({ partition }) => partition)).toEqual([0, 1]);
  });
});
