/** What `serve` takes from the environment, checked before anything starts. */

import type { Result } from "../task/result.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that the Worker itself reads; `serve` hands them on unread. */
const WORKER_VARIABLES = ["PRINIA_AUTH", "PRINIA_SECRET", "PRINIA_SECRET_PREVIOUS", "PRINIA_ORIGINS"] as const;

export interface Settings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The data folder, as it was given. */
  readonly data: string;
  /** Those of the Worker's variables that are set. Names only: the values never leave the environment. */
  readonly variables: readonly string[];
  /** False when the Worker will refuse everything but its health, because nobody said who may use it. */
  readonly configured: boolean;
}

/** An empty variable counts as unset, as compose files and CI write it. */
export function readSettings(env: Environment): Result<Settings, string> {
  const port = env.PORT || "8787";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    return {
      ok: false,
      error: `PORT is ${JSON.stringify(port)}; it takes a number from 1 to 65535, or 0 for any free port.`,
    };
  }
  const variables = WORKER_VARIABLES.filter((name) => env[name]);
  return {
    ok: true,
    value: {
      host: env.HOST || "127.0.0.1",
      port: Number(port),
      data: env.PRINIA_DATA || ".prinia",
      variables,
      configured: variables.includes("PRINIA_SECRET") || env.PRINIA_AUTH === "off",
    },
  };
}
