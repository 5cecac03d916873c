// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { challenge, challengePoint, mulBase, toPoint, verifySignature, type Point } from "../../src/crypto/index.ts";
import { L, P } from "../../src/field.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { bitsOf, compile, compileTemplate, expectRefusal, outputsOf } from "../helpers/circuit.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { Random } from "../helpers/random.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

/** A scalar below l for which circomlib's `EscalarMulFix(253, B8)` has no witness: l − 2^250 − Σ 8^i (i < 83). */
const CIRCOMLIB_GAP = 797546722194482024037982888770643071568945925300745316575367714387401675944n;
const MAX_S = (1n << 251n) - 1n;
const MAX_H = (1n << 254n) - 1n;

const SCALARS = [
  0n,
  1n,
  2n,
  7n,
  8n,
  (1n << 246n) - 1n,
  1n << 246n,
  (1n << 249n) - 1n,
  1n << 249n,
  1n << 250n,
  L - (1n << 250n),
  CIRCOMLIB_GAP - 1n,
  CIRCOMLIB_GAP,
  CIRCOMLIB_GAP + 1n,
  CIRCOMLIB_GAP + (1n << 249n),
  L - 1n,
  L,
  L + 1n,
  MAX_S,
];

describe("circuits: FixedBaseMul", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("signature/FixedBaseMul.circom", [251]);
  });

  const multiply = async (s: bigint): Promise<readonly bigint[]> => outputsOf(circuit, { bits: bitsOf(s, 251) });

  for (const s of SCALARS) {
    it(`computes ${s}·B8`, async () => {
      const { x, y } = mulBase(s);
      expect(await multiply(s)).to.deep.equal([x, y]);
    });
  }

  it("agrees with the model on random scalars", async () => {
    const random = new Random("FixedBaseMul");
    for (let i = 0; i < 50; i++) {
      const s = random.bigint(1n << 251n);
      const { x, y } = mulBase(s);
      expect(await multiply(s), `${s}`).to.deep.equal([x, y]);
    }
  });

  // Where the accumulator of a segment meets the negative of an addend, an addition has no result. For segments of
  // the widths used here that would be these low parts; they must be beyond what the low part can be.
  it("has no scalar at which a segment's accumulator meets an addend's negative", () => {
    const gap = (windows: bigint): bigint => {
      const start = 2n * 8n ** windows;
      const ones = (8n ** windows - 1n) / 7n;
      return L - start - ones;
    };
    expect(gap(83n))
      .to.equal(CIRCOMLIB_GAP)
      .and.below(1n << 249n);
    expect(gap(82n)).to.be.above(1n << 246n);
    expect(gap(2n)).to.be.above(1n << 6n);
  });

  it("is needed: circomlib's EscalarMulFix(253) has no witness for one scalar, and has for its neighbours", async () => {
    const circomlib = await compile("test/circuits/fixtures/CircomlibFixedBaseMul.circom", []);
    const multiplyThere = async (s: bigint): Promise<readonly bigint[]> =>
      outputsOf(circomlib, { bits: bitsOf(s, 253) });
    for (const s of [CIRCOMLIB_GAP - 1n, CIRCOMLIB_GAP + 1n]) {
      const { x, y } = mulBase(s);
      expect(await multiplyThere(s)).to.deep.equal([x, y]);
    }
    for (const s of [CIRCOMLIB_GAP, CIRCOMLIB_GAP + (1n << 249n)]) {
      await expectRefusal(circomlib, { bits: bitsOf(s, 253) }, "MontgomeryAdd");
    }
  });
});

