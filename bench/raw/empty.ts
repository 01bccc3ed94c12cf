/** A Worker that does nothing: what a start costs before there is anything of ours. */

import { DurableObject } from "cloudflare:workers";

export default { fetch: () => new Response() };

export class QueueObject extends DurableObject {}

export class DirectoryObject extends DurableObject {}
