// SPDX-License-Identifier: GPL-3.0-or-later
import fs from "node:fs";
import { createRequire } from "node:module";

import type { CircomAnswer, CircomTask } from "./circom.ts";

/** The used part of the package, which has no types: WASI with the files of a module like `node:fs`. */
interface Circom {
  readonly CircomRunner: new (options: {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    /** Folders that it sees, by the names that it sees them under. */
    readonly preopens: Readonly<Record<string, string>>;
    readonly bindings: object;
  }) => { readonly wasi: Wasi };
  readonly bindings: object;
}

interface Wasi {
  getImports(module: WebAssembly.Module): Record<string, Record<string, unknown>>;
  start(instance: WebAssembly.Instance): void;
}

/** Ends a call of the compiler, and not the process. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

const require = createRequire(import.meta.url);
const { CircomRunner, bindings } = require("circom2") as Circom;
const compiling = WebAssembly.compile(fs.readFileSync(require.resolve("circom2/circom.wasm")));

process.on("message", (task: CircomTask) => {
  void compile(task).then((answer) => process.send!(answer));
});

async function compile({ folder, args }: CircomTask): Promise<CircomAnswer> {
  const compiler = await compiling;
  const files = new Files();
  const { wasi } = new CircomRunner({
    args,
    env: {},
    preopens: { ".": folder },
    bindings: { ...bindings, fs: files.bindings, exit },
  });
  const instance = await WebAssembly.instantiate(compiler, wasi.getImports(compiler));
  let isGood = true;
  try {
    wasi.start(instance);
  } catch (error) {
    isGood = error instanceof Exit && error.code === 0;
    if (!(error instanceof Exit)) files.print(String(error));
  } finally {
    files.close();
  }
  const { memory } = instance.exports as { readonly memory: WebAssembly.Memory };
  return { isGood, output: files.output, memory: memory.buffer.byteLength };
}

function exit(code: number): never {
  throw new Exit(code);
}

/** The files of one call: collects what is printed, and closes what the call leaves open. */
class Files {
  readonly #open = new Set<number>();
  readonly #printed: Uint8Array[] = [];

  readonly bindings = {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>): number => {
      const file = fs.openSync(...args);
      this.#open.add(file);
      return file;
    },
    closeSync: (file: number): void => {
      fs.closeSync(file);
      this.#open.delete(file);
    },
    writeSync: (file: number, data: Uint8Array, offset: number, length: number, position: number | null): number => {
      if (file !== 1 && file !== 2) return fs.writeSync(file, data, offset, length, position);
      this.#printed.push(data.slice(offset, offset + length));
      return length;
    },
  };

  get output(): string {
    return Buffer.concat(this.#printed).toString("utf8");
  }

  print(text: string): void {
    this.#printed.push(Buffer.from(text));
  }

  close(): void {
    for (const file of this.#open) fs.closeSync(file);
    this.#open.clear();
  }
}
