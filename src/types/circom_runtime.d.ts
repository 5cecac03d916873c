// SPDX-License-Identifier: MIT
/** The parts of circom_runtime that this project uses. */
declare module "circom_runtime" {
  export interface WitnessCalculator {
    calculateWitness(input: Record<string, unknown>, sanityCheck?: boolean): Promise<bigint[]>;
    /** The witness as a file of format `wtns`. */
    calculateWTNSBin(input: Record<string, unknown>, sanityCheck?: boolean): Promise<Uint8Array>;
  }

  export function WitnessCalculatorBuilder(instance: WebAssembly.Instance): Promise<WitnessCalculator>;
}
