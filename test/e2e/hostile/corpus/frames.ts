/** Hostile frames: the error frame that each must get, on a socket that was just opened or is a worker's. */

import { nested } from "./request.ts";

const MIB = 1024 * 1024;
const START = { type: "start", id: "@pending@", lease: "l" };
const EVENTS = [START];

/** What is wrong, the frame, the error as `code path`, and the `ref` that comes back where one could be read. */
export type HostileFrame = readonly [name: string, frame: unknown, error: string, ref?: string];

const text: readonly HostileFrame[] = [
  ["nothing", "", "bad_request type"],
  ["blanks", " ", "bad_request body"],
  ["no JSON", "{", "bad_request body"],
  ["a word", "hello", "bad_request body"],
  ["a ping that is no ping", " ping", "bad_request body"],
  ["a ping in capitals", "PING", "bad_request body"],
  ["a number", "1", "bad_request body"],
  ["null", "null", "bad_request body"],
  ["a list", "[]", "bad_request type"],
  ["a list of frames", [{ type: "unwait", ref: "r" }], "bad_request type"],
  ["two frames in one", '{"type":"unwait","ref":"r"}{"type":"goodbye"}', "bad_request body", "r"],
  ["lines of frames", '{"type":"unwait","ref":"r"}\n{"type":"goodbye"}', "bad_request body", "r"],
  ["a mark before", '\ufeff{"type":"goodbye"}', "bad_request body"],
  ["a null character behind", '{"type":"goodbye"}\0', "bad_request body"],
  ["NaN", '{"type":"credit","set":NaN}', "bad_request body"],
  ["brackets without end", "[".repeat(100_000), "bad_request body"],
  [
    "args that nest too deep",
    `{"type":"push","ref":"r","tasks":[{"args":${nested(501)}}]}`,
    "bad_request tasks.0.args",
    "r",
  ],
  [
    "more than 8 MiB",
    `{"type":"push","ref":"r","tasks":[],"x":"${"x".repeat(8 * MIB)}"}`,
    "payload_too_large body",
    "r",
  ],
];

const types: readonly HostileFrame[] = [
  ["no type", {}, "bad_request type"],
  ["a type of null", { type: null }, "bad_request type"],
  ["a type that is a list", { type: ["goodbye"] }, "bad_request type"],
  ["a type of nobody", { type: "explode", ref: "r" }, "bad_request type", "r"],
  ["a type in capitals", { type: "GOODBYE" }, "bad_request type"],
  ["a type of inside", { type: "poll", worker: "w", session: "s", max: 1, autoStart: true }, "bad_request type"],
  ["another type of inside", { type: "cancel" }, "bad_request type"],
  ["a type of the server", { type: "tasks", tasks: [] }, "bad_request type"],
  ["a type that is a prototype", '{"type":"__proto__"}', "bad_request type"],
  ["a type by way of a prototype", '{"__proto__":{"type":"goodbye"}}', "bad_request type"],
  ["a type twice", '{"type":"goodbye","type":"explode"}', "bad_request type"],
  ["a goodbye with more", { type: "goodbye", force: true }, "bad_request force"],
  ["a prototype", '{"type":"unwait","ref":"r","__proto__":{}}', "bad_request __proto__", "r"],
  ["a constructor", { type: "unwait", ref: "r", constructor: 1 }, "bad_request constructor", "r"],
];

const refs: readonly HostileFrame[] = [
  ["a push without a ref", { type: "push", tasks: [{ args: 1 }] }, "bad_request ref"],
  ["events without a ref", { type: "events", events: EVENTS }, "bad_request ref"],
  ["a wait without a ref", { type: "wait", ids: ["a"] }, "bad_request ref"],
  ["a watch without a ref", { type: "watch", topics: ["tasks"] }, "bad_request ref"],
  ["an unwait without a ref", { type: "unwait" }, "bad_request ref"],
  ["an empty ref", { type: "unwait", ref: "" }, "bad_request ref"],
  ["a long ref", { type: "unwait", ref: "r".repeat(65) }, "bad_request ref"],
  ["a ref of null", { type: "unwait", ref: null }, "bad_request ref"],
  ["a ref that is a number", { type: "unwait", ref: 1 }, "bad_request ref"],
  ["a ref of half a pair", '{"type":"unwait","ref":"\\ud800"}', "bad_request ref"],
];

