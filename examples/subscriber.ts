/**
 * A subscriber in plain WebSocket, without the SDK: `npx node examples/subscriber.ts emails`. It prints each change of a task
 * as it happens, and ends once as many tasks have ended as its second argument says.
 */

interface Change {
  readonly id: string;
  readonly status?: string;
  readonly gone?: true;
}

type Frame =
  | { readonly type: "event"; readonly topic: "tasks"; readonly tasks: readonly Change[] }
  | { readonly type: "event"; readonly topic: "stats"; readonly stats: { readonly counts: Record<string, number> } }
  | { readonly type: "error"; readonly detail: string };

const [queue = "emails", count = "Infinity"] = process.argv.slice(2);
const server = process.env.PRINIA_URL ?? "http://127.0.0.1:8787";
const token = process.env.PRINIA_TOKEN;

// A browser can set no header on a socket: the token is a subprotocol.
const protocols = ["prinia.v1", ...(token ? [`bearer.${token}`] : [])];
const socket = new WebSocket(
  `${server.replace(/^http/, "ws")}/v1/queues/${encodeURIComponent(queue)}/socket`,
  protocols,
);
const ended = new Set<string>();

socket.addEventListener("open", () => {
  socket.send(JSON.stringify({ type: "watch", ref: "changes", topics: ["tasks", "stats"] }));
});

// Numbers come as soon as the watch has begun, and again with whatever changed.
let isWatching = false;

socket.addEventListener("message", ({ data }) => {
  const frame = JSON.parse(String(data)) as Frame;
  if (frame.type === "error") throw new Error(frame.detail);
  if (frame.topic === "tasks") frame.tasks.forEach(tell);
  else if (!isWatching) {
    isWatching = true;
    console.log(`watching ${queue}: ${frame.stats.counts.Pending} tasks wait`);
  }
  if (ended.size >= Number(count)) socket.close(1000);
});

function tell({ id, status = "gone" }: Change): void {
  console.log(`${id} ${status}`);
  if (status === "Done" || status === "Killed") ended.add(id);
}

socket.addEventListener("close", ({ code }) => {
  process.exitCode = code === 1000 ? 0 : 1;
});
