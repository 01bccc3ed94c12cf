// Every example is run as its first lines say, with ports of its own.
import { asQueue } from "prinia";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as next from "../../examples/routes/next.ts";
import * as remix from "../../examples/routes/remix.ts";
import * as sveltekit from "../../examples/routes/sveltekit.ts";
import { temporaryFolder } from "../support/cleanup.ts";
import { http } from "../support/http.ts";
import { runNode } from "../support/processes.ts";
import { freePort } from "../support/server.ts";
import { startWrangler, type WranglerOptions } from "../support/wrangler.ts";

interface Task {
  readonly id: string;
  readonly status: string;
  readonly args: unknown;
  readonly priority: number;
  readonly attempt: number;
  readonly idempotencyKey?: string;
  readonly runs: readonly { readonly outcome: string; readonly logs?: readonly string[] }[];
}

interface Signup {
  readonly id: string;
  readonly created: boolean;
}

type Name = "prinia" | "edge" | "sse" | "embed" | "mounted" | "consumer";

const url = {} as Record<Name, string>;
beforeAll(async () => {
  const registry = temporaryFolder();
  const open = { PRINIA_AUTH: "off" };
  const start = async (name: Name, options: Omit<WranglerOptions, "registry">): Promise<void> => {
    url[name] = (await startWrangler({ registry, ...options })).url;
  };
  // Two at a time: each start keeps a core busy.
  const callers = async (): Promise<void> => {
    await start("prinia", { config: "wrangler.toml", vars: open });
    const vars = { PRINIA_URL: url.prinia };
    await start("edge", { config: "examples/edge/wrangler.toml", vars });
    await start("sse", { config: "examples/sse/wrangler.toml", vars });
  };
  const hosts = async (): Promise<void> => {
    const config = "examples/embed/wrangler.toml";
    await start("embed", { config, vars: open });
    await start("mounted", { config, main: "examples/embed/mounted.ts", vars: open });
    await start("consumer", { config: "examples/consumer/wrangler.toml", vars: open });
  };
  await Promise.all([callers(), hosts()]);
});

afterEach(() => vi.unstubAllEnvs());

const taskOf = async (base: string, queue: string, id: string): Promise<Task> =>
  (await http(base).get<Task>(`/v1/queues/${queue}/tasks/${id}`)).body;

describe("examples/edge: another Worker pushes", () => {
  test.each([
    ["by service binding", "/signup", "ada@example.com"],
    ["by public fetch", "/public/signup", "grace@example.com"],
  ])("%s, and the task is there, once however often it is asked for", async (_, path, email) => {
    const ask = () => http(url.edge).post<Signup>(`${path}?email=${email}`, {});
    // The two sessions of wrangler find each other in their own time.
    await expect.poll(async () => (await ask()).status).toBeLessThan(300);
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body.created).toBe(false);
    expect(await taskOf(url.prinia, "emails", body.id)).toMatchObject({
      status: "Pending",
      args: { to: email, template: "welcome" },
      priority: 5,
      idempotencyKey: `welcome ${email}`,
    });
  });

  test("and says what it wants of a request that lacks it", async () => {
    expect((await fetch(`${url.edge}/signup`, { method: "POST" })).status).toBe(400);
  });
});

describe("examples/embed: the queue in a Worker of one's own", () => {
  test("five lines are a whole server", async () => {
    const { status, body } = await http(url.embed).post<Task>("/v1/queues/own/tasks", { args: 1 });
    expect(status).toBe(201);
    expect(await taskOf(url.embed, "own", body.id)).toMatchObject({ status: "Pending", args: 1 });
  });

  test("below a prefix of a Hono app, whose own route pushes without leaving the Worker", async () => {
    const { status, body } = await http(url.mounted).post<{ id: string; task: string }>("/orders", { item: "tea" });
    expect(status).toBe(202);
    const { body: task } = await http(url.mounted).get<Task>(body.task);
    expect(task).toMatchObject({ id: body.id, status: "Pending", args: { item: "tea" } });
    expect((await fetch(`${url.mounted}/queue/v1/health`)).status).toBe(200);
    expect((await fetch(`${url.mounted}/v1/health`)).status).toBe(404);
  });
});

