/** A strict reader of the text format of Prometheus: whatever a server must not write, it throws at. */

export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  /** Values by name and labels, these as JSON in the order of their names. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/su;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/suy;
const VALUE = /^(?:NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/;
const TYPES = ["counter", "gauge", "histogram"];

type Building = ReadFamily & { readonly samples: Map<string, number> };

/** @throws Error at the first line that breaks a rule */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  const families = new Map<string, Building>();
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line does not end");
  if (text.includes("\0")) throw new Error("a zero byte ends the text for some who read it");
  let helped: { readonly name: string; readonly help: string } | undefined;
  let current: string | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? [];
    if (word === "HELP") {
      if (families.has(name) || !NAME.test(name)) throw new Error(`a second or bad HELP: ${line}`);
      helped = { name, help: rest };
    } else if (word === "TYPE") {
      if (helped?.name !== name || !TYPES.includes(rest)) throw new Error(`TYPE without its HELP, or unknown: ${line}`);
      families.set(name, { type: rest, help: helped.help, samples: new Map() });
      current = name;
    } else addSample(families.get(current ?? ""), current ?? "", line);
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

function addSample(family: Building | undefined, of: string, line: string): void {
  const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
  const names = family?.type === "histogram" ? ["_bucket", "_sum", "_count"].map((suffix) => of + suffix) : [of];
  if (family === undefined || !names.includes(name)) throw new Error(`a sample that stands in no family: ${line}`);
  if (!VALUE.test(value)) throw new Error(`no number: ${line}`);
  const key = keyOf(name, labelsIn(labels));
  if (family.samples.has(key)) throw new Error(`a series that came before: ${line}`);
  family.samples.set(key, Number(value.replace("Inf", "Infinity")));
}

/** The key of a series among the samples of its family. */
export const keyOf = (name: string, labels: Readonly<Record<string, string>> = {}): string =>
  `${name}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let at = 0; at < text.length; ) {
    LABEL.lastIndex = at;
    const found = LABEL.exec(text);
    const [whole = "", name = "", value = ""] = found ?? [];
    if (found === null || Object.hasOwn(labels, name)) throw new Error(`labels that are not well formed: ${text}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    at += whole.length;
  }
  return labels;
}

function check(name: string, { type, samples }: Building): void {
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
  if (type === "counter" && [...samples.values()].some((value) => !(value >= 0))) throw new Error(`${name} below zero`);
  if (type === "histogram") checkHistogram(name, samples);
}

/** Buckets ascend, in bound and in count, and the last has what `_count` says. */
function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const series = Map.groupBy(samples, ([key]) => {
    const at = key.indexOf("[");
    return JSON.stringify((JSON.parse(key.slice(at)) as [string, string][]).filter(([label]) => label !== "le"));
  });
  for (const [labels, of] of series) {
    const buckets = of
      .filter(([key]) => key.startsWith(`${name}_bucket`))
      .map(([key, count]) => ({ le: boundOf(key), count }));
    const ascend = buckets.every(
      ({ le, count }, place) =>
        place === 0 || (le > (buckets[place - 1]?.le ?? 0) && count >= (buckets[place - 1]?.count ?? 0)),
    );
    const count = samples.get(`${name}_count${labels}`);
    if (!ascend || buckets.at(-1)?.le !== Number.POSITIVE_INFINITY || buckets.at(-1)?.count !== count)
      throw new Error(`the buckets of ${name}${labels} do not add up`);
    if (!samples.has(`${name}_sum${labels}`)) throw new Error(`${name}${labels} has no sum`);
  }
}

function boundOf(key: string): number {
  const labels = new Map(JSON.parse(key.slice(key.indexOf("["))) as [string, string][]);
  const le = labels.get("le");
  if (le === undefined) throw new Error(`a bucket without a bound: ${key}`);
  return Number(le.replace("Inf", "Infinity"));
}
