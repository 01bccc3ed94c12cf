/** A page of a queue's tasks, which follows what happens to them without moving under one's hands. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { getText } from "../api.ts";
import { formatCount } from "../format.ts";
import { watchQueue } from "../live.ts";
import { Link, queueHref } from "../router.ts";
import { can } from "../token.ts";
import { errorText } from "../ui/act.ts";
import { QueueBulk } from "./queue-bulk.tsx";
import { isFiltered, listPath, parametersOf, type View } from "./queue-query.ts";
import { LiveRows, MOST_NEWCOMERS } from "./queue-rows.ts";
import { QueueTable } from "./queue-table.tsx";
import { pageOf } from "./task-model.ts";

interface ListProps {
  readonly queue: string;
  readonly view: View;
  readonly partitions: number;
}

export function QueueList({ queue, view, partitions }: ListProps): ComponentChildren {
  const live = useMemo(() => new LiveRows(view, (draw) => requestAnimationFrame(draw)), [queue, view]);
  const state = useSignal<"reading" | "read">("reading");
  const problem = useSignal<string | null>(null);
  const nextCursor = useSignal<string | undefined>(undefined);
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const read = useMemo(() => {
    let last = 0;
    return async (): Promise<void> => {
      last += 1;
      const mine = last;
      try {
        const page = pageOf(await getText(listPath(queue, view)));
        if (mine !== last) return;
        live.show(page);
        const ids = new Set(page.rows.map(({ id }) => id));
        chosen.value = chosen.peek().intersection(ids);
        nextCursor.value = page.nextCursor;
        problem.value = null;
      } catch (error) {
        if (mine === last) problem.value = errorText(error);
      }
      state.value = "read";
    };
  }, [live]);
  useEffect(() => {
    state.value = "reading";
    chosen.value = new Set();
    read();
    return watchQueue(queue, partitions, ["tasks"], (event) => {
      if (event.topic === "tasks") live.hear(event.tasks);
      else if (event.topic === "reconnected") read();
    });
  }, [live, partitions]);
  return (
    <div class="stack-small">
      {can("manage", queue) ? <QueueBulk queue={queue} view={view} chosen={chosen} onDone={read} /> : null}
      <News live={live} onShow={read} />
      {problem.value === null ? null : (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
      {live.rows.value.length > 0 ? (
        <QueueTable queue={queue} live={live} status={view.status} chosen={can("manage", queue) ? chosen : null} />
      ) : (
        <Nothing state={state.value} view={view} hasMore={nextCursor.value !== undefined} />
      )}
      <Pages queue={queue} view={view} nextCursor={nextCursor.value} isEmpty={live.rows.value.length === 0} />
    </div>
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
  readonly state: "reading" | "read";
  readonly view: View;
  readonly hasMore: boolean;
}

function Nothing({ state, view, hasMore }: NothingProps): ComponentChildren {
  if (state === "reading") return <p class="muted">Reading the tasks…</p>;
  if (hasMore) {
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
