/** The sweep: takes back leases of the dead, of the slow to start, and of what ran too long. */

import { isSpeaking, notStarted, silentFor } from "../../task/abandoned.ts";
import { earliest } from "../../task/instant.ts";
import { isAlive } from "./sessions.ts";
import type { MemoryTask } from "./task.ts";
import type { Memory, Work } from "./work.ts";

/** @returns how many leases were taken back */
export function sweep(work: Work): number {
  return takeFromDead(work) + takeUnstarted(work) + takeTimedOut(work);
}

/** Their sessions stay known: they may come back, and a superseded one must not pass for new. */
function takeFromDead(work: Work): number {
  const { memory, on } = work;
  let taken = 0;
  for (const session of memory.sessions.holders()) {
    if (isAlive(session, memory.config.orphanAfterMs, on.now)) continue;
    const error = silentFor(session.worker, on.now - session.heardAt);
    for (const task of [...session.leases]) {
      work.apply(task, { type: "orphan", error, strike: true, reason: "orphaned" });
      taken++;
    }
  }
  return taken;
}

function takeUnstarted(work: Work): number {
  const { places, config } = work.memory;
  const { now } = work.on;
  let taken = 0;
  for (;;) {
    const task = places.unstarted.first;
    const waitedMs = now - (task?.state.lockAt ?? now);
    if (!task || waitedMs < config.orphanAfterMs) return taken;
    const strike = task.holder === null || !isSpeaking(task.holder.heardAt, config.orphanAfterMs, now);
    const error = notStarted(task.holder?.worker ?? "", waitedMs);
    work.apply(task, { type: "orphan", error, strike, reason: "orphaned" });
    taken++;
  }
}

function takeTimedOut(work: Work): number {
  const { timed } = work.memory.places;
  let taken = 0;
  const isOver = (task: MemoryTask): boolean => (task.state.deadline ?? Number.POSITIVE_INFINITY) <= work.on.now;
  for (let task = timed.first; task && isOver(task); task = timed.first) {
    work.apply(task, { type: "timeout" });
    taken++;
  }
  return taken;
}

/** When the next lease must be looked at, ms, or `null` while nothing is leased. */
export function nextSweepAt({ sessions, places, config }: Memory): number | null {
  const deaths = sessions.holders().map(({ heardAt }) => heardAt + config.orphanAfterMs);
  const locked = places.unstarted.first?.state.lockAt ?? null;
  const late = locked === null ? null : locked + config.orphanAfterMs;
  return earliest(...deaths, late, places.timed.first?.state.deadline ?? null);
}

/** Whether a task is leased to a worker that is dead. */
export const isAbandoned = ({ config }: Memory, { holder }: MemoryTask, now: number): boolean =>
  holder !== null && !isAlive(holder, config.orphanAfterMs, now);
