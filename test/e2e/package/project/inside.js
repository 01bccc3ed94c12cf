// The program inside a Worker, which has a queue behind a service binding besides.
import { binding, DurableBackend } from "prinia";
import { greeted, program } from "./program.js";

export default {
  async fetch(_request, { PRINIA_URL, QUEUES }) {
    const bound = greeted(new DurableBackend("workerd/binding", binding(QUEUES)));
    return Response.json({ ...(await program(PRINIA_URL, "workerd")), binding: await bound });
  },
};
