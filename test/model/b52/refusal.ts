// SPDX-License-Identifier: MIT
import { CodedError, type NoData } from "../../../src/errors.ts";

/** The model refuses a call. Its code is the name of the contract's error. */
export class Refusal extends CodedError<Readonly<Record<string, NoData>>> {
  constructor(code: string, message: string) {
    super(code, {}, message);
  }
}
