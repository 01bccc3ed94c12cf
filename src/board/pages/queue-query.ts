/** Which tasks of a queue one looks at: as the address says it, as the server is asked, as a form shows it. */

import { STATUSES } from "../status.tsx";
import type { BulkFilter } from "./bulk-run.ts";
import type { Status } from "./task-model.ts";

export interface View {
  readonly status: Status | null;
  readonly groupKey: string | null;
  readonly idempotencyKey: string | null;
  /** Of creation, ms: inclusive. */
  readonly after: number | null;
  /** Exclusive. */
  readonly before: number | null;
  readonly order: "newest" | "oldest";
  /** Of the page; none on the first. */
  readonly cursor: string | null;
}

/** Tasks on a page. */
const PAGE = 50;

const isStatus = (text: string | null): text is Status => STATUSES.some((status) => status === text);

/** What an address means; what it says wrong means nothing. */
export function viewOf(query: URLSearchParams): View {
  const status = query.get("tab");
  return {
    status: isStatus(status) ? status : null,
    groupKey: query.get("group") || null,
    idempotencyKey: query.get("key") || null,
    after: instant(query.get("after")),
    before: instant(query.get("before")),
    order: query.get("order") === "oldest" ? "oldest" : "newest",
    cursor: query.get("cursor") || null,
  };
}

function instant(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

/** The same view in an address. */
export function parametersOf(view: View): Record<string, string> {
  return present({
    tab: view.status,
    group: view.groupKey,
    key: view.idempotencyKey,
    after: view.after,
    before: view.before,
    order: view.order === "newest" ? null : view.order,
    cursor: view.cursor,
  });
}

/** What the server is asked. */
export function listPath(queue: string, view: View): string {
  const query = new URLSearchParams(
    present({
      status: view.status,
      groupKey: view.groupKey,
      idempotencyKey: view.idempotencyKey,
      after: view.after,
      before: view.before,
      order: view.order,
      limit: PAGE,
      cursor: view.cursor,
    }),
  );
  return `/v1/queues/${encodeURIComponent(queue)}/tasks?${query}`;
}

/** The filter of a bulk verb, which knows no idempotency key: `null` when that is filtered by. */
export function bulkFilterOf(view: View): BulkFilter | null {
  if (view.idempotencyKey !== null) return null;
  const { status, groupKey, after, before } = view;
  return {
    ...(status === null ? {} : { status }),
    ...(groupKey === null ? {} : { groupKey }),
    ...(after === null ? {} : { after }),
    ...(before === null ? {} : { before }),
  };
}

/** Whether anything but the status is filtered by. */
export const isFiltered = ({ groupKey, idempotencyKey, after, before }: View): boolean =>
  [groupKey, idempotencyKey, after, before].some((value) => value !== null);

function present(values: Readonly<Record<string, string | number | null>>): Record<string, string> {
  const entries = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
