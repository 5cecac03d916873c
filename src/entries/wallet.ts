// SPDX-License-Identifier: MIT
/**
 * Keys, transactions and slots of L2, and a client of a node's API: without L1, prover or circuits. It runs in Node and
 * in browsers, and is small (test/package/package.test.ts measures it). To deposit and to exit by L1, use `/node` and
 * its `Wallet`.
 *
 * WARNING: `NodeClient` believes its node. It refuses malformed answers, but a node may also lie: about balances, nonces
 * and what is final. A program that trusts nobody follows L1 itself, by `/node`.
 *
 * WARNING: `signTransaction` signs what it is told. A wallet that pays somebody checks the account first
 * (`NodeClient.requirePayee`, or `requirePayee` of `/node`): anybody may open an account with the key or the owner of
 * somebody else.
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
export type { Account } from "../ledger/account.ts";
export { formatPayee, parsePayee, type Payee } from "../ledger/payee.ts";
export { signTransaction, type TransactionRequest } from "../ledger/wallet.ts";
export {
  NodeClient,
  type AccountFilter,
  type NodeAccount,
  type NodeClientOptions,
  type NodeIdentity,
  type NodeStatus,
  type NodeTransactionStatus,
  type NodeTransfer,
  type NodeWaitOptions,
  type PlacedByNode,
} from "../nodeClient/index.ts";
