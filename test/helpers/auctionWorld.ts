// SPDX-License-Identifier: MIT
import type { BaseContract, ContractTransactionResponse } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { minedTransaction } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { MockConsensus, NativeToken } from "../../typechain-types/index.ts";
import type { ClockParameters } from "../model/elections/parts/index.ts";
import { ElectionWorld } from "./electionWorld.ts";

/** A call with a limit is not estimated before: it reverts in a block, whose number and time are known. */
export const GAS = { gasLimit: 8_000_000n } as const;

/** Account of the public fund. */
export const FUND = 9;

/** An election with balances in the native token. */
export type MoneyElection = BaseContract & {
  bind(consensus: MockConsensus): Promise<ContractTransactionResponse>;
  deposit(amount: bigint): Promise<ContractTransactionResponse>;
};

/** Clock of the tests with whole numbers: slots of 10 minutes; silence is half a slot. */
export const SLOTS: { clock: ClockParameters; silenceBlocks: bigint; opensAfter: bigint } = {
  clock: { slotBlocks: 50n, epochSlots: 32n },
  silenceBlocks: 25n,
  opensAfter: 3_900n,
};

/** An auction under a mock of Proof of Efficiency. */
export class AuctionWorld<Election extends MoneyElection> {
  readonly world: ElectionWorld;
  readonly election: Election;

  private constructor(world: ElectionWorld, election: Election) {
    [this.world, this.election] = [world, election];
  }

  /**
   * @param name name of the auction's contract
   * @param args arguments of its constructor
   * @param isAsked false if account 0 is the binder in place of the consensus, and so may call `admit`
   */
  static async open<Election extends MoneyElection>(
    name: string,
    args: (token: NativeToken, signers: readonly HardhatEthersSigner[]) => readonly unknown[],
    maxPendingLeaves: bigint,
    rules?: L1Rules,
    isAsked = true,
  ): Promise<AuctionWorld<Election>> {
    const world = await ElectionWorld.open(maxPendingLeaves, rules);
    const deployed = await world.connection.ethers.deployContract(name, [...args(world.token, world.signers)]);
    const election = deployed as unknown as Election;
    await minedTransaction(isAsked ? world.consensus.bindTo(election) : election.bind(world.consensus));
    return new AuctionWorld(world, election);
  }

  address(i: number): string {
    return this.world.signer(i).address;
  }

  /** The number of an account; −1 if it is no signer. */
  numberOf(account: string): number {
    return this.world.signers.findIndex(({ address }) => address === account);
  }

  as(i: number): Election {
    return this.election.connect(this.world.signer(i)) as Election;
  }

  /** Gives an account a balance in the election, and as many tokens as it may deposit. */
  async fund(i: number, amount: bigint): Promise<void> {
    await this.world.fund([this.world.signer(i)], 2n * amount, await this.election.getAddress());
    await minedTransaction(this.as(i).deposit(amount));
  }

  /** Posts batches with so many leaves each. */
  async post(i: number, ...leaves: bigint[]): Promise<void> {
    await minedTransaction(this.world.consensus.post(this.address(i), leaves, GAS));
  }

  async prove(i: number, batches: bigint): Promise<void> {
    await minedTransaction(this.world.consensus.prove(this.address(i), batches, GAS));
  }
}
