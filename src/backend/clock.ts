/** Time as a parameter: the platform's, or a test's own. */

export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /**
   * Runs `task` once after so many ms.
   *
   * @returns what cancels it
   */
  timer(ms: number, task: () => void, options?: TimerOptions): () => void;
}

interface TimerOptions {
  /** Nobody waits for it: it does not keep a process alive that has nothing else to do. Where platforms know of that. */
  readonly background?: boolean;
}

/** A timer holds at most so many ms (32 bits); a longer one is set in parts. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  timer: (ms, task, { background = false } = {}) => {
    let handle: ReturnType<typeof setTimeout>;
    const set = (left: number): void => {
      const part = Math.min(left, LONGEST_TIMER_MS);
      handle = setTimeout(() => (left > part ? set(left - part) : task()), part);
      // On Node a timer is an object that can be let go of; elsewhere it is a number.
      if (background) (handle as { unref?: () => void }).unref?.();
    };
    set(ms);
    return () => clearTimeout(handle);
  },
};

/** Waits; rejects with the signal's reason as soon as it fires. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const aborted = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.timer(ms, () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
