// Addresses that a webhook may have. The table of refusals is the point: many spellings of the same few places.
import { describe, expect, test } from "vitest";
import { type AddressRules, hostsIn, MOST_LENIENT, webhookUrl } from "../../../../src/outbound/webhook/address.ts";

const PUBLIC: AddressRules = { hosts: null, local: false };

const refusal = (url: string, rules = PUBLIC): string | null => {
  const result = webhookUrl(url, rules);
  return result.ok ? null : result.error;
};

describe("what is sent to", () => {
  test.each([
    "https://hooks.example.com/tasks?key=1",
    "https://example.com:8443/",
    "https://8.8.8.8/",
    "https://1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://bücher.example.com/",
    "https://localhost.example.com/",
    "https://internal.example.com/",
    "https://notlocal.com/",
    "https://192-168-0-1.example.com/",
    "https://168.63.129.17/",
  ])("%s", (url) => {
    expect(refusal(url)).toBeNull();
  });
});

const NO_ADDRESS = "no address of the public internet";
const LOCAL_NAME = "a name of a local network";

const REFUSED: readonly (readonly [why: string, hosts: readonly string[]])[] = [
  [
    NO_ADDRESS,
    [
      // 127.0.0.1 as the URL parser takes it.
      ...["127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1"],
      ...["127.0.0.1.", "127.255.255.254", "１２７.0.0.1", "127。0。0。1", "%31%32%37.0.0.1", "①②⑦.0.0.1"],
      // This host, private, carrier-grade NAT, link-local with metadata.
      ...["0.0.0.0", "0", "0x0", "0.1.2.3", "10.0.0.1", "10.1", "167772161", "172.16.0.1", "172.31.255.255"],
      ...["192.168.1.1", "192.168.257", "3232235777", "100.64.0.1", "100.100.100.200", "100.127.255.255"],
      ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.170.2", "168.63.129.16"],
      // Protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved, broadcast.
      ...["192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"],
      ...["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "4294967295"],
      // IPv6: unspecified, loopback, unique local (with a metadata service), link-local, site-local, multicast, discard.
      ...["[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[fc00::1]", "[fd00:ec2::254]", "[fdff::1]"],
      ...["[fe80::1]", "[febf::1]", "[fec0::1]", "[ff02::1]", "[ff0e::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]"],
      // IPv4 in IPv6: mapped, compatible, translated, NAT64 of both prefixes, 6to4, Teredo; also of public addresses.
      ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:8.8.8.8]"],
      ...["[::127.0.0.1]", "[::7f00:1]", "[::8.8.8.8]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]"],
      ...["[64:ff9b::169.254.169.254]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2001::1]"],
      // Nobody was given these yet.
      ...["[4000::1]", "[8000::1]", "[1::1]", "[5f00::1]"],
    ],
  ],
  [
    LOCAL_NAME,
    [
      ...[
        "localhost",
        "LOCALHOST",
        "ｌｏｃａｌｈｏｓｔ",
        "%6cocalhost",
        "a.localhost",
        "foo.bar.localhost",
        "localhost.localdomain",
      ],
      ...[
        "intranet",
        "metadata",
        "router",
        "printer.local",
        "kubernetes.default.svc",
        "db.docker",
        "kv.consul",
        "db.internal",
        "metadata.google.internal",
        "nas.lan",
      ],
      ...["METADATA.GOOGLE.INTERNAL", "x.home.arpa", "x.corp", "x.home", "x.test", "x.invalid", "x.onion", "x.alt"],
      ...["metadata.goog", "instance-data.ec2.internal", "1.0.0.127.in-addr.arpa", "metadata.azure.com"],
    ],
  ],
  ["an empty part", ["localhost.", "example.com.", "a..example.com", "metadata.google.internal.", "127.0.0.1.."]],
];

