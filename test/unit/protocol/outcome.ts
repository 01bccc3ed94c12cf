/** What a decoder did, in the few forms that the tests of the protocol ask for. */

import type { Failure, Result } from "../../../src/task/result.ts";

/** The value of a success; throws with the refusal otherwise. */
export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The failure of a refusal; throws with the value otherwise. */
export function refused(result: Result<unknown>): Failure {
  if (result.ok) throw new Error(`accepted: ${JSON.stringify(result.value)?.slice(0, 500)}`);
  return result.error;
}

/** `code path` of a refusal, or `ok`. */
export const verdict = (result: Result<unknown>): string =>
  result.ok ? "ok" : `${result.error.code} ${result.error.path ?? ""}`.trim();
