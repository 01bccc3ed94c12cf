/** Overload: bursts, crowds of sockets and a long backlog, on one queue each. Counts are judged, times are told. */

import { setTimeout as sleep } from "node:timers/promises";
import type { LeasedTask } from "../../src/protocol/answers.ts";
import { type Http, http } from "../support/http.ts";
import { until } from "../support/processes.ts";
import { openSocket, type TestSocket } from "../support/socket.ts";
import type { Heap, Inspected } from "./inspected.ts";

export interface Sizes {
  /** Tasks of each burst. */
  readonly burst: number;
  readonly connections: number;
  readonly sockets: number;
  readonly backlog: number;
}

export const FULL: Sizes = { burst: 10_000, connections: 32, sockets: 500, backlog: 1_000_000 };
export const SMALL: Sizes = { burst: 1_000, connections: 32, sockets: 100, backlog: 10_000 };

export interface Figure {
  readonly part: string;
  readonly operations: number;
  readonly ms: number;
  /** The most that the heap held meanwhile, MiB. */
  readonly peak: Heap;
  /** What was not as it must be. */
  readonly faults: readonly string[];
}

interface Counts {
  readonly counts: Readonly<Record<string, number>>;
}

const BATCH = 1_000;
/** How often the heap is looked at, ms. */
const LOOK_MS = 50;
/** What an isolate may hold on the platform. */
const ISOLATE_MIB = 128;
const PATIENCE_MS = 120_000;

type Part = (at: Place) => Promise<{ readonly operations: number; readonly faults: readonly string[] }>;

interface Place {
  readonly server: Inspected;
  readonly api: Http;
  readonly path: string;
  readonly sizes: Sizes;
}

/** Runs all parts, one after the other. */
export async function overload(server: Inspected, sizes: Sizes, report: (figure: Figure) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [part, run] of Object.entries(PARTS)) {
    const path = `/v1/queues/${encodeURIComponent(part)}`;
    const watch = new Watch(server);
    const begun = performance.now();
    const { operations, faults } = await run({ server, api: http(server.url), path, sizes });
    const ms = Math.round(performance.now() - begun);
    const peak = await watch.end();
    const tooMuch = peak.used >= ISOLATE_MIB ? [`the heap grew to ${peak.used} MiB`] : [];
    const figure = { part, operations, ms, peak, faults: [...faults, ...tooMuch] };
    figures.push(figure);
    report(figure);
  }
  return figures;
}

/** Looks at the heap now and then. */
class Watch {
  readonly #server: Inspected;
  readonly #looks: Promise<void>;
  #peak: Heap = { used: 0, total: 0 };
  #over = false;

  constructor(server: Inspected) {
    this.#server = server;
    this.#looks = this.#look();
  }

  async #look(): Promise<void> {
    while (true) {
      const { used, total } = await this.#server.heap();
      this.#peak = { used: Math.max(used, this.#peak.used), total: Math.max(total, this.#peak.total) };
      if (this.#over) return;
      await sleep(LOOK_MS);
    }
  }

  async end(): Promise<Heap> {
    this.#over = true;
    await this.#looks;
    return this.#peak;
  }
}

