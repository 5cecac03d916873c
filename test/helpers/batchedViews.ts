// SPDX-License-Identifier: MIT
import { getAddress, type ContractRunner, type TransactionRequest } from "ethers";
import { artifacts } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { Multicall } from "../../typechain-types/index.ts";

/** Where nothing else is. */
const ADDRESS = getAddress(`0x${"ba7c".repeat(10)}`);

interface Waiting {
  readonly target: string;
  readonly data: string;
  readonly resolve: (result: string) => void;
  readonly reject: (error: unknown) => void;
}

/** For contracts that are only read: views that are asked for at the same time are one call. */
export class BatchedViews implements ContractRunner {
  readonly provider = null;
  readonly #multicall: Multicall;
  #waiting: Waiting[] = [];

  private constructor(multicall: Multicall) {
    this.#multicall = multicall;
  }

  /** Puts its contract there without a transaction: nonces and blocks stay as they are. */
  static async open({ ethers }: NetworkConnection): Promise<BatchedViews> {
    const { deployedBytecode } = await artifacts.readArtifact("Multicall");
    await ethers.provider.send("hardhat_setCode", [ADDRESS, deployedBytecode]);
    return new BatchedViews(await ethers.getContractAt("Multicall", ADDRESS));
  }

  call({ to, data }: TransactionRequest): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ target: to as string, data: data!, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const results = await this.#multicall.viewAll(waiting.map(({ target, data }) => ({ target, data })));
      waiting.forEach(({ resolve }, i) => {
        resolve(results[i]!);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
