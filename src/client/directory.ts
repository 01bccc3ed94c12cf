/** All queues of a server, by requests. */

import type { Filter, QueueInfo, RunningWorker, Totals } from "../backend/expose.ts";
import type { DirectoryPort, TaskViewPage } from "../backend/port.ts";
import { queryOf } from "./query.ts";
import type { Requests } from "./requests.ts";

export function directoryOf(requests: Requests): DirectoryPort {
  const get = <T>(path: string): Promise<T> => requests.call("GET", `/v1${path}`);
  return {
    queues: (page) => get<{ queues: QueueInfo[]; nextCursor?: string }>(`/queues${queryOf(page)}`),
    tasks: (filter: Filter) => get<TaskViewPage>(`/tasks${queryOf(filter)}`),
    workers: async () => (await get<{ workers: RunningWorker[] }>("/workers")).workers,
    stats: () => get<Totals>("/stats"),
  };
}
