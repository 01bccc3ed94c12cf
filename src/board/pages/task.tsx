/** The page of one task: how it stands, why, and what can be done about it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { Link, overviewHref, queueHref } from "../router.ts";
import { StatusLabel } from "../status.tsx";
import { restFocus } from "../ui/dialog.tsx";
import { JsonView } from "../ui/json-view.tsx";
import { EditArgs } from "./task-edit.tsx";
import { TaskFacts } from "./task-facts.tsx";
import { LiveTask } from "./task-live.ts";
import type { Task } from "./task-model.ts";
import { Runs } from "./task-runs.tsx";
import { Standing } from "./task-standing.tsx";
import { TaskVerbs } from "./task-verbs.tsx";
import "./pages.css";

interface TaskPageProps {
  readonly queue: string;
  readonly id: string;
}

export function TaskPage({ queue, id }: TaskPageProps): ComponentChildren {
  const live = useMemo(() => new LiveTask(queue, id), [queue, id]);
  useEffect(() => live.start(), [live]);
  const task = live.task.value;
  return (
    <div class="stack">
      <Crumbs queue={queue} here={id} />
      <div class="row">
        <h1>
          Task <span class="mono">{id}</span>
        </h1>
        {task === null ? null : <StatusLabel status={task.status} />}
      </div>
      {live.problem.value === null ? null : (
        <div class="error" role="alert">
          <p>{live.problem.value}</p>
          <p>
            <Link href={queueHref(queue)}>To the tasks of {queue}</Link>
          </p>
        </div>
      )}
      {live.isGone.value ? (
        <p class="warning" role="status">
          This task is gone: it was deleted, or kept for as long as the queue keeps such tasks. This is how it was last.
        </p>
      ) : null}
      {task === null ? null : <Body task={task} isGone={live.isGone.value} onChanged={() => live.read()} />}
      {task === null && live.problem.value === null ? <p class="muted">Reading the task…</p> : null}
    </div>
  );
}

export function Crumbs({ queue, here }: { readonly queue: string; readonly here: string }): ComponentChildren {
  return (
    <nav class="crumbs" aria-label="Breadcrumb">
      <ol>
        <li>
          <Link href={overviewHref}>Queues</Link>
        </li>
        <li>
          <Link href={queueHref(queue)}>{queue}</Link>
        </li>
        <li>
          <span aria-current="page">{here}</span>
        </li>
      </ol>
    </nav>
  );
}

interface BodyProps {
  readonly task: Task;
  readonly isGone: boolean;
  readonly onChanged: () => void;
}

function Body({ task, isGone, onChanged }: BodyProps): ComponentChildren {
  const isEditing = useSignal(false);
  const edit = (): void => {
    isEditing.value = true;
  };
  return (
    <>
      {isGone ? null : <TaskVerbs task={task} onEdit={edit} onChanged={onChanged} />}
      <div class="task-columns">
        <div class="stack">
          <Standing task={task} />
          <section class="card stack-small" aria-labelledby="args-heading">
            <h2 id="args-heading">Args</h2>
            {isEditing.value && !isGone ? (
              <EditArgs
                task={task}
                onChanged={onChanged}
                onEnd={() => {
                  isEditing.value = false;
                  restFocus();
                }}
              />
            ) : (
              <JsonView text={task.args} label="args" />
            )}
          </section>
          <Result task={task} />
          <Runs task={task} />
        </div>
        <TaskFacts task={task} />
      </div>
    </>
  );
}

/** A failure is said where the task's standing is. */
function Result({ task: { lastResult } }: { readonly task: Task }): ComponentChildren {
  if (lastResult === undefined || !("ok" in lastResult)) return null;
  return (
    <section class="card stack-small" aria-labelledby="result-heading">
      <h2 id="result-heading">Result</h2>
      <JsonView text={lastResult.ok} label="result" />
    </section>
  );
}
