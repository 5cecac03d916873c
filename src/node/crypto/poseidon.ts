// SPDX-License-Identifier: MIT
import { Field as createField } from "@noble/curves/abstract/modular";
import { grainGenConstants } from "@noble/curves/abstract/poseidon";

import { P } from "../../field.ts";
import { SIZE, type Pointer, type WasmField } from "./wasmField.ts";

const F = createField(P);

/** Rounds of circomlib's Poseidon: with an S-box for each element of the state, and with one for the first alone. */
const FULL_ROUNDS = 8;
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

type Matrix = readonly (readonly bigint[])[];
type Vector = readonly bigint[];

/** The constants of a permutation of `t` elements. */
interface Permutation {
  readonly t: number;
  /** Added before the S-boxes of each full round. */
  readonly full: readonly Vector[];
  /** The full rounds' linear layers: `next = mix · state`. */
  readonly mix: Matrix;
  /** Of the full round before the partial ones. */
  readonly mixIntoPartial: Matrix;
  /** One for each partial round. */
  readonly partial: readonly PartialRound[];
}

/** A partial round: `s' = (s + constant)⁵`, then `s ← row₀·s' + Σ rowᵢ·zᵢ` and `zᵢ ← zᵢ + columnᵢ·s'`. */
interface PartialRound {
  readonly constant: bigint;
  readonly row: Vector;
  readonly column: Vector;
}

/**
 * circomlib's constants, from the same generator as there, and rewritten so that a partial round costs 2t − 1
 * multiplications instead of t² (the idea is in appendix B of the Poseidon paper).
 *
 * The state is (s, x), where only s meets an S-box in a partial round, and the mix is [[m, v], [w, N]]. Two things are
 * linear in x, and can be moved through the rounds:
 * - the constants added to x: each round passes `v·e` on to the next constant of s, and `N·e` on to those of x;
 * - N itself: with z = N^(R−r)·x before round r of R, a round is `s ← m·s' + (v·N^(r−R))·z`, `z ← z + (N^(R−r−1)·w)·s'`,
 *   and z = x after the last one. The mix before the first round gives z instead of x.
 */
export function permutationOf(t: number): Permutation {
  const rounds = PARTIAL_ROUNDS[t - 2]!;
  const { roundConstants, mds } = grainGenConstants({
    Fp: F,
    t,
    roundsFull: FULL_ROUNDS,
    roundsPartial: rounds,
    sboxPower: 5,
  });
  const [[m, ...v], ...below] = mds as [bigint[], ...bigint[][]];
  const w = below.map(([first]) => first!);
  const n = below.map((row) => row.slice(1));
  const inverse = invert(n);

  // v·N^(r−R) by round r, and N^(R−r−1)·w.
  const rows: Vector[] = [];
  const columns: Vector[] = [];
  for (let i = 0, row: Vector = v, column: Vector = w; i < rounds; i++) {
    row = rowTimes(row, inverse);
    rows.unshift(row);
    columns.unshift(column);
    column = timesColumn(n, column);
  }
  let power: Matrix = identity(t - 1);
  for (let i = 0; i < rounds; i++) power = times(power, n);

  const half = FULL_ROUNDS / 2;
  let carry: bigint[] = new Array<bigint>(t).fill(0n);
  const partial = rows.map((row, r): PartialRound => {
    const [constant, ...e] = roundConstants[half + r]!.map((value, i) => F.add(value, carry[i]!));
    carry = [dot(v, e), ...timesColumn(n, e)];
    return { constant: constant!, row: [m!, ...row], column: columns[r]! };
  });
  const after = roundConstants.slice(half + rounds);
  return {
    t,
    full: [...roundConstants.slice(0, half), after[0]!.map((value, i) => F.add(value, carry[i]!)), ...after.slice(1)],
    mix: mds,
    mixIntoPartial: [mds[0]!, ...times(power, below)],
    partial,
  };
}

/** A permutation's constants in the memory of the module, by their addresses. */
interface Program {
  readonly state: Pointer[];
  readonly spare: Pointer[];
  readonly full: readonly Pointer[][];
  readonly mix: readonly Pointer[][];
  readonly mixIntoPartial: readonly Pointer[][];
  readonly partial: readonly { readonly constant: Pointer; readonly row: Pointer[]; readonly column: Pointer[] }[];
}

/** circomlib's Poseidon of 1 … 16 inputs. */
export class WasmPoseidon {
  readonly #field: WasmField;
  readonly #zero: Pointer;
  readonly #product: Pointer;
  readonly #programs = new Map<number, Program>();

