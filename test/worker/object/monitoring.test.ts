// What a scrape and the log tell of a real queue.
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { QueueInfo } from "../../../src/protocol/types.ts";
import { fail } from "../../../src/task/result.ts";
import { keyOf, readExposition } from "../../support/exposition.ts";
import { freezeTime, Lab, pass, thawTime } from "./lab.ts";

const MINUTE_MS = 60_000;

let logged: string[];
beforeEach(() => {
  freezeTime();
  logged = [];
  vi.spyOn(console, "log").mockImplementation((...words) => void logged.push(words.map(String).join(" ")));
});
afterEach(() => {
  thawTime();
  vi.restoreAllMocks();
});

/** The lines of one queue, without when and where. */
const linesOf = ({ queue }: Lab) =>
  logged
    .filter((line) => line.includes(queue) && !line.includes('"audit"'))
    .map((line) => {
      const { at, queue: of, partition, ...rest } = JSON.parse(line);
      expect([typeof at, of, partition]).toEqual(["number", queue, 0]);
      return rest;
    });

/** The values of one queue in a scrape. */
async function scrape({ queue }: Lab) {
  const answer = await exports.default.fetch("http://localhost/v1/metrics");
  const families = readExposition(await answer.text());
  return (name: string, labels: Record<string, string> = {}, suffix = "") =>
    families.get(name)?.samples.get(keyOf(name + suffix, { queue, ...labels }));
}

interface ListedQueue {
  readonly name: string;
  readonly rowsWritten?: number;
  readonly waitMs?: { readonly p99: number } | null;
}

async function queues(query: string): Promise<readonly ListedQueue[]> {
  const answer = await exports.default.fetch(`http://localhost/v1/queues${query}`);
  return (await answer.json<{ queues: ListedQueue[] }>()).queues;
}

/** Lets the queue tell the directory of all that it did: ten seconds after it last did so. */
async function reported(lab: Lab): Promise<void> {
  const tally = async () =>
    JSON.parse(String((await lab.rows("SELECT body FROM state WHERE name = 'tally'"))[0]?.body));
  await vi.waitUntil(async () => (await tally()).reportedAt > 0);
  pass(20_000);
  await lab.alarm();
  await vi.waitUntil(async () => (await tally()).reportAt === null);
}

test("a scrape tells what was pushed, claimed, acked and retried, and how long it took", async () => {
  const lab = new Lab();
  for (let task = 0; task < 4; task++) await lab.push({ maxAttempts: 2, backoff: { baseMs: 0, type: "fixed" } });
  pass(2_000);
  const poll = async (max: number) =>
    (await lab.call("POST", "/poll", { worker: "w", max, autoStart: true })).tasks as { id: string; lease: string }[];
  const [good, bad, never] = await poll(3);
  pass(500);
  const ack = (task: typeof good, result: object) => ({ type: "ack", ...task, result });
  const results = [{ ok: 1 }, { err: "no" }, { err: "never", abort: true }];
  const events = [good, bad, never].map((task, at) =>
    ack({ id: task?.id ?? "", lease: task?.lease ?? "" }, results[at] ?? {}),
  );
  await lab.call("POST", "/events", { worker: "w", events });
  expect(await poll(10)).toHaveLength(2);
  const worker = await lab.worker({ worker: "v" });
  await reported(lab);
  const value = await scrape(lab);
  const statuses = ["Pending", "Queued", "Running", "Done", "Failed", "Killed"];
  expect(statuses.map((status) => value("prinia_tasks", { status }))).toEqual([0, 0, 2, 1, 0, 1]);
  const counters = ["pushes", "claims", "retries", "leases_orphaned", "leases_timed_out"];
  expect(counters.map((name) => value(`prinia_${name}_total`))).toEqual([4, 5, 1, 0, 0]);
  expect(["done", "failed", "killed"].map((outcome) => value("prinia_acks_total", { outcome }))).toEqual([1, 1, 1]);
  // Three waited two seconds, one half a second more, and the one that is tried again not at all.
  expect([value("prinia_wait_seconds", {}, "_sum"), value("prinia_wait_seconds", {}, "_count")]).toEqual([8.5, 5]);
  expect(["0", "1.023", "2.047", "4.095"].map((le) => value("prinia_wait_seconds", { le }, "_bucket"))).toEqual([
    1, 1, 4, 5,
  ]);
  expect([value("prinia_run_seconds", {}, "_sum"), value("prinia_run_seconds", {}, "_count")]).toEqual([1.5, 3]);
  expect([value("prinia_sockets"), value("prinia_workers"), value("prinia_partitions")]).toEqual([1, 2, 1]);
  for (const name of ["rows_written", "alarms_set", "commits"])
    expect(value(`prinia_${name}_total`)).toBeGreaterThan(0);
  // The list of queues tells the same, where it is asked to.
  const listed = await queues("?stats=true");
  const { rowsWritten, waitMs } = listed.find(({ name }) => name === lab.queue) ?? {};
  expect(rowsWritten).toBe(value("prinia_rows_written_total"));
  expect(waitMs?.p99).toBeGreaterThan(2_000);
  for (const one of await queues("")) expect(one).not.toHaveProperty("rowsWritten");
  worker.close();
});

