// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import {
  decodeTip,
  decodeTransactionSlot,
  encodeChunks,
  encodePayload,
  encodeTransactionSlot,
  SEQUENCER_BOUND,
  SLOT_BYTES,
} from "../../src/codec/index.ts";
import { B8, transactionMessage } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { accountHash, accountTuple, AccountTree, BALANCE_LIMIT, type Account } from "../../src/ledger/index.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { bitsOf, compileTemplate, expectRefusal, outputsOf } from "../helpers/circuit.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { Random } from "../helpers/random.ts";

const DEPTH = 5;
const CAPACITY = 4n ** BigInt(DEPTH);
const MAX_CHUNK = (1n << 248n) - 1n;

// It stands in for the keys of absent accounts and tickets. Off the curve the arithmetic would have a witness for nearly
// all signatures, but not for all.
describe("circuits: B8", () => {
  const found = globSync("circuits/**/*.circom", { cwd: PROJECT_ROOT }).flatMap((file) => {
    const source = readFileSync(join(PROJECT_ROOT, file), "utf8");
    const [, x, y] = /var B8\[2\] = \[\s*(\d+),\s*(\d+)\s*\]/.exec(source) ?? [];
    return x === undefined || y === undefined ? [] : [{ file, point: { x: BigInt(x), y: BigInt(y) } }];
  });

  it("is named in five templates", () => {
    expect(found).to.have.lengthOf(5);
  });

  for (const { file, point } of found) {
    it(`is the generator (${file})`, () => {
      expect(point).to.deep.equal(B8);
    });
  }
});

describe("circuits: DecodeSlot", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("slot/DecodeSlot.circom");
  });

  it("agrees with the codec", async () => {
    const random = new Random("DecodeSlot");
    const zeros = new Uint8Array(SLOT_BYTES);
    const oneBit = (bit: number): Uint8Array =>
      zeros.map((_, i) => (i === SLOT_BYTES - 1 - (bit >> 3) ? 1 << (bit & 7) : 0));
    // The lowest and the highest bit of each field.
    const edges = [0, 250, 251, 504, 505, 509, 510, 515, 516, 535, 536, 663, 664, 679, 680, 711, 712, 743].map(oneBit);
    const slots = [
      zeros,
      zeros.map(() => 255),
      ...edges,
      ...Array.from({ length: 20 }, () => random.bytes(SLOT_BYTES)),
    ];
    for (const bytes of slots) {
      const slot = decodeTransactionSlot(bytes);
      const outputs = await outputsOf(circuit, { chunks: encodeChunks(bytes) });
      expect(outputs).to.deep.equal([
        encodePayload(slot),
        ...bitsOf(BigInt(slot.from), 32),
        ...bitsOf(BigInt(slot.to), 32),
        slot.token,
        slot.amount,
        ...bitsOf(slot.tipMantissa, 20),
        ...bitsOf(slot.tipExponent, 6),
        ...bitsOf(slot.flags, 5),
        ...bitsOf(slot.h, 254),
        ...bitsOf(slot.s, 251),
      ]);
    }
  });

  it("refuses a chunk of more than 31 bytes", async () => {
    for (let i = 0; i < 3; i++) {
      const chunks = [MAX_CHUNK, MAX_CHUNK, MAX_CHUNK];
      expect(await outputsOf(circuit, { chunks })).not.to.be.empty;
      for (const chunk of [MAX_CHUNK + 1n, P - 1n]) {
        await expectRefusal(circuit, { chunks: chunks.map((full, k) => (k === i ? chunk : full)) }, "Num2Bits");
      }
    }
  });
});

describe("circuits: DecodeTip", () => {
  it("agrees with the codec", async () => {
    const circuit = await compileTemplate("slot/DecodeTip.circom");
    for (const mantissa of [0n, 1n, (1n << 19n) + 1n, (1n << 20n) - 1n]) {
      for (let exponent = 0n; exponent < 64n; exponent += 1n) {
        const input = { mantissaBits: bitsOf(mantissa, 20), exponentBits: bitsOf(exponent, 6) };
        expect(await outputsOf(circuit, input)).to.deep.equal([decodeTip({ mantissa, exponent })]);
      }
    }
  });
});

