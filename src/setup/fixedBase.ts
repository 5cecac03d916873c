// SPDX-License-Identifier: GPL-3.0-or-later
import { type Curve, type ThreadManager } from "ffjavascript";

/** One of BN254's two groups. */
export type GroupName = "G1" | "G2";

const SCALAR_BYTES = 32;
const SCALAR_BITS = 254;
const WASM_PAGE_BYTES = 65_536;

/** Left free behind every allocation, since `batchToAffine` takes memory for its own use without asking for more. */
const SCRATCH_BYTES = 8 << 20;

/** Points that are converted to affine coordinates together, sharing one inversion. */
const CHUNK = 4096;

/**
 * Multiplies a group's generator by many scalars.
 *
 * A table holds `d · 2^(w·W) · generator` for every window `w` of `W` bits and every digit `d`, so that a
 * multiplication is one addition per window. It works in ffjavascript's WebAssembly memory, on its functions.
 */
export class FixedBaseMultiplier {
  readonly #memory: ThreadManager;
  readonly #function: (name: string) => (...args: number[]) => void;
  readonly #affineBytes: number;
  readonly #jacobianBytes: number;
  readonly #windowBits: number;
  readonly #windows: number;
  readonly #table: number;
  readonly #accumulators: number;

  /**
   * @param scalars Number of multiplications to come; a larger table pays off for many. The results do not depend on
   *   it.
   */
  constructor(curve: Curve, group: GroupName, scalars: number) {
    const prefix = group === "G1" ? "g1m" : "g2m";
    this.#memory = curve.tm;
    this.#function = (name) => curve.tm.instance.exports[`${prefix}_${name}`]!;
    this.#affineBytes = 2 * curve[group].F.n8;
    this.#jacobianBytes = 3 * curve[group].F.n8;
    this.#windowBits = scalars > 10_000 ? 12 : 6;
    this.#windows = Math.ceil(SCALAR_BITS / this.#windowBits);
    this.#table = this.#buildTable(curve[group].g);
    this.#accumulators = this.#allocate(CHUNK * this.#jacobianBytes);
  }

  /**
   * @param scalars Elements of the scalar field, 32 little-endian bytes each.
   * @returns Affine points in Montgomery form, the encoding of a zkey; zero bytes stand for the point at infinity.
   */
  multiply(scalars: Uint8Array): Uint8Array {
    const count = scalars.length / SCALAR_BYTES;
    const points = new Uint8Array(count * this.#affineBytes);
    for (let start = 0; start < count; start += CHUNK) {
      const size = Math.min(CHUNK, count - start);
      for (let i = 0; i < size; i++) {
        const scalar = scalars.subarray((start + i) * SCALAR_BYTES, (start + i + 1) * SCALAR_BYTES);
        this.#multiplyOne(scalar, this.#accumulators + i * this.#jacobianBytes);
      }
      this.#function("batchToAffine")(this.#accumulators, size, this.#accumulators);
      const chunk = this.#memory.u8.subarray(this.#accumulators, this.#accumulators + size * this.#affineBytes);
      points.set(chunk, start * this.#affineBytes);
    }
    return points;
  }

  #multiplyOne(scalar: Uint8Array, result: number): void {
    const addMixed = this.#function("addMixed");
    const padded = Buffer.alloc(SCALAR_BYTES + 4);
    padded.set(scalar);
    this.#function("zero")(result);
    for (let window = 0; window < this.#windows; window++) {
      const bit = window * this.#windowBits;
      const digit = (padded.readUInt32LE(bit >> 3) >>> (bit & 7)) & (2 ** this.#windowBits - 1);
      // Digit 0 is skipped, and a sum of lower windows never equals a table entry, so no addition is a doubling.
      if (digit !== 0) addMixed(result, this.#entry(window, digit), result);
    }
  }

  #buildTable(generator: Uint8Array): number {
    const digits = 2 ** this.#windowBits;
    const jacobian = this.#jacobianBytes;
    const table = this.#allocate(this.#windows * digits * this.#affineBytes);
    const multiples = this.#allocate(digits * jacobian);
    const base = this.#allocate(jacobian);
    this.#memory.u8.set(generator, base);

    const add = this.#function("add");
    for (let window = 0; window < this.#windows; window++) {
      this.#function("zero")(multiples);
      for (let digit = 1; digit < digits; digit++) {
        add(multiples + (digit - 1) * jacobian, base, multiples + digit * jacobian);
      }
      this.#function("batchToAffine")(multiples, digits, table + window * digits * this.#affineBytes);
      add(multiples + (digits - 1) * jacobian, base, base);
    }
    return table;
  }

  #entry(window: number, digit: number): number {
    return this.#table + (window * 2 ** this.#windowBits + digit) * this.#affineBytes;
  }

  /** Takes bytes from ffjavascript's allocator, first growing its memory, which it does not do by itself. */
  #allocate(bytes: number): number {
    const tm = this.#memory;
    const address = Math.ceil(tm.u32[0]! / 8) * 8;
    const end = address + bytes;
    const missing = end + SCRATCH_BYTES - tm.memory.buffer.byteLength;
    if (missing > 0) {
      tm.memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
      tm.u8 = new Uint8Array(tm.memory.buffer);
      tm.u32 = new Uint32Array(tm.memory.buffer);
    }
    tm.u32[0] = end;
    return address;
  }
}
