/** A page of a queue's tasks, which follows what happens to them without moving under one's hands. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Ago } from "../clock.tsx";
import { formatCount } from "../format.ts";
import { watchQueue } from "../live.ts";
import { Link, queueHref } from "../router.ts";
import { can } from "../token.ts";
import { QueueBulk } from "./queue-bulk.tsx";
import type { Known } from "./queue-pages.ts";
import { isFiltered, parametersOf, type View } from "./queue-query.ts";
import { Reading } from "./queue-reading.ts";
import { type LiveRows, MOST_NEWCOMERS } from "./queue-rows.ts";
import { QueueTable } from "./queue-table.tsx";

interface ListProps {
  readonly queue: string;
  readonly view: View;
  readonly partitions: number;
}

export function QueueList({ queue, view, partitions }: ListProps): ComponentChildren {
  const reading = useMemo(() => new Reading(queue, view, (draw) => requestAnimationFrame(draw)), [queue, view]);
  const { live, page, problem } = reading;
  const chosen = useMemo(() => signal<ReadonlySet<string>>(new Set()), [reading]);
  useFollowed(queue, partitions, reading);
  useEffect(() => {
    const ids = new Set(page.value?.rows.map(({ id }) => id));
    chosen.value = chosen.peek().intersection(ids);
  }, [page.value]);
  const isKnown = page.value !== null && reading.isReading.value;
  const read = () => reading.read();
  const rows = live.rows.value;
  return (
    <div class="stack-small" aria-busy={isKnown}>
      {can("manage", queue) ? <QueueBulk queue={queue} view={view} chosen={chosen} onDone={read} /> : null}
      <News live={live} onShow={read} />
      {problem.value === null ? null : (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
      <Standing queue={queue} page={page.value} isKnown={isKnown} />
      {rows.length > 0 ? (
        <QueueTable queue={queue} live={live} status={view.status} chosen={can("manage", queue) ? chosen : null} />
      ) : (
        <Nothing page={page.value} hasFailed={problem.value !== null} view={view} />
      )}
      <Pages
        queue={queue}
        view={page.value?.view ?? view}
        nextCursor={page.value?.nextCursor}
        isEmpty={rows.length === 0}
      />
    </div>
  );
}

/** Reads the page, and follows the queue: one watch for all that is looked at in it, one after the other. */
function useFollowed(queue: string, partitions: number, reading: Reading): void {
  const current = useRef(reading);
  current.current = reading;
  useEffect(() => {
    reading.read();
  }, [reading]);
  useEffect(
    () =>
      watchQueue(queue, partitions, ["tasks"], (event) => {
        if (event.topic === "tasks") current.current.live.hear(event.tasks);
        else if (event.topic === "reconnected") current.current.read();
      }),
    [queue, partitions],
  );
}

interface StandingProps {
  readonly queue: string;
  readonly page: Known | null;
  readonly isKnown: boolean;
}

/** What is not as one would expect: rows of before, or the oldest instead of the newest. */
function Standing({ queue, page, isKnown }: StandingProps): ComponentChildren {
  if (page === null) return null;
  const { at, view, further } = page;
  return (
    <p class="standing muted">
      {isKnown ? (
        <span>
          As it was <Ago at={at} />; reading anew…
        </span>
      ) : null}{" "}
      {further === undefined ? null : (
        <span>
          The newest are behind many other tasks, so these are the oldest.{" "}
          <Link href={queueHref(queue, parametersOf({ ...view, order: "newest", cursor: further }))}>
            Look for the newest
          </Link>
        </span>
      )}
    </p>
  );
}

interface NewsProps {
  readonly live: LiveRows;
  readonly onShow: () => void;
}

/** New tasks are told, not put in: what one reads or is about to press stays where it is. */
function News({ live, onShow }: NewsProps): ComponentChildren {
  const count = live.newcomers.value;
  return (
    <div class="news">
      {count === 0 ? null : (
        <button type="button" onClick={onShow}>
          {count >= MOST_NEWCOMERS ? `${formatCount(count)} or more` : formatCount(count)} new: show
        </button>
      )}
    </div>
  );
}

interface NothingProps {
  readonly page: Known | null;
  readonly hasFailed: boolean;
  readonly view: View;
}

function Nothing({ page, hasFailed, view }: NothingProps): ComponentChildren {
  if (page === null) return hasFailed ? null : <p class="muted">Reading the tasks…</p>;
  if (page.nextCursor !== undefined) {
    return (
      <p class="empty">
        The server has looked at many tasks, and none of them was one that you look for. There are more to look at.
      </p>
    );
  }
  const what = view.status === null ? "tasks" : `${view.status} tasks`;
  return <p class="empty">{isFiltered(view) ? `No ${what} are like that.` : `There are no ${what}.`}</p>;
}

interface PagesProps {
  readonly queue: string;
  readonly view: View;
  readonly nextCursor: string | undefined;
  readonly isEmpty: boolean;
}

function Pages({ queue, view, nextCursor, isEmpty }: PagesProps): ComponentChildren {
  if (view.cursor === null && nextCursor === undefined) return null;
  const at = (cursor: string | null): string => queueHref(queue, parametersOf({ ...view, cursor }));
  return (
    <nav class="row" aria-label="Pages">
      {view.cursor === null ? null : <Link href={at(null)}>First page</Link>}
      {nextCursor === undefined ? (
        <span class="muted">This is the last page.</span>
      ) : (
        <Link class="button" href={at(nextCursor)}>
          {isEmpty ? "Look further" : "Next page"}
        </Link>
      )}
    </nav>
  );
}
