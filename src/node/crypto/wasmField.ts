// SPDX-License-Identifier: MIT
import { webcrypto } from "node:crypto";

import createModule from "mcl-wasm/dist/mcl_c.js";

/** Address in the memory of the WebAssembly module. */
export type Pointer = number;

/** The functions and the memory of mcl that `WasmField` uses. `Fr` is the scalar field of BN254, in 32 bytes. */
interface Mcl {
  readonly wasmMemory: WebAssembly.Memory;
  _malloc(bytes: number): Pointer;
  _mclBn_init(curve: number, compiledFor: number): number;
  _mclBnFr_setLittleEndian(to: Pointer, bytes: Pointer, length: number): number;
  _mclBnFr_getLittleEndian(bytes: Pointer, length: number, from: Pointer): number;
  readonly _mclBnFr_add: (to: Pointer, a: Pointer, b: Pointer) => void;
  readonly _mclBnFr_sub: (to: Pointer, a: Pointer, b: Pointer) => void;
  readonly _mclBnFr_mul: (to: Pointer, a: Pointer, b: Pointer) => void;
  readonly _mclBnFr_sqr: (to: Pointer, a: Pointer) => void;
  readonly _mclBnFr_inv: (to: Pointer, a: Pointer) => void;
}

/** The curve that Ethereum calls alt_bn128, and mcl `BN_SNARK1`. */
const CURVE = 4;
/** `MCLBN_COMPILED_TIME_VAR`: ten times the 64-bit words of `Fr`, plus those of `Fp`. */
const COMPILED_FOR = 46;
/** Bytes of an element. */
export const SIZE = 32;

/**
 * Arithmetic modulo p by WebAssembly, on elements at addresses of its memory. An operation's result may stand in the
 * place of an operand. Memory is never given back.
 */
export class WasmField {
  readonly #mcl: Mcl;
  /** For an element on its way in or out. */
  readonly #buffer: Pointer;
  #words: BigUint64Array;
  readonly add: Mcl["_mclBnFr_add"];
  readonly sub: Mcl["_mclBnFr_sub"];
  readonly mul: Mcl["_mclBnFr_mul"];
  readonly sqr: Mcl["_mclBnFr_sqr"];
  /** Of 0: 0. */
  readonly inv: Mcl["_mclBnFr_inv"];

  private constructor(mcl: Mcl) {
    this.#mcl = mcl;
    this.#buffer = mcl._malloc(SIZE);
    this.#words = new BigUint64Array(mcl.wasmMemory.buffer);
    this.add = mcl._mclBnFr_add;
    this.sub = mcl._mclBnFr_sub;
    this.mul = mcl._mclBnFr_mul;
    this.sqr = mcl._mclBnFr_sqr;
    this.inv = mcl._mclBnFr_inv;
  }

  /** An instance of the module of its own: another user of the package may choose another curve. */
  static async create(): Promise<WasmField> {
    const mcl = (await createModule({
      cryptoGetRandomValues: (bytes: Uint8Array) => webcrypto.getRandomValues(bytes),
    })) as Mcl;
    if (mcl._mclBn_init(CURVE, COMPILED_FOR) !== 0) throw new Error("mcl-wasm was built for another size of the field");
    return new WasmField(mcl);
  }

  /** Addresses of `count` elements, one behind the other. */
  allocate(count: number): Pointer[] {
    const start = this.#mcl._malloc(count * SIZE);
    if (start === 0) throw new RangeError("no memory for elements of the field");
    return Array.from({ length: count }, (_, i) => start + i * SIZE);
  }

  /** Addresses of new elements with these values, each 0 ≤ value < p. */
  constants(values: readonly bigint[]): Pointer[] {
    const pointers = this.allocate(values.length);
    for (const [i, value] of values.entries()) this.write(pointers[i]!, value);
    return pointers;
  }

  /** Writes 0 ≤ value < p. */
  write(to: Pointer, value: bigint): void {
    const words = this.#view();
    const i = this.#buffer >>> 3;
    // Each takes the lowest 64 bits.
    words[i] = value;
    words[i + 1] = value >> 64n;
    words[i + 2] = value >> 128n;
    words[i + 3] = value >> 192n;
    this.#mcl._mclBnFr_setLittleEndian(to, this.#buffer, SIZE);
  }

  read(from: Pointer): bigint {
    const words = this.#view();
    const i = this.#buffer >>> 3;
    // Zeros at the end are not written.
    words.fill(0n, i, i + SIZE / 8);
    this.#mcl._mclBnFr_getLittleEndian(this.#buffer, SIZE, from);
    return words[i]! | (words[i + 1]! << 64n) | (words[i + 2]! << 128n) | (words[i + 3]! << 192n);
  }

  /** The memory: it moves when it grows. */
  #view(): BigUint64Array {
    if (this.#words.length === 0) this.#words = new BigUint64Array(this.#mcl.wasmMemory.buffer);
    return this.#words;
  }
}
