/** The history of a partition: one row, written at most once a minute, by the first commit after a minute in which something happened. */

import {
  closed,
  markOf,
  minuteOf,
  newHistory,
  type QueueHistory,
  type Series,
  type Standing,
} from "../task/queue-history.ts";
import { earliestRunAt } from "./backlog.ts";
import type { SqlDriver } from "./driver.ts";
import type { Tx } from "./tx.ts";

/**
 * How the queue stood at the end of the minute noted, when that is over. To be asked before a transaction changes anything:
 * since the last commit nothing has, so what stands now stood then.
 */
export function standingAtEnd(tx: Pick<Tx, "sql" | "now" | "tally">): Standing | null {
  const { minute } = tx.tally;
  return minute !== null && minuteOf(tx.now) > minute ? standingOf(tx) : null;
}

const standingOf = (tx: Pick<Tx, "sql" | "tally">): Standing => ({
  waiting: tx.tally.counts.Pending + tx.tally.counts.Failed,
  nextAt: earliestRunAt(tx),
});

/**
 * Ends the minute noted and notes the present one, before anything of this commit is added to the tally. A clock that goes
 * back has the noted minute go on. The first commit of a queue writes nothing here: all has grown from zero.
 *
 * @param ended how the queue stood then
 * @returns rows written: one or none
 */
export function turnMinute({ sql, tally, now }: Pick<Tx, "sql" | "tally" | "now">, ended: Standing | null): number {
  const { minute } = tally;
  const present = minuteOf(now);
  if (minute !== null && present <= minute) return 0;
  tally.minute = present;
  if (minute === null || !ended) return tally.commits === 0 ? 0 : save(sql, { ...newHistory(), last: markOf(tally) });
  const before = load(sql);
  const after = closed(before, minute, tally, ended);
  return after === before ? 0 : save(sql, after);
}

/** With the minute under way, as far as it has come. */
export function seriesOf(tx: Pick<Tx, "sql" | "tally">): Series {
  const { minute } = tx.tally;
  if (minute === null) return { minutes: [], hours: [] };
  const { minutes, hours } = closed(load(tx.sql), minute, tx.tally, standingOf(tx));
  return { minutes, hours };
}

function load(sql: SqlDriver): QueueHistory {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'history'");
  return row ? (JSON.parse(row.body) as QueueHistory) : newHistory();
}

function save(sql: SqlDriver, history: QueueHistory): 1 {
  sql.all(
    "INSERT INTO state (name, body) VALUES ('history', ?1) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    JSON.stringify(history),
  );
  return 1;
}
