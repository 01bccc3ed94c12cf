/** prinia/memory: queues in memory, and a clock for tests. */

export {
  type MemoryOptions,
  MemoryStorage,
  type MemoryStorageOptions,
  type SharedMemory,
  sharedMemory,
} from "./local/memory/storage.ts";
export { MemoryStore } from "./local/memory/store.ts";
export { LocalQueue } from "./local/queue.ts";
export type { LocalStore, Occasion } from "./local/store.ts";
export { VirtualClock } from "./local/virtual-clock.ts";
export { LocalWorld } from "./local/world.ts";
