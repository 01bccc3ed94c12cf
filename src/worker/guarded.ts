/** Calling what others wrote: a listener, a sink, a tracer. */

/** A bug of theirs must not stop the worker, nor be hidden: the platform reports it. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
