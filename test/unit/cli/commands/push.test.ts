import { expect, test } from "vitest";
import { Worker } from "../../../../src/worker/worker.ts";
import { Shell } from "./shell.ts";

test("a push says what became of it, and its options are those of the task", async () => {
  const shell = new Shell();
  const args = '{"to":"ada"}';
  const meta = '{"from":"shell"}';
  const options = [
    "--priority",
    "-3",
    "--delay",
    "10m",
    "--attempts",
    "2",
    "--timeout",
    "30s",
    "--key",
    "k",
    "--group",
    "g",
  ];
  const [pushed] = await shell.json(["push", "emails", args, ...options, "--meta", meta]);
  expect(pushed).toEqual({ id: expect.any(String), status: "Pending", created: true });
  const task = await shell.queue("emails").fetchById(pushed.id);
  expect(task).toMatchObject({
    args: { to: "ada" },
    priority: -3,
    maxAttempts: 2,
    timeoutMs: 30_000,
    idempotencyKey: "k",
    groupKey: "g",
    meta: { from: "shell" },
  });
  expect((task?.runAt ?? 0) - (task?.createdAt ?? 0)).toBe(600_000);
  const again = await shell.run(["push", "emails", args, "--key", "k", "--group", "g"]);
  expect(again).toEqual({ exitCode: 0, out: [`${pushed.id}  Pending  (there already)`], err: [] });
});

test("args come from the standard input when they are not given, and lines are a task each", async () => {
  const shell = new Shell();
  expect((await shell.run("push emails", { input: " [1, 2]\n" })).exitCode).toBe(0);
  expect(await shell.run("push emails --lines", { input: "1\n\n2\n" })).toMatchObject({
    out: ["2 tasks pushed to emails"],
  });
  const { tasks } = await shell.queue("emails").listTasks({ order: "oldest" });
  expect(tasks.map(({ args }) => args)).toEqual([[1, 2], 1, 2]);
});

test.each([
  ["push emails", "ARGS is missing", {}],
  ["push emails ada", "A text is written '\"ada\"'", {}],
  ["push emails 1 --priority high", '--priority is "high": give an integer', {}],
  ["push emails 1 --delay 30", '--delay is "30": give a number with its unit', {}],
  ["push emails 1 --at soon", '--at is "soon": give a date', {}],
  ["push emails 1 --at 2030-01-01 --delay 1s", "exclude each other", {}],
  ["push emails 1 --meta []", "give a JSON object", {}],
  ["push emails 1 --lines", "leave ARGS out", {}],
  ["push emails --lines --key k", "would be the same task", {}],
  ["push emails --lines", "line 2 is {, which is not JSON", { input: "1\n{\n" }],
  ["push emails 1 2", '"2" is one argument too many', {}],
  ["push emails 1 --nonsense", "There is no option --nonsense", {}],
  ["push emails 1 --key", "--key needs a value", {}],
  ["push", "Missing required positional argument: QUEUE", {}],
  ["nonsense", 'There is no command "nonsense"', {}],
  ["--url x push", "Options stand behind the command", {}],
  ["push emails 1 --url emails", "give an address such as http://127.0.0.1:8787", {}],
])("`prinia %s` is refused: %s", async (line, words, given) => {
  const shell = new Shell();
  const { exitCode, out, err } = await shell.run(line, given);
  expect(err.join("\n")).toContain(words);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: [] });
});

test("the server and its token come from the options, else from the environment", async () => {
  const shell = new Shell();
  const env = { PRINIA_URL: "http://queue.test", PRINIA_TOKEN: "t1" };
  await shell.run("queues");
  await shell.run("queues", { env });
  await shell.run("queues --url https://other.test --token t2", { env });
  expect(shell.servers.map(({ url, token }) => [url, token])).toEqual([
    ["http://127.0.0.1:8787", undefined],
    ["http://queue.test", "t1"],
    ["https://other.test", "t2"],
  ]);
});

test("a run prints the result, and its end says how the task ended", async () => {
  const shell = new Shell();
  const handler = (args: unknown) => {
    if (args === "fail") throw new Error("no such address");
    return { got: args };
  };
  await using _ = new Worker("w", shell.queue("emails"), handler);
  expect(await shell.run("run emails 7")).toEqual({ exitCode: 0, out: ['{"got":7}'], err: [] });
  const failed = await shell.run(["run", "emails", '"fail"', "--attempts", "1"]);
  expect(failed).toMatchObject({ exitCode: 4, out: [] });
  expect(failed.err[0]).toMatch(/^prinia run: The task \w{26} was killed after 1 attempt: no such address$/);
  const late = await shell.run("run emails 7 --delay 1h --wait 20ms");
  expect(late).toMatchObject({ exitCode: 5, out: [] });
  expect(late.err[0]).toMatch(/^prinia run: The task \w{26} of "emails" had not ended after 20 ms/);
});

test("a run ends with 130 after Ctrl-C, and its task goes on", async () => {
  const shell = new Shell();
  const run = shell.run("run emails 7");
  shell.interrupted.abort();
  expect(await run).toEqual({ exitCode: 130, out: [], err: [] });
});
