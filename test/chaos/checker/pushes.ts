/** Pushes: what was answered is there, once; nothing is there that nobody pushed. */

import { type Evidence, type Listed, markOf } from "./evidence.ts";
import type { Violation } from "./violation.ts";

export function judgePushes(evidence: Evidence): Violation[] {
  return [...lost(evidence), ...doubled(evidence), ...unexpected(evidence)];
}

/** An answered push whose task is gone, or is another's. */
function lost({ pushed, tasks }: Evidence): Violation[] {
  return pushed.flatMap(({ mark, id }) => {
    const task = tasks.get(id);
    if (!task) return { kind: "lost push" as const, detail: `push ${mark} was answered with ${id}, which is gone` };
    if (markOf(task.args) === mark) return [];
    return { kind: "lost push" as const, detail: `push ${mark} was answered with ${id}, which is ${describe(task)}` };
  });
}

/** One push, or pushes of one key, that made two tasks: nobody on the way may send a push again that has no key. */
function doubled({ state }: Evidence): Violation[] {
  const byMark = new Map<number, string>();
  return state.tasks.flatMap((task) => {
    const mark = markOf(task.args);
    if (mark === undefined) return [];
    const other = byMark.get(mark);
    byMark.set(mark, task.id);
    return other === undefined
      ? []
      : { kind: "doubled push" as const, detail: `push ${mark} is ${other} and ${task.id}` };
  });
}

function unexpected({ state, pushes, refused }: Evidence): Violation[] {
  const known = new Set(pushes.map(({ mark }) => mark));
  return state.tasks.flatMap((task) => {
    const mark = markOf(task.args);
    if (mark === undefined || !known.has(mark))
      return { kind: "unexpected task" as const, detail: `nobody pushed ${describe(task)}` };
    if (!refused.has(mark)) return [];
    return { kind: "unexpected task" as const, detail: `push ${mark} was refused, and is ${task.id} all the same` };
  });
}

const describe = (task: Listed): string => `${task.id} (${JSON.stringify(task.args)})`;
