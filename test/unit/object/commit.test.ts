import { describe, expect, test } from "vitest";
import { ENOUGH_TO_WRITE, MAX_GROUP, MAX_IN_LINE, MAX_LINE_WEIGHT, MAX_TURNS } from "../../../src/limits.ts";
import { type CommitHost, GroupCommit, type Kind } from "../../../src/object/commit.ts";
import { Step } from "../../../src/object/step.ts";
import { nodeDriver } from "../../../src/store/node.ts";
import { newTally } from "../../../src/store/tally.ts";
import { absent } from "../../../src/store/tx.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { DEFAULT_CONFIG } from "../../../src/task/task.ts";

/** Lets promises that are settled be heard of. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** Turns of an event loop: over at once, until somebody holds them. */
class Turns {
  taken = 0;
  #held = false;
  #pass: (() => void) | null = null;

  hold(): void {
    this.#held = true;
  }

  fail(): void {
    this.next = () => Promise.reject(new Error("no event loop"));
  }

  pass(): void {
    this.#pass?.();
    this.#pass = null;
  }

  next(): Promise<void> {
    this.taken++;
    return this.#held ? new Promise((resolve) => (this.#pass = resolve)) : Promise.resolve();
  }
}

/** A host on a database of its own, which counts what happens to it. */
function host() {
  const sql = nodeDriver(":memory:");
  sql.script("CREATE TABLE note (text TEXT NOT NULL)");
  const log: string[] = [];
  const tally = newTally();
  const turns = new Turns();
  let failing = false;
  const commitHost: CommitHost = {
    begin: () =>
      new Step({
        sql,
        now: 1,
        chance: cryptoChance,
        tally,
        config: DEFAULT_CONFIG,
        queue: "q",
        partition: 0,
        presence: absent,
      }),
    conclude: () => {
      if (failing) throw new Error("the disk is full");
      log.push("conclude");
    },
    publish: (step) => log.push(`publish ${step.after.length}`),
    abandon: () => log.push("abandon"),
    undone: () => log.push("undone"),
    transaction: (body) => sql.transaction(body),
    turn: () => turns.next(),
  };
  const write = (text: string) => (step: Step) => {
    step.tx.sql.all("INSERT INTO note (text) VALUES (?1)", text);
    step.after.push(() => undefined);
    return text;
  };
  const written = () => sql.all<{ text: string }>("SELECT text FROM note ORDER BY rowid").map((row) => row.text);
  return {
    group: new GroupCommit(commitHost),
    tally,
    turns,
    log,
    write,
    written,
    fail: () => (failing = true),
  };
}

test("what arrives together is one transaction, in order of arrival", async () => {
  const { group, log, write, written } = host();
  const answers = await Promise.all(["a", "b", "c"].map((text) => group.do(write(text))));
  expect(answers).toEqual(["a", "b", "c"]);
  expect(written()).toEqual(["a", "b", "c"]);
  expect(log).toEqual(["conclude", "publish 3"]);
});

test("one that throws fails alone: what it wrote and what would follow from it is undone", async () => {
  const { group, log, write, written } = host();
  const bad = group.do((step) => {
    write("bad")(step);
    throw new Error("refused");
  });
  const good = group.do(write("good"));
  await expect(bad).rejects.toThrow("refused");
  expect(await good).toBe("good");
  expect(written()).toEqual(["good"]);
  expect(log).toEqual(["undone", "conclude", "publish 1"]);
});

test("a transaction that fails rejects all of its jobs, publishes nothing, and the next one works", async () => {
  const { group, log, write, written, fail } = host();
  fail();
  const jobs = await Promise.allSettled([group.do(write("a")), group.do(write("b"))]);
  expect(jobs.map((job) => job.status)).toEqual(["rejected", "rejected"]);
  expect(written()).toEqual([]);
  expect(log).toEqual(["abandon"]);
});

test("a job that must be alone shares its transaction with nobody", async () => {
  const { group, log, write, written } = host();
  await Promise.all([
    group.do(write("a")),
    group.do(write("b")),
    group.do(write("alone"), { alone: true }),
    group.do(write("c")),
  ]);
  expect(written()).toEqual(["a", "b", "alone", "c"]);
  expect(log).toEqual(["conclude", "publish 2", "conclude", "publish 1", "conclude", "publish 1"]);
});

test("a line of as many jobs as may stand in it is full, until they are written", async () => {
  const { group, write } = host();
  const jobs = Array.from({ length: MAX_IN_LINE - 1 }, () => group.do(() => null));
  expect(group.isFull).toBe(false);
  jobs.push(group.do(() => null));
  expect(group.isFull).toBe(true);
  await Promise.all(jobs);
  expect(group.isFull).toBe(false);
  expect(await group.do(write("after"))).toBe("after");
});

test("a long line is written in several transactions, in order of arrival", async () => {
  const { group, log, write, written } = host();
  const texts = Array.from({ length: 2 * MAX_GROUP + 1 }, (_, at) => String(at));
  await Promise.all(texts.map((text) => group.do(write(text))));
  expect(written()).toEqual(texts);
  const whole = ["conclude", `publish ${MAX_GROUP}`];
  expect(log).toEqual([...whole, ...whole, "conclude", "publish 1"]);
});

test("a line is full by weight, too", async () => {
  const { group, write } = host();
  const light = group.do(write("light"), { weight: MAX_LINE_WEIGHT - 1 });
  expect(group.isFull).toBe(false);
  const heavy = group.do(write("heavy"), { weight: 1 });
  expect(group.isFull).toBe(true);
  await Promise.all([light, heavy]);
  expect(group.isFull).toBe(false);
});

