/** Backend.poll, acks, heartbeats, and workers that come and go. */

import {
  eventsAnswerSchema,
  goodbyeAnswerSchema,
  heartbeatAnswerSchema,
  pollAnswerSchema,
  registeredSchema,
} from "../../protocol/answers.ts";
import { listText, objectText } from "../../protocol/encode.ts";
import { decodeEvents, decodePoll, eventsBodySchema, type PollInput, pollSchema } from "../../protocol/events.ts";
import { workersAnswerSchema } from "../../protocol/queue-answers.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { registerSchema, sessionSchema } from "../../protocol/workers.ts";
import { ok, type Result } from "../../task/result.ts";
import type { EventAnswer } from "../../task/task.ts";
import { json, jsonText } from "../answer.ts";
import { reportEvents } from "../events.ts";
import { type Held, held, orBeat } from "../held.ts";
import { longPoll, NO_TASKS, release } from "../long-poll.ts";
import { pollQueue } from "../poll.ts";
import { type Arrival, type Route, route } from "../route.ts";
import { Stop } from "../stop.ts";
import { goodbye, heartbeat, register, workers } from "../workers.ts";

interface Polled {
  readonly session: string;
  readonly events: readonly EventAnswer[];
}

/** The answer to a poll; `tasks` is a JSON list. */
const pollText = ({ session, events }: Polled, tasks: string): string =>
  objectText({ session: JSON.stringify(session), tasks, events: JSON.stringify(events) });

/** Waits for tasks. Where none come soon, or some do, the answer begins with blanks; a refusal then becomes no tasks. */
async function hold(call: Arrival, queue: string, input: PollInput, polled: Polled): Promise<Result<Response>> {
  const { signal } = call.request;
  const stop = new Stop(call.timing, input.waitMs, signal);
  const waiting = longPoll(call, queue, input, polled.session, stop);
  // Should the client go away, what was claimed for it must still be given back.
  call.background(waiting);
  const soon = await orBeat(call.timing, waiting);
  // The answers to events that were applied are worth more than a refusal, which the next poll will get too.
  if (soon?.ok === false && polled.events.length === 0) return soon;
  if (soon !== null && tasksOf(soon) === NO_TASKS) return ok(jsonText(pollText(polled, NO_TASKS)));
  const answer = waiting.then((later): Held => {
    const tasks = tasksOf(later);
    return { text: pollText(polled, tasks), precious: tasks !== NO_TASKS };
  });
  const { response, lost } = held(call.timing, answer, signal, stop);
  call.background(lost.then(async (isLost) => isLost && release(call, queue, tasksOf(await waiting))));
  return ok(response);
}

const tasksOf = (later: Result<string>): string => (later.ok ? later.value : NO_TASKS);

const pollRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/poll",
  operation: "poll",
  summary: "Claim tasks, and report on those of the last round; with waitMs, wait until there is something",
  access: ["work"],
  body: { schema: pollSchema, decode: decodePoll },
  refusals: ["worker_not_found"],
  answers: { 200: { description: "Leased tasks, and an answer to each event", schema: pollAnswerSchema } },
  handle: async (call) => {
    const { queue } = call.parameters;
    const { signal } = call.request;
    const first = await pollQueue(call, queue, call.body);
    if (!first.ok) return first;
    const { session, tasks, events } = first.value;
    call.beats.tell(call, queue, { worker: call.body.worker, session });
    if (tasks.length > 0 || call.body.waitMs === 0) {
      const claimed = listText(tasks);
      if (signal.aborted) call.background(release(call, queue, claimed));
      return ok(jsonText(pollText({ session, events }, claimed)));
    }
    return hold(call, queue, call.body, { session, events });
  },
});

const eventsRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/events",
  operation: "reportEvents",
  summary: "Report on leased tasks: start, ack, snooze, release, extend, progress",
  access: ["work"],
  body: { schema: eventsBodySchema, decode: decodeEvents },
  refusals: ["worker_not_found"],
  answers: { 200: { description: "An answer to each event, in order", schema: eventsAnswerSchema } },
  handle: async (call) => {
    const { queue } = call.parameters;
    const answered = await reportEvents(call, queue, call.body);
    if (!answered.ok) return answered;
    const { worker, session } = call.body;
    if (worker !== undefined && session !== undefined) call.beats.tell(call, queue, { worker, session });
    return ok(json({ events: answered.value.events }));
  },
});

const registerRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/workers",
  operation: "registerWorker",
  summary: "Register a worker: it gets a session, and an older one of its name may claim no more",
  access: ["work"],
  body: { schema: registerSchema, decode: (text) => decodeBody(registerSchema, text) },
  answers: { 201: { description: "Registered", schema: registeredSchema } },
  handle: async (call) => {
    const registered = await register(call, call.parameters.queue, call.body);
    return registered.ok ? ok(json(registered.value, 201)) : registered;
  },
});

const workersRoute = route({
  method: "GET",
  path: "/v1/queues/:queue/workers",
  operation: "listWorkers",
  summary: "List the workers of a queue; silent ones stay until their leases are gone",
  access: ["read"],
  answers: { 200: { description: "The workers", schema: workersAnswerSchema } },
  handle: async (call) => {
    const listed = await workers(call, call.parameters.queue);
    return listed.ok ? ok(json(listed.value)) : listed;
  },
});

const heartbeatRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/workers/:worker/heartbeat",
  operation: "heartbeat",
  summary: "A sign of life of a worker that is busy",
  access: ["work"],
  body: { schema: sessionSchema, decode: (text) => decodeBody(sessionSchema, text) },
  refusals: ["worker_not_found"],
  answers: { 200: { description: "How long it may be silent", schema: heartbeatAnswerSchema } },
  handle: async (call) => {
    const { queue, worker } = call.parameters;
    const { session } = call.body;
    const heard = await heartbeat(call, queue, { worker, session });
    return heard.ok ? ok(json(heard.value)) : heard;
  },
});

const goodbyeRoute = route({
  method: "DELETE",
  path: "/v1/queues/:queue/workers/:worker",
  operation: "goodbye",
  summary: "A worker leaves: its Queued tasks go back, its Running ones are orphaned at once",
  access: ["work"],
  body: { schema: sessionSchema, decode: (text) => decodeBody(sessionSchema, text) },
  refusals: ["worker_not_found"],
  answers: { 200: { description: "How many Queued tasks went back", schema: goodbyeAnswerSchema } },
  handle: async (call) => {
    const { queue, worker } = call.parameters;
    const { session } = call.body;
    const left = await goodbye(call, queue, { worker, session });
    return left.ok ? ok(json(left.value)) : left;
  },
});

export const workRoutes: readonly Route[] = [
  pollRoute,
  eventsRoute,
  registerRoute,
  workersRoute,
  heartbeatRoute,
  goodbyeRoute,
];
