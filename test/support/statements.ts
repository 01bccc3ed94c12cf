/** All statements that the store asks of a database while a suite runs: none is named anywhere, so none is forgotten. */

import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { SqlDriver, SqlValue } from "../../src/store/driver.ts";
import { ROOT } from "./processes.ts";

export interface Seen {
  readonly statement: string;
  /** Of one call: a plan does not depend on them. */
  readonly parameters: readonly SqlValue[];
  /** The file of the store that asked first, as `claim.ts`. */
  readonly file: string;
}

/** A step of a plan that reads more than a key or a range of an index, or sorts. */
export interface Costly {
  readonly file: string;
  readonly step: string;
  readonly statement: string;
}

const FOLDER = "src/store";
/** The port and its adapters: they run what others ask. */
const ADAPTERS = ["driver.ts", "durable.ts", "node.ts"];

/** So often it is looked who asks for a statement: to look costs more than most statements do. */
const LOOKS = 200;

export class Statements {
  readonly #seen = new Map<string, Seen>();
  /** How often each was asked: the same text may stand in two places. */
  readonly #asked = new Map<string, number>();
  /** `file:line` of each call of the port that was made. */
  readonly #sites = new Set<string>();

  /** Passes everything on to `sql`, and remembers what the store asked; what tests ask themselves is left out. */
  watch(sql: SqlDriver): SqlDriver {
    const all = <R extends object>(statement: string, ...parameters: readonly SqlValue[]): R[] => {
      const asked = this.#asked.get(statement) ?? 0;
      if (asked < LOOKS) this.#note(statement, parameters, siteOfCaller(all));
      this.#asked.set(statement, asked + 1);
      return sql.all<R>(statement, ...parameters);
    };
    return {
      all,
      script: (statements) => sql.script(statements),
      transaction: (body) => sql.transaction(body),
      get rowsWritten() {
        return sql.rowsWritten;
      },
    };
  }

  #note(statement: string, parameters: readonly SqlValue[], site: string | null): void {
    if (site === null) return;
    this.#sites.add(site);
    const file = site.replace(/:\d+$/, "");
    if (!this.#seen.has(statement)) this.#seen.set(statement, { statement, parameters, file });
  }

  get seen(): readonly Seen[] {
    return [...this.#seen.values()];
  }

  /** Places in the store that call the port and were never reached: `file:line`. */
  unreached(): string[] {
    return globSync(`${FOLDER}/*.ts`, { cwd: ROOT })
      .map((path) => basename(path))
      .filter((file) => !ADAPTERS.includes(file))
      .flatMap(sitesIn)
      .filter((site) => !this.#sites.has(site));
  }

  /** What is costly in the plans of all that was seen, by the schema of `sql`. */
  costly(sql: SqlDriver): Costly[] {
    return this.seen.flatMap(({ statement, parameters, file }) =>
      sql
        .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`, ...parameters)
        .map(({ detail }) => detail)
        .filter((detail) => isCostly(detail, statement))
        .map((step) => ({ file, step, statement })),
    );
  }
}

/** Tables that do not grow with the tasks. */
const SMALL = ["session", "state", "migration", "sqlite_master"];

/** A walk of the rows, a walk of an index that nothing ends, or a sort. Lists that come as a parameter are as long as it. */
function isCostly(step: string, statement: string): boolean {
  if (step.startsWith("USE TEMP B-TREE")) return true;
  const table = /^SCAN (\w+)/.exec(step)?.[1];
  if (table === undefined || SMALL.includes(table) || /VIRTUAL TABLE|CONSTANT ROW/.test(step)) return false;
  return !(/ USING (COVERING )?INDEX /.test(step) && /\bLIMIT\b/.test(statement));
}

/** Where the caller of `all` stands in the store, as `claim.ts:40`; `null` when it is no part of it. */
function siteOfCaller(all: (...parameters: never[]) => unknown): string | null {
  const at = { stack: "" };
  Error.captureStackTrace(at, all);
  const [, caller = ""] = at.stack.split("\n");
  const [, file, line] = new RegExp(`/${FOLDER}/([\\w-]+\\.ts):(\\d+)`).exec(caller) ?? [];
  return file === undefined ? null : `${file}:${line}`;
}

function sitesIn(file: string): string[] {
  const lines = readFileSync(join(ROOT, FOLDER, file), "utf8").split("\n");
  return lines.flatMap((text, index) => (/\.all[(<]/.test(text) ? [`${file}:${index + 1}`] : []));
}
