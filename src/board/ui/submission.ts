/** What a form asks for: under way, done, or refused, which is said where it was asked. */

import { type Signal, useSignal } from "@preact/signals";
import { errorText } from "./act.ts";

interface Submission {
  readonly isBusy: Signal<boolean>;
  /** Why it was not done, in words. */
  readonly error: Signal<string | null>;
  run(job: () => Promise<void>): Promise<void>;
}

export function useSubmission(): Submission {
  const isBusy = useSignal(false);
  const error = useSignal<string | null>(null);
  const run = async (job: () => Promise<void>): Promise<void> => {
    isBusy.value = true;
    error.value = null;
    try {
      await job();
    } catch (refusal) {
      error.value = errorText(refusal);
    }
    isBusy.value = false;
  };
  return { isBusy, error, run };
}
