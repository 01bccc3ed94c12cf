/** A target that is a URL: one signed POST for each task, or for each batch. */

import { MAX_RESULT_BYTES, MAX_WEBHOOK_ANSWER_BYTES, MAX_WEBHOOK_ERROR_BYTES } from "../../limits.ts";
import { type CallNumbers, numbersOf } from "../numbers.ts";
import type { Delivery, Receipt, Target } from "../target.ts";
import { type AddressRules, webhookUrl } from "./address.ts";
import { bodyOf, messageId } from "./body.ts";
import type { WebhookSettings } from "./options.ts";
import { type Answer, receiptOf } from "./outcome.ts";
import { secretBytes, signatures } from "./sign.ts";

/** What a webhook needs of the world. */
export interface WebhookPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Unix ms. */
  readonly now: () => number;
  readonly rules: AddressRules;
  /** The secret, and while it changes the one before it; what is not set is undefined. */
  readonly secrets: () => { readonly secret: string | undefined; readonly previousSecret: string | undefined };
}

/** The world as it is. */
export const REAL_WORLD: Pick<WebhookPorts, "fetch" | "now"> = {
  fetch: (url, init) => fetch(url, init),
  now: () => Date.now(),
};

type Options = Pick<WebhookSettings, "url"> & CallNumbers;

/**
 * The URL and the secrets are looked at again at each call, since the operator's rules may have changed: what is refused
 * fails the tasks of the call in words.
 */
export function webhookTarget(options: Options, ports: WebhookPorts): Target {
  return {
    worker: WEBHOOK,
    ...numbersOf(options),
    deliver: (delivery) => deliver(delivery, options, ports),
  };
}

/** Its name in lists of workers. */
const WEBHOOK = "webhook";

async function deliver(delivery: Delivery, options: Options, ports: WebhookPorts): Promise<Receipt> {
  const url = webhookUrl(options.url, ports.rules);
  if (!url.ok) throw new Error(`Nothing was sent: the URL of the webhook ${url.error}`);
  const isBatch = options.batchSize > 1;
  const init = await requestOf(delivery, isBatch, ports);
  const answer = await call(url.value, init, isBatch, options, ports);
  return receiptOf(delivery.tasks, isBatch, answer, ports.now());
}

async function requestOf(delivery: Delivery, isBatch: boolean, ports: WebhookPorts): Promise<RequestInit> {
  const keys = keysOf(ports);
  const now = ports.now();
  const id = await messageId(delivery, isBatch);
  const timestamp = Math.floor(now / 1000);
  const body = bodyOf(delivery, isBatch, now);
  return {
    method: "POST",
    body,
    redirect: "manual",
    signal: delivery.signal,
    headers: {
      "content-type": "application/json",
      "user-agent": "Prinia",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": await signatures(keys, { id, timestamp, body }),
    },
  };
}

function keysOf(ports: WebhookPorts): Uint8Array<ArrayBuffer>[] {
  const { secret, previousSecret } = ports.secrets();
  const both = [
    ["secret", secretBytes(secret)],
    ...(previousSecret ? [["previousSecret", secretBytes(previousSecret)] as const] : []),
  ] as const;
  return both.map(([name, bytes]) => {
    if (!bytes.ok) throw new Error(`Nothing was sent: the webhook's \`${name}\` ${bytes.error}`);
    return bytes.value;
  });
}

/** @throws in words that name the host and nothing else of the URL, whose path and query may be secret */
async function call(url: URL, init: RequestInit, isBatch: boolean, options: Options, ports: WebhookPorts) {
  try {
    return await answerOf(await ports.fetch(url.href, init), isBatch);
  } catch (error) {
    const why = init.signal?.aborted ? `nothing came in ${options.timeoutMs} ms` : reasonOf(error, url);
    throw new Error(`The webhook at ${url.host} could not be reached: ${why}.`);
  }
}

function reasonOf(error: unknown, url: URL): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? ` (${cause.code})` : "";
  const text = `${message}${code}`;
  return [url.href, `${url.pathname}${url.search}`, url.search].reduce(
    (shown, part) => (part.length > 1 ? shown.replaceAll(part, "…") : shown),
    text.replace(/\.$/, ""),
  );
}

async function answerOf(response: Response, isBatch: boolean): Promise<Answer> {
  const { status, headers } = response;
  const most = !response.ok ? MAX_WEBHOOK_ERROR_BYTES : isBatch ? MAX_WEBHOOK_ANSWER_BYTES : MAX_RESULT_BYTES;
  const { bytes, isWhole } = await beginning(response, most);
  return {
    status,
    retryAfter: headers.get("retry-after"),
    isJson: /^application\/(?:[\w.-]+\+)?json\b/i.test(headers.get("content-type") ?? ""),
    text: isWhole || !response.ok ? new TextDecoder().decode(bytes) : null,
  };
}

/** Reads so many bytes of a body and cancels the rest, so that no answer fills the memory. */
async function beginning(response: Response, most: number): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let left = most;
  while (reader && left >= 0) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
    if (done || value === undefined) break;
    parts.push(value.subarray(0, left));
    left -= value.length;
  }
  if (left < 0) await reader?.cancel().catch(() => undefined);
  return { bytes: joined(parts), isWhole: left >= 0 };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
