/** Hostile tasks: wrong types, bounds, alternatives, prototypes, fields that nobody knows. */

import { NOBODY, type Row, requests } from "./request.ts";

/** Values of one field of a task that is pushed. */
const task = (field: string, values: readonly (readonly [string, string])[]): Row[] =>
  values.map(([name, value]) => [
    `${field}: ${name}`,
    "POST /tasks",
    `{"args":1,"${field}":${value}}`,
    `bad_request ${field}`,
  ]);

const NO_INTEGERS = [
  ["a string", '"1"'],
  ["null", "null"],
  ["true", "true"],
  ["a list", "[1]"],
  ["an object", '{"valueOf":1}'],
  ["a fraction", "1.5"],
  ["more than numbers hold", "1e999"],
  ["an integer of 40 digits", "1".repeat(40)],
] as const;

export const tasks = requests([
  ["no args", "POST /tasks", "{}", "bad_request args"],
  ["no args in the second", "POST /tasks", '[{"args":1},{}]', "bad_request 1.args"],
  ["a task that is a list", "POST /tasks", "[[]]", "bad_request 0"],
  ["a task that is null", "POST /tasks", '[{"args":1},null]', "bad_request 1"],
  ...task("priority", [...NO_INTEGERS, ["below int32", "-2147483649"], ["above int32", "2147483648"]]),
  ...task("runAt", [...NO_INTEGERS, ["before all times", "-1"], ["after all times", "8640000000000001"]]),
  ...task("delayMs", [...NO_INTEGERS, ["negative", "-1"], ["more than a hundred years", "3155760000001"]]),
  ...task("maxAttempts", [...NO_INTEGERS, ["none", "0"], ["minus nothing", "-0"], ["negative", "-1"]]),
  ...task("timeoutMs", [...NO_INTEGERS, ["nothing", "0"]]),
  ...task("idempotencyKey", [
    ["a number", "1"],
    ["null", "null"],
    ["too long", `"${"k".repeat(1025)}"`],
    ["half a pair", '"\\ud800"'],
  ]),
  ...task("idempotencyUntil", [
    ["unknown", '"never"'],
    ["null", "null"],
    ["a number", "0"],
  ]),
  ...task("groupKey", [
    ["a number", "1"],
    ["null", "null"],
    ["too long in bytes", `"${"é".repeat(128)}"`],
    ["half a pair", '"\\udfff"'],
  ]),
  ...task("meta", [
    ["a list", "[]"],
    ["a string", '"{}"'],
    ["null", "null"],
    ["a number", "0"],
  ]),
  ...task("codec", [
    ["empty", '""'],
    ["null", "null"],
    ["too long", `"${"c".repeat(65)}"`],
    ["half a pair", '"\\ud800"'],
  ]),
  ["runAt and delayMs", "POST /tasks", { args: 1, runAt: 1, delayMs: 1 }, "bad_request delayMs"],
  ["both, one of them null", "POST /tasks", { args: 1, runAt: 1, delayMs: null }, "bad_request delayMs"],
  ["a backoff of no type", "POST /tasks", { args: 1, backoff: { type: "linear" } }, "bad_request backoff.type"],
  ["a backoff that is a list", "POST /tasks", { args: 1, backoff: [] }, "bad_request backoff"],
  ["a backoff that is null", "POST /tasks", { args: 1, backoff: null }, "bad_request backoff"],
  ["a factor below 1", "POST /tasks", { args: 1, backoff: { factor: 0.5 } }, "bad_request backoff.factor"],
  [
    "a factor that no number holds",
    "POST /tasks",
    '{"args":1,"backoff":{"factor":1e999}}',
    "bad_request backoff.factor",
  ],
  ["a jitter above 1", "POST /tasks", { args: 1, backoff: { jitter: 1.01 } }, "bad_request backoff.jitter"],
  ["a cap below the base", "POST /tasks", { args: 1, backoff: { baseMs: 2, maxMs: 1 } }, "bad_request backoff.maxMs"],
  [
    "a prototype in a backoff",
    "POST /tasks",
    '{"args":1,"backoff":{"__proto__":{"factor":9}}}',
    "bad_request backoff.__proto__",
  ],
  ["args of another codec that are an object", "POST /tasks", { args: { a: 1 }, codec: "msgpack" }, "bad_request args"],
  ["args of another codec that are null", "POST /tasks", { args: null, codec: "msgpack" }, "bad_request args"],
  [
    "args of another codec in the alphabet of URLs",
    "POST /tasks",
    { args: "ga-_", codec: "msgpack" },
    "bad_request args",
  ],
  ["args of another codec cut short", "POST /tasks", { args: "gaFhA", codec: "cbor" }, "bad_request args"],
  ["args of another codec with blanks", "POST /tasks", { args: " gaFh ", codec: "cbor" }, "bad_request args"],
  [
    "JSON by another name, with args that are none of its own",
    "POST /tasks",
    { args: 1, codec: "JSON" },
    "bad_request args",
  ],
  ["a field that nobody knows", "POST /tasks", { args: 1, surprise: 1 }, "bad_request surprise"],
  ["a field in another case", "POST /tasks", { args: 1, Priority: 1 }, "bad_request Priority"],
  ["a field with a null character", "POST /tasks", '{"args":1,"priority\\u0000":1}', "bad_request priority\0"],
  ["a field of half a pair", "POST /tasks", '{"args":1,"\\ud800":1}', "bad_request \ufffd"],
  ["a field without a name", "POST /tasks", '{"args":1,"":1}', "bad_request "],
  ["an id of its own", "POST /tasks", { args: 1, id: NOBODY }, "bad_request id"],
  ["a status of its own", "POST /tasks", { args: 1, status: "Done" }, "bad_request status"],
  ["a prototype", "POST /tasks", '{"args":1,"__proto__":{"priority":9}}', "bad_request __proto__"],
  ["a constructor", "POST /tasks", '{"args":1,"constructor":{"prototype":{}}}', "bad_request constructor"],
  ["a way to be text", "POST /tasks", '{"args":1,"toString":1}', "bad_request toString"],
  ["a way to be JSON", "POST /tasks", '{"args":1,"toJSON":1}', "bad_request toJSON"],
  ["args of a prototype", "POST /tasks", '{"__proto__":{"args":1}}', "bad_request args"],
  [
    "a field twice, the last one wrong",
    "POST /tasks",
    '{"args":1,"priority":1,"priority":"x"}',
    "bad_request priority",
  ],
  [
    "a field that is written with escapes, twice",
    "POST /tasks",
    '{"args":1,"priority":1,"\\u0070riority":null}',
    "bad_request priority",
  ],
]);
