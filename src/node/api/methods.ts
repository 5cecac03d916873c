// SPDX-License-Identifier: MIT
import { hexlify, toBeHex, toBigInt } from "ethers";

import { queuedAt } from "../../chain/index.ts";
import { statusOf, type TransactionStatus } from "../../client/index.ts";
import { SLOT_BYTES } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { Account } from "../../ledger/index.ts";
import { HISTORY } from "./history.ts";
import { PEERS } from "./peers.ts";
import { ROUNDS } from "./rounds.ts";
import { RULES } from "./rules.ts";
import { once } from "./l1Answers.ts";
import { method, takenForced, type ApiSource, type Method } from "./method.ts";
import {
  AMOUNT,
  BadParameter,
  bytesParameter,
  HEX,
  INTEGER,
  nullableParameter,
  object,
  TEXT,
  wholeParameter,
} from "./parameters.ts";

const TRANSACTION = bytesParameter("transaction", "A signed L2 transaction, 93 bytes.", SLOT_BYTES);
const MAX_INDEX = 2 ** 32 - 1;
/** Forced operations, or accounts, of one answer. */
const PAGE = 100;

const STATUS = object({
  status: { enum: ["unknown", "waiting", "pending", "virtual", "final", "void", "removed"] },
  "reason?": TEXT,
  "nonce?": AMOUNT,
  "batch?": INTEGER,
  "leaf?": INTEGER,
  "slot?": INTEGER,
  "l1Block?": INTEGER,
  "dueBy?": INTEGER,
  "isFinal?": { type: "boolean" },
});

const ACCOUNT = object({
  ...{ index: INTEGER, token: AMOUNT, balance: AMOUNT, nonce: AMOUNT, nextNonce: AMOUNT, owner: HEX, x: HEX, y: HEX },
});

/** An account as JSON. `nextNonce` is behind the transactions of the account that wait in the mempool. */
function describeAccount({ mempool }: ApiSource, index: number, account: Account): Readonly<Record<string, unknown>> {
  const { token, balance, nonce, owner, ax, ay } = account;
  return {
    ...{ index, token: String(token), balance: String(balance), nonce: String(nonce) },
    nextNonce: String(mempool.nextNonce(index, nonce)),
    ...{ owner: toBeHex(owner, 20), x: toBeHex(ax, 32), y: toBeHex(ay, 32) },
  };
}

