// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { parseEther, type BaseContract, type ContractTransactionResponse } from "ethers";

import { minedTransaction } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { MockConsensus, NativeToken } from "../../typechain-types/index.ts";
import { ElectionNetwork } from "./electionNetwork.ts";

/** A call with a limit is not estimated before: it reverts in a block, whose number and time are known. */
export const GAS = { gasLimit: 8_000_000n } as const;

/** An election with balances in the native token. */
export type MoneyElection = BaseContract & {
  deposit(amount: bigint): Promise<ContractTransactionResponse>;
};

/** An election with balances under a mock of Proof of Efficiency, on a network of its own. */
export class ElectionWorld<Election extends MoneyElection> {
  readonly network: ElectionNetwork;
  readonly token: NativeToken;
  readonly consensus: MockConsensus;
  readonly election: Election;
  readonly signers: readonly HardhatEthersSigner[];

  private constructor(
    network: ElectionNetwork,
    token: NativeToken,
    consensus: MockConsensus,
    election: Election,
    signers: readonly HardhatEthersSigner[],
  ) {
    [this.network, this.token, this.consensus] = [network, token, consensus];
    [this.election, this.signers] = [election, signers];
  }

  /**
   * @param name name of the election's contract
   * @param args what its constructor takes
   */
  static async open<Election extends MoneyElection>(
    name: string,
    args: (token: NativeToken, signers: readonly HardhatEthersSigner[]) => readonly unknown[],
    maxPendingLeaves: number,
    rules: L1Rules = "osaka",
  ): Promise<ElectionWorld<Election>> {
    const network = await ElectionNetwork.open(rules);
    const { ethers } = network.connection;
    const signers = await ethers.getSigners();
    const supply = parseEther("1000000000");
    const token = await ethers.deployContract("NativeToken", ["Native", "NAT", supply, signers[0]!.address]);
    const consensus = await ethers.deployContract("MockConsensus", [token, maxPendingLeaves]);
    const election = (await ethers.deployContract(name, [...args(token, signers)])) as unknown as Election;
    await minedTransaction(consensus.bindTo(election));
    return new ElectionWorld(network, token, consensus, election, signers);
  }

  address(i: number): string {
    return this.signers[i]!.address;
  }

  as(i: number): Election {
    return this.election.connect(this.signers[i]!) as Election;
  }

  /** Gives an account tokens, and lets the election take them. */
  async give(i: number, amount: bigint): Promise<void> {
    const signer = this.signers[i]!;
    if (i !== 0) await minedTransaction(this.token.transfer(signer, amount));
    await minedTransaction(this.token.connect(signer).approve(this.election, amount));
  }

  /** Gives an account a balance in the election. */
  async fund(i: number, amount: bigint): Promise<void> {
    await this.give(i, amount);
    await minedTransaction(this.as(i).deposit(amount));
  }

  /** Posts batches with so many leaves each. */
  async post(i: number, ...leaves: number[]): Promise<void> {
    await minedTransaction(this.consensus.post(this.address(i), leaves, GAS));
  }

  async prove(i: number, batches: number): Promise<void> {
    await minedTransaction(this.consensus.prove(this.address(i), batches, GAS));
  }
}
