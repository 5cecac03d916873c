// SPDX-License-Identifier: MIT
/** The parts of snarkjs that this project uses. */
declare module "snarkjs" {
  /** A file by name, or a file in memory. */
  export type FileOrMemory = string | { type: "mem"; data?: Uint8Array };

  export interface Logger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  /** A proof, with the coordinates of its points as decimal strings; points are projective with z = 1. */
  export interface Groth16Proof {
    pi_a: [string, string, string];
    pi_b: [[string, string], [string, string], [string, string]];
    pi_c: [string, string, string];
    protocol: string;
    curve: string;
  }

  export interface VerificationKey {
    protocol: string;
    curve: string;
    nPublic: number;
    vk_alpha_1: string[];
    vk_beta_2: string[][];
    vk_gamma_2: string[][];
    vk_delta_2: string[][];
    vk_alphabeta_12: string[][][];
    IC: string[][];
  }

  export const groth16: {
    prove(
      zkey: FileOrMemory,
      witness: FileOrMemory,
      logger?: Logger,
    ): Promise<{ proof: Groth16Proof; publicSignals: string[] }>;
    verify(
      key: VerificationKey,
      publicSignals: readonly string[],
      proof: Groth16Proof,
      logger?: Logger,
    ): Promise<boolean>;
  };

  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, file: FileOrMemory, logger?: Logger): Promise<Uint8Array>;
    contribute(
      oldFile: FileOrMemory,
      newFile: FileOrMemory,
      name: string,
      entropy: string,
      logger?: Logger,
    ): Promise<Uint8Array>;
    preparePhase2(oldFile: FileOrMemory, newFile: FileOrMemory, logger?: Logger): Promise<void>;
    verify(file: FileOrMemory, logger?: Logger): Promise<boolean>;
  };

  export const zKey: {
    /** Gives the hash of the circuit, or -1 if it refuses. */
    newZKey(r1cs: FileOrMemory, ptau: FileOrMemory, zkey: FileOrMemory, logger?: Logger): Promise<Uint8Array | -1>;
    contribute(
      oldZkey: FileOrMemory,
      newZkey: FileOrMemory,
      name: string,
      entropy: string,
      logger?: Logger,
    ): Promise<Uint8Array>;
    beacon(
      oldZkey: FileOrMemory,
      newZkey: FileOrMemory,
      name: string,
      beacon: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array>;
    verifyFromR1cs(r1cs: FileOrMemory, ptau: FileOrMemory, zkey: FileOrMemory, logger?: Logger): Promise<boolean>;
    verifyFromInit(init: FileOrMemory, ptau: FileOrMemory, zkey: FileOrMemory, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: FileOrMemory, logger?: Logger): Promise<VerificationKey>;
    /** `templates`: the EJS templates of snarkjs, by proof system. */
    exportSolidityVerifier(zkey: FileOrMemory, templates: { groth16: string }, logger?: Logger): Promise<string>;
  };
}
