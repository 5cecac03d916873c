// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";
import {
  AbiCoder,
  concat,
  getBytes,
  hexlify,
  parseEther,
  toBeHex,
  type FunctionFragment,
  type Interface,
} from "ethers";
import { network } from "hardhat";

import { readCalldata, type CalldataValue } from "../../src/chain/calldata.ts";
import { RollupNode } from "../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { ProtocolError } from "../../src/errors.ts";
import { commitToData } from "../../src/ledger/index.ts";

/*
 * `CalldataReader.sol` gives back what solc reads. Encodings are made word by word, so that offsets, lengths and padding
 * can be anything.
 */

const MAX = 2n ** 256n;
const SELECTOR = 4;

/**
 * One deviation of an encoding from the canonical one. Places and values are random, so many are refused, and many are
 * not.
 */
interface Oddity {
  readonly kind: "cut" | "append" | "word" | "shift" | "dirty" | "back" | "share" | "move";
  /** Which word, of 1. */
  readonly at: number;
  readonly value: bigint;
}

const oddity = (): fc.Arbitrary<Oddity> =>
  fc.record({
    kind: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom("cut", "append", "word", "shift", "dirty") },
      { weight: 2, arbitrary: fc.constantFrom("back", "share", "move") },
    ),
    at: fc.integer({ min: 0, max: 999 }).map((part) => part / 1_000),
    value: fc.oneof(
      fc.bigInt({ min: 0n, max: 0x600n }),
      fc.bigInt({ min: 1n, max: 0x400n }).map((back) => MAX - back),
      fc.bigInt({ min: 0n, max: MAX - 1n }),
      fc.constantFrom(2n ** 64n - 1n, 2n ** 64n, 2n ** 255n, 2n ** 255n - 1n, MAX - 0xc0n, MAX - 0x20n, MAX - 1n),
    ),
  });

/** Offsets, lengths, and numbers that look like them. */
const isSmall = (word: bigint): boolean => word > 0n && word < 0x2000n;

function apply(data: Uint8Array, { kind, at, value }: Oddity): Uint8Array {
  const wordAt = (start: number): bigint => BigInt(`0x0${hexlify(data.slice(start, start + 32)).slice(2)}`);
  const all = Array.from({ length: Math.floor((data.length - SELECTOR) / 32) }, (_, i) => SELECTOR + 32 * i);
  const small = all.filter((place) => isSmall(wordAt(place)));
  const places = kind === "word" || kind === "dirty" || small.length === 0 ? all : small;
  const index = Math.floor(at * places.length);
  const place = places[index] ?? SELECTOR;
  const word = wordAt(place);
  const withWord = (changed: bigint, bytes = data): Uint8Array =>
    getBytes(concat([bytes.slice(0, place), toBeHex(BigInt.asUintN(256, changed), 32), bytes.slice(place + 32)]));
  switch (kind) {
    case "cut":
      return data.slice(0, Math.max(SELECTOR, data.length - 1 - Number(value % 40n)));
    case "append":
      return getBytes(concat([data, toBeHex(value, 32), "0x77"]));
    case "word":
      return withWord(value);
    case "shift":
      return withWord(word + 32n * (BigInt.asIntN(4, value) || 1n));
    case "back":
      return withWord(-32n * (value % 12n));
    case "share":
      return withWord(wordAt(places[index + 1] ?? place));
    case "dirty":
      return withWord(word | (1n << BigInt.asUintN(8, value)));
    case "move": {
      // A value without padding at the end, with an offset from a place not far before this one.
      const length = Number(value % 40n);
      const moved = concat([data, toBeHex(length, 32), data.slice(data.length - length)]);
      return withWord(BigInt(data.length - place) + 32n * (value % 9n), getBytes(moved));
    }
  }
}

const hex = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: 0, maxLength: length }).map((bytes) => hexlify(bytes));
const uint = (bits: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** bits - 1n });
const word = (): fc.Arbitrary<string> => uint(256n).map((value) => toBeHex(value, 32));
const proof = (): fc.Arbitrary<bigint[]> => fc.array(uint(256n), { minLength: 8, maxLength: 8 });

