/** Driver: the same over HTTP, through the app with all its routes, to the object behind it. */

import { exports } from "cloudflare:workers";
import type { Answer, Call, CallOf, SeenTask, SeenWorker, Sight, System } from "../../model/port.ts";
import type { Lab } from "../object/lab.ts";
import { type Numbers, sightOf, WorkerdSystem } from "./workerd.ts";

export const openHttp = (): Promise<System> =>
  WorkerdSystem.open((lab) => ({
    together: async (calls) => {
      const answers: Answer[] = [];
      for (const call of calls) answers.push(await send(lab, requestOf(call)));
      return { answers };
    },
    look: () => look(lab),
  }));

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

async function send(lab: Lab, { method, path, body }: Sent): Promise<Answer> {
  const url = `http://localhost/v1/queues/${lab.queue}${path}`;
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await exports.default.fetch(new Request(url, { method, ...sent }));
  const text = await response.text();
  const value = text === "" ? null : JSON.parse(text);
  // One task that is pushed is answered by itself.
  if (response.ok) return { ok: true, value: path === "/tasks" && "created" in value ? { tasks: [value] } : value };
  const { code, taskStatus, path: field } = value;
  return { ok: false, code, ...(taskStatus ? { taskStatus } : {}), ...(field === undefined ? {} : { path: field }) };
}

async function read<T>(lab: Lab, path: string): Promise<T> {
  const answer = await send(lab, { method: "GET", path });
  if (!answer.ok) throw new Error(`GET ${path} was refused: ${answer.code}`);
  return answer.value as T;
}

async function look(lab: Lab): Promise<Sight> {
  const [{ tasks }, numbers, { workers }, alarmAt] = await Promise.all([
    read<{ tasks: SeenTask[] }>(lab, "/tasks?order=oldest&limit=1000"),
    read<Numbers>(lab, "/stats"),
    read<{ workers: SeenWorker[] }>(lab, "/workers"),
    lab.alarmAt(),
  ]);
  return sightOf(tasks, numbers, workers, alarmAt);
}

const post = (path: string, body: unknown = {}): Sent => ({ method: "POST", path, body });

function requestOf(call: Call): Sent {
  switch (call.verb) {
    case "push":
      return post("/tasks", call.single ? call.tasks[0] : call.tasks);
    case "poll":
    case "events": {
      const { verb, ...body } = call;
      return post(`/${verb}`, body);
    }
    case "register":
      return post("/workers", { worker: call.worker });
    case "heartbeat":
      return post(`/workers/${call.worker}/heartbeat`, { session: call.session });
    case "goodbye":
      return { method: "DELETE", path: `/workers/${call.worker}`, body: { session: call.session } };
    case "configure":
      return { method: "PATCH", path: "/config", body: call.change };
    case "purge":
      return post("/purge");
    case "drop":
      return { method: "DELETE", path: call.force ? "?force=true" : "" };
    case "resumeAbandoned":
      return post("/resume-abandoned");
    default:
      return aboutTasks(call);
  }
}

type AboutTasks = CallOf<
  "fetch" | "resume" | "cancel" | "delete" | "reschedule" | "update" | "bulk" | "vacuum" | "list" | "status"
>;

function aboutTasks(call: AboutTasks): Sent {
  switch (call.verb) {
    case "fetch":
      return { method: "GET", path: `/tasks/${call.id}` };
    case "delete":
      return { method: "DELETE", path: `/tasks/${call.id}` };
    case "resume":
    case "cancel":
      return post(`/tasks/${call.id}/${call.verb}`);
    case "reschedule": {
      const { verb, id, ...when } = call;
      return post(`/tasks/${id}/${verb}`, when);
    }
    case "update":
      return { method: "PATCH", path: `/tasks/${call.id}`, body: call.patch };
    case "bulk": {
      const { verb: _, of, ...order } = call;
      return post(`/tasks/${of}`, order);
    }
    case "vacuum": {
      const { verb, ...order } = call;
      return post(`/${verb}`, order);
    }
    case "status":
      return post("/status", { ids: call.ids });
    default: {
      const query = Object.entries(call.query).map(([field, value]) => [field, String(value)]);
      return { method: "GET", path: `/tasks?${new URLSearchParams(query)}` };
    }
  }
}
