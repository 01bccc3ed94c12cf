import { expect, test } from "vitest";
import { PriniaError } from "../../../../src/task/errors.ts";
import { Worker } from "../../../../src/worker/worker.ts";
import { Shell } from "./shell.ts";

test("get shows a task, with its runs and what they logged", async () => {
  const shell = new Shell();
  const queue = shell.queue("emails");
  const { id } = await queue.pushTask({ args: { to: "ada" }, maxAttempts: 1, meta: { a: 1 } });
  const worker = new Worker("w", queue, (_, { logger }) => {
    logger.info("connected");
    throw new Error("no\u001b[31m such");
  });
  await queue.waitForSingle(id);
  await worker.stop();
  const { exitCode, out } = await shell.run(["get", "emails", id]);
  expect(exitCode).toBe(0);
  const facts = Object.fromEntries(out.map((line) => line.split(/ {2,}/, 2)));
  expect(facts).toMatchObject({ id, queue: "emails", status: "Killed", args: '{"to":"ada"}', attempt: "1 of 1" });
  // What a task says does not drive the terminal.
  expect(facts.error).toBe("no\\u001b[31m such");
  expect(facts["run 1"]).toMatch(/^killed after .* by w-\w+: no\\u001b\[31m such$/);
  expect(out.some((line) => line.includes("connected"))).toBe(true);
  expect((await shell.json(["get", "emails", id]))[0]).toMatchObject({ id, lastResult: { err: "no\u001b[31m such" } });
});

test("get of a task that is not there is refused", async () => {
  const { exitCode, err } = await new Shell().run("get emails 01ARZ3NDEKTSV4RRFFQ69G5FAV");
  expect([exitCode, err]).toEqual([1, ['prinia get: "emails" has no task 01ARZ3NDEKTSV4RRFFQ69G5FAV.']]);
});

test("list finds by its options, page by page, and says when there are more", async () => {
  const shell = new Shell();
  const queue = shell.queue("emails");
  for (let n = 0; n < 3; n++) await queue.pushTask({ args: n, ...(n === 1 ? { groupKey: "g" } : {}) });
  await shell.queue("other").push("x");
  const argsOf = async (line: string) => (await shell.json(line)).map(({ args }) => args);
  expect(await argsOf("list emails")).toEqual([2, 1, 0]);
  expect(await argsOf("list emails --oldest --limit 2")).toEqual([0, 1]);
  expect(await argsOf("list emails --group g --status pending")).toEqual([1]);
  expect(await argsOf("list emails --after 2100-01-01")).toEqual([]);
  expect((await argsOf("list")).toSorted()).toEqual([0, 1, 2, "x"]);
  const { out, err } = await shell.run("list emails --limit 1");
  expect(out[0]).toMatch(/^ID +STATUS +TRIES +PRIO +DUE +ARGS +LAST RESULT$/);
  expect(out).toHaveLength(2);
  expect(err).toEqual(["There are more: see --limit."]);
  expect(await shell.run("list nobodys")).toEqual({ exitCode: 0, out: [], err: ["There are no such tasks."] });
  expect(await shell.run("list emails --status done-ish")).toMatchObject({ exitCode: 2 });
});

test("a table fits the terminal, and is whole where nobody looks", async () => {
  const shell = new Shell();
  await shell.queue("emails").push({ text: "漢字".repeat(40) });
  const narrow = await shell.run("list emails", { columns: 100 });
  const row = narrow.out[1] ?? "";
  expect(row).toContain("…");
  // Two columns each.
  expect(row.length + (row.match(/[漢字]/g)?.length ?? 0)).toBeLessThanOrEqual(100);
  const whole = await shell.run("list emails");
  expect(whole.out[1]).toContain("漢字".repeat(40));
});

test("queues and workers have their numbers", async () => {
  const shell = new Shell();
  const queue = shell.queue("emails");
  expect(await shell.run("queues")).toEqual({ exitCode: 0, out: [], err: ["There are no queues yet."] });
  await queue.push(1);
  await queue.registerWorker("mailer");
  await queue.configure({ paused: true });
  const { out } = await shell.run("queues");
  expect(out[0]).toMatch(/^QUEUE +PENDING +QUEUED +RUNNING +FAILED +DONE +KILLED +WORKERS +OLDEST DUE$/);
  expect(out[1]).toMatch(/^emails \(paused\) +1 +0 +0 +0 +0 +0 +1 +\d/);
  expect((await shell.json("queues"))[0]).toMatchObject({ name: "emails", counts: { Pending: 1 } });
  expect((await shell.run("workers emails")).out[1]).toMatch(/^mailer +emails +alive +0 +\d{4}-/);
  expect((await shell.json("workers"))[0]).toMatchObject({ id: "mailer", alive: true });
});

test("help and version are for asking, without colours where nobody looks", async () => {
  const shell = new Shell();
  expect((await shell.run("--version")).out).toEqual(["1.2.3"]);
  for (const line of ["help", "--help"]) expect((await shell.run(line)).out.join("\n")).toContain("  push  ");
  const help = await shell.run("list --help");
  expect(help.exitCode).toBe(0);
  expect(help.out.join("\n")).toContain("--status=<status>");
  expect(help.out.join("\n")).not.toContain("\u001b");
  expect((await shell.run("list --help", { columns: 80, env: { NO_COLOR: "1" } })).out.join("\n")).not.toContain(
    "\u001b",
  );
});

test.each([
  [{ code: "unreachable", detail: "Nobody is there." }, 3, "http://127.0.0.1:8787 does not answer: Nobody is there."],
  [{ code: "unauthorized", detail: "No token.", status: 401 }, 1, "Give a token by --token or PRINIA_TOKEN"],
  [{ code: "overloaded", detail: "Too much.", status: 503 }, 1, "Too much. (overloaded)"],
] as const)("a server that answers %o ends it with %i", async (fields, exitCode, words) => {
  const shell = new Shell();
  shell.world.directory.workers = () => Promise.reject(new PriniaError(fields));
  const ran = await shell.run("workers");
  expect(ran.err.join("\n")).toContain(words);
  expect(ran.exitCode).toBe(exitCode);
});
