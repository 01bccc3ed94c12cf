/** Sockets that register and never read: the WebSocket protocol by hand, since every client reads. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { groupOf } from "../support/processes.ts";

/** Opens a socket, sends its frames, and reads nothing but the answer to the opening. */
export async function openDeaf(url: string, queue: string, frames: readonly object[]): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(
    [
      `GET /v1/queues/${queue}/socket HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: prinia.v1",
      "\r\n",
    ].join("\r\n"),
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString("latin1").startsWith("HTTP/1.1 101")) throw new Error(`refused: ${answer}`);
  socket.pause();
  for (const frame of frames) socket.write(textFrame(JSON.stringify(frame)));
  return socket;
}

/** A text frame of at most 65,535 bytes, masked with zeros, which leaves it as it is. */
function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.set([0x81, 0x80 | 126], 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** Memory that workerd, in the process group of a server, holds, in MiB. */
export function memoryOf(group: number): number {
  const workerd = groupOf(group).find(({ command }) => /workerd.* serve /.test(command));
  if (!workerd) throw new Error("no workerd runs");
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${workerd.pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
