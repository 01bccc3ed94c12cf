/** The sums over all queues, large. */

import type { ComponentChildren } from "preact";
import { formatCount, formatMs, formatRate } from "../format.ts";
import { Link, workersHref } from "../router.ts";
import type { AllStats } from "../types.ts";

export function Figures({ totals }: { readonly totals: AllStats }): ComponentChildren {
  const { counts, rates, oldestDueAgeMs, workers } = totals;
  return (
    <section class="card" aria-label="All queues together">
      <dl class="facts figures">
        <Figure name="Waiting" value={formatCount(counts.Pending + counts.Failed)}>
          {formatCount(counts.Failed)} of them to be tried again
        </Figure>
        <Figure name="Running" value={formatCount(counts.Running)}>
          {formatCount(counts.Queued)} more with workers
        </Figure>
        <Figure name="Done" value={formatRate(rates.done)}>
          {formatCount(counts.Done)} kept
        </Figure>
        <Figure name="Failed attempts" value={formatRate(rates.failed)}>
          and tried again
        </Figure>
        <Figure name="Killed" value={formatCount(counts.Killed)}>
          {formatRate(rates.killed)} failed for good
        </Figure>
        <Figure name="Pushed" value={formatRate(rates.pushed)}>
          over the last minute
        </Figure>
        <Figure name="Oldest due" value={oldestDueAgeMs === null ? "none" : formatMs(oldestDueAgeMs)}>
          {oldestDueAgeMs === null ? "nothing is late" : "since it could have run"}
        </Figure>
        <Figure name="Workers" value={formatCount(workers)}>
          <Link href={workersHref}>what they run</Link>
        </Figure>
      </dl>
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly children: ComponentChildren;
}

const Figure = ({ name, value, children }: FigureProps): ComponentChildren => (
  <div>
    <dt>{name}</dt>
    <dd>
      {value}
      <small>{children}</small>
    </dd>
  </div>
);
