// SPDX-License-Identifier: MIT
/** The parts of the WebAssembly API that this project uses: TypeScript declares it with the DOM only. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  /** Compiled code, opaque to us. */
  type Module = object;

  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
  }

  function validate(code: Uint8Array): boolean;
  function compile(code: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports: Record<string, Record<string, unknown>>): Promise<Instance>;
}
