// The CLI as it is built, as processes, against a server that wants tokens.
import { beforeAll, expect, test } from "vitest";
import { type Command, runNode, until } from "../support/processes.ts";
import { type Server, startServe } from "../support/server.ts";

const SECRET = "a secret of the tests of the command line";

let server: Server;
let token = "";
beforeAll(async () => {
  server = await startServe({ env: { PRINIA_SECRET: SECRET } });
  const minted = await prinia(["token", "--queues", "*", "--scope", "admin"], { PRINIA_SECRET: SECRET });
  token = minted.stdout.trim();
});

const start = (args: readonly string[], env: Record<string, string> = {}): Command =>
  runNode(["dist/cli/main.js", ...args], { PRINIA_URL: server.url, PRINIA_TOKEN: token, NO_COLOR: "1", ...env });

/** Runs it to its end. */
async function prinia(args: readonly string[], env?: Record<string, string>) {
  const command = start(args, env);
  const exitCode = await command.exited;
  await until(() => exitCode !== 0 || command.stdout() !== "" || command.stderr() !== "", "what it printed has come");
  return { exitCode, stdout: command.stdout(), stderr: command.stderr() };
}

async function json(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await prinia([...args, "--json"]);
  expect(exitCode, stderr).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a task from push to retry, with a shell for its worker, and a tail that saw it all", async () => {
  await json("push", "emails", '{"to":"grace"}', "--delay", "1h");
  const tail = start(["tail", "emails", "--json"]);
  const follows = () => tail.stdout() !== "";
  const [pushed] = await json("push", "emails", '{"to":"ada"}', "--attempts", "1");
  // It begins with what happens once it is there: pushed again until it has seen one.
  while (!follows()) await json("push", "emails", '"noise"', "--delay", "1h");

  const failed = await prinia(["work", "emails", "--exec", "echo no such address >&2; exit 1", "--drain"]);
  expect(failed).toMatchObject({ exitCode: 0, stdout: `${pushed.id}  failed: no such address\n` });
  const got = await prinia(["get", "emails", pushed.id]);
  expect(got.stdout).toMatch(/^status +Killed$/m);
  expect(got.stdout).toMatch(/^error +no such address$/m);
  expect(await json("list", "emails", "--status", "killed")).toMatchObject([{ id: pushed.id, args: { to: "ada" } }]);

  expect((await prinia(["retry", "emails", "--status", "killed"])).exitCode).toBe(2);
  expect(await json("retry", "emails", "--status", "killed", "--yes")).toEqual([
    { verb: "resume", matched: 1, changed: 1 },
  ]);
  const sent = await prinia(["work", "emails", "--exec", "printf 'to %s' {}", "--drain", "--poll"]);
  expect(sent).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(new RegExp(`^${pushed.id}  done`)) });
  expect(await json("get", "emails", pushed.id)).toMatchObject([
    { status: "Done", lastResult: { ok: 'to {"to":"ada"}' } },
  ]);

  const seen = () =>
    tail
      .stdout()
      .split("\n")
      .filter((line) => line.includes(pushed.id))
      .map((line) => JSON.parse(line).status);
  await until(() => seen().at(-1) === "Done", "the tail has seen the end");
  expect(seen().slice(-4)).toEqual(["Killed", "Pending", "Running", "Done"]);
  expect(await tail.stop()).toBe(0);
});

test("run is push and wait in one, by a worker that ends when it is told", async () => {
  const work = start(["work", "sums", "--exec", "cat"]);
  await until(() => work.stderr().includes("works on sums"), "the worker is there");
  expect(await prinia(["run", "sums", '{"n":42}'])).toEqual({ exitCode: 0, stdout: '{"n":42}\n', stderr: "" });
  expect(await work.stop()).toBe(0);
  const late = await prinia(["run", "sums", "1", "--wait", "100ms"]);
  expect([late.exitCode, late.stdout]).toEqual([5, ""]);
});

test("it says what was wrong, where, and what to do, and ends with the code for that", async () => {
  const nobody = await prinia(["queues"], { PRINIA_URL: "http://127.0.0.1:1" });
  expect([nobody.exitCode, nobody.stderr]).toEqual([3, expect.stringContaining("http://127.0.0.1:1 does not answer")]);
  const stranger = await prinia(["queues"], { PRINIA_TOKEN: "nonsense" });
  expect([stranger.exitCode, stranger.stderr]).toEqual([1, expect.stringContaining("PRINIA_TOKEN")]);
  const usage = await prinia(["push", "emails", "{"]);
  expect([usage.exitCode, usage.stdout]).toEqual([2, ""]);
});
