// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { P, toField, type Field } from "../field.ts";

/** Characters of a node's text that are shown. */
const MAX_TEXT = 300;
/** Characters of a wrong value that are shown. */
const MAX_SHOWN = 80;

/** A node's text for people: on one line, without characters that a terminal obeys, and not too long. */
export const printable = (text: string): string =>
  // The limit comes first: the text may be as long as an answer.
  text
    .slice(0, MAX_TEXT)
    .replace(/[\s\p{C}]+/gu, " ")
    .trim();

/**
 * A value in a node's answer. Nothing about it is believed: each reader takes one kind of value within its limits.
 *
 * Every reader throws a `ProtocolError` with the code `BAD_NODE_ANSWER`.
 */
export class Answer {
  readonly #method: string;
  readonly #field: string;
  readonly #value: unknown;

  /** @param field where it is in the answer, for the message */
  constructor(method: string, value: unknown, field = "result") {
    this.#method = method;
    this.#value = value;
    this.#field = field;
  }

  /** Whether there is a value, and not null. */
  get isPresent(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** A property of an object. */
  field(name: string): Answer {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.refuse("an object");
    const found = Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    return new Answer(this.#method, found, `${this.#field}.${name}`);
  }

  /** The items of a list of at most `maximum`. */
  list(maximum: number): Answer[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length > maximum) throw this.refuse(`a list of at most ${maximum}`);
    return value.map((item, i) => new Answer(this.#method, item, `${this.#field}[${i}]`));
  }

  boolean(): boolean {
    if (typeof this.#value !== "boolean") throw this.refuse("true or false");
    return this.#value;
  }

  /** An integer in [minimum, maximum]. */
  whole(minimum = 0, maximum: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#value;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum) return value;
    throw this.refuse(`a whole number from ${minimum} to ${maximum}`);
  }

  /** A number of any sign and fraction. */
  number(): number {
    if (typeof this.#value === "number" && Number.isFinite(this.#value)) return this.#value;
    throw this.refuse("a number");
  }

  /** Decimal text of an unsigned integer of `bits` bits. */
  amount(bits: number): bigint {
    const value = this.#value;
    // The length comes first: a long text takes a long time to become a number. 2^b has at most b decimals.
    if (typeof value === "string" && value.length <= bits && /^(0|[1-9][0-9]*)$/u.test(value)) {
      const amount = BigInt(value);
      if (amount >> BigInt(bits) === 0n) return amount;
    }
    throw this.refuse(`decimal text of a number of ${bits} bits`);
  }

  /** `bytes` bytes in hex. */
  hex(bytes: number): bigint {
    const value = this.#value;
    const isHex = typeof value === "string" && value.length === 2 + 2 * bytes && /^0x[0-9a-fA-F]+$/u.test(value);
    if (!isHex) throw this.refuse(`0x and ${2 * bytes} hexadecimal digits`);
    return BigInt(value);
  }

  /** An element of the scalar field, 32 bytes in hex. */
  fieldElement(): Field {
    const value = this.hex(32);
    if (value >= P) throw this.refuse("an element of the field, below p");
    return toField(value);
  }

  /** One of these texts. */
  oneOf<T extends string>(known: readonly T[]): T {
    const found = known.find((candidate) => candidate === this.#value);
    if (found === undefined) throw this.refuse(`one of ${known.join(", ")}`);
    return found;
  }

  /** A text for people, see `printable`. */
  text(): string {
    if (typeof this.#value !== "string") throw this.refuse("a text");
    return printable(this.#value);
  }

  /** The error for a value that is not `limit`. */
  refuse(limit: string): ProtocolError<"BAD_NODE_ANSWER"> {
    const [method, field] = [this.#method, this.#field];
    const shown = printable(show(this.#value));
    const found = shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
    return new ProtocolError(
      "BAD_NODE_ANSWER",
      { method, field, limit, found },
      `the node's answer to ${method} is not usable: ${field} must be ${limit}, and is ${found}`,
    );
  }
}

/** The kind of an object says enough: it may be as large as an answer, and as deep. */
function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return JSON.stringify(typeof value === "string" ? value.slice(0, MAX_SHOWN + 1) : value);
}
