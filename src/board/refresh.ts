/** Reads anew when something changed: soon, once for all that changes meanwhile, and not while nobody looks. */

/**
 * @param read never called again before the last call has ended
 * @param restMs the least time from the end of one reading to the next
 * @returns `ask` for a reading; `end` takes back what is still to come
 */
export function refresher(read: () => Promise<void>, restMs: number): { ask: () => void; end: () => void } {
  let isWanted = false;
  let isReading = false;
  let hasEnded = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = async (): Promise<void> => {
    if (!isWanted || isReading || timer !== undefined || hasEnded || isHidden()) return;
    isWanted = false;
    isReading = true;
    await read();
    isReading = false;
    if (hasEnded) return;
    timer = setTimeout(() => {
      timer = undefined;
      start();
    }, restMs);
  };
  globalThis.document?.addEventListener("visibilitychange", start);
  return {
    ask: () => {
      isWanted = true;
      start();
    },
    end: () => {
      hasEnded = true;
      clearTimeout(timer);
      globalThis.document?.removeEventListener("visibilitychange", start);
    },
  };
}

const isHidden = (): boolean => globalThis.document?.visibilityState === "hidden";