const PARTS: Readonly<Record<string, Part>> = {
  "burst of lists": async ({ api, path, sizes: { burst } }) => {
    const lists = Math.ceil(burst / BATCH);
    const answers = await Promise.all(Array.from({ length: lists }, () => api.post(`${path}/tasks`, batchOf(BATCH))));
    const refused = answers.filter(({ status }) => status !== 201).length;
    return { operations: burst, faults: [...said(refused, "lists were refused"), ...(await holds(api, path, burst))] };
  },

  "burst of single pushes": async ({ api, path, sizes: { burst, connections } }) => {
    let [left, refused] = [burst, 0];
    await together(connections, async () => {
      while (left-- > 0) if ((await api.post(`${path}/tasks`, { args: left })).status !== 201) refused++;
    });
    return { operations: burst, faults: [...said(refused, "pushes were refused"), ...(await holds(api, path, burst))] };
  },

  "burst of single frames": async ({ server, api, path, sizes: { burst, connections } }) => {
    const sockets = await opened(server, path, connections);
    const each = Math.ceil(burst / connections);
    for (let sent = 0; sent < each; sent++) {
      for (const socket of sockets) socket.send({ type: "push", ref: `p${sent}`, tasks: [{ args: sent }] });
    }
    const answered = () => sockets.every(({ frames }) => frames.length >= each);
    await until(answered, "every frame is answered", PATIENCE_MS);
    const frames = sockets.flatMap((socket) => [...socket.frames]);
    const refused = frames.filter(({ type }) => type !== "answer").length;
    for (const socket of sockets) socket.close();
    const all = each * connections;
    return { operations: all, faults: [...said(refused, "frames were refused"), ...(await holds(api, path, all))] };
  },

  "crowd of workers": async ({ server, api, path, sizes: { sockets: count } }) => {
    const sockets = await opened(server, path, count);
    const all = count * 4;
    for (const [at, socket] of sockets.entries()) socket.send({ type: "register", worker: `w${at}`, credit: 4 });
    await until(() => sockets.every(has("registered")), "every worker is registered", PATIENCE_MS);
    for (let pushed = 0; pushed < all; pushed += BATCH) {
      await api.post(`${path}/tasks`, batchOf(Math.min(BATCH, all - pushed)));
    }
    await until(
      () => sockets.every((socket) => tasksOf(socket).length === 4),
      "every worker has its four",
      PATIENCE_MS,
    );
    for (const socket of sockets) socket.send({ type: "events", ref: "e", events: tasksOf(socket).map(acked) });
    await until(() => sockets.every(has("answer")), "every report is answered", PATIENCE_MS);
    const done = (await api.get<Counts>(path)).body.counts.Done;
    for (const socket of sockets) socket.close();
    return { operations: all, faults: said(all - (done ?? 0), "tasks are not done") };
  },

  "long backlog": async ({ api, path, sizes: { backlog } }) => {
    let left = backlog;
    await together(4, async () => {
      while (left > 0) {
        left -= BATCH;
        await api.post(`${path}/tasks`, batchOf(BATCH));
      }
    });
    return { operations: backlog, faults: await holds(api, path, backlog) };
  },

  /** The queue of the part before. */
  "claims and lists behind it": async ({ api, sizes: { backlog } }) => {
    const path = `/v1/queues/${encodeURIComponent("long backlog")}`;
    const faults: string[] = [];
    let operations = 0;
    for (let round = 0; round < 10; round++) {
      const { body } = await api.post<{ tasks: LeasedTask[] }>(`${path}/poll`, { worker: "w", max: BATCH });
      await api.post(`${path}/events`, { events: body.tasks.map(acked) });
      operations += body.tasks.length;
    }
    faults.push(...said(10 * BATCH - operations, "tasks were not claimed"));
    for (const query of [
      "limit=1000",
      "limit=1000&order=oldest",
      "status=Done&limit=1000",
      "groupKey=none&limit=1000",
    ]) {
      const { status } = await api.get(`${path}/tasks?${query}`);
      if (status !== 200) faults.push(`the list ${query} was answered ${status}`);
    }
    const counts = (await api.get<Counts>(`${path}/stats`)).body.counts;
    faults.push(...said((counts.Pending ?? 0) + (counts.Done ?? 0) - backlog, "tasks too many or too few"));
    return { operations: operations + 5, faults };
  },
};

const batchOf = (count: number): object[] => Array.from({ length: count }, (_, at) => ({ args: { n: at } }));
const said = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`]);
const acked = ({ id, lease }: LeasedTask) => ({ type: "ack", id, lease, result: { ok: null } });
const has =
  (type: string) =>
  ({ frames }: TestSocket): boolean =>
    frames.some((frame) => frame.type === type);
const tasksOf = ({ frames }: TestSocket): LeasedTask[] =>
  frames.flatMap((frame) => (frame.type === "tasks" ? (frame.tasks as LeasedTask[]) : []));

const together = (count: number, run: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, run));

const opened = ({ url }: Inspected, path: string, count: number): Promise<TestSocket[]> =>
  Promise.all(Array.from({ length: count }, () => openSocket(`${url}${path}/socket`)));

async function holds(api: Http, path: string, wanted: number): Promise<string[]> {
  const pending = (await api.get<Counts>(path)).body.counts.Pending ?? 0;
  return said(wanted - pending, `of ${wanted} tasks are not there`);
}
