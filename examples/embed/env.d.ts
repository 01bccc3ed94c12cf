/** What `wrangler types` would write: that `exports` has what the main module exports. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("./mounted.ts");
  }
}
