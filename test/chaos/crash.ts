/** The server is killed, again and again, in the middle of the work, and started on the same data. */

import { setTimeout as sleep } from "node:timers/promises";
import { Dice } from "../support/dice.ts";
import type { Server } from "../support/server.ts";
import { type Battle, battle } from "./arena.ts";
import type { Entry, History } from "./history.ts";

export interface CrashOptions {
  readonly queue: string;
  readonly seed: number;
  /** How often; or until this instant, ms. */
  readonly kills?: number;
  readonly until?: number;
}

export interface CrashReport extends Battle {
  readonly kills: number;
  /** From the restart to the first task that anybody got, ms each. */
  readonly recoveries: readonly number[];
  /** The server that runs now. */
  readonly server: Server;
}

const LONGEST_UP_MS = 1_500;
const LONGEST_DOWN_MS = 800;
const FIRST_MS = 1_000;

/** SIGKILL to the whole process group of `server` at random moments, with a restart on the same port and data after each. */
export async function crash(server: Server, options: CrashOptions): Promise<CrashReport> {
  const { kills = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY, seed } = options;
  const dice = new Dice(seed);
  let current = server;
  let killed = 0;
  const restarts: number[] = [];
  const storm = async (history: History): Promise<void> => {
    await sleep(FIRST_MS);
    while (killed < kills && Date.now() < until) {
      await sleep(dice.below(LONGEST_UP_MS));
      await current.kill();
      killed++;
      history.add({ type: "fault", what: "kill -9" });
      await sleep(dice.below(LONGEST_DOWN_MS));
      restarts.push(Date.now());
      current = await current.restart();
      await delivery(history, restarts.at(-1) ?? 0);
    }
  };
  const fought = await battle({ ...options, url: server.url, server: () => current.url }, storm);
  const recoveries = restarts.flatMap((at) => {
    const first = fought.history.entries.find((entry) => entry.type === "delivery" && entry.at >= at);
    return first ? first.at - at : [];
  });
  return { ...fought, kills: killed, recoveries, server: current };
}

/** It is not killed again before it has done something. */
async function delivery({ entries }: History, since: number): Promise<void> {
  const isNews = (entry: Entry | undefined) => entry?.type === "delivery" && entry.at >= since;
  for (let waited = 0; waited < 10_000 && !entries.slice(-200).some(isNews); waited += 20) await sleep(20);
}
