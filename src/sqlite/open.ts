/** Opens the file of a queue: locks it, sees to it that it is that queue's, and brings it up to date. */

import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { FILE_LOCK_WAIT_MS } from "../limits.ts";
import type { SqlDriver } from "../store/driver.ts";
import { nameOf } from "../store/name.ts";
import { driverOf, type NodeDriver } from "../store/node.ts";
import { migrate } from "../store/schema.ts";
import { errorText, PriniaError } from "../task/errors.ts";

/**
 * When a push or an ack is answered. `full`: once it is on the disk. `normal`: once the system has it, so that it survives
 * the end of this process, but the last moments of it perhaps not that of the machine.
 */
export type Synchronous = "full" | "normal";

/** SQLite's own place for the mark of a program: "Prni". */
const APPLICATION_ID = 0x5072_6e69;

const NEEDS = "3.51";
const IN_MEMORY = ":memory:";

// https://www.sqlite.org/rescode.html: the lower byte; what stands above it says more.
const SQLITE_BUSY = 5;

export interface FileOptions {
  readonly path: string;
  readonly synchronous: Synchronous;
  /** How long to wait for the lock, which a process killed just before may still hold. The process stands still. */
  readonly lockWaitMs?: number | undefined;
}

/**
 * Opens the file, which is made if it is not there.
 *
 * @throws PriniaError `wrong_status` while somebody else has it open, `bad_request` with the path `path` when it cannot be
 * used, or with the path `queue` when it is another queue's
 */
export function openFile(queue: string, { path, synchronous, lockWaitMs }: FileOptions): NodeDriver {
  let database: DatabaseSync | undefined;
  try {
    if (path !== IN_MEMORY) makeFile(path);
    database = new DatabaseSync(path);
    lock(database, lockWaitMs);
    if (!isOurs(database)) throw unusable(path, "it is a database of something else");
    prepare(database, synchronous);
    const sql = driverOf(database);
    sql.transaction(() => {
      database?.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      makeTables(sql, queue);
    });
    return sql;
  } catch (error) {
    database?.close();
    throw refusal(path, error);
  }
}

/** Tasks may hold anything, so what is made here is for this user alone. What is there is left as it is. */
function makeFile(path: string): void {
  try {
    // Never a second time: to close a file, whoever opened it, gives back all locks that the process has on it (POSIX).
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/**
 * One process at a time, and one storage in it: numbers, settings and who is alive are kept in memory, and two that do so
 * would overwrite each other's. The system takes the lock back with the process, however that ends.
 */
function lock(database: DatabaseSync, waitMs = FILE_LOCK_WAIT_MS): void {
  database.exec(`PRAGMA busy_timeout = ${waitMs}`);
  database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
}

function isOurs(database: DatabaseSync): boolean {
  const mark = database.prepare("PRAGMA application_id").get()?.application_id;
  if (mark === APPLICATION_ID) return true;
  return mark === 0 && database.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() === undefined;
}

function prepare(database: DatabaseSync, synchronous: Synchronous): void {
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous === "full" ? "FULL" : "NORMAL"}`);
  // On macOS a sync leaves what was written in the drive's own memory; elsewhere this says nothing.
  if (synchronous === "full") database.exec("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
  try {
    database.prepare("SELECT 1 FROM jsonb_each('[]')");
  } catch (error) {
    const version = database.prepare("SELECT sqlite_version() AS version").get()?.version;
    throw new PriniaError(
      { code: "not_configured", detail: `This Node has SQLite ${version}, and ${NEEDS} is needed: take a newer Node.` },
      { cause: error },
    );
  }
}

/** Brings the tables up to date, or makes them for a queue that was never used. */
export function makeTables(sql: SqlDriver, queue: string): void {
  migrate(sql);
  const name = nameOf(sql, queue);
  if (name !== queue) throw otherQueue(queue, name);
}

function otherQueue(queue: string, name: string): PriniaError {
  const [asked, there] = [JSON.stringify(queue), JSON.stringify(name)];
  const detail = `The file is that of the queue ${there}, not of ${asked}: a file holds one queue, so give each its own.`;
  return new PriniaError({ code: "bad_request", detail, path: "queue" });
}

const unusable = (path: string, why: string): PriniaError =>
  new PriniaError({ code: "bad_request", detail: `${JSON.stringify(path)} cannot be used: ${why}.`, path: "path" });

function refusal(path: string, error: unknown): unknown {
  if (error instanceof PriniaError) return error;
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
  if (code !== SQLITE_BUSY) return unusable(path, errorText(error));
  const detail = `${JSON.stringify(path)} is open already, in another process or in this one: a queue's file is for one at a time.`;
  return new PriniaError({ code: "wrong_status", detail, path: "path" }, { cause: error });
}
