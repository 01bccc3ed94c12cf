/** How a task stands, in a sentence: why it failed, who holds it, what it waits for. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { now } from "../clock.tsx";
import { can } from "../token.ts";
import { JsonView } from "../ui/json-view.tsx";
import { Elapsed, Instant, Until } from "../ui/ticking.tsx";
import { durationText } from "../ui/time.ts";
import { type Holder, watchHolder } from "./task-live.ts";
import type { Task } from "./task-model.ts";

export function Standing({ task }: { readonly task: Task }): ComponentChildren {
  return (
    <section class="card stack-small" aria-labelledby="standing-heading">
      <h2 id="standing-heading">{HEADINGS[task.status]}</h2>
      <Sentence task={task} />
      <Failure task={task} />
      {task.progress === undefined ? null : (
        <>
          <h3>Progress</h3>
          <JsonView text={task.progress} label="progress" />
        </>
      )}
    </section>
  );
}

const HEADINGS: Readonly<Record<Task["status"], string>> = {
  Pending: "Waits",
  Queued: "With a worker",
  Running: "Running",
  Done: "Done",
  Failed: "Failed, and will be tried again",
  Killed: "Failed for good",
};

function Sentence({ task }: { readonly task: Task }): ComponentChildren {
  const { status, attempt, maxAttempts, runAt, doneAt } = task;
  switch (status) {
    case "Pending":
      return (
        <p>
          {runAt > now.value ? (
            <>
              Runs <Until at={runAt} past="now" />.
            </>
          ) : (
            "It is due, and waits for a worker."
          )}
        </p>
      );
    case "Queued":
    case "Running":
      return <Held task={task} />;
    case "Failed":
      return (
        <p>
          Attempt {attempt} of {maxAttempts} failed. The next is due{" "}
          <Until at={runAt} past="now, and waits for a worker" />.
        </p>
      );
    case "Killed":
      return (
        <p>
          After {attempt} of {maxAttempts} attempts{doneAt === undefined ? "" : ", "}
          {doneAt === undefined ? null : <Instant at={doneAt} />}. It is not tried again unless somebody retries it.
        </p>
      );
    default:
      return (
        <p>
          In attempt {attempt} of {maxAttempts}
          {doneAt === undefined ? null : (
            <>
              , <Instant at={doneAt} />
            </>
          )}
          .
        </p>
      );
  }
}

function Failure({ task: { status, lastResult } }: { readonly task: Task }): ComponentChildren {
  if (lastResult === undefined || !("err" in lastResult)) return null;
  const isPast = status !== "Failed" && status !== "Killed";
  return (
    <>
      <h3>{isPast ? "Why it failed the last time" : "Why"}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section class={isPast ? "message" : "message bad"} tabIndex={0} aria-label="Error">
        <pre>{lastResult.err}</pre>
      </section>
    </>
  );
}

/** Who has it, since when, and when it is taken back. */
function Held({ task }: { readonly task: Task }): ComponentChildren {
  const { queue, lockBy = "A worker", lockAt, status, timeoutMs } = task;
  const holder = useSignal<Holder | null>(null);
  useEffect(() => {
    holder.value = null;
    if (!can("read", queue)) return;
    return watchHolder(queue, lockBy, (heard) => {
      holder.value = heard;
    });
  }, [queue, lockBy]);
  const run = task.runs.at(-1);
  const startedAt = status === "Running" ? (run?.startedAt ?? lockAt) : lockAt;
  return (
    <>
      <p>
        <strong class="mono">{lockBy}</strong> {status === "Running" ? "has run it" : "has had it, and not begun it,"}{" "}
        for {startedAt === undefined ? "some time" : <Elapsed since={startedAt} />}.
      </p>
      {status === "Running" && timeoutMs !== undefined && startedAt !== undefined ? (
        <p>
          It may take {durationText(timeoutMs)}: its time is up{" "}
          <Until at={startedAt + timeoutMs} past="now, unless the worker asked for more" />.
        </p>
      ) : null}
      <Silence holder={holder.value} />
    </>
  );
}

function Silence({ holder }: { readonly holder: Holder | null }): ComponentChildren {
  if (holder === null) return null;
  const { heardAt, orphanAfterMs } = holder;
  return (
    <p class="muted">
      The worker was heard <Elapsed since={heardAt} /> ago. If it stays silent, the task is taken back{" "}
      <Until at={heardAt + orphanAfterMs} past="any moment" />.
    </p>
  );
}
