/** What writing has cost. */

/** Dollars for a million rows written, by Cloudflare's price list for SQLite in Durable Objects. */
const DOLLARS_A_MILLION = 1;

/** In dollars: to the cent, or, below one, to two digits that say something. */
export function costText(rows: number): string {
  const dollars = (rows / 1_000_000) * DOLLARS_A_MILLION;
  if (dollars === 0) return "$0";
  if (dollars >= 0.01)
    return `$${dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${dollars.toLocaleString("en", { maximumSignificantDigits: 2, maximumFractionDigits: 8 })}`;
}
