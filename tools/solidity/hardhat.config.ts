import { fileURLToPath } from "node:url";

import { defineConfig } from "hardhat/config";

import base from "../../hardhat.config.ts";
import { unoptimised } from "./unoptimised.ts";

const build = (path: string): string => fileURLToPath(new URL(`../../build/solidity-tests/${path}`, import.meta.url));

/**
 * For the Solidity tests, which contain what they deploy: optimised, they took eight minutes to compile. The code that is
 * deployed is what the TypeScript tests test.
 */
export default defineConfig({
  ...base,
  solidity: unoptimised,
  typechain: { ...base.typechain, outDir: build("typechain-types") },
  paths: { ...base.paths, artifacts: build("artifacts"), cache: build("cache") },
});
