/** Instants that may not be: `null` stands for never. */

export const earliest = (...instants: readonly (number | null)[]): number | null =>
  instants.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null);
