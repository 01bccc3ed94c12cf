/** Sockets of workers go over their lines. */

import type { Lines } from "./lines.ts";

/** The platform's, but that it is closed when the line of the worker that registers on it is cut. */
export const socketsBy = (lines: Lines): typeof WebSocket =>
  class extends WebSocket {
    #worker: string | undefined;

    override send(data: Parameters<WebSocket["send"]>[0]): void {
      const worker = registering(data) ?? this.#worker;
      if (worker !== undefined && worker !== this.#worker) {
        this.#worker = worker;
        const line = lines.signal(worker);
        line.addEventListener("abort", () => this.close(), { once: true });
        if (line.aborted) this.close();
      }
      if (worker !== undefined && lines.loses(worker)) this.close();
      super.send(data);
    }
  };

function registering(data: unknown): string | undefined {
  if (typeof data !== "string" || !data.startsWith('{"type":"register"')) return undefined;
  return (JSON.parse(data) as { worker: string }).worker;
}
