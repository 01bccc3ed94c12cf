/** W3C trace context, as it stands in headers and in a task's meta. @see https://www.w3.org/TR/trace-context/ */

/** What a `traceparent` says. */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Of whoever wrote it, 16 hex digits. */
  readonly parentId: string;
  readonly sampled: boolean;
}

/** version, trace id, parent id, flags; versions after 00 may have more. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** `null` where it is none: then there is no trace to go on with. */
export function parseTraceparent(text: string): TraceParent | null {
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (!traceId || !parentId || !flags || (version === "00" && more !== undefined)) return null;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Characters of a tracestate that must be passed on; a longer one may be dropped. */
const MAX_TRACESTATE = 512;
const MAX_MEMBERS = 32;
const MEMBER = /^([a-z0-9][a-z0-9_*/@-]{0,255})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Whether a `tracestate` is well formed and short enough to be kept. One that is not is dropped, the trace goes on. */
export function isTracestate(text: string): boolean {
  const members = text.split(",").flatMap((member) => member.trim() || []);
  const keys = members.map((member) => MEMBER.exec(member)?.[1]);
  return (
    members.length > 0 &&
    members.length <= MAX_MEMBERS &&
    text.length <= MAX_TRACESTATE &&
    !keys.includes(undefined) &&
    new Set(keys).size === keys.length
  );
}
