/** Does what one asked for, and says what came of it. */

import { ApiError } from "../api.ts";
import { say } from "../toast.tsx";

/** What the server or the browser said, in words. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) return error.detail;
  return error instanceof Error ? error.message : String(error);
}

/** How long to wait before a page that found no server tries again. */
export const RETRY_MS = 3_000;

export const isUnreachable = (error: unknown): boolean => error instanceof ApiError && error.code === "unreachable";

/**
 * @param done what is said when it went well; `null` says nothing
 * @returns whether it went well
 */
export async function act<T>(job: () => Promise<T>, done: (answer: T) => string | null): Promise<boolean> {
  try {
    const words = done(await job());
    if (words !== null) say(words, "good");
    return true;
  } catch (error) {
    say(errorText(error), "bad");
    return false;
  }
}
