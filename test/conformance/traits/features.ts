/** The table of features: which backend passes how many cases of what. */

import { BACKENDS } from "./backends.ts";
import { CASES, runs } from "./cases.ts";
import { rowOf, SECTIONS, type Section } from "./rows.ts";

const INTRODUCTION = `# Features

Every backend runs the same suite of cases, \`test/conformance/traits/\`: one for each row of the state machine, each rule of
[semantics.md](semantics.md) and each method of the traits, with what must be refused beside what must work. A number says
how many cases of the row a backend passes; — that it does not offer what they ask for. This page is made from the suite, and
a test holds it against the suite: \`npm run features\` makes it anew.

How to read the columns: \`MemoryStorage\`, \`SqliteStorage\`, \`CustomBackend\`, \`Pipe\` and \`dequeue\` run in virtual time, the
\`DurableBackend\`s against a server in real time. The \`CustomBackend\` is made of a memory's own functions, the \`Pipe\` leads
into a memory, and a \`dequeue\` keeps nothing: it is asked only for what its workers see.
`;

export function features(): string {
  return [INTRODUCTION, ...SECTIONS.map(sectionOf), total()].join("\n");
}

function sectionOf({ title, head, rows }: Section): string {
  const lines = Object.entries(rows).map(([key, name]) =>
    row(
      name,
      countsOf((id) => rowOf({ id }) === key),
    ),
  );
  return `## ${title}\n\n${heading(head)}\n${lines.join("\n")}\n`;
}

const total = (): string =>
  `## All\n\n${heading("")}\n${row(
    "cases",
    countsOf(() => true),
  )}\n`;

const heading = (head: string): string =>
  `${row(head, Object.keys(BACKENDS))}\n${row(
    "---",
    Object.keys(BACKENDS).map(() => "---:"),
  )}`;

const countsOf = (isOf: (id: string) => boolean): string[] =>
  Object.values(BACKENDS).map((traits) => {
    const count = CASES.filter((one) => isOf(one.id) && runs(traits, one)).length;
    return count === 0 ? "—" : String(count);
  });

const row = (name: string, cells: readonly string[]): string => `| ${[name, ...cells].join(" | ")} |`;
