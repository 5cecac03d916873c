// SPDX-License-Identifier: MIT
import { ProtocolError, type Recorded } from "../errors.ts";

const isEqual = (a: Recorded, b: Recorded): boolean =>
  typeof a === "string" && typeof b === "string" ? a.toLowerCase() === b.toLowerCase() : BigInt(a) === BigInt(b);

/**
 * Compares what follows from an endpoint's logs with L1's state.
 *
 * @param block after which both are so
 * @param values names, each with its value by the logs, and its value in the state
 * @throws {ProtocolError} `EVENTS_MISSING`
 */
export function requireRecorded(
  block: number,
  values: readonly (readonly [what: string, byLogs: Recorded, inState: Recorded])[],
): void {
  for (const [what, byLogs, inState] of values) {
    if (isEqual(byLogs, inState)) continue;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what, expected: inState, found: byLogs },
      `by the endpoint's logs the ${what} is ${byLogs} after block ${block}, and L1 has ${inState}`,
    );
  }
}

/**
 * Takes the next of events that are numbered.
 *
 * @throws {ProtocolError} `EVENTS_MISSING` if it is not the one that is expected
 */
export function requireNext(what: string, number: bigint | number, expected: bigint | number): void {
  if (BigInt(number) === BigInt(expected)) return;
  throw new ProtocolError(
    "EVENTS_MISSING",
    { what, expected, found: number },
    `the endpoint's logs have ${what} ${number} where ${expected} comes next`,
  );
}

/**
 * Requires that data which an endpoint gave are those whose hash L1 recorded.
 *
 * @throws {ProtocolError} `DATA_UNAVAILABLE`
 */
export function requireHash(what: string, computed: Recorded, recorded: Recorded): void {
  if (isEqual(computed, recorded)) return;
  throw new ProtocolError(
    "DATA_UNAVAILABLE",
    { what, expected: recorded, found: computed },
    `the endpoint's data give ${computed} as ${what}, and L1 recorded ${recorded}`,
  );
}
