// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type BaseContract, ContractFactory, type Signer } from "ethers";
import { zKey } from "snarkjs";
import solc from "solc";

import { NODE_MODULES } from "../../src/setup/paths.ts";

const TEMPLATE = join(NODE_MODULES, "snarkjs", "templates", "verifier_groth16.sol.ejs");
const SOURCE = "Groth16Verifier.sol";

interface Compiled {
  readonly abi: object[];
  readonly evm: { readonly bytecode: { readonly object: string } };
}

interface CompilerOutput {
  readonly contracts: Readonly<Record<string, Record<string, Compiled | undefined>>>;
}

/** Contracts that this process has compiled, by their source. */
const compiled = new Map<string, Compiled>();

/** A proof as the contracts take it (8 words), and its public signals. */
export interface ProvenSignals {
  readonly proof: readonly bigint[];
  readonly inputs: readonly bigint[];
}

/** snarkjs's own verifier of one circuit's proofs: independent code to compare `BatchVerifier` with. */
export class PlainVerifier {
  readonly #contract: BaseContract;

  private constructor(contract: BaseContract) {
    this.#contract = contract;
  }

  /** Generates the contract from the circuit's key, compiles and deploys it. Its licence is why it is not committed. */
  static async deploy(circuit: { readonly zkey: string }, signer: Signer): Promise<PlainVerifier> {
    const content = await zKey.exportSolidityVerifier(circuit.zkey, { groth16: readFileSync(TEMPLATE, "utf8") });
    const { abi, evm } = compile(content);
    const contract = await new ContractFactory(abi, evm.bytecode.object, signer).deploy();
    await contract.waitForDeployment();
    return new PlainVerifier(contract);
  }

  async verify({ proof, inputs }: ProvenSignals): Promise<boolean> {
    return (await this.#contract.getFunction("verifyProof").staticCall(...this.#arguments(proof, inputs))) as boolean;
  }

  /** Address and data of a call that verifies a statement. */
  async encodeCall({ proof, inputs }: ProvenSignals): Promise<[to: string, data: string]> {
    const data = this.#contract.interface.encodeFunctionData("verifyProof", this.#arguments(proof, inputs));
    return [await this.#contract.getAddress(), data];
  }

  #arguments(proof: readonly bigint[], inputs: readonly bigint[]): unknown[] {
    return [proof.slice(0, 2), [proof.slice(2, 4), proof.slice(4, 6)], proof.slice(6, 8), inputs];
  }
}

function compile(content: string): Compiled {
  const known = compiled.get(content);
  if (known !== undefined) return known;
  const input = {
    language: "Solidity",
    sources: { [SOURCE]: { content } },
    settings: {
      optimizer: { enabled: true, runs: 1_000 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const output = JSON.parse((solc.compile as (input: string) => string)(JSON.stringify(input))) as CompilerOutput;
  const contract = output.contracts[SOURCE]!["Groth16Verifier"]!;
  compiled.set(content, contract);
  return contract;
}
