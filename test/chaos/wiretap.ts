/** Listens to what clients of a queue send and get, whoever they are: by a `fetch`, and by every WebSocket of this process. */

import type { EndKind, History } from "./history.ts";

/** An event as it is on the wire. */
export interface WireEvent {
  readonly type: string;
  readonly id: string;
  readonly lease: string;
  readonly result?: { readonly ok?: unknown; readonly err?: string; readonly abort?: true };
  readonly delayMs?: number;
}

interface WireAnswer {
  readonly id: string;
  readonly status?: string;
  readonly error?: { readonly code: string };
}

interface WireTask {
  readonly id: string;
  readonly lease: string;
  readonly attempt: number;
  readonly lockAt: number;
  readonly runAt: number;
  readonly maxAttempts: number;
}

/** Events that were sent, and wait for their answers. */
type Sent = readonly { readonly call: number; readonly kind: EndKind | null; readonly event: WireEvent }[];

const histories = new Map<string, History>();

/** Takes down all that is said about a queue from now on. @returns what ends it */
export function tap(queue: string, history: History): () => void {
  histories.set(queue, history);
  globalThis.WebSocket = TappedSocket as typeof WebSocket;
  return () => {
    histories.delete(queue);
    if (histories.size === 0) globalThis.WebSocket = RealSocket;
  };
}

function historyOf(url: string): History | undefined {
  const queue = /\/v1\/queues\/([^/?]+)\//.exec(url)?.[1];
  return queue === undefined ? undefined : histories.get(decodeURIComponent(queue));
}

function kindOf({ type, result }: WireEvent): EndKind | null {
  if (type === "snooze" || type === "release") return type;
  if (type !== "ack") return null;
  if (result && "ok" in result) return "ok";
  return result?.abort ? "abort" : "err";
}

function sent(history: History, events: readonly WireEvent[]): Sent {
  return events.map((event) => {
    const { id, lease } = event;
    const [call, kind] = [history.nextCall(), kindOf(event)];
    if (kind) history.add({ type: "ack", call, id, lease, kind });
    return { call, kind, event };
  });
}

function answered(history: History, events: Sent, answers: readonly WireAnswer[]): void {
  for (const [place, { call, kind, event }] of events.entries()) {
    const { status, error } = answers[place] ?? {};
    const { id, lease } = event;
    if (kind === null) continue;
    if (status !== undefined) history.add({ type: "acked", call, id, lease, kind, status });
    else if (error) history.add({ type: "ack-refused", call, id, lease, code: error.code });
    else history.add({ type: "ack-unknown", call, id, lease });
  }
}

function delivered(history: History, worker: string, tasks: readonly WireTask[]): void {
  for (const { id, lease, attempt, lockAt, runAt, maxAttempts } of tasks)
    history.add({ type: "delivery", worker, id, lease, attempt, lockAt, runAt, maxAttempts });
}

/** `fetch`, listened to. */
export const tappedFetch = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
  const history = historyOf(String(input));
  if (!history || typeof init.body !== "string" || !/\/(poll|events)$/.test(String(input))) return fetch(input, init);
  const { worker = "", events = [] } = JSON.parse(init.body) as { worker?: string; events?: WireEvent[] };
  const calls = sent(history, events);
  try {
    const response = await fetch(input, init);
    void heard(history, response.clone(), worker, calls);
    return response;
  } catch (error) {
    answered(history, calls, []);
    throw error;
  }
};

async function heard(history: History, response: Response, worker: string, calls: Sent): Promise<void> {
  try {
    const body = (await response.json()) as { code?: string; tasks?: WireTask[]; events?: WireAnswer[] };
    const refused = response.status >= 400 && response.status < 500;
    const refusal = { id: "", error: { code: body.code ?? "" } };
    answered(history, calls, refused ? calls.map(() => refusal) : (body.events ?? []));
    if (response.ok) delivered(history, worker, body.tasks ?? []);
  } catch {
    answered(history, calls, []);
  }
}

const RealSocket = globalThis.WebSocket;

class TappedSocket extends RealSocket {
  readonly #history: History | undefined;
  readonly #sent = new Map<string, Sent>();
  #worker = "";

  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    this.#history = historyOf(String(url));
    this.addEventListener("message", ({ data }) => this.#heard(String(data)));
    this.addEventListener("close", () => this.#closed());
  }

  override send(data: string): void {
    if (this.#history && data !== "ping") this.#said(this.#history, JSON.parse(data));
    super.send(data);
  }

  #said(history: History, frame: { type: string; worker?: string; ref?: string; events?: WireEvent[] }): void {
    if (frame.type === "register") this.#worker = frame.worker ?? "";
    if (frame.type === "events") this.#sent.set(frame.ref ?? "", sent(history, frame.events ?? []));
  }

  #heard(data: string): void {
    const history = this.#history;
    if (!history || data === "pong") return;
    const frame = JSON.parse(data);
    if (frame.type === "tasks") delivered(history, this.#worker, frame.tasks);
    if (frame.type === "lost") for (const lost of frame.leases) history.add({ ...lost, type: "lost" });
    if (frame.type !== "answer" && frame.type !== "error") return;
    const events = this.#sent.get(frame.ref);
    if (!events) return;
    this.#sent.delete(frame.ref);
    // An error may be of the server's own: then the outcome is not known.
    answered(history, events, frame.events ?? []);
  }

  #closed(): void {
    for (const events of this.#sent.values()) if (this.#history) answered(this.#history, events, []);
    this.#sent.clear();
  }
}
