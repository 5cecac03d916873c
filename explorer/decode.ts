// SPDX-License-Identifier: MIT

/** An answer of the node is not what its method promises. The message names the place. */
export class ShapeError extends Error {}

/** Reads untrusted JSON. @throws {ShapeError} */
export type Decoder<Value> = (given: unknown, path: string) => Value;

/** The value that a decoder gives. */
export type Decoded<Of> = Of extends Decoder<infer Value> ? Value : never;

/** Longer text is cut. */
const MAX_TEXT = 400;
/** Decimal digits of 2^256. */
const MAX_DIGITS = 78;
/** Hexadecimal digits of the largest value that a view shows: a slot has 186. */
const MAX_HEX = 1_000;

const wrong = (path: string, what: string): ShapeError => new ShapeError(`${path} is not ${what}`);

export const integer: Decoder<number> = (given, path) => {
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return given;
  throw wrong(path, "a whole number");
};

/** Decimal text, as the API has amounts and nonces. */
export const amount: Decoder<bigint> = (given, path) => {
  if (typeof given === "string" && given.length <= MAX_DIGITS && /^[0-9]+$/u.test(given)) return BigInt(given);
  throw wrong(path, "an amount");
};

export const hex: Decoder<string> = (given, path) => {
  if (typeof given === "string" && given.length <= MAX_HEX && /^0x[0-9a-fA-F]*$/u.test(given)) return given;
  throw wrong(path, "hexadecimal");
};

export const boolean: Decoder<boolean> = (given, path) => {
  if (typeof given === "boolean") return given;
  throw wrong(path, "true or false");
};

export const text: Decoder<string> = (given, path) => {
  if (typeof given === "string") return given.length > MAX_TEXT ? `${given.slice(0, MAX_TEXT)}…` : given;
  throw wrong(path, "text");
};

/** A number of any sign and fraction. */
export const number: Decoder<number> = (given, path) => {
  if (typeof given === "number" && Number.isFinite(given)) return given;
  throw wrong(path, "a number");
};

/** One of these words. */
export const word =
  <const Word extends string>(...words: readonly Word[]): Decoder<Word> =>
  (given, path) => {
    const found = words.find((known) => known === given);
    if (found === undefined) throw wrong(path, words.length === 1 ? `"${words[0]}"` : `one of ${words.join(", ")}`);
    return found;
  };

export const nullable =
  <Value>(of: Decoder<Value>): Decoder<Value | null> =>
  (given, path) =>
    given === null ? null : of(given, path);

export const optional =
  <Value>(of: Decoder<Value>): Decoder<Value | undefined> =>
  (given, path) =>
    given === undefined ? undefined : of(given, path);

export const list =
  <Value>(of: Decoder<Value>, most: number): Decoder<readonly Value[]> =>
  (given, path) => {
    if (!Array.isArray(given) || given.length > most) throw wrong(path, `a list of at most ${most}`);
    return given.map((item, i) => of(item, `${path}[${i}]`));
  };

export const object =
  <Fields extends Readonly<Record<string, Decoder<unknown>>>>(
    fields: Fields,
  ): Decoder<{ readonly [Name in keyof Fields]: Decoded<Fields[Name]> }> =>
  (given, path) => {
    if (typeof given !== "object" || given === null || Array.isArray(given)) throw wrong(path, "an object");
    const read = Object.entries(fields).map(([name, of]) => {
      const value: unknown = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
      return [name, of(value, `${path}.${name}`)] as const;
    });
    return Object.fromEntries(read) as { readonly [Name in keyof Fields]: Decoded<Fields[Name]> };
  };
