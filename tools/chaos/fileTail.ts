// SPDX-License-Identifier: MIT
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { ifExists } from "../../src/files.ts";

/** Reads the lines that are appended to a file, each once. */
export class FileTail {
  readonly #path: string;
  #position: number;
  #rest = "";

  /** @param position from which on it reads; default: from the beginning */
  constructor(path: string, position = 0) {
    this.#path = path;
    this.#position = position;
  }

  /** One that reads what is appended from now on. */
  static fromEnd(path: string): FileTail {
    const size = ifExists(() => {
      const file = openSync(path, "r");
      try {
        return fstatSync(file).size;
      } finally {
        closeSync(file);
      }
    });
    return new FileTail(path, size ?? 0);
  }

  /** Whole lines that have come since the last call. */
  read(): string[] {
    const file = ifExists(() => openSync(this.#path, "r"));
    if (file === undefined) return [];
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#position));
      const length = readSync(file, bytes, 0, bytes.length, this.#position);
      this.#position += length;
      const lines = (this.#rest + bytes.subarray(0, length).toString("latin1")).split("\n");
      this.#rest = lines.pop() ?? "";
      return lines;
    } finally {
      closeSync(file);
    }
  }
}