describe("examples/consumer: a Worker that consumes its own queue", () => {
  /** What waits for it is told, as it is of any worker. */
  async function outcomeOf(to: string): Promise<Record<string, unknown>> {
    const { post } = http(url.consumer);
    const { body } = await post<{ id: string }>("/v1/queues/emails/tasks", { args: { to } });
    const { body: outcome } = await post<Record<string, unknown>>("/v1/queues/emails/wait", { ids: [body.id] });
    return outcome;
  }

  test("by RPC: done, tried again, killed", async () => {
    const outcomes = await Promise.all(["ada@example.com", "busy@example.com", "nobody"].map(outcomeOf));
    expect(outcomes).toMatchObject([
      { status: "Done", attempt: 1, result: { ok: { sent: "ada@example.com", attempt: 1 } } },
      { status: "Done", attempt: 2, result: { ok: { sent: "busy@example.com", attempt: 2 } } },
      { status: "Killed", attempt: 1, result: { err: "nobody is no address" } },
    ]);
    const { body } = await http(url.consumer).get<{ workers: unknown[] }>("/v1/queues/emails/workers");
    expect(body.workers).toMatchObject([{ id: "consumer", leases: 0 }]);
  });

  test("as it stood on Cloudflare Queues, unchanged: sent, acknowledged, tried again, dead at last", async () => {
    const uploads = asQueue<{ file: string }>({ url: url.consumer }, "uploads");
    await uploads.send({ file: "a.txt" });
    await uploads.sendBatch([{ body: { file: "b.part" } }]);
    const tasks = async (queue: string) =>
      (await http(url.consumer).get<{ tasks: Task[] }>(`/v1/queues/${queue}/tasks?order=oldest`)).body.tasks;
    await expect.poll(async () => (await tasks("uploads")).map(({ status }) => status)).toEqual(["Done", "Done"]);
    expect((await tasks("uploads")).map(({ attempt }) => attempt)).toEqual([1, 2]);
    await uploads.send({ file: "" });
    await expect.poll(async () => (await tasks("uploads-dead")).map(({ args }) => args)).toEqual([{ file: "" }]);
    expect((await tasks("uploads"))[2]).toMatchObject({ status: "Killed", attempt: 2 });
  });
});

