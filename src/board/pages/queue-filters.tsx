/** Filters of a queue's tasks. They stand in the address, so that a view can be kept and sent. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { go, Link, queueHref, taskHref } from "../router.ts";
import { SelectField, TextField } from "../ui/fields.tsx";
import { instantField, instantOf } from "../ui/time.ts";
import { isFiltered, parametersOf, type View } from "./queue-query.ts";

interface FiltersProps {
  readonly queue: string;
  readonly view: View;
}

export function QueueFilters({ queue, view }: FiltersProps): ComponentChildren {
  return (
    <details class="filters" open={isFiltered(view)}>
      <summary>Find tasks{isFiltered(view) ? ": filtered" : ""}</summary>
      <div class="stack-small">
        <FindById queue={queue} />
        {/* Anew for each address: what stands in the fields is what is filtered by. */}
        <FilterForm key={JSON.stringify(view)} queue={queue} view={view} />
      </div>
    </details>
  );
}

function FindById({ queue }: { readonly queue: string }): ComponentChildren {
  const id = useSignal("");
  return (
    <search aria-label="Go to a task">
      <form
        class="fields filter-row"
        onSubmit={(event) => {
          event.preventDefault();
          if (id.value.trim() !== "") go(taskHref(queue, id.value.trim()));
        }}
      >
        <TextField label="Task id" value={id} />
        <button type="submit">Go to the task</button>
      </form>
    </search>
  );
}

function FilterForm({ queue, view }: FiltersProps): ComponentChildren {
  const group = useSignal(view.groupKey ?? "");
  const key = useSignal(view.idempotencyKey ?? "");
  const after = useSignal(view.after === null ? "" : instantField(view.after));
  const before = useSignal(view.before === null ? "" : instantField(view.before));
  const order = useSignal<string>(view.order);
  const submit = (): void => {
    const next: View = {
      status: view.status,
      groupKey: group.value || null,
      idempotencyKey: key.value || null,
      after: instantOf(after.value),
      before: instantOf(before.value),
      order: order.value === "oldest" ? "oldest" : "newest",
      cursor: null,
    };
    go(queueHref(queue, parametersOf(next)));
  };
  return (
    <search aria-label="Filter the tasks">
      <form
        class="stack-small"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div class="fields">
          <TextField label="Group key" value={group} />
          <TextField label="Idempotency key" value={key} />
          <TextField label="Created at or after" type="datetime-local" value={after} />
          <TextField label="Created before" type="datetime-local" value={before} />
          <SelectField label="Order" value={order} options={{ newest: "Newest first", oldest: "Oldest first" }} />
        </div>
        <div class="row">
          <button type="submit" class="primary">
            Filter
          </button>
          {isFiltered(view) ? (
            <Link href={queueHref(queue, view.status === null ? {} : { tab: view.status })}>Clear the filters</Link>
          ) : null}
        </div>
      </form>
    </search>
  );
}
