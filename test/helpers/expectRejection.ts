import { expect } from "chai";

import { ProtocolError } from "../../src/errors.ts";

/** Expects a promise to be rejected with a `ProtocolError` of this code, and gives the error. */
export async function expectRejection(promise: Promise<unknown>, code: string): Promise<ProtocolError> {
  const outcome: unknown = await promise.then(
    () => "no rejection",
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(ProtocolError);
  expect((outcome as ProtocolError).code).to.equal(code);
  return outcome as ProtocolError;
}
