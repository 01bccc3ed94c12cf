// Made from docs/traits.md by test/unit/traits.test.ts (`npx vitest run --project unit test/unit/traits.test.ts -u`).
import type {
  Backend,
  BackendExt,
  Codec,
  Expose,
  FetchById,
  Filter,
  Layer,
  ListAllTasks,
  ListQueues,
  ListTasks,
  ListWorkers,
  MakeShared,
  Metrics,
  PollContext,
  PollStrategy,
  PriniaError,
  PushStreamError,
  Queue,
  QueueInfo,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  RunningWorker,
  StatType,
  Statistic,
  Task,
  TaskId,
  TaskResult,
  TaskSink,
  TaskStream,
  Update,
  Vacuum,
  WaitForCompletion,
  backoff,
  custom,
  dequeue,
  future,
  identity,
  interval,
  pipe,
  race,
  stream,
  unwrap,
} from "../../src/client/index.ts";
import type {
  MemoryStorage,
} from "../../src/memory.ts";

/** Each name of the page, so that the compiler looks it up. */
export interface Named {
  readonly Backend: Backend;
  readonly BackendExt: BackendExt;
  readonly Codec: Codec;
  readonly Expose: Expose;
  readonly FetchById: FetchById;
  readonly Filter: Filter;
  readonly Layer: Layer;
  readonly ListAllTasks: ListAllTasks;
  readonly ListQueues: ListQueues;
  readonly ListTasks: ListTasks;
  readonly ListWorkers: ListWorkers;
  readonly MakeShared: MakeShared;
  readonly MemoryStorage: MemoryStorage;
  readonly Metrics: Metrics;
  readonly PollContext: PollContext;
  readonly PollStrategy: PollStrategy;
  readonly PriniaError: PriniaError;
  readonly PushStreamError: PushStreamError;
  readonly Queue: Queue;
  readonly QueueInfo: QueueInfo;
  readonly RegisterWorker: RegisterWorker;
  readonly Reschedule: Reschedule;
  readonly ResumeAbandoned: ResumeAbandoned;
  readonly ResumeById: ResumeById;
  readonly RunningWorker: RunningWorker;
  readonly StatType: StatType;
  readonly Statistic: Statistic;
  readonly Task: Task;
  readonly TaskId: TaskId;
  readonly TaskResult: TaskResult;
  readonly TaskSink: TaskSink;
  readonly TaskStream: TaskStream;
  readonly Update: Update;
  readonly Vacuum: Vacuum;
  readonly WaitForCompletion: WaitForCompletion;
  readonly backoff: typeof backoff;
  readonly custom: typeof custom;
  readonly dequeue: typeof dequeue;
  readonly future: typeof future;
  readonly identity: typeof identity;
  readonly interval: typeof interval;
  readonly pipe: typeof pipe;
  readonly race: typeof race;
  readonly stream: typeof stream;
  readonly unwrap: typeof unwrap;
  readonly "Backend.heartbeat": Backend["heartbeat"];
  readonly "Backend.middleware": Backend["middleware"];
  readonly "Backend.poll": Backend["poll"];
  readonly "BackendExt.getQueue": BackendExt["getQueue"];
  readonly "BackendExt.pollCompact": BackendExt["pollCompact"];
  readonly "Codec.decode": Codec["decode"];
  readonly "Codec.encode": Codec["encode"];
  readonly "FetchById.fetchById": FetchById["fetchById"];
  readonly "ListAllTasks.listAllTasks": ListAllTasks["listAllTasks"];
  readonly "ListQueues.listQueues": ListQueues["listQueues"];
  readonly "ListTasks.listTasks": ListTasks["listTasks"];
  readonly "ListWorkers.listAllWorkers": ListWorkers["listAllWorkers"];
  readonly "ListWorkers.listWorkers": ListWorkers["listWorkers"];
  readonly "MakeShared.makeShared": MakeShared["makeShared"];
  readonly "Metrics.fetchByQueue": Metrics["fetchByQueue"];
  readonly "Metrics.global": Metrics["global"];
  readonly "RegisterWorker.registerWorker": RegisterWorker["registerWorker"];
  readonly "Reschedule.reschedule": Reschedule["reschedule"];
  readonly "ResumeAbandoned.resumeAbandoned": ResumeAbandoned["resumeAbandoned"];
  readonly "ResumeById.resumeById": ResumeById["resumeById"];
  readonly "TaskResult.id": TaskResult["id"];
  readonly "TaskResult.status": TaskResult["status"];
  readonly "TaskSink.push": TaskSink["push"];
  readonly "TaskSink.pushAll": TaskSink["pushAll"];
  readonly "TaskSink.pushBulk": TaskSink["pushBulk"];
  readonly "TaskSink.pushStream": TaskSink["pushStream"];
  readonly "TaskSink.pushTask": TaskSink["pushTask"];
  readonly "Update.update": Update["update"];
  readonly "Vacuum.vacuum": Vacuum["vacuum"];
  readonly "WaitForCompletion.checkStatus": WaitForCompletion["checkStatus"];
  readonly "WaitForCompletion.waitFor": WaitForCompletion["waitFor"];
  readonly "WaitForCompletion.waitForSingle": WaitForCompletion["waitForSingle"];
}
