/** The configuration that workerd is started with. */

/** What wrangler.toml says of the runtime's behaviour; `serve` must not differ from a deployment. */
export interface Compatibility {
  readonly date: string;
  readonly flags: readonly string[];
}

/** Reads the two keys out of the text of wrangler.toml; a whole TOML parser for them would be a dependency. */
export function compatibilityOf(toml: string): Compatibility | undefined {
  const date = /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(toml)?.[1];
  if (date === undefined) return undefined;
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(toml)?.[1] ?? "";
  return { date, flags: [...flags.matchAll(/"(\w+)"/g)].flatMap((match) => match[1] ?? []) };
}

export interface WorkerdConfig {
  /** Numeric host and port, IPv6 in brackets. */
  readonly address: string;
  readonly compatibility: Compatibility;
  /** The bundle's file name, beside the configuration. */
  readonly bundle: string;
  /** The folder of the objects' storage, relative to the directory in which workerd is started. */
  readonly objects: string;
  /** Variables that workerd itself takes from its environment, so that a secret is in no file and no argument. */
  readonly variables: readonly string[];
  /** The folder of the pages, absolute. Without it there are none. */
  readonly pages?: string | undefined;
}

/** The service of the pages, under the name of the binding in wrangler.toml; it only reads. */
const pagesService = (path: string): string => `(name = "pages", disk = (path = ${JSON.stringify(path)}))`;
const PAGES_BINDING = '(name = "ASSETS", service = "pages")';

/** The classes and how the Worker calls them, as in wrangler.toml. A `uniqueKey` names a folder of data: never change one. */
const CLASSES = [
  { binding: "QUEUE", name: "QueueObject", uniqueKey: "prinia-QueueObject" },
  { binding: "DIRECTORY", name: "DirectoryObject", uniqueKey: "prinia-DirectoryObject" },
] as const;

const list = (lines: readonly string[]): string => lines.map((line) => `\n    ${line},`).join("");

/** The text of a workerd configuration (Cap'n Proto). */
export function workerdConfig(config: WorkerdConfig): string {
  const { address, compatibility, bundle, objects, variables, pages } = config;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [${list([
    '(name = "prinia", worker = .prinia)',
    `(name = "objects", disk = (path = ${JSON.stringify(objects)}, writable = true))`,
    ...(pages === undefined ? [] : [pagesService(pages)]),
  ])}
  ],
  sockets = [(name = "http", address = ${JSON.stringify(address)}, http = (), service = "prinia")],
);

const prinia :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${JSON.stringify(bundle)})],
  compatibilityDate = ${JSON.stringify(compatibility.date)},
  compatibilityFlags = [${compatibility.flags.map((flag) => JSON.stringify(flag)).join(", ")}],
  durableObjectNamespaces = [${list(
    CLASSES.map(({ name, uniqueKey }) => `(className = "${name}", uniqueKey = "${uniqueKey}", enableSql = true)`),
  )}
  ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [${list([
    ...CLASSES.map(({ binding, name }) => `(name = "${binding}", durableObjectNamespace = "${name}")`),
    ...(pages === undefined ? [] : [PAGES_BINDING]),
    ...variables.map((name) => `(name = "${name}", fromEnvironment = "${name}")`),
  ])}
  ],
);
`;
}
