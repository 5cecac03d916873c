import type { Groth16Proof } from "../codec/index.ts";
import type { CircuitName } from "../setup/index.ts";
import type { CircuitInput } from "./witness.ts";

export type { Groth16Proof } from "../codec/index.ts";
export type { VerificationKey } from "snarkjs";

/** A proof and what it proves. */
export interface ProofResult {
  /** The proof in snarkjs's form. */
  readonly proof: Groth16Proof;
  /** Outputs, then public inputs, in the order of the circuit. */
  readonly publicSignals: readonly bigint[];
  /** Wall-clock time that the proof took when it was made, witness included. */
  readonly seconds: number;
  /** Whether it was made in an earlier call, and only verified in this one. */
  readonly cached: boolean;
}

/** Makes Groth16 proofs of this project's circuits. */
export interface Prover {
  /**
   * Proves that a circuit accepts the input. The result has been verified.
   *
   * @throws {ProtocolError} `WITNESS_FAILED` if the circuit does not accept the input; `INVALID_INPUT` if it is not even
   *   of the circuit's shape; `PROVER_FAILED` if the prover breaks or its proof does not verify.
   */
  prove(circuit: CircuitName, input: CircuitInput): Promise<ProofResult>;

  /** Ends all processes that the prover started. Calls that are under way fail. */
  dispose(): Promise<void>;
}
