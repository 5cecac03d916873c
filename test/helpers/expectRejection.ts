// SPDX-License-Identifier: MIT
import type { CodedError, ErrorCode, ProtocolError } from "../../src/errors.ts";
import type { ToolError, ToolErrorCode } from "../../tools/errors.ts";
import { withCode } from "./expectError.ts";

/** Expects a promise to be rejected with an error with this code, of the library or of a command, and gives the error. */
export function expectRejection<Code extends ErrorCode>(
  promise: Promise<unknown>,
  code: Code,
): Promise<ProtocolError<Code>>;
export function expectRejection<Code extends ToolErrorCode>(
  promise: Promise<unknown>,
  code: Code,
): Promise<ToolError<Code>>;
export async function expectRejection(promise: Promise<unknown>, code: string): Promise<CodedError<object>> {
  const outcome: unknown = await promise.then(
    () => "no rejection",
    (error: unknown) => error,
  );
  return withCode(outcome, code);
}
