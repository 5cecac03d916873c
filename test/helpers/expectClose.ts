// SPDX-License-Identifier: MIT
import { expect } from "chai";

/** Hardhat's matchers, which other tests of a process may have loaded, take whole numbers only. */
export function expectClose<T extends number | bigint>(value: T, wanted: T, tolerance: NoInfer<T>): void {
  const isClose = value <= wanted ? wanted - value <= tolerance : value - wanted <= tolerance;
  expect(isClose, `${value} and ${wanted}`).to.equal(true);
}
