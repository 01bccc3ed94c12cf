/** Who consumes and who waits, as it will be once a step stands: frames that come together see what came before them. */

import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Step } from "./step.ts";

/** Sockets that were no consumers before the step. */
const newcomers = (step: Step): Connection[] =>
  [...step.remembering].filter((one) => one.memory.consumer === null && step.recall(one).consumer !== null);

/** Consumers that stay, those first that were served least recently. */
export const consumersOf = (step: Step, connections: Connections): Connection[] =>
  [...connections.consumers(), ...newcomers(step)].filter((one) => one.isOpen && !step.isClosing(one));

/** The sockets and polls of a session. */
export const socketsOf = (step: Step, connections: Connections, session: number): Connection[] =>
  [...connections.ofSession(session), ...newcomers(step)].filter(
    (one) => step.recall(one).consumer?.session === session,
  );

/** Tells who waits for a task. */
export function waiters(step: Step, connections: Connections): (seq: number) => Connection[] {
  const changed = [...step.remembering].filter((one) => step.recall(one).waits !== one.memory.waits);
  return (seq) => {
    const may = new Set([...connections.waitingFor(seq), ...changed]);
    return [...may].filter((one) => step.recall(one).waits.some((wait) => wait.seqs.has(seq)));
  };
}
