import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { prepareAll, terminateCurve } from "../src/setup/index.ts";
import { LEAF_KEY_LIBRARY, renderLeafVerifyingKey, writeLeafVerifyingKey } from "../src/setup/leafKeySolidity.ts";

/**
 * `npm run setup [-- --production]`: compiles the circuits, makes their development keys, and writes the Solidity
 * library of the leaf's key. Only what has changed is made again.
 */
const { values } = parseArgs({ options: { production: { type: "boolean", default: false } } });
const profile = values.production ? "production" : "development";

for (const artifacts of await prepareAll(profile, console.log)) {
  const { name, constraints, zkey, manifest } = artifacts;
  const origin = manifest.isDevelopment ? `development key from seed "${manifest.seed}"` : "key from a ceremony";
  console.log(`${name}: ${constraints} constraints, ${origin}: ${zkey}`);
  if (name === "leaf" && profile === "development" && !isCurrent(renderLeafVerifyingKey(artifacts))) {
    writeLeafVerifyingKey(artifacts);
    console.log(`${name}: wrote ${LEAF_KEY_LIBRARY}, to be committed`);
  }
}
await terminateCurve();

function isCurrent(library: string): boolean {
  return readFileSync(LEAF_KEY_LIBRARY, "utf8") === library;
}
