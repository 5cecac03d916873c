// SPDX-License-Identifier: MIT
/** The parts of circom_runtime that this project uses. */
declare module "circom_runtime" {
  export interface WitnessCalculator {
    calculateWitness(input: Record<string, unknown>, sanityCheck?: boolean): Promise<bigint[]>;
    /** The witness as a file of format `wtns`. */
    calculateWTNSBin(input: Record<string, unknown>, sanityCheck?: boolean): Promise<Uint8Array>;
  }

  /** @param instance a `WebAssembly.Instance`, of which users without the DOM's types have no type */
  export function WitnessCalculatorBuilder(instance: object): Promise<WitnessCalculator>;
}
