// SPDX-License-Identifier: MIT
import { encodeRlp, isHexString, keccak256, stripZerosLeft, toBeHex, toQuantity, type Provider } from "ethers";

import { ProtocolError } from "../errors.ts";
import { askRaw } from "./rawTransaction.ts";

/** Fields of a header, in their order; a field that a block lacks is of a later fork of L1. */
const FIELDS: readonly (readonly [name: string, kind: "bytes" | "number"])[] = [
  ["parentHash", "bytes"],
  ["sha3Uncles", "bytes"],
  ["miner", "bytes"],
  ["stateRoot", "bytes"],
  ["transactionsRoot", "bytes"],
  ["receiptsRoot", "bytes"],
  ["logsBloom", "bytes"],
  ["difficulty", "number"],
  ["number", "number"],
  ["gasLimit", "number"],
  ["gasUsed", "number"],
  ["timestamp", "number"],
  ["extraData", "bytes"],
  ["mixHash", "bytes"],
  ["nonce", "bytes"],
  ["baseFeePerGas", "number"],
  ["withdrawalsRoot", "bytes"],
  ["blobGasUsed", "number"],
  ["excessBlobGas", "number"],
  ["parentBeaconBlockRoot", "bytes"],
  ["requestsHash", "bytes"],
  ["blockAccessListHash", "bytes"],
  ["slotNumber", "number"],
];

/**
 * The RLP of a block's header, as `sealByHeader` takes it.
 *
 * @param provider as that of `askRaw`
 * @returns hex; undefined if the endpoint has no such block, or gives no answers as they are
 * @throws {ProtocolError} `EVENTS_MISSING` if the header has fields that this program does not know
 */
export async function readBlockHeader(provider: Provider, number: bigint): Promise<string | undefined> {
  const what = `header of block ${number}`;
  const block = await askRaw(provider, what, "eth_getBlockByNumber", [toQuantity(number), false]);
  if (block === "unsupported" || block === undefined) return undefined;
  const fields = FIELDS.flatMap(([name, kind]) => {
    const value = block[name];
    if (!isHexString(value)) return [];
    if (kind === "bytes") return [value];
    return [BigInt(value) === 0n ? "0x" : stripZerosLeft(toBeHex(value))];
  });
  const header = encodeRlp(fields);
  const [expected, found] = [String(block["hash"]), keccak256(header)];
  if (expected !== found) {
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what, expected, found },
      `the ${what} has the hash ${found} instead of ${expected}`,
    );
  }
  return header;
}
