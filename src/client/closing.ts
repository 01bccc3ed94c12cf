/** What a close of the server means: come back, or stay away. */

import { PriniaError } from "../task/errors.ts";

/** How a socket ended; 1006 stands for the lack of a close. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export const NO_CLOSE = 1006;
const REFUSED = 1008;
const SUPERSEDED = 4001;

export interface Circumstances {
  readonly worker: string;
  /** The last refusal on the socket. */
  readonly refusal: PriniaError | undefined;
  /** Whether the token was good, and a new one can be had. */
  readonly renewable: boolean;
}

/**
 * Why a worker must not come back after a close.
 *
 * @returns nothing when it should: after every code but two
 */
export function farewell(
  { code, reason }: Closing,
  { worker, refusal, renewable }: Circumstances,
): PriniaError | undefined {
  if (code === SUPERSEDED) {
    const detail = `Another worker took the name ${JSON.stringify(worker)}: give each its own, or leave \`id\` out.`;
    return refusal?.code === "superseded" ? refusal : new PriniaError({ code: "superseded", detail });
  }
  if (code !== REFUSED || renewable) return undefined;
  if (refusal?.code === "unauthorized" || refusal?.code === "forbidden") return refusal;
  return new PriniaError({ code: "unauthorized", detail: reason || "The server refused the socket." });
}