/** All methods of the API. */
export const METHODS: readonly Method[] = [
  method(
    "rollup_identity",
    "The rollup that the node follows. Signatures are tied to chain id and rollup.",
    [],
    {
      name: "identity",
      schema: object({ chainId: AMOUNT, rollup: HEX, consensus: HEX, deploymentBlock: INTEGER }),
    },
    async ({ node }) => {
      const { provider, rollup, consensus, deploymentBlock } = node.system;
      const chainId = await once(node, "chainId", async () => (await provider.getNetwork()).chainId);
      const [core, of] = await Promise.all([rollup.getAddress(), consensus.getAddress()]);
      return { chainId: String(chainId), rollup: core.toLowerCase(), consensus: of.toLowerCase(), deploymentBlock };
    },
  ),
  method(
    "rollup_status",
    "How far the node has followed the rollup.",
    [],
    {
      name: "status",
      schema: object({
        l1Block: INTEGER,
        batches: INTEGER,
        finalBatches: INTEGER,
        virtualRoot: HEX,
        finalRoot: HEX,
        accounts: INTEGER,
        isFrozen: { type: "boolean" },
        waiting: INTEGER,
      }),
    },
    ({ node, mempool }) => ({
      l1Block: node.block,
      batches: node.batches.length,
      finalBatches: node.verifiedBatches,
      virtualRoot: toBeHex(node.virtualState.root, 32),
      finalRoot: toBeHex(node.finalState.root, 32),
      accounts: node.virtualState.nextIndex - 1,
      isFrozen: node.isFrozen,
      waiting: mempool.size,
    }),
  ),
  method(
    "rollup_sendTransaction",
    "Gives the sequencer a transaction. The answer comes when it is on the sequencer's disk.",
    [TRANSACTION],
    { name: "accepted", schema: object({ nonce: AMOUNT, isKnown: { type: "boolean" } }) },
    async ({ mempool, sequencer, requireRoom, onAccepted }, transaction: Uint8Array) => {
      requireRoom?.();
      if (sequencer === undefined) {
        throw new ProtocolError(
          "NOT_A_SEQUENCER",
          {},
          "this node orders no transactions: send it to a sequencer or a proposer",
        );
      }
      const { nonce, isKnown } = await mempool.submit(transaction, sequencer.expectedState);
      if (!isKnown) onAccepted?.(transaction);
      return { nonce: String(nonce), isKnown };
    },
  ),
  method(
    "rollup_transaction",
    "What became of a transaction: waiting, virtual, final, or void or removed with the reason.",
    [TRANSACTION],
    { name: "status", schema: STATUS },
    async ({ node, mempool }, transaction: Uint8Array) => {
      const kept = mempool.status(transaction);
      if (kept?.status === "waiting") return { status: "waiting", nonce: String(kept.nonce) };
      const onL1 = describeStatus(await statusOf(node, transaction));
      return kept?.status === "removed" && onL1.status !== "virtual" && onL1.status !== "final" ? kept : onL1;
    },
  ),
  method(
    "rollup_operation",
    "What became of a forced operation.",
    [wholeParameter("operation", "Its number in the queue: 1, 2, 3, …", 1, MAX_INDEX)],
    { name: "status", schema: STATUS },
    async ({ node }, operation: number) => describeStatus(await statusOf(node, operation)),
  ),
  method(
    "rollup_account",
    "An account after all batches that are posted; null if there is none.",
    [wholeParameter("index", "Of the account.", 1, MAX_INDEX)],
    {
      name: "account",
      schema: { oneOf: [{ type: "null" }, ACCOUNT] },
    },
    (source, index: number) => {
      const account = source.node.virtualState.accounts.peek(index);
      return account === undefined ? null : describeAccount(source, index, account);
    },
  ),
  method(
    "rollup_accounts",
    `Accounts with a key, an owner, or both, by index; at most ${PAGE}. If the answer has \`after\`, there may be more.`,
    [
      nullableParameter(bytesParameter("key", "On L2: x and y, 32 bytes each; null for any.", 64)),
      nullableParameter(bytesParameter("owner", "L1 address; null for any.", 20)),
      wholeParameter("after", "Index before the first one: 0, or that of the answer before.", 0, MAX_INDEX),
    ],
    { name: "accounts", schema: object({ accounts: { type: "array", items: ACCOUNT }, "after?": INTEGER }) },
    (source, key: Uint8Array | null, owner: Uint8Array | null, after: number) => {
      const { accountIndex, node } = source;
      if (key === null && owner === null) throw new BadParameter("key or owner must be given: both are null");
      if (accountIndex === undefined) {
        throw new ProtocolError("NO_ACCOUNT_INDEX", {}, "this node keeps no accounts by key and owner");
      }
      const query = {
        key: key === null ? undefined : { x: toBigInt(key.subarray(0, 32)), y: toBigInt(key.subarray(32)) },
        owner: owner === null ? undefined : toBigInt(owner),
      };
      const { accounts, ...more } = accountIndex.find(node.virtualState, query, after, PAGE);
      return { accounts: accounts.map(({ index, account }) => describeAccount(source, index, account)), ...more };
    },
  ),
  method(
    "rollup_fees",
    "What a transaction in ETH pays for its proof, in wei; what it adds for its sequencer is its own choice.",
    [],
    { name: "fees", schema: object({ baseFee: AMOUNT }) },
    ({ node }) => ({ baseFee: String(node.baseFee) }),
  ),
  method(
    "rollup_batch",
    "A batch with its data; null if there is none.",
    [wholeParameter("number", "Of the batch: 1, 2, 3, …", 1, MAX_INDEX)],
    {
      name: "batch",
      schema: {
        oneOf: [
          { type: "null" },
          object({
            ...{
              number: INTEGER,
              data: HEX,
              sequencer: HEX,
              timestamp: INTEGER,
              forcedCount: INTEGER,
              leaves: INTEGER,
            },
            ...{ postedAt: INTEGER, "provenAt?": INTEGER, root: HEX, feeAccount: INTEGER },
          }),
        ],
      },
    },
    ({ node }, number: number) => {
      const batch = node.batches[number - 1];
      if (batch === undefined) return null;
      const { header, data, result, postedAt, provenAt } = batch;
      const sequencer = "proposal" in batch ? batch.proposal.proposer : batch.record.sequencer;
      const root = "proposal" in batch ? BigInt(batch.transition.newStateRoot) : batch.result.stateRoot;
      return {
        ...{ number, data: hexlify(data), sequencer: sequencer.toLowerCase(), postedAt },
        ...{ timestamp: Number(header.timestamp), forcedCount: header.forcedCount, feeAccount: header.feeAccount },
        ...{ leaves: result.leaves.length, root: toBeHex(root, 32) },
        ...(provenAt === undefined ? {} : { provenAt }),
      };
    },
  ),
  method(
    "rollup_forcedQueue",
    `The oldest ${PAGE} forced operations that no batch has taken, and from when on no batch may leave them out.`,
    [],
    { name: "operations", schema: { type: "array", items: object({ number: INTEGER, slot: HEX, "dueBy?": INTEGER }) } },
    async ({ node }) => {
      const { rollup } = node.system;
      const first = takenForced(node);
      const waiting = node.forcedOperations.slice(first, first + PAGE);
      if (waiting.length === 0) return [];
      const deadline = await once(node, "FORCED_DEADLINE", () => rollup.FORCED_DEADLINE());
      const times = await Promise.all(
        waiting.map((_, i) => once(node, `operation ${first + i + 1}`, () => queuedAt(rollup, first + i + 1))),
      );
      return waiting.map((slot, i) => ({
        ...{ number: first + i + 1, slot: hexlify(slot) },
        ...(times[i] === undefined || deadline === undefined ? {} : { dueBy: Number(times[i] + deadline) }),
      }));
    },
  ),
  ...RULES,
  ...HISTORY,
  ...ROUNDS,
  ...PEERS,
];

/** A status as JSON. A place in a batch does not mean that a transaction was executed: a no-op is `void`. */
export function describeStatus(
  status: TransactionStatus,
): Readonly<Record<string, unknown>> & { readonly status: string } {
  if (status.status === "unknown") return { status: "unknown", reason: status.reason };
  if (status.status === "pending") {
    return { status: "pending", ...(status.dueBy === undefined ? {} : { dueBy: Number(status.dueBy) }) };
  }
  const { place, outcome, l1Block } = status;
  const isFinal = status.status === "final";
  return "reason" in outcome
    ? { status: "void", reason: outcome.reason, isFinal, ...place, l1Block }
    : { status: status.status, isFinal, ...place, l1Block };
}
