// SPDX-License-Identifier: MIT
import { BlockList, isIP } from "node:net";

import { multiaddr, type Multiaddr } from "@multiformats/multiaddr";

import { ProtocolError } from "../../../errors.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
  ["0.0.0.0", 8],
] as const) {
  PRIVATE.addSubnet(network, bits);
}
for (const [network, bits] of [
  ["fc00::", 7],
  ["fe80::", 10],
  ["::", 128],
] as const) {
  PRIVATE.addSubnet(network, bits, "ipv6");
}

/** The IP address of a peer's address; undefined if it has a name. */
export function ipOf(address: Multiaddr): string | undefined {
  const { value } = address.getComponents().find(({ name }) => name === "ip4" || name === "ip6") ?? {};
  return value;
}

/** The id of the peer at the end of an address. */
export const peerOf = (address: Multiaddr): string | undefined =>
  [...address.getComponents()].reverse().find(({ name }) => name === "p2p")?.value;

/** How far an address reaches: this machine, its network, or all. */
export type Reach = "loopback" | "private" | "public";

export function reachOf(ip: string): Reach {
  const family = isIP(ip) === 6 ? "ipv6" : "ipv4";
  if (LOOPBACK.check(ip, family)) return "loopback";
  return PRIVATE.check(ip, family) ? "private" : "public";
}

/** Whether a peer at `asker` can and should know of an address: it reaches as far as the asker is away, or farther. */
export function mayBeTold(ip: string, asker: string): boolean {
  const order: readonly Reach[] = ["loopback", "private", "public"];
  return order.indexOf(reachOf(ip)) >= order.indexOf(reachOf(asker));
}

/** @throws {ProtocolError} `NETWORK_FAILED` */
export function parseAddress(text: string): Multiaddr {
  try {
    return multiaddr(text);
  } catch {
    throw new ProtocolError(
      "NETWORK_FAILED",
      { reason: `the address ${text}` },
      `${text} is not the address of a peer: /ip4/…/tcp/… or /dns4/…/tcp/…, with /p2p/… at its end`,
    );
  }
}

/** An address that a peer told: of one TCP port of one IP address, with the peer's id; undefined for any other bytes. */
export function toldAddress(bytes: Uint8Array): Multiaddr | undefined {
  try {
    const address = multiaddr(bytes);
    const names = address.getComponents().map(({ name }) => name);
    const isPlain = names.length === 3 && (names[0] === "ip4" || names[0] === "ip6") && names[1] === "tcp";
    return isPlain && names[2] === "p2p" ? address : undefined;
  } catch {
    return undefined;
  }
}