const workers: readonly HostileFrame[] = [
  ["credit before a register", { type: "credit", credit: 1 }, "bad_request credit"],
  ["credit set before a register", { type: "credit", set: 1 }, "bad_request credit"],
  [
    "credit with events before a register",
    { type: "events", ref: "r", events: EVENTS, credit: 1 },
    "bad_request credit",
    "r",
  ],
  ["a worker without a name", { type: "register", credit: 1 }, "bad_request worker"],
  ["a worker of an empty name", { type: "register", worker: "", credit: 1 }, "bad_request worker"],
  ["a worker of a way up", { type: "register", worker: "..", credit: 1 }, "bad_request worker"],
  ["a worker of a long name", { type: "register", worker: "w".repeat(256), credit: 1 }, "bad_request worker"],
  ["a worker without credit", { type: "register", worker: "w" }, "bad_request credit"],
  ["a worker of negative credit", { type: "register", worker: "w", credit: -1 }, "bad_request credit"],
  ["a worker of half a credit", { type: "register", worker: "w", credit: 0.5 }, "bad_request credit"],
  ["a worker of much credit", { type: "register", worker: "w", credit: 10_001 }, "bad_request credit"],
  ["a worker of credit without end", '{"type":"register","worker":"w","credit":1e999}', "bad_request credit"],
  ["a worker of credit in text", { type: "register", worker: "w", credit: "1" }, "bad_request credit"],
  ["a session of null", { type: "register", worker: "w", credit: 0, session: null }, "bad_request session"],
  ["a long session", { type: "register", worker: "w", credit: 0, session: "s".repeat(65) }, "bad_request session"],
  ["leases that are text", { type: "register", worker: "w", credit: 0, held: "l" }, "bad_request held"],
  ["a lease that is a number", { type: "register", worker: "w", credit: 0, held: ["l", 1] }, "bad_request held.1"],
  ["10001 leases", { type: "register", worker: "w", credit: 0, held: Array(10_001).fill("l") }, "bad_request held"],
  ["a flag of 1", { type: "register", worker: "w", credit: 0, autoStart: 1 }, "bad_request autoStart"],
  ["layers of nothing", { type: "register", worker: "w", credit: 0, layers: null }, "bad_request layers"],
  ["info of nothing", { type: "register", worker: "w", credit: 0, info: null }, "bad_request info"],
  ["large info", { type: "register", worker: "w", credit: 0, info: "i".repeat(8192) }, "payload_too_large info"],
  ["a register with a ref", { type: "register", worker: "w", credit: 0, ref: "r" }, "bad_request ref", "r"],
  ["no events", { type: "events", ref: "r", events: [] }, "bad_request events", "r"],
  ["1001 events", { type: "events", ref: "r", events: Array(1001).fill(START) }, "bad_request events", "r"],
  ["events that are an object", { type: "events", ref: "r", events: START }, "bad_request events", "r"],
  [
    "an event without a lease",
    { type: "events", ref: "r", events: [START, { type: "start", id: "a" }] },
    "bad_request events.1.lease",
    "r",
  ],
  [
    "an event of nobody's type",
    { type: "events", ref: "r", events: [{ ...START, type: "ping" }] },
    "bad_request events.0.type",
    "r",
  ],
  [
    "a result that is both",
    { type: "events", ref: "r", events: [{ ...START, type: "ack", result: { ok: 1, err: "x" } }] },
    "bad_request events.0.result.err",
    "r",
  ],
];

