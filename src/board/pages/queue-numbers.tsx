/** What a queue does, in numbers. */

import type { ComponentChildren } from "preact";
import { now } from "../clock.tsx";
import { formatCount, formatMs, formatRate } from "../format.ts";
import { Fact } from "../ui/fact.tsx";
import { durationText } from "../ui/time.ts";
import { billedRows, costText } from "./cost.ts";
import type { LiveQueue } from "./queue-live.ts";

export function QueueNumbers({ live }: { readonly live: LiveQueue }): ComponentChildren {
  const stats = live.stats.value;
  if (stats === null) return null;
  const { rates, waitMs, runMs, workers, counts } = stats;
  const rows = billedRows(stats);
  return (
    <section class="card" aria-label="Numbers">
      <dl class="facts figures">
        <Figure name="Pushed">{formatRate(rates.pushed)}</Figure>
        <Figure name="Done" note={`${formatRate(rates.failed)} failed, ${formatRate(rates.killed)} for good`}>
          {formatRate(rates.done)}
        </Figure>
        <Times name="Wait until claimed" times={waitMs} />
        <Times name="Run time" times={runMs} />
        <OldestDue live={live} />
        <Figure name="Workers alive" note={`${formatCount(counts.Running + counts.Queued)} tasks with them`}>
          {formatCount(workers)}
        </Figure>
        <Figure name="Cost so far" note={`${formatCount(rows)} rows, alarms among them, at $1.00 a million`}>
          {costText(rows)}
        </Figure>
      </dl>
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

function Figure({ name, note, children }: FigureProps): ComponentChildren {
  return (
    <Fact name={name}>
      {children}
      {note === undefined ? null : <small>{note}</small>}
    </Fact>
  );
}

interface TimesProps {
  readonly name: string;
  readonly times: { readonly p50: number; readonly p90: number; readonly p99: number } | null;
}

function Times({ name, times }: TimesProps): ComponentChildren {
  if (times === null)
    return (
      <Figure name={name} note="nothing measured yet">
        –
      </Figure>
    );
  return (
    <Figure name={name} note={`90 % within ${formatMs(times.p90)}, 99 % within ${formatMs(times.p99)}`}>
      {formatMs(times.p50)}
    </Figure>
  );
}

/** Grows by itself while nothing is claimed. */
function OldestDue({ live }: { readonly live: LiveQueue }): ComponentChildren {
  const age = live.stats.value?.oldestDueAgeMs ?? null;
  if (age === null)
    return (
      <Figure name="Oldest due task" note="nothing is due">
        –
      </Figure>
    );
  const grown = age + Math.max(0, now.value - live.asOf.value);
  return (
    <Figure name="Oldest due task" note="waits for a worker">
      {grown < 1_000 ? formatMs(grown) : durationText(Math.floor(grown / 1_000) * 1_000)}
    </Figure>
  );
}
