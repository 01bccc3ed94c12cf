/** Chance as a parameter, so that a test can have it as it likes. */

export interface Chance {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** So many numbers of 30 bits. */
  bits30(count: number): ArrayLike<number>;
  /** A claim's token: 52 bits. */
  token(): number;
  /** A session's secret: 26 characters of base 32. */
  secret(): string;
}

/** Chance from the platform's generator. */
export const cryptoChance: Chance = {
  uniform: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  bits30: (count) => crypto.getRandomValues(new Uint32Array(count)).map((bits) => bits >>> 2),
  token: () => {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
    // Never zero, which stands for no lease.
    return (high >>> 12) * 2 ** 32 + low || 1;
  },
  secret: () => [...crypto.getRandomValues(new Uint8Array(26))].map((byte) => (byte % 32).toString(32)).join(""),
};
