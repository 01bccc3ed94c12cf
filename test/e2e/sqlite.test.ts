// A queue in a file, its process killed in the middle of its work.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SqliteStorage } from "../../src/sqlite/index.ts";
import { Worker } from "../../src/worker/index.ts";
import { temporaryFolder } from "../support/cleanup.ts";
import { runNode, until } from "../support/processes.ts";

const CHILD = fileURLToPath(new URL("./sqlite-child.ts", import.meta.url));

interface Said {
  readonly id: string;
  readonly n: number;
}

/** What the process said of one kind; a line that was cut off is none. */
function said(output: string, what: string): Said[] {
  return [...output.matchAll(/^(\w+) (\S+) (\d+)\n/gm)]
    .filter(([, kind]) => kind === what)
    .map(([, , id = "", n]) => ({ id, n: Number(n) }));
}

test("kill -9: every push and every ack that was answered is there, what ran runs again, and nothing ends twice", async () => {
  const path = join(temporaryFolder(), "numbers.db");
  const child = runNode(["--no-warnings", CHILD, path], {});
  await until(() => said(child.stdout(), "Done").length >= 100, "a hundred tasks are done");
  expect(() => new SqliteStorage("numbers", { path })).toThrow(/is open already, in another process/);
  await child.kill();
  expect(child.stderr()).toBe("");
  const pushed = said(child.stdout(), "pushed");
  const done = said(child.stdout(), "Done");

  await using queue = new SqliteStorage<number, number>("numbers", { path });
  for (const { id, n } of pushed) expect(await queue.fetchById(id), id).toMatchObject({ args: n });
  const acked = await queue.checkStatus(done);
  expect(acked).toEqual(done.map(({ id, n }) => ({ id, attempt: 1, status: "Done", value: 2 * n })));

  const ran: number[] = [];
  const double = async (n: number) => {
    ran.push(n);
    return 2 * n;
  };
  await using _ = new Worker("another", queue, double, { concurrency: 8 });
  const doubled = new Map(pushed.map(({ id, n }) => [id, 2 * n]));
  for await (const result of queue.waitFor(pushed)) {
    expect(result).toMatchObject({ status: "Done", value: doubled.get(result.id) });
    doubled.delete(result.id);
  }
  expect([...doubled.keys()]).toEqual([]);
  const ended = new Set(done.map(({ n }) => n));
  expect(ran.filter((n) => ended.has(n))).toEqual([]);
  // Pushes that stand though nobody was told so any more.
  await until(async () => {
    const { Pending, Queued, Running, Failed } = (await queue.fetchByQueue()).counts;
    return Pending + Queued + Running + Failed === 0;
  }, "all tasks have ended");
  expect((await queue.fetchByQueue()).counts.Killed).toBe(0);
});
