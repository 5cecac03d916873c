// SPDX-License-Identifier: MIT
import { parseEther, type ContractTransactionReceipt, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import {
  Aggregator,
  RollupNode,
  Sequencer,
  Wallet,
  type BatchPlan,
  type ProofListener,
} from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployProofOfEfficiency } from "../deployment/proofOfEfficiency.ts";
import { leafBytes } from "../../src/profile.ts";
import type { Prover } from "../../src/prover/index.ts";
import { age } from "./age.ts";
import { gasOf, type CallGas } from "./calldata.ts";
import { withMockVerifier } from "./mockProofs.ts";

const EVERYTHING = (1n << 128n) - 1n;

/** Of the user's two accounts of ETH, the one that pays. */
const PAYER = 1;

/** Unproven leaves that the measured deployment allows; its ring is in the steady state after one more. */
const PENDING = 3;

/**
 * Gas of every call of a Proof-of-Efficiency rollup, with real proofs. Deterministic on a connection with fixed
 * timestamps, except for the bytes of the proofs.
 */
export async function measurePoeGas(
  connection: NetworkConnection,
  prover: Prover,
  onProof?: ProofListener,
): Promise<Record<string, CallGas>> {
  const { ethers } = connection;
  // The fee is at its minimum, where it is if proofs come in time. Above it, following it costs each call 2,500 gas.
  const minFee = 10n ** 16n;
  const system = await deployProofOfEfficiency(connection, {
    overrides: { maxLeavesPerBatch: PENDING, maxPendingLeaves: PENDING, minFee, initialFee: minFee },
  });
  const { consensus, rollup, token, provider, profile } = system;
  const signers = await ethers.getSigners();
  const signer = (i: number): Signer => signers[i] as Signer;
  const gas: Record<string, CallGas> = {};
  const record = async (name: string, receipt: Promise<ContractTransactionReceipt>): Promise<void> => {
    gas[name] = await gasOf(connection, await receipt);
  };

  // ── Money ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  const other = await ethers.deployContract("NativeToken", ["Other", "OTH", parseEther("1000"), signer(0)]);
  await record("registerToken", mined(rollup.registerToken(other, { value: await rollup.TOKEN_FEE() })));
  await mined(other.approve(rollup, EVERYTHING));
  await mined(token.approve(consensus, EVERYTHING));
  await mined(consensus.deposit(parseEther("1000")));
  await record("consensus deposit, further", mined(consensus.deposit(parseEther("10000"))));
  await record("consensus withdraw", mined(consensus.withdraw(parseEther("1"))));

  const node = await RollupNode.open(system);
  const user = new Wallet(node, signer(0), createSigner(Buffer.from("bench")));
  await record("deposit ETH, first", user.deposit(ETH, parseEther("10")));
  await user.deposit(ETH, parseEther("10"));
  await user.deposit(1n, parseEther("10"));

  // ── Batches ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const sequencer = new Sequencer(node, signer(0), { feeAccount: 2, feeToken: ETH });
  const aggregator = new Aggregator(node, signer(1), prover, onProof);
  const sequence = async (name: string, ...plans: BatchPlan[]): Promise<void> => {
    await record(name, sequencer.post(...plans));
    await node.sync();
  };
  const verify = async (name: string): Promise<void> => {
    await record(name, aggregator.submit(await aggregator.prove()));
    await node.sync();
  };
  /** Transfers that fill a leaf; `after` so many leaves of the same call. */
  const full = (after = 0): BatchPlan => {
    const { account } = user.account(ETH, PAYER);
    const nonce = account.nonce + BigInt(after * profile.slots);
    const transactions = Array.from({ length: profile.slots }, (_, i) =>
      user.transfer(ETH, { from: PAYER, to: 2, amount: 1n, nonce: nonce + BigInt(i) }),
    );
    return { transactions };
  };
  const threeLeaves = (): BatchPlan => ({
    transactions: Array.from({ length: PENDING }, (_, i) => full(i).transactions ?? []).flat(),
  });
  await sequence("sequence 1 leaf of deposits, first", {});
  await verify("verify 1 leaf, first");
  await withMockVerifier(connection, await system.verifier.getAddress(), () =>
    age(sequencer, signer(0), signer(1), PENDING * profile.slots),
  );
  for (let i = 0; i < PENDING; i++) await sequence("sequence 1 leaf, first", full());
  await verify(`verify ${PENDING} batches of 1 leaf`);
  await sequence("sequence 1 leaf, steady", full());
  await verify("verify 1 leaf");

  await sequence("sequence 3 leaves, steady", {
    transactions: [...(full().transactions ?? []), new Uint8Array(2 * leafBytes(profile))],
  });
  await verify("verify 1 batch of 3 leaves");
  await sequence("sequence 3 full leaves, steady", threeLeaves());
  await verify("verify 1 batch of 3 full leaves");

  // Forced operations and exits.
  await record("deposit ETH, further", user.deposit(ETH, parseEther("10")));
  await record("deposit ERC-20, further", user.deposit(1n, parseEther("10")));
  await sequence("sequence 1 leaf of deposits", {});
  await verify("verify 1 leaf of deposits");
  await record("forceTransfer", mined(rollup.forceTransfer(1, 2, ETH, 1n, { value: await rollup.forcedFee() })));
  await record("forceExit", user.forceExit(ETH, 1000n, PAYER));
  await record("topUp ETH", topUp(user));
  await node.sync();
  const exit = user.transfer(ETH, { from: PAYER, to: 0, amount: 5n });
  await sequence("sequence 1 leaf with 3 forced operations, steady", { transactions: [exit] });
  await verify("verify 1 leaf with exits");

  await sequence("sequence empty, steady", {});
  const range = await aggregator.prove();
  await aggregator.submit(range);
  await node.sync();
  const late = await consensus
    .connect(signer(1))
    .verify(range.from, range.proofs, { gasLimit: 1_000_000 })
    .catch(() => null);
  if (late !== null) throw new Error("a late proof was accepted");
  const receipt = await provider.getBlock("latest", true);
  const failed = receipt === null ? null : await provider.getTransactionReceipt(receipt.transactions[0] ?? "");
  if (failed?.status !== 0) throw new Error("the late proof was not mined");
  gas["verify too late (reverts)"] = await gasOf(connection, failed);

  // ── Post and prove ─────────────────────────────────────────────────────────────────────────────────────────────────
  const both = new Aggregator(node, signer(0), prover, onProof);
  for (const name of ["post and prove 1 leaf, first", "post and prove 1 leaf"]) {
    await record(name, sequencer.postProven(both, full()));
    await node.sync();
  }
  await record(`post and prove 1 batch of ${PENDING} leaves`, sequencer.postProven(both, threeLeaves()));
  await node.sync();
  await record("post and prove 2 batches of 1 leaf", sequencer.postProven(both, full(), full(1)));
  await node.sync();

  // ── Withdrawals ────────────────────────────────────────────────────────────────────────────────────────────────────
  const [first, second] = await user.openExits();
  if (first === undefined || second === undefined) throw new Error("two exits are open");
  await record("claim ETH, first of 256", user.claim(first));
  await record("claim ETH, further", user.claim(second));
  await record("withdraw ETH", mined(rollup.connect(signer(1)).withdraw(ETH)));
  return gas;
}

async function topUp(user: Wallet): Promise<ContractTransactionReceipt> {
  const { rollup } = user.node.system;
  const value = 1n + (await rollup.forcedFee());
  return mined(rollup.connect(user.l1).topUp(ETH, 1n, 1, user.l1, { value }));
}
