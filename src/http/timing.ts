/** Clock, chance and waiting, as the router gets them: tests bring their own. */

export interface Timing {
  /** ms since the epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Calls `then` once, `ms` later, unless the answered function is called before. */
  after(ms: number, then: () => void): () => void;
}

export const REAL_TIME: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** Between half of `ms` and `ms`, so that those who failed together do not come back together. */
export const jittered = (timing: Timing, ms: number): number => ms * (0.5 + timing.random() / 2);

/** Waits between half of `ms` and `ms`. */
export const pause = (timing: Timing, ms: number): Promise<void> =>
  new Promise((resolve) => {
    timing.after(jittered(timing, ms), resolve);
  });
