/** What code says of a queue's webhook: checked, with its defaults. */

import type { Result } from "../../task/result.ts";
import { CALL_NUMBERS, type CallNumbers, flawInNumbers } from "../numbers.ts";
import { MOST_LENIENT, webhookUrl } from "./address.ts";

/** @template E the bindings of the Worker */
export interface WebhookOptions<E> {
  /** Where tasks are sent: https, and a public host; see docs/webhooks.md. */
  readonly url: string;
  /** The secret that requests are signed with: `whsec_` and base64 of 24 to 64 bytes. */
  readonly secret: (env: E) => string | undefined;
  /** The one before it, while receivers change: requests are signed with both. */
  readonly previousSecret?: ((env: E) => string | undefined) | undefined;
  /** Tasks in a request, 1 to 1,000. 1, the default, sends each by itself, in a form of its own. */
  readonly batchSize?: number | undefined;
  /** How long a batch that is not full waits for company, 0 to 60,000 ms; 0 by default. */
  readonly batchWaitMs?: number | undefined;
  /** Requests at a time, 1 to 250 for each partition; 10 by default. */
  readonly concurrency?: number | undefined;
  /** Requests that begin in a second, 1 to 1,000 for each partition; no limit by default. */
  readonly perSecond?: number | undefined;
  /** How long an answer may take, 1 to 900,000 ms; 30,000 by default. */
  readonly timeoutMs?: number | undefined;
}

/** The same, complete. */
export interface WebhookSettings extends CallNumbers {
  readonly url: string;
  readonly secret: (env: never) => string | undefined;
  readonly previousSecret: ((env: never) => string | undefined) | undefined;
}

const NAMES: ReadonlySet<string> = new Set(["url", "secret", "previousSecret", ...Object.keys(CALL_NUMBERS)]);

/** @returns what the options mean, or what is wrong with them. The operator's rules for addresses are asked at each call. */
export function webhookSettings<E>(options: WebhookOptions<E>): Result<WebhookSettings, string> {
  const wrong = flawIn(options);
  if (wrong !== null) return { ok: false, error: wrong };
  const { url, secret, previousSecret, batchSize = 1, batchWaitMs = 0, concurrency = 10 } = options;
  const { perSecond, timeoutMs = 30_000 } = options;
  const numbers = { batchSize, batchWaitMs, concurrency, perSecond, timeoutMs };
  return { ok: true, value: { url, secret, previousSecret, ...numbers } as WebhookSettings };
}

function flawIn<E>(options: WebhookOptions<E>): string | null {
  if (typeof options !== "object" || options === null) return "`webhook` must be an object with `url` and `secret`.";
  const unknown = Object.keys(options).find((key) => !NAMES.has(key));
  if (unknown !== undefined) return `there is no option \`webhook.${unknown}\`.`;
  const url = webhookUrl(options.url, MOST_LENIENT);
  if (!url.ok) return `\`webhook.url\` ${url.error}`;
  if (typeof options.secret !== "function") return `\`webhook.secret\` ${SECRET_WANTS}`;
  if (options.previousSecret !== undefined && typeof options.previousSecret !== "function") {
    return `\`webhook.previousSecret\` ${SECRET_WANTS}`;
  }
  return flawInNumbers(options, CALL_NUMBERS, "webhook.");
}

const SECRET_WANTS =
  "must be a function of the bindings, as in `(env) => env.HOOK_SECRET`: a secret has no place in code.";
