// SPDX-License-Identifier: MIT
/**
 * Writes the vectors that the Solidity, Circom and TypeScript tests share: `node test/vectors/generate.ts`.
 * `test/vectors/vectors.test.ts` fails when a committed file is not what this makes.
 */
import { writeFileSync } from "node:fs";

import { buildVectors } from "./build.ts";

if (import.meta.main) {
  for (const [name, content] of Object.entries(buildVectors())) {
    writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(content, null, 2)}\n`);
  }
}
