/** What every answer must be, whatever was asked. */

/** What a judge needs to see of an answer. */
export interface Seen {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

const LEAKS = / at .*\.[jt]s:\d|SQLITE|valibot|TypeError|\[object Object\]/;

/** What is wrong with an answer; nothing if it is a success or a refusal as the protocol has it. */
export function faultOf({ status, type, text }: Seen): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status < 400 || status >= 500) return `it was answered ${status}: ${text.slice(0, 300)}`;
  if (type !== "application/problem+json") return `it was answered ${status} as ${type}`;
  const { code, detail, path } = JSON.parse(text) as Record<string, unknown>;
  return refusalFault(code, detail, path);
}

/** The same of a refusal by itself: a problem, or an error frame. */
export function refusalFault(code: unknown, detail: unknown, path: unknown): string | undefined {
  if (typeof code !== "string" || code === "internal") return `its code is ${String(code)}`;
  if (typeof detail !== "string" || detail.length > 1_000 || LEAKS.test(detail))
    return `its detail is ${String(detail)}`;
  const needsPath = code === "bad_request" || code === "payload_too_large";
  return needsPath && typeof path !== "string" ? `${code} has no path` : undefined;
}

export const isRefusal = ({ status }: Pick<Seen, "status">): boolean => status >= 400;
