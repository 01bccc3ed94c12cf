/** Addresses of the server's routes for a queue and its tasks. */

export const queuePath = (queue: string, rest = ""): string => `/v1/queues/${encodeURIComponent(queue)}${rest}`;

export const taskPath = (queue: string, id: string, rest = ""): string =>
  queuePath(queue, `/tasks/${encodeURIComponent(id)}${rest}`);
