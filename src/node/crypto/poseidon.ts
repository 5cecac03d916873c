// SPDX-License-Identifier: MIT
import { Field as createField } from "@noble/curves/abstract/modular";
import { grainGenConstants } from "@noble/curves/abstract/poseidon";

import { P } from "../../field.ts";
import type { Pointer, WasmField } from "./wasmField.ts";

const F = createField(P);

/** Rounds of circomlib's Poseidon: with an S-box for each element of the state, and with one for the first alone. */
const FULL_ROUNDS = 8;
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

type Matrix = readonly (readonly bigint[])[];
type Vector = readonly bigint[];

/**
 * The constants of a permutation of t elements.
 *
 * Rows have no first element where it is 1: `next = s₀ + Σ rowᵢ·sᵢ`.
 */
export interface Permutation {
  readonly full: readonly FullRound[];
  /** They come after half of the full rounds. */
  readonly partial: readonly PartialRound[];
}

/** `sᵢ' = (sᵢ + constantᵢ)⁵`, then `next = rows · s'`. Of the last round the first row alone, with its first element. */
interface FullRound {
  readonly constants: Vector;
  readonly rows: Matrix;
}

/** `s' = (s + constant)⁵`, then `s ← s' + Σ rowᵢ·zᵢ` and `zᵢ ← zᵢ + columnᵢ·s'`. */
interface PartialRound {
  readonly constant: bigint;
  readonly row: Vector;
  readonly column: Vector;
}

/**
 * circomlib's constants, from the same generator as there, and rewritten so that a round costs fewer multiplications: a
 * partial one 2t − 2 instead of t² (the idea is in appendix B of the Poseidon paper), a full one t² − t.
 *
 * In a partial round the state is (s, x), where only s meets an S-box, and the mix is [[m, v], [w, N]]. Two things are
 * linear in x, and can be moved through the rounds:
 * - the constants added to x: each round passes `v·e` on to the next constant of s, and `N·e` on to those of x;
 * - N itself: with z = N^(R−r)·x before round r of R, a round is `s ← m·s' + (v·N^(r−R))·z`, `z ← z + (N^(R−r−1)·w)·s'`,
 *   and z = x after the last one. The mix before the first round gives z instead of x.
 *
 * What is left is scaled, so that the first factor of each sum is 1: see `scaled`.
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
  let power: Matrix = identity(t - 1);
  for (let i = 0, row: Vector = v, column: Vector = w; i < rounds; i++) {
    row = rowTimes(row, inverse);
    rows.unshift(row);
    columns.unshift(column);
    column = timesColumn(n, column);
    power = times(power, n);
  }

  const half = FULL_ROUNDS / 2;
  let carry: bigint[] = new Array<bigint>(t).fill(0n);
  const partial = rows.map((row, r): PartialRound => {
    const [constant, ...e] = roundConstants[half + r]!.map((value, i) => F.add(value, carry[i]!));
    carry = [dot(v, e), ...timesColumn(n, e)];
    return { constant: constant!, row: [m!, ...row], column: columns[r]! };
  });
  const full = [...roundConstants.slice(0, half), ...roundConstants.slice(half + rounds)].map(
    (constants, round): FullRound => ({
      constants: round === half ? constants.map((value, i) => F.add(value, carry[i]!)) : constants,
      rows: round === half - 1 ? [mds[0]!, ...times(power, below)] : mds,
    }),
  );
  return scaled(t, full, partial);
}

/**
 * The same permutation on a state whose elements are multiples of the true ones: `true = scale · stored`. An S-box turns
 * a scale into its fifth power, so the factors of a sum are known in advance, and the scale of each sum can be such that
 * its first factor is 1. The first element of the last state has the scale 1.
 */
