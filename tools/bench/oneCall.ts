// SPDX-License-Identifier: MIT
import { parseEther, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployProofOfEfficiency } from "../deployment/proofOfEfficiency.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { gasOf, type CallGas } from "./calldata.ts";

const EVERYTHING = (1n << 128n) - 1n;

/** A post of so many transfers is compared, in one call with its proofs and in two. */
export const TRANSFERS = 512;
/** Batches that it takes in the development profile, whose batches have 120 leaves of 4 slots at most. */
const BATCHES = 2;
const LEAVES = TRANSFERS / DEVELOPMENT.slots;
/** About 0.01 ETH, in digits that nobody rounded: a zero byte costs a quarter of another. */
const AMOUNT = 12_345_678_901_234_567n;

/** Name of the call that posts them. */
export const LARGE_POST: string = `sequence ${TRANSFERS} transfers in ${BATCHES} batches`;

/** Gas of `sequence` for all the transfers, which needs no proofs. */
export async function measureLargePost(connection: NetworkConnection): Promise<CallGas> {
  const { ethers } = connection;
  const system = await deployProofOfEfficiency(connection, {
    overrides: { maxLeavesPerBatch: LEAVES / BATCHES, maxPendingLeaves: LEAVES + 1 },
  });
  const { consensus, token } = system;
  const [owner] = (await ethers.getSigners()) as unknown as [Signer];
  await mined(token.approve(consensus, EVERYTHING));
  await mined(consensus.deposit(parseEther("10000")));
  const node = await RollupNode.open(system);
  const user = new Wallet(node, owner, createSigner(Buffer.from("bench")));
  await user.deposit(ETH, parseEther("10"));
  const sequencer = new Sequencer(node, owner, { feeAccount: 0, feeToken: ETH });
  await sequencer.post({});
  await node.sync();
  const plans = Array.from({ length: BATCHES }, (_, batch) => ({
    transactions: Array.from({ length: TRANSFERS / BATCHES }, (_, i) =>
      user.transfer(ETH, { from: 1, to: 2, amount: AMOUNT, nonce: BigInt((batch * TRANSFERS) / BATCHES + i) }),
    ),
  }));
  return gasOf(connection, await sequencer.post(...plans));
}

/**
 * Gas that each of 512 transfers saves if one call posts and proves them. The post is measured as a whole, since the
 * floor price of its bytes decides its cost. The cost of verification is linear in leaves and batches, so it follows
 * from the calls with one and three full leaves, and with further batches.
 *
 * @param totalOf all gas of a measured call, by its name in `measurePoeGas`
 */
export function savedPerTransfer(totalOf: (call: string) => number): number {
  const of = (first: number, furtherLeaf: number, furtherBatch: number): number =>
    first + (BATCHES - 1) * furtherBatch + (LEAVES - BATCHES) * furtherLeaf;
  const proven = of(
    totalOf("verify 1 leaf"),
    (totalOf("verify 1 batch of 3 full leaves") - totalOf("verify 1 leaf")) / 2,
    (totalOf("verify 3 batches of 1 leaf") - totalOf("verify 1 leaf")) / 2,
  );
  const both = of(
    totalOf("post and prove 1 leaf"),
    (totalOf("post and prove 1 batch of 3 leaves") - totalOf("post and prove 1 leaf")) / 2,
    totalOf("post and prove 2 batches of 1 leaf") - totalOf("post and prove 1 leaf"),
  );
  return (totalOf(LARGE_POST) + proven - both) / TRANSFERS;
}
