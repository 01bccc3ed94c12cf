/** Pushes a task, or one for each item of a list. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { sendText } from "../api.ts";
import { formatCount } from "../format.ts";
import { Link, queueHref, taskHref } from "../router.ts";
import { can } from "../token.ts";
import { CheckField } from "../ui/fields.tsx";
import { itemsOf, nodeAt } from "../ui/json.ts";
import { editedFlaw, JsonEditor } from "../ui/json-editor.tsx";
import { useSubmission } from "../ui/submission.ts";
import { queuePath } from "./paths.ts";
import { bodiesOf } from "./push-body.ts";
import { formOf, OptionFields, useOptions } from "./push-options.tsx";
import { Crumbs } from "./task.tsx";
import "./pages.css";

interface Pushed {
  readonly id: string;
  readonly status: string;
  readonly created: boolean;
}

export function PushPage({ queue }: { readonly queue: string }): ComponentChildren {
  return (
    <div class="stack">
      <Crumbs queue={queue} here="Push" />
      <h1>Push to {queue}</h1>
      {can("push", queue) ? (
        <PushForm queue={queue} />
      ) : (
        <p class="warning">Your token does not allow pushing to this queue.</p>
      )}
    </div>
  );
}

function PushForm({ queue }: { readonly queue: string }): ComponentChildren {
  const text = useSignal("{\n  \n}");
  const isEach = useSignal(false);
  const options = useOptions();
  const { isBusy, error, run } = useSubmission();
  const pushed = useSignal<readonly Pushed[]>([]);

  const isValid = editedFlaw(text.value) === null;
  const items = isValid && nodeAt(text.value).kind === "array" ? nodeAt(text.value).count : null;
  const isBatch = items !== null && isEach.value;
  const form = formOf(options, isBatch, Date.now());

  const submit = async (): Promise<void> => {
    pushed.value = [];
    for (const body of bodiesOf(isBatch ? itemsOf(text.value) : [text.value], form.fields, isBatch)) {
      const answer = await sendText<Pushed & { tasks?: readonly Pushed[] }>("POST", queuePath(queue, "/tasks"), body);
      pushed.value = [...pushed.value, ...(answer.tasks ?? [answer])];
    }
  };
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid && form.wrong === undefined) run(submit);
      }}
    >
      <section class="card stack-small" aria-label="Args">
        <JsonEditor label="Args" value={text} hint="Any JSON, up to 1 MiB. Numbers are kept as you write them." />
        {items === null || items === 0 ? null : (
          <CheckField label={`One task for each of the ${formatCount(items)} items`} value={isEach} />
        )}
      </section>
      <OptionFields options={options} isBatch={isBatch} />
      {form.wrong === undefined ? null : <p class="wrong">{form.wrong}</p>}
      <div class="row">
        <button type="submit" class="primary" disabled={!isValid || form.wrong !== undefined || isBusy.value}>
          {isBatch ? `Push ${formatCount(items)} tasks` : "Push the task"}
        </button>
        <Link href={queueHref(queue)}>Back to the queue</Link>
      </div>
      {error.value === null ? null : (
        <p class="error" role="alert">
          {pushed.value.length === 0 ? "" : `${formatCount(pushed.value.length)} were pushed, then: `}
          {error.value}
        </p>
      )}
      <div role="status">{pushed.value.length === 0 ? null : <Answer queue={queue} pushed={pushed.value} />}</div>
    </form>
  );
}

/** Links that are shown; a thousand help nobody. */
const SHOWN = 10;

function Answer({ queue, pushed }: { readonly queue: string; readonly pushed: readonly Pushed[] }): ComponentChildren {
  const known = pushed.filter(({ created }) => !created).length;
  const first = pushed[0];
  return (
    <div class="card stack-small">
      <h2>
        {pushed.length > 1
          ? `Pushed ${formatCount(pushed.length)} tasks`
          : first?.created
            ? "Pushed"
            : "There was such a task already"}
      </h2>
      {known > 0 ? (
        <p>
          {pushed.length === 1
            ? "A task with this idempotency key exists; nothing was pushed."
            : `${formatCount(known)} of them were there already.`}
        </p>
      ) : null}
      <ul class="plain-list">
        {pushed.slice(0, SHOWN).map(({ id, status }) => (
          <li key={id}>
            <Link href={taskHref(queue, id)}>
              <span class="mono">{id}</span>
            </Link>{" "}
            <span class="muted">{status}</span>
          </li>
        ))}
      </ul>
      {pushed.length > SHOWN ? <Link href={queueHref(queue)}>All of them are in the queue</Link> : null}
    </div>
  );
}
