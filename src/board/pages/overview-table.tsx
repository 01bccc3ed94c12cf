/** The overview's table: a row for each queue, in the order of any column. */

import type { ComponentChildren } from "preact";
import { formatCount, formatMs, formatRate } from "../format.ts";
import { Link, queueHref, setQuery, workersHref } from "../router.ts";
import { Scroller } from "../scroller.tsx";
import { Sparkline } from "../sparkline.tsx";
import { STATUSES } from "../status.tsx";
import type { QueueInfo } from "../types.ts";
import { billedRows, costText } from "./cost.ts";
import type { Column } from "./overview-order.ts";

interface TableProps {
  readonly queues: readonly QueueInfo[];
  readonly column: Column;
  readonly isTurned: boolean;
}

export function QueuesTable({ queues, column, isTurned }: TableProps): ComponentChildren {
  const head = (own: Column, text: string): ComponentChildren => (
    <Head own={own} text={text} isSorted={own === column} isTurned={isTurned} />
  );
  return (
    <Scroller label="Queues" class="sticky">
      <table class="queues">
        <caption class="visually-hidden">Queues: tasks by status, speed, and what waits</caption>
        <thead>
          <tr>
            {head("name", "Queue")}
            {STATUSES.map((status) => head(status, status))}
            {head("pushed", "Push rate")}
            {head("done", "Done rate")}
            {head("due", "Oldest due")}
            {head("wait", "Wait p99")}
            {head("workers", "Workers")}
            {head("cost", "Cost")}
            {head("activity", "7 days")}
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <Row key={queue.name} queue={queue} />
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

interface HeadProps {
  readonly own: Column;
  readonly text: string;
  readonly isSorted: boolean;
  readonly isTurned: boolean;
}

/** Numbers stand largest first until the column is asked for again. */
function Head({ own, text, isSorted, isTurned }: HeadProps): ComponentChildren {
  const isRising = (own === "name") !== isTurned;
  const sort = isSorted ? (isRising ? "ascending" : "descending") : "none";
  const onClick = (): void => setQuery({ sort: own, turned: isSorted && !isTurned ? "yes" : null }, { replace: true });
  return (
    <th scope="col" class={own === "name" || own === "activity" ? "" : "num"} aria-sort={sort}>
      <button type="button" class="sort" onClick={onClick}>
        {text}
      </button>
    </th>
  );
}

function Row({ queue }: { readonly queue: QueueInfo }): ComponentChildren {
  const { name, counts, rates, oldestDueAgeMs, waitMs, workers, partitions, config, activity } = queue;
  const isStuck = workers === 0 && oldestDueAgeMs !== null && !config.paused;
  return (
    <tr>
      <th scope="row">
        <Link href={queueHref(name)}>{name}</Link>
        {config.paused && <span class="mark">Paused</span>}
        {isStuck && <span class="mark">No workers</span>}
        {partitions > 1 && <span class="muted small">{partitions} partitions</span>}
      </th>
      {STATUSES.map((status) => (
        <td class="num" key={status}>
          {counts[status] === 0 ? (
            <Nothing text="0" />
          ) : (
            <Link href={queueHref(name, { tab: status })} class="count">
              <span data-status={status}>{formatCount(counts[status])}</span>
            </Link>
          )}
        </td>
      ))}
      <td class="num">{rates.pushed === 0 ? <Nothing text="0/s" /> : formatRate(rates.pushed)}</td>
      <td class="num">{rates.done === 0 ? <Nothing text="0/s" /> : formatRate(rates.done)}</td>
      <td class="num">{oldestDueAgeMs === null ? <Nothing text="none" /> : formatMs(oldestDueAgeMs)}</td>
      <td class="num">{waitMs ? formatMs(waitMs.p99) : <Nothing text="none" />}</td>
      <td class="num">
        {workers === 0 ? <Nothing text="0" /> : <Link href={workersHref}>{formatCount(workers)}</Link>}
      </td>
      <td class="num">{costText(billedRows(queue))}</td>
      <td>
        <Sparkline days={activity} />
      </td>
    </tr>
  );
}

/** What is nothing does not catch the eye. */
const Nothing = ({ text }: { readonly text: string }): ComponentChildren => <span class="muted">{text}</span>;
