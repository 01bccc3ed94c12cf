/** The claim of rows, as it stands in src/store/claim.ts, which does not give it out. */

import { WRITTEN_COLUMNS } from "../../../src/store/rows.ts";

export const CLAIM = `
  UPDATE task SET
    status = 1 + given.start, place = given.place, lease = ?2, holder = given.session, lock_at = ?3,
    attempt = attempt + given.start, strikes = iif(given.start, 0, strikes),
    started_at = iif(given.start, ?3, NULL), deadline = iif(given.start, ?3 + timeout_ms, NULL),
    past_lease = NULL, past_event = NULL, past_status = NULL, revision = revision + 1
  FROM (SELECT value ->> 0 AS seq, value ->> 1 AS session, value ->> 2 AS start, value ->> 3 AS place FROM jsonb_each(?1)) AS given
  WHERE task.seq = given.seq
  RETURNING ${WRITTEN_COLUMNS}`;
