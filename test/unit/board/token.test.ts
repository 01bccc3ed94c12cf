// What a pasted token lets one see and do.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { can, claimsOf, farewell, followExpiry, isOpen, logIn, logOut, token } from "../../../src/board/token.ts";

const HOUR_MS = 3_600_000;
const seconds = (ms: number): number => ms / 1_000;
const jwt = (claims: object): string =>
  ["{}", JSON.stringify({ queues: ["*"], scope: ["read"], exp: seconds(Date.now() + HOUR_MS), ...claims }), "signature"]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");

beforeEach(() => {
  vi.useFakeTimers();
  logOut();
  isOpen.value = false;
});
afterEach(() => {
  logOut();
  isOpen.value = null;
  vi.useRealTimers();
});

describe("a token", () => {
  test("is taken with blanks around it, and as a header has it", () => {
    const text = jwt({});
    expect(logIn(`  Bearer ${text}\n`)).toBeNull();
    expect(token.value).toBe(text);
  });

  test("says for whom it is, in any script", () => {
    expect(claimsOf(jwt({ sub: "Zoë \u{1f9a9}" }))).toMatchObject({
      sub: "Zoë \u{1f9a9}",
      scopes: ["read"],
      queues: ["*"],
    });
  });

  test.each(["", "token", "a.b.c", "a.e30.c", jwt({ scope: "read" }), jwt({ queues: null }), jwt({ exp: "soon" })])(
    "that is none is refused in words: %s",
    (text) => {
      expect(logIn(text)).toContain("no token of a Prinia server");
      expect(token.value).toBeNull();
    },
  );

  test("that has ended is refused in words", () => {
    expect(logIn(jwt({ exp: seconds(Date.now() - 1) }))).toContain("ended");
    expect(token.value).toBeNull();
  });
});

describe("what one may do", () => {
  test("is nothing without a token", () => {
    expect(can("read")).toBe(false);
  });

  test("is everything on an open server", () => {
    isOpen.value = true;
    expect(can("admin", "emails")).toBe(true);
  });

  test("is what the scopes name, in the queues that are named exactly or by a prefix", () => {
    logIn(jwt({ scope: ["read", "manage"], queues: ["orders", "emails*"] }));
    expect(can("read")).toBe(true);
    expect(can("push")).toBe(false);
    expect(can("manage", "orders")).toBe(true);
    expect(can("manage", "orders-2")).toBe(false);
    expect(can("manage", "emails-2")).toBe(true);
    expect(can("push", "orders")).toBe(false);
  });

  test("is everything with admin, but in its own queues", () => {
    logIn(jwt({ scope: ["admin"], queues: ["orders"] }));
    expect(can("push", "orders")).toBe(true);
    expect(can("push", "emails")).toBe(false);
  });
});

describe("the end of a token", () => {
  test("logs out when it comes, with words, however far it is", () => {
    const end = followExpiry();
    const days = 40 * 24 * HOUR_MS;
    logIn(jwt({ exp: seconds(Date.now() + days) }));
    vi.advanceTimersByTime(days - 1_000);
    expect(token.value).not.toBeNull();
    vi.advanceTimersByTime(1_001);
    expect(token.value).toBeNull();
    expect(farewell.value).toContain("Your token ended");
    end();
  });

  test("is that of the token in use, not of the one before", () => {
    const end = followExpiry();
    logIn(jwt({ exp: seconds(Date.now() + 1_000) }));
    logIn(jwt({}));
    vi.advanceTimersByTime(2_000);
    expect(token.value).not.toBeNull();
    end();
  });

  test("logs out at once when the tab was opened again after it", () => {
    token.value = jwt({ exp: seconds(Date.now() - 1_000) });
    followExpiry()();
    expect(token.value).toBeNull();
    expect(farewell.value).toContain("Your token ended");
  });
});