describe("what is refused", () => {
  test.each(REFUSED.flatMap(([why, hosts]) => hosts.map((host) => [host, why] as const)))("%s: %s", (host, why) => {
    for (const url of [`https://${host}/`, `https://${host}:8443/x?y=z`]) {
      // Each reaches our own rules: the parser takes all of them.
      expect(refusal(url), url).toContain(why);
    }
  });

  test.each(["http", "ftp", "ws", "file", "javascript", "data"])("the scheme %s", (scheme) => {
    expect(refusal(`${scheme}://hooks.example.com/`)).toContain("must begin with https://");
  });

  test("credentials, none of which the refusal repeats", () => {
    for (const url of [
      "https://user:hunter2@example.com/",
      "https://user@example.com/",
      "https://:hunter2@example.com/",
    ]) {
      expect(refusal(url)).toContain("no user name and no password");
      expect(refusal(url)).not.toContain("hunter2");
    }
  });

  test.each([
    ["no URL", "hooks.example.com"],
    ["nothing", ""],
    ["a long one", `https://example.com/${"a".repeat(2048)}`],
  ])("%s", (_, url) => {
    expect(refusal(url)).toContain("must be a URL of at most 2048 characters");
  });

  test("a URL of 2,048 characters is taken, and one of 2,049 is not", () => {
    const long = "https://example.com/".padEnd(2_048, "a");
    expect(refusal(long)).toBeNull();
    expect(refusal(`${long}a`)).toContain("at most 2048 characters");
  });

  test("a refusal names the host and nothing else of the URL", () => {
    expect(refusal("https://10.0.0.1/secret-path?secret-query")).toBe(
      "has the host 10.0.0.1, which is no address of the public internet.",
    );
  });
});

describe("the list of hosts", () => {
  const rules: AddressRules = { hosts: hostsIn("hooks.example.com, *.customers.example.net\n8.8.8.8"), local: false };

  test.each([
    "hooks.example.com",
    "HOOKS.EXAMPLE.COM",
    "a.customers.example.net",
    "a.b.customers.example.net",
    "8.8.8.8",
  ])("lets %s in", (host) => {
    expect(refusal(`https://${host}/`, rules)).toBeNull();
  });

  test.each(["example.com", "x.hooks.example.com", "customers.example.net", "evilcustomers.example.net", "8.8.4.4"])(
    "keeps %s out",
    (host) => {
      expect(refusal(`https://${host}/`, rules)).toContain("PRINIA_WEBHOOK_HOSTS");
    },
  );

  test("opens no way to what is private", () => {
    const wide: AddressRules = { hosts: hostsIn("localhost *.internal 10.0.0.1"), local: false };
    for (const host of ["localhost", "db.internal", "10.0.0.1"])
      expect(refusal(`https://${host}/`, wide)).not.toBeNull();
  });

  test("an entry that is no name allows nothing, and a list of such entries nothing at all", () => {
    expect(hostsIn("https://example.com example.com/x *.*.com user@example.com *")).toEqual([]);
    expect(hostsIn(" , ")).toEqual([]);
    expect(hostsIn("")).toBeNull();
    expect(hostsIn(undefined)).toBeNull();
    expect(refusal("https://example.com/", { hosts: [], local: false })).toContain("PRINIA_WEBHOOK_HOSTS");
  });

  test("entries are written as the URL parser writes hosts", () => {
    expect(hostsIn("BÜCHER.example.com *.Example.ORG")).toEqual(["xn--bcher-kva.example.com", "*.example.org"]);
  });
});

describe("local development", () => {
  test.each([
    "http://localhost:8788/hook",
    "http://127.0.0.1:8788/",
    "http://[::1]/",
    "https://localhost/",
    "http://a.localhost/",
  ])("lets %s in, whatever the list of hosts", (url) => {
    expect(refusal(url, MOST_LENIENT)).toBeNull();
    expect(refusal(url, { hosts: [], local: true })).toBeNull();
  });

  test.each([
    "http://example.com/",
    "https://10.0.0.1/",
    "https://169.254.169.254/",
    "http://[::ffff:127.0.0.1]/",
    "https://db.internal/",
  ])("keeps %s out", (url) => {
    expect(refusal(url, MOST_LENIENT)).not.toBeNull();
  });
});
