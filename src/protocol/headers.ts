/** Headers of every answer, whoever gives it. */

/**
 * Answers change with every task and belong to one caller, and none is a page: should a browser show one all the same,
 * nothing in it runs, nothing is fetched, no page may frame it, and its address, which may hold a token, is told to none.
 */
export const COMMON_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;
