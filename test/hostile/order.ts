/** How much is fuzzed, and from which seed: chance, unless `PRINIA_HOSTILE` says otherwise. */

export interface HostileOrder {
  readonly seed: number;
  /** Inputs, of which each part takes its share. */
  readonly runs: number;
  /** fast-check's path to one failure. */
  readonly path?: string;
}

/** Reads `seed`, `seed:runs` or `seed:runs:path`. 10,000 inputs unless it says so. */
export function orderOf(text: string | undefined): HostileOrder {
  const [seed = "", runs = "", ...path] = (text ?? "").split(":");
  return {
    seed: seed === "" ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
    runs: runs === "" ? 10_000 : Number(runs),
    ...(path.length > 0 ? { path: path.join(":") } : {}),
  };
}

/** What fast-check is told. It does not look for a smaller failure: on a real queue each try takes its time. */
export const checked = ({ seed, runs, path }: HostileOrder, share: number) => ({
  ...{
    seed,
    numRuns: Math.max(1, Math.round(runs * share)),
    verbose: 0 as const,
    endOnFailure: true,
    interruptAfterTimeLimit: 240_000,
  },
  ...(path === undefined ? {} : { path }),
});
