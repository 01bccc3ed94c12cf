/** What the overview says where there is nothing to show: how a first task gets in, or why one may not look. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { go, pushHref } from "../router.ts";
import { can, isOpen } from "../token.ts";

const command = (): string => {
  const bearer = isOpen.value === true ? "" : ` \\\n  -H "authorization: Bearer $TOKEN"`;
  return `curl ${location.origin}/v1/queues/emails/tasks${bearer} \\\n  --json '{"args": {"to": "ada@example.com"}}'`;
};

export const FirstTask = (): ComponentChildren => (
  <section class="empty" aria-labelledby="first">
    <h2 id="first">No queue has been used yet</h2>
    <p>A queue is there from its first task on. Push one from a shell:</p>
    <pre class="code">{command()}</pre>
    {can("push") && (
      <>
        <p>Or from here:</p>
        <PushTo />
      </>
    )}
    <p class="muted">This page shows it within a few seconds, by itself.</p>
  </section>
);

/** A token that may not read can still push, to a queue that one can name. */
export const NoRead = ({ page }: { readonly page: string }): ComponentChildren => (
  <div class="stack">
    <h1>{page}</h1>
    <p class="warning">
      This token lacks the scope <code>read</code>, so the board can show nothing of any queue.
    </p>
    {can("push") && <PushTo />}
  </div>
);

function PushTo(): ComponentChildren {
  const name = useSignal("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        go(pushHref(name.value.trim()));
      }}
    >
      <div class="field">
        <label for="push-to">Queue</label>
        <input
          id="push-to"
          required
          autoComplete="off"
          spellcheck={false}
          placeholder="emails"
          value={name.value}
          onInput={({ currentTarget }) => (name.value = currentTarget.value)}
        />
      </div>
      <button type="submit" class="primary end">
        Write a task…
      </button>
    </form>
  );
}
