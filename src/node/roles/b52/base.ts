// SPDX-License-Identifier: MIT
import { hexlify, keccak256, randomBytes, ZeroAddress, type BytesLike } from "ethers";

import type { B52Node, OrderedContent } from "../../../agents/index.ts";
import { isSameBlock, treeSize } from "../../../b52/index.ts";
import { readForcedSlot } from "../../../codec/index.ts";
import { BatchBuilder, batchDataHash, ETH, type State } from "../../../ledger/index.ts";
import type { Mempool } from "../../mempool/index.ts";
import { scoreOf } from "../../strategies/index.ts";
import { treasuryOf, type B52Setting } from "./setting.ts";
import type { OpenBlock } from "./workshop.ts";

/** The place of the next block: a round that takes commitments, or would, and what its blocks build on. */
export interface Base {
  readonly round: bigint;
  readonly height: bigint;
  readonly isOpen: boolean;
  /** Undefined if the window begins with the first commitment. */
  readonly endsAt: number | undefined;
  /** Commitment hash. */
  readonly parent: string;
  /** The zero address if the parent is the head. */
  readonly parentProposer: string;
  readonly state: State;
  /** Forced operations that were executed before. */
  readonly executed: number;
}

/** The round whose commitments L1 takes, and what a block of it builds on; undefined if the node does not know that. */
export async function findBase(setting: Pick<B52Setting, "node" | "workshop">): Promise<Base | undefined> {
  const { node } = setting;
  const { consensus } = node.system;
  const [round, height, isOpen] = await consensus.openRound();
  const next = BigInt(node.batches.length) + 1n;
  const { proposalWindow } = node.parameters;
  const facts = { round, height, isOpen };
  if (height === next) {
    const opened = await consensus.roundOf(height);
    const endsAt = opened.id === round ? Number(opened.opensAt + proposalWindow) : undefined;
    const head = await consensus.head();
    // The node is behind, or L1 went on in the meantime.
    if (!isSameBlock(head, node.head)) return undefined;
    const { virtualState: state, executedForced: executed } = node;
    return { ...facts, endsAt, parent: node.head, parentProposer: ZeroAddress, state, executed };
  }
  const current = node.lastRoundOf(Number(next));
  if (height !== next + 1n || current === undefined) return undefined;
  const parent = await bestOpen(setting);
  if (parent === undefined) return undefined;
  const { id, proposal, content, tree } = parent;
  return {
    ...{ ...facts, endsAt: Number(current.opensAt + 2n * proposalWindow) },
    ...{ parent: id, parentProposer: proposal.proposer, state: tree.result },
    executed: node.executedForced + content.forcedCount,
  };
}

/** Pipelined: the commitment of the round at hand that can score most, as far as its content is known. */
async function bestOpen({ node, workshop }: Pick<B52Setting, "node" | "workshop">): Promise<OpenBlock | undefined> {
  const { rule } = await treasuryOf(node);
  const [best] = workshop.commitments
    .map(({ id, proposal }) => workshop.open(id, proposal))
    .filter((block) => block !== undefined)
    .sort((a, b) => {
      const [first, second] = [a, b].map(({ proposal: { promisedProvers, bid } }) =>
        scoreOf(Number(promisedProvers), bid, rule),
      );
      return first === second ? (a.id < b.id ? -1 : 1) : first! > second! ? -1 : 1;
    });
  return best;
}

/** How a block is ordered. */
export interface OrderingOptions {
  /** L2 account that gets the tips. */
  readonly feeAccount: number;
  readonly mempool: Mempool;
  /** L1 address to which transactions may be bound, 160 bits; 0 if its proposer is not known. */
  readonly sequencer: bigint;
  /** 32 bytes that nobody can guess. Default: random. */
  readonly newSalt?: (() => BytesLike) | undefined;
}

/** A block that was ordered, and what it brings. */
export interface OrderedBlock extends OrderedContent {
  /** Tips, in wei: they go to the fee account. */
  readonly tips: bigint;
  /** Tips, base fees, and fees of forced operations, in wei. */
  readonly fees: bigint;
  /** Of its proof tree. */
  readonly leaves: number;
}

/** Orders a block for a place: forced operations, the list that is due, transactions by their tips. */
export function orderBlock(
  node: B52Node,
  { state, executed, height }: Base,
  { feeAccount, mempool, sequencer, newSalt = () => randomBytes(32) }: OrderingOptions,
): OrderedBlock {
  const { profile } = node.system;
  const terms = { baseFee: node.baseFee, feeToken: ETH, feeAccount };
  const environment = { ...node.environmentOf(ZeroAddress), sequencer };
  const builder = new BatchBuilder(profile, state, terms, environment);
  const room = Number(node.parameters.maxLeaves) * profile.slots;
  let forcedFees = 0n;
  for (const slot of node.forcedOperations.slice(executed, executed + room)) {
    builder.force(slot);
    forcedFees += readForcedSlot(slot).fee;
  }
  const forcedCount = builder.forcedCount;
  const list = node.listDue(height);
  // The queue goes first: a list for which it leaves no room is left out (docs/b52.md §5.1).
  if (builder.size + list.length <= room) for (const slot of list) builder.append(slot);
  const transactions = mempool.select(builder, room - builder.size).length;
  const data = builder.data;
  const includeList = new Uint8Array(0);
  const content = {
    salt: hexlify(newSalt()),
    dataHash: batchDataHash(data),
    forcedCount,
    includeListHash: keccak256(includeList),
    feeAccount,
    feeToken: ETH,
  };
  const { tips } = builder;
  const fees = tips + forcedFees + node.baseFee * BigInt(transactions);
  const leaves = treeSize(Math.max(1, Math.ceil(builder.size / profile.slots)));
  return { data, includeList, content, tips, fees, leaves };
}
