// Every example is run as its first lines say, with ports of its own.
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/cleanup.ts";
import { http } from "../support/http.ts";
import { runNode } from "../support/processes.ts";
import { startWrangler, type WranglerOptions } from "../support/wrangler.ts";

interface Task {
  readonly id: string;
  readonly status: string;
  readonly args: unknown;
  readonly priority: number;
  readonly idempotencyKey?: string;
  readonly runs: readonly { readonly outcome: string; readonly logs?: readonly string[] }[];
}

interface Signup {
  readonly id: string;
  readonly created: boolean;
}

type Name = "prinia" | "edge" | "sse" | "embed" | "mounted";

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
  };
  await Promise.all([callers(), hosts()]);
});

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
