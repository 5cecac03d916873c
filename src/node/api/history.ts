// SPDX-License-Identifier: MIT
import { hexlify, toBeHex } from "ethers";

import { B52Node, uintToAddress, type ChainBlock, type NodeBatch, type RollupNode } from "../../agents/index.ts";
import { ask, queuedAt } from "../../chain/index.ts";
import {
  ARRIVAL,
  decodeTip,
  decodeTransactionSlot,
  DEPARTURE,
  readForcedSlot,
  SLOT_BYTES,
  slotsOf,
} from "../../codec/index.ts";
import { once, onceABlock, timeOfBlock, timeOfHead } from "./l1Answers.ts";
import { method, requireProofOfEfficiency, type FollowedNode, type Method } from "./method.ts";
import { AMOUNT, BOOLEAN, HEX, INTEGER, listOf, object, TEXT, wholeParameter } from "./parameters.ts";

const MAX_INDEX = 2 ** 32 - 1;
/** Batches of one answer. */
const PAGE = 50;
/** Forced operations of one answer. */
const OPERATIONS = 100;

const ANY_BATCH = {
  ...{ number: INTEGER, sequencer: HEX, timestamp: INTEGER, postedAt: INTEGER, leaves: INTEGER, bytes: INTEGER },
  ...{ forcedCount: INTEGER, transactions: INTEGER, void: INTEGER, root: HEX, baseFee: AMOUNT, feeToken: INTEGER },
} as const;

/** A batch of Proof of Efficiency. */
const BATCH = object({
  ...ANY_BATCH,
  ...{ isTruthful: BOOLEAN, fee: AMOUNT, leafFee: AMOUNT, bond: AMOUNT, forcedFees: AMOUNT },
  "proof?": object({
    ...{ aggregator: HEX, l1Block: INTEGER, "timestamp?": INTEGER, from: INTEGER, to: INTEGER, reward: AMOUNT },
  }),
});

/** A block of B52. */
const BLOCK = object({
  ...ANY_BATCH,
  block: object({
    ...{ round: INTEGER, id: HEX, committedAt: INTEGER, bid: AMOUNT, share: INTEGER, provers: INTEGER },
    ...{ promisedProvers: INTEGER, score: AMOUNT, endedAt: INTEGER, "endTime?": INTEGER },
  }),
});

const SLOT = object({
  ...{ slot: INTEGER, bytes: HEX, isForced: BOOLEAN, kind: TEXT, status: TEXT, "reason?": TEXT },
  ...{ from: INTEGER, to: INTEGER, token: INTEGER, amount: AMOUNT, "tip?": AMOUNT, "fee?": AMOUNT, "l1Address?": HEX },
});

