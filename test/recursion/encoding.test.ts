// SPDX-License-Identifier: MIT
import { isDeepStrictEqual } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";

import { expect } from "chai";
import { Packr, unpack } from "msgpackr";

import { P } from "../../src/field.ts";
import { decodeProgram, encodeProgram, encodeWitness, type Program } from "../../src/recursion/index.ts";
import { readProgram, writeProgram } from "../../src/recursion/acir/index.ts";
import { expectError, thrownBy } from "../helpers/expectError.ts";
import { isProtocolError } from "../../src/errors.ts";

const range = (length: number, first = 0): number[] => Array.from({ length }, (_, i) => first + i);

/** All that a program can have, with numbers and lists on both sides of each limit of msgpack. */
const PROGRAM: Program = {
  opcodes: [
    { kind: "zero", products: [], terms: [], constant: 0n },
    { kind: "zero", products: [[P - 1n, 127, 128]], terms: [[2n, 255], [3n, 256]], constant: 5n },
    {
      kind: "zero",
      products: range(16).map((i) => [BigInt(i), i, 65_535] as const),
      terms: range(15).map((i) => [P - BigInt(i) - 1n, 65_536 + i] as const),
      constant: P - 1n,
    },
    { kind: "zero", products: [], terms: range(70_000).map((i) => [1n, i] as const), constant: 1n },
    { kind: "verify", key: range(115), proof: range(410, 115), publicInputs: range(13, 525), keyHash: 4_294_967_295 },
  ],
  publicWitnesses: range(17),
}; // prettier-ignore

