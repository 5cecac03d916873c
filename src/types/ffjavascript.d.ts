// SPDX-License-Identifier: MIT
/** The parts of ffjavascript that this project uses. */
declare module "ffjavascript" {
  /**
   * WebAssembly memory with a bump allocator, whose next free address is stored at address 0. Its type is not
   * `WebAssembly.Memory`: users of the package without the DOM's types do not have that.
   */
  export interface ThreadManager {
    memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
    u8: Uint8Array;
    u32: Uint32Array;
    instance: { exports: Record<string, (...args: number[]) => void> };
  }

  export interface Field {
    readonly n8: number;
    e(value: bigint): Uint8Array;
  }

  export interface Group {
    /** The generator in Jacobian coordinates, Montgomery form. */
    readonly g: Uint8Array;
    readonly oneAffine: Uint8Array;
    readonly F: { readonly n8: number };
    /** Multiplies the i-th affine point by `first · incrementⁱ`. */
    batchApplyKey(points: Uint8Array, first: Uint8Array, increment: Uint8Array): Promise<Uint8Array>;
  }

  export interface Curve {
    readonly name: string;
    readonly q: bigint;
    readonly r: bigint;
    readonly Fr: Field;
    readonly G1: Group;
    readonly G2: Group;
    readonly tm: ThreadManager;
    terminate(): Promise<void>;
  }

  export function getCurveFromName(name: string, options?: { singleThread?: boolean }): Promise<Curve>;
}