/** Methods that say what has happened: for the explorer, and for those who look at the rollup as a whole. */
export const HISTORY: readonly Method[] = [
  method(
    "rollup_l1Head",
    "The last L1 block that the node has read: times are to be measured by its clock.",
    [],
    { name: "head", schema: object({ l1Block: INTEGER, timestamp: INTEGER }) },
    async ({ node }) => ({ l1Block: node.block, timestamp: Number(await timeOfHead(node)) }),
  ),
  method(
    "rollup_batches",
    "Batches without their data, the newest first, with those who posted and proved them; of B52 the finished blocks. An attempt to prove that failed " +
      "or came too late leaves no log on L1, and is not there. A node that began with a snapshot does not know who proved " +
      "the batches in it.",
    [
      wholeParameter("before", "Batches with smaller numbers.", 1, MAX_INDEX),
      wholeParameter("count", "Of batches, at most.", 1, PAGE),
    ],
    { name: "batches", schema: listOf({ oneOf: [BATCH, BLOCK] }, PAGE) },
    ({ node }, before: number, count: number) => {
      const end = Math.min(node.batches.length, before - 1);
      const first = Math.max(0, end - count);
      if (node instanceof B52Node) {
        const page = node.batches.slice(first, end).reverse();
        return Promise.all(page.map((block) => describeBlock(node, block)));
      }
      const page = node.batches.slice(first, end).reverse();
      return Promise.all(page.map((batch) => describeBatch(node, batch)));
    },
  ),
  method(
    "rollup_leaf",
    "The slots of a leaf of a batch, with what became of each; null if there is no such leaf.",
    [
      wholeParameter("batch", "Its number: 1, 2, 3, …", 1, MAX_INDEX),
      wholeParameter("leaf", "Its index in the batch, from 0.", 0, 65_535),
    ],
    {
      name: "leaf",
      schema: {
        oneOf: [
          { type: "null" },
          object({ batch: INTEGER, leaf: INTEGER, isFinal: BOOLEAN, slots: { type: "array", items: SLOT } }),
        ],
      },
    },
    ({ node }, number: number, leaf: number) => {
      const batch = node.batches[number - 1];
      const outcomes = batch?.result.leaves[leaf]?.outcomes;
      if (batch === undefined || outcomes === undefined) return null;
      const first = leaf * node.system.profile.slots;
      const bytes = slotsOf(batch.data).slice(first, first + node.system.profile.slots);
      const slots = bytes.map((slot, i) => {
        const isForced = first + i < batch.header.forcedCount;
        const { kind, status, ...rest } = outcomes[i]!;
        const reason = "reason" in rest ? { reason: rest.reason } : {};
        return { slot: i, bytes: hexlify(slot), isForced, kind, status, ...reason, ...describeSlot(slot, isForced) };
      });
      return { batch: number, leaf, isFinal: batch.provenAt !== undefined, slots };
    },
  ),
  method(
    "rollup_forcedClock",
    `The oldest ${OPERATIONS} forced operations that are not final, with the batch that took each, and their clock in unix ` +
      "seconds: from dueBy on no batch may leave the operation out; from freezableFrom on anybody may freeze the rollup if " +
      "it is the oldest one and still not final.",
    [],
    {
      name: "clock",
      schema: object({
        total: INTEGER,
        operations: {
          type: "array",
          maxItems: OPERATIONS,
          items: object({
            ...{ number: INTEGER, bytes: HEX, kind: TEXT, from: INTEGER, to: INTEGER, token: INTEGER, amount: AMOUNT },
            ...{ fee: AMOUNT, l1Address: HEX, "batch?": INTEGER },
            ...{ "queuedAt?": INTEGER, "dueBy?": INTEGER, "freezableFrom?": INTEGER },
          }),
        },
      }),
    },
    async ({ node }) => {
      const { rollup } = node.system;
      const batches = node.batches.slice(0, node.verifiedBatches);
      const first = batches.reduce((sum, { header }) => sum + header.forcedCount, 0);
      const waiting = node.forcedOperations.slice(first, first + OPERATIONS);
      const total = node.forcedOperations.length - first;
      if (waiting.length === 0) return { total, operations: [] };
      const [deadline, delay] = await Promise.all([
        once(node, "FORCED_DEADLINE", () => ask("FORCED_DEADLINE", () => rollup.FORCED_DEADLINE())),
        once(node, "ESCAPE_DELAY", () => ask("ESCAPE_DELAY", () => rollup.ESCAPE_DELAY())),
      ]);
      const times = await Promise.all(
        waiting.map((_, i) => once(node, `operation ${first + i + 1}`, () => queuedAt(rollup, first + i + 1))),
      );
      const batchOf = batchesOfOperations(node, first);
      const operations = waiting.map((slot, i) => {
        const number = first + i + 1;
        const [time, batch] = [times[i], batchOf.get(number)];
        return {
          ...{ number, bytes: hexlify(slot), kind: kindOf(slot) },
          ...describeForced(slot),
          ...(batch === undefined ? {} : { batch }),
          ...(time === undefined
            ? {}
            : {
                queuedAt: Number(time),
                dueBy: Number(time + (deadline ?? 0n)),
                freezableFrom: Number(time + (delay ?? 0n) + 1n),
              }),
        };
      });
      return { total, operations };
    },
  ),
  method(
    "rollup_feeHistory",
    "The base fee of a transaction in wei, the batch fee for a leaf now, and that of the newest batches, in the native " +
      "token's smallest unit. A batch that was posted with its proof paid none.",
    [wholeParameter("count", "Of batches, at most.", 1, PAGE)],
    {
      name: "fees",
      schema: object({
        ...{ baseFee: AMOUNT, batchFee: AMOUNT },
        batches: {
          type: "array",
          maxItems: PAGE,
          items: object({ number: INTEGER, timestamp: INTEGER, leaves: INTEGER, fee: AMOUNT, leafFee: AMOUNT }),
        },
      }),
    },
    async ({ node: followed }, count: number) => {
      const node = requireProofOfEfficiency(followed);
      const { consensus } = node.system;
      const batchFee = await onceABlock(node, "batchFee", (blockTag) =>
        ask("batchFee", () => consensus.batchFee({ blockTag })),
      );
      const batches = node.batches.slice(-count).map((batch) => ({
        ...{ number: batch.number, timestamp: Number(batch.header.timestamp), leaves: batch.result.leaves.length },
        ...feesOf(node, batch),
      }));
      return { baseFee: String(node.baseFee), batchFee: String(batchFee), batches };
    },
  ),
];

