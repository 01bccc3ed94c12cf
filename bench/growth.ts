/** Every verb of the store behind two backlogs, a hundred times apart, in an object on plain workerd. */

import { startPlain } from "./raw/server.ts";
import type { Mix, VerbCost } from "./raw/verb-cost.ts";
import { plainFetch } from "./wire.ts";

export interface Growth {
  readonly mix: Mix;
  readonly verb: string;
  readonly few: VerbCost;
  readonly many: VerbCost;
}

const FEW = 10_000;

/**
 * @param rows of the larger backlog
 * @param calls of each verb
 */
export async function measureGrowth(rows: number, calls: number): Promise<Growth[]> {
  const server = await startPlain();
  const ask = async (mix: Mix, waiting: number): Promise<VerbCost[]> => {
    const query = `object=${mix}-${waiting}/0&mix=${mix}&rows=${waiting}&calls=${calls}`;
    const response = await plainFetch(`${server.url}/growth?${query}`);
    if (!response.ok) throw new Error(`the bare object failed: ${await response.text()}`);
    return (await response.json()) as VerbCost[];
  };
  try {
    const growth: Growth[] = [];
    for (const mix of ["plain", "priorities"] as const) {
      const few = await ask(mix, Math.min(FEW, rows / 10));
      const many = await ask(mix, rows);
      for (const [at, cost] of few.entries()) {
        const other = many[at];
        if (other) growth.push({ mix, verb: cost.verb, few: cost, many: other });
      }
    }
    return growth;
  } finally {
    await server.stop();
  }
}
