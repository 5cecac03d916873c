// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type CircuitDefinition } from "../../src/setup/circuits.ts";
import { type CompiledCircuit, compileCircuit } from "../../src/setup/compile.ts";
import { BUILD } from "../../src/setup/paths.ts";

/** 242 constraints: a domain of 2^8. */
export const HASH_TIMES: CircuitDefinition = {
  name: "hashTimes",
  file: "test/setup/fixtures/HashTimes.circom",
  template: "HashTimes",
  params: [2],
  publicInputs: ["factor"],
};

/** An input of `HASH_TIMES`: the inverse of 2 is (p + 1) / 2. */
export const HASH_TIMES_INPUT = {
  preimage: [1n, 2n],
  factor: 2n,
  inverse: 10944121435919637611123202872628637544274182200208017171849102093287904247809n,
};

/** Poseidon(1, 2), from circomlibjs's test vectors. */
export const POSEIDON_1_2 = 7853200120776062878684798364095072458815029376092732009249414926327459813530n;

/** 5 constraints: a domain of 2^3. */
export const PRODUCT: CircuitDefinition = {
  name: "product",
  file: "test/setup/fixtures/Product.circom",
  template: "Product",
  params: [6],
  publicInputs: [],
};

/** An input of `PRODUCT`, whose output is 720. */
export const PRODUCT_INPUT = { factors: [1n, 2n, 3n, 4n, 5n, 6n] };

export function compileFixture(circuit: CircuitDefinition): Promise<CompiledCircuit> {
  return compileCircuit(circuit, join(BUILD, "circuits", "fixtures"));
}

/** A folder that `remove` deletes. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "setup-test-"));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
