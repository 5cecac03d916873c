// SPDX-License-Identifier: MIT

import { queuedAt, sleep } from "../chain/index.ts";
import type { LedgerNode, SettledBatch } from "../agents/index.ts";
import { decodeTransactionSlot, requireLength, SLOT_BYTES } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { decideTransaction, signedNonce, type Outcome, type Reason } from "../ledger/index.ts";

/** Where a slot is in the order of transactions. */
export interface SlotPlace {
  /** Number of the batch, or height of the block. */
  readonly batch: number;
  /** Index of the leaf in the batch, from 0. */
  readonly leaf: number;
  /** Index of the slot in the leaf, from 0. */
  readonly slot: number;
}

/** Why L1 has no place for a transaction. `NOT_QUEUED`: there is no such forced operation; `FROZEN`: the rollup is. */
export type UnknownReason = Reason | "NOT_QUEUED" | "FROZEN";

/**
 * How far a transaction has got.
 *
 * - `unknown`: it is in no batch, and as things stand none would execute it; `reason` says why.
 * - `pending`: it is in no batch that has its place. A forced operation waits in the queue, and from `dueBy` on no
 *   batch may leave it out. An L2 transaction could be executed, but nothing on L1 promises that anybody will include
 *   it; under B52 `candidates` names the proposers whose proven blocks have it and may win.
 * - `virtual`: its batch has its place, and what becomes of it is determined and known, but not proven on L1. Two
 *   things can undo it: a reorganisation of L1 that removes block `l1Block`, and a freeze of the rollup, which voids
 *   all that is not final. Under Proof of Efficiency that is so from the posting on. Under B52 only when the proof
 *   window is over, as until then another block may win.
 * - `final`: L1 has settled its batch. Only a reorganisation of L1 that removes block `l1Block` can undo it.
 *
 * `outcome` says what it did: a transaction that is not valid when its turn comes is a no-op that has a place all the
 * same.
 */
export type TransactionStatus =
  | { readonly status: "unknown"; readonly reason: UnknownReason }
  | {
      readonly status: "pending";
      /** Of a forced operation, in unix seconds. */
      readonly dueBy?: bigint;
      /** L1 addresses. */
      readonly candidates?: readonly string[];
    }
  | {
      readonly status: "virtual" | "final";
      readonly place: SlotPlace;
      readonly outcome: Outcome;
      /** The L1 block that made it so. */
      readonly l1Block: number;
    };

/** The status of a transaction that has its place. */
export type Placed = Extract<TransactionStatus, { readonly place: SlotPlace }>;

/** Facts about a transaction that `statusOf` cannot find out by itself. */
export interface StatusOptions {
  /** The sequencer (L1 address, 160 bits) that an L2 transaction is bound to: it is not in its 93 bytes. */
  readonly boundTo?: bigint;
}

/** Transactions that an account may have signed ahead: nonces that are tried. */
const NONCES_AHEAD = 16;

/**
 * How far a transaction has got, as `node` knew when it was last synced.
 *
 * An L2 transaction that a batch had as a no-op (a copy of what is bound to another sequencer, or one whose money had
 * not arrived) is not lost: a later batch can execute it. It is `pending` then, and has the place of its no-op only if
 * it cannot be executed any more.
 *
 * @param transaction a signed L2 transaction, 93 bytes, or the id of a forced operation: 1, 2, 3, …
 * @throws {ProtocolError} `BAD_LENGTH`
 */
export async function statusOf(
  node: LedgerNode,
  transaction: Uint8Array | number,
  options: StatusOptions = {},
): Promise<TransactionStatus> {
  return typeof transaction === "number"
    ? statusOfOperation(node, transaction)
    : statusOfTransaction(node, requireLength(transaction, SLOT_BYTES, "transaction"), options);
}

/** How `waitForStatus` waits. */
export interface WaitOptions extends StatusOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks at L1. Default 1,000. */
  readonly pollingInterval?: number;
}