describe("the encoding of ACIR", () => {
  it("is read back as it was, by this library", () => {
    // By Node: chai takes seconds for 70,000 terms.
    expect(isDeepStrictEqual(decodeProgram(encodeProgram(PROGRAM)), PROGRAM)).to.equal(true);
    const empty: Program = { opcodes: [], publicWitnesses: [] };
    expect(decodeProgram(encodeProgram(empty))).to.deep.equal(empty);
  });

  it("is msgpack with the structure of bb 5.0.0, by another library, which writes the same bytes", () => {
    const bytes = writeProgram(PROGRAM);
    expect(bytes[0]).to.equal(3);
    const field = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
    const witnesses = (list: readonly number[]): object[] => list.map((Witness) => ({ Witness }));
    const opcodes = PROGRAM.opcodes.map((opcode) =>
      opcode.kind === "zero"
        ? {
            AssertZero: [
              opcode.products.map(([c, a, b]) => [field(c), a, b]),
              opcode.terms.map(([c, w]) => [field(c), w]),
              field(opcode.constant),
            ],
          }
        : {
            BlackBoxFuncCall: {
              RecursiveAggregation: [
                witnesses(opcode.key),
                witnesses(opcode.proof),
                witnesses(opcode.publicInputs),
                { Witness: opcode.keyHash },
                0,
                { Constant: field(1n) },
              ],
            },
          },
    );
    const expected = [[["main", opcodes, [], PROGRAM.publicWitnesses, [], []]], []];
    expect(isDeepStrictEqual(unpack(bytes.subarray(1)), expected)).to.equal(true);
    // The shortest form of everything: other forms would be other files for the same program.
    const packed = new Packr({ useRecords: false, variableMapSize: true }).pack(expected);
    expect(Buffer.compare(packed, bytes.subarray(1))).to.equal(0);
  });

  it("of a witness is a map from numbers to field elements", () => {
    const values = [0n, 1n, P - 1n, 1n << 200n, ...range(200).map(BigInt)];
    const bytes = gunzipSync(encodeWitness(values));
    expect(bytes[0]).to.equal(3);
    const [[[index, map]]] = unpack(bytes.subarray(1)) as [[[number, Record<string, Buffer>]]];
    expect(index).to.equal(0);
    expect(Object.keys(map)).to.have.length(values.length);
    values.forEach((value, i) => {
      expect(BigInt(`0x${Buffer.from(map[String(i)]!).toString("hex")}`)).to.equal(value);
    });
  });

  it("is refused wherever it is cut off, and with bytes behind it", () => {
    const small: Program = { ...PROGRAM, opcodes: [PROGRAM.opcodes[1]!, PROGRAM.opcodes[4]!] };
    const bytes = writeProgram(small);
    expect(readProgram(bytes)).to.deep.equal(small);
    for (let length = 0; length < bytes.length; length++) {
      expectError(() => readProgram(bytes.subarray(0, length)), "MALFORMED_ACIR");
    }
    expectError(() => readProgram(Buffer.concat([bytes, Buffer.of(0)])), "MALFORMED_ACIR");
  });

  it("with any byte altered is refused, or is another program: no program has two encodings", () => {
    const small: Program = { ...PROGRAM, opcodes: PROGRAM.opcodes.slice(0, 2) };
    const bytes = writeProgram(small);
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of range(8)) {
        const altered = Buffer.from(bytes);
        altered[i]! ^= 1 << bit;
        let program: Program | undefined;
        const error = thrownBy(() => {
          program = readProgram(altered);
        });
        if (program === undefined) {
          expect(isProtocolError(error, "MALFORMED_ACIR", "NOT_A_FIELD_ELEMENT"), String(error)).to.equal(true);
        } else {
          expect(writeProgram(program).equals(altered), `byte ${i}, bit ${bit}`).to.equal(true);
        }
      }
    }
  });

  it("is refused with a predicate, another type of proof, or public inputs that do not ascend", () => {
    const verify: Program = { opcodes: [PROGRAM.opcodes[4]!], publicWitnesses: [0, 1] };
    const bytes = writeProgram(verify);
    const constant = bytes.indexOf("Constant") + "Constant".length;
    const altered = (offset: number, value: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[offset] = value;
      return copy;
    };
    expect(bytes[constant + 33]).to.equal(1);
    expectError(() => readProgram(altered(constant + 33, 0)), "MALFORMED_ACIR");
    expect(bytes[constant - "Constant".length - 3]).to.equal(0);
    expectError(() => readProgram(altered(constant - "Constant".length - 3, 6)), "MALFORMED_ACIR");
    expectError(() => readProgram(writeProgram({ ...verify, publicWitnesses: [1, 0] })), "MALFORMED_ACIR");
    expectError(() => readProgram(writeProgram({ ...verify, publicWitnesses: [1, 1] })), "MALFORMED_ACIR");
  });

  it("is not written of numbers that are no witnesses, or no field elements", () => {
    const withTerm = (coefficient: bigint, witness: number): Program => ({
      opcodes: [{ kind: "zero", products: [], terms: [[coefficient, witness]], constant: 0n }],
      publicWitnesses: [],
    });
    expect(readProgram(writeProgram(withTerm(P - 1n, 2 ** 32 - 1)))).to.deep.equal(withTerm(P - 1n, 2 ** 32 - 1));
    for (const witness of [-1, 2 ** 32, 0.5, NaN]) {
      const { data } = expectError(() => writeProgram(withTerm(1n, witness)), "OUT_OF_RANGE");
      expect(data).to.deep.equal({ name: "value", value: witness, minimum: 0, maximum: 2 ** 32 - 1 });
    }
    for (const value of [P, -1n, 1n << 256n]) {
      expectError(() => writeProgram(withTerm(value, 0)), "NOT_A_FIELD_ELEMENT");
      expectError(() => encodeWitness([value]), "NOT_A_FIELD_ELEMENT");
    }
  });

  it("is refused if the file around it is another", () => {
    const packed = (bytes: Buffer): string => JSON.stringify({ bytecode: gzipSync(bytes).toString("base64") });
    const bytes = writeProgram({ opcodes: [], publicWitnesses: [] });
    expect(decodeProgram(packed(bytes)).opcodes).to.deep.equal([]);
    for (const file of [
      "",
      "null",
      "{}",
      '{"bytecode":5}',
      '{"bytecode":"AAAA"}',
      packed(bytes).replace('":"', '":"*'),
      packed(bytes).replace(/=*"}$/, '\n"}'),
      encodeProgram(PROGRAM).slice(0, -20),
      packed(Buffer.alloc(0)),
      packed(Buffer.concat([Buffer.of(2), bytes.subarray(1)])),
    ]) {
      expectError(() => decodeProgram(file), "MALFORMED_ACIR");
    }
  });
});