function scaled(t: number, full: readonly FullRound[], partial: readonly PartialRound[]): Permutation {
  let scales: bigint[] = new Array<bigint>(t).fill(1n);
  let inverses: bigint[] | undefined;
  const fullRound = ({ constants, rows }: FullRound, isLast: boolean): FullRound => {
    const before = scales;
    const powers = before.map((scale) => F.pow(scale, 5n));
    scales = rows.map(([first]) => (isLast ? 1n : F.mul(first!, powers[0]!)));
    const divided = rows.map((row, i) => {
      const inverse = F.inv(scales[i]!);
      return row.map((factor, j) => F.mul(F.mul(factor, powers[j]!), inverse));
    });
    return {
      constants: constants.map((constant, i) => F.div(constant, before[i]!)),
      // Of the last state only the first element counts.
      rows: isLast ? divided.slice(0, 1) : divided.map((row) => row.slice(1)),
    };
  };
  const partialRound = ({ constant, row, column }: PartialRound): PartialRound => {
    const [before, ...others] = scales;
    const power = F.pow(before!, 5n);
    const after = F.mul(row[0]!, power);
    const inverse = F.inv(after);
    // The others are sums over all partial rounds: their scales stay.
    inverses ??= others.map((scale) => F.inv(scale));
    scales = [after, ...others];
    return {
      constant: F.div(constant, before!),
      row: row.slice(1).map((factor, i) => F.mul(F.mul(factor, others[i]!), inverse)),
      column: column.map((factor, i) => F.mul(F.mul(factor, power), inverses![i]!)),
    };
  };
  const half = FULL_ROUNDS / 2;
  const first = full.slice(0, half).map((round) => fullRound(round, false));
  const middle = partial.map(partialRound);
  const last = full.slice(half).map((round, i) => fullRound(round, i === half - 1));
  return { full: [...first, ...last], partial: middle };
}

/** A permutation's constants in the memory of the module, by their addresses. */
interface Program {
  readonly state: Pointer[];
  /** Where the next state is put together. */
  readonly next: Pointer[];
  readonly full: readonly { readonly constants: Pointer[]; readonly rows: readonly Pointer[][] }[];
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
    const { add } = field;
    const t = inputs.length + 1;
    const program = this.#program(t);
    const { full, partial } = program;
    let { state, next } = program;
    add(state[0]!, this.#zero, this.#zero);
    for (let i = 1; i < t; i++) field.write(state[i]!, inputs[i - 1]!);

    for (let round = 0; round < FULL_ROUNDS; round++) {
      if (round === FULL_ROUNDS / 2) for (const each of partial) this.#partialRound(state, next, each);
      const { constants, rows } = full[round]!;
      for (let i = 0; i < t; i++) {
        add(state[i]!, state[i]!, constants[i]!);
        this.#sbox(state[i]!);
      }
      for (let i = 0; i < rows.length; i++) this.#sum(next[i]!, rows[i]!, state);
      [state, next] = [next, state];
    }
    return field.read(state[0]!);
  }

  #partialRound(state: Pointer[], next: Pointer[], { constant, row, column }: Program["partial"][number]): void {
    const { add, mul } = this.#field;
    const product = this.#product;
    const s = state[0]!;
    add(s, s, constant);
    this.#sbox(s);
    this.#sum(next[0]!, row, state);
    for (let i = 1; i < state.length; i++) {
      mul(product, column[i - 1]!, s);
      add(state[i]!, state[i]!, product);
    }
    [state[0], next[0]] = [next[0]!, s];
  }

  #sbox(at: Pointer): void {
    const { mul, sqr } = this.#field;
    const product = this.#product;
    sqr(product, at);
    sqr(product, product);
    mul(at, at, product);
  }

  /** to ← row · state; a row that is shorter by one begins with 1. */
  #sum(to: Pointer, row: readonly Pointer[], state: readonly Pointer[]): void {
    const { add, mul } = this.#field;
    const product = this.#product;
    const omitted = state.length - row.length;
    mul(to, row[0]!, state[omitted]!);
    if (omitted === 1) add(to, to, state[0]!);
    for (let i = 1; i < row.length; i++) {
      mul(product, row[i]!, state[i + omitted]!);
      add(to, to, product);
    }
  }

  #program(t: number): Program {
    const known = this.#programs.get(t);
    if (known !== undefined) return known;
    const field = this.#field;
    const { full, partial } = permutationOf(t);
    const program = {
      state: field.allocate(t),
      next: field.allocate(t),
      full: full.map(({ constants, rows }) => ({
        constants: field.constants(constants),
        rows: rows.map((row) => field.constants(row)),
      })),
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
