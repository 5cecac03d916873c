// SPDX-License-Identifier: MIT
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** SHA-256 of the bytes, in lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of a file, in lower-case hexadecimal. */
export function sha256OfFile(path: string): string {
  return sha256(readFileSync(path));
}

/** SHA-256 of a file, or `undefined` if there is none. */
export function sha256IfExists(path: string): string | undefined {
  return ifExists(() => sha256OfFile(path));
}

/**
 * Writes a file so that a reader in another process, or after a crash, sees either the old content or all of the new.
 * Leaves nothing behind if it fails.
 *
 * @throws {Error} as `node:fs`, for example with the code `ENOSPC`
 */
export function writeFileAtomically(path: string, content: string | Uint8Array): void {
  const temporary = temporaryPath(path);
  try {
    writeFileSync(temporary, content);
    moveIntoPlace(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * As `writeFileAtomically`, for a file that is written by somebody else.
 *
 * @param write Writes the file to the path that it gets.
 */
export async function produceAtomically<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = temporaryPath(path);
  try {
    const result = await write(temporary);
    moveIntoPlace(temporary, path);
    return result;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Puts a complete file in its place: its content is on the disk before its name is. */
export function moveIntoPlace(temporary: string, path: string): void {
  const file = openSync(temporary, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/**
 * Age from which a temporary file is deleted: its process was killed while it wrote, and nobody writes to it any more.
 */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * A path beside `path` to write to, in a folder that is there. Removes what killed processes left there for `path`.
 */
export function temporaryPath(path: string): string {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const isOfPath = (name: string): boolean =>
    name.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{12}\.tmp$/.test(name);
  for (const name of readdirSync(folder).filter(isOfPath)) {
    const left = join(folder, name);
    const changed = ifExists(() => statSync(left).mtimeMs) ?? Infinity;
    if (Date.now() - changed > ABANDONED_AFTER_MS) rmSync(left, { recursive: true, force: true });
  }
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

/** Writes a value as JSON, indented, with a newline at the end. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Parses a JSON file that this project wrote and can write again; gives `undefined` if there is none, or it is empty or
 * cut off. The caller knows its shape.
 */
export function readJsonIfExists(path: string): unknown {
  const text = ifExists(() => readFileSync(path, "utf8"));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** The result of an action on a file, or `undefined` if the file is not there. */
export function ifExists<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
