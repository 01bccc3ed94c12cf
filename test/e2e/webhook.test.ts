// Queues that are delivered by HTTP, in wrangler dev, to a receiver that verifies each request with the receivers' library.
import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../support/cleanup.ts";
import { http } from "../support/http.ts";
import { type Running, startWrangler } from "../support/wrangler.ts";

interface Task {
  readonly status: string;
  readonly attempt: number;
  readonly lastResult?: { readonly ok?: unknown; readonly err?: string };
  readonly runs: readonly { readonly worker: string; readonly outcome?: string; readonly error?: string }[];
}
interface Message {
  readonly type: string;
  readonly data: { readonly id: string; readonly args: unknown; readonly tasks: readonly { readonly id: string }[] };
}

const [secret, previous] = [0, 1].map(() => `whsec_${randomBytes(32).toString("base64")}`) as [string, string];
const received: { readonly path: string; readonly id: string; readonly message: Message }[] = [];
const ofPath = (path: string) => received.filter((one) => one.path === path);
let open = 0;
let mostOpen = 0;

const json = (response: ServerResponse, status: number, body: unknown, more: Record<string, string> = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...more }).end(JSON.stringify(body));

/** Held until a second one of `narrow` is there, so that two are open at once, and a third would show. */
const held: (() => void)[] = [];

const ANSWERS: Record<string, (response: ServerResponse, message: Message, nth: number) => void> = {
  done: (response, { data }) => json(response, 200, { got: data.args }),
  busy: (response, _, nth) =>
    nth === 1 ? json(response, 429, {}, { "retry-after": "1" }) : json(response, 200, "late"),
  gone: (response) => json(response, 410, {}),
  broken: (response) => response.writeHead(500).end("no such user"),
  moved: (response) => response.writeHead(302, { location: "/done" }).end(),
  slow: () => undefined,
  batches: (response, { data }) =>
    json(response, 200, {
      results: data.tasks.map(({ id }, at) => (at === 0 ? { id, ok: "first" } : { id, err: "no", abort: true })),
    }),
  narrow: (response) => {
    open++;
    mostOpen = Math.max(mostOpen, open);
    held.push(() => {
      open--;
      json(response, 200, null);
    });
    if (held.length >= 2) for (const release of held.splice(0)) release();
  },
};

const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  const path = new URL(request.url ?? "", "http://x").pathname.slice(1);
  const headers = request.headers as Record<string, string>;
  // Both keys are in use: a receiver that knows either verifies it.
  const message = new Webhook(secret).verify(body, headers) as Message;
  new Webhook(previous).verify(body, headers);
  received.push({ path, id: headers["webhook-id"] ?? "", message });
  ANSWERS[path]?.(response, message, ofPath(path).length);
});

let worker: Running;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  worker = await startWrangler({
    config: "examples/embed/wrangler.toml",
    main: "test/worker/outbound/deployed.ts",
    registry: temporaryFolder(),
    vars: {
      PRINIA_AUTH: "off",
      PRINIA_WEBHOOK_LOCAL: "allow",
      RECEIVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      HOOK_SECRET: secret,
      HOOK_SECRET_PREVIOUS: previous,
    },
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function pushed(queue: string, count = 1): Promise<string[]> {
  const tasks = Array.from({ length: count }, (_, n) => ({ args: { n } }));
  const { body } = await http(worker.url).post<{ tasks: { id: string }[] }>(`/v1/queues/${queue}/tasks`, tasks);
  return body.tasks.map(({ id }) => id);
}

const taskOf = async (queue: string, id: string): Promise<Task> =>
  (await http(worker.url).get<Task>(`/v1/queues/${queue}/tasks/${id}`)).body;

async function ended(queue: string, id = ""): Promise<Task> {
  await expect.poll(async () => (await taskOf(queue, id)).status, { timeout: 10_000 }).toMatch(/^(?:Done|Killed)$/);
  return taskOf(queue, id);
}

test("a task is sent once, signed by both keys, and done with the answer as its result", async () => {
  const [id] = await pushed("done");
  expect(await ended("done", id)).toMatchObject({
    status: "Done",
    attempt: 1,
    lastResult: { ok: { got: { n: 0 } } },
    runs: [{ worker: "webhook", outcome: "done" }],
  });
  expect(ofPath("done")).toMatchObject([{ id, message: { type: "prinia.task", data: { id, args: { n: 0 } } } }]);
});

test("429 rests the queue and burns no attempt", async () => {
  const ids = await pushed("busy", 2);
  for (const id of ids)
    expect(await ended("busy", id)).toMatchObject({ status: "Done", attempt: 1, lastResult: { ok: "late" } });
  expect(ofPath("busy")).toHaveLength(3);
});

test("410 kills at the first attempt", async () => {
  const [id] = await pushed("gone");
  expect(await ended("gone", id)).toMatchObject({ status: "Killed", attempt: 1 });
  expect(ofPath("gone")).toHaveLength(1);
});

test.each([
  ["broken", "The webhook answered 500: no such user"],
  ["moved", "302, a redirect, which is not followed"],
  ["slow", "300 ms"],
])(
  "%s: each attempt fails in words, is tried again with the same id, and shows no part of the URL",
  async (queue, words) => {
    const [id] = await pushed(queue);
    const task = await ended(queue, id);
    expect(task).toMatchObject({ status: "Killed", attempt: 2, lastResult: { err: expect.stringContaining(words) } });
    expect(ofPath(queue).map((one) => one.id)).toEqual([id, id]);
    expect(JSON.stringify(task)).not.toContain("k3y");
  },
);

test("a batch is one request, and each task has its own result", async () => {
  const [first, second] = await pushed("batches", 2);
  expect(await ended("batches", first)).toMatchObject({ status: "Done", lastResult: { ok: "first" } });
  expect(await ended("batches", second)).toMatchObject({ status: "Killed", lastResult: { err: "no" } });
  expect(ofPath("batches")).toMatchObject([
    { message: { type: "prinia.tasks", data: { tasks: [{ id: first }, { id: second }] } } },
  ]);
});

test("no more requests are open at a time than the concurrency", async () => {
  const ids = await pushed("narrow", 6);
  for (const id of ids) expect(await ended("narrow", id)).toMatchObject({ status: "Done" });
  expect(mostOpen).toBe(2);
});

test("without a secret nothing is sent, and the tasks say why", async () => {
  const [id] = await pushed("unsigned");
  expect(await ended("unsigned", id)).toMatchObject({
    status: "Killed",
    lastResult: { err: expect.stringContaining("the webhook's `secret` is not set") },
  });
  expect(ofPath("unsigned")).toEqual([]);
});

test("no URL, secret or args are in the log", () => {
  const log = worker.stdout() + worker.stderr();
  for (const word of ["k3y", secret, previous, '"n":']) expect(log).not.toContain(word);
});
