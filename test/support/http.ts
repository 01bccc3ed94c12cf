/** JSON over HTTP, for tests: any answer is returned, whatever its status. */

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or plain text; undefined when the body was empty. */
  readonly body: T;
}

export interface Http {
  /** `headers` are added to the client's. A body that is not a string is sent as JSON. */
  call<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  get<T = unknown>(path: string): Promise<Answer<T>>;
  post<T = unknown>(path: string, body?: unknown): Promise<Answer<T>>;
}

function parsed(text: string, { headers }: Response) {
  if (text === "") return undefined;
  return headers.get("content-type")?.startsWith("text/plain") ? text : JSON.parse(text);
}

/**
 * A client of one server.
 * @param url the server's, without a slash at the end
 * @param token sent as a bearer token with each request
 */
export function http(url: string, token?: string): Http {
  const call = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? (body ?? null) : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text, response) };
  };
  return {
    call,
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}
