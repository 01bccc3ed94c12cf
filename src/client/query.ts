/** Query strings, as they stand behind a path. */

import { parametersOf } from "../backend/query.ts";

/** `?status=Done&limit=10`, of what is given; nothing when nothing is. */
export function queryOf(fields: object): string {
  const query = parametersOf(fields);
  return query.size === 0 ? "" : `?${query}`;
}
