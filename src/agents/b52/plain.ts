// SPDX-License-Identifier: MIT
import { Result } from "ethers";

/** ethers' frozen `Result` as a plain object or array, which can be an argument again. */
export function toPlain(value: unknown): unknown {
  if (!(value instanceof Result)) return value;
  const fields = fieldsOf(value);
  if (fields === undefined) return value.toArray().map(toPlain);
  return Object.fromEntries(Object.entries(fields).map(([name, item]) => [name, toPlain(item)]));
}

/** The fields of a struct; undefined for an array, whose items have no names. */
function fieldsOf(result: Result): Record<string, unknown> | undefined {
  try {
    // ethers calls the only item of an array "_".
    const fields = result.toObject() as Record<string, unknown>;
    const names = Object.keys(fields);
    return names.length > 0 && names.length === result.length && !names.includes("_") ? fields : undefined;
  } catch {
    return undefined;
  }
}
