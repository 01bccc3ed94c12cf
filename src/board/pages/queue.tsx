/** The page of one queue: its numbers, its tasks, and what can be done with both. */

import { computed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { QueueCharts } from "../charts.tsx";
import { Link, overviewHref, pushHref, query } from "../router.ts";
import { can } from "../token.ts";
import { AdminVerbs, PauseButton } from "./queue-admin.tsx";
import { QueueConfigForm } from "./queue-config.tsx";
import { QueueFilters } from "./queue-filters.tsx";
import { QueueList } from "./queue-list.tsx";
import { LiveQueue } from "./queue-live.ts";
import { QueueNumbers } from "./queue-numbers.tsx";
import { isFiltered, type View, viewOf } from "./queue-query.ts";
import { QueueTabs } from "./queue-tabs.tsx";
import "./pages.css";

let last = viewOf(new URLSearchParams());

/** The same object for as long as the address says the same of the tasks: it also says what the charts show. */
const view = computed(() => {
  const next = viewOf(query.value);
  if (JSON.stringify(next) !== JSON.stringify(last)) last = next;
  return last;
});

export function QueuePage({ queue }: { readonly queue: string }): ComponentChildren {
  const live = useMemo(() => new LiveQueue(queue), [queue]);
  useEffect(() => live.start(), [live]);
  return (
    <div class="stack">
      <nav class="crumbs" aria-label="Breadcrumb">
        <ol>
          <li>
            <Link href={overviewHref}>Queues</Link>
          </li>
          <li>
            <span aria-current="page">{queue}</span>
          </li>
        </ol>
      </nav>
      <Head queue={queue} live={live} />
      <Problem queue={queue} live={live} />
      {live.stats.value === null ? null : (
        <>
          <QueueNumbers live={live} />
          <Charts queue={queue} partitions={live.stats.value.partitions} />
          <details class="card">
            <summary>Settings</summary>
            <QueueConfigForm queue={queue} live={live} />
          </details>
          <section class="stack-small" aria-labelledby="tasks-heading">
            <h2 id="tasks-heading">Tasks</h2>
            <QueueTabs queue={queue} view={view.value} counts={live.stats.value.counts} />
            <QueueFilters queue={queue} view={view.value} />
            <QueueList queue={queue} view={view.value} partitions={live.partitions.value} />
          </section>
        </>
      )}
    </div>
  );
}

/** Open at first, unless one came to see certain tasks: then those are not to be far down. */
function Charts({ queue, partitions }: { readonly queue: string; readonly partitions: number }): ComponentChildren {
  const isOpen = useSignal(isPlain(view.peek()));
  return (
    <details open={isOpen.value} onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>Charts</summary>
      {isOpen.value ? <QueueCharts queue={queue} partitions={partitions} /> : null}
    </details>
  );
}

const isPlain = (one: View): boolean => one.status === null && one.cursor === null && !isFiltered(one);

interface PartProps {
  readonly queue: string;
  readonly live: LiveQueue;
}

function Head({ queue, live }: PartProps): ComponentChildren {
  const stats = live.stats.value;
  return (
    <div class="row">
      <h1>{queue}</h1>
      {stats?.config.paused ? <span class="mark">Paused</span> : null}
      <div class="row push">
        {can("push", queue) ? (
          <Link class="button primary" href={pushHref(queue)}>
            Push a task
          </Link>
        ) : null}
        {stats !== null && can("admin", queue) ? (
          <>
            <PauseButton queue={queue} isPaused={stats.config.paused} onChanged={() => live.refresh()} />
            <AdminVerbs queue={queue} onChanged={() => live.refresh()} />
          </>
        ) : null}
      </div>
    </div>
  );
}

function Problem({ queue, live }: PartProps): ComponentChildren {
  if (live.isUnknown.value) {
    return (
      <div class="empty">
        <h2>Nothing was ever pushed to {queue}</h2>
        <p>A queue begins with its first task. Push one here, or from a program.</p>
      </div>
    );
  }
  if (live.problem.value !== null) {
    return (
      <p class="error" role="alert">
        {live.problem.value}
      </p>
    );
  }
  return live.stats.value === null ? <p class="muted">Reading the queue…</p> : null;
}
