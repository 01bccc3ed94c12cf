/** A producer of Cloudflare Queues, as it is: `send` and `sendBatch`, into a queue of ours. */

import { jsonText } from "../backend/outgoing.ts";
import { MAX_BATCH } from "../limits.ts";
import { toBase64 } from "../task/base64.ts";
import { type Fetcher, serverOf } from "./http.ts";
import { httpPush } from "./http-push.ts";
import { queuePath, Requests, type ServerOptions } from "./requests.ts";

/** How a body is kept. `v8` is none here: what it holds only JavaScript can read. */
export type QueueContentType = "json" | "text" | "bytes" | "v8";

export interface QueueSendOptions {
  /** `json` when left out. */
  readonly contentType?: QueueContentType;
  readonly delaySeconds?: number;
}

export interface MessageSendRequest<Body = unknown> extends QueueSendOptions {
  readonly body: Body;
}

export interface QueueProducer<Body = unknown> {
  /** @throws TypeError for a body that is not of its type, PriniaError when it was refused or no answer came */
  send(body: Body, options?: QueueSendOptions): Promise<void>;
  /** All or nothing, up to 1,000. */
  sendBatch(messages: Iterable<MessageSendRequest<Body>>, options?: { readonly delaySeconds?: number }): Promise<void>;
}

/**
 * What code that sends to a Cloudflare Queue has in its binding.
 *
 * @example
 * const env = { ...bindings, EMAILS: asQueue(bindings.QUEUES, "emails") };
 * await env.EMAILS.send({ to: "ada@example.com" }, { delaySeconds: 60 });
 * @param server a service binding to the server, or its address and token
 */
export function asQueue<Body = unknown>(server: Fetcher | ServerOptions, name: string): QueueProducer<Body> {
  const requests = new Requests(serverOf(server));
  // No key, so that nothing is sent again: a message would be there twice.
  const push = (messages: readonly MessageSendRequest[]) => {
    const tasks = messages.map((message) => ({ text: taskText(message), repeatable: false, key: undefined }));
    return httpPush(requests, queuePath(name), tasks, {});
  };
  return {
    send: async (body, options) => void (await push([{ ...options, body }])),
    sendBatch: async (messages, delay) => {
      const all = Array.from(messages, (message) => ({ ...delay, ...message }));
      if (all.length > MAX_BATCH)
        throw new TypeError(`sendBatch takes ${MAX_BATCH} messages at most, got ${all.length}.`);
      if (all.length > 0) await push(all);
    },
  };
}

function taskText({ body, contentType = "json", delaySeconds }: MessageSendRequest): string {
  const delayMs = delaySeconds === undefined ? undefined : Math.round(delaySeconds * 1000);
  return jsonText({ ...argsOf(body, contentType), delayMs });
}

function argsOf(body: unknown, contentType: QueueContentType): { readonly args: unknown; readonly codec?: string } {
  switch (contentType) {
    case "json":
      return { args: body === undefined ? null : body };
    case "text":
      if (typeof body === "string") return { args: body };
      throw new TypeError(`A body of the content type "text" must be a string, got ${typeof body}.`);
    case "bytes":
      return { args: toBase64(bytesOf(body)), codec: "bytes" };
    default:
      throw new TypeError(
        `The content type ${JSON.stringify(contentType)} is not taken: send "json", "text" or "bytes", which other programs can read as well.`,
      );
  }
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError(
    `A body of the content type "bytes" must be an ArrayBuffer or a view of one, got ${typeof body}.`,
  );
}
