import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openFile } from "../../../src/sqlite/open.ts";
import { driverOf } from "../../../src/store/node.ts";
import { dropTables, migrate } from "../../../src/store/schema.ts";
import { cleanUp, temporaryFolder } from "../../support/cleanup.ts";

const fileIn = (folder: string): string => join(folder, "queue.db");

/** Opens a file for the time of a test. */
function open(path: string, queue = "emails", synchronous: "full" | "normal" = "full") {
  const sql = openFile(queue, { path, synchronous, lockWaitMs: 0 });
  let isOpen = true;
  const close = () => {
    if (isOpen) sql.close();
    isOpen = false;
  };
  cleanUp(close);
  return { sql, close };
}

const pragma = (sql: ReturnType<typeof open>["sql"], name: string): unknown =>
  Object.values(sql.all<Record<string, unknown>>(`PRAGMA ${name}`)[0] ?? {})[0];

test("a commit is on the disk before it returns, unless less is asked for", () => {
  const { sql } = open(fileIn(temporaryFolder()));
  expect([pragma(sql, "journal_mode"), pragma(sql, "synchronous")]).toEqual(["wal", 2]);
  const less = open(fileIn(temporaryFolder()), "emails", "normal").sql;
  expect([pragma(less, "journal_mode"), pragma(less, "synchronous")]).toEqual(["wal", 1]);
});

test("a second storage is refused the file for as long as the first has it, and disturbs it by nothing", () => {
  const path = fileIn(temporaryFolder());
  const first = open(path);
  for (let tries = 0; tries < 2; tries++) {
    expect(() => open(path)).toThrow(/is open already, in another process or in this one/);
    expect(() => open(path)).toThrow(expect.objectContaining({ code: "wrong_status", path: "path" }));
  }
  // Refusals of this process have not cost it the lock, which another process would get now.
  const other = `const { DatabaseSync } = require("node:sqlite"); new DatabaseSync(${JSON.stringify(path)}).exec("SELECT * FROM task")`;
  const run = () => execFileSync(process.execPath, ["--no-warnings", "-e", other], { encoding: "utf8", stdio: "pipe" });
  expect(run).toThrow(/database is locked/);
  first.sql.transaction(() => first.sql.all("INSERT INTO state (name, body) VALUES ('x', '1')"));
  first.close();
  expect(open(path).sql.all("SELECT body FROM state WHERE name = 'x'")).toMatchObject([{ body: "1" }]);
});

test("the file of another queue is refused, and stays that queue's", () => {
  const path = fileIn(temporaryFolder());
  open(path, "emails").close();
  expect(() => open(path, "letters")).toThrow(
    expect.objectContaining({
      code: "bad_request",
      path: "queue",
      detail: expect.stringContaining('the queue "emails", not of "letters"'),
    }),
  );
  open(path, "emails").close();
});

test("a database of something else is refused, and not a byte of it changes", () => {
  const path = fileIn(temporaryFolder());
  const theirs = new DatabaseSync(path);
  theirs.exec("CREATE TABLE task (title TEXT); INSERT INTO task VALUES ('theirs')");
  theirs.close();
  const before = readFileSync(path);
  expect(() => open(path)).toThrow(/it is a database of something else/);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("what is no database, and what cannot be opened, is refused with the reason", () => {
  const folder = temporaryFolder();
  writeFileSync(fileIn(folder), "Dear diary, ".repeat(100));
  expect(() => open(fileIn(folder))).toThrow(/cannot be used: file is not a database/);
  expect(() => open(join(folder, "none", "queue.db"))).toThrow(/cannot be used: ENOENT/);
  expect(() => open(folder)).toThrow(expect.objectContaining({ code: "bad_request", path: "path" }));
});

test("an empty file is taken as a new one", () => {
  const path = fileIn(temporaryFolder());
  writeFileSync(path, "");
  expect(open(path).sql.all("SELECT * FROM task")).toEqual([]);
});

test("a file that is made is for this user alone, its log too; one that was there is left as it was", () => {
  const path = fileIn(temporaryFolder());
  const made = open(path);
  made.sql.transaction(() => made.sql.all("INSERT INTO state (name, body) VALUES ('x', '1')"));
  expect([path, `${path}-wal`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  const given = fileIn(temporaryFolder());
  writeFileSync(given, "", { mode: 0o640 });
  open(given);
  expect(statSync(given).mode & 0o777).toBe(0o640);
});

test("a file of an older version is brought up to date, and once only", () => {
  const path = fileIn(temporaryFolder());
  open(path).close();
  const older = new DatabaseSync(path);
  // As a version would have left it that knew of no table yet.
  const sql = driverOf(older);
  sql.transaction(() => {
    dropTables(sql);
    migrate(sql, []);
  });
  sql.close();
  for (let times = 0; times < 2; times++) {
    const { sql: newer, close } = open(path);
    expect(newer.all<{ version: number }>("SELECT version FROM migration").map((row) => row.version)).toEqual([1, 2, 3]);
    expect(newer.all("SELECT * FROM task")).toEqual([]);
    close();
  }
});

test("queues in memory have nothing to do with one another", () => {
  const [one, other] = [open(":memory:", "emails"), open(":memory:", "letters")];
  one.sql.all("INSERT INTO state (name, body) VALUES ('x', '1')");
  expect(other.sql.all("SELECT * FROM state WHERE name = 'x'")).toEqual([]);
});
