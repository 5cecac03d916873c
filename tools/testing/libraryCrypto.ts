// SPDX-License-Identifier: MIT
import { relative, sep } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const FOLDERS = ["test/crypto/", "test/vectors/", "test/node/crypto/"];

/**
 * Whether a test file is about the library's own hashes and signatures: the functions of `src/crypto`, a ledger that
 * computes with them, and their equality with WebAssembly's. All other tests compute by WebAssembly (docs/adr/0058).
 */
export function testsLibraryCrypto(file: string): boolean {
  const path = relative(PROJECT_ROOT, file).split(sep).join("/");
  return FOLDERS.some((folder) => path.startsWith(folder));
}
