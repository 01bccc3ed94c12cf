/** What the command line asks for. */

import { parseArgs } from "node:util";
import { FULL, type Sizes, TINY } from "./workloads/workload.ts";

export interface Options {
  /** Ids of workloads. */
  readonly only: readonly string[];
  readonly repeat: number;
  /** Numbers of partitions, each measured by itself. */
  readonly partitions: readonly number[];
  readonly sizes: Sizes;
  readonly workloads: boolean;
  readonly growth: boolean;
  readonly startup: boolean;
  /** The larger backlog of the growth. */
  readonly rows: number;
  /** How often each verb is called there. */
  readonly calls: number;
  /** Isolates that are started beside the first. */
  readonly isolates: number;
  /** Where the figures go as JSON. */
  readonly json: string | undefined;
  /** The page whose tables are made anew. */
  readonly docs: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --only W1,W4         these workloads alone
  --repeat 5           runs of each; what is printed is the median
  --partitions 1,2,4   the same through so many partitions
  --growth             what each verb reads behind 10,000 tasks and behind 1,000,000, in place of the workloads
  --startup            cold starts, in place of the workloads
  --all                workloads, growth and cold starts
  --json out.json      all figures, to a file
  --docs               writes the tables of docs/performance.md anew
  --tiny               a glance at everything, to see that it runs; its figures mean nothing`;

const FLAGS = {
  only: { type: "string", default: "W1,W2,W3,W4,W5,W6" },
  repeat: { type: "string", default: "5" },
  partitions: { type: "string", default: "1" },
  json: { type: "string" },
  docs: { type: "boolean", default: false },
  page: { type: "string", default: "docs/performance.md" },
  growth: { type: "boolean", default: false },
  startup: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  tiny: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** @throws TypeError with a message for people; `null` when only the usage is wanted */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  if (values.help) return null;
  const { all, growth, startup, tiny } = values;
  return {
    only: values.only.split(",").map((id) => checked(id, /^W[1-6]$/, "--only takes W1 to W6, separated by commas")),
    repeat: countOf(values.repeat, "--repeat"),
    partitions: values.partitions.split(",").map((count) => countOf(count, "--partitions")),
    sizes: tiny ? TINY : FULL,
    workloads: all || !(growth || startup),
    growth: all || growth,
    startup: all || startup,
    rows: tiny ? 10_000 : 1_000_000,
    calls: tiny ? 2 : 100,
    isolates: tiny ? 1 : 20,
    json: values.json,
    docs: values.docs ? values.page : undefined,
  };
}

const countOf = (text: string, flag: string): number =>
  Number(checked(text, /^[1-9]\d{0,2}$/, `${flag} takes numbers from 1 to 999`));

function checked(text: string, pattern: RegExp, wanted: string): string {
  if (!pattern.test(text)) throw new TypeError(`${wanted}, not ${JSON.stringify(text)}.`);
  return text;
}
