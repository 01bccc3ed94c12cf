import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/cleanup.ts";
import { http } from "../support/http.ts";
import { groupOf, until } from "../support/processes.ts";
import { freePort, type Server, spawnServe, startServe } from "../support/server.ts";
import { openSocket } from "../support/socket.ts";

/** Longer than the grace of a stop, and than what a busy machine adds. */
const STOP_MS = 8_000;

const push = async ({ url, stderr }: Server): Promise<string> => {
  const answer = await http(url).post<{ id: string }>("/v1/queues/kept/tasks", { args: { n: 1 } });
  expect(answer, stderr()).toMatchObject({ status: 201 });
  return answer.body.id;
};

const statusOf = async ({ url }: Server, id: string): Promise<number> =>
  (await http(url).get(`/v1/queues/kept/tasks/${id}`)).status;

test("prints one line when it listens, and nothing else on standard output", async () => {
  const server = await startServe();
  expect(server.stdout()).toBe(`Prinia listens on ${server.url} (data in ${server.data})\n`);
  expect(server.stderr()).toBe("");
});

test("listens on the port that it is given", async () => {
  const port = await freePort();
  const server = await startServe({ port });
  expect(server.url).toBe(`http://127.0.0.1:${port}`);
});

test("exits with 0 on SIGTERM, and keeps its tasks for the next run", async () => {
  const server = await startServe();
  const id = await push(server);
  expect(await server.stop()).toBe(0);
  expect(groupOf(server.pid)).toEqual([]);
  const next = await server.restart();
  expect(await statusOf(next, id)).toBe(200);
});

test("exits with 0 on SIGTERM though a hibernatable socket is open", async () => {
  const server = await startServe();
  const socket = await openSocket(`${server.url}/v1/queues/kept/socket`);
  socket.send("ping");
  await socket.next("pong");
  const before = Date.now();
  expect(await server.stop()).toBe(0);
  expect(Date.now() - before).toBeLessThan(STOP_MS);
  expect((await socket.closed).code).toBe(1006);
  expect(groupOf(server.pid)).toEqual([]);
});

test("exits with 0 on Ctrl-C, which its children get as well", async () => {
  const server = await startServe();
  process.kill(-server.pid, "SIGINT");
  expect(await server.exited).toBe(0);
  expect(server.stderr()).toBe("");
});

test("keeps every task that it answered for when all its processes are killed", async () => {
  const server = await startServe();
  const ids = await Promise.all(Array.from({ length: 20 }, () => push(server)));
  await server.kill();
  const next = await server.restart();
  expect(next.url).toBe(server.url);
  for (const id of ids) expect(await statusOf(next, id)).toBe(200);
});

test("leaves no workerd behind when it alone is killed, and starts again on the same data at once", async () => {
  const server = await startServe();
  const id = await push(server);
  expect(groupOf(server.pid).filter(({ command }) => command.includes("workerd serve"))).toHaveLength(1);
  process.kill(server.pid, "SIGKILL");
  const next = await server.restart();
  expect(await statusOf(next, id)).toBe(200);
  await until(() => groupOf(server.pid).length === 0, "the processes of the first run were gone");
});

test("says so and exits with 1 when workerd dies", async () => {
  const server = await startServe();
  for (const { pid, command } of groupOf(server.pid)) {
    if (command.includes("workerd serve")) process.kill(pid, "SIGKILL");
  }
  expect(await server.exited).toBe(1);
  expect(server.stderr()).toContain("workerd ended by itself (SIGKILL)");
  expect(groupOf(server.pid)).toEqual([]);
});

test("stops and exits with 1 when the lock of its data is lost", async () => {
  const server = await startServe();
  for (const { pid, command } of groupOf(server.pid)) {
    if (command.includes("guard.ts")) process.kill(pid, "SIGKILL");
  }
  expect(await server.exited).toBe(1);
  expect(server.stderr()).toContain("holds the lock of the data folder");
  expect(groupOf(server.pid)).toEqual([]);
});

test("is refused a data folder that another serve uses", async () => {
  const server = await startServe();
  const second = spawnServe({ PRINIA_DATA: server.data, PORT: "0" });
  expect(await second.exited).toBe(1);
  expect(second.stdout()).toBe("");
  expect(second.stderr()).toContain(
    `The data folder ${server.data} is in use by another serve (process ${server.pid})`,
  );
  expect((await http(server.url).get("/v1/health")).status).toBe(200);
});

test("is refused a port that is taken", async () => {
  const port = await freePort();
  const holder = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => {
    holder.close();
  });
  const command = spawnServe({ PRINIA_DATA: temporaryFolder(), PORT: String(port) });
  expect(await command.exited).toBe(1);
  expect(command.stdout()).toBe("");
  expect(command.stderr()).toContain(`Port ${port} on 127.0.0.1 is taken`);
});

test.for([
  ["a port that is no number", { PORT: "http" }, 'PORT is "http"'],
  ["a port that is too high", { PORT: "65536" }, 'PORT is "65536"'],
  ["a host that is not this machine's", { HOST: "192.0.2.1", PORT: "0" }, 'HOST is "192.0.2.1"'],
  ["a data folder that is a file", { PRINIA_DATA: "package.json", PORT: "0" }, "The data folder package.json cannot"],
] as const)("is refused %s", async ([, env, error]) => {
  const command = spawnServe({ PRINIA_DATA: temporaryFolder(), ...env });
  expect(await command.exited).toBe(1);
  expect(command.stdout()).toBe("");
  expect(command.stderr()).toContain(error);
  expect(command.stderr()).not.toMatch(/^ +at /m);
});

test("shows its secret neither in a process list nor in a file, and its data to nobody else", async () => {
  const secret = "a secret that is long enough to be one";
  const data = join(temporaryFolder(), "data");
  const server = await startServe({ data, env: { PRINIA_SECRET: secret } });
  expect((await http(server.url).get("/v1/queues")).body).toMatchObject({ code: "unauthorized" });
  expect(statSync(data).mode & 0o077).toBe(0);
  for (const { command } of groupOf(server.pid)) expect(command).not.toContain(secret);
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(2);
  for (const { parentPath, name } of files)
    expect(readFileSync(join(parentPath, name), "latin1")).not.toContain(secret);
});

test("says what to do when nobody may use it", async () => {
  const server = await startServe({ env: { PRINIA_AUTH: "" } });
  expect(server.stderr()).toContain("set PRINIA_SECRET, or PRINIA_AUTH=off");
});
