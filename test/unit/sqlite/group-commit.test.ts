import { expect, test } from "vitest";
import { GroupCommit } from "../../../src/sqlite/group-commit.ts";
import { nodeDriver } from "../../../src/store/node.ts";
import { PriniaError } from "../../../src/task/errors.ts";
import { cleanUp } from "../../support/cleanup.ts";

/** A group on a database of its own, whose turns end by hand. */
function bench() {
  const sql = nodeDriver(":memory:");
  cleanUp(() => sql.close());
  sql.script("CREATE TABLE note (text TEXT NOT NULL)");
  const turns: (() => void)[] = [];
  const log: string[] = [];
  let conclude = (): void => undefined;
  const host = { conclude: () => conclude(), abandon: () => log.push("abandon") };
  const group = new GroupCommit(sql, host, (task) => turns.push(task));
  const note = (text: string): Promise<unknown> => {
    group.do(() => sql.all("INSERT INTO note (text) VALUES (?1)", text));
    return group.flushed.then(
      () => log.push(`${text} stands`),
      (error) => log.push(`${text}: ${error instanceof PriniaError ? error.code : error}`),
    );
  };
  return {
    sql,
    group,
    log,
    note,
    /** What is to be done at the end of each transaction. */
    concluding: (work: () => void) => (conclude = work),
    turn: async () => {
      for (const task of turns.splice(0)) task();
      await new Promise(setImmediate);
    },
    written: () => sql.all<{ text: string }>("SELECT text FROM note ORDER BY rowid").map((row) => row.text),
  };
}

test("what one turn does is one transaction, and nobody is told before it stands", async () => {
  const { sql, note, log, turn, written } = bench();
  void note("a");
  void note("b");
  expect(written()).toEqual(["a", "b"]);
  await Promise.resolve();
  expect([log, sql.isOpen]).toEqual([[], true]);
  await turn();
  expect([log, sql.isOpen]).toEqual([["a stands", "b stands"], false]);
  void note("c");
  await turn();
  expect(log).toEqual(["a stands", "b stands", "c stands"]);
});

test("while nothing is open, all that was done is durable", async () => {
  const { group } = bench();
  await group.flushed;
  group.flush();
  await group.flushed;
});

test("work that throws is undone alone, and tells why", async () => {
  const { sql, group, note, log, turn, written } = bench();
  void note("a");
  const refuse = () => {
    sql.all("INSERT INTO note (text) VALUES ('bad')");
    sql.all("INSERT INTO note (text) VALUES (NULL)");
  };
  expect(() => group.do(refuse)).toThrow(
    expect.objectContaining({ code: "internal", detail: expect.stringMatching(/NOT NULL constraint failed/) }),
  );
  void note("b");
  await turn();
  expect([written(), log]).toEqual([
    ["a", "b"],
    ["a stands", "b stands"],
  ]);
});

test("a transaction that cannot end is undone whole: all are told so, memory is read again, and the next one works", async () => {
  const { note, log, turn, written, concluding } = bench();
  concluding(() => {
    throw new Error("the disk is full");
  });
  void note("a");
  void note("b");
  await turn();
  expect([written(), log]).toEqual([[], ["abandon", "a: internal", "b: internal"]]);
  concluding(() => undefined);
  void note("c");
  await turn();
  expect([written(), log.at(-1)]).toEqual([["c"], "c stands"]);
});

test("a transaction that the database gave up is not taken for one that stands", async () => {
  const { sql, group, note, log, turn, written } = bench();
  void note("a");
  // As SQLite itself does when the disk is full, or memory runs out.
  const giveUp = () => {
    sql.script("ROLLBACK");
    throw new Error("the disk is full");
  };
  expect(() => group.do(giveUp)).toThrow(/the disk is full/);
  await Promise.resolve();
  void note("b");
  await turn();
  expect([written(), log]).toEqual([["b"], ["abandon", "a: internal", "b stands"]]);
});

test("a failure that nobody waits for is no unhandled rejection", async () => {
  const { sql, group, log, turn, concluding } = bench();
  concluding(() => {
    throw new Error("the disk is full");
  });
  group.do(() => sql.all("INSERT INTO note (text) VALUES ('a')"));
  await turn();
  expect(log).toEqual(["abandon"]);
});

test("a flush writes at once, and the end of the turn finds nothing left", async () => {
  const { sql, group, note, log, turn } = bench();
  void note("a");
  group.flush();
  expect(sql.isOpen).toBe(false);
  await turn();
  expect(log).toEqual(["a stands"]);
});
