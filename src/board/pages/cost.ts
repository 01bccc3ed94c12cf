/** What writing has cost. */

/** Dollars for a million rows written, by Cloudflare's price list for SQLite in Durable Objects. */
const DOLLARS_A_MILLION = 1;

/** Rows as the bill has them: an alarm that is set counts as one. */
export const billedRows = ({ rowsWritten = 0, alarmsSet = 0 }: { rowsWritten?: number; alarmsSet?: number }): number =>
  rowsWritten + alarmsSet;

/** In dollars: to the cent, or, below one, to two digits that say something. */
export function costText(rows: number): string {
  const dollars = (rows / 1_000_000) * DOLLARS_A_MILLION;
  if (dollars === 0) return "$0";
  if (dollars >= 0.01)
    return `$${dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${dollars.toLocaleString("en", { maximumSignificantDigits: 2, maximumFractionDigits: 8 })}`;
}
