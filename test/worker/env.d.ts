// Types `env` and `exports` of "cloudflare:workers" from the Worker under test.
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
    durableNamespaces: "QueueObject" | "DirectoryObject";
  }
  interface Env {
    readonly QUEUE: DurableObjectNamespace<import("../../src/index.ts").QueueObject>;
    readonly DIRECTORY: DurableObjectNamespace<import("../../src/index.ts").DirectoryObject>;
    readonly PRINIA_AUTH?: string;
  }
}
