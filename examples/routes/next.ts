/**
 * Next.js, with the app router at the edge. In an app these are two files: `app/api/emails/route.ts` has `POST`, and
 * `app/api/emails/[id]/route.ts` has `GET`.
 */

import { send, status } from "./emails.ts";

export const runtime = "edge";

export const POST = (request: Request): Promise<Response> => send(request, "/api/emails");

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export async function GET(_request: Request, { params }: Context): Promise<Response> {
  return status((await params).id);
}