describe("circuits: SignatureCheck", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("signature/SignatureCheck.circom");
  });

  interface Case {
    readonly key: Point;
    readonly message: bigint;
    readonly h: bigint;
    readonly s: bigint;
  }

  const check = async ({ key, message, h, s }: Case): Promise<bigint> => {
    const input = { key: [key.x, key.y], message, hBits: bitsOf(h, 254), sBits: bitsOf(s, 251) };
    const [valid] = await outputsOf(circuit, input);
    return valid ?? -1n;
  };

  /** The circuit agrees with the model; returns their verdict. */
  const agree = async (test: Case, about: string): Promise<boolean> => {
    const expected = verifySignature(test.key, toMessage(test.message), test);
    expect(await check(test), about).to.equal(expected ? 1n : 0n);
    return expected;
  };

  const random = new Random("SignatureCheck");
  const toMessage = (value: bigint): ReturnType<typeof challenge> => value as ReturnType<typeof challenge>;
  const signers = [createFastSigner("in the subgroup"), createFastSigner("outside the subgroup", ORDER_8)];
  const signed = (signer = signers[0]!): Case => {
    const message = toMessage(random.bigint(P));
    return { key: signer.publicKey, message, ...signer.sign(message) };
  };

  for (const signer of signers) {
    it(`accepts a signature, and no alteration of it (${signer === signers[0] ? "in" : "outside"} the subgroup)`, async () => {
      const good = signed(signer);
      expect(await agree(good, "good")).to.equal(true);
      const other = signers[signer === signers[0] ? 1 : 0]!.publicKey;
      const altered: Readonly<Record<string, Case>> = {
        message: { ...good, message: (good.message + 1n) % P },
        h: { ...good, h: good.h ^ 1n },
        "top bit of h": { ...good, h: good.h ^ (1n << 253n) },
        s: { ...good, s: good.s ^ 1n },
        "top bit of s": { ...good, s: good.s ^ (1n << 250n) },
        key: { ...good, key: other },
        "negated key": { ...good, key: toPoint(P - good.key.x, good.key.y) },
      };
      for (const [name, test] of Object.entries(altered)) {
        expect(await agree(test, name), name).to.equal(false);
      }
    });
  }

  it("rejects h + p and S + l, which agree with a good signature modulo p and l", async () => {
    const plusP = search(
      () => signed(),
      ({ h }) => h + P <= MAX_H,
    );
    expect(await agree(plusP, "h")).to.equal(true);
    expect(await agree({ ...plusP, h: plusP.h + P }, "h + p")).to.equal(false);
    const plusL = search(
      () => signed(),
      ({ s }) => s + L <= MAX_S,
    );
    expect(await agree(plusL, "S")).to.equal(true);
    expect(await agree({ ...plusL, s: plusL.s + L }, "S + l")).to.equal(false);
  });

  it("has a witness, and the model's verdict, at the edges of h and S, for each kind of good key", async () => {
    const keys = [mulBase(1n), mulBase(L - 1n), mulBase(2n), ...signers.map(({ publicKey }) => publicKey)];
    const hs = [0n, 1n, 2n, 1n << 147n, 1n << 148n, L - 1n, L, 8n * L - 1n, P - 1n, P, P + 1n, MAX_H];
    for (const key of keys) {
      for (const h of hs) {
        for (const s of [0n, 1n, CIRCOMLIB_GAP, L - 1n, L, MAX_S]) {
          await agree({ key, message: 7n, h, s }, `${key.x} ${h} ${s}`);
        }
      }
    }
  });

  it("accepts an R8 that is the identity, if h is its hash", async () => {
    // S·B8 = 8h·A: R8 is (0, 1), whose hash is then demanded as h.
    const secret = 12345n;
    const key = mulBase(secret);
    const message = toMessage(99n);
    const identity = toPoint(0n, 1n);
    const h = challenge(identity, key, message);
    const s = (8n * h * secret) % L;
    expect(challengePoint(s, h, key)).to.deep.equal(identity);
    expect(await agree({ key, message, h, s }, "identity")).to.equal(true);
    expect(await agree({ key, message, h: 0n, s: 0n }, "identity by zeros")).to.equal(false);
  });

  it("agrees with the model on random h and S", async () => {
    for (let i = 0; i < 100; i++) {
      const { publicKey } = random.pick(signers);
      const test = { message: random.bigint(P), h: random.bigint(1n << 254n), s: random.bigint(1n << 251n) };
      await agree({ key: publicKey, ...test }, `random ${i}`);
    }
  });

  // The header of the template asks this of the caller, and it is needed: keys are checked before they enter the tree.
  it("relies on its caller: anybody could sign for the identity", async () => {
    const [identity] = SMALL_ORDER_POINTS;
    const h = challenge(toPoint(0n, 1n), identity!, toMessage(5n));
    expect(await check({ key: identity!, message: 5n, h, s: 0n })).to.equal(1n);
  });
});

function search<T>(make: () => T, accept: (item: T) => boolean): T {
  for (;;) {
    const item = make();
    if (accept(item)) {
      return item;
    }
  }
}
