// SPDX-License-Identifier: MIT
import { isSameAddress, type B52Node, type EscrowClient, type ProvenBlock } from "../../../agents/index.ts";
import { roundsKept } from "../../../b52/index.ts";
import type { B52Store, TradeStore } from "../../b52Store/index.ts";
import type { ScoreRule } from "../../strategies/index.ts";
import type { Desk } from "./desk.ts";
import type { GossipBook } from "./gossipBook.ts";
import type { Teller } from "./teller.ts";
import type { Workshop } from "./workshop.ts";

/** The parts of a node that all roles of a B52 rollup work with. */
export interface B52Setting {
  readonly node: B52Node;
  readonly teller: Teller;
  readonly book: GossipBook;
  readonly store: B52Store;
  readonly desk: Desk;
  readonly workshop: Workshop;
}

/** The parts of a node that trades in blocks: of a builder, or of a proposer that buys. */
export interface TradeSetting extends B52Setting {
  /** Follows L1 as the node does. */
  readonly escrow: EscrowClient;
  readonly trades: TradeStore;
}

/**
 * Seconds of L1 after which an offer and a vote of a round without their commitment are told again: those who were cut off,
 * or have started since, have not heard of them, and the round does not end by itself. More than the router remembers
 * what it has sent (`MESH.seenTTL`).
 */
export const TELL_AGAIN = 60;

/** Every decision of a role: an act, or a reason to wait. */
export type B52Decision = { readonly do: string; readonly why?: string };

/** Rewards that the pool of L1 allows now, and its rule for scores. */
export interface Treasury {
  /** Reward of a block; 0 if the pool is too small. */
  readonly reward: bigint;
  /** Reward of a node of an uncle, if the pool is large enough and all uncles are there. */
  readonly uncleNodeReward: bigint;
  readonly rule: ScoreRule;
}

/** Reads the pool and the slope. */
export async function treasuryOf({ system, parameters }: B52Node): Promise<Treasury> {
  const [pool, , slope] = await system.consensus.treasury();
  const { blockReward, tip, uncleReward, maxLeaves, maxUncles, targetProvers } = parameters;
  const first = blockReward + tip;
  const isPaid = pool >= first;
  const uncles = maxUncles > 0n && pool - first >= uncleReward;
  return {
    reward: isPaid ? blockReward : 0n,
    uncleNodeReward: isPaid && uncles ? uncleReward / (2n * maxLeaves - 1n) : 0n,
    rule: { target: targetProvers, slope },
  };
}

/** Reward for each credited node of a block, if it wins. */
export const nodePayOf = (reward: bigint, share: bigint, leaves: number): bigint =>
  (reward * share) / 10_000n / BigInt(2 * leaves - 1);

/** Whether a block is paid, so that its defaults can be slashed; undefined before its round has a result. */
export function isLiable(node: B52Node, { proposal }: ProvenBlock): boolean | undefined {
  const result = node.resultOf(proposal.round);
  if (result === undefined) return undefined;
  if (BigInt(result.winner as string) === 0n) return false;
  const isRewarded = [result.winner, ...result.uncles].some((other) =>
    isSameAddress(other as string, proposal.proposer),
  );
  return isRewarded || node.parameters.fairPay;
}

/** Nodes that a ticket missed in the rounds of which L1 keeps the records, by ticket. */
export function missesOf(node: B52Node): ReadonlyMap<number, number> {
  const misses = new Map<number, number>();
  for (const block of node.provenBlocks) {
    for (const { ticket, isCleared } of node.defaultsOf(block)) {
      if (!isCleared) misses.set(ticket, (misses.get(ticket) ?? 0) + 1);
    }
  }
  return misses;
}

/**
 * The first round of which the roles keep anything: deletions cannot be undone, so it follows from the rounds that the node
 * has read and compared, and not from one answer of an endpoint.
 */
export const oldestRound = (node: B52Node): bigint => BigInt(node.rounds) - 2n * roundsKept(node.parameters);
