/** What a close of the server means: come back, or stay away. */

import { supersededError } from "../backend/reports.ts";
import { PriniaError } from "../task/errors.ts";

/** How a socket ended; 1006 stands for the lack of a close. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export const NO_CLOSE = 1006;
const REFUSED = 1008;
const SUPERSEDED = 4001;

/**
 * Why nobody must come back after a close.
 *
 * @param refusal the last one on the socket
 * @param renewable whether the token was good, and a new one can be had
 * @returns nothing when all may come back: after every code but one
 */
export function farewell(
  { code, reason }: Closing,
  refusal: PriniaError | undefined,
  renewable: boolean,
): PriniaError | undefined {
  if (code !== REFUSED || renewable) return undefined;
  if (refusal?.code === "unauthorized" || refusal?.code === "forbidden") return refusal;
  return new PriniaError({ code: "unauthorized", detail: reason || "The server refused the socket." });
}

/** Why a worker must not come back: another has its name. */
export function supersededBy({ code }: Closing, worker: string): PriniaError | undefined {
  return code === SUPERSEDED ? supersededError(worker) : undefined;
}
