import { expect } from "chai";

import { ProtocolError } from "../../src/errors.ts";

/** Expects an action to throw a `ProtocolError` with this code, and gives the error. */
export function expectError(action: () => unknown, code: string): ProtocolError {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).to.be.instanceOf(ProtocolError);
  expect((thrown as ProtocolError).code).to.equal(code);
  return thrown as ProtocolError;
}
