// SPDX-License-Identifier: MIT
import { Interface, isError, isHexString, type ErrorFragment, type ParamType, type Result } from "ethers";

import { customErrorsAbi } from "../contracts/index.ts";
import { ProtocolError, type Revert } from "../errors.ts";

/** A contract refused a call. `code` is `REVERTED`; the sentence has the error's name and values. */
export class RevertError extends ProtocolError<"REVERTED"> {
  constructor(
    revert: Revert,
    message = `the contract refused the call: ${describeRevert(revert)}`,
    options?: ErrorOptions,
  ) {
    super("REVERTED", revert, message, options);
  }

  /** The same as `data`. Its own `data` are the revert data in hex. */
  get revert(): Revert {
    return this.data;
  }
}

let known: Interface | undefined;

/** The custom errors of all contracts of this project, by name and selector. */
export function contractErrors(): Interface {
  known ??= new Interface(customErrorsAbi);
  return known;
}

/** Names for the arguments of Solidity's own errors. */
const BUILT_IN: Readonly<Record<string, string>> = { Error: "message", Panic: "code" };

/** Solidity's panic codes (docs.soliditylang.org, "Panic via assert and Error via require"). */
const PANICS: Readonly<Record<string, string>> = {
  "1": "an assertion failed",
  "17": "an arithmetic operation overflowed",
  "18": "a division by zero",
  "33": "a value is not in its enum",
  "34": "a byte array in storage is badly encoded",
  "49": "pop of an empty array",
  "50": "an index is out of bounds",
  "65": "too much memory was asked for",
  "81": "an internal function was not set",
};

/**
 * Decodes revert data. Never throws: unknown data give a revert without a name.
 *
 * @param data in hex
 * @param errors of further contracts, such as those of a selector
 */
export function decodeRevert(data: string, errors?: Interface): Revert {
  for (const source of errors === undefined ? [contractErrors()] : [errors, contractErrors()]) {
    const decoded = decodeWith(source, data);
    if (decoded !== undefined) return decoded;
  }
  return { name: undefined, args: {}, data };
}

function decodeWith(source: Interface, data: string): Revert | undefined {
  let fragment: ErrorFragment | null;
  let values: Result;
  try {
    fragment = source.getError(data.slice(0, 10));
    if (fragment === null) return undefined;
    values = source.decodeErrorResult(fragment, data);
    // A value that cannot be decoded throws when it is read.
    values.toArray(true);
  } catch {
    return undefined;
  }
  const args: Record<string, unknown> = {};
  for (const [i, input] of fragment.inputs.entries()) {
    args[input.name || BUILT_IN[fragment.name] || String(i)] = plain(input, values[i]);
  }
  const inner = fragment.inputs
    .map((input, i) => (input.baseType === "bytes" ? decodeRevert(values[i] as string) : undefined))
    .find((revert) => revert?.name !== undefined);
  return { name: fragment.name, args, data, ...(inner !== undefined && { inner }) };
}

/** A decoded value without ethers' `Result`: tuples by name, arrays as arrays. */
function plain(type: ParamType, value: unknown): unknown {
  if (type.isArray()) return (value as Result).toArray().map((item) => plain(type.arrayChildren, item));
  if (!type.isTuple()) return value;
  return Object.fromEntries(
    type.components.map((component, i) => [component.name || String(i), plain(component, (value as Result)[i])]),
  );
}

/** A revert in words, with its values: `AlreadyVerified (to: 3, verified: 3)`. */
export function describeRevert({ name, args, data, inner }: Revert): string {
  if (name === undefined) return data === "0x" ? "it gave no reason" : `unknown error ${data}`;
  if (name === "Error") return JSON.stringify(Object.values(args)[0]);
  const code = String(Object.values(args)[0]);
  if (name === "Panic") return `Panic (code ${code}: ${PANICS[code] ?? "unknown"})`;
  const values = Object.entries(args).map(([key, value]) => `${key}: ${show(value)}`);
  const reason = values.length === 0 ? name : `${name} (${values.join(", ")})`;
  return inner === undefined ? reason : `${reason}, because of ${describeRevert(inner)}`;
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part)).replaceAll('"', "");

/**
 * The revert that an error of ethers, of Hardhat or of an endpoint reports, wherever it has the revert data.
 *
 * @param errors of further contracts
 * @returns undefined if no contract refused anything: trouble with an endpoint is no revert
 */
export function revertOfError(error: unknown, errors?: Interface): RevertError | undefined {
  if (error instanceof RevertError) return error;
  const data = revertData(error);
  if (data === undefined) return undefined;
  return new RevertError(decodeRevert(data, errors), undefined, { cause: error });
}

/**
 * Waits for a call, an estimate or a transaction that is being sent, and decodes the revert if a contract refuses it.
 *
 * @throws {RevertError} code `REVERTED`, with the contract's error; any other failure as it is
 */
export async function decodeReverts<T>(call: Promise<T>, errors?: Interface): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw revertOfError(error, errors) ?? error;
  }
}

/** JSON-RPC's code of a revert, as all clients have it since 2019. */
const EXECUTION_REVERTED = 3;

/** Depth to which causes are followed: nothing legitimate is deeper, and a chain may be a circle. */
const MAX_CAUSES = 16;

/** Revert data in an error or in one of its causes; "0x" if there was a revert and its data are missing. */
function revertData(error: unknown): string | undefined {
  let reverted = isError(error, "CALL_EXCEPTION");
  const queue: unknown[] = [error];
  for (let i = 0; i < queue.length && i < MAX_CAUSES; i++) {
    const current = queue[i];
    if (typeof current !== "object" || current === null) continue;
    const { code, data, info, cause, error: inner, message } = current as Record<string, unknown>;
    if (typeof data === "string" && isHexString(data) && data.length >= 10) return data;
    reverted ||= code === EXECUTION_REVERTED || (typeof message === "string" && /execution reverted/.test(message));
    queue.push(cause, inner, info, data);
  }
  return reverted ? "0x" : undefined;
}
