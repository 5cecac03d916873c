// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Refusal } from "../model/b52/index.ts";
import { thrownBy, withCode } from "./expectError.ts";

/** Expects the model of B52 to refuse a call with this error of the contract. */
export function expectRefusal(action: () => unknown, code: string): void {
  expect(withCode(thrownBy(action), code)).to.be.instanceOf(Refusal);
}
