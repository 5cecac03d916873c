// SPDX-License-Identifier: MIT

/** A parameter is not what the method takes: the end of a sentence that begins with its name. */
export class BadParameter extends Error {}

/** JSON Schema of a parameter or a result, as the OpenRPC document has it. */
export type Schema = Readonly<Record<string, unknown>>;

/** How one parameter is read. */
export interface Parameter<Value> {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  readonly read: (given: unknown) => Value;
}

/** Bytes of a known length, in hex. */
export const bytesParameter = (name: string, description: string, length: number): Parameter<Uint8Array> => ({
  ...{ name, description, schema: { type: "string", pattern: `^0x[0-9a-fA-F]{${2 * length}}$` } },
  read: (given) => {
    const digits = typeof given === "string" && given.length === 2 + 2 * length ? given : "";
    if (!/^0x[0-9a-fA-F]+$/u.test(digits)) throw new BadParameter(`must be 0x and ${2 * length} hexadecimal digits`);
    return Uint8Array.from(Buffer.from(digits.slice(2), "hex"));
  },
});

/** As another parameter, or null. */
export const nullableParameter = <Value>({
  name,
  description,
  schema,
  read,
}: Parameter<Value>): Parameter<Value | null> => ({
  ...{ name, description, schema: { oneOf: [{ type: "null" }, schema] } },
  read: (given) => (given === null ? null : read(given)),
});

/** A whole number in [minimum, maximum]. */
export const wholeParameter = (
  name: string,
  description: string,
  minimum: number,
  maximum: number,
): Parameter<number> => ({
  ...{ name, description, schema: { type: "integer", minimum, maximum } },
  read: (given) => {
    if (typeof given === "number" && Number.isInteger(given) && given >= minimum && given <= maximum) return given;
    throw new BadParameter(`must be a whole number from ${minimum} to ${maximum}`);
  },
});

/** Integers of more than 53 bits are text, as JSON's numbers have fewer. */
export const AMOUNT: Schema = { type: "string", pattern: "^[0-9]+$" };
export const INTEGER: Schema = { type: "integer", minimum: 0 };
export const HEX: Schema = { type: "string", pattern: "^0x[0-9a-f]*$" };
export const TEXT: Schema = { type: "string" };
export const BOOLEAN: Schema = { type: "boolean" };

/** A list of at most `maxItems`. */
export const listOf = (items: Schema, maxItems: number): Schema => ({ type: "array", items, maxItems });
/** As another schema, or null. */
export const orNull = (schema: Schema): Schema => ({ oneOf: [{ type: "null" }, schema] });

/** An object with these properties, and possibly with those that end with a question mark. */
export function object(properties: Readonly<Record<string, Schema>>): Schema {
  const names = Object.entries(properties).map(([name, schema]) => [name.replace("?", ""), schema] as const);
  const needed = Object.keys(properties).filter((name) => !name.endsWith("?"));
  return { type: "object", properties: Object.fromEntries(names), required: needed };
}
