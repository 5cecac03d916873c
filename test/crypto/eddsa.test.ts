// SPDX-License-Identifier: MIT
import { createRequire } from "node:module";

import { expect } from "chai";
import fc from "fast-check";

import {
  challengePoint,
  createSigner,
  fromWireSignature,
  poseidon,
  toWireSignature,
  transactionMessage,
  verifySignature,
  type Point,
} from "../../src/crypto/index.ts";
import { L, P, toField } from "../../src/field.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { check, field, uint } from "../helpers/properties.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const zkKit = createRequire(import.meta.url)(
  "@zk-kit/eddsa-poseidon/blake-1",
) as typeof import("@zk-kit/eddsa-poseidon");

const MESSAGE = poseidon([1n, 2n]);
const ALICE = createSigner(new TextEncoder().encode("alice"));
const SIGNATURE = ALICE.sign(MESSAGE);

describe("EdDSA-Poseidon on the wire", () => {
  it("is zk-kit's signature in another encoding", () => {
    const secret = Buffer.from("alice");
    const { R8, S } = zkKit.signMessage(secret, MESSAGE);
    const r8 = { x: toField(R8[0]), y: toField(R8[1]) };
    expect(ALICE.publicKey).to.deep.equal({ x: zkKit.derivePublicKey(secret)[0], y: zkKit.derivePublicKey(secret)[1] });
    expect(toWireSignature(ALICE.publicKey, MESSAGE, { r8, s: S })).to.deep.equal(SIGNATURE);
    expect(fromWireSignature(ALICE.publicKey, SIGNATURE)).to.deep.equal({ r8, s: S });
    expect(verifySignature(ALICE.publicKey, MESSAGE, SIGNATURE)).to.equal(true);
  });

  it("is zk-kit's for random secrets of any length and random messages", () => {
    check(
      [fc.uint8Array({ maxLength: 80 }), field()],
      (secret, message) => {
        const signer = createSigner(secret);
        const [x, y] = zkKit.derivePublicKey(Buffer.from(secret));
        expect(signer.publicKey).to.deep.equal({ x, y });
        const { R8, S } = zkKit.signMessage(Buffer.from(secret), message);
        const r8 = { x: toField(R8[0]), y: toField(R8[1]) };
        expect(signer.sign(message)).to.deep.equal(toWireSignature(signer.publicKey, message, { r8, s: S }));
      },
      25,
    );
  });

  it("of the fast signer satisfies zk-kit", () => {
    for (const seed of ["a", "b", "c"]) {
      const signer = createFastSigner(seed);
      const { publicKey } = signer;
      const { r8, s } = fromWireSignature(publicKey, signer.sign(MESSAGE));
      expect(zkKit.verifySignature(MESSAGE, { R8: [r8.x, r8.y], S: s }, [publicKey.x, publicKey.y])).to.equal(true);
    }
  });

  it("verifies for a key outside the subgroup", () => {
    const signer = createFastSigner("torsion", ORDER_8);
    const { publicKey } = signer;
    expect(verifySignature(publicKey, MESSAGE, signer.sign(MESSAGE))).to.equal(true);
    expect(verifySignature(publicKey, poseidon([2n, 1n]), signer.sign(MESSAGE))).to.equal(false);
  });

  it("fails for another message, key, h or S", () => {
    const { publicKey } = ALICE;
    const { h, s } = SIGNATURE;
    expect(verifySignature(publicKey, poseidon([2n, 1n]), SIGNATURE)).to.equal(false);
    expect(verifySignature(createFastSigner("bob").publicKey, MESSAGE, SIGNATURE)).to.equal(false);
    expect(verifySignature(publicKey, MESSAGE, { h: h ^ 1n, s })).to.equal(false);
    expect(verifySignature(publicKey, MESSAGE, { h, s: s ^ 1n })).to.equal(false);
    expect(verifySignature({ x: toField(P - publicKey.x), y: publicKey.y }, MESSAGE, SIGNATURE)).to.equal(false);
  });

  it("has one encoding only: neither h + p nor S + l verifies", () => {
    const { h, s } = SIGNATURE;
    expect(verifySignature(ALICE.publicKey, MESSAGE, { h: h + P, s })).to.equal(false);
    expect(verifySignature(ALICE.publicKey, MESSAGE, { h, s: s + L })).to.equal(false);
    // S + l would satisfy the equation: it is the range that rejects it.
    expect(challengePoint(s + L, h, ALICE.publicKey)).to.deep.equal(challengePoint(s, h, ALICE.publicKey));
  });

  it("has a result for every h, S, message and point", () => {
    const keys: readonly Point[] = [
      ALICE.publicKey,
      createFastSigner("torsion", ORDER_8).publicKey,
      ...SMALL_ORDER_POINTS,
      { x: toField(0n), y: toField(0n) },
      { x: toField(1n), y: toField(2n) },
    ];
    check(
      [uint(254), uint(251), field(), uint(4)],
      (h, s, message, i) => {
        const key = keys[Number(i) % keys.length] ?? ALICE.publicKey;
        expect(verifySignature(key, message, { h, s })).to.equal(false);
      },
      150,
    );
  });

  it("by a key of small order can be made by anybody, which is why no account may have one", () => {
    const [identity] = SMALL_ORDER_POINTS;
    expect(identity).to.not.equal(undefined);
    const key = identity as Point;
    const r8 = challengePoint(5n, 0n, key);
    const h = poseidon([r8.x, r8.y, key.x, key.y, MESSAGE]);
    expect(verifySignature(key, MESSAGE, { h, s: 5n })).to.equal(true);
  });

  it("covers domain, payload, nonce and the sequencer it is bound to", () => {
    const input = { domain: 1n, payload: 2n, nonce: 3n, bound: 4n };
    expect(transactionMessage(input)).to.equal(poseidon([1n, 2n, 3n, 4n]));
  });
});
