/** What a run is ended by: the system did not do what the contract says. */

export class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws Violation unless it is so */
export function must(condition: boolean, what: string, ...shown: readonly unknown[]): asserts condition {
  if (!condition) throw new Violation([what, ...shown.map((one) => `  ${JSON.stringify(one)}`)].join("\n"));
}

/** Whether two JSON values are the same; a field that is `undefined` is not there. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...fields].every((field) => same(left[field], right[field]));
}
