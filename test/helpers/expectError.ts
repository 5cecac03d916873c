import { expect } from "chai";

import { ProtocolError } from "../../src/errors.ts";

/** Expects `action` to throw a `ProtocolError` of this code. */
export function expectError(action: () => unknown, code: string): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).to.be.instanceOf(ProtocolError);
  expect((thrown as ProtocolError).code).to.equal(code);
}
