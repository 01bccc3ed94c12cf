/** A raw socket to a queue, without the SDK: what is measured is the server. */

export interface LeasedTask {
  readonly id: string;
  readonly lease: string;
  readonly args: unknown;
}

interface Frame {
  readonly type: string;
  readonly ref?: string;
  readonly tasks?: readonly LeasedTask[];
}

export interface BenchSocket {
  /** Sends a frame with a `ref` and resolves with its answer. */
  ask(frame: object): Promise<Frame>;
  send(frame: object): void;
  /** Called with each delivery. */
  onTasks: (tasks: readonly LeasedTask[]) => void;
  close(): void;
}

/** @param partition of a queue that has several */
export function openSocket(url: string, queue: string, partition?: number): Promise<BenchSocket> {
  const place = `/v1/queues/${queue}/socket${partition === undefined ? "" : `?partition=${partition}`}`;
  const socket = new WebSocket(url.replace("http", "ws") + place, ["prinia.v1"]);
  const asked = new Map<string, (frame: Frame) => void>();
  let refs = 0;
  const bench: BenchSocket = {
    ask(frame) {
      const ref = String(++refs);
      socket.send(JSON.stringify({ ...frame, ref }));
      return new Promise((resolve) => asked.set(ref, resolve));
    },
    send: (frame) => socket.send(JSON.stringify(frame)),
    onTasks: () => undefined,
    close: () => socket.close(),
  };
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(String(data)) as Frame;
    if (frame.type === "error") throw new Error(`refused: ${data}`);
    if (frame.type === "tasks") bench.onTasks(frame.tasks ?? []);
    const waiting = frame.ref === undefined ? undefined : asked.get(frame.ref);
    if (frame.ref === undefined || waiting === undefined) return;
    asked.delete(frame.ref);
    waiting(frame);
  });
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(bench));
    socket.addEventListener("error", () => reject(new Error(`no socket to ${url}`)));
  });
}
