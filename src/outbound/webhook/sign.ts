/** Signatures as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`, by one key, or by two while keys change. */

import { MAX_WEBHOOK_SECRET_BYTES, MIN_WEBHOOK_SECRET_BYTES } from "../../limits.ts";
import type { Result } from "../../task/result.ts";

const PREFIX = "whsec_";

/** What is signed; the receiver finds the first two in headers. */
export interface Message {
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** @returns the bytes of a secret as `whsec_` and base64, or what is wrong with it, without a character of it */
export function secretBytes(secret: unknown): Result<Uint8Array<ArrayBuffer>, string> {
  if (typeof secret !== "string" || secret === "") return wrong("is not set");
  if (!secret.startsWith(PREFIX)) return wrong(`must begin with ${PREFIX}`);
  const bytes = decoded(secret.slice(PREFIX.length));
  if (bytes === null) return wrong(`must be base64 after ${PREFIX}`);
  if (bytes.length < MIN_WEBHOOK_SECRET_BYTES || bytes.length > MAX_WEBHOOK_SECRET_BYTES) {
    return wrong(`must be of ${MIN_WEBHOOK_SECRET_BYTES} to ${MAX_WEBHOOK_SECRET_BYTES} bytes`);
  }
  return { ok: true, value: bytes };
}

const wrong = (why: string): Result<never, string> => ({
  ok: false,
  error: `${why}: make one with \`echo "${PREFIX}$(openssl rand -base64 32)"\`.`,
});

function decoded(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/**
 * The header `webhook-signature`: one `v1,…` for each secret, apart by a space. A receiver takes the message if one of
 * them is by a key that it knows.
 */
export async function signatures(secrets: readonly Uint8Array<ArrayBuffer>[], message: Message): Promise<string> {
  const text = `${message.id}.${message.timestamp}.${message.body}`;
  const bytes = new TextEncoder().encode(text);
  const each = await Promise.all(secrets.map((secret) => signature(secret, bytes)));
  return each.join(" ");
}

async function signature(secret: Uint8Array<ArrayBuffer>, message: Uint8Array): Promise<string> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", key, message);
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(signed)))}`;
}
