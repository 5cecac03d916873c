// SPDX-License-Identifier: MIT
/** A rollup of B52 with mock proofs, and what tests of its roles begin with. */
import { parseEther } from "ethers";
import { network } from "hardhat";

import { Wallet } from "../../src/agents/index.ts";
import type { Proposal } from "../../src/b52/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { mockProver, putMock } from "../../tools/bench/mockProofs.ts";
import { FIXED_START, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { deployB52 } from "../../tools/deployment/b52.ts";
import { B52Rig } from "./b52Rig.ts";
import { createFastSigner } from "./fastSigner.ts";

/** A rollup whose verifier is the mock. */
export async function createRig(overrides: Readonly<Record<string, unknown>> = {}): Promise<B52Rig> {
  const connection = await network.create(FIXED_START);
  fixTimestamps(connection);
  const system = await deployB52(connection, { overrides });
  await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
  return B52Rig.create(connection, system, await mockProver());
}

export const PROPOSER = ["proposer", "closing", "court"] as const;
export const PROVER = ["voter", "prover", "closing", "court"] as const;

/** A user with one ETH on its way to L2. */
export async function deposit(rig: B52Rig, account = 15): Promise<Wallet> {
  const l1 = (await rig.connection.ethers.getSigners())[account]!;
  const wallet = new Wallet(rig.node, l1, createFastSigner(`user ${account}`));
  await wallet.deposit(ETH, parseEther("1"));
  return wallet;
}

/** The commitment of the round at hand; undefined if there is none. */
export async function committed(rig: B52Rig): Promise<Proposal | undefined> {
  await rig.follow();
  const { node } = rig;
  const round = node.lastRoundOf(node.batches.length + 1);
  return round && node.proposalsOf(round.round)[0];
}
