// Real commands of a real shell, on queues in memory.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scriptOf } from "../../../../src/cli/shell.ts";
import { temporaryFolder } from "../../../support/cleanup.ts";
import { until } from "../../../support/processes.ts";
import { Shell } from "./shell.ts";

/** Pushes tasks, has them worked on, and gives them as they are then. */
async function worked(exec: string, args: readonly unknown[], more: readonly string[] = []) {
  const shell = new Shell();
  const queue = shell.queue("emails");
  const pushed = await queue.pushTasks(args.map((one) => ({ args: one, maxAttempts: 1 })));
  const ran = await shell.run(["work", "emails", "--exec", exec, "--drain", ...more]);
  const tasks = await Promise.all(pushed.map(({ id }) => queue.fetchById(id)));
  return { ran, tasks, results: tasks.map((one) => one?.lastResult) };
}

test("a command gets the args on its standard input, and what it writes is the result", async () => {
  const { ran, tasks, results } = await worked("cat", [{ to: "ada" }, "text", 1.5, null]);
  expect(ran.exitCode).toBe(0);
  expect(ran.out).toEqual(tasks.map((one) => `${one?.id}  done`));
  expect(results).toEqual([{ ok: { to: "ada" } }, { ok: "text" }, { ok: 1.5 }, { ok: null }]);
});

test("what is not JSON is a text, and nothing is null", async () => {
  expect((await worked("echo two words", [1])).results).toEqual([{ ok: "two words" }]);
  expect((await worked("true", [1])).results).toEqual([{ ok: null }]);
});

test("{} is the args as one word, and whatever is in them is not run", async () => {
  const folder = temporaryFolder();
  const trap = join(folder, "trap");
  const args = [
    { a: `$(touch ${trap})` },
    `\`touch ${trap}\``,
    `'; touch ${trap}; '`,
    `" ; touch ${trap} ; "`,
    `\n touch ${trap} \n`,
    "two  words * $HOME \\",
    "-n",
  ];
  const { results } = await worked("printf %s {}", args);
  expect(results).toEqual(args.map((ok) => ({ ok })));
  expect(existsSync(trap)).toBe(false);
});

test("its environment names the task", async () => {
  const { tasks, results } = await worked("echo $PRINIA_QUEUE $PRINIA_TASK $PRINIA_ATTEMPT", [1]);
  expect(results).toEqual([{ ok: `emails ${tasks[0]?.id} 1` }]);
});

describe("a command that does not end with 0", () => {
  test("fails its task, with the last line that it wrote to its standard error", async () => {
    const { ran, tasks, results } = await worked("echo one >&2; echo no such address >&2; exit 3", [1]);
    expect(results).toEqual([{ err: "no such address" }]);
    expect(tasks[0]?.runs[0]?.logs?.map((line) => line.replace(/^\S+ /, ""))).toEqual([
      expect.stringContaining("one"),
      expect.stringContaining("no such address"),
    ]);
    expect(ran.out[0]).toMatch(/failed: no such address$/);
    expect((await worked("exit 3", [1])).results).toEqual([{ err: "The command ended with 3." }]);
    expect((await worked("kill -9 $$", [1])).results).toEqual([{ err: "The command was ended by SIGKILL." }]);
  });

  test("is tried again, but for the code that kills", async () => {
    const shell = new Shell();
    const queue = shell.queue("emails");
    const { id: again } = await queue.push(1);
    await shell.run(["work", "emails", "--exec", "exit 1", "--drain"]);
    expect(await queue.fetchById(again)).toMatchObject({ status: "Failed", attempt: 1 });
    const { id: killed } = await queue.push(2);
    const { id: own } = await shell.queue("other").push(2);
    await shell.run(["work", "emails", "--exec", "exit 100", "--drain"]);
    await shell.run(["work", "other", "--exec", "exit 7", "--drain", "--kill-code", "7"]);
    expect(await queue.fetchById(killed)).toMatchObject({ status: "Killed", attempt: 1 });
    expect(await shell.queue("other").fetchById(own)).toMatchObject({ status: "Killed", attempt: 1 });
  });

  test("writes no more than a result may be", async () => {
    const { results } = await worked("yes", [1]);
    expect(results).toEqual([{ err: expect.stringContaining("more than 262144 bytes") }]);
  });
});

test("a command whose task is cancelled is ended, with all that it started", async () => {
  const shell = new Shell();
  const queue = shell.queue("emails");
  const started = join(temporaryFolder(), "started");
  const ended = `${started}-ended`;
  const { id } = await queue.push(1);
  const exec = `sh -c 'trap "echo > ${ended}; exit" TERM; echo > ${started}; while :; do sleep 0.01; done' & wait`;
  const work = shell.run(["work", "emails", "--exec", exec]);
  await until(() => existsSync(started), "the command runs");
  await queue.cancel(id);
  await until(() => existsSync(ended), "the command was told to end");
  shell.interrupted.abort();
  const { exitCode, out } = await work;
  expect(exitCode).toBe(0);
  expect(out.join("\n")).toContain(`${id}  lost: cancelled`);
});

test("the first Ctrl-C lets a command end what it does, and takes no more", async () => {
  const shell = new Shell();
  const queue = shell.queue("emails");
  const folder = temporaryFolder();
  const [started, go] = [join(folder, "started"), join(folder, "go")];
  const [first] = await queue.pushBulk([1, 2]);
  const exec = `echo > ${started}; while [ ! -e ${go} ]; do sleep 0.01; done; echo 7`;
  const work = shell.run(["work", "emails", "--exec", exec]);
  await until(() => existsSync(started), "the command runs");
  shell.interrupted.abort();
  writeFileSync(go, "");
  expect((await work).exitCode).toBe(0);
  const statuses = (await queue.checkStatus([first?.id ?? ""])).map(({ status }) => status);
  expect(statuses).toEqual(["Done"]);
  expect((await queue.fetchByQueue()).counts).toMatchObject({ Pending: 1, Done: 1 });
});

test.each([
  ["send {}", 'send "$1"'],
  ["send x={} 'a b' | tee {}", 'send x="$1" \'a b\' | tee "$1"'],
  ["echo \\' {}", 'echo \\\' "$1"'],
  ['echo "a\\"b" {}', 'echo "a\\"b" "$1"'],
  ["cat", "cat"],
])("%s is run as %s", (exec, script) => {
  expect(scriptOf(exec)).toBe(script);
});

test.each([
  ["echo '{}'", "within ''"],
  ['echo "{}"', 'within ""'],
  ["echo `send {}`", "within ``"],
  ["echo 'x", "opens a ' that it does not close"],
])("%s is refused: %s", async (exec, words) => {
  const { exitCode, err } = await new Shell().run(["work", "emails", "--exec", exec]);
  expect([exitCode, err.join()]).toEqual([2, expect.stringContaining(words)]);
});

test("without a command there is nothing to do", async () => {
  expect(await new Shell().run("work emails")).toMatchObject({
    exitCode: 2,
    err: [expect.stringContaining("--exec is missing")],
  });
});
