/** HTTP/1.1 byte by byte: requests that no client library would send as they are. */

import { connect } from "node:net";
import type { Problem } from "../../../src/protocol/answers.ts";

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

const PATIENCE_MS = 10_000;

/**
 * Sends bytes on a connection of their own.
 *
 * @returns the answer; `null` when the server closed without one
 */
export function exchange(port: number, bytes: string | Uint8Array, leave = false): Promise<Reply | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply | null>();
  const pieces: Buffer[] = [];
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer came to what was sent")));
  socket.on("data", (piece) => pieces.push(piece));
  socket.once("error", (error: NodeJS.ErrnoException) => {
    // A server that closes on nonsense may do so while it is still being sent.
    if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
  });
  socket.once("close", () => resolve(replyOf(Buffer.concat(pieces))));
  socket.once("end", () => socket.end());
  socket.write(bytes);
  if (leave) socket.end();
  return promise;
}

function replyOf(bytes: Buffer): Reply | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = new Map(
    lines.map((line) => [before(line).toLowerCase(), line.slice(before(line).length + 1).trim()]),
  );
  const body = bytes.subarray(end + 4);
  const chunked = headers.get("transfer-encoding") === "chunked";
  return { status: Number(first.split(" ")[1]), headers, text: (chunked ? joined(body) : body).toString("utf8") };
}

const before = (line: string): string => line.slice(0, line.indexOf(":"));

function joined(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf("\r\n", at);
    const size = line < 0 ? 0 : Number.parseInt(body.toString("latin1", at, line), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** A well-formed request of odd content; the header lines may be anything. */
export function requestBytes(
  method: string,
  target: string,
  headers: readonly string[],
  body: Uint8Array | null,
): Uint8Array {
  const sized = body === null || headers.some((line) => /^(?:content-length|transfer-encoding):/i.test(line));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(headers.some((line) => /^host:/i.test(line)) ? [] : ["host: 127.0.0.1"]),
    "connection: close",
    ...(sized ? [] : [`content-length: ${body.byteLength}`]),
    ...headers,
  ];
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "utf8");
  return body === null ? head : Buffer.concat([head, body]);
}

/** The problem that an answer is; nothing when it is none. */
export function problemIn({ headers, text }: Reply): Problem | undefined {
  if (!headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  return JSON.parse(text) as Problem;
}
