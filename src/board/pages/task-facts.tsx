/** What a task was pushed with, and what has happened to it, in short. */

import type { ComponentChildren } from "preact";
import { formatCount } from "../format.ts";
import { Link, queueHref } from "../router.ts";
import { Fact } from "../ui/fact.tsx";
import { JsonView } from "../ui/json-view.tsx";
import { Instant } from "../ui/ticking.tsx";
import { durationText } from "../ui/time.ts";
import type { Task } from "./task-model.ts";

export function TaskFacts({ task }: { readonly task: Task }): ComponentChildren {
  return (
    <section class="card stack-small" aria-labelledby="facts-heading">
      <h2 id="facts-heading">Facts</h2>
      <dl class="facts">
        <Fact name="Attempt">
          {task.attempt} of {task.maxAttempts}
        </Fact>
        <Fact name="Priority">{task.priority}</Fact>
        <Fact name="Created">
          <Instant at={task.createdAt} />
        </Fact>
        <Fact name="Due">
          <Instant at={task.runAt} />
        </Fact>
        {task.doneAt === undefined ? null : (
          <Fact name="Ended">
            <Instant at={task.doneAt} />
          </Fact>
        )}
        <Fact name="Time for one run">{task.timeoutMs === undefined ? "no limit" : durationText(task.timeoutMs)}</Fact>
        <Fact name="Between attempts">{backoffText(JSON.parse(task.backoff))}</Fact>
        {task.groupKey === undefined ? null : (
          <Fact name="Group">
            <Link href={queueHref(task.queue, { group: task.groupKey })}>{task.groupKey}</Link>
          </Fact>
        )}
        {task.idempotencyKey === undefined ? null : (
          <Fact name="Idempotency key">
            {task.idempotencyKey}
            <span class="muted small">
              {" "}
              ({task.idempotencyUntil === "terminal" ? "held until it has ended" : "held for as long as it is kept"})
            </span>
          </Fact>
        )}
        {task.codec === "json" ? null : <Fact name="Codec">{task.codec}, in base64</Fact>}
        <Fact name="Revision">{formatCount(task.revision)}</Fact>
      </dl>
      {task.meta === "{}" ? null : (
        <>
          <h3>Meta</h3>
          <JsonView text={task.meta} label="meta" />
        </>
      )}
    </section>
  );
}

interface Backoff {
  readonly type: string;
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: number;
}

function backoffText({ type, baseMs, factor, maxMs, jitter }: Backoff): string {
  const spread = jitter === 0 ? "" : `, ±${Math.round(jitter * 100)} %`;
  if (type === "fixed") return `${durationText(baseMs)}${spread}`;
  return `${durationText(baseMs)}, then ×${factor} each, at most ${durationText(maxMs)}${spread}`;
}
