import { ZeroAddress, ZeroHash, type ContractTransaction, type ContractTransactionReceipt, type Signer } from "ethers";

import type { RoundResultStruct } from "../../../typechain-types/contracts/interfaces/IB52.ts";
import type { Proposal } from "../../b52/index.ts";
import { sendTransaction, type SendOptions } from "../../chain/transaction.ts";
import type { B52Node } from "./node.ts";
import type { ProvenBlock } from "./view.ts";

/**
 * A call that is due after a round, before a later round takes its place (docs/b52.md §5.3). Anyone may make it; the
 * money goes to its owner. For example, a bid that would return whole burns by the rate once its round's result is gone.
 */
export type Chore =
  /** A bid that returns, less the part that is burned. */
  | { readonly kind: "settle"; readonly proposal: Proposal; readonly result: RoundResultStruct }
  /** Rewards of a block, for its provers and its proposer. */
  | { readonly kind: "pay"; readonly block: ProvenBlock; readonly result: RoundResultStruct }
  /** The deposit of a demand for votes. */
  | { readonly kind: "close"; readonly block: ProvenBlock; readonly node: number; readonly parties: readonly string[] };

/** Stands for the result of a round that has none. */
export const NO_RESULT = {
  round: 0n,
  parent: ZeroHash,
  winner: ZeroAddress,
  uncles: [] as string[],
  proposerReward: 0n,
  proversReward: 0n,
  uncleNodeReward: 0n,
  scores: 0n,
  slope: 0n,
} satisfies RoundResultStruct;

/** Round that a chore is about; it can be done at least until the round `ROUNDS_KEPT` later is open. */
export const roundOfChore = (chore: Chore): bigint =>
  chore.kind === "settle" ? chore.proposal.round : chore.block.proposal.round;

/**
 * Does chores in their order, one transaction each. What somebody else has done meanwhile reverts: an error, after which
 * the rest can be asked for again.
 *
 * @throws {ProtocolError} as `sendTransaction`
 */
export async function doChores(
  node: B52Node,
  signer: Signer,
  chores: readonly Chore[],
  sending?: SendOptions,
): Promise<readonly ContractTransactionReceipt[]> {
  const receipts: ContractTransactionReceipt[] = [];
  for (const chore of chores) receipts.push(await sendTransaction(signer, callOf(node, chore), sending));
  return receipts;
}

function callOf(node: B52Node, chore: Chore): Promise<ContractTransaction> {
  const { consensus } = node.system;
  if (chore.kind === "settle") return consensus.settle.populateTransaction(chore.proposal, chore.result);
  if (chore.kind === "pay") return consensus.payRewards.populateTransaction(chore.result, chore.block.record);
  return consensus.closeDemand.populateTransaction(chore.block.record, chore.node);
}

/** Whether two addresses are the same, in whatever letters. */
export const isAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
