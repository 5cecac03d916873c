// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";

import { P } from "../field.ts";
import { invert, lagrangeAt } from "./scalarField.ts";
import { computePoints } from "./points.ts";
import { evaluateQap } from "./qap.ts";
import { encodeCoefficients, encodeZkey } from "./zkey.ts";

/**
 * The secret of a Groth16 setup ("toxic waste"). Its owner can forge proofs, and this secret is public: keys made by
 * this file are for development only.
 */
export interface SetupSecret {
  /** Phase 1, common to all circuits. */
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
  /** Phase 2, of one circuit. */
  readonly delta: bigint;
}

/** The seed of the development keys in this repository. */
export const DEVELOPMENT_SEED = "decentralised-sequencing/development/1";

/**
 * Derives a secret from a public seed. τ, α and β depend on the seed alone, so that all its keys can be checked in one
 * batched pairing; δ depends on the circuit too.
 *
 * @param circuit Any name of the circuit, for example `development/leaf`.
 */
export function deriveSecret(seed: string, circuit: string): SetupSecret {
  const derive = (label: string): bigint => {
    const digest = createHash("sha512")
      .update(JSON.stringify([seed, label]))
      .digest("hex");
    return 1n + (BigInt(`0x${digest}`) % (P - 1n));
  };
  return { tau: derive("tau"), alpha: derive("alpha"), beta: derive("beta"), delta: derive(`delta/${circuit}`) };
}

/**
 * Makes a Groth16 proving key straight from a constraint system and a known secret, in place of the two phases of a
 * ceremony. Every point is the generator times a scalar that is computed here. γ is 1, as in snarkjs.
 *
 * @param r1cs Content of circom's `.r1cs` file.
 * @returns Content of a `.zkey` file that snarkjs proves with; the same bytes for the same arguments.
 * @throws {ProtocolError} `CIRCUIT_TOO_LARGE`, `WRONG_FIELD`, `MALFORMED_BINARY_FILE`, `POINT_COMPUTATION_FAILED`.
 */
export async function makeProvingKey(r1cs: Buffer, { tau, alpha, beta, delta }: SetupSecret): Promise<Buffer> {
  const { header, domainPower, a, b, c } = evaluateQap(r1cs, tau);
  const deltaInverse = invert(delta);
  const overDelta = (value: bigint): bigint => (value * deltaInverse) % P;

  const combined = a.map((value, wire) => (beta * value + alpha * b[wire]! + c[wire]!) % P);
  const firstPrivateWire = header.publicSignals + 1;
  // The quotient is interpolated on the odd points of the double domain, where the vanishing polynomial is -2.
  const odd = lagrangeAt(tau, domainPower + 1).filter((_, i) => i % 2 === 1);

  const [constants1, ic, privates, a1, b1, h, constants2, b2] = await computePoints([
    { group: "G1", scalars: [alpha, beta, delta] },
    { group: "G1", scalars: combined.slice(0, firstPrivateWire) },
    { group: "G1", scalars: combined.slice(firstPrivateWire).map(overDelta) },
    { group: "G1", scalars: a },
    { group: "G1", scalars: b },
    { group: "G1", scalars: odd.map(overDelta) },
    { group: "G2", scalars: [beta, 1n, delta] },
    { group: "G2", scalars: b },
  ]);
  const pointAt = (points: Uint8Array, size: number, i: number): Uint8Array =>
    points.subarray(i * size, (i + 1) * size);

  return encodeZkey({
    header,
    domainPower,
    alpha1: pointAt(constants1!, 64, 0),
    beta1: pointAt(constants1!, 64, 1),
    delta1: pointAt(constants1!, 64, 2),
    beta2: pointAt(constants2!, 128, 0),
    gamma2: pointAt(constants2!, 128, 1),
    delta2: pointAt(constants2!, 128, 2),
    ic: ic!,
    c: privates!,
    a: a1!,
    b1: b1!,
    b2: b2!,
    h: h!,
    coefficients: encodeCoefficients(r1cs, header),
    circuitHash: createHash("blake2b512").update(r1cs).digest(),
  });
}
