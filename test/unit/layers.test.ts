// The table of rooms on resolved paths. The lint rules in biome.json say most of it while one types, but see only the
// text of an import: not how deep the file stands, nor whether the import is of types alone.
import { globSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../../src");

/** What each room may import besides itself and limits; `"… (types)"` allows `import type` alone. */
const table: Record<string, readonly string[]> = {
  limits: [],
  task: [],
  backend: ["task"],
  worker: ["task", "backend"],
  protocol: ["task"],
  store: ["task"],
  local: ["task", "backend", "protocol"],
  sqlite: ["task", "backend", "local", "protocol", "store"],
  outbound: ["task", "protocol"],
  object: ["task", "store", "protocol", "outbound", "env"],
  env: ["task", "protocol", "object (types)"],
  http: ["task", "protocol", "object (types)", "env"],
  client: ["task", "backend", "protocol"],
  board: ["client (types)", "protocol (types)"],
  docs: [],
  cli: ["task", "protocol", "backend", "worker", "client"],
};
/** What the package and the Worker begin with: they put the rooms together. */
const entries = ["index", "memory", "msgpack", "server", "service"];
const everything = [...Object.keys(table), ...entries];

interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
}

function importsOf(source: string): Import[] {
  const statements = source.matchAll(
    /^(?:import|export)\s+(?<type>type\s)?(?:[\w$*{},\s]+?\sfrom\s*)?["'](?<specifier>[^"']+)["']/gm,
  );
  const calls = source.matchAll(/\bimport\(\s*["'](?<specifier>[^"']+)["']/g);
  return [...statements, ...calls].map(({ groups }) => ({
    specifier: groups?.specifier ?? "",
    typesOnly: groups?.type !== undefined,
  }));
}

/** The first part of a path below src: `store/node.ts` → `store`, `env.ts` → `env`. */
const roomOf = (path: string): string => relative(src, path).split(/[/\\]/)[0]?.replace(/\.ts$/, "") ?? "";

function refusals(path: string, source: string): string[] {
  const room = roomOf(path);
  const may = entries.includes(room) ? everything : [...(table[room] ?? []), "limits", room];
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, typesOnly }) => ({ typesOnly, to: roomOf(resolve(dirname(path), specifier)) }))
    .filter(({ to, typesOnly }) => !(may.includes(to) || (typesOnly && may.includes(`${to} (types)`))))
    .map(({ to, typesOnly }) => `${relative(src, path)} imports ${typesOnly ? "types of " : ""}${to}`);
}

describe("rooms", () => {
  test("each imports only what the table allows", () => {
    const files = globSync("**/*.{ts,tsx}", { cwd: src }).map((file) => resolve(src, file));
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((file) => refusals(file, readFileSync(file, "utf8")))).toEqual([]);
  });

  test("every room of src is in the table", () => {
    const rooms = new Set(globSync("**/*.{ts,tsx}", { cwd: src }).map((file) => roomOf(resolve(src, file))));
    expect([...rooms].filter((room) => !everything.includes(room))).toEqual([]);
  });

  test("the lint rules forbid every room that the table does not allow", () => {
    const biome = JSON.parse(readFileSync(resolve(src, "../biome.json"), "utf8"));
    for (const room of Object.keys(table).filter((name) => name !== "limits" && name !== "env")) {
      const { options } = biome.overrides.find(({ includes }: { includes: string[] }) =>
        includes.includes(`src/${room}/**`),
      ).linter.rules.style.noRestrictedImports;
      const forbidden = Object.keys(table)
        .filter((name) => ![room, "limits", "env", ...(table[room] ?? []).map((to) => to.split(" ")[0])].includes(name))
        .map((name) => `../**/${name}/**`);
      expect(options.patterns[0].group, room).toEqual(expect.arrayContaining(forbidden));
    }
  });
});

describe("the parser of imports", () => {
  test.each([
    ['import { a } from "../store/x.ts";', ["task/y.ts imports store"]],
    ['import {\n  a,\n  type B,\n} from "../store/x.ts";', ["task/y.ts imports store"]],
    ['import * as a from "../store/x.ts";', ["task/y.ts imports store"]],
    ['import "../store/x.ts";', ["task/y.ts imports store"]],
    ['import type { A } from "../store/x.ts";', ["task/y.ts imports types of store"]],
    ['export * from "../store/x.ts";', ["task/y.ts imports store"]],
    ['export type { A } from "../store/x.ts";', ["task/y.ts imports types of store"]],
    ['const a = await import("../store/x.ts");', ["task/y.ts imports store"]],
    ['import { a } from "../index.ts";', ["task/y.ts imports index"]],
    ['import { a } from "../limits.ts";', []],
    ['import { a } from "./deep/x.ts";', []],
    ['export const a = 1;\nconst from = "../store/x.ts";', []],
    [' * import { a } from "../store/x.ts";', []],
  ])("reads %j", (source, found) => {
    expect(refusals(resolve(src, "task/y.ts"), source)).toEqual(found);
  });

  test("tells types from values where only types are allowed", () => {
    const path = resolve(src, "http/deep/y.ts");
    expect(refusals(path, 'import type { A } from "../../object/x.ts";')).toEqual([]);
    expect(refusals(path, 'import { a } from "../../object/x.ts";')).toEqual(["http/deep/y.ts imports object"]);
    expect(refusals(path, 'import { a } from "../problem.ts";')).toEqual([]);
  });
});
