// SPDX-License-Identifier: MIT
import { TRANSACTION_GAS_CAP } from "../../chain/index.ts";

/** Sizes of a batch's proof, which decide how much gas and calldata it takes in a call to L1. */
export interface BatchWork {
  /** Proofs. */
  readonly leaves: number;
  /** Bytes of calldata. */
  readonly bytes: number;
  /** Of these, the batch's data, which are shown once more if the sequencer's commitments are false; else 0. */
  readonly dataBytes: number;
  /** Bytes of calldata by which the same call posts the batch, beside `bytes`; 0 if the batch was posted before. */
  readonly postedBytes: number;
  /** Whether a departure happens at its end: L1 takes no further batch in the same call. */
  readonly endsCall: boolean;
}

/** Limits of one call. */
export interface CallLimits {
  /** Gas. Default 2^24, the most that L1 takes in a transaction (EIP-7825). */
  readonly maxGas?: bigint;
  /**
   * Bytes of calldata. Default: 127 KiB. Nodes pass on public transactions of up to 128 KiB; 1 KiB is for the rest of
   * it.
   */
  readonly maxBytes?: number;
}

const MAX_BYTES = 127 * 1024;

/**
 * Gas of `verify`, from above: test/agents/poe/provingPlan.test.ts compares it with snapshots/gas.json and with calls.
 * - `base`: the call, the pairings that all proofs share, the state, exits and payments that begin with this call.
 * - `batch`: record, bond, accumulator, a payment in a token of its own.
 * - `leaf`: a proof, its calldata, its exits.
 * - `falseBatch`, `dataByte`: the data once more, as calldata, hashed and evaluated.
 * - `post`: the work of `sequence` for a batch, besides its data.
 */
const GAS = { base: 360_000n, batch: 12_000n, leaf: 63_000n, falseBatch: 20_000n, dataByte: 24n, post: 20_000n };

/** Part of a call's cost that depends on the kind of its proofs. */
export interface ProofCosts {
  /** Gas of the call, and of all that its proofs share. */
  readonly base: bigint;
  /** Gas of a leaf. */
  readonly leaf: bigint;
  /** Bytes of calldata that the proofs share. */
  readonly bytes: number;
}

/** Each leaf has a Groth16 proof. */
const SINGLE: ProofCosts = { base: GAS.base, leaf: GAS.leaf, bytes: 0 };

/** All leaves have one joint proof: snapshots/jointGas.json and snapshots/jointProofGas.json, from above. */
export const JOINT: ProofCosts = { base: 1_000_000n, leaf: 16_000n, bytes: 9_700 };

/** Floor of a transaction's gas for each byte of calldata, whatever it executes (EIP-7976, the dearer of today's rules). */
const FLOOR = { base: 21_000n, byte: 64n };

/** Part of the limit that is planned for, in percent: the rest is for what the model does not know. */
const PLANNED = 90n;

/** Gas that a call of `verify` or `sequenceAndVerify` needs at most, by the model. */
export function verifyGas(batches: readonly BatchWork[]): bigint {
  const execution = batches.reduce((sum, batch) => sum + batchGas(batch, SINGLE), GAS.base);
  const bytes = batches.reduce((sum, batch) => sum + bytesOf(batch), 0);
  return aboveFloor(execution, bytes);
}

const batchGas = ({ leaves, dataBytes, postedBytes }: BatchWork, { leaf }: ProofCosts): bigint =>
  GAS.batch +
  leaf * BigInt(leaves) +
  (dataBytes > 0 ? GAS.falseBatch + GAS.dataByte * BigInt(dataBytes) : 0n) +
  (postedBytes > 0 ? GAS.post + GAS.dataByte * BigInt(postedBytes) : 0n);

const bytesOf = ({ bytes, postedBytes }: BatchWork): number => bytes + postedBytes;

function aboveFloor(execution: bigint, bytes: number): bigint {
  const floor = FLOOR.base + FLOOR.byte * BigInt(bytes);
  return execution > floor ? execution : floor;
}

/**
 * How many of the next batches one call proves: as many as fit, and no more than up to the first that ends the call.
 * One at least, as what fits is an estimate: a batch that is larger than the limits may still be taken.
 *
 * @param batches the next ones, in order; read as far as they fit
 * @param costs of the proofs
 * @returns 0 only if there are none
 */
export function planProofs(batches: Iterable<BatchWork>, limits: CallLimits = {}, costs = SINGLE): number {
  const { maxGas = TRANSACTION_GAS_CAP, maxBytes = MAX_BYTES } = limits;
  let [count, execution, bytes] = [0, costs.base, costs.bytes];
  for (const batch of batches) {
    execution += batchGas(batch, costs);
    bytes += bytesOf(batch);
    const fits = bytes <= maxBytes && aboveFloor(execution, bytes) * 100n <= maxGas * PLANNED;
    if (!fits && count > 0) return count;
    count += 1;
    if (!fits || batch.endsCall) return count;
  }
  return count;
}
