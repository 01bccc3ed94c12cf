/** Views with values in place of JSON text. Nothing in them is the store's own: whoever gets them may change them. */

import type { Run } from "../task/task.ts";
import type { LastResult, LeasedTaskView, TaskResultView, TaskView } from "../task/view.ts";

export function valuesOf(view: TaskView): TaskView<unknown> {
  const { lastResult, progress, ...rest } = view;
  return {
    ...rest,
    args: JSON.parse(view.args),
    runs: view.runs.map(copyOf),
    backoff: { ...view.backoff },
    meta: isEmpty(view.meta) ? {} : structuredClone(view.meta),
    ...(lastResult === undefined ? {} : { lastResult: resultOf(lastResult) }),
    ...(progress === undefined ? {} : { progress: JSON.parse(progress) }),
  };
}

export const leasedValuesOf = (view: LeasedTaskView): LeasedTaskView<unknown> => ({
  ...valuesOf(view),
  lease: view.lease,
});

export function resultValuesOf(view: TaskResultView): TaskResultView<unknown> {
  const { result, ...rest } = view;
  return result === undefined ? rest : { ...rest, result: resultOf(result) };
}

const resultOf = (result: LastResult): LastResult<unknown> =>
  "ok" in result ? { ok: JSON.parse(result.ok) } : { err: result.err };

const isEmpty = (object: object): boolean => Object.keys(object).length === 0;

const copyOf = (run: Run): Run => (run.logs ? { ...run, logs: [...run.logs] } : { ...run });
