// What a verb reads must not grow with the queue. Ten times as many here; `npm run bench -- --growth` takes a million.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { growthOf } from "../../../bench/raw/growth.ts";
import type { Mix, VerbCost } from "../../../bench/raw/verb-cost.ts";

const [FEW, MANY] = [10_000, 100_000];
const CALLS = 5;

const costs = (waiting: number, mix: Mix): Promise<VerbCost[]> => {
  const stub = env.QUEUE.getByName(`${crypto.randomUUID()}/0`);
  return runInDurableObject(stub, (_instance, { storage }) => growthOf(storage, waiting, mix, CALLS));
};

test.each(["plain", "priorities"] as const)(
  "behind ten times as many %s tasks no verb reads more than a fifth more rows",
  { timeout: 60_000 },
  async (mix) => {
    const few = await costs(FEW, mix);
    const many = await costs(MANY, mix);
    const read = many.map(({ verb, rowsRead }, at) => ({ verb, few: few[at]?.rowsRead ?? 0, many: rowsRead }));
    // Each reads something, or nothing would be compared.
    expect(read.filter((verb) => verb.few === 0)).toEqual([]);
    expect(read.filter((verb) => verb.many > 1.2 * verb.few)).toEqual([]);
  },
);