const batches = (): fc.Arbitrary<unknown[]> =>
  fc.tuple(
    fc.array(fc.tuple(hex(70), fc.array(uint(254n), { maxLength: 3 }), uint(16n), uint(32n), uint(16n)), {
      maxLength: 3,
    }),
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
      fc.array(uint(256n), { maxLength: 3 }),
      hex(40),
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
    return AbiCoder.defaultAbiCoder().encode(fragment.inputs, values);
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

/** A call of `sequence` with data `0x010203`, encoded so that no strict decoder reads it. */
const STRANGE: Readonly<Record<string, (strict: string) => string>> = {
  "without padding at the end": (strict) => {
    // The data moves behind everything else, and ends where the calldata ends.
    const words = wordsOf(strict);
    words[STRUCT] = toBeHex(BigInt(32 * (words.length - STRUCT)), 32);
    return concat([strict.slice(0, 10), ...words, toBeHex(3, 32), "0x010203"]);
  },
  "with an offset of 2^256 − 0xc0": (strict) => {
    // The data stand before the struct.
    const words = wordsOf(strict);
    words[STRUCT] = toBeHex(MAX - 0xc0n, 32);
    words[ITEMS] = toBeHex(0x20 + 0xc0, 32);
    const before = [toBeHex(3, 32), "0x010203".padEnd(66, "7"), ...Array.from({ length: 4 }, () => toBeHex(0x77, 32))];
    return concat([strict.slice(0, 10), ...words.slice(0, STRUCT), ...before, ...words.slice(STRUCT)]);
  },
  "with bytes that nothing leads to": (strict) => concat([strict, "0x77"]),
};

/** Words after the selector: three arguments, the number of batches, their offsets (here of one), the batch. */
const COUNT = 3;
const ITEMS = 4;
const STRUCT = 5;
const wordsOf = (call: string): string[] =>
  Array.from({ length: (call.length - 10) / 64 }, (_, i) => `0x${call.slice(10 + 64 * i, 74 + 64 * i)}`);

async function deployRollup() {
  const connection = await network.create();
  const system = await deployProofOfEfficiency(connection);
  const [operator] = await connection.ethers.getSigners();
  await system.token.approve(system.consensus, parseEther("1000"));
  await system.consensus.deposit(parseEther("1000"));
  const input = { data: "0x010203", forcedCount: 0, feeAccount: 1, feeToken: 0 };
  const commitments = [...commitToData(system.profile, getBytes(input.data))];
  const strict = system.consensus.interface.encodeFunctionData("sequence", [
    [{ ...input, commitments }],
    parseEther("100"),
    `0x${"00".repeat(27)}`,
  ]);
  const to = await system.consensus.getAddress();
  const send = async (data: string): Promise<void> => {
    const sent = await operator!.sendTransaction({ to, data });
    expect((await sent.wait())?.status).to.equal(1);
  };
  return { system, strict, send };
}

describe("Calldata", () => {
  for (const [how, encode] of Object.entries(STRANGE)) {
    it(`a batch that is posted ${how} is read by nodes`, async () => {
      const { system, strict, send } = await deployRollup();
      const node = await RollupNode.open(system);
      const strange = encode(strict);
      const { interface: parser } = system.consensus;
      if (how !== "with bytes that nothing leads to") {
        expect(ethersReads(parser, parser.getFunction("sequence"), getBytes(strange))).to.equal(false);
      }
      await send(strange);
      for (const reader of [node, await RollupNode.open(system)]) {
        await reader.sync();
        expect(hexlify(reader.batch(1).data)).to.equal("0x010203");
        expect(reader.batch(1).truthful).to.equal(true);
      }
    });
  }

  it("batches that share one offset are read by nodes", async () => {
    const { system, strict, send } = await deployRollup();
    const node = await RollupNode.open(system);
    const words = wordsOf(strict);
    const count = 40;
    words[COUNT] = toBeHex(count, 32);
    words.splice(ITEMS, 1, ...Array.from({ length: count }, () => toBeHex(32 * count, 32)));
    await send(concat([strict.slice(0, 10), ...words]));
    await node.sync();
    expect(node.batches.length).to.equal(count);
    expect(node.batches.every(({ data, truthful }) => hexlify(data) === "0x010203" && truthful)).to.equal(true);
  });

  it("of more values than L1 has gas for is refused before they are made", async () => {
    const { reader } = await deploy();
    const fragment = reader.interface.getFunction("sequence");
    const commitments = Array.from({ length: 1_000 }, () => 7n);
    const strict = (reader.interface as Interface).encodeFunctionData(fragment, [
      [{ data: "0x", commitments, forcedCount: 0, feeAccount: 1, feeToken: 0 }],
      0n,
      `0x${"00".repeat(27)}`,
    ]);
    /** So many batches, all at one place. */
    const call = (count: number): Uint8Array => {
      const words = wordsOf(strict);
      words[COUNT] = toBeHex(count, 32);
      words.splice(ITEMS, 1, ...Array.from({ length: count }, () => toBeHex(32 * count, 32)));
      return getBytes(concat([strict.slice(0, 10), ...words]));
    };
    expect(readCalldata(fragment, call(20))[0]).to.have.length(20);
    expect(() => readCalldata(fragment, call(2_000)))
      .to.throw(ProtocolError, "more than 1048576 values")
      .with.property("code", "BAD_CALLDATA");
  });

  for (const [name, arbitrary] of [
    ["sequence", batches],
    ["submit", submissions],
  ] as const) {
    it(`is read as solc reads it, for ${name}, however it is encoded`, async function () {
      this.timeout(300_000);
      const { reader, read } = await deploy();
      const fragment = reader.interface.getFunction(name);
      const met = { accepted: 0, refused: 0, unlikeEthers: 0 };
      await fc.assert(
        fc.asyncProperty(arbitrary(), fc.array(oddity(), { maxLength: 3 }), async (values, oddities) => {
          const strict = getBytes((reader.interface as Interface).encodeFunctionData(fragment, values));
          const data = oddities.reduce(apply, strict);
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
    // Errors come out where a value is looked at.
    JSON.stringify(parser.decodeFunctionData(fragment, data), (_, value: unknown) =>
      typeof value === "bigint" ? `${value}` : value,
    );
    return true;
  } catch {
    return false;
  }
}
