// The README is run as it stands: every command in it, in order, on a server and a worker of its own.
import { execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, projectOf, sidesOf } from "../support/blocks.ts";
import { cleanUp, temporaryFolder } from "../support/cleanup.ts";
import { ROOT } from "../support/processes.ts";
import { type Server, startDev, startServe } from "../support/server.ts";

const run = promisify(execFile);
const README = readFileSync(join(ROOT, "README.md"), "utf8");

const blocks = (language: string): string[] => blocksOf("README.md", language);

/** The one shell block that has this in it. */
function block(part: string): string {
  const found = blocks("sh").filter((text) => text.includes(part));
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

/** Where curl is missing, a few lines of Node stand in for it, so that the tests need nothing but Node. */
const CURL = `#!/usr/bin/env node
const args = process.argv.slice(2);
const after = (flag) => args[args.indexOf(flag) + 1];
const [name, value] = args.includes("-H") ? after("-H").split(/: (.*)/s) : ["accept", "*/*"];
const headers = { "content-type": "application/json", [name]: value };
const answer = await fetch(args.at(-1), { method: "POST", headers, body: after("--json") });
process.stdout.write(await answer.text());
`;

async function toolPath(): Promise<string> {
  const path = `${join(ROOT, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
  const hasCurl = await run("curl", ["--version"]).then(
    () => true,
    () => false,
  );
  if (hasCurl) return path;
  const folder = temporaryFolder();
  writeFileSync(join(folder, "curl"), CURL);
  chmodSync(join(folder, "curl"), 0o755);
  return `${folder}${delimiter}${path}`;
}

let path = "";
beforeAll(async () => {
  path = await toolPath();
});

const environment = (env: Record<string, string>) => ({ ...process.env, PATH: path, ...env });

/** Runs commands as a person would paste them, and returns what they print: curl ends no line by itself. */
async function shell(commands: string, env: Record<string, string> = {}): Promise<string[]> {
  const lines = commands.replaceAll(/^curl .*$/gm, "$&; echo");
  const { stdout } = await run("sh", ["-euc", lines], { cwd: ROOT, env: environment(env) });
  return stdout.trim().split("\n");
}

/** Runs a command that a person would leave in the background, until the test file ends. */
function background(command: string, env: Record<string, string>): void {
  const { pid } = spawn("sh", ["-c", command], { cwd: ROOT, env: environment(env), detached: true, stdio: "ignore" });
  cleanUp(async () => {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  });
}

describe("push, poll and wait, and the worker, on wrangler dev", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startDev();
  });
  afterAll(() => server.kill());

  /** A block, on the port of this server. */
  const here = (part: string) => block(part).replaceAll("http://127.0.0.1:8787", server.url);

  test("by curl: a task is pushed, polled, acked and awaited", async () => {
    const lines = await shell(here("Q=http"));
    const [pushed, acked, awaited] = lines.map((line) => JSON.parse(line));
    expect(pushed).toMatchObject({ status: "Pending", created: true });
    expect(acked).toEqual({ events: [{ id: pushed.id, status: "Done" }] });
    expect(awaited).toEqual({ id: pushed.id, status: "Done", attempt: 1, result: { ok: "sent" } });
  });

  test("the worker of the README is the file that it names, and runs what is pushed", async () => {
    const [code] = blocks("ts");
    expect(readFileSync(join(ROOT, "examples/worker.ts"), "utf8")).toContain(code);
    const [worker = "", ...commands] = here("examples/worker.ts &").split("\n");
    background(worker.replace(/ &$/, ""), { PRINIA_URL: server.url });
    const lines = await shell(commands.join("\n"));
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ status: "Done", result: { ok: "Hello, Ada!" } });
  });

  test("two lines bring the program of the README from memory to the edge, and it compiles on either", async () => {
    const [, rest = ""] = blocks("ts");
    const { before, after } = sidesOf(blocks("diff")[0] ?? "");
    expect([before, after].map((lines) => lines.trim().split("\n").length)).toEqual([2, 2]);
    const known = "const url = process.env.PRINIA_URL ?? '';\nconst token = undefined;\n";
    const program = projectOf({ "memory.ts": before + rest, "edge.ts": known + after + rest });
    await program.check();
    expect(await program.run(["memory.ts"])).toBe("sent to ada@example.com\nsent to alan@example.com\n");
    expect(await program.run(["edge.ts"], { PRINIA_URL: server.url })).toBe(
      "sent to ada@example.com\nsent to alan@example.com\n",
    );
    const { tasks } = (await (await fetch(`${server.url}/v1/queues/emails/tasks`)).json()) as { tasks: object[] };
    expect(tasks).toContainEqual(expect.objectContaining({ idempotencyKey: "welcome grace", priority: 5 }));
  });
});

describe("deploy", () => {
  const commands = block("npm run deploy").trim().split("\n");

  test("takes four commands: secret, deploy, token, curl", () => {
    expect(commands).toHaveLength(4);
    expect(commands[0]).toBe("npx wrangler secret put PRINIA_SECRET");
    expect(commands[1]).toBe("npm run deploy");
  });

  // What the second uploads is looked at in deploy.test.ts.
  test("the first is understood by wrangler", async () => {
    const env = { WRANGLER_SEND_METRICS: "false", CI: "1" };
    expect((await shell(`${commands[0]} --help`, env)).join("\n")).toContain("Create or update a secret");
  });

  test("the last two push with a token that was minted from the secret, and without it nothing is pushed", async () => {
    const secret = "a long random text, for this test alone";
    const server = await startServe({ env: { PRINIA_SECRET: secret } });
    cleanUp(server.kill);
    const env = { PRINIA_SECRET: secret, PRINIA_URL: server.url };
    const [pushed] = await shell(`${commands[2]}\n${commands[3]}`, env);
    expect(JSON.parse(pushed ?? "")).toMatchObject({ status: "Pending", created: true });
    const [refused] = await shell(`TOKEN=none\n${commands[3]}`, env);
    expect(JSON.parse(refused ?? "")).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

describe("the rest", () => {
  test("the two commands at the top are those that land a change, and those that this suite belongs to", () => {
    const scripts = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts;
    expect(block("npm run demo").match(/npm (?:ci|run [a-z]+|test)/g)).toEqual([
      "npm ci",
      "npm run demo",
      "npm ci",
      "npm test",
    ]);
    expect(scripts.test).toContain("vitest run");
    expect(readFileSync(join(ROOT, ".ci/run"), "utf8")).toMatch(/npm ci[\s\S]*npm test/);
  });

  test("every script that is named exists, and every link leads to a file", () => {
    const scripts = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts;
    for (const [, name] of README.matchAll(/npm run (?:-s )?([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(name);
    const links = [...README.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
    expect(links.filter((target) => !existsSync(join(ROOT, target)))).toEqual([]);
  });

  test("npm run token --help explains itself", async () => {
    expect((await shell("npm run -s token -- --help")).join("\n")).toContain("--queues");
  });
});