describe("circuits: IndexInTree", () => {
  for (const depth of [1, DEPTH, 16]) {
    it(`knows what is inside a tree of depth ${depth}`, async () => {
      const circuit = await compileTemplate("slot/IndexInTree.circom", [depth]);
      const capacity = 4n ** BigInt(depth);
      const indexes = [0n, 1n, capacity - 1n, capacity, capacity + 1n, 2n * capacity, (1n << 32n) - 1n];
      for (const index of indexes.filter((i) => i < 1n << 32n)) {
        const expected = [index < capacity ? 1n : 0n, index === 0n ? 1n : 0n];
        expect(await outputsOf(circuit, { bits: bitsOf(index, 32) }), `${index}`).to.deep.equal(expected);
      }
    });
  }
});

describe("circuits: Covers", () => {
  it("compares at the edges", async () => {
    const circuit = await compileTemplate("slot/Covers.circom");
    const balances = [0n, 1n, 1000n, BALANCE_LIMIT - 1n];
    const costs = [0n, 1n, 999n, 1000n, 1001n, BALANCE_LIMIT - 1n, BALANCE_LIMIT, (1n << 130n) - 1n];
    for (const balance of balances) {
      for (const cost of costs) {
        const expected = cost <= balance ? 1n : 0n;
        expect(await outputsOf(circuit, { balance, cost }), `${balance} ${cost}`).to.deep.equal([expected]);
      }
    }
  });

  it("has no witness beyond the range that its caller ensures", async () => {
    const circuit = await compileTemplate("slot/Covers.circom");
    await expectRefusal(circuit, { balance: P - 1n, cost: 1n << 130n }, "Num2Bits");
  });
});

describe("circuits: FitsBalance", () => {
  it("compares at the edges", async () => {
    const circuit = await compileTemplate("slot/FitsBalance.circom");
    for (const value of [0n, 1n, BALANCE_LIMIT - 1n, BALANCE_LIMIT, 2n * BALANCE_LIMIT - 1n]) {
      expect(await outputsOf(circuit, { value }), `${value}`).to.deep.equal([value < BALANCE_LIMIT ? 1n : 0n]);
    }
    await expectRefusal(circuit, { value: 2n * BALANCE_LIMIT }, "Num2Bits");
  });
});

describe("circuits: TransactionAuthorised", () => {
  const signer = createFastSigner("sender");
  const domain = (1n << 248n) - 1n;
  const sequencer = (1n << 160n) - 1n;
  const nonce = 7n;
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("slot/TransactionAuthorised.circom");
  });

  interface Signing {
    readonly flags?: bigint;
    readonly bound?: bigint;
    readonly signedNonce?: bigint;
    readonly signedDomain?: bigint;
  }

  const authorised = async (signing: Signing, override: Record<string, bigint> = {}): Promise<bigint> => {
    const { flags = 0n, bound = 0n, signedNonce = nonce, signedDomain = domain } = signing;
    const slot = { from: 1, to: 2, token: 0n, amount: 5n, tipMantissa: 1n, tipExponent: 2n, flags };
    const payload = encodePayload(slot);
    const message = transactionMessage({ domain: signedDomain, payload, nonce: signedNonce, bound });
    const { h, s } = signer.sign(message);
    const decoded = decodeTransactionSlot(encodeTransactionSlot({ ...slot, h, s }));
    const [out] = await outputsOf(circuit, {
      payload,
      hBits: bitsOf(decoded.h, 254),
      sBits: bitsOf(decoded.s, 251),
      flagBits: bitsOf(flags, 5),
      domain,
      sequencer,
      nonce,
      key: [signer.publicKey.x, signer.publicKey.y],
      ...override,
    });
    return out ?? -1n;
  };

  it("accepts a transaction that anybody or that this sequencer may include", async () => {
    expect(await authorised({})).to.equal(1n);
    expect(await authorised({ flags: SEQUENCER_BOUND, bound: sequencer })).to.equal(1n);
  });

  it("rejects one bound to another sequencer, or signed as if it were not bound", async () => {
    expect(await authorised({ flags: SEQUENCER_BOUND, bound: sequencer - 1n })).to.equal(0n);
    expect(await authorised({ flags: SEQUENCER_BOUND, bound: 0n })).to.equal(0n);
    expect(await authorised({ flags: 0n, bound: sequencer })).to.equal(0n);
  });

  it("rejects all sets of unknown flags, though signed", async () => {
    for (let flags = 2n; flags < 32n; flags += 2n) {
      expect(await authorised({ flags }), `flags ${flags}`).to.equal(0n);
      expect(await authorised({ flags: flags + 1n, bound: sequencer }), `flags ${flags + 1n}`).to.equal(0n);
    }
  });

  it("rejects another nonce, domain or payload", async () => {
    expect(await authorised({ signedNonce: nonce + 1n })).to.equal(0n);
    expect(await authorised({ signedDomain: domain - 1n })).to.equal(0n);
    expect(await authorised({}, { payload: 1n })).to.equal(0n);
  });
});

