/** What `serve` takes from the environment, checked before anything starts. */

import { parseArgs } from "node:util";
import { parseLayouts } from "../task/layout.ts";
import type { Result } from "../task/result.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that the Worker itself reads; `serve` hands them on unread. */
const WORKER_VARIABLES = ["PRINIA_AUTH", "PRINIA_SECRET", "PRINIA_SECRET_PREVIOUS", "PRINIA_ORIGINS"] as const;

/** The variable that `--partitions` adds to. */
export const PARTITIONS = "PRINIA_PARTITIONS";

export interface Settings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The data folder, as it was given. */
  readonly data: string;
  /** Those of the Worker's variables that are set. Names only: the values never leave the environment. */
  readonly variables: readonly string[];
  /** Queues of several partitions, as `emails=8 events=16/8`: what the variable says, and `--partitions`. */
  readonly partitions: string;
  /** False when the Worker will refuse everything but its health, because nobody said who may use it. */
  readonly configured: boolean;
}

/**
 * An empty variable counts as unset, as compose files and CI write it.
 *
 * @param args what stands behind the command: `--partitions emails=8`, as often as one likes
 */
export function readSettings(env: Environment, args: readonly string[] = []): Result<Settings, string> {
  const port = env.PORT || "8787";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    return {
      ok: false,
      error: `PORT is ${JSON.stringify(port)}; it takes a number from 1 to 65535, or 0 for any free port.`,
    };
  }
  const partitions = readPartitions(env, args);
  if (!partitions.ok) return partitions;
  const variables: string[] = WORKER_VARIABLES.filter((name) => env[name]);
  return {
    ok: true,
    value: {
      host: env.HOST || "127.0.0.1",
      port: Number(port),
      data: env.PRINIA_DATA || ".prinia",
      variables: partitions.value === "" ? variables : [...variables, PARTITIONS],
      partitions: partitions.value,
      configured: variables.includes("PRINIA_SECRET") || env.PRINIA_AUTH === "off",
    },
  };
}

/** What the Worker would refuse all requests for is said before it starts. */
function readPartitions(env: Environment, args: readonly string[]): Result<string, string> {
  let flags: readonly string[];
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { partitions: { type: "string", multiple: true, default: [] } },
    });
    flags = values.partitions;
  } catch (error) {
    return { ok: false, error: `${(error as Error).message.split("\n")[0]} There is \`--partitions emails=8\` alone.` };
  }
  const text = [env[PARTITIONS] ?? "", ...flags].join(" ").trim();
  const layouts = parseLayouts(text);
  if (layouts.ok) return { ok: true, value: text };
  return { ok: false, error: `${PARTITIONS} or --partitions is not well formed: ${layouts.error}` };
}
