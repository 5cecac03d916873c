// SPDX-License-Identifier: GPL-3.0-or-later
import { type Groth16Proof, type VerificationKey } from "snarkjs";

import { type ErrorCode, type ErrorData } from "../errors.ts";
import { type CircuitInput, type WitnessSource } from "./witness.ts";

/** Requests to a worker process. Values are sent as structured clones, so bigints survive. */
export type WorkerTask =
  | { readonly kind: "prove"; readonly circuit: WitnessSource; readonly zkey: string; readonly input: CircuitInput }
  | {
      readonly kind: "verify";
      readonly key: VerificationKey;
      readonly publicSignals: readonly bigint[];
      readonly proof: Groth16Proof;
    };

/** Result of each kind of task. */
export interface WorkerResults {
  prove: { readonly proof: Groth16Proof; readonly publicSignals: readonly bigint[] };
  verify: boolean;
}

/** An error on its way from a worker: its class does not survive the journey. */
export interface SentError {
  readonly message: string;
  /** Of a `ProtocolError`. */
  readonly coded: CodeAndData | undefined;
}

/** A code with the data of that code. */
export type CodeAndData = { [Code in ErrorCode]: { readonly code: Code; readonly data: ErrorData[Code] } }[ErrorCode];

/** A worker's answer to a task. */
export type WorkerAnswer =
  | { readonly ok: true; readonly result: WorkerResults[WorkerTask["kind"]] }
  | { readonly ok: false; readonly error: SentError };