test("a scrape wakes no queue, and knows what has become due since it slept", async () => {
  const lab = new Lab();
  const control = new Lab();
  const pushedAt = Date.now();
  await lab.push({ delayMs: MINUTE_MS });
  await reported(lab);
  await lab.evict();
  let woken = 0;
  const { QueueObject } = await import("../../../src/object/queue.ts");
  for (const method of ["info", "stats", "numbers", "config"] as const) {
    vi.spyOn(QueueObject.prototype, method).mockImplementation(() => {
      woken++;
      return Promise.resolve(fail("internal", "it was asked"));
    });
  }
  pass(MINUTE_MS);
  const ageMs = Date.now() - pushedAt;
  const value = await scrape(lab);
  expect([value("prinia_oldest_due_age_seconds"), value("prinia_snapshot_age_seconds")]).toEqual([
    (ageMs - MINUTE_MS) / 1_000,
    ageMs / 1_000,
  ]);
  expect(woken).toBe(0);
  expect(await lab.call("GET", "/stats")).toMatchObject({ code: "internal" });
  expect(woken).toBe(1);
  expect((await scrape(control))("prinia_partitions")).toBeUndefined();
});

test("the log tells of the beginning and the end of a queue, of leases that were lost, and of tasks that were given up", async () => {
  const lab = new Lab();
  await lab.push({ maxAttempts: 1, args: "a secret" });
  await lab.push({ maxAttempts: 5 });
  await lab.call("POST", "/poll", { worker: "w", max: 2, autoStart: true });
  expect(linesOf(lab)).toEqual([{ type: "queue_created" }]);
  pass(10 * MINUTE_MS);
  await lab.alarms();
  await lab.alarms();
  const error = [
    { type: "tasks_killed", tasks: 1 },
    { type: "leases_lost", reason: "orphaned", leases: 2, workers: ["w"] },
  ];
  expect(linesOf(lab).slice(1)).toEqual(error);
  await lab.call("DELETE", "?force");
  expect(
    linesOf(lab)
      .slice(3)
      .filter(({ type }) => type !== "audit"),
  ).toEqual([{ type: "queue_dropped" }]);
  expect(logged.join()).not.toContain("a secret");
});

test("the log tells of a report that failed, and the next report is made", async () => {
  const lab = new Lab();
  await lab.push();
  await reported(lab);
  const { DirectoryObject } = await import("../../../src/object/directory.ts");
  vi.spyOn(DirectoryObject.prototype, "report").mockRejectedValueOnce(new Error("a secret"));
  await lab.push();
  pass(20_000);
  await lab.alarm();
  await vi.waitUntil(() => linesOf(lab).length > 1);
  expect(linesOf(lab)[1]).toMatchObject({ type: "report_failed", error: "Error" });
  expect(logged.join()).not.toContain("a secret");
  await reported(lab);
  expect((await scrape(lab))("prinia_pushes_total")).toBe(2);
});

test("a scrape takes so many queues, and counts the rest", async () => {
  const directory = env.DIRECTORY.getByName(crypto.randomUUID());
  const lab = new Lab();
  await lab.push({});
  const { queues: listed } = await (await exports.default.fetch("http://localhost/v1/queues")).json<{
    queues: QueueInfo[];
  }>();
  const [info] = listed;
  if (info === undefined) throw new Error("the queue has reported");
  for (const name of ["a", "b", "c"]) await directory.report({ info: { ...info, name }, workers: [], at: 1 });
  const scraped = async (limit: number) => {
    const answer = await directory.metrics({ patterns: null, limit });
    return answer.ok && [answer.value.queues.map((one) => one.info.name), answer.value.omitted];
  };
  expect(await scraped(3)).toEqual([["a", "b", "c"], 0]);
  expect(await scraped(2)).toEqual([["a", "b"], 1]);
});
