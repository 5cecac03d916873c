// SPDX-License-Identifier: MIT
import { fromBytes, toBytes } from "../../../codec/index.ts";
import { ProtocolError, type MessageFault } from "../../../errors.ts";
import { isField, type Field } from "../../../field.ts";

/** Writes the fields of a message one after the other, integers with their highest byte first. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  uint(value: bigint | number, bytes: number): this {
    this.#parts.push(toBytes(BigInt(value), bytes));
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** @param text of `bytes` bytes, in hex with 0x */
  hex(text: string, bytes: number, name: string): this {
    if (!/^0x[0-9a-f]*$/iu.test(text) || text.length !== 2 + 2 * bytes) throw badMessage(name, "LENGTH");
    return this.raw(Buffer.from(text.slice(2), "hex"));
  }

  done(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#parts));
  }
}

/** Reads the fields of a message. Each method throws `BAD_MESSAGE` if the bytes end, or have no canonical value. */
export class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A copy: the message may be kept, and its bytes may be part of something larger. */
  raw(length: number, name: string): Uint8Array {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw badMessage(name, "LENGTH");
    const part = this.#bytes.slice(this.#position, end);
    this.#position = end;
    return part;
  }

  hex(length: number, name: string): string {
    return `0x${Buffer.from(this.raw(length, name)).toString("hex")}`;
  }

  big(length: number, name: string): bigint {
    return fromBytes(this.raw(length, name));
  }

  uint(length: number, name: string, minimum = 0, maximum = Number.MAX_SAFE_INTEGER): number {
    const value = Number(this.big(length, name));
    if (value < minimum || value > maximum) throw badMessage(name, "RANGE");
    return value;
  }

  /** 32 bytes below the order of the scalar field. */
  field(name: string): Field {
    const value = this.big(32, name);
    if (!isField(value)) throw badMessage(name, "NOT_CANONICAL");
    return value;
  }

  /** The message ends here. */
  end(): void {
    if (this.#position !== this.#bytes.length) throw badMessage("message", "TRAILING_BYTES");
  }
}

/** @param field in which the fault is */
export function badMessage(field: string, fault: MessageFault): ProtocolError<"BAD_MESSAGE"> {
  return new ProtocolError("BAD_MESSAGE", { field, fault }, `${field} of a message: ${SENTENCES[fault]}`);
}

const SENTENCES: Readonly<Record<MessageFault, string>> = {
  VERSION: "this program does not read that version",
  KIND: "no kind of message has this number, or another one was expected",
  TOO_LONG: "it has more bytes than its kind may have",
  LENGTH: "it has another number of bytes",
  TRAILING_BYTES: "bytes follow that belong to nothing",
  RANGE: "it is out of range",
  NOT_CANONICAL: "the same value has another encoding",
};
