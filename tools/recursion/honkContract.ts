// SPDX-License-Identifier: MIT
import type { InterfaceAbi } from "ethers";
import solc from "solc";

const SOURCE = "HonkVerifier.sol";

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
}

interface CompiledContract {
  readonly abi: readonly object[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string };
  };
}

/** A contract that `bb write_solidity_verifier` wrote, compiled. */
export interface HonkContract {
  readonly abi: InterfaceAbi;
  /** Creation code, in hex. */
  readonly code: string;
  /** Bytes of the code on L1. */
  readonly codeBytes: number;
}

/**
 * Compiles the contract that verifies a key's proofs, as small as it gets: its work is in assembly, which the optimiser
 * does not change.
 *
 * @param source as `Barretenberg.solidityVerifier` gives it
 * @throws {Error} with the compiler's messages
 */
export function compileHonkContract(source: string): HonkContract {
  const input = {
    language: "Solidity",
    sources: { [SOURCE]: { content: source } },
    settings: {
      evmVersion: "osaka",
      optimizer: { enabled: true, runs: 1 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse((solc.compile as (input: string) => string)(JSON.stringify(input))) as CompilerOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const { abi, evm } = output.contracts[SOURCE]!["HonkVerifier"]!;
  return { abi, code: `0x${evm.bytecode.object}`, codeBytes: evm.deployedBytecode.object.length / 2 };
}
