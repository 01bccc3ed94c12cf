/** Cases of the store: tables come, change and go; transactions and savepoints. */

import { expect } from "vitest";
import { loadConfig } from "../../../src/store/config.ts";
import { dropTables, isOpened, migrate } from "../../../src/store/schema.ts";
import { loadTally } from "../../../src/store/tally.ts";
import type { StoreBench, StoreCases } from "../../support/store.ts";
import { LEFT_AT, MIGRATION_1, RUNNING_LEASE } from "./migration-1.ts";

/** All that the database is made of, without what the platform keeps in it. */
const tables = (bench: StoreBench): readonly unknown[] =>
  bench.sql.all("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name");

const versions = (bench: StoreBench) =>
  bench.sql.all<{ version: number }>("SELECT version FROM migration").map((row) => row.version);

const drop = (bench: StoreBench) => bench.sql.transaction(() => dropTables(bench.sql));

export const schemaCases: StoreCases = {
  "asking whether a database was used creates nothing": (bench) => {
    drop(bench);
    expect(isOpened(bench.sql)).toBe(false);
    expect(tables(bench)).toEqual([]);
  },

  "a fresh database is brought to the newest version, and a second time nothing happens": (bench) => {
    const fresh = tables(bench);
    const before = bench.sql.rowsWritten;
    expect(isOpened(bench.sql)).toBe(true);
    bench.sql.transaction(() => migrate(bench.sql));
    expect(tables(bench)).toEqual(fresh);
    expect(bench.sql.rowsWritten).toBe(before);
    expect(versions(bench)).toEqual(versions(bench).map((_, i) => i + 1));
  },

  "a database of an older version is brought up to date, with its rows": (bench) => {
    drop(bench);
    const older = ["CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)"];
    const newer = [
      ...older,
      "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7; CREATE INDEX a_y ON a (y)",
      "INSERT INTO a VALUES (2, 8)",
    ];
    bench.sql.transaction(() => migrate(bench.sql, older));
    expect(versions(bench)).toEqual([1]);
    bench.sql.transaction(() => migrate(bench.sql, newer));
    bench.sql.transaction(() => migrate(bench.sql, newer));
    expect(versions(bench)).toEqual([1, 2, 3]);
    expect(bench.sql.all("SELECT x, y FROM a ORDER BY x").map((row) => ({ ...row }))).toEqual([
      { x: 1, y: 7 },
      { x: 2, y: 8 },
    ]);
    bench.sql.transaction(() => migrate(bench.sql, older));
    expect(versions(bench)).toEqual([1, 2, 3]);
  },

  "what the first released schema left, in the middle of its work, goes on as if nothing had been": (bench) => {
    const fresh = tables(bench);
    drop(bench);
    bench.sql.script(MIGRATION_1);
    bench.now = LEFT_AT + 5_000;
    bench.sql.transaction(() => migrate(bench.sql));
    expect(tables(bench)).toEqual(fresh);
    bench.tally = loadTally(bench.sql);
    bench.config = loadConfig(bench.sql);
    const counts = { Pending: 3, Queued: 1, Running: 1, Done: 2, Failed: 1, Killed: 1 };
    expect(bench.tally.counts).toMatchObject(counts);
    const running = bench.idAt(5);
    const ack = { type: "ack", id: running, lease: RUNNING_LEASE, result: { ok: '"sent"' } } as const;
    expect(bench.events([ack])).toEqual([{ id: running, status: "Done" }]);
    expect(bench.push({ idempotencyKey: "done" })).toMatchObject([{ id: bench.idAt(1), created: false }]);
    bench.push({});
    const claimed = bench.claim(bench.worker("third"), 10);
    expect(claimed.map((row) => row.seq)).toEqual([9, 7, 10]);
  },

  "a migration that fails leaves the version before it": (bench) => {
    drop(bench);
    const broken = [
      "CREATE TABLE a (x INTEGER) STRICT",
      "CREATE TABLE b (y INTEGER) STRICT; CREATE TABLE a (x INTEGER)",
    ];
    bench.sql.transaction(() => migrate(bench.sql, broken.slice(0, 1)));
    expect(() => bench.sql.transaction(() => migrate(bench.sql, broken))).toThrow();
    expect(versions(bench)).toEqual([1]);
    expect(bench.sql.all("SELECT 1 FROM sqlite_master WHERE name = 'b'")).toEqual([]);
  },

  "a dropped queue reads as never used, and can be used again": (bench) => {
    bench.push({}, {});
    const fresh = tables(bench);
    drop(bench);
    expect(isOpened(bench.sql)).toBe(false);
    bench.sql.transaction(() => migrate(bench.sql));
    expect(tables(bench)).toEqual(fresh);
    expect(loadTally(bench.sql).counts.Pending).toBe(0);
    bench.tally = loadTally(bench.sql);
    expect(bench.push({})).toMatchObject([{ created: true }]);
  },

  "a queue that is dropped by a version that was rolled back leaves nothing in the way of the next upgrade": (
    bench,
  ) => {
    const newer = "CREATE TABLE newer (x INTEGER PRIMARY KEY) STRICT; CREATE INDEX newer_x ON newer (x)";
    bench.sql.script(newer);
    drop(bench);
    expect(tables(bench)).toEqual([]);
    bench.sql.transaction(() => migrate(bench.sql, [newer]));
    expect(versions(bench)).toEqual([1]);
  },

  "a transaction that throws undoes all it wrote, a savepoint only its own": (bench) => {
    const { sql } = bench;
    sql.script("CREATE TABLE a (x INTEGER) STRICT");
    const values = () => sql.all<{ x: number }>("SELECT x FROM a ORDER BY x").map((row) => row.x);
    /** Writes a number, does what else there is to do, and ends well or not. */
    const wrap = (x: number, ends: "well" | "badly", inner: () => void = () => undefined) => {
      const body = () => {
        sql.all("INSERT INTO a VALUES (?1)", x);
        inner();
        if (ends === "badly") throw new Error(`no ${x}`);
      };
      if (ends === "well") sql.transaction(body);
      else expect(() => sql.transaction(body)).toThrow(`no ${x}`);
    };
    wrap(1, "badly");
    expect(values()).toEqual([]);
    wrap(2, "well", () => {
      wrap(3, "badly", () => wrap(4, "well"));
      wrap(5, "well", () => wrap(6, "badly", () => wrap(7, "badly")));
      wrap(8, "badly");
    });
    expect(values()).toEqual([2, 5]);
    wrap(9, "badly", () => wrap(10, "well"));
    expect(values()).toEqual([2, 5]);
  },

  "a transaction gives back a value, and no promise": (bench) => {
    const { sql } = bench;
    expect(sql.transaction(() => 7)).toBe(7);
    sql.script("CREATE TABLE a (x INTEGER) STRICT");
    const late = (): unknown => {
      sql.all("INSERT INTO a VALUES (1)");
      return Promise.resolve();
    };
    expect(() => sql.transaction(late as () => number)).toThrow(TypeError);
    expect(sql.all("SELECT x FROM a")).toEqual([]);
  },

  "a statement that is refused spoils nothing but itself": (bench) => {
    const id = bench.control();
    bench.untouched(() => expect(() => bench.sql.all("UPDATE task SET status = 9")).toThrow());
    bench.untouched(() => expect(() => bench.sql.all("INSERT INTO task (seq, args) VALUES (1, 'x')")).toThrow());
    expect(() => bench.sql.all("UPDATE task SET priority = 'high'")).toThrow();
    expect(bench.view(id).status).toBe("Pending");
  },

  "rows written are counted": (bench) => {
    const before = bench.sql.rowsWritten;
    bench.sql.all("INSERT INTO state (name, body) VALUES ('x', '1'), ('y', '2')");
    expect(bench.sql.rowsWritten - before).toBe(2);
    bench.sql.all("SELECT * FROM state");
    expect(bench.sql.rowsWritten - before).toBe(2);
  },
};
