// SPDX-License-Identifier: MIT
import type { Account, ChildHashes } from "../../ledger/index.ts";
import { toField, toUint, type Field } from "../../field.ts";

/** Bytes of an account: key 64, nonce 8, token 2, balance 16, owner 20. */
export const ACCOUNT_BYTES = 110;
const HASH_BYTES = 32;
const CHILDREN = 4;
/** Of the hashes in a row: the node's own, then its children's. */
const HASHES_BYTES = (1 + CHILDREN) * HASH_BYTES;

/**
 * The bytes of an inner node: its hash, its children's hashes, and, of a node whose children are accounts, the accounts
 * of those that are not 0, in order. Integers have their lowest byte first.
 */
export type NodeRow = Buffer;

/** Levels below a node times 2^34, plus its index: nodes of a height are next to each other, and the keys fit 39 bits. */
export const keyOf = (height: number, index: number): number => height * 2 ** 34 + index;

export const hashOf = (row: NodeRow): Field => readField(row, 0);

export const childHash = (row: NodeRow, digit: number): Field => readField(row, (1 + digit) * HASH_BYTES);

export const childHashes = (row: NodeRow): ChildHashes => [
  childHash(row, 0),
  childHash(row, 1),
  childHash(row, 2),
  childHash(row, 3),
];

/** The bytes of the account at `digit`; undefined if there is none. */
export function accountBytes(row: NodeRow, digit: number): Buffer | undefined {
  let position = HASHES_BYTES;
  for (let i = 0; i <= digit; i++) {
    const isThere = childHash(row, i) !== 0n;
    if (i === digit) return isThere ? row.subarray(position, position + ACCOUNT_BYTES) : undefined;
    if (isThere) position += ACCOUNT_BYTES;
  }
  return undefined;
}

export function encodeNode(hash: Field, children: ChildHashes, accounts: readonly Uint8Array[] = []): NodeRow {
  const row = Buffer.allocUnsafe(HASHES_BYTES + accounts.length * ACCOUNT_BYTES);
  writeField(row, 0, hash);
  for (let i = 0; i < CHILDREN; i++) writeField(row, (1 + i) * HASH_BYTES, children[i]!);
  for (const [i, account] of accounts.entries()) row.set(account, HASHES_BYTES + i * ACCOUNT_BYTES);
  return row;
}

export function encodeAccount({ ax, ay, nonce, token, balance, owner }: Account): Buffer {
  const bytes = Buffer.allocUnsafe(ACCOUNT_BYTES);
  writeField(bytes, 0, ax);
  writeField(bytes, 32, ay);
  bytes.writeBigUInt64LE(toUint(nonce, 64, "nonce"), 64);
  bytes.writeUInt16LE(Number(toUint(token, 16, "token")), 72);
  writeWords(bytes, 74, toUint(balance, 128, "balance"), 2);
  writeWords(bytes, 90, toUint(owner, 160, "owner"), 2);
  bytes.writeUInt32LE(Number(owner >> 128n), 106);
  return bytes;
}

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT` for bytes that no account has */
export const decodeAccount = (bytes: Buffer): Account => ({
  ax: toField(readField(bytes, 0)),
  ay: toField(readField(bytes, 32)),
  nonce: bytes.readBigUInt64LE(64),
  token: BigInt(bytes.readUInt16LE(72)),
  balance: readWords(bytes, 74, 2),
  owner: readWords(bytes, 90, 2) | (BigInt(bytes.readUInt32LE(106)) << 128n),
});

/** 32 bytes, the lowest first. */
export function encodeField(value: Field): Buffer {
  const bytes = Buffer.allocUnsafe(HASH_BYTES);
  writeField(bytes, 0, value);
  return bytes;
}

export const decodeField = (bytes: Buffer): Field => readField(bytes, 0);

/** The bytes of a column. */
export const toBuffer = (value: unknown): Buffer => {
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** Does not check that the value is below p: `writeField` wrote a field element. `decodeAccount` checks its keys. */
const readField = (bytes: Buffer, offset: number): Field => readWords(bytes, offset, 4) as Field;

const writeField = (bytes: Buffer, offset: number, value: bigint): void => writeWords(bytes, offset, value, 4);

/** Words of 64 bits. */
function readWords(bytes: Buffer, offset: number, count: number): bigint {
  let value = bytes.readBigUInt64LE(offset + 8 * (count - 1));
  for (let i = count - 2; i >= 0; i--) value = (value << 64n) | bytes.readBigUInt64LE(offset + 8 * i);
  return value;
}

function writeWords(bytes: Buffer, offset: number, value: bigint, count: number): void {
  for (let i = 0; i < count; i++) {
    bytes.writeBigUInt64LE((value >> BigInt(64 * i)) & 0xffff_ffff_ffff_ffffn, offset + 8 * i);
  }
}
