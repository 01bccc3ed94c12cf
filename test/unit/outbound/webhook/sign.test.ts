// Signatures, verified by the library that receivers use.
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { secretBytes, signatures } from "../../../../src/outbound/webhook/sign.ts";
import { newSecret } from "./samples.ts";

const bytesOf = (secret: string) => {
  const bytes = secretBytes(secret);
  if (!bytes.ok) throw new Error(bytes.error);
  return bytes.value;
};

describe("a signature", () => {
  const timestamp = Math.floor(Date.now() / 1000);
  const message = { id: "task_1", timestamp, body: '{"to":"ü😀"}' };
  const headers = (signature: string) => ({
    "webhook-id": message.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signature,
  });

  test("is what the library verifies and makes itself", async () => {
    const secret = newSecret();
    const signature = await signatures([bytesOf(secret)], message);
    expect(new Webhook(secret).verify(message.body, headers(signature))).toEqual({ to: "ü😀" });
    expect(signature).toBe(new Webhook(secret).sign(message.id, new Date(timestamp * 1000), message.body));
  });

  test("by two keys is two, and a receiver that knows either takes it", async () => {
    const [now, before, other] = [newSecret(), newSecret(), newSecret()];
    const both = await signatures([bytesOf(now), bytesOf(before)], message);
    expect(both.split(" ")).toHaveLength(2);
    for (const secret of [now, before]) new Webhook(secret).verify(message.body, headers(both));
    expect(() => new Webhook(other).verify(message.body, headers(both))).toThrow("No matching signature");
  });

  test("is of this id, this time and this body alone", async () => {
    const secret = newSecret();
    const signature = await signatures([bytesOf(secret)], message);
    const verify = (body: string, more: object) =>
      new Webhook(secret).verify(body, { ...headers(signature), ...more } as Record<string, string>);
    expect(() => verify(`${message.body} `, {})).toThrow("No matching signature");
    expect(() => verify(message.body, { "webhook-id": "task_2" })).toThrow("No matching signature");
    expect(() => verify(message.body, { "webhook-timestamp": String(timestamp - 1) })).toThrow("No matching signature");
  });
});

describe("a secret", () => {
  test.each([24, 32, 64])("of %i bytes is taken", (length) => {
    expect(bytesOf(newSecret(length))).toHaveLength(length);
  });

  const bare = randomBytes(32).toString("base64");
  test.each([
    ["that is not set", undefined, "is not set"],
    ["that is empty", "", "is not set"],
    ["without its prefix", bare, "must begin with whsec_"],
    ["that is no base64", "whsec_*****", "must be base64"],
    ["that is too short", newSecret(23), "24 to 64 bytes"],
    ["that is too long", newSecret(65), "24 to 64 bytes"],
  ])("%s is refused, and the refusal does not repeat it", (_, secret, why) => {
    const bytes = secretBytes(secret);
    expect(bytes).toEqual({ ok: false, error: expect.stringContaining(why) });
    if (secret) expect(JSON.stringify(bytes)).not.toContain(secret.replace("whsec_", "").slice(0, 5));
  });
});
