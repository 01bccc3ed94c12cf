/** Text that nobody can guess. */

/** 128 random bits in base 36, 28 characters. Unlike `randomUUID`, it works on pages without TLS. */
export const randomText = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36).padStart(7, "0")).join("");
