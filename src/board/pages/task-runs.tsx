/** Every execution of a task that is remembered, the last one on top. */

import type { ComponentChildren } from "preact";
import { Elapsed, Instant } from "../ui/ticking.tsx";
import { durationText } from "../ui/time.ts";
import type { Run, Task } from "./task-model.ts";

export function Runs({ task: { runs } }: { readonly task: Task }): ComponentChildren {
  return (
    <section class="card stack-small" aria-labelledby="runs-heading">
      <h2 id="runs-heading">Runs</h2>
      {runs.length === 0 ? <p class="muted">No worker has begun it yet.</p> : null}
      <ol class="runs">{runs.map((run, place) => <RunEntry key={place} run={run} />).reverse()}</ol>
    </section>
  );
}

const WORDS: Readonly<Record<string, string>> = {
  done: "Done",
  failed: "Failed",
  killed: "Failed for good",
  snoozed: "Put off by the worker",
  released: "Given back by the worker",
  rescheduled: "Rescheduled meanwhile",
  cancelled: "Cancelled meanwhile",
  orphaned: "Its worker went silent",
  timeout: "Took too long",
};

const BAD = ["failed", "killed", "orphaned", "timeout"];

function RunEntry({ run }: { readonly run: Run }): ComponentChildren {
  const { attempt, worker, startedAt, endedAt, outcome, error, logs = [] } = run;
  const tone = outcome === undefined ? "open" : outcome === "done" ? "good" : BAD.includes(outcome) ? "bad" : "plain";
  return (
    <li data-tone={tone}>
      <h3>
        Attempt {attempt}: {outcome === undefined ? "running" : (WORDS[outcome] ?? outcome)}
      </h3>
      <p class="muted small">
        <span class="mono">{worker}</span>, <Instant at={startedAt} />,{" "}
        {endedAt === undefined ? (
          <>
            for <Elapsed since={startedAt} /> so far
          </>
        ) : (
          <span title={`Until ${new Date(endedAt).toLocaleString()}`}>took {durationText(endedAt - startedAt)}</span>
        )}
      </p>
      {error === undefined ? null : <pre class="message">{error}</pre>}
      {logs.length === 0 ? null : (
        <details open={logs.length <= 5}>
          <summary>
            {logs.length} {logs.length === 1 ? "line" : "lines"} of log
          </summary>
          <pre class="message">{logs.join("\n")}</pre>
        </details>
      )}
    </li>
  );
}
