// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import { P } from "../field.ts";
import { lagrangeAt, TWO_ADICITY } from "./scalarField.ts";
import { type R1csHeader, readR1csHeader, visitTerms } from "./r1cs.ts";

/** A circuit's polynomials, evaluated at τ: one value for each wire. */
export interface EvaluatedQap {
  readonly header: R1csHeader;
  /** The domain has 2^domainPower points. */
  readonly domainPower: number;
  readonly a: readonly bigint[];
  readonly b: readonly bigint[];
  readonly c: readonly bigint[];
}

/**
 * The smallest k for which 2^k points hold the constraints and one more row for each public signal and the constant
 * one. (Those rows make the public signals' polynomials independent, as in snarkjs and libsnark.)
 *
 * @throws {ProtocolError} `CIRCUIT_TOO_LARGE` if the field has no domain of 2^(k+1) points, which the prover needs.
 */
export function domainPowerFor({ constraints, publicSignals }: R1csHeader): number {
  const power = Math.max(1, Math.ceil(Math.log2(constraints + publicSignals + 1)));
  if (power + 1 > TWO_ADICITY) {
    throw new ProtocolError(
      "CIRCUIT_TOO_LARGE",
      { power: power + 1, maximum: TWO_ADICITY },
      `${constraints} constraints need a domain of 2^${power + 1}`,
    );
  }
  return power;
}

/** Evaluates at τ the polynomials that interpolate each column of A, B and C. */
export function evaluateQap(r1cs: Buffer, tau: bigint): EvaluatedQap {
  const header = readR1csHeader(r1cs);
  const domainPower = domainPowerFor(header);
  const lagrange = lagrangeAt(tau, domainPower);

  const zeros = (): bigint[] => new Array<bigint>(header.wires).fill(0n);
  const columns = { A: zeros(), B: zeros(), C: zeros() };
  visitTerms(r1cs, (matrix, row, wire, coefficient) => {
    const column = columns[matrix];
    column[wire] = (column[wire]! + coefficient * lagrange[row]!) % P;
  });
  for (let wire = 0; wire <= header.publicSignals; wire++) {
    columns.A[wire] = (columns.A[wire]! + lagrange[header.constraints + wire]!) % P;
  }
  return { header, domainPower, a: columns.A, b: columns.B, c: columns.C };
}
