// A task that kills whoever takes it, before a word is said: it must come to an end all the same.
import { afterAll, beforeAll, expect, test } from "vitest";
import { http } from "../support/http.ts";
import { type Server, startServe } from "../support/server.ts";
import { openSocket } from "../support/socket.ts";

const MAX_ATTEMPTS = 3;

let server: Server;
beforeAll(async () => {
  server = await startServe();
});
afterAll(() => server.kill());

interface Task {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly runs: readonly { readonly outcome: string; readonly worker: string }[];
  readonly lastResult?: { readonly err: string };
}

/** A queue whose workers are given up after a second, with one poison task in it. */
async function poisoned(queue: string): Promise<{ task: () => Promise<Task>; path: string }> {
  const path = `/v1/queues/${queue}`;
  await http(server.url).call("PATCH", `${path}/config`, { orphanAfterMs: 1_000 });
  const backoff = { type: "fixed", baseMs: 50, jitter: 0 };
  const { body } = await http(server.url).post<Task>(`${path}/tasks`, { args: 1, maxAttempts: MAX_ATTEMPTS, backoff });
  return { path, task: async () => (await http(server.url).get<Task>(`${path}/tasks/${body.id}`)).body };
}

function expectKilled(task: Task): void {
  expect(task).toMatchObject({ status: "Killed", attempt: MAX_ATTEMPTS });
  expect(task.runs.map((run) => run.outcome)).toEqual(["orphaned", "orphaned", "orphaned"]);
  expect(new Set(task.runs.map((run) => run.worker)).size).toBe(MAX_ATTEMPTS);
  expect(task.lastResult?.err).toMatch(/^abandoned: worker \S+ was silent for \d+ ms$/);
}

test("by poll: a consumer that never says a word and dies each time ends it as Killed after maxAttempts", async () => {
  const { task, path } = await poisoned("polled-poison");
  for (let round = 1; round <= MAX_ATTEMPTS; round++) {
    const poll = { worker: `victim-${round}`, waitMs: 10_000 };
    const { body } = await http(server.url).post<{ tasks: Task[] }>(`${path}/poll`, poll);
    expect(body.tasks).toMatchObject([{ status: "Running", attempt: round }]);
  }
  await expect.poll(async () => (await task()).status, { timeout: 10_000 }).toBe("Killed");
  expectKilled(await task());
});

test("by socket with autoStart: the same", async () => {
  const { task, path } = await poisoned("sent-poison");
  for (let round = 1; round <= MAX_ATTEMPTS; round++) {
    const socket = await openSocket(`${server.url}${path}/socket`);
    socket.send({ type: "register", worker: `victim-${round}`, credit: 1, autoStart: true });
    expect((await socket.next("tasks", 10_000)).tasks).toMatchObject([{ status: "Running", attempt: round }]);
    socket.close();
  }
  await expect.poll(async () => (await task()).status, { timeout: 10_000 }).toBe("Killed");
  expectKilled(await task());
});
