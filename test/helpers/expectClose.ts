// SPDX-License-Identifier: MIT
import { expect } from "chai";

/** Hardhat's matchers, which other tests of a process may have loaded, take whole numbers only. */
export function expectClose(value: number, wanted: number, tolerance: number): void {
  expect(Math.abs(value - wanted) <= tolerance, `${value} and ${wanted}`).to.equal(true);
}
