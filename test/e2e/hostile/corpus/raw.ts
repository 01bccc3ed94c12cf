/** Bytes that are hardly HTTP: what stands before the Worker answers them, or closes. */

const QUEUE = "/v1/queues/hostile%20bytes/tasks";
const TASK = '{"args":1}';

const post = (headers: readonly string[], body = TASK, line = `POST ${QUEUE} HTTP/1.1`): string =>
  [line, "host: 127.0.0.1", "content-type: application/json", "connection: close", ...headers, "", body].join("\r\n");

/** Each must be answered by a 4xx or by a close, and push nothing. `501` is the HTTP server's word for a method that it does not know. */
export const raw: readonly (readonly [name: string, bytes: string])[] = [
  ["no HTTP at all", "hello\r\n\r\n"],
  ["the beginning of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"],
  ["HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a method of nobody", post([`content-length: ${TASK.length}`], TASK, `BREW ${QUEUE} HTTP/1.1`)],
  ["a method in lower case", post([`content-length: ${TASK.length}`], TASK, `post ${QUEUE} HTTP/1.1`)],
  ["no target", post([`content-length: ${TASK.length}`], TASK, "POST HTTP/1.1")],
  ["a target with a null character", post([`content-length: ${TASK.length}`], TASK, `POST ${QUEUE}\0 HTTP/1.1`)],
  ["a header without a colon", post(["surprise", `content-length: ${TASK.length}`])],
  ["a header with a null character", post(["x: a\0b", `content-length: ${TASK.length}`])],
  ["a header name with a blank", post(["content length: 10"])],
  ["two lengths that differ", post(["content-length: 10", "content-length: 3"])],
  ["a negative length", post(["content-length: -1"])],
  ["a length that is no number", post(["content-length: ten"])],
  ["a length beyond what numbers hold", post([`content-length: ${"9".repeat(30)}`])],
  ["a chunk whose size is no number", post(["transfer-encoding: chunked"], `zz\r\n${TASK}\r\n0\r\n\r\n`)],
  ["a chunk of negative size", post(["transfer-encoding: chunked"], `-a\r\n${TASK}\r\n0\r\n\r\n`)],
  ["a chunk without its end", post(["transfer-encoding: chunked"], `ff\r\n${TASK}`)],
  ["a coding of transfer that nobody knows", post(["transfer-encoding: rot13"])],
  ["a body that ends too soon", post(["content-length: 1000"])],
  ["a header of a megabyte", post([`x: ${"x".repeat(1024 * 1024)}`, `content-length: ${TASK.length}`])],
  [
    "an address of a megabyte",
    post([`content-length: ${TASK.length}`], TASK, `POST /v1/queues/${"q".repeat(1024 * 1024)}/tasks HTTP/1.1`),
  ],
  [
    "a broken body to a route that is not there",
    post(["transfer-encoding: chunked"], "zz", "POST /v1/nothing HTTP/1.1"),
  ],
  ["a broken body from a foreign page", post(["transfer-encoding: chunked", "origin: https://evil.example"], "zz")],
  ["a broken body of a type that is not read", post(["transfer-encoding: chunked", "content-encoding: gzip"], "zz")],
];
