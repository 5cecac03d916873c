import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** SHA-256 of the bytes, in lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of a file, in lower-case hexadecimal. */
export function sha256OfFile(path: string): string {
  return sha256(readFileSync(path));
}

/** Writes a file so that a reader in another process sees either the old content or all of the new. */
export function writeFileAtomically(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** Writes a value as JSON, indented, with a newline at the end. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Parses a JSON file, or gives `undefined` if there is none. The caller knows its shape. */
export function readJsonIfExists(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
