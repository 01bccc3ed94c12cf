/** A WebSocket client for tests, which keeps every frame until it is asked for. */

/** A frame from the server; the bare text `pong` is `{type: "pong"}`. */
interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface TestSocket {
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  /** All frames so far, in order. */
  readonly frames: readonly Frame[];
  /** Resolves with the code and the reason when the socket is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Sends a frame; a string is sent as it is. */
  send(frame: object | string): void;
  /** The next frame of that type which `next` did not return yet; rejects when none comes in time. */
  next(type: string, timeoutMs?: number): Promise<Frame>;
  close(code?: number, reason?: string): void;
}

export interface SocketOptions {
  /** The subprotocols offered; `prinia.v1` when not given. */
  readonly protocols?: readonly string[];
}

interface Waiter {
  readonly type: string;
  readonly resolve: (frame: Frame) => void;
}

/**
 * Opens a socket; rejects when the server refuses it.
 * @param url with `http` or `ws`
 */
export async function openSocket(url: string, { protocols = ["prinia.v1"] }: SocketOptions = {}): Promise<TestSocket> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), [...protocols]);
  const frames: Frame[] = [];
  const unread: Frame[] = [];
  const waiters = new Set<Waiter>();
  socket.addEventListener("message", ({ data }) => {
    const frame: Frame = data === "pong" ? { type: "pong" } : JSON.parse(String(data));
    frames.push(frame);
    const waiter = [...waiters].find(({ type }) => type === frame.type);
    if (waiter === undefined) {
      unread.push(frame);
      return;
    }
    waiters.delete(waiter);
    waiter.resolve(frame);
  });
  const closed = closing(socket);
  await opening(socket, closed);
  return {
    protocol: socket.protocol,
    frames,
    closed,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    next(type, timeoutMs = 5_000) {
      const at = unread.findIndex((frame) => frame.type === type);
      const [frame] = at < 0 ? [] : unread.splice(at, 1);
      return frame === undefined ? arrival(waiters, frames, type, timeoutMs) : Promise.resolve(frame);
    },
    close: (code, reason) => socket.close(code, reason),
  };
}

function arrival(waiters: Set<Waiter>, frames: readonly Frame[], type: string, timeoutMs: number): Promise<Frame> {
  const { promise, resolve, reject } = Promise.withResolvers<Frame>();
  const waiter = { type, resolve };
  waiters.add(waiter);
  const timer = setTimeout(() => {
    const seen = frames.map((frame) => frame.type).join(", ") || "none";
    reject(new Error(`No frame of type ${type} came within ${timeoutMs} ms; those that came: ${seen}.`));
  }, timeoutMs);
  return promise.finally(() => {
    clearTimeout(timer);
    waiters.delete(waiter);
  });
}

function closing(socket: WebSocket): TestSocket["closed"] {
  const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
  socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  return promise;
}

async function opening(socket: WebSocket, closed: TestSocket["closed"]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<null>();
  socket.addEventListener("open", () => resolve(null));
  const end = await Promise.race([promise, closed]);
  if (end !== null) throw new Error(`The socket was refused (close code ${end.code}).`);
}
