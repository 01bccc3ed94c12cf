/** The version of this package; a test holds it to package.json, which a Worker need not carry. */

export const VERSION = "0.1.0";
