/** How a bug is logged. */

/**
 * Logs a bug by its kind and place. Its message is left out: messages quote what they stumbled over, which may be a
 * task's args or a token.
 */
export function logBug(where: string, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  console.error(`prinia: ${name} in ${where}`, frames.slice(0, 8).join("\n"));
}