  constructor(field: WasmField) {
    this.#field = field;
    [this.#zero, this.#product] = field.constants([0n, 0n]) as [Pointer, Pointer];
  }

  /** @param inputs each 0 ≤ value < p */
  hash(inputs: readonly bigint[]): bigint {
    const field = this.#field;
    const t = inputs.length + 1;
    const program = this.#program(t);
    const { full, mix, mixIntoPartial, partial } = program;
    let { state, spare } = program;
    field.add(state[0]!, this.#zero, this.#zero);
    for (let i = 1; i < t; i++) field.write(state[i]!, inputs[i - 1]!);

    const half = FULL_ROUNDS / 2;
    for (let round = 0; round < FULL_ROUNDS; round++) {
      if (round === half) for (const each of partial) this.#partialRound(state, each);
      const constants = full[round]!;
      for (let i = 0; i < t; i++) {
        field.add(state[i]!, state[i]!, constants[i]!);
        this.#sbox(state[i]!);
      }
      const matrix = round === half - 1 ? mixIntoPartial : mix;
      // Of the last state only the first element counts.
      const length = round === FULL_ROUNDS - 1 ? 1 : t;
      for (let i = 0; i < length; i++) this.#dot(spare[i]!, matrix[i]!, state);
      [state, spare] = [spare, state];
    }
    return field.read(state[0]!);
  }

  #partialRound(state: readonly Pointer[], { constant, row, column }: Program["partial"][number]): void {
    const { add, mul } = this.#field;
    const product = this.#product;
    const s = state[0]!;
    add(s, s, constant);
    this.#sbox(s);
    // The new s waits in its place until the others have used the old one.
    const next = state[state.length - 1]! + SIZE;
    this.#dot(next, row, state);
    for (let i = 1; i < state.length; i++) {
      mul(product, column[i - 1]!, s);
      add(state[i]!, state[i]!, product);
    }
    add(s, next, this.#zero);
  }

  #sbox(at: Pointer): void {
    const { mul, sqr } = this.#field;
    const product = this.#product;
    sqr(product, at);
    sqr(product, product);
    mul(at, at, product);
  }

  #dot(to: Pointer, row: readonly Pointer[], state: readonly Pointer[]): void {
    const { add, mul } = this.#field;
    const product = this.#product;
    mul(to, row[0]!, state[0]!);
    for (let i = 1; i < row.length; i++) {
      mul(product, row[i]!, state[i]!);
      add(to, to, product);
    }
  }

  #program(t: number): Program {
    const known = this.#programs.get(t);
    if (known !== undefined) return known;
    const field = this.#field;
    const { full, mix, mixIntoPartial, partial } = permutationOf(t);
    const all = (vectors: Matrix): Pointer[][] => vectors.map((vector) => field.constants(vector));
    const program = {
      // One more than the state, behind it: where a partial round puts the new s.
      state: field.allocate(t + 1).slice(0, t),
      spare: field.allocate(t + 1).slice(0, t),
      full: all(full),
      mix: all(mix),
      mixIntoPartial: all(mixIntoPartial),
      partial: partial.map(({ constant, row, column }) => ({
        constant: field.constants([constant])[0]!,
        row: field.constants(row),
        column: field.constants(column),
      })),
    };
    this.#programs.set(t, program);
    return program;
  }
}

const dot = (a: Vector, b: Vector): bigint => a.reduce((sum, value, i) => F.add(sum, F.mul(value, b[i]!)), 0n);

const transposed = (matrix: Matrix): Matrix => matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));

const timesColumn = (matrix: Matrix, column: Vector): bigint[] => matrix.map((row) => dot(row, column));

const rowTimes = (row: Vector, matrix: Matrix): bigint[] => timesColumn(transposed(matrix), row);

const times = (a: Matrix, b: Matrix): bigint[][] => a.map((row) => rowTimes(row, b));

const identity = (size: number): bigint[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? 1n : 0n)));

/** By Gauss and Jordan; the matrix has an inverse, as a part of an MDS matrix. */
function invert(matrix: Matrix): bigint[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...identity(size)[i]!]);
  for (let i = 0; i < size; i++) {
    const pivot = rows.findIndex((row, j) => j >= i && row[i] !== 0n);
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    const scale = F.inv(rows[i]![i]!);
    rows[i] = rows[i]!.map((value) => F.mul(value, scale));
    for (let j = 0; j < size; j++) {
      const factor = rows[j]![i]!;
      if (j !== i) rows[j] = rows[j]!.map((value, k) => F.sub(value, F.mul(factor, rows[i]![k]!)));
    }
  }
  return rows.map((row) => row.slice(size));
}
