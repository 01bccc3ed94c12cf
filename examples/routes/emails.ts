/** The queue behind the routes beside this file: pushes an email, and says how it goes. Web standards are all it needs. */

import { DurableBackend, http, PriniaError, type PriniaErrorCode } from "prinia";

export interface Email {
  readonly to: string;
}

const emails = (): DurableBackend<Email, string> =>
  new DurableBackend(
    "emails",
    http({ url: process.env.PRINIA_URL ?? "http://127.0.0.1:8787", token: process.env.PRINIA_TOKEN }),
  );

const PATIENCE_MS = 2_000;

/** Pushes what the body says, once for each address: 202 with where to look, 400 for a body that is no email. */
export async function send(request: Request, statusPath: string): Promise<Response> {
  const body: unknown = await request.json().catch(() => null);
  if (!isEmail(body)) return Response.json({ error: "`to` is missing, or is no address" }, { status: 400 });
  return answered(async () => {
    const task = { args: { to: body.to }, idempotencyKey: `welcome ${body.to}` };
    // Tried again while there is time: a visitor waits for the answer.
    const { id } = await emails().pushTask(task, { retry: true, signal: AbortSignal.timeout(PATIENCE_MS) });
    return Response.json({ id }, { status: 202, headers: { location: `${statusPath}/${id}` } });
  });
}

/** How the task stands: 404 for one that is not there. */
export function status(id: string): Promise<Response> {
  return answered(async () => {
    const task = await emails().fetchById(id);
    if (task === null) return Response.json({ error: "there is no such email" }, { status: 404 });
    return Response.json({ id, status: task.status, attempt: task.attempt, result: task.lastResult ?? null });
  });
}

const isEmail = (body: unknown): body is Email =>
  typeof body === "object" && body !== null && "to" in body && typeof body.to === "string" && body.to.includes("@");

/** Later it may work: a visitor is told so, and not why. */
const PASSING: ReadonlySet<PriniaErrorCode> = new Set(["overloaded", "unreachable", "too_many_requests"]);

async function answered(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    const refusal = error instanceof PriniaError ? error : undefined;
    if (!isLate && !(refusal && PASSING.has(refusal.code))) throw error;
    const seconds = Math.ceil((refusal?.retryAfterMs ?? 1_000) / 1_000);
    return Response.json({ error: "try again later" }, { status: 503, headers: { "retry-after": String(seconds) } });
  }
}
