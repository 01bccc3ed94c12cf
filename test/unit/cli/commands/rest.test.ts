// tail, token, bench and completions.
import { execFileSync } from "node:child_process";
import { verify } from "hono/jwt";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../../src/cli/commands.ts";
import type { Fetch } from "../../../../src/client/requests.ts";
import { Shell } from "./shell.ts";

/** A server whose answers are feeds of these texts; each breaks off at its end. */
function feeds(...texts: (string | Response)[]) {
  const asked: (string | undefined)[] = [];
  const fetch: Fetch = async (url, { headers }) => {
    asked.push(headers["last-event-id"]);
    expect(url).toBe("http://127.0.0.1:8787/v1/queues/a%2Fb/feed");
    const next = texts.shift();
    if (next === undefined) throw new TypeError("fetch failed");
    return typeof next === "string" ? new Response(next) : next;
  };
  return { asked, fetch };
}

const at = Date.UTC(2026, 10, 24);
const task = (id: string, status: string) =>
  `event: task\ndata: ${JSON.stringify({ id, queue: "a/b", status, attempt: 1, priority: 0, runAt: at, at })}\n\n`;

describe("tail", () => {
  test("prints each event, and goes on behind the last position after a break", async () => {
    const { asked, fetch } = feeds(
      `: feed\n\nid: 0:1\n\nid: 0:2\n${task("t1", "Running")}`,
      `id: 0:3\n${task("t1", "Done")}id: 0:4\nevent: worker\ndata: ${JSON.stringify({ worker: "w", event: "left", queue: "a/b", at })}\n\n`,
    );
    const events = await new Shell().json("tail a/b --count 3", { fetch });
    expect(events.map(({ position, event, id, status, change }) => [position, event, id ?? change, status])).toEqual([
      ["0:2", "task", "t1", "Running"],
      ["0:3", "task", "t1", "Done"],
      ["0:4", "worker", "left", undefined],
    ]);
    expect(asked).toEqual([undefined, "0:2"]);
  });

  test("begins where it is told, and is for people without --json", async () => {
    const { asked, fetch } = feeds(`id: 0:9\n${task("t1", "Done")}event: gap\ndata: {"partition":0}\n\n`);
    const { exitCode, out } = await new Shell().run("tail a/b --from 0:8 --count 2", { fetch });
    expect(exitCode).toBe(0);
    expect(out[0]).toMatch(/^2026-11-2\d \d\d:00:00 {2}t1 {2}Done, attempt 1$/);
    expect(out[1]).toContain("something was missed here");
    expect(asked).toEqual(["0:8"]);
  });

  test("ends with 3 when nobody answers, and with 1 when it is refused", async () => {
    expect((await new Shell().run("tail a/b", feeds())).exitCode).toBe(3);
    const refusal = Response.json({ code: "forbidden", detail: "No." }, { status: 403 });
    const refused = await new Shell().run("tail a/b", feeds(refusal));
    expect([refused.exitCode, refused.err[0]]).toEqual([1, expect.stringContaining("No.")]);
  });

  test("ends in peace after Ctrl-C", async () => {
    const shell = new Shell();
    const fetch: Fetch = async () => {
      queueMicrotask(() => shell.interrupted.abort());
      return new Response(new ReadableStream());
    };
    expect(await shell.run("tail a/b", { fetch })).toEqual({ exitCode: 0, out: [], err: [] });
  });
});

describe("token", () => {
  test("mints one with the secret of the environment, or of .dev.vars", async () => {
    const shell = new Shell();
    const line = "token --queues emails* --scope push,read --ttl 10m --sub ada";
    const { exitCode, out } = await shell.run(line, { env: { PRINIA_SECRET: "secret" } });
    expect(exitCode).toBe(0);
    const claims = await verify(out[0] ?? "", "secret", "HS256");
    expect(claims).toMatchObject({ queues: ["emails*"], scope: ["push", "read"], sub: "ada" });
    const own = await shell.run("token --queues q --task t1", { files: { ".dev.vars": "PRINIA_SECRET=other" } });
    expect(await verify(own.out[0] ?? "", "other", "HS256")).toMatchObject({ tasks: ["t1"] });
  });

  test("says what is missing, and how it is called", async () => {
    const { exitCode, err } = await new Shell().run("token --queues q", { env: { PRINIA_SECRET: "s" } });
    expect([exitCode, err[0]]).toEqual([2, expect.stringContaining("--scope is missing")]);
    expect(err.join("\n")).toContain("Usage: prinia token --queues");
    expect((await new Shell().run("token --help")).out[0]).toMatch(/^Usage: prinia token/);
    expect((await new Shell().run("token --queues q --scope push")).exitCode).toBe(2);
  });
});

describe("bench", () => {
  test("measures, and leaves no queue behind", async () => {
    const shell = new Shell();
    const [figures] = await shell.json("bench --tasks 50");
    expect(figures).toEqual({
      tasks: 50,
      pushesPerSecond: expect.any(Number),
      tasksPerSecond: expect.any(Number),
      runMsP50: expect.any(Number),
      runMsP99: expect.any(Number),
    });
    expect(await shell.queue("x").listQueues()).toEqual([]);
  });

  test("spares other machines, unless it is told", async () => {
    const env = { PRINIA_URL: "https://queues.example.com" };
    const { exitCode, err } = await new Shell().run("bench", { env });
    expect([exitCode, err[0]]).toEqual([2, expect.stringContaining("is not this machine: say --yes")]);
    expect((await new Shell().run("bench --tasks 1 --yes", { env })).exitCode).toBe(0);
  });
});

describe("completions", () => {
  test.each(["bash", "zsh", "fish"])("of %s name every command and its options", async (shell) => {
    const { exitCode, out } = await new Shell().run(["completions", shell]);
    expect(exitCode).toBe(0);
    const text = out.join("\n");
    for (const { name, args } of COMMANDS) {
      expect(text).toContain(name);
      for (const [option, { type }] of Object.entries(args)) if (type !== "positional") expect(text).toContain(option);
    }
  });

  test("of bash complete a command, and then its options", async () => {
    const script = (await new Shell().run("completions bash")).out.join("\n");
    const complete = (words: string) =>
      execFileSync("bash", [
        "-c",
        `${script}\nCOMP_WORDS=(${words} "")\nCOMP_WORDS=(\${COMP_WORDS[@]})\nCOMP_CWORD=$((\${#COMP_WORDS[@]} - 1))\n_prinia\necho "\${COMPREPLY[@]}"`,
      ])
        .toString()
        .trim();
    expect(complete("prinia res")).toBe("reschedule");
    expect(complete("prinia work --e")).toBe("--exec");
    expect(complete("prinia get q --ex")).toBe("");
  });

  test("of other shells there are none", async () => {
    expect(await new Shell().run("completions tcsh")).toMatchObject({ exitCode: 2 });
  });
});
