// SPDX-License-Identifier: MIT
import { RevertError } from "../../src/chain/index.ts";
import { expectRejection } from "./expectRejection.ts";

/** Expects a promise to be rejected because a contract refused a call, and gives the error. */
export async function expectRevert(promise: Promise<unknown>): Promise<RevertError> {
  const error = await expectRejection(promise, "REVERTED");
  if (!(error instanceof RevertError)) throw new Error("the error has no revert");
  return error;
}
