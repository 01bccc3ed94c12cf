/** The queue in a Worker of your own: `npx wrangler dev -c examples/embed/wrangler.toml --var PRINIA_AUTH:off`. */

import { createApp } from "prinia/server";

export { DirectoryObject, QueueObject } from "prinia/server";

export default createApp();
