/** The audit log: a line for every verb that manages, whether it was let or not. Never args, tokens or keys. */

import { MAX_SUBJECT_LENGTH } from "../limits.ts";
import { STATUS_OF } from "../protocol/problem.ts";
import type { Result } from "../task/result.ts";
import type { Access } from "./access.ts";
import type { Verified } from "./token.ts";

/** Who did it: by what right, and under which name. */
export interface Actor {
  readonly via: "token" | "binding" | "open";
  /** Worked out only where it is written down. */
  readonly name: () => Promise<string>;
}

const named = (via: Actor["via"], name: string): Actor => ({ via, name: () => Promise.resolve(name) });

/** Whoever reaches an open server. */
export const ANYBODY = named("open", "anybody");
/** A Worker that is bound to this one. */
export const BINDING = named("binding", "binding");

/** The bearer of a token: as its `sub` says, else by its fingerprint. */
export const actorOf = ({ subject, signed }: Verified): Actor =>
  subject === null
    ? { via: "token", name: () => fingerprint(signed) }
    : named("token", subject.slice(0, MAX_SUBJECT_LENGTH));

/** Digits of a fingerprint: enough to tell tokens apart. */
const FINGERPRINT_LENGTH = 12;

/** Of what was signed and not of the signature, which is the secret part, and can be written in more than one way. */
async function fingerprint(signed: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(signed));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `token:${hex.slice(0, FINGERPRINT_LENGTH)}`;
}

/** What a verb tells of what it did. */
export interface AuditNote {
  /** How many it changed; in a dry run, how many it would have. */
  readonly count?: number;
  readonly dryRun?: true;
}

/** Whether a route's verb is one that manages: whoever adds one cannot forget it here. */
export const isAudited = (access: Access): boolean =>
  typeof access !== "string" && (access.includes("manage") || access.includes("admin"));

/** One call of such a verb, from its coming to its end. */
export class Audit {
  readonly #verb: string;
  /** Who calls, once that is known. */
  actor: Actor | null = null;
  /** The names in the path, once they are read. */
  parameters: Readonly<Record<string, string>> = {};
  note: AuditNote = {};

  /** @param verb the operation, as in the OpenAPI document */
  constructor(verb: string) {
    this.#verb = verb;
  }

  /** Writes the line. */
  async write(at: number, outcome: Result<Response>): Promise<void> {
    const { queue = null, id: task } = this.parameters;
    const ended = outcome.ok
      ? { status: outcome.value.status }
      : { status: STATUS_OF[outcome.error.code], code: outcome.error.code };
    const line = {
      type: "audit",
      at,
      who: (await this.actor?.name()) ?? null,
      via: this.actor?.via ?? null,
      verb: this.#verb,
      queue,
      ...(task === undefined ? {} : { task }),
      ...ended,
      ...(outcome.ok ? this.note : {}),
    };
    console.log(JSON.stringify(line));
  }
}
