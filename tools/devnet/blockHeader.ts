// SPDX-License-Identifier: MIT
import { encodeRlp, keccak256, stripZerosLeft, toBeHex } from "ethers";

const HASHES = ["parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"];
const NUMBERS = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp"];
/** Since London, Shanghai, Cancun, Prague and Amsterdam; those after the fork of the chain are absent. */
const LATER = [
  "baseFeePerGas",
  "withdrawalsRoot",
  "blobGasUsed",
  "excessBlobGas",
  "parentBeaconBlockRoot",
  "requestsHash",
  "blockAccessListHash",
  "slotNumber",
];
const LATER_NUMBERS = new Set(["baseFeePerGas", "blobGasUsed", "excessBlobGas", "slotNumber"]);

/** An endpoint of L1 that is asked by JSON-RPC. */
export interface BlockSource {
  send(method: string, parameters: unknown[]): Promise<unknown>;
}

/**
 * RLP of the header of a block, whose hash is the block's.
 *
 * @throws {Error} if the header has a field that is unknown here
 */
export async function blockHeader(provider: BlockSource, number: bigint): Promise<string> {
  const block = (await provider.send("eth_getBlockByNumber", [`0x${number.toString(16)}`, false])) as Record<
    string,
    string
  >;
  const field = (name: string): string => block[name] ?? "";
  const integer = (name: string): string => {
    const bytes = stripZerosLeft(toBeHex(field(name)));
    return bytes === "0x00" ? "0x" : bytes;
  };
  const header = encodeRlp([
    ...HASHES.map(field),
    ...NUMBERS.map(integer),
    ...["extraData", "mixHash", "nonce"].map(field),
    ...LATER.filter((name) => block[name] !== undefined).map((name) =>
      LATER_NUMBERS.has(name) ? integer(name) : field(name),
    ),
  ]);
  if (keccak256(header) !== block["hash"]) throw new Error(`the header of block ${number} has fields that are unknown`);
  return header;
}
