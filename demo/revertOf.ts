// SPDX-License-Identifier: MIT
import { revertOfError } from "../src/chain/index.ts";

/** A contract's revert as its error's name and arguments, for example `AlreadyVerified(4, 5)`. */
export async function revertOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const revert = revertOfError(error)?.revert;
    if (revert === undefined) throw error;
    return revert.name === undefined
      ? revert.data
      : `${revert.name}(${Object.values(revert.args).map(String).join(", ")})`;
  }
  return "no revert";
}