const others: readonly HostileFrame[] = [
  ["no tasks", { type: "push", ref: "r", tasks: [] }, "bad_request tasks", "r"],
  ["a task that is no list", { type: "push", ref: "r", tasks: { args: 1 } }, "bad_request tasks", "r"],
  ["1001 tasks", { type: "push", ref: "r", tasks: Array(1001).fill({ args: 1 }) }, "bad_request tasks", "r"],
  [
    "a bad task behind a good one",
    { type: "push", ref: "r", tasks: [{ args: 1 }, { args: 1, priority: "x" }] },
    "bad_request tasks.1.priority",
    "r",
  ],
  ["large args", { type: "push", ref: "r", tasks: [{ args: "x".repeat(MIB) }] }, "payload_too_large tasks.0.args", "r"],
  [
    "args of another codec that are none",
    { type: "push", ref: "r", tasks: [{ args: {}, codec: "msgpack" }] },
    "bad_request tasks.0.args",
    "r",
  ],
  [
    "both of two times",
    { type: "push", ref: "r", tasks: [{ args: 1, runAt: 1, delayMs: 1 }] },
    "bad_request tasks.0.delayMs",
    "r",
  ],
  ["no ids", { type: "wait", ref: "r", ids: [] }, "bad_request ids", "r"],
  ["ids that are text", { type: "wait", ref: "r", ids: "@pending@" }, "bad_request ids", "r"],
  ["an id that is null", { type: "wait", ref: "r", ids: ["a", null] }, "bad_request ids.1", "r"],
  ["1001 ids", { type: "wait", ref: "r", ids: Array(1001).fill("a") }, "bad_request ids", "r"],
  ["an id of another partition", { type: "wait", ref: "r", ids: ["@elsewhere@"] }, "wrong_partition ids", "r"],
  ["a wait with a time", { type: "wait", ref: "r", ids: ["a"], waitMs: 1 }, "bad_request waitMs", "r"],
  ["a wait with progress of 1", { type: "wait", ref: "r", ids: ["a"], progress: 1 }, "bad_request progress", "r"],
  ["no topics", { type: "watch", ref: "r", topics: [] }, "bad_request topics", "r"],
  ["a topic that is text", { type: "watch", ref: "r", topics: "tasks" }, "bad_request topics", "r"],
  ["a topic of nobody", { type: "watch", ref: "r", topics: ["secrets"] }, "bad_request topics.0", "r"],
  ["four topics", { type: "watch", ref: "r", topics: ["tasks", "tasks", "tasks", "tasks"] }, "bad_request topics", "r"],
];

/** On a socket that has not registered. */
export const fresh: readonly HostileFrame[] = [...text, ...types, ...refs, ...workers, ...others];

/** On the socket of a worker without credit. */
export const registered: readonly HostileFrame[] = [
  ["a second register", { type: "register", worker: "other", credit: 1 }, "bad_request type"],
  ["a register of itself", { type: "register", worker: "frames", credit: 1 }, "bad_request type"],
  ["no credit", { type: "credit" }, "bad_request credit"],
  ["credit in two ways", { type: "credit", credit: 1, set: 1 }, "bad_request set"],
  ["negative credit", { type: "credit", credit: -1 }, "bad_request credit"],
  ["negative credit that is set", { type: "credit", set: -1 }, "bad_request set"],
  ["half a credit", { type: "credit", credit: 1.5 }, "bad_request credit"],
  ["credit of 40 digits", `{"type":"credit","credit":${"9".repeat(40)}}`, "bad_request credit"],
  ["10001 credits", { type: "credit", credit: 10_001 }, "bad_request credit"],
  ["10001 credits that are set", { type: "credit", set: 10_001 }, "bad_request set"],
  ["credit that is null", { type: "credit", credit: null }, "bad_request credit"],
  ["credit with a ref", { type: "credit", credit: 1, ref: "r" }, "bad_request ref", "r"],
  ["events with negative credit", { type: "events", ref: "r", events: EVENTS, credit: -1 }, "bad_request credit", "r"],
];

/** What a socket over all queues does not take. */
export const overall: readonly HostileFrame[] = [
  ["a register", { type: "register", worker: "w", credit: 1 }, "bad_request type"],
  ["a push", { type: "push", ref: "r", tasks: [{ args: 1 }] }, "bad_request type", "r"],
  ["a wait", { type: "wait", ref: "r", ids: ["a"] }, "bad_request type", "r"],
  ["a watch of tasks", { type: "watch", ref: "r", topics: ["tasks"] }, "bad_request topics", "r"],
  ["no JSON", "{", "bad_request body"],
  ["a prototype", '{"type":"watch","ref":"r","topics":["stats"],"__proto__":1}', "bad_request __proto__", "r"],
];
