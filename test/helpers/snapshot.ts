// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/**
 * Compares a value with `snapshots/<name>.json`; `UPDATE_SNAPSHOTS=1` writes it first.
 *
 * @param value Of what JSON can hold.
 */
export function expectSnapshot(name: string, value: unknown): void {
  const path = join(PROJECT_ROOT, "snapshots", `${name}.json`);
  if (process.env["UPDATE_SNAPSHOTS"] === "1") writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
  expect(value).to.deep.equal(JSON.parse(readFileSync(path, "utf8")));
}
