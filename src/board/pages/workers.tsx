/** All workers, by queue: which live, what each runs, since when; as the queues report them. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError, get } from "../api.ts";
import { Ago } from "../clock.tsx";
import { formatCount } from "../format.ts";
import { watchAll } from "../live.ts";
import { refresher } from "../refresh.ts";
import { Link, queueHref } from "../router.ts";
import { Scroller } from "../scroller.tsx";
import { can } from "../token.ts";
import type { WorkerInfo } from "../types.ts";
import { NoRead } from "./first-task.tsx";

const REST_MS = 1_000;

export const WorkersPage = (): ComponentChildren => (can("read") ? <Workers /> : <NoRead page="Workers" />);

function useWorkers() {
  const workers = useSignal<readonly WorkerInfo[] | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    const reading = refresher(async () => {
      try {
        workers.value = (await get<{ workers: readonly WorkerInfo[] }>("/v1/workers")).workers;
        failure.value = null;
      } catch (error) {
        failure.value = error instanceof ApiError ? error.message : String(error);
      }
    }, REST_MS);
    reading.ask();
    // Partitions of a queue tell of the same worker apart; the answer over HTTP adds them up.
    const leave = watchAll(["workers"], reading.ask);
    return () => {
      leave();
      reading.end();
    };
  }, []);
  return { workers, failure };
}

function Workers(): ComponentChildren {
  const { workers, failure } = useWorkers();
  const all = workers.value;
  return (
    <div class="stack">
      <div class="row">
        <h1>Workers</h1>
        {all !== null && all.length > 0 && <span class="muted small">{sumsOf(all)}</span>}
      </div>
      {failure.value !== null && (
        <p class="error" role="alert">
          {failure.value}
        </p>
      )}
      {all === null && failure.value === null && <p class="muted">Reading the workers…</p>}
      {all?.length === 0 && <Nobody />}
      {[...Map.groupBy(all ?? [], ({ queue }) => queue)]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([queue, own]) => (
          <QueueWorkers key={queue} queue={queue} workers={own} />
        ))}
    </div>
  );
}

function sumsOf(workers: readonly WorkerInfo[]): string {
  const alive = workers.filter((worker) => worker.alive).length;
  const leases = workers.reduce((sum, worker) => sum + worker.leases, 0);
  return `${formatCount(alive)} alive, ${formatCount(workers.length - alive)} silent, ${formatCount(leases)} tasks with them`;
}

const Nobody = (): ComponentChildren => (
  <section class="empty">
    <h2>No worker is known</h2>
    <p>A worker is listed from when it first asks for tasks until it has said goodbye. Tasks wait for it meanwhile.</p>
  </section>
);

interface QueueWorkersProps {
  readonly queue: string;
  readonly workers: readonly WorkerInfo[];
}

/** The silent first, since somebody should look; then those with the most work. */
const byNeed = (a: WorkerInfo, b: WorkerInfo): number =>
  Number(a.alive) - Number(b.alive) || b.leases - a.leases || (a.id < b.id ? -1 : 1);

const QueueWorkers = ({ queue, workers }: QueueWorkersProps): ComponentChildren => (
  <Scroller label={`Workers of ${queue}`} class="sticky">
    <table class="workers">
      <caption>
        <Link href={queueHref(queue)}>{queue}</Link>
      </caption>
      <thead>
        <tr>
          <th scope="col">Worker</th>
          <th scope="col">State</th>
          <th scope="col" class="num">
            Tasks with it
          </th>
          <th scope="col">Since</th>
          <th scope="col">Last heard</th>
          <th scope="col">Layers</th>
        </tr>
      </thead>
      <tbody>
        {[...workers].sort(byNeed).map((worker) => (
          <Row key={worker.id} worker={worker} />
        ))}
      </tbody>
    </table>
  </Scroller>
);

function Row({ worker }: { readonly worker: WorkerInfo }): ComponentChildren {
  const { id, queue, alive, leases, startedAt, heardAt, layers } = worker;
  return (
    <tr>
      <th scope="row" class="mono">
        {id}
      </th>
      <td>
        <span class="mark" data-tone={alive ? "good" : "bad"}>
          {alive ? "Alive" : "Silent"}
        </span>
      </td>
      <td class="num">
        {leases === 0 ? (
          <span class="muted">0</span>
        ) : (
          <Link href={queueHref(queue, { tab: "Running" })} aria-label={`${leases}, see what runs in ${queue}`}>
            {formatCount(leases)}
          </Link>
        )}
      </td>
      <td class="nowrap">
        <Ago at={startedAt} />
      </td>
      <td class="nowrap">
        <Ago at={heardAt} />
      </td>
      <td class="muted">{layers.join(", ") || "none"}</td>
    </tr>
  );
}
