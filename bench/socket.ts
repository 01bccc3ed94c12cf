/** A raw socket, without the SDK: what is measured is the server. */

export interface LeasedTask {
  readonly id: string;
  readonly lease: string;
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

/** A socket to each partition of a queue. */
export function openSockets(url: string, queue: string, partitions: number): Promise<BenchSocket[]> {
  const open = (partition: number) => openSocket(url, queue, partitions === 1 ? "" : `?partition=${partition}`);
  return Promise.all(Array.from({ length: partitions }, (_, partition) => open(partition)));
}

async function openSocket(url: string, queue: string, search: string): Promise<BenchSocket> {
  const socket = await connected(`${url}/v1/queues/${queue}/socket${search}`);
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
  return bench;
}

/** Opens a socket that speaks whatever is sent over it. */
export async function connected(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["prinia.v1"]);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("error", () => reject(new Error(`no socket to ${url}`)));
  await promise;
  return socket;
}
