/** All queues: what stands in each, how fast it moves, and what waits too long; as they report it. */

import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError, get } from "../api.ts";
import { Ago } from "../clock.tsx";
import { formatCount } from "../format.ts";
import { watchAll } from "../live.ts";
import { refresher } from "../refresh.ts";
import { query, setQuery } from "../router.ts";
import { can } from "../token.ts";
import type { AllStats, QueueInfo } from "../types.ts";
import { Figures } from "./figures.tsx";
import { FirstTask, NoRead } from "./first-task.tsx";
import { arranged, columnOf } from "./overview-order.ts";
import { QueuesTable } from "./overview-table.tsx";

/** Queues of one answer: the most that the server gives. */
const PAGE = 1_000;
/** Queues report every ten seconds, but not all at once. */
const REST_MS = 1_000;
/** Rows that stand there at once; the filter looks through all. */
const ROWS = 200;

interface Answer {
  readonly queues: readonly QueueInfo[];
  readonly nextCursor?: string;
  readonly asOf: number;
}

interface Overview {
  readonly queues: Signal<readonly QueueInfo[] | null>;
  readonly totals: Signal<AllStats | null>;
  readonly failure: Signal<string | null>;
}

/** All of them, page by page. */
async function readQueues(): Promise<QueueInfo[]> {
  const queues: QueueInfo[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer: Answer = await get(`/v1/queues?stats=true&limit=${PAGE}${more}`);
    queues.push(...answer.queues);
    cursor = answer.nextCursor;
  } while (cursor !== undefined);
  return queues;
}

function useOverview(): Overview {
  const queues = useSignal<readonly QueueInfo[] | null>(null);
  const totals = useSignal<AllStats | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    const reading = refresher(async () => {
      try {
        const [read, sums] = await Promise.all([readQueues(), get<AllStats>("/v1/stats")]);
        queues.value = read;
        totals.value = sums;
        failure.value = null;
      } catch (error) {
        failure.value = error instanceof ApiError ? error.message : String(error);
      }
    }, REST_MS);
    reading.ask();
    const leave = watchAll(["stats"], (event) => {
      if (event.topic === "stats") totals.value = event.stats as AllStats;
      reading.ask();
    });
    return () => {
      leave();
      reading.end();
    };
  }, []);
  return { queues, totals, failure };
}

export const OverviewPage = (): ComponentChildren => (can("read") ? <Overview /> : <NoRead page="Queues" />);

function Overview(): ComponentChildren {
  const { queues, totals, failure } = useOverview();
  return (
    <div class="stack">
      <div class="row">
        <h1>Queues</h1>
        {totals.value !== null && totals.value.queues > 0 && (
          <span class="muted small" title="Queues report every ten seconds while something happens in them">
            Oldest report <Ago at={totals.value.asOf} />
          </span>
        )}
      </div>
      {failure.value !== null && (
        <p class="error" role="alert">
          {failure.value}
        </p>
      )}
      {queues.value === null && failure.value === null && <p class="muted">Reading the queues…</p>}
      {queues.value?.length === 0 && <FirstTask />}
      {queues.value !== null && queues.value.length > 0 && (
        <>
          {totals.value !== null && <Figures totals={totals.value} />}
          <Queues queues={queues as Signal<readonly QueueInfo[]>} />
        </>
      )}
    </div>
  );
}

function Queues({ queues }: { readonly queues: Signal<readonly QueueInfo[]> }): ComponentChildren {
  const rows = useSignal(ROWS);
  const order = useComputed(() => ({
    name: query.value.get("name") ?? "",
    column: columnOf(query.value.get("sort")),
    isTurned: query.value.get("turned") !== null,
  }));
  const found = useComputed(() => arranged(queues.value, order.value));
  const shown = found.value.slice(0, rows.value);
  return (
    <>
      <div class="row">
        <div class="search">
          <label class="visually-hidden" for="filter">
            Filter by name
          </label>
          <input
            id="filter"
            type="search"
            placeholder="Filter by name"
            autoComplete="off"
            spellcheck={false}
            value={order.value.name}
            onInput={({ currentTarget }) => setQuery({ name: currentTarget.value }, { replace: true })}
          />
        </div>
        <span class="muted small" role="status">
          {found.value.length === queues.value.length
            ? `${formatCount(queues.value.length)} queues`
            : `${formatCount(found.value.length)} of ${formatCount(queues.value.length)} queues`}
        </span>
      </div>
      {found.value.length === 0 ? (
        <p class="empty">No queue has “{order.value.name}” in its name.</p>
      ) : (
        <QueuesTable queues={shown} column={order.value.column} isTurned={order.value.isTurned} />
      )}
      {shown.length < found.value.length && (
        <p>
          <button type="button" onClick={() => (rows.value += ROWS)}>
            Show more: {formatCount(found.value.length - shown.length)} are left
          </button>
        </p>
      )}
    </>
  );
}
