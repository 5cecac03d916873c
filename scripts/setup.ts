import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { keyLibrary, renderKeyLibrary, writeKeyLibrary } from "../src/setup/circuitKeys.ts";
import { type CircuitArtifacts, prepareAll, terminateCurve } from "../src/setup/index.ts";

/**
 * `npm run setup [-- --production]`: compiles the circuits, makes their development keys, and writes the Solidity
 * libraries of their keys. Only what has changed is made again.
 */
const { values } = parseArgs({ options: { production: { type: "boolean", default: false } } });
const profile = values.production ? "production" : "development";

for (const artifacts of await prepareAll(profile, console.log)) {
  const { name, constraints, zkey, manifest } = artifacts;
  const origin = manifest.isDevelopment ? `development key from seed "${manifest.seed}"` : "key from a ceremony";
  console.log(`${name}: ${constraints} constraints, ${origin}: ${zkey}`);
  if (profile === "development" && !isCurrent(artifacts)) {
    writeKeyLibrary(artifacts);
    console.log(`${name}: wrote ${keyLibrary(name)}, to be committed`);
  }
}
await terminateCurve();

function isCurrent(artifacts: CircuitArtifacts): boolean {
  const library = keyLibrary(artifacts.name);
  return existsSync(library) && readFileSync(library, "utf8") === renderKeyLibrary(artifacts);
}