describe("examples/sse: a Hono app streams progress and result", () => {
  beforeAll(() => {
    runNode(["examples/sse/worker.ts"], { PRINIA_URL: url.prinia });
  });

  /** The events of a stream, until it ends. */
  async function events(below: number): Promise<[event: string, data: unknown][]> {
    const response = await fetch(`${url.sse}/primes?below=${below}`, { method: "POST" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const blocks = (await response.text()).trim().split("\n\n");
    return blocks.map((block) => {
      const [, event = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return [event, JSON.parse(data)];
    });
  }

  test("of a task that a worker does", async () => {
    const [first, ...rest] = await events(1_000_000);
    expect(first).toEqual(["pushed", { id: expect.any(String) }]);
    expect(rest.pop()).toEqual(["result", 78_498]);
    expect(rest.length).toBeGreaterThan(0);
    for (const [event, data] of rest) {
      expect(event).toBe("progress");
      expect(data).toEqual({ percent: expect.any(Number) });
    }
  });

  test("of one that can't be done, at once", async () => {
    expect((await events(-1)).at(-1)).toEqual(["failed", "-1 is no number to count to"]);
  });
});

describe("examples/subscriber.ts: a WebSocket and nothing else", () => {
  test("prints each change of a task, and ends with the last", async () => {
    const { post } = http(url.embed);
    const queue = "/v1/queues/watched";
    const run = runNode(["examples/subscriber.ts", "watched", "2"], { PRINIA_URL: url.embed });
    await expect.poll(run.stdout).toBe("watching watched: 0 tasks wait\n");
    const pushed = await post<{ tasks: { id: string }[] }>(`${queue}/tasks`, [{ args: 1 }, { args: 2 }]);
    const polled = await post<{ tasks: { id: string; lease: string }[] }>(`${queue}/poll`, { worker: "w", max: 2 });
    const events = polled.body.tasks.map(({ id, lease }) => ({ type: "ack", id, lease, result: { ok: null } }));
    await post(`${queue}/events`, { events });
    expect(await run.exited, run.stderr()).toBe(0);
    // What changes twice within a moment is told once.
    const seen = new Map(
      run
        .stdout()
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(" ") as [string, string]),
    );
    expect(seen).toEqual(new Map(pushed.body.tasks.map(({ id }) => [id, "Done"])));
  });
});

describe("examples/routes: edge routes of frameworks", () => {
  interface Routes {
    readonly push: (request: Request) => Promise<Response>;
    readonly look: (id: string) => Promise<Response>;
  }

  const request = (body: unknown): Request =>
    new Request("https://shop.example.com/emails", { method: "POST", body: JSON.stringify(body) });

  const ROUTES: Readonly<Record<string, Routes>> = {
    "Next.js": {
      push: next.POST,
      look: (id) => next.GET(new Request("https://shop.example.com"), { params: Promise.resolve({ id }) }),
    },
    Remix: {
      push: (asked) => remix.action({ request: asked, params: {} }),
      look: (id) => remix.loader({ request: new Request("https://shop.example.com"), params: { id } }),
    },
    SvelteKit: {
      push: (asked) => sveltekit.POST({ request: asked, params: {} }),
      look: (id) => sveltekit.GET({ request: new Request("https://shop.example.com"), params: { id } }),
    },
  };

  test.each(Object.entries(ROUTES))("%s: pushes once, and tells how it goes", async (name, { push, look }) => {
    vi.stubEnv("PRINIA_URL", url.embed);
    const to = `${name}@example.com`;
    const first = await push(request({ to }));
    expect(first.status).toBe(202);
    const { id } = (await first.json()) as { id: string };
    expect(first.headers.get("location")).toMatch(new RegExp(`^(/api)?/emails/${id}$`));
    expect(await (await push(request({ to }))).json()).toEqual({ id });
    expect(await (await look(id)).json()).toEqual({ id, status: "Pending", attempt: 0, result: null });
    expect((await taskOf(url.embed, "emails", id)).args).toEqual({ to });
  });

  test.each(Object.entries(ROUTES))(
    "%s: refuses what is no email, and what is not there",
    async (_, { push, look }) => {
      vi.stubEnv("PRINIA_URL", url.embed);
      expect((await push(request({ to: "nobody" }))).status).toBe(400);
      expect((await look("01M865NYVW00000000019X76PY")).status).toBe(404);
    },
  );

  test("a queue that cannot be reached is a 503 within moments, and no stack", async () => {
    vi.stubEnv("PRINIA_URL", `http://127.0.0.1:${await freePort()}`);
    const { status, headers } = await next.POST(request({ to: "ada@example.com" }));
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  });

  test("Remix: an action takes other methods, too, and this one refuses them", async () => {
    const deleting = new Request("https://shop.example.com/emails", { method: "DELETE" });
    expect((await remix.action({ request: deleting, params: {} })).status).toBe(405);
  });
});

describe("examples/fan-out.ts: one task pushes many and awaits them", () => {
  test("in memory and at the edge", async () => {
    const runs = [undefined, url.embed].map((PRINIA_URL) => runNode(["examples/fan-out.ts"], { PRINIA_URL }));
    for (const run of runs) {
      expect(await run.exited, run.stderr()).toBe(0);
      expect(run.stdout()).toBe("6 words\n");
    }
  });

  test("the pages stand in a group that is the report, and the report says how far it came", async () => {
    const { get } = http(url.embed);
    const { body: reports } = await get<{ tasks: (Task & { progress: unknown })[] }>("/v1/queues/reports/tasks");
    const [report] = reports.tasks;
    expect(report).toMatchObject({ status: "Done", progress: { done: 3, of: 3 } });
    const { body } = await get<{ tasks: Task[] }>(`/v1/queues/pages/tasks?groupKey=${report?.id}`);
    expect(body.tasks.map(({ status }) => status)).toEqual(["Done", "Done", "Done"]);
  });
});

describe("examples/memory.ts: two lines apart", () => {
  const lines = "sent to ada@example.com at attempt 1\nsent to grace@example.com at attempt 2\n";

  test("the program runs in memory, and just the same at the edge", async () => {
    const runs = [undefined, url.embed].map((PRINIA_URL) => runNode(["examples/memory.ts"], { PRINIA_URL }));
    for (const run of runs) {
      expect(await run.exited, run.stderr()).toBe(0);
      expect(run.stdout()).toBe(lines);
    }
  });

  test("what it logged at the edge stands in the task's runs", async () => {
    const { body } = await http(url.embed).get<{ tasks: Task[] }>("/v1/queues/emails/tasks?status=Done");
    const retried = body.tasks.find(({ runs }) => runs.length === 2);
    expect(retried?.runs.map(({ outcome, logs }) => [outcome, logs])).toEqual([
      ["failed", ["INFO attempt 1"]],
      ["done", ["INFO attempt 2"]],
    ]);
  });
});
