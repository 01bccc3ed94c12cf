/**
 * Remix and React Router. In an app these are two resource routes: `app/routes/emails.ts` has the `action`, and
 * `app/routes/emails.$id.ts` the `loader`.
 */

import { send, status } from "./emails.ts";

interface Args {
  readonly request: Request;
  readonly params: Readonly<Record<string, string | undefined>>;
}

export async function action({ request }: Args): Promise<Response> {
  if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
  return send(request, "/emails");
}

export const loader = ({ params }: Args): Promise<Response> => status(params.id ?? "");
