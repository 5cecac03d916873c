// SPDX-License-Identifier: MIT
/**
 * Signing alone: keys, transactions and slots of L2, without L1, prover or circuits. It runs in Node and in browsers,
 * and is small (test/package/wallet.test.ts measures it). To deposit and to exit, use `/node` and its `Wallet`.
 *
 * WARNING: `signTransaction` signs what it is told. A wallet that pays somebody checks the account first (`requirePayee`
 * of `/node`): anybody may open an account with the key or the owner of somebody else.
 *
 * @packageDocumentation
 */
export {
  decodeTransactionSlot,
  encodeDomain,
  encodeTransactionSlot,
  readForcedSlot,
  roundTipDown,
  SLOT_BYTES,
} from "../codec/index.ts";
export { compressKey, createSigner, decompressKey, verifySignature, type Point, type Signer } from "../crypto/index.ts";
export { isProtocolError, ProtocolError, type ErrorCode, type ErrorData } from "../errors.ts";
export { toField, type Field } from "../field.ts";
export { signTransaction, type TransactionRequest } from "../ledger/wallet.ts";
