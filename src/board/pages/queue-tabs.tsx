/** Tasks by status: a tab for each, with how many there are. */

import type { ComponentChildren } from "preact";
import { formatCount } from "../format.ts";
import { Link, queueHref } from "../router.ts";
import { STATUSES } from "../status.tsx";
import type { QueueStats } from "../types.ts";
import { readAhead } from "./queue-pages.ts";
import { parametersOf, type View } from "./queue-query.ts";

interface TabsProps {
  readonly queue: string;
  readonly view: View;
  readonly counts: QueueStats["counts"];
}

export function QueueTabs({ queue, view, counts }: TabsProps): ComponentChildren {
  const all = STATUSES.reduce((sum, status) => sum + counts[status], 0);
  const tabs = [{ status: null, count: all }, ...STATUSES.map((status) => ({ status, count: counts[status] }))];
  return (
    <nav class="tabs" aria-label="Tasks by status">
      {tabs.map(({ status, count }) => {
        const there = { ...view, status, cursor: null };
        return (
          <Link
            key={status ?? "all"}
            href={queueHref(queue, parametersOf(there))}
            aria-current={status === view.status ? "page" : undefined}
            onNear={() => readAhead(queue, there)}
          >
            {status ?? "All"} <span class="tab-count">{formatCount(count)}</span>
          </Link>
        );
      })}
    </nav>
  );
}
