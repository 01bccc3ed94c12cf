/** What a queue did in the last hour or week: charts, and the same numbers as a table. */

import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError, get } from "./api.ts";
import { formatCount, formatMs, formatTime } from "./format.ts";
import { CHARTS, filled, type History, type Point, SPANS, type Span } from "./history.ts";
import { watchQueue } from "./live.ts";
import { Plot } from "./plot.tsx";
import { refresher } from "./refresh.ts";
import { query, setQuery } from "./router.ts";
import { Scroller } from "./scroller.tsx";

/** Its finest step is a minute, so that it need not be read with every change. */
const REST_MS = 10_000;

interface QueueChartsProps {
  readonly queue: string;
  readonly partitions?: number;
}

function useHistory(queue: string, partitions: number) {
  const history = useSignal<History | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    const reading = refresher(async () => {
      try {
        history.value = await get<History>(`/v1/queues/${encodeURIComponent(queue)}/history`);
        failure.value = null;
      } catch (error) {
        failure.value = error instanceof ApiError ? error.message : String(error);
      }
    }, REST_MS);
    reading.ask();
    const leave = watchQueue(queue, partitions, ["stats"], reading.ask);
    return () => {
      leave();
      reading.end();
    };
  }, [queue, partitions]);
  return { history, failure };
}

export function QueueCharts({ queue, partitions = 1 }: QueueChartsProps): ComponentChildren {
  const { history, failure } = useHistory(queue, partitions);
  const span = useComputed<Span>(() => (query.value.get("span") === "week" ? "week" : "hour"));
  const points = useComputed(() => (history.value === null ? null : filled(history.value, span.value, Date.now())));
  return (
    <section class="card stack" aria-label="Charts">
      <fieldset class="row segmented">
        <legend class="visually-hidden">Span of the charts</legend>
        <SpanButton own="hour" span={span.value} text="Last hour" />
        <SpanButton own="week" span={span.value} text="Last week" />
      </fieldset>
      {failure.value !== null && <p class="error">{failure.value}</p>}
      {points.value === null ? (
        failure.value === null && <p class="muted">Reading the history…</p>
      ) : (
        <Drawn points={points.value} span={span.value} />
      )}
    </section>
  );
}

interface SpanButtonProps {
  readonly own: Span;
  readonly span: Span;
  readonly text: string;
}

const SpanButton = ({ own, span, text }: SpanButtonProps): ComponentChildren => (
  <button
    type="button"
    aria-pressed={own === span}
    onClick={() => setQuery({ span: own === "hour" ? null : own }, { replace: true })}
  >
    {text}
  </button>
);

interface DrawnProps {
  readonly points: readonly Point[];
  readonly span: Span;
}

function Drawn({ points, span }: DrawnProps): ComponentChildren {
  const isTableShown = useSignal(false);
  return (
    <>
      <div class="charts">
        {CHARTS.map((chart) => (
          <figure key={chart.title}>
            <figcaption>
              {chart.title}
              {chart.unit === "count" && <span class="muted">, tasks {SPANS[span].per}</span>}
            </figcaption>
            <Plot chart={chart} points={points} />
          </figure>
        ))}
      </div>
      <details onToggle={({ currentTarget }) => (isTableShown.value = currentTarget.open)}>
        <summary>The same numbers as a table</summary>
        {isTableShown.value && <Numbers points={points} span={span} />}
      </details>
    </>
  );
}

/** A minute or hour in which nothing happened has no row. */
function Numbers({ points, span }: DrawnProps): ComponentChildren {
  const lines = CHARTS.flatMap(({ title, unit, lines }) => lines.map((line) => ({ ...line, title, unit })));
  const rows = points.filter((point) => point.pushed + point.done + point.failed + point.killed > 0).reverse();
  return (
    <Scroller label="History as a table" class="numbers">
      <table>
        <caption>Tasks {SPANS[span].per}, the latest first</caption>
        <thead>
          <tr>
            <th scope="col">{span === "hour" ? "Minute" : "Hour"} from</th>
            {lines.map(({ title, name }) => (
              <th scope="col" class="num" key={title + name}>
                {/^p\d/.test(name) ? `${title.split(",")[0]} ${name}` : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((point) => (
            <tr key={point.at}>
              <th scope="row" class="nowrap">
                {formatTime(point.at)}
              </th>
              {lines.map(({ title, name, unit, of }) => (
                <td class="num" key={title + name}>
                  {textOf(of(point), unit)}
                </td>
              ))}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={lines.length + 1}>Nothing happened in this time.</td>
            </tr>
          )}
        </tbody>
      </table>
    </Scroller>
  );
}

const textOf = (value: number | null, unit: "count" | "ms"): string => {
  if (value === null) return "–";
  return unit === "ms" ? formatMs(value) : formatCount(value);
};
