// SPDX-License-Identifier: MIT
import { encodeRlp, keccak256, stripZerosLeft, toBeHex, type JsonRpcApiProvider } from "ethers";

import { ProtocolError } from "../errors.ts";

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
 * The RLP of a block's header, as `ITicketDraw.sealByHeader` takes it.
 *
 * @returns hex; undefined if the endpoint has no such block
 * @throws {ProtocolError} `EVENTS_MISSING` if the header has fields that this program does not know
 */
export async function readBlockHeader(
  provider: Pick<JsonRpcApiProvider, "send">,
  number: bigint,
): Promise<string | undefined> {
  const block = (await provider.send("eth_getBlockByNumber", [`0x${number.toString(16)}`, false])) as Readonly<
    Record<string, string>
  > | null;
  if (block === null) return undefined;
  const present = FIELDS.filter(([name]) => block[name] !== undefined);
  const header = encodeRlp(
    present.map(([name, kind]) => {
      const value = block[name] ?? "0x";
      return kind === "bytes" || BigInt(value) === 0n ? (kind === "bytes" ? value : "0x") : stripZerosLeft(toBeHex(value));
    }),
  );
  const [expected, found] = [block["hash"] ?? "", keccak256(header)];
  if (expected !== found) {
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: `header of block ${number}`, expected, found },
      `the header of block ${number} has the hash ${found} instead of ${expected}`,
    );
  }
  return header;
}
