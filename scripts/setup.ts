// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";

import { runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run setup [-- --production | --check | --drawn]

Compiles the circuits, makes their development keys, and writes the Solidity libraries of their keys. Only what has
changed is made again.

  --production   the circuits of the production profile, whose libraries are not written
  --check        writes no library, and fails if one is stale
  --drawn        also the merge circuit that checks elected votes, for deployments with electedTickets above 0
`;

const options = {
  production: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  drawn: { type: "boolean", default: false },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const { keyLibrary, renderKeyLibrary, writeKeyLibrary } = await import("../src/setup/circuitKeys.ts");
  const { prepareAll } = await import("../src/setup/index.ts");
  const profile = values.production ? "production" : "development";
  for (const artifacts of await prepareAll(profile, console.log, undefined, values.drawn ? ["drawnMerge"] : [])) {
    const { name, constraints, zkey, manifest } = artifacts;
    const origin = manifest.isDevelopment ? `development key from seed "${manifest.seed}"` : "key from a ceremony";
    console.log(`${name}: ${constraints} constraints, ${origin}: ${zkey}`);
    const library = keyLibrary(name);
    const isCurrent = existsSync(library) && readFileSync(library, "utf8") === renderKeyLibrary(artifacts);
    if (profile === "development" && !isCurrent) {
      if (values.check) throw new Error(`${library} is not that of the key: npm run setup`);
      writeKeyLibrary(artifacts);
      console.log(`${name}: wrote ${library}, to be committed`);
    }
  }
});
