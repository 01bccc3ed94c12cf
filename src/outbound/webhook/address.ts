/** Which addresses a webhook may have: those of the public internet, of the hosts that the operator allows. */

import ipaddr from "ipaddr.js";
import { MAX_WEBHOOK_URL_LENGTH } from "../../limits.ts";
import type { Result } from "../../task/result.ts";

/** What an operator says of addresses. */
export interface AddressRules {
  /** Names, or `*.example.com` for all below one; `null` allows every public host. An empty list allows none. */
  readonly hosts: readonly string[] | null;
  /** Lets http and this machine in, for development. */
  readonly local: boolean;
}

/** What code is held to before anybody knows the operator's rules: what no rules allow is refused at once. */
export const MOST_LENIENT: AddressRules = { hosts: null, local: true };

/**
 * The URL parser has brought every spelling of a host to one by now: `0x7f.1`, `2130706433` and `１２７.0.0.1` are all
 * `127.0.0.1`, and letters are small. A name is not resolved: what it leads to is not known here.
 *
 * @returns the URL, or why nothing is sent there; no word of it quotes more than the host
 */
export function webhookUrl(text: unknown, rules: AddressRules): Result<URL, string> {
  if (typeof text !== "string" || text.length > MAX_WEBHOOK_URL_LENGTH || !URL.canParse(text)) {
    return refuse(`must be a URL of at most ${MAX_WEBHOOK_URL_LENGTH} characters, as https://hooks.example.com/tasks.`);
  }
  const url = new URL(text);
  const flaw = flawOf(url, rules);
  return flaw === null ? { ok: true, value: url } : refuse(flaw);
}

const refuse = (error: string): Result<never, string> => ({ ok: false, error });

function flawOf(url: URL, { hosts, local }: AddressRules): string | null {
  if (url.username !== "" || url.password !== "") {
    return "must have no user name and no password in it: requests are signed, which says who sends them.";
  }
  const host = url.hostname;
  const isLocal = local && isThisMachine(host);
  if (url.protocol !== "https:" && !(isLocal && url.protocol === "http:")) {
    return "must begin with https://, since args are sent to it. http:// is for this machine alone, with PRINIA_WEBHOOK_LOCAL=allow.";
  }
  if (isLocal) return null;
  const flaw = hostFlaw(host);
  if (flaw !== null) return `has the host ${host}, ${flaw}.`;
  if (hosts === null || hosts.some((pattern) => matches(pattern, host))) return null;
  return `has the host ${host}, which is not among those that this server sends to: its operator names them in PRINIA_WEBHOOK_HOSTS.`;
}

/** The numeric address that a host is; `null` for a name. */
function addressOf(host: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  // `isValid` takes `1` for 0.0.0.1; but so did the URL parser, which has written it out.
  return ipaddr.isValid(bare) ? ipaddr.parse(bare) : null;
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || addressOf(host)?.range() === "loopback";
}

function hostFlaw(host: string): string | null {
  const address = addressOf(host);
  if (address !== null) return isPublic(address) ? null : "which is no address of the public internet";
  if (host.startsWith("[")) return "which is no address";
  const labels = host.split(".");
  if (labels.includes("")) return "which has an empty part: write it without a dot at its end";
  if (labels.length === 1) return "which is a name of a local network: a public one has a dot in it";
  const isPrivate = PRIVATE_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
  return isPrivate ? "which is a name of a local network or of a cloud's own services" : null;
}

/** What machines of a cloud ask for their keys, where that stands on an address of the public range. */
const CLOUD_SERVICES = new Set(["168.63.129.16"]);

/** Of IPv6 only 2000::/3 is given out; ways to write an IPv4 address as an IPv6 one (mapped, NAT64, 6to4, Teredo) have ranges of their own. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast" || CLOUD_SERVICES.has(address.toString())) return false;
  return address.kind() === "ipv4" || address.match(GLOBAL_IPV6);
}

/** Ends of names that the public DNS does not have or must not be asked for (RFC 6761, 6762, 8375, 9476, ICANN), and of clouds' own services. */
const PRIVATE_NAMES = [
  ...[
    "localhost",
    "local",
    "internal",
    "localdomain",
    "lan",
    "home",
    "corp",
    "mail",
    "intranet",
    "private",
    "svc",
    "docker",
    "consul",
    "workgroup",
    "home.arpa",
  ],
  ...["test", "example", "invalid", "onion", "alt", "arpa", "metadata.goog", "metadata.azure.com"],
];

/** `*.example.com` is all below it, and not the name itself. */
function matches(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : host === pattern;
}

/**
 * Reads `PRINIA_WEBHOOK_HOSTS`: names apart by commas or blanks. An entry that is no name allows nothing, rather than
 * being guessed at.
 */
export function hostsIn(text: string | undefined): readonly string[] | null {
  if ((text ?? "").trim() === "") return null;
  return (
    text
      ?.split(/[\s,]+/)
      .map(written)
      .filter((entry) => entry !== "") ?? null
  );
}

/** An entry as the URL parser writes hosts. */
function written(entry: string): string {
  const [, wildcard = "", name = ""] = /^(\*\.)?([^*/@?#:\\]+)$/.exec(entry) ?? [];
  const text = `https://${name}/`;
  return name !== "" && URL.canParse(text) ? `${wildcard}${new URL(text).hostname}` : "";
}
