/**
 * SvelteKit. In an app these are two files: `src/routes/emails/+server.ts` has `POST`, and
 * `src/routes/emails/[id]/+server.ts` has `GET`.
 */

import { send, status } from "./emails.ts";

interface Event {
  readonly request: Request;
  readonly params: Readonly<Partial<Record<string, string>>>;
}

export const POST = ({ request }: Event): Promise<Response> => send(request, "/emails");

export const GET = ({ params }: Event): Promise<Response> => status(params.id ?? "");
