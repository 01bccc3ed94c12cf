/** How an error is logged. */

/** Frames of a stack that are kept: enough to see where it was. */
const MAX_FRAMES = 8;

/**
 * An error by its kind and place. Its message is left out: messages quote what they stumbled over, which may be a task's
 * args or a token.
 */
export function describeError(error: unknown): { readonly error: string; readonly stack: readonly string[] } {
  if (!(error instanceof Error)) return { error: typeof error, stack: [] };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { error: error.name, stack: frames.slice(0, MAX_FRAMES).map((frame) => frame.trim()) };
}

/** Logs a bug, as a line of JSON. */
export function logBug(where: string, error: unknown): void {
  console.error(JSON.stringify({ type: "bug", at: Date.now(), where, ...describeError(error) }));
}
