/** The reference of the package, a page for each entry: made from the declarations that `npm run build` writes. */

import { dirname, join } from "node:path/posix";
import { parseSync } from "vite";
import { type Pages, read } from "./files.ts";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Named {
  readonly name: string;
}

interface Statement extends Node {
  readonly source?: { readonly value: string } | null;
  readonly specifiers?: readonly { readonly local: Named; readonly imported?: Named; readonly exported?: Named }[];
  readonly declaration?:
    | (Node & { readonly id?: Named; readonly declarations?: readonly { readonly id: Named }[] })
    | null;
}

/** One thing that an entry exports. */
export interface Exported {
  readonly name: string;
  readonly kind: "class" | "function" | "constant" | "type";
  /** What its docstring says, without the stars; empty when there is none. */
  readonly docs: string;
  readonly code: string;
}

interface Module {
  readonly text: string;
  readonly body: readonly Statement[];
  readonly comments: readonly { readonly type: string; readonly start: number; readonly end: number }[];
}

const modules = new Map<string, Module>();

function moduleAt(path: string): Module {
  const known = modules.get(path);
  if (known) return known;
  const text = read(path);
  const { program, comments, errors } = parseSync(path, text, { lang: "dts" });
  if (errors[0]) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const module = { text, body: program.body as unknown as readonly Statement[], comments };
  modules.set(path, module);
  return module;
}

/** All that a file of declarations exports, by name. */
export function exportsOf(path: string): Exported[] {
  const found = moduleAt(path).body.flatMap((statement) => {
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (statement.declaration) return namesOf(statement).map((name) => name);
    return (statement.specifiers ?? []).map(({ exported, local }) => exported?.name ?? local.name);
  });
  return found.map((name) => exportedAt(path, name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Follows a name to where it is declared. */
function exportedAt(path: string, name: string): Exported {
  const module = moduleAt(path);
  const beside = (source: string): string => join(dirname(path), source.replace(/\.js$/, ".d.ts"));
  for (const statement of module.body) {
    if (statement.declaration && namesOf(statement).includes(name)) return declared(module, statement, name);
    const specifier = statement.specifiers?.find(({ exported, local }) => (exported ?? local).name === name);
    if (!specifier) continue;
    if (statement.source)
      return { ...exportedAt(beside(statement.source.value), specifier.imported?.name ?? specifier.local.name), name };
    if (specifier.local.name !== name) return { ...exportedAt(path, specifier.local.name), name };
  }
  throw new Error(`${path} does not declare ${name}`);
}

const namesOf = ({ declaration }: Statement): string[] =>
  declaration?.id ? [declaration.id.name] : (declaration?.declarations ?? []).map(({ id }) => id.name);

const KINDS: Readonly<Record<string, Exported["kind"]>> = {
  ClassDeclaration: "class",
  TSDeclareFunction: "function",
  FunctionDeclaration: "function",
  VariableDeclaration: "constant",
};

function declared({ text, body, comments }: Module, statement: Statement, name: string): Exported {
  // Overloads stand one after the other.
  const all = body.filter((one) => one.declaration && namesOf(one).includes(name));
  const codeOf = ({ start, end }: Node) =>
    text
      .slice(start, end)
      .replace(/^export (?:declare )?/, "")
      .replaceAll(/^ *#private;\n/gm, "");
  const before = comments.findLast(({ type, end }) => type === "Block" && end <= statement.start);
  const isIts = before !== undefined && text.slice(before.end, statement.start).trim() === "";
  return {
    name,
    kind: KINDS[statement.declaration?.type ?? ""] ?? "type",
    docs: isIts ? docsOf(text.slice(before.start, before.end)) : "",
    code: all.map(codeOf).join("\n"),
  };
}

const docsOf = (comment: string): string =>
  comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .replaceAll(/^ *\* ?/gm, "")
    .trim();

// The pages.

const HEADINGS: readonly (readonly [Exported["kind"], string])[] = [
  ["class", "Classes"],
  ["function", "Functions"],
  ["constant", "Constants"],
  ["type", "Types"],
];

/** The entries of the package, by the page that each has. */
export function entries(): ReadonlyMap<string, { readonly name: string; readonly types: string }> {
  const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, { types?: string }> };
  return new Map(
    Object.entries(exports).flatMap(([entry, { types }]) => {
      const name = entry.replace(/^\./, "prinia");
      return types === undefined
        ? []
        : [[`reference/${name.replace("/", "-")}.md`, { name, types: types.replace("./", "") }]];
    }),
  );
}

export function apiPages(): Pages {
  const seen = new Map<string, string>();
  const pages: Pages = new Map();
  for (const [path, { name, types }] of entries()) pages.set(path, apiPage(name, path, exportsOf(types), seen));
  return pages;
}

function apiPage(entry: string, path: string, all: readonly Exported[], seen: Map<string, string>): string {
  const own = all.filter(({ name }) => !seen.has(name));
  const others = all.filter(({ name }) => seen.has(name));
  for (const { name } of own) seen.set(name, path);
  const parts = [`# \`${entry}\``, "Made from the declarations of the package."];
  if (others.length > 0) {
    const links = others.map(({ name }) => `[\`${name}\`](/${seen.get(name)}#${name})`);
    parts.push(`It exports these of other entries as well: ${links.join(", ")}.`);
  }
  for (const [kind, heading] of HEADINGS) {
    const some = own.filter((one) => one.kind === kind);
    if (some.length > 0) parts.push(`## ${heading}`, ...some.map(sectionOf));
  }
  return `${parts.join("\n\n")}\n`;
}

function sectionOf({ name, docs, code }: Exported): string {
  const [prose = "", ...tags] = docs.split(/^@/m);
  return [`### \`${name}\` {#${name}}`, asProse(prose), ...tags.map(tagged), fenced(code)].filter(Boolean).join("\n\n");
}

function tagged(tag: string): string {
  const [, name = "", text = ""] = /^(\w+)\s*([\s\S]*)$/.exec(tag) ?? [];
  if (name === "example") return fenced(text.trim());
  if (name !== "param") return `*${name}* ${asProse(text)}`;
  const [, parameter = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  return `*param* \`${parameter}\` ${asProse(rest)}`;
}

/** Outside of code, nothing is a tag or a template to be filled in. */
const asProse = (text: string): string =>
  text
    .trim()
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll("<", "&lt;").replaceAll("{{", "&#123;{")))
    .join("");

const fenced = (code: string): string => `\`\`\`ts\n${code}\n\`\`\``;
