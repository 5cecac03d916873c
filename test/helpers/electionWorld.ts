// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { toQuantity, type ContractTransactionResponse } from "ethers";

import { minedTransaction, RevertError } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import { fixTimestamps, fixedStart } from "../../tools/bench/timestamps.ts";
import type { MockConsensus, NativeToken } from "../../typechain-types/index.ts";
import { Refusal } from "../model/b52/refusal.ts";
import type { Moment } from "../model/elections/parts/index.ts";
import { tryCalls } from "./triedCalls.ts";

/** Seconds between blocks, those without transactions too. */
export const BLOCK_TIME = 12n;

/** A chain for tests of an election beside a mock of its consensus: the same blocks, times and addresses in every run. */
export class ElectionWorld {
  readonly connection: NetworkConnection;
  readonly token: NativeToken;
  readonly consensus: MockConsensus;
  readonly signers: readonly HardhatEthersSigner[];

  private constructor(
    connection: NetworkConnection,
    token: NativeToken,
    consensus: MockConsensus,
    signers: readonly HardhatEthersSigner[],
  ) {
    [this.connection, this.token, this.consensus, this.signers] = [connection, token, consensus, signers];
  }

  /** The first signer holds all tokens. */
  static async open(maxPendingLeaves = 64n, rules: L1Rules = "osaka"): Promise<ElectionWorld> {
    const connection = await network.create(fixedStart(rules));
    fixTimestamps(connection);
    tryCalls(connection, rules);
    const { ethers } = connection;
    const signers = await ethers.getSigners();
    const token = await ethers.deployContract("NativeToken", ["Native", "NTV", 10n ** 27n, signers[0]!.address]);
    const consensus = await ethers.deployContract("MockConsensus", [await token.getAddress(), maxPendingLeaves]);
    return new ElectionWorld(connection, token, consensus, signers);
  }

  signer(i: number): HardhatEthersSigner {
    const signer = this.signers[i];
    if (signer === undefined) throw new Error(`there are ${this.signers.length} signers`);
    return signer;
  }

  /** Gives accounts tokens, and lets `spender` take them. */
  async fund(accounts: readonly HardhatEthersSigner[], amount: bigint, spender: string): Promise<void> {
    for (const account of accounts) {
      await minedTransaction(this.token.transfer(account, amount));
      await minedTransaction(this.token.connect(account).approve(spender, amount));
    }
  }

  /** The moment of the last block, which views see. */
  async now(): Promise<Moment> {
    const block = await this.connection.ethers.provider.getBlock("latest");
    if (block === null) throw new Error("there is no block");
    return { block: BigInt(block.number), time: BigInt(block.timestamp) };
  }

  /** The moment of the next transaction. */
  async next(): Promise<Moment> {
    const { block, time } = await this.now();
    return { block: block + 1n, time: time + BLOCK_TIME };
  }

  /**
   * Gives all later transactions this gas. To estimate it takes several times as long as the transaction; and a call that
   * fails is in a block then.
   */
  fixGas(gas: bigint): void {
    const { provider } = this.connection;
    const request = provider.request.bind(provider);
    provider.request = (args) => {
      if (args.method !== "eth_sendTransaction" || !Array.isArray(args.params)) return request(args);
      const [transaction] = args.params as [object];
      return request({ ...args, params: [{ gas: toQuantity(gas), ...transaction }] });
    };
  }

  /** Mines empty blocks. */
  async mine(blocks: bigint): Promise<void> {
    if (blocks > 0n) await this.connection.networkHelpers.mine(blocks, { interval: Number(BLOCK_TIME) });
  }

  /** Mines empty blocks so that the next transaction is in `block`. */
  async mineBefore(block: bigint): Promise<void> {
    await this.mine(block - (await this.next()).block);
  }
}

/** Name of the custom error that a transaction failed with; undefined if it did not. */
export async function outcomeOf(send: () => Promise<ContractTransactionResponse>): Promise<string | undefined> {
  try {
    await minedTransaction(send());
    return undefined;
  } catch (error) {
    if (error instanceof RevertError && error.revert.name !== undefined) return error.revert.name;
    // Errors of elections are in no ABI that the library knows; Hardhat names them in the error behind.
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      const name = /custom error '(\w+)\(/u.exec(cause.message)?.[1];
      if (name !== undefined) return name;
    }
    throw error;
  }
}

/** Name of the error with which a model refuses a call; undefined if it does not. */
export function modelOutcomeOf(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
