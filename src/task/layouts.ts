/** How queues are divided: what the code says, and what the variable says. */

import type { Layouts } from "./layout.ts";
import { fail, ok, type Result } from "./result.ts";

/**
 * Both together.
 *
 * @returns `not_configured` when the variable is ill-formed, or names a queue that the code names too: whoever set it
 *   must learn of it, and a key that was sent to the wrong partition would be a second row
 */
export function allLayouts(coded: Layouts, variable: Result<Layouts, string>): Result<Layouts> {
  if (!variable.ok) return notSet(`PRINIA_PARTITIONS is not well formed: ${variable.error}`);
  if (variable.value.size === 0) return ok(coded);
  const twice = [...variable.value.keys()].find((name) => coded.has(name));
  if (twice !== undefined) {
    return notSet(
      `PRINIA_PARTITIONS names the queue ${JSON.stringify(twice)}, which createApp names as well: take it from one of them.`,
    );
  }
  return ok(new Map([...coded, ...variable.value]));
}

const notSet = (detail: string) => fail("not_configured", detail);
