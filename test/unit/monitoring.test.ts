// The dashboard, the rules and the page name what a scrape has, and all of it.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { metricsText } from "../../src/http/metrics.ts";
import { emptyHistogram } from "../../src/task/histogram.ts";
import { noMeters } from "../../src/task/meters.ts";
import { noCounts } from "../../src/task/status.ts";
import { DEFAULT_CONFIG } from "../../src/task/task.ts";
import { readExposition } from "../support/exposition.ts";

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

/** A scrape of one queue. */
const scrape = readExposition(
  metricsText(
    [
      {
        info: {
          ...{ name: "q", partitions: 1, counts: noCounts(), workers: 0, oldestDueAgeMs: null, config: DEFAULT_CONFIG },
          ...{ rates: { pushed: 0, done: 0, failed: 0, killed: 0 }, activity: [0, 0, 0, 0, 0, 0, 0] },
        },
        ...{ at: 0, partitions: 1 },
        measures: {
          ...{ meters: noMeters(), waits: emptyHistogram(), runs: emptyHistogram() },
          ...{ rowsWritten: 0, alarmsSet: 0, commits: 0, sockets: 0, dueAt: null },
        },
      },
    ],
    0,
    0,
  ),
);

/** Names of series, and the values that each of their labels has. */
const labels = new Map<string, Map<string, Set<string>>>();
for (const key of [...scrape.values()].flatMap(({ samples }) => [...samples.keys()])) {
  const at = key.indexOf("[");
  const of = labels.get(key.slice(0, at)) ?? new Map<string, Set<string>>();
  labels.set(key.slice(0, at), of);
  for (const [label, value] of JSON.parse(key.slice(at)) as [string, string][]) {
    of.set(label, (of.get(label) ?? new Set()).add(value));
  }
}

/** What is wrong with an expression: names, labels and values that no scrape has, and brackets. */
function faultsOf(expression: string): string[] {
  const faults: string[] = [];
  const used = [...expression.matchAll(/\b(prinia_\w+)(?:\{([^}]*)\})?/g)];
  if (used.length === 0) faults.push("it names no metric");
  for (const [, name = "", matchers = ""] of used) {
    const known = labels.get(name);
    if (known === undefined) faults.push(`${name} is in no scrape`);
    for (const [, label = "", values = ""] of matchers.matchAll(/(\w+)[!=]~?"([^"]*)"/g)) {
      const odd = values.split("|").filter((value) => value !== "$queue" && !known?.get(label)?.has(value));
      if (!known?.has(label) || odd.length > 0) faults.push(`${name}{${label}} is never ${odd.join()}`);
    }
  }
  for (const [, by = ""] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    const has = (label: string) => used.every(([, name = ""]) => labels.get(name)?.has(label));
    faults.push(
      ...by
        .split(", ")
        .filter((label) => !has(label))
        .map((label) => `there is no ${label}`),
    );
  }
  const open = (pair: string) => expression.split(pair[0] ?? "").length === expression.split(pair[1] ?? "").length;
  return [...faults, ...["()", "{}", "[]"].filter((pair) => !open(pair))];
}

describe("the dashboard", () => {
  interface Panel {
    readonly id: number;
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
  }
  const { panels, templating } = JSON.parse(read("monitoring/grafana.json")) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  };
  const expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr]));

  test.each(expressions)("%s: %s", (_, expression) => {
    expect(faultsOf(expression ?? "")).toEqual([]);
  });

  test("shows all that a scrape has of a queue", () => {
    const shown = expressions.map(([, expression]) => expression).join();
    const hidden = [...scrape.keys()].filter((name) => !shown.includes(name));
    expect(hidden.toSorted()).toEqual(["prinia_build_info", "prinia_partitions"]);
  });

  test("asks for its data source, and has every panel in a place of its own", () => {
    expect(templating.list.map(({ name, type }) => [name, type])).toEqual([
      ["datasource", "datasource"],
      ["queue", "query"],
    ]);
    const sources = panels.flatMap(({ datasource, targets }) => [datasource, ...targets.map((one) => one.datasource)]);
    expect(new Set(sources.map(({ uid }) => uid))).toEqual(new Set([["$", "{datasource}"].join("")]));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});

describe("the alert rules", () => {
  /** Every line that the file may have, by its indent: no parser of YAML is needed to read a list of rules. */
  const LINE =
    /^(?:#.*|groups:| {2}- name: [a-z]+| {4}rules:| {6}- alert: ([A-Z]\w+)| {8}expr: ([^#"':]\S.*?(?<!:))| {8}for: \d+[smh]| {8}(?:labels|annotations):| {10}severity: (?:warning|critical)| {10}summary: "[^"\\]*")$/;
  const lines = read("monitoring/alerts.yaml").trimEnd().split("\n");
  const found = lines.map((line) => LINE.exec(line));
  const expressions = found.flatMap((line) => line?.[2] ?? []);

  test("has no line that is not of a list of rules", () => {
    expect(lines.filter((_, place) => found[place] === null)).toEqual([]);
  });

  test("have a name of their own, an expression, a severity and a summary each", () => {
    const names = found.flatMap((line) => line?.[1] ?? []);
    expect(names.length).toBeGreaterThan(5);
    expect(new Set(names).size).toBe(names.length);
    expect(expressions).toHaveLength(names.length);
    for (const word of ["severity:", "summary:", "labels:", "annotations:"]) {
      expect(lines.filter((line) => line.trim().startsWith(word))).toHaveLength(names.length);
    }
  });

  test.each(expressions)("%s", (expression) => {
    expect(faultsOf(expression)).toEqual([]);
    // In YAML either would end a plain scalar.
    expect(expression).not.toMatch(/: | #/);
  });
});

describe("the page", () => {
  const page = read("monitoring.md");

  test("has a row for each metric, with its type, and for no other", () => {
    const rows = [...page.matchAll(/^\| `(prinia_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [name, type]);
    expect(rows.toSorted()).toEqual([...scrape].map(([name, { type }]) => [name, type]).toSorted());
  });

  test("has no query that names what there is not", () => {
    const [, queries = ""] = /```promql\n([^`]*)```/.exec(page) ?? [];
    const asked = queries.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(asked.length).toBeGreaterThan(3);
    for (const query of asked) expect([query, faultsOf(query)]).toEqual([query, []]);
  });

  test("says how many series a queue has", () => {
    const perQueue = [...scrape.values()]
      .flatMap(({ samples }) => [...samples.keys()])
      .filter((key) => key.includes('"queue"'));
    expect(page).toContain(`Each queue has ${perQueue.length} series`);
  });
});

describe("what is wrong with an expression", () => {
  test.each([
    ["prinia_nothing", "prinia_nothing is in no scrape"],
    ['prinia_tasks{status="Lost"}', "prinia_tasks{status} is never Lost"],
    ['prinia_workers{status="Done"}', "prinia_workers{status} is never Done"],
    ["sum by (le) (prinia_workers)", "there is no le"],
    ["sum((prinia_workers)", "()"],
    ["up", "it names no metric"],
  ])("%s: %s", (expression, fault) => {
    expect(faultsOf(expression)).toEqual([fault]);
  });
});
