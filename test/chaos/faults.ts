/** What can happen between a client and its queue: on the way, to the server, and when it is deployed anew. */

import { setTimeout as sleep } from "node:timers/promises";
import { Dice } from "../support/dice.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import type { Server } from "../support/server.ts";
import { type Battle, battle } from "./arena.ts";
import { newVersion } from "./deploy.ts";
import type { History } from "./history.ts";

interface Ground {
  readonly proxy: TcpProxy;
  readonly dice: Dice;
  server: Server;
  /** Versions deployed so far. */
  deployed: number;
}

type Fault = (ground: Ground) => Promise<void>;

/** So long a half-open connection is left alone, ms: longer than a worker may be silent. */
const HALF_OPEN_MS = 1_500;

/** Each resolves when all new connections work again. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  delay: async ({ proxy, dice }) => {
    proxy.delay(20 + dice.below(250));
    await sleep(800);
    proxy.delay(0);
  },
  cut: async ({ proxy }) => proxy.cut(),
  "cut within what the client sends": async ({ proxy }) => proxy.cutWithin("up"),
  "cut within what the server sends": async ({ proxy }) => proxy.cutWithin("down"),
  "half-open": ({ proxy }) => halfOpen(proxy),
  "half-open for what the client sends": ({ proxy }) => halfOpen(proxy, "up"),
  "half-open for what the server sends": ({ proxy }) => halfOpen(proxy, "down"),
  "cut three times within a second": async ({ proxy, dice }) => {
    for (let cut = 0; cut < 3; cut++) {
      proxy.cut();
      await sleep(dice.below(350));
    }
  },
  "server stands still": async ({ server, dice }) => {
    process.kill(-server.pid, "SIGSTOP");
    await sleep(300 + dice.below(1_700));
    process.kill(-server.pid, "SIGCONT");
  },
  deploy: async (ground) => {
    const version = `9.9.${++ground.deployed}`;
    const checkout = newVersion(version);
    await ground.server.stop();
    ground.server = await ground.server.restart(checkout);
    const { version: running } = (await (await fetch(`${ground.server.url}/v1`)).json()) as { version: string };
    if (running !== version) throw new Error(`version ${running} runs instead of ${version}`);
  },
};

async function halfOpen(proxy: TcpProxy, way?: "up" | "down"): Promise<void> {
  proxy.swallow(way);
  await sleep(HALF_OPEN_MS);
}

export interface FaultsOptions {
  readonly queue: string;
  readonly seed: number;
  /** Faults by name, one after the other; at random until `until`, ms, when left out. */
  readonly faults?: readonly string[];
  readonly until?: number;
}

export interface FaultsReport extends Battle {
  /** How often each happened. */
  readonly faults: ReadonlyMap<string, number>;
  readonly server: Server;
}

const FIRST_MS = 600;
const LONGEST_PAUSE_MS = 1_200;

/** A crew behind a proxy, and faults that befall it. */
export async function torment(server: Server, options: FaultsOptions): Promise<FaultsReport> {
  const { queue, seed, until = 0 } = options;
  const proxy = await startProxy(server.url);
  const ground: Ground = { proxy, server, dice: new Dice(seed), deployed: 0 };
  const faults = new Map<string, number>();
  const storm = async (history: History): Promise<void> => {
    await sleep(FIRST_MS);
    for (const [name, fault] of chosen(ground.dice, options.faults, until)) {
      history.add({ type: "fault", what: name });
      faults.set(name, (faults.get(name) ?? 0) + 1);
      await fault(ground);
      await sleep(100 + ground.dice.below(LONGEST_PAUSE_MS));
    }
    // What was told to break at the next piece of data has met its last.
    proxy.cut();
  };
  const fought = await battle({ queue, seed, url: proxy.url, server: () => ground.server.url, twins: true }, storm);
  return { ...fought, faults, server: ground.server };
}

function* chosen(dice: Dice, names: readonly string[] | undefined, until: number): Generator<[string, Fault]> {
  const all = Object.entries(FAULTS);
  if (names) {
    for (const one of all) if (names.includes(one[0])) yield one;
    return;
  }
  while (Date.now() < until) {
    const one = all[dice.below(all.length)];
    if (one) yield one;
  }
}
