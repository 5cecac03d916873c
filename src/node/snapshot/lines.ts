// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";

import { ProtocolError } from "../../errors.ts";

/** Bytes of a line at most: L1 takes no call that is half as long. */
const LONGEST_LINE = 4 * 2 ** 20;
/** Bytes that are read or written at once. */
const CHUNK = 2 ** 20;

/** One line of a snapshot: its kind, and its values. */
export type Line = readonly [kind: string, ...values: unknown[]];

/**
 * Writes lines of JSON to a file, and as the last one the SHA-256 of all before. The file is there when it is whole; one
 * that is there is replaced.
 */
export function writeLines(path: string, lines: Iterable<Line>): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w");
  try {
    const hash = createHash("sha256");
    let waiting: string[] = [];
    let length = 0;
    const flush = (): void => {
      const text = waiting.join("");
      hash.update(text);
      writeFileSync(file, text);
      [waiting, length] = [[], 0];
    };
    for (const line of lines) {
      const text = `${JSON.stringify(line)}\n`;
      waiting.push(text);
      length += text.length;
      if (length >= CHUNK) flush();
    }
    flush();
    writeFileSync(file, `${JSON.stringify(["end", hash.digest("hex")])}\n`);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(partial, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(partial, path);
}

/**
 * The lines of a file that `writeLines` wrote, without the last one. One line at a time is in memory.
 *
 * @throws {ProtocolError} `BAD_SNAPSHOT` at the first line that cannot be one, and at the end if the file was changed
 */
export function* readLines(path: string): Generator<Line, void, undefined> {
  const hash = createHash("sha256");
  let number = 0;
  let digest: string | undefined;
  for (const bytes of splitLines(path)) {
    number += 1;
    if (digest !== undefined) throw bad(path, `line ${number} follows on its end`);
    const line = parse(path, number, bytes);
    if (line[0] === "end") {
      digest = String(line[1]);
      continue;
    }
    hash.update(bytes);
    hash.update("\n");
    yield line;
  }
  if (digest === undefined) throw bad(path, "it is cut off");
  if (digest !== hash.digest("hex")) throw bad(path, "it was changed after it was written: its SHA-256 is another one");
}

function parse(path: string, number: number, bytes: Buffer): Line {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw bad(path, `line ${number} is not JSON`);
  }
  if (!Array.isArray(value) || typeof value[0] !== "string") {
    throw bad(path, `line ${number} is not a list with a kind`);
  }
  return value as unknown as Line;
}

/** Without their ends. */
function* splitLines(path: string): Generator<Buffer, void, undefined> {
  const file = reading(path, () => openSync(path, "r"));
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const length = reading(path, () => readSync(file, chunk, 0, CHUNK, null));
      if (length === 0) break;
      let bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
      for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n")) {
        yield bytes.subarray(0, end);
        bytes = bytes.subarray(end + 1);
      }
      rest = bytes;
      if (rest.length > LONGEST_LINE) throw bad(path, `it has a line of more than ${LONGEST_LINE} bytes`);
    }
    if (rest.length > 0) throw bad(path, "it is cut off");
  } finally {
    closeSync(file);
  }
}

function reading(path: string, read: () => number): number {
  try {
    return read();
  } catch (error) {
    throw bad(path, `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`);
  }
}

/** The error for a file that cannot be used. */
export const bad = (path: string, reason: string): ProtocolError =>
  new ProtocolError("BAD_SNAPSHOT", { path, reason }, `the snapshot ${path} cannot be used: ${reason}`);
