import { expect } from "chai";
import fc from "fast-check";
import { AbiCoder, concat, getBytes, hexlify, toBeHex, type FunctionFragment, type Interface, type ParamType } from "ethers";
import { network } from "hardhat";

import { readCalldata, type CalldataValue } from "../../src/agents/calldata.ts";
import { ProtocolError } from "../../src/errors.ts";

/*
 * `CalldataReader.sol` gives back what solc reads. Encodings are made word by word, so that offsets, lengths and padding
 * can be anything.
 */

const MAX = 2n ** 256n;
const SELECTOR = 4;

/** What goes wrong in an encoding. Positions and values are random, so most of them are refused, and many are not. */
interface Damage {
  readonly kind: "cut" | "append" | "word" | "shift" | "back" | "share" | "dirty";
  /** Place in the encoding, of 1. */
  readonly at: number;
  readonly value: bigint;
}

const damage = (): fc.Arbitrary<Damage> =>
  fc.record({
    kind: fc.constantFrom("cut", "append", "word", "shift", "back", "share", "dirty"),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    value: fc.oneof(
      fc.bigInt({ min: 0n, max: 0x600n }),
      fc.bigInt({ min: 1n, max: 0x400n }).map((back) => MAX - back),
      fc.bigInt({ min: 0n, max: MAX - 1n }),
      fc.constantFrom(2n ** 64n - 1n, 2n ** 64n, 2n ** 255n, 2n ** 255n - 1n, MAX - 0xc0n, MAX - 0x20n, MAX - 1n),
    ),
  });

/** Offsets and lengths are the small multiples of 32, and the lengths: words that are worth changing. */
function apply(data: Uint8Array, { kind, at, value }: Damage): Uint8Array {
  const words = Math.floor((data.length - SELECTOR) / 32);
  const offset = SELECTOR + 32 * Math.floor(at * words);
  const wordAt = (start: number): bigint => BigInt(`0x0${hexlify(data.slice(start, start + 32)).slice(2)}`);
  const word = wordAt(offset);
  const withWord = (changed: bigint): Uint8Array =>
    getBytes(concat([data.slice(0, offset), toBeHex(BigInt.asUintN(256, changed), 32), data.slice(offset + 32)]));
  switch (kind) {
    case "cut":
      return data.slice(0, data.length - 1 - (Number(BigInt.asUintN(16, value)) % Math.max(1, data.length - SELECTOR)));
    case "append":
      return getBytes(concat([data, toBeHex(value, 32), "0x77"]));
    case "word":
      return withWord(value);
    case "shift":
      return withWord(word + 32n * (BigInt.asIntN(4, value) || 1n));
    case "back":
      return withWord(-BigInt.asUintN(10, value));
    case "share":
      return withWord(wordAt(offset + 32));
    case "dirty":
      return withWord(word | (1n << BigInt.asUintN(8, value)));
  }
}

const hex = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: 0, maxLength: length }).map((bytes) => hexlify(bytes));
const uint = (bits: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** bits - 1n });
const word = (): fc.Arbitrary<string> => uint(256n).map((value) => toBeHex(value, 32));
const proof = (): fc.Arbitrary<bigint[]> => fc.array(uint(256n), { minLength: 8, maxLength: 8 });

const batches = (): fc.Arbitrary<unknown[]> =>
  fc.tuple(
    fc.array(
      fc.tuple(hex(70), fc.array(uint(254n), { maxLength: 3 }), uint(16n), uint(32n), uint(16n)),
      { maxLength: 3 },
    ),
    uint(256n),
    uint(216n).map((value) => toBeHex(value, 27)),
  );

const submissions = (): fc.Arbitrary<unknown[]> =>
  fc.tuple(
    fc.tuple(
      uint(160n).map((value) => toBeHex(value, 20)),
      uint(40n),
      uint(40n),
      word(),
      word(),
      uint(88n),
      uint(16n),
      uint(8n),
      word(),
    ),
    fc.tuple(
      word(),
      uint(16n),
      uint(32n),
      uint(16n),
      uint(128n),
      uint(256n),
      hex(100),
      hex(40),
      fc.array(fc.tuple(proof(), ...leafWords()), { maxLength: 2 }),
      fc.array(fc.tuple(proof(), uint(256n), uint(256n), uint(256n), uint(256n)), { maxLength: 2 }),
    ),
  );

const leafWords = () =>
  [uint(256n), uint(256n), uint(256n), uint(256n), uint(256n), uint(256n)] as [
    fc.Arbitrary<bigint>,
    ...fc.Arbitrary<bigint>[],
  ];

/** A value in the form in which ethers encodes it. */
function toArgument(value: CalldataValue): unknown {
  if (value instanceof Uint8Array) return hexlify(value);
  if (Array.isArray(value)) return value.map(toArgument);
  if (typeof value === "object") return Object.values(value).map(toArgument);
  return value;
}

/** The strict encoding of what the decoder reads; undefined if it refuses. */
function ownReading(fragment: FunctionFragment, data: Uint8Array): string | undefined {
  try {
    const values = readCalldata(fragment, data).map(toArgument);
    return AbiCoder.defaultAbiCoder().encode(fragment.inputs as ParamType[], values);
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "BAD_CALLDATA") return undefined;
    throw error;
  }
}

async function deploy() {
  const { ethers } = await network.create();
  const reader = await ethers.deployContract("CalldataReader");
  const to = await reader.getAddress();
  const coder = AbiCoder.defaultAbiCoder();
  /** The strict encoding of what solc reads; undefined if it reverts. */
  const read = (data: Uint8Array): Promise<string | undefined> =>
    ethers.provider.call({ to, data: hexlify(data), gasLimit: 15_000_000n }).then(
      (returned) => coder.decode(["bytes"], returned)[0] as string,
      (error: unknown) => {
        expect(String(error)).to.match(/revert/);
        return undefined;
      },
    );
  return { reader, read };
}

describe("Calldata", () => {
  for (const [name, arbitrary] of [
    ["sequence", batches],
    ["submit", submissions],
  ] as const) {
    it(`is read as solc reads it, for ${name}, however it is encoded`, async function () {
      this.timeout(300_000);
      const { reader, read } = await deploy();
      const fragment = reader.interface.getFunction(name as "sequence");
      const met = { accepted: 0, refused: 0, unlikeEthers: 0 };
      await fc.assert(
        fc.asyncProperty(arbitrary(), fc.array(damage(), { maxLength: 3 }), async (values, damages) => {
          const strict = getBytes((reader.interface as Interface).encodeFunctionData(fragment, values));
          const data = damages.reduce(apply, strict);
          const expected = await read(data);
          expect(ownReading(fragment, data)).to.equal(expected);
          if (expected === undefined) met.refused += 1;
          else met.accepted += 1;
          if (expected !== undefined && !ethersReads(reader.interface, fragment, data)) met.unlikeEthers += 1;
        }),
        { seed: Number(process.env["SEED"] ?? 13), numRuns: 1_200 },
      );
      // The cases reach what this is about.
      expect(met.accepted).to.be.greaterThan(300);
      expect(met.refused).to.be.greaterThan(200);
      expect(met.unlikeEthers).to.be.greaterThan(20);
    });
  }
});

function ethersReads(parser: Interface, fragment: FunctionFragment, data: Uint8Array): boolean {
  try {
    parser.decodeFunctionData(fragment, data).toArray(true);
    return true;
  } catch {
    return false;
  }
}
