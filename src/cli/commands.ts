/** All commands, in the order of the help. */

import type { Command } from "./command.ts";
import { bench } from "./commands/bench.ts";
import { cancel } from "./commands/cancel.ts";
import { completionsOf } from "./commands/completions.ts";
import { deleteTasks } from "./commands/delete.ts";
import { get } from "./commands/get.ts";
import { list } from "./commands/list.ts";
import { push } from "./commands/push.ts";
import { queues } from "./commands/queues.ts";
import { reschedule } from "./commands/reschedule.ts";
import { retry } from "./commands/retry.ts";
import { run } from "./commands/run.ts";
import { tail } from "./commands/tail.ts";
import { token } from "./commands/token.ts";
import { vacuum } from "./commands/vacuum.ts";
import { work } from "./commands/work.ts";
import { workers } from "./commands/workers.ts";

const WORK: readonly Command[] = [push, run, work];
const LOOK: readonly Command[] = [get, list, tail, queues, workers];
const CHANGE: readonly Command[] = [retry, cancel, reschedule, deleteTasks, vacuum];
const REST: readonly Command[] = [token, bench];

const ALL = [...WORK, ...LOOK, ...CHANGE, ...REST];

export const COMMANDS: readonly Command[] = [...ALL, completionsOf(ALL)];
