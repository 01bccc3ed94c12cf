/** Hostile upgrades: asked for as sockets, and refused. */

const KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
const UPGRADE = ["upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13", KEY];
const OURS = "sec-websocket-protocol: prinia.v1";

export type HostileUpgrade = readonly [name: string, target: string, headers: readonly string[], refusal: string];

export const upgrades: readonly HostileUpgrade[] = [
  ["no upgrade", "", [], "bad_request upgrade"],
  ["an upgrade to something else", "", ["upgrade: h2c", "connection: upgrade", OURS], "bad_request upgrade"],
  ["no subprotocol", "", UPGRADE, "bad_request sec-websocket-protocol"],
  ["an empty subprotocol", "", [...UPGRADE, "sec-websocket-protocol:"], "bad_request sec-websocket-protocol"],
  ["another subprotocol", "", [...UPGRADE, "sec-websocket-protocol: graphql-ws"], "bad_request sec-websocket-protocol"],
  [
    "another version of ours",
    "",
    [...UPGRADE, "sec-websocket-protocol: prinia.v2"],
    "bad_request sec-websocket-protocol",
  ],
  ["ours in capitals", "", [...UPGRADE, "sec-websocket-protocol: PRINIA.V1"], "bad_request sec-websocket-protocol"],
  ["a token alone", "", [...UPGRADE, "sec-websocket-protocol: bearer.x"], "bad_request sec-websocket-protocol"],
  ["a partition that is not there", "?partition=1", [...UPGRADE, OURS], "bad_request partition"],
  ["a partition below all", "?partition=-1", [...UPGRADE, OURS], "bad_request partition"],
  ["a partition above all", "?partition=1024", [...UPGRADE, OURS], "bad_request partition"],
  ["a partition of words", "?partition=zero", [...UPGRADE, OURS], "bad_request partition"],
  ["two partitions", "?partition=0&partition=0", [...UPGRADE, OURS], "bad_request partition"],
  ["an unknown parameter", "?worker=w", [...UPGRADE, OURS], "bad_request worker"],
  ["a foreign page", "", [...UPGRADE, OURS, "origin: https://evil.example"], "forbidden"],
  ["a page of no origin", "", [...UPGRADE, OURS, "origin: null"], "forbidden"],
];
