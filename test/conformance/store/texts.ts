/** Cases of the store: text of any characters and any size comes back as it went in. */

import { expect } from "vitest";
import { MAX_PARAMETER_BYTES } from "../../../src/limits.ts";
import { list } from "../../../src/store/list.ts";
import { rowsBySeq } from "../../../src/store/rows.ts";
import { byteLength } from "../../../src/task/text.ts";
import { recording } from "../../support/recording.ts";
import { START, StoreBench, type StoreCases, value } from "../../support/store.ts";

const EXOTIC = [
  "",
  "\u0000",
  "a\u0000b",
  "\u0001\u001f\u007f",
  "'\"`\\",
  "\r\n\t",
  "é",
  "e\u0301",
  "日本語",
  "😀👩‍👩‍👧",
  "\u2028\u2029",
  "\ufeff",
  "\uffff",
  "'; DROP TABLE task; --",
  "null",
  "1",
  "1e3",
  "{}",
  "?1",
];

export const textCases: StoreCases = {
  "args of any JSON come back character by character": (bench) => {
    const texts = EXOTIC.map((text) => JSON.stringify(text));
    const all = [
      ...texts,
      '"\\u0000\\u00e9"',
      " [ 1 ,\n2 ] ",
      "1.0",
      "-0",
      "1e400",
      "12345678901234567890",
      '{"a":1,"a":2}',
      '{"__proto__":1}',
      "[".repeat(499) + "]".repeat(499),
    ];
    const pushed = bench.push(...all.map((args) => ({ args })));
    expect(pushed.map((one) => bench.view(one.id).args)).toEqual(all);
    expect(bench.claim(bench.worker(), 100).map((row) => row.args)).toEqual(all);
  },

  "keys, groups, metadata and worker names of any characters come back, and are found": (bench) => {
    const pushed = bench.push(
      ...EXOTIC.map((text) => ({ idempotencyKey: text, groupKey: text, meta: { [text]: text } })),
    );
    expect(pushed.every((one) => one.created)).toBe(true);
    for (const [i, text] of EXOTIC.entries()) {
      const id = pushed[i]?.id ?? "";
      expect(bench.view(id)).toMatchObject({ idempotencyKey: text, groupKey: text, meta: { [text]: text } });
      for (const filter of [{ idempotencyKey: text }, { groupKey: text }, { idempotencyKey: text, groupKey: text }]) {
        expect(value(list(bench.tx(), filter)).rows.map((row) => bench.idOf(row))).toEqual([id]);
      }
      const session = bench.worker(text);
      bench.claim(session, 1, true);
      expect(bench.view(id).lockBy).toBe(text);
    }
  },

  "results, errors, logs and progress of any characters come back": (bench) => {
    const session = bench.worker();
    for (const text of EXOTIC) {
      const json = JSON.stringify(text);
      const [good, bad] = [bench.leased(session, {}, true), bench.leased(session, {}, true)];
      bench.event({ type: "progress", id: good, lease: bench.lease(good), progress: json });
      bench.event({ type: "ack", id: good, lease: bench.lease(good), result: { ok: json }, logs: [text] });
      bench.event({ type: "ack", id: bad, lease: bench.lease(bad), result: { err: text, abort: true } });
      expect(bench.view(good)).toMatchObject({ progress: json, lastResult: { ok: json }, runs: [{ logs: [text] }] });
      expect(bench.view(bad)).toMatchObject({ lastResult: { err: text }, runs: [{ error: text }] });
    }
  },

  "args of a megabyte come back, Latin or not, alone and in a batch with small ones": (bench) => {
    const large = [
      JSON.stringify("x".repeat(1_048_574)),
      JSON.stringify("語".repeat(349_524)),
      JSON.stringify("\u0001".repeat(174_762)),
      JSON.stringify('"'.repeat(524_287)),
    ];
    const pushed = bench.push({ args: "1" }, ...large.map((args) => ({ args })), { args: "2" });
    expect(pushed.map((one) => bench.view(one.id).args)).toEqual(["1", ...large, "2"]);
  },

  "a batch larger than a parameter is cut, and nothing of it is lost": (bench) => {
    const { driver, calls } = recording(bench.sql);
    const recorded = new StoreBench(driver);
    for (const text of ["x", "語", "é", "\u0001", '"', "😀"]) {
      const long = text.repeat(Math.floor(60_000 / JSON.stringify(text).length));
      const args = Array.from({ length: 100 }, (_, i) => JSON.stringify(`${i}${long}`));
      const pushed = recorded.push(...args.map((one) => ({ args: one })));
      expect(pushed.map((one) => recorded.view(one.id).args)).toEqual(args);
      recorded.commit((tx) => {
        tx.sql.all("DELETE FROM task");
        tx.journal.moved("Pending", null, 100);
      });
    }
    const sizes = calls.flatMap(({ parameters }) =>
      parameters.map((one) => (typeof one === "string" ? byteLength(one) : 0)),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_PARAMETER_BYTES);
  },

  "a thousand tasks with all that they may carry are one push": (bench) => {
    const nasty = "\u0001".repeat(1024);
    const tasks = Array.from({ length: 1000 }, (_, i) => ({
      args: JSON.stringify(`${i}`),
      idempotencyKey: `${nasty.slice(0, 1020)}${i}`,
      groupKey: "\u0001".repeat(255),
      meta: { m: nasty },
    }));
    const pushed = bench.push(...tasks);
    expect(pushed.every((one) => one.created)).toBe(true);
    expect(bench.view(pushed[999]?.id ?? "")).toMatchObject(tasks[999] ?? {});
  },

  "a thousand results of many bytes are one batch": (bench) => {
    const session = bench.worker();
    bench.push(...Array.from({ length: 1000 }, () => ({})));
    const rows = bench.claim(session, 1000, true);
    const ok = JSON.stringify("\u0001語".repeat(900));
    const answers = bench.events(
      rows.map((row) => ({
        type: "ack",
        id: bench.idOf(row),
        lease: bench.leaseOf(row),
        result: { ok },
        logs: ["語".repeat(300)],
      })),
    );
    expect(answers.every((answer) => "status" in answer && answer.status === "Done")).toBe(true);
    expect(bench.view(answers[999]?.id ?? "").lastResult).toEqual({ ok });
  },

  "the largest result, as an error of escapes, on a task with the largest of everything": (bench) => {
    const session = bench.worker("w".repeat(255));
    const id = bench.leased(
      session,
      {
        args: JSON.stringify("x".repeat(1_048_574)),
        meta: { m: "m".repeat(8100) },
        idempotencyKey: "k".repeat(1024),
        groupKey: "g".repeat(255),
        maxAttempts: 1,
      },
      true,
    );
    const progress = JSON.stringify("p".repeat(8190));
    bench.event({ type: "progress", id, lease: bench.lease(id), progress });
    const err = "\u0001".repeat(65_536);
    const logs = Array.from({ length: 50 }, () => "\u0001".repeat(1024));
    expect(bench.event({ type: "ack", id, lease: bench.lease(id), result: { err }, logs })).toEqual({
      id,
      status: "Killed",
    });
    expect(bench.view(id)).toMatchObject({ lastResult: { err }, progress, doneAt: START });
  },

  "any number of rows is looked up, though their sequences are more than a parameter holds": (bench) => {
    bench.push({}, {}, {});
    const seqs = Array.from({ length: 300_000 }, (_, i) => i + 2);
    expect(rowsBySeq(bench.tx(), seqs).map((row) => row.seq)).toEqual([2, 3]);
    expect(rowsBySeq(bench.tx(), [])).toEqual([]);
  },

  "extremes of numbers come back": (bench) => {
    const latest = 8_640_000_000_000_000;
    const id = bench.pushOne({
      runAt: latest,
      timeoutMs: 3_155_760_000_000,
      priority: -2_147_483_648,
      maxAttempts: 2_147_483_647,
    });
    expect(bench.view(id)).toMatchObject({
      runAt: latest,
      timeoutMs: 3_155_760_000_000,
      priority: -2_147_483_648,
      maxAttempts: 2_147_483_647,
    });
    expect(bench.view(bench.pushOne({ runAt: 0 })).runAt).toBe(0);
    expect(bench.view(bench.pushOne({ timeoutMs: 1, maxAttempts: 1 }))).toMatchObject({ timeoutMs: 1, maxAttempts: 1 });
  },

  "a backoff of fractions comes back": (bench) => {
    const backoff = { type: "exponential", baseMs: 0, factor: 1.5, maxMs: 0, jitter: 0.25 } as const;
    expect(bench.view(bench.pushOne({ backoff })).backoff).toEqual(backoff);
  },
};
