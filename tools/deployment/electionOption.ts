// SPDX-License-Identifier: MIT
import { isProtocolError } from "../../src/errors.ts";
import { required, UsageError } from "../commandLine.ts";

/**
 * The choice of elections of `--election`; undefined if there is none.
 *
 * @throws {UsageError}
 */
export async function electionOption(given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const election = required("--election", given);
  const { readElections } = await import("../../src/deployment/index.ts");
  try {
    readElections(election);
  } catch (error) {
    throw isProtocolError(error, "UNKNOWN_ELECTION") ? new UsageError(`--election ${error.message}`) : error;
  }
  return election;
}
