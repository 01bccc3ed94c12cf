/** The text format of Prometheus. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** What follows the family's name: of histograms alone. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels: Labels;
  readonly value: number;
}

/** All samples of one name; they stand together in the text, behind what is said of them. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: Iterable<Sample>;
}

export const exposition = (families: readonly Family[]): string => families.map(textOf).join("");

function textOf({ name, help, type, samples }: Family): string {
  let text = `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n`;
  for (const { suffix = "", labels, value } of samples) {
    text += `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`;
  }
  return text;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join()}}`;
}

const escapedHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

const escapedLabel = (text: string): string => escapedHelp(text).replaceAll('"', '\\"');

const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";

/**
 * The samples of a histogram.
 *
 * @param buckets counts, each bucket by itself
 * @param bounds the largest value that falls in each, but for the last, which has none
 * @param sum of all values
 */
export function histogramSamples(
  labels: Labels,
  buckets: readonly number[],
  bounds: readonly number[],
  sum: number,
): Sample[] {
  let count = 0;
  const samples: Sample[] = [];
  for (const [place, bound] of bounds.entries()) {
    count += buckets[place] ?? 0;
    samples.push({ suffix: "_bucket", labels: { ...labels, le: numberText(bound) }, value: count });
  }
  for (const beyond of buckets.slice(bounds.length)) count += beyond;
  return [
    ...samples,
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}
