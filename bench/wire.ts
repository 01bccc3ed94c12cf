/** What this process sends: frames and requests, counted where they go out, whoever sends them. */

export interface Sent {
  readonly frames: number;
  readonly requests: number;
}

/** For what the benchmark itself asks: it is not counted. */
export const plainFetch: typeof fetch = globalThis.fetch;

let frames = 0;
let requests = 0;

/** Counts from now on: whatever opens a socket or fetches in this process goes through here. */
export function countSent(): void {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    frames++;
    return send.call(this, data);
  };
  globalThis.fetch = (input, init) => {
    requests++;
    return plainFetch(input, init);
  };
}

export const sentSoFar = (): Sent => ({ frames, requests });
