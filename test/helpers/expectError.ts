// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { CodedError, type ErrorCode, type ProtocolError } from "../../src/errors.ts";
import type { ToolError, ToolErrorCode } from "../../tools/errors.ts";

/** Expects an action to throw an error with this code, of the library or of a command, and gives the error. */
export function expectError<Code extends ErrorCode>(action: () => unknown, code: Code): ProtocolError<Code>;
export function expectError<Code extends ToolErrorCode>(action: () => unknown, code: Code): ToolError<Code>;
export function expectError(action: () => unknown, code: string): CodedError<object> {
  return withCode(thrownBy(action), code);
}

/** The error that an action throws; undefined if it throws nothing. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Expects an error to have a code. */
export function withCode(error: unknown, code: string): CodedError<object> {
  expect(error).to.be.instanceOf(CodedError);
  const coded = error as CodedError<object>;
  expect(coded.code).to.equal(code);
  return coded;
}