/**
 * Syncs the node until a transaction has its place, or is final.
 *
 * @param node as for `statusOf`
 * @param transaction as for `statusOf`
 * @param wanted how far it is to get; `final` is further than `virtual`
 * @param options when to give up
 * @throws {ProtocolError} `NOT_EXECUTABLE` if it is `unknown`. It may become executable later: to wait for that, call
 *   this again; `ABORTED` if the signal ends the wait
 */
export async function waitForStatus(
  node: LedgerNode,
  transaction: Uint8Array | number,
  wanted: "virtual" | "final",
  { signal, pollingInterval = 1_000, ...options }: WaitOptions = {},
): Promise<Placed> {
  while (signal?.aborted !== true) {
    await node.sync();
    const status = await statusOf(node, transaction, options);
    if (status.status === "unknown") {
      throw new ProtocolError(
        "NOT_EXECUTABLE",
        { reason: status.reason },
        `no batch will execute it: ${status.reason}`,
      );
    }
    if (status.status === "final" || status.status === wanted) return status;
    await sleep(pollingInterval, signal);
  }
  throw new ProtocolError("ABORTED", {}, `the wait ended before the transaction was ${wanted}`);
}

/** Batches that have their place, in order. */
const placedBatches = (node: LedgerNode): SettledBatch[] => [
  ...node.batches.slice(0, node.verifiedBatches),
  ...node.virtualBatches,
];

async function statusOfOperation(node: LedgerNode, id: number): Promise<TransactionStatus> {
  const slot = node.forcedOperations[id - 1];
  if (slot === undefined) return { status: "unknown", reason: "NOT_QUEUED" };
  let taken = 0;
  for (const batch of placedBatches(node)) {
    const position = id - 1 - taken;
    if (position < batch.header.forcedCount) return placedAt(node, batch, position);
    taken += batch.header.forcedCount;
  }
  if (node.isFrozen) return { status: "unknown", reason: "FROZEN" };
  const { rollup } = node.system;
  const time = await queuedAt(rollup, id);
  const candidates = node.candidates.filter(({ header }) => id - 1 - taken < header.forcedCount);
  // L1 is ahead of the node: others have taken it, and proven the batch.
  if (time === undefined) return pending(candidates);
  return pending(candidates, { dueBy: time + (await rollup.FORCED_DEADLINE()) });
}

function statusOfTransaction(
  node: LedgerNode,
  transaction: Uint8Array,
  { boundTo = 0n }: StatusOptions,
): TransactionStatus {
  let noOp: Placed | undefined;
  for (const { batch, position } of placesOf(node, transaction)) {
    const placed = placedAt(node, batch, position);
    if (placed.outcome.status === "executed") return placed;
    noOp = placed;
  }
  if (node.isFrozen) return noOp ?? { status: "unknown", reason: "FROZEN" };
  const reason = whyNot(node, transaction, boundTo);
  if (reason !== undefined) return noOp ?? { status: "unknown", reason };
  return pending(node.candidates.filter((block) => hasTransaction(transaction, block)));
}

function pending(
  candidates: readonly { readonly proposer: string }[],
  rest: { readonly dueBy?: bigint } = {},
): TransactionStatus {
  return candidates.length === 0
    ? { status: "pending", ...rest }
    : { status: "pending", ...rest, candidates: candidates.map(({ proposer }) => proposer) };
}

/** Where the transactions of the batches of a node are. A question about one must not cost a look at all batches. */
interface Places {
  /** Batches that were read. */
  count: number;
  /** Data of the last of them. */
  last: Uint8Array | undefined;
  /** By the hash of a transaction's bytes, in order: index of the batch times `MAX_SLOTS`, plus the position in it. */
  readonly byHash: Map<number, number | number[]>;
}

/** More than the slots of a batch. */
const MAX_SLOTS = 2 ** 20;

/** Batches of a node only get more: after a reorganisation there is another node. */
const PLACES = new WeakMap<LedgerNode, Places>();

