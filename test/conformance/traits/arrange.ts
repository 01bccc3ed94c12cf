/** What cases begin with, and how they look at what became of it. */

import { expect } from "vitest";
import type { LeasedTask, NewTask, Task } from "../../../src/backend/task.ts";
import { STATUSES, type Status } from "../../../src/task/status.ts";
import type { EventAnswer, HolderEvent } from "../../../src/task/task.ts";
import type { Bench } from "./bench.ts";
import type { Consumer } from "./consumer.ts";

export { STATUSES, type Status };

export const HOUR = 3_600_000;
/** An id that no task has. */
export const NOBODY = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
/** A retry that is far away. */
export const NEVER = { type: "fixed", baseMs: HOUR, factor: 1, maxMs: HOUR, jitter: 0 } as const;
/** A retry that is due at once. */
export const AT_ONCE = { ...NEVER, baseMs: 0, maxMs: 0 } as const;
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** How long workers may be silent where they are to die soon: as short as it may be on a busy machine. */
export const ORPHAN_AFTER_MS = 3_000;
/** A bit more. */
export const OVER = 3_200;

/** What a case needs of a bench to arrange things: it works with no trait of the backend under test. */
export type Stage = Pick<Bench<never>, "store" | "events" | "isVirtual" | "consumer" | "now" | "advance">;

export type Lease = Pick<LeasedTask, "id" | "lease">;
type Wanted = Omit<NewTask, "args"> & { readonly args?: unknown };

export async function push({ store }: Pick<Stage, "store">, task: Wanted = {}): Promise<string> {
  return (await store.pushTask({ args: null, ...task })).id;
}

/** Pushes a task, and has it claimed. */
export async function leased(
  bench: Stage,
  task: Wanted = {},
  consumer: Consumer = bench.consumer(),
): Promise<LeasedTask> {
  const id = await push(bench, { backoff: NEVER, ...task });
  const taken = first(await consumer.claim());
  expect(taken.id).toBe(id);
  return taken;
}

/** Nothing can be claimed now: a worker that comes and asks is given nothing, and leaves again. */
export async function expectNothing({ consumer }: Pick<Stage, "consumer">): Promise<void> {
  const asking = consumer();
  expect(await asking.take()).toEqual([]);
  await asking.stop();
}

export async function look({ store }: Pick<Stage, "store">, id: string): Promise<Task> {
  const task = await store.fetchById(id);
  if (task === null) throw new Error(`There is no task ${id}.`);
  return task;
}

export const impatient = ({ store }: Pick<Stage, "store">) => store.configure({ orphanAfterMs: ORPHAN_AFTER_MS });

/** How many tasks there are, up to a thousand. */
export const countOf = async ({ store }: Pick<Stage, "store">): Promise<number> =>
  (await store.listTasks({ limit: 1_000 })).tasks.length;

/** Another id with the time and the place of this one. */
export const forged = (id: string): string => id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");

export function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error("the list is empty");
  return one;
}

// What holders say. JSON stands as text.

type Result =
  | { readonly ok: unknown }
  | { readonly err: string; readonly retryAfterMs?: number; readonly abort?: true };

export const ack = ({ id, lease }: Lease, result: Result = { ok: 1 }, logs?: readonly string[]): HolderEvent => ({
  type: "ack",
  id,
  lease,
  result: "ok" in result ? { ok: JSON.stringify(result.ok) } : result,
  ...(logs === undefined ? {} : { logs }),
});
export const start = ({ id, lease }: Lease): HolderEvent => ({ type: "start", id, lease });
export const snooze = ({ id, lease }: Lease, delayMs = HOUR): HolderEvent => ({ type: "snooze", id, lease, delayMs });
export const release = ({ id, lease }: Lease): HolderEvent => ({ type: "release", id, lease });
export const extend = ({ id, lease }: Lease, timeoutMs = HOUR): HolderEvent => ({
  type: "extend",
  id,
  lease,
  timeoutMs,
});
export const progress = ({ id, lease }: Lease, value: unknown = 1): HolderEvent => ({
  type: "progress",
  id,
  lease,
  progress: JSON.stringify(value),
});

/** Says one thing, and gives the answer. */
export async function tell({ events }: Pick<Stage, "events">, event: HolderEvent): Promise<EventAnswer> {
  const answers = await events([event]);
  expect(answers).toHaveLength(1);
  return first(answers);
}

/** Says one thing, which must be taken: the task has this status then. */
export async function said(bench: Pick<Stage, "events">, event: HolderEvent, status: Status): Promise<void> {
  expect(await tell(bench, event)).toStrictEqual({ id: event.id, status });
}

/** The answer to an event that is refused. */
export const refusedEvent = (id: string, code: string, taskStatus?: Status) => ({
  id,
  error: { code, detail: expect.any(String), ...(taskStatus === undefined ? {} : { taskStatus }) },
});

/** A task that has come to a status. */
export interface Standing {
  readonly id: string;
  readonly task: Task;
  /** The last that it had: live while the task is leased. */
  readonly last: Lease;
  readonly consumer: Consumer;
}

export async function standing(bench: Stage, status: Status, task: Wanted = {}): Promise<Standing> {
  const consumer = bench.consumer({ autoStart: false });
  return brought(bench, await leased(bench, task, consumer), status, consumer);
}

/** The same, with a lease that was given back before the task was claimed anew. */
export async function claimedTwice(bench: Stage, status: Status): Promise<Standing & { readonly stale: Lease }> {
  const consumer = bench.consumer({ autoStart: false });
  const stale = await leased(bench, {}, consumer);
  await said(bench, release(stale), "Pending");
  consumer.free(stale);
  return { ...(await brought(bench, first(await consumer.claim()), status, consumer)), stale };
}

async function brought(bench: Stage, last: LeasedTask, status: Status, consumer: Consumer): Promise<Standing> {
  if (status === "Pending") await bench.store.reschedule(last.id, 0);
  else if (status === "Running") await said(bench, start(last), "Running");
  else if (status === "Done") await said(bench, ack(last), "Done");
  else if (status === "Failed") await said(bench, ack(last, { err: "no" }), "Failed");
  else if (status === "Killed") await said(bench, ack(last, { err: "no", abort: true }), "Killed");
  if (status !== "Queued" && status !== "Running") consumer.free(last);
  const found = await look(bench, last.id);
  expect(found.status).toBe(status);
  return { id: last.id, task: found, last, consumer };
}

type Queued = Exclude<Status, "Pending">;

/** A task in each status, each with its status as its group, all of one worker's; the Pending one is due. */
export async function oneOfEach(bench: Stage): Promise<Readonly<Record<Status, string>>> {
  const queued = STATUSES.filter((status): status is Queued => status !== "Pending");
  await bench.store.pushTasks(queued.map((groupKey) => ({ args: groupKey, groupKey, backoff: NEVER })));
  const consumer = bench.consumer({ autoStart: false });
  const tasks = Object.fromEntries((await consumer.claim(queued.length)).map((task) => [task.args, task]));
  const held = tasks as Readonly<Record<Queued, LeasedTask>>;
  const ends = [ack(held.Done), ack(held.Failed, { err: "no" }), ack(held.Killed, { err: "no", abort: true })];
  const answers = await bench.events([start(held.Running), ...ends]);
  expect(answers.filter((answer) => "error" in answer)).toEqual([]);
  for (const status of ["Done", "Failed", "Killed"] as const) consumer.free(held[status]);
  const ids = queued.map((status) => [status, held[status].id] as const);
  return Object.fromEntries([...ids, ["Pending", await push(bench, { groupKey: "Pending" })]]) as Record<
    Status,
    string
  >;
}

export async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}