/** Fees of a batch: leaves that hold forced operations alone pay none, and a batch pays for one at least. */
function feesOf(node: RollupNode, { header, record, result }: NodeBatch): { fee: string; leafFee: string } {
  const paid = Math.max(1, result.leaves.length - Math.floor(header.forcedCount / node.system.profile.slots));
  return { fee: String(record.fee), leafFee: String(record.fee / BigInt(paid)) };
}

/** The facts that a batch and a block have in common. */
function describeAny(
  {
    number,
    header,
    data,
    postedAt,
    result,
  }: Pick<NodeBatch | ChainBlock, "number" | "header" | "data" | "postedAt" | "result">,
  sequencer: string,
  root: bigint,
): Readonly<Record<string, unknown>> {
  const slots = data.length / SLOT_BYTES;
  const outcomes = result.leaves.flatMap((leaf) => leaf.outcomes).slice(0, slots);
  return {
    ...{ number, sequencer: sequencer.toLowerCase(), timestamp: Number(header.timestamp), postedAt },
    ...{ leaves: result.leaves.length, bytes: data.length, forcedCount: header.forcedCount },
    ...{ transactions: slots - header.forcedCount, root: toBeHex(root, 32) },
    void: outcomes.filter(({ status }) => status === "void").length,
    ...{ baseFee: String(header.baseFee), feeToken: Number(header.feeToken) },
  };
}

async function describeBlock(node: B52Node, block: ChainBlock): Promise<Readonly<Record<string, unknown>>> {
  const { proposal, record, score, id, transition, provenAt = block.postedAt } = block;
  const endTime = await timeOfBlock(node, provenAt);
  return {
    ...describeAny(block, proposal.proposer, BigInt(transition.newStateRoot)),
    block: {
      ...{ round: Number(proposal.round), id, committedAt: node.committedAt(proposal) ?? 0 },
      ...{ bid: String(proposal.bid), share: Number(proposal.share), provers: Number(record.provers) },
      ...{ promisedProvers: Number(proposal.promisedProvers), score: String(score), endedAt: provenAt },
      ...(endTime === undefined ? {} : { endTime: Number(endTime) }),
    },
  };
}

async function describeBatch(node: RollupNode, batch: NodeBatch): Promise<Readonly<Record<string, unknown>>> {
  const { record, result, provenAt, proof, truthful } = batch;
  const provenTime = provenAt === undefined ? undefined : await timeOfBlock(node, provenAt);
  return {
    ...describeAny(batch, record.sequencer, result.stateRoot),
    ...{ isTruthful: truthful, ...feesOf(node, batch) },
    ...{ bond: String(record.bond), forcedFees: String(record.forcedFees) },
    // Of a batch in a snapshot nobody knows who proved it: L1 does not keep it.
    ...(proof?.aggregator === undefined || provenAt === undefined
      ? {}
      : {
          proof: {
            ...{ aggregator: proof.aggregator.toLowerCase(), l1Block: provenAt, from: proof.from, to: proof.to },
            ...{
              reward: String(proof.reward ?? 0n),
              ...(provenTime === undefined ? {} : { timestamp: Number(provenTime) }),
            },
          },
        }),
  };
}

function describeSlot(bytes: Uint8Array, isForced: boolean): Readonly<Record<string, unknown>> {
  if (isForced) return describeForced(bytes);
  const { from, to, token, amount, tipMantissa: mantissa, tipExponent: exponent } = decodeTransactionSlot(bytes);
  return { from, to, token: Number(token), amount: String(amount), tip: String(decodeTip({ mantissa, exponent })) };
}

function describeForced(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const { from, to, token, amount, fee, l1Address } = readForcedSlot(bytes);
  return {
    ...{ from, to, token: Number(token), amount: String(amount) },
    ...{ fee: String(fee), l1Address: uintToAddress(l1Address) },
  };
}

/** The kind of a forced operation, before a batch has taken it. */
function kindOf(bytes: Uint8Array): string {
  const { flags, from, to } = readForcedSlot(bytes);
  if ((flags & ARRIVAL) !== 0n) return "arrival";
  if ((flags & DEPARTURE) !== 0n) return "departure";
  if (from === 0) return to === 0 ? "createAccount" : "topUp";
  return to === 0 ? "forcedExit" : "forcedTransfer";
}

/** The batches that took the operations after the first `first` ones, and are not final. */
function batchesOfOperations(node: FollowedNode, first: number): ReadonlyMap<number, number> {
  const batchOf = new Map<number, number>();
  let next = first + 1;
  for (const { number, header } of node.batches.slice(node.verifiedBatches)) {
    for (let i = 0; i < header.forcedCount; i++) batchOf.set(next++, number);
  }
  return batchOf;
}