/** The places of an L2 transaction in batches that have theirs, in order. */
function placesOf(node: LedgerNode, transaction: Uint8Array): { batch: SettledBatch; position: number }[] {
  const batches = placedBatches(node);
  const { byHash } = readPlaces(node, batches);
  const found = byHash.get(hashOf(transaction, 0)) ?? [];
  return (typeof found === "number" ? [found] : found).flatMap((place) => {
    // A freeze takes batches away.
    const batch = batches[Math.floor(place / MAX_SLOTS)];
    const position = place % MAX_SLOTS;
    return batch !== undefined && isAt(transaction, batch.data, position) ? [{ batch, position }] : [];
  });
}

/** Reads the batches that are new. */
function readPlaces(node: LedgerNode, batches: readonly SettledBatch[]): Places {
  let places = PLACES.get(node);
  const last = places === undefined || places.count === 0 ? undefined : batches[places.count - 1]?.data;
  const isShorter = places !== undefined && batches.length < places.count;
  if (places === undefined || (!isShorter && last !== places.last)) {
    places = { count: 0, last: undefined, byHash: new Map() };
    PLACES.set(node, places);
  }
  for (; places.count < batches.length; places.count++) {
    const { header, data } = batches[places.count]!;
    // The forced operations come first and are not looked at.
    for (let position = header.forcedCount; (position + 1) * SLOT_BYTES <= data.length; position++) {
      const hash = hashOf(data, position * SLOT_BYTES);
      const place = places.count * MAX_SLOTS + position;
      const known = places.byHash.get(hash);
      if (known === undefined) places.byHash.set(hash, place);
      else if (typeof known === "number") places.byHash.set(hash, [known, place]);
      else known.push(place);
    }
    places.last = data;
  }
  return places;
}

/** FNV-1a of a slot, 32 bits: a hint, as others may have the same. */
function hashOf(bytes: Uint8Array, start: number): number {
  let hash = 0x811c_9dc5;
  for (let i = start; i < start + SLOT_BYTES; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
  return hash;
}

const isAt = (transaction: Uint8Array, data: Uint8Array, position: number): boolean =>
  transaction.every((byte, i) => byte === data[position * SLOT_BYTES + i]);

/** Whether a block has a transaction; the forced operations come first and are not looked at. */
function hasTransaction(transaction: Uint8Array, { header, data }: Pick<SettledBatch, "header" | "data">): boolean {
  for (let position = header.forcedCount; (position + 1) * SLOT_BYTES <= data.length; position++) {
    if (isAt(transaction, data, position)) return true;
  }
  return false;
}

function placedAt(node: LedgerNode, batch: SettledBatch, position: number): Placed {
  const { slots } = node.system.profile;
  const [leaf, slot] = [Math.floor(position / slots), position % slots];
  const place = { batch: batch.number, leaf, slot };
  const outcome = batch.result.leaves[leaf]!.outcomes[slot]!;
  const { provenAt, postedAt } = batch;
  return provenAt === undefined
    ? { status: "virtual", place, outcome, l1Block: postedAt }
    : { status: "final", place, outcome, l1Block: provenAt };
}

/** Why the virtual state would not execute a transaction, now or after others that its sender signed before it. */
function whyNot(node: LedgerNode, transaction: Uint8Array, boundTo: bigint): Reason | undefined {
  const { virtualState: state } = node;
  const slot = decodeTransactionSlot(transaction);
  const context = {
    // The dearest that a batch can make it: its sequencer takes fees in the token of the transaction.
    feeToken: slot.token,
    baseFee: slot.token === 0n ? node.baseFee : 0n,
    sequencer: boundTo,
    domain: node.domain,
    levels: node.system.profile.levels,
    arrivals: new Map(),
  };
  const sender = state.account(slot.from);
  const nonce = sender && signedNonce(sender, slot, context, sender.nonce, NONCES_AHEAD);
  const then = sender && nonce !== undefined ? state.withAccount(slot.from, { ...sender, nonce }) : state;
  const { outcome } = decideTransaction(then, slot, context);
  return "reason" in outcome ? outcome.reason : undefined;
}