test("what is large does not wait for company, and takes those along who do", async () => {
  const { group, log, write, turns } = host();
  turns.hold();
  const jobs = [group.do(write("a"), { weight: ENOUGH_TO_WRITE - 1 })];
  await settled();
  expect(log).toEqual([]);
  jobs.push(group.do(write("b"), { weight: ENOUGH_TO_WRITE }));
  expect(await Promise.all(jobs)).toEqual(["a", "b"]);
  expect(log).toEqual(["conclude", "publish 2"]);
  turns.pass();
  await settled();
  expect(log).toEqual(["conclude", "publish 2"]);
});

test("a job sees the credit that the one before it left", async () => {
  const { group } = host();
  const connection = { memory: { credit: 5 } } as Parameters<Step["remember"]>[0];
  const seen = await Promise.all([
    group.do((step) => {
      step.remember(connection, { credit: 3 });
      return step.recall(connection).credit;
    }),
    group.do((step) => step.recall(connection).credit),
  ]);
  expect(seen).toEqual([3, 3]);
  expect(connection.memory.credit).toBe(5);
});

test("the line grows as long as each turn brings company, and is written after one that brought none", async () => {
  const { group, log, write, turns } = host();
  turns.hold();
  const jobs = [group.do(write("a"))];
  for (const text of ["b", "c"]) {
    jobs.push(group.do(write(text)));
    turns.pass();
    await settled();
    expect(log).toEqual([]);
  }
  turns.pass();
  await settled();
  expect(log).toEqual(["conclude", "publish 3"]);
  expect(await Promise.all(jobs)).toEqual(["a", "b", "c"]);
  const next = group.do(write("d"));
  turns.pass();
  expect(await next).toBe("d");
  expect(turns.taken).toBe(4);
});

test("a line that never stops growing is written all the same", async () => {
  const { group, log, write, turns } = host();
  turns.hold();
  const jobs = [group.do(write("0"))];
  for (let turn = 1; log.length === 0; turn++) {
    expect(turn).toBeLessThanOrEqual(MAX_TURNS);
    jobs.push(group.do(write(String(turn))));
    turns.pass();
    await settled();
  }
  expect(log).toEqual(["conclude", `publish ${MAX_TURNS + 1}`]);
  expect(await Promise.all(jobs)).toHaveLength(MAX_TURNS + 1);
});

test("without a turn the line is written as it is", async () => {
  const { group, write, written, turns } = host();
  turns.fail();
  expect(await Promise.all([group.do(write("a")), group.do(write("b"))])).toEqual(["a", "b"]);
  expect(written()).toEqual(["a", "b"]);
});

test("one that throws leaves no mark in the tally, which is written down with what the others did", async () => {
  const { group, tally, write } = host();
  tally.retentionAt = 7;
  const bad = group.do((step) => {
    Object.assign(step.tx.tally, { retentionAt: null, retentionCursor: 3, retentionNext: 4, vacuumCursor: 5 });
    throw new Error("refused");
  });
  const good = group.do((step) => {
    step.tx.tally.vacuumOrder = "kept";
    return write("good")(step);
  });
  await expect(bad).rejects.toThrow("refused");
  await good;
  expect(tally).toEqual({ ...newTally(), retentionAt: 7, vacuumOrder: "kept" });
});

describe("jobs of one kind", () => {
  /** Writes its items in one statement; refuses a list with "bad" in it, after it has written it. */
  const notes = (most = 10) => {
    const runs: string[][] = [];
    const kind: Kind<string, string> = {
      run(step, items) {
        runs.push([...items]);
        for (const text of items) step.tx.sql.all("INSERT INTO note (text) VALUES (?1)", text);
        if (items.includes("bad")) throw new Error("refused");
        return items.map((text) => text.toUpperCase());
      },
      fitting: (items) => Math.min(items.length, most),
    };
    return { kind, runs };
  };

  test("are done together where they stand together, and each has its own answer", async () => {
    const { group, log, write, written } = host();
    const { kind, runs } = notes();
    const answers = [
      group.together(kind, "a"),
      group.together(kind, "b"),
      group.do(write("between")),
      group.together(kind, "c"),
    ];
    expect(await Promise.all(answers)).toEqual(["A", "B", "between", "C"]);
    expect(runs).toEqual([["a", "b"], ["c"]]);
    expect(written()).toEqual(["a", "b", "between", "c"]);
    expect(log).toEqual(["conclude", "publish 1"]);
  });

  test("are done each by itself when together they throw, and only the bad one fails", async () => {
    const { group, written } = host();
    const { kind, runs } = notes();
    const outcomes = await Promise.allSettled(["a", "bad", "c"].map((item) => group.together(kind, item)));
    expect(outcomes.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message))).toEqual([
      "A",
      "refused",
      "C",
    ]);
    expect(runs).toEqual([["a", "bad", "c"], ["a"], ["bad"], ["c"]]);
    expect(written()).toEqual(["a", "c"]);
  });

  test("are done in several parts when they are too many, and of two kinds apart", async () => {
    const { group, written } = host();
    const few = notes(2);
    const other = notes();
    await Promise.all([
      ...["a", "b", "c"].map((item) => group.together(few.kind, item)),
      group.together(other.kind, "d"),
    ]);
    expect(few.runs).toEqual([["a", "b"], ["c"]]);
    expect(other.runs).toEqual([["d"]]);
    expect(written()).toEqual(["a", "b", "c", "d"]);
  });
});
