/** How long an answer is awaited before its connection counts as dead: one that swallows bytes tells nobody. */

import { Timer } from "../backend/timer.ts";
import { HELD_UP_MS, MIN_PATIENCE_MS, PATIENCE_MS, POLL_BEAT_MS, SLOWEST_BYTES_PER_MS } from "../limits.ts";
import { PriniaError } from "../task/errors.ts";

/**
 * Calls `dead` after so long, by the clock that nobody sets: a jump of the date changes nothing here. A timer that fires
 * much later than it was set to was held up by a busy thread, and so was what came meanwhile: then it waits once more.
 */
export function setPatience(timer: Timer, ms: number, dead: () => void): void {
  const due = performance.now() + ms;
  timer.set(ms, () => {
    if (performance.now() > due + HELD_UP_MS) setPatience(timer, ms, dead);
    else dead();
  });
}

/** That of a worker: it must not be silent for `orphanAfterMs`, so it learns within a third of that. */
export const patienceMs = (orphanAfterMs: number, leastMs = MIN_PATIENCE_MS): number =>
  Math.max(leastMs, Math.min(PATIENCE_MS, Math.floor(orphanAfterMs / 3)));

/** A poll that is watched. */
interface PollWatch {
  readonly signal: AbortSignal;
  readonly heard: (piece: string) => void;
  readonly end: () => void;
}

/**
 * A worker's patience with its requests. While a poll is held the server sends a blank a second, whose lack tells of a
 * dead connection. A proxy that gathers answers keeps them back: after one poll that was given up for nothing, only the
 * whole time of a poll is gone by, until a blank comes through.
 */
export class Patience {
  #ms = PATIENCE_MS;
  /** Whether they are counted on. */
  #hearsBlanks = true;

  /** The worker's deadline is known. */
  learn(orphanAfterMs: number): void {
    this.#ms = patienceMs(orphanAfterMs, 2 * MIN_PATIENCE_MS);
  }

  /** For a request with so long a body, which may be held for so long, ms. */
  for(characters: number, heldMs = 0): number {
    return heldMs + this.#ms + characters / SLOWEST_BYTES_PER_MS;
  }

  /**
   * Watches one poll: `heard` is called with each piece of the answer's text.
   *
   * @param stop breaks the poll off
   * @returns `signal` fires with that, and when nothing was heard for too long; `end` ends the watch
   */
  watch(characters: number, stop: AbortSignal): PollWatch {
    const timer = new Timer();
    const silence = new AbortController();
    const stopped = () => silence.abort(stop.reason);
    const listen = () => {
      const ms = POLL_BEAT_MS + this.for(characters);
      setPatience(timer, ms, () => {
        // Perhaps they do not come through here.
        this.#hearsBlanks = false;
        const detail = `Nothing was heard of a poll for ${Math.round(ms)} ms.`;
        silence.abort(new PriniaError({ code: "unreachable", detail }));
      });
    };
    stop.addEventListener("abort", stopped, { once: true });
    if (stop.aborted) stopped();
    else if (this.#hearsBlanks) listen();
    return {
      signal: silence.signal,
      heard: (piece) => {
        this.#hearsBlanks ||= piece.trim() === "";
        if (this.#hearsBlanks) listen();
      },
      end: () => {
        timer.clear();
        stop.removeEventListener("abort", stopped);
      },
    };
  }
}