describe("circuits: CreditTips", () => {
  const { x, y } = createFastSigner("sequencer").publicKey;
  const account: Account = { ax: x, ay: y, nonce: 0n, token: 1n, balance: 100n, owner: 1n };
  const index = 5;
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("slot/CreditTips.circom", [DEPTH]);
  });

  const credit = async (
    before: Account | undefined,
    { at = BigInt(index), feeToken = 1n, tips = 7n }: { at?: bigint; feeToken?: bigint; tips?: bigint },
  ): Promise<{ newRoot: bigint; rest: bigint; tree: AccountTree }> => {
    // No state has an account at index 0. If one had, it would have no part in anything.
    const empty = AccountTree.empty(DEPTH).set(0, account).set(9, account);
    const tree = before === undefined ? empty : empty.set(index, before);
    const place = Number(at % CAPACITY);
    const [newRoot = -1n, rest = -1n] = await outputsOf(circuit, {
      accountsRoot: tree.root,
      tips,
      feeToken,
      indexBits: bitsOf(at, 32),
      account: accountTuple(tree.get(place)),
      exists: tree.get(place) === undefined ? 0n : 1n,
      path: tree.path(place),
    });
    return { newRoot, rest, tree };
  };

  it("credits up to the brim", async () => {
    for (const balance of [0n, 100n, BALANCE_LIMIT - 8n]) {
      const { newRoot, rest, tree } = await credit({ ...account, balance }, {});
      expect(newRoot).to.equal(tree.set(index, { ...account, balance: balance + 7n }).root);
      expect(rest).to.equal(0n);
    }
  });

  it("credits nothing if it would overflow, if the token is another, or if there is no such account", async () => {
    const cases = [
      await credit({ ...account, balance: BALANCE_LIMIT - 7n }, {}),
      await credit({ ...account, balance: BALANCE_LIMIT - 1n }, { tips: (1n << 128n) - 1n }),
      await credit(account, { feeToken: 0n }),
      await credit(undefined, {}),
      await credit(undefined, { feeToken: 0n }),
      await credit(account, { at: 0n }),
      await credit(account, { at: BigInt(index) + CAPACITY }),
      await credit(account, { at: BigInt(index) + (1n << 31n) }),
    ];
    for (const [i, { newRoot, rest, tree }] of cases.entries()) {
      expect(newRoot, `case ${i}`).to.equal(tree.root);
      expect(rest, `case ${i}`).to.equal(i === 1 ? (1n << 128n) - 1n : 7n);
    }
  });

  it("refuses an account that the tree does not hold", async () => {
    const tree = AccountTree.empty(DEPTH).set(index, account);
    const honest = {
      accountsRoot: tree.root,
      tips: 7n,
      feeToken: 1n,
      indexBits: bitsOf(BigInt(index), 32),
      account: accountTuple(account),
      exists: 1n,
      path: tree.path(index),
    };
    expect(await outputsOf(circuit, honest)).to.deep.equal([tree.set(index, { ...account, balance: 107n }).root, 0n]);
    const richer = { ...account, balance: account.balance + 1n };
    await expectRefusal(circuit, { ...honest, account: accountTuple(richer) }, "PathUpdate");
    await expectRefusal(circuit, { ...honest, account: accountTuple(undefined), exists: 0n }, "PathUpdate");
    await expectRefusal(circuit, { ...honest, exists: 0n }, "KnownAccount");
    const other = tree.set(index, richer);
    const otherTree = { ...honest, account: accountTuple(richer), path: other.path(index) };
    await expectRefusal(circuit, otherTree, "CreditTips");
    expect(accountHash(richer)).not.to.equal(accountHash(account));
  });
});
