// SPDX-License-Identifier: MIT
import { ContractFactory, hexlify, type BaseContract, type Signer } from "ethers";

import type { HonkProof } from "../../src/recursion/index.ts";
import { compileHonkContract } from "../../tools/recursion/honkContract.ts";

/** Words of a call: a proof, and public inputs. Any number of them, each in [0, 2^256). */
export interface HonkCall {
  readonly proof: readonly bigint[];
  readonly inputs: readonly bigint[];
}

/** The contract that bb writes for a key. */
export class HonkVerifier {
  readonly codeBytes: number;
  readonly #contract: BaseContract;

  private constructor(contract: BaseContract, codeBytes: number) {
    this.#contract = contract;
    this.codeBytes = codeBytes;
  }

  static async deploy(source: string, signer: Signer): Promise<HonkVerifier> {
    const { abi, code, codeBytes } = compileHonkContract(source);
    const contract = await new ContractFactory(abi, code, signer).deploy();
    await contract.waitForDeployment();
    return new HonkVerifier(contract, codeBytes);
  }

  /** Whether the contract takes a proof; it reverts, or gives false, if not. */
  async accepts({ proof, inputs }: HonkCall): Promise<boolean> {
    const args = [toBytes(proof), inputs.map((word) => toBytes([word]))];
    return this.#contract
      .getFunction("verify")
      .staticCall(...args)
      .then((result) => result === true, isRevert);
  }

  /** Gas of a transaction that verifies a proof. */
  async gasOf({ proof, inputs }: HonkCall, signer: Signer): Promise<number> {
    const args = [toBytes(proof), inputs.map((word) => toBytes([word]))];
    const data = this.#contract.interface.encodeFunctionData("verify", args);
    const receipt = await (await signer.sendTransaction({ to: await this.#contract.getAddress(), data })).wait();
    return Number(receipt!.gasUsed);
  }
}

export const callOf = ({ bytes, publicInputs }: HonkProof): HonkCall => ({
  proof: Array.from({ length: bytes.length / 32 }, (_, i) => BigInt(hexlify(bytes.subarray(32 * i, 32 * i + 32)))),
  inputs: publicInputs,
});

function toBytes(words: readonly bigint[]): string {
  return `0x${words.map((word) => word.toString(16).padStart(64, "0")).join("")}`;
}

/**
 * A call that fails for another reason is a fault of the test. A revert has data; a precompile that gets what is no
 * point burns all of its gas.
 */
function isRevert(error: unknown): false {
  const isRejection =
    typeof (error as { readonly data?: unknown }).data === "string" || /ran out of gas/.test(String(error));
  if (!isRejection) throw error;
  return false;
}
