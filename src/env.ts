/** The only reader of bindings and variables. */

import type { DirectoryApi, QueueApi } from "./object/api.ts";
import { type Layouts, parseLayouts } from "./task/layout.ts";
import type { Result } from "./task/result.ts";

/** What a Durable Object namespace must do for us: `getByName` wakes nobody, and each call gives a fresh stub. */
interface ObjectNamespace<Stub> {
  getByName(name: string): Stub;
}

/** The end of a socket that reaches an object; what the platform's WebSocket does, and no more. */
export interface ObjectSocket {
  accept(): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close" | "error", listener: () => void): void;
}

/** An answer to an upgrade: 101 with a socket, or a refusal. */
export type UpgradeResponse = Response & { readonly webSocket?: ObjectSocket | null };

export interface Upgradable {
  fetch(request: Request): Promise<UpgradeResponse>;
}

export type QueueStub = QueueApi & Upgradable;
export type DirectoryStub = DirectoryApi & Upgradable;

/** What serves files: the platform's assets, or a folder on the disk. */
interface FileServer {
  fetch(
    url: string,
    init: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<Response>;
}

export interface Env {
  readonly QUEUE: ObjectNamespace<QueueStub>;
  readonly DIRECTORY: ObjectNamespace<DirectoryStub>;
  /** The files of the pages, by their paths. Without them there are no pages. */
  readonly ASSETS?: FileServer;
  /** Signs the tokens. Unset, the server is not configured and answers nothing but health. */
  readonly PRINIA_SECRET?: string;
  /** Verifies tokens that were signed with it before the secret was changed. By itself it configures nothing. */
  readonly PRINIA_SECRET_PREVIOUS?: string;
  /** `off`, and nothing else, opens the server to all. */
  readonly PRINIA_AUTH?: string;
  /** Origins whose pages may call, separated by commas or blanks. */
  readonly PRINIA_ORIGINS?: string;
  /** Queues of several partitions, as `emails=8 events=16/8`: see `parseLayouts`. */
  readonly PRINIA_PARTITIONS?: string;
  /** Hosts that webhooks may be sent to, as `hooks.example.com *.example.net`; unset, every public one. */
  readonly PRINIA_WEBHOOK_HOSTS?: string;
  /** `allow`, and nothing else, lets webhooks be sent to this machine, also over http: for development alone. */
  readonly PRINIA_WEBHOOK_LOCAL?: string;
}

type Auth =
  | { readonly mode: "open" }
  /** The first of the secrets signs, each of them verifies. */
  | { readonly mode: "token"; readonly secrets: readonly [string, ...string[]] }
  | { readonly mode: "missing" };

export interface Settings {
  readonly auth: Auth;
  /** As `https://board.example.com`: no path, no slash at the end. */
  readonly origins: readonly string[];
  /** Queues that are divided, or what is wrong with the variable that says so. */
  readonly layouts: Result<Layouts, string>;
}

/** What the operator says of webhooks' addresses. */
export interface WebhookVariables {
  /** As it was written. */
  readonly hosts: string | undefined;
  readonly local: boolean;
}

export const webhookVariables = (env: Env): WebhookVariables => ({
  hosts: env.PRINIA_WEBHOOK_HOSTS,
  local: env.PRINIA_WEBHOOK_LOCAL === "allow",
});

/**
 * Reads the variables. An entry of `PRINIA_ORIGINS` that is no origin allows nothing: left out rather than guessed at.
 */
export function settings(env: Env): Settings {
  const origins = (env.PRINIA_ORIGINS ?? "")
    .split(/[\s,]+/)
    .map((entry) => (URL.canParse(entry) ? new URL(entry).origin : "null"))
    .filter((origin) => origin !== "null");
  return { auth: authOf(env), origins, layouts: layoutsIn(env.PRINIA_PARTITIONS ?? "") };
}

let lastRead: { readonly text: string; readonly layouts: Settings["layouts"] } | undefined;

/** Read once: it is the same for all requests. */
function layoutsIn(text: string): Settings["layouts"] {
  if (lastRead?.text !== text) lastRead = { text, layouts: parseLayouts(text) };
  return lastRead.layouts;
}

function authOf(env: Env): Auth {
  if (env.PRINIA_AUTH === "off") return { mode: "open" };
  const { PRINIA_SECRET: secret, PRINIA_SECRET_PREVIOUS: previous } = env;
  if (!secret) return { mode: "missing" };
  return { mode: "token", secrets: previous ? [secret, previous] : [secret] };
}

/** The object of one partition of a queue. */
export const queueStub = (env: Pick<Env, "QUEUE">, queue: string, partition: number): QueueStub =>
  env.QUEUE.getByName(`${queue}/${partition}`);

/** The one object that knows which queues exist. */
export const directoryStub = (env: Pick<Env, "DIRECTORY">): DirectoryStub => env.DIRECTORY.getByName("directory");
