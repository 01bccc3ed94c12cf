import { join } from "node:path";
import { expect, expectTypeOf, test } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { type SqliteOptions, SqliteStorage } from "../../../src/sqlite/index.ts";
import { Worker } from "../../../src/worker/index.ts";
import { cleanUp, temporaryFolder } from "../../support/cleanup.ts";

interface Email {
  readonly to: string;
}

const newPath = (): string => join(temporaryFolder(), "emails.db");

function open(options: SqliteOptions<Email>, queue = "emails"): SqliteStorage<Email, string> {
  const storage = new SqliteStorage<Email, string>(queue, options);
  cleanUp(() => storage.close());
  return storage;
}

const send = async ({ to }: Email): Promise<string> => `sent to ${to}`;

test("a queue in a file works as any other, and its results are there when it is opened again", async () => {
  const path = newPath();
  const emails = open({ path });
  const pushed = await emails.pushBulk([{ to: "a" }, { to: "b" }]);
  const worker = new Worker("mailer", emails, send, { concurrency: 2 });
  for await (const result of emails.waitFor(pushed)) expect(result.status).toBe("Done");
  await worker.stop();
  emails.close();
  const again = open({ path });
  expect(await again.checkStatus(pushed)).toMatchObject([{ value: "sent to a" }, { value: "sent to b" }]);
  expect((await again.listQueues()).map(({ name }) => name)).toEqual(["emails"]);
});

test("what is refused is refused by the constructor, and leaves the file to others", async () => {
  const path = newPath();
  open({ path }).close();
  expect(() => open({ path }, "letters")).toThrow(expect.objectContaining({ code: "bad_request", path: "queue" }));
  expect(() => open({ path }, "..")).toThrow(expect.objectContaining({ code: "bad_request", path: "queue" }));
  expect(() => open({ path: join(path, "none") })).toThrow(expect.objectContaining({ path: "path" }));
  const emails = open({ path });
  expect(() => open({ path })).toThrow(expect.objectContaining({ code: "wrong_status", path: "path" }));
  expect(await emails.push({ to: "a" })).toMatchObject({ created: true });
});

test("what was asked before the close is done, and nothing is taken after it", async () => {
  const path = newPath();
  const emails = open({ path, coalesce: false });
  const before = emails.push({ to: "a" });
  const waiting = emails.waitForSingle((await before).id);
  const last = emails.push({ to: "b" });
  await Promise.resolve();
  emails.close();
  emails.close();
  expect((await last).status).toBe("Pending");
  const closed = { code: "unreachable", detail: 'The queue "emails" was closed.' };
  await expect(waiting).rejects.toMatchObject(closed);
  await expect(emails.push({ to: "c" })).rejects.toMatchObject(closed);
  await expect(emails.fetchById(await last)).rejects.toMatchObject(closed);
  expect((await open({ path }).fetchByQueue()).counts.Pending).toBe(2);
});

test("a block that ends gives the file back", async () => {
  const path = newPath();
  {
    await using emails = open({ path });
    await emails.push({ to: "a" });
  }
  expect((await open({ path }).fetchByQueue()).counts.Pending).toBe(1);
});

test("time by hand is waited for by nobody: tasks of the next hour run at once, in a file too", async () => {
  const clock = new VirtualClock();
  const emails = open({ path: newPath(), clock, random: () => 0.5 });
  const attempts: number[] = [];
  const worker = new Worker(
    "mailer",
    emails,
    async ({ to }: Email) => {
      attempts.push(clock.now());
      if (attempts.length < 3) throw new Error("the line is busy");
      return to;
    },
    { clock },
  );
  const begun = clock.now();
  const pushing = emails.pushTask(task({ to: "a" }).runIn("1h"));
  await clock.advance("1h");
  const { id } = await pushing;
  await clock.advance("10s");
  expect(attempts.map((at) => at - begun - 3_600_000)).toEqual([0, 1_000, 3_000]);
  expect(await emails.checkStatus([id])).toEqual([{ id, attempt: 3, status: "Done", value: "a" }]);
  const stopping = worker.stop();
  await clock.advance("1s");
  await stopping;
});

test("a queue in memory needs no file, and ends with its storage", async () => {
  const emails = open({ path: ":memory:" });
  const { id } = await emails.push({ to: "a" });
  expect(await emails.fetchById(id)).toMatchObject({ args: { to: "a" } });
  expect(await open({ path: ":memory:" }).fetchById(id)).toBeNull();
});

test("args and results have the types that it is given", () => {
  const emails = open({ path: ":memory:" });
  expectTypeOf(emails.push).parameter(0).toEqualTypeOf<Email>();
  expectTypeOf(emails.waitForSingle)
    .returns.resolves.extract<{ status: "Done" }>()
    .toHaveProperty("value")
    .toEqualTypeOf<string>();
  // @ts-expect-error a queue needs a place
  expect(() => new SqliteStorage("emails", {})).toThrow();
});
