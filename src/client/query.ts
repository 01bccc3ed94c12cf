/** Query strings. */

/** `?status=Done&limit=10`, of what is given; nothing when nothing is. */
export function queryOf(parameters: object): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value !== undefined) query.append(key, String(value));
  return query.size === 0 ? "" : `?${query}`;
}
