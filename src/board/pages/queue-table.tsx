/** Tasks as rows, each with a check box where the token may do something with them. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedMouseEvent } from "preact";
import { Ago } from "../clock.tsx";
import { Link, queueHref, taskHref } from "../router.ts";
import { Scroller } from "../scroller.tsx";
import { StatusLabel } from "../status.tsx";
import type { LiveRows } from "./queue-rows.ts";
import type { Row, Status } from "./task-model.ts";

interface TableProps {
  readonly queue: string;
  readonly live: LiveRows;
  /** The status that is looked at, if it is one. */
  readonly status: Status | null;
  /** The ids that are ticked; `null` where nothing can be. */
  readonly chosen: Signal<ReadonlySet<string>> | null;
}

export function QueueTable({ queue, live, status, chosen }: TableProps): ComponentChildren {
  const rows = live.rows.value;
  const last = useSignal<string | null>(null);
  const tick = (id: string, isOn: boolean, isRange: boolean): void => {
    if (chosen === null) return;
    const ids = isRange ? rangeOf(rows, last.peek(), id) : [id];
    const next = new Set(chosen.peek());
    for (const one of ids) isOn ? next.add(one) : next.delete(one);
    chosen.value = next;
    last.value = id;
  };
  return (
    <Scroller label="List of tasks" class="tasks">
      <table>
        <caption class="visually-hidden">{status === null ? "Tasks" : `${status} tasks`}</caption>
        <thead>
          <tr>
            {chosen === null ? null : (
              <th scope="col">
                <TickAll rows={rows} chosen={chosen} />
              </th>
            )}
            <th scope="col">Task</th>
            <th scope="col">Status</th>
            <th scope="col" class="num">
              Attempt
            </th>
            <th scope="col" class="num">
              Priority
            </th>
            <th scope="col">Created</th>
            <th scope="col">Due</th>
            <th scope="col">Group</th>
            <th scope="col">Args</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <TaskRow
              key={row.id}
              queue={queue}
              row={row}
              hasLeft={row.isGone === true || (status !== null && row.status !== status)}
              isChosen={chosen?.value.has(row.id)}
              onTick={tick}
            />
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

/** From the one ticked last to this one, as they stand; this one alone when there is none. */
function rangeOf(rows: readonly Row[], from: string | null, to: string): string[] {
  const places = [from, to].map((id) => rows.findIndex((row) => row.id === id));
  if (places.includes(-1)) return [to];
  return rows.slice(Math.min(...places), Math.max(...places) + 1).map(({ id }) => id);
}

interface TickAllProps {
  readonly rows: readonly Row[];
  readonly chosen: Signal<ReadonlySet<string>>;
}

function TickAll({ rows, chosen }: TickAllProps): ComponentChildren {
  const isAll = rows.every(({ id }) => chosen.value.has(id));
  return (
    <input
      type="checkbox"
      aria-label="Choose all tasks of this page"
      checked={isAll}
      indeterminate={!isAll && chosen.value.size > 0}
      onChange={() => {
        chosen.value = new Set(isAll ? [] : rows.map(({ id }) => id));
      }}
    />
  );
}

interface RowProps {
  readonly queue: string;
  readonly row: Row;
  /** It is no longer what this list is of. */
  readonly hasLeft: boolean;
  readonly isChosen: boolean | undefined;
  readonly onTick: (id: string, isOn: boolean, isRange: boolean) => void;
}

function TaskRow({ queue, row, hasLeft, isChosen, onTick }: RowProps): ComponentChildren {
  const { id, status, attempt, maxAttempts, priority, createdAt, runAt, groupKey, preview } = row;
  const waits = status === "Pending" || status === "Failed";
  return (
    <tr class={hasLeft ? "left" : ""}>
      {isChosen === undefined ? null : (
        <td>
          <input
            type="checkbox"
            aria-label={`Choose ${id}`}
            checked={isChosen}
            onClick={(event: TargetedMouseEvent<HTMLInputElement>) =>
              onTick(id, event.currentTarget.checked, event.shiftKey)
            }
          />
        </td>
      )}
      <th scope="row">
        <Link href={taskHref(queue, id)} class="mono task-id">
          {id}
        </Link>
      </th>
      <td>{row.isGone ? <span class="muted">Gone</span> : <StatusLabel status={status} />}</td>
      <td class="num">
        {attempt} of {maxAttempts}
      </td>
      <td class="num">{priority}</td>
      <td class="when">
        <Ago at={createdAt} />
      </td>
      <td class="when">{waits ? <Ago at={Math.min(runAt, LAST)} /> : <span class="muted">–</span>}</td>
      <td>{groupKey === undefined ? null : <Link href={queueHref(queue, { group: groupKey })}>{groupKey}</Link>}</td>
      <td class="mono preview">{preview}</td>
    </tr>
  );
}

/** The last instant that a date can say. */
const LAST = 8_640_000_000_000_000;
