/** Tasks to look at: one of every status, and args that mean a page harm. */

import { STATUSES } from "../../src/task/status.ts";
import type { Queue } from "../e2e/contract/queue.ts";

const deep = (levels: number): string => `${"[".repeat(levels)}1${"]".repeat(levels)}`;

/** What must be shown as the text that it is. Each has its name as its group. */
export const HOSTILE = {
  markup: JSON.stringify({
    html: '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
  }),
  closing: JSON.stringify("</script></textarea></pre><!--"),
  link: JSON.stringify({ url: "javascript:document.title='owned'" }),
  prototype: '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null}',
  precise: '{"big":12345678901234567890,"small":1e-400,"minus":-0.0}',
  controls: JSON.stringify("right to left \u202e, zero \u0000, wide \u{1f9a9}, a lone \ud800"),
  deep: deep(60),
} as const;

/** Pushes them: `SAMPLES` counts, by status. */
export async function pushSamples(queue: Queue): Promise<void> {
  // The one that waits comes last: those before it are claimed.
  for (const status of STATUSES.toReversed()) {
    const task = { args: { to: "ada@example.com", template: `for ${status}` }, groupKey: "samples", priority: 3 };
    await queue.taskIn(status, { ...task, meta: { source: "samples" }, idempotencyKey: `sample ${status}` });
  }
  for (const [groupKey, args] of Object.entries(HOSTILE)) {
    const answer = await queue.call("POST", "/tasks", `{"args":${args},"groupKey":${JSON.stringify(groupKey)}}`);
    if (answer.status !== 201) throw new Error(`${groupKey} was refused: ${JSON.stringify(answer.body)}`);
  }
}

/** How many tasks of each status a sample has. */
export const SAMPLES = {
  ...(Object.fromEntries(STATUSES.map((status) => [status, 1])) as Record<(typeof STATUSES)[number], number>),
  Pending: 1 + Object.keys(HOSTILE).length,
};
