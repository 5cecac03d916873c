// SPDX-License-Identifier: MIT
import { Base8, addPoint, inCurve, mulPointEscalar } from "@zk-kit/baby-jubjub";
import { expect } from "chai";

import {
  B8,
  challengePoint,
  compressKey,
  decompressKey,
  isOnCurve,
  isSmallOrder,
  keyRootHint,
  mulBase,
  toPoint,
  type Point,
} from "../../src/crypto/index.ts";
import { L, P, toField } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { check, field, uint } from "../helpers/properties.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const pair = ({ x, y }: Point): [bigint, bigint] => [x, y];
const negate = ([x, y]: readonly [bigint, bigint]): [bigint, bigint] => [(P - x) % P, y];
const mod = (value: bigint): bigint => ((value % P) + P) % P;

describe("BabyJubJub", () => {
  it("has the generator of zk-kit and circomlib", () => {
    expect(pair(B8)).to.deep.equal(Base8);
    expect(mulBase(L)).to.deep.equal({ x: 0n, y: 1n });
  });

  it("agrees with zk-kit on what is on the curve", () => {
    check([field(), field()], (x, y) => {
      expect(isOnCurve({ x, y })).to.equal(inCurve([x, y]));
    });
    expect(isOnCurve(B8)).to.equal(true);
    expectError(() => toPoint(1n, 1n), "NOT_ON_CURVE");
    expectError(() => toPoint(P, 1n), "NOT_A_FIELD_ELEMENT");
  });

  it("computes S·B8 − 8h·A as zk-kit's affine arithmetic does", () => {
    const keys = [
      createFastSigner("plain").publicKey,
      createFastSigner("torsion", ORDER_8).publicKey,
      ...SMALL_ORDER_POINTS,
    ];
    const scalars = [0n, 1n, 8n, L - 1n, P - 1n, 0x1234567890abcdefn << 190n];
    for (const [i, key] of keys.entries()) {
      const h = scalars[i % scalars.length] ?? 0n;
      const s = scalars[(i + 2) % scalars.length] ?? 0n;
      const hKey = mulPointEscalar(mulPointEscalar(pair(key), 8n), h);
      const expected = addPoint(mulPointEscalar(Base8, s), negate(hKey));
      expect(pair(challengePoint(s, h, key))).to.deep.equal(expected);
    }
  });

  it("finds the points of small order", () => {
    expect(SMALL_ORDER_POINTS.every(isSmallOrder)).to.equal(true);
    expect(isSmallOrder(B8)).to.equal(false);
    expect(isSmallOrder(createFastSigner("torsion", ORDER_8).publicKey)).to.equal(false);
  });

  describe("compressed keys", () => {
    it("survive compression and decompression, also outside the subgroup", () => {
      for (const seed of ["a", "b", "c", "d", "e"]) {
        for (const { publicKey } of [createFastSigner(seed), createFastSigner(seed, ORDER_8)]) {
          expect(decompressKey(compressKey(publicKey))).to.deep.equal({ key: publicKey });
        }
      }
    });

    it("have the two signs of x for one y", () => {
      const { keyY, keySign } = compressKey(B8);
      const { x, y } = B8;
      expect(decompressKey({ keyY, keySign: 1n - keySign })).to.deep.equal({ key: { x: P - x, y } });
    });

    it("of small order are refused", () => {
      for (const point of SMALL_ORDER_POINTS) {
        expect(decompressKey(compressKey(point))).to.deep.equal({ error: "KEY_SMALL_ORDER" });
      }
    });

    it("with x = 0 have no odd sign", () => {
      for (const keyY of [1n, P - 1n]) {
        expect(decompressKey({ keyY, keySign: 1n })).to.deep.equal({ error: "KEY_NOT_ON_CURVE" });
      }
    });

    it("must be canonical", () => {
      for (const keyY of [P, P + 1n, P + 2n, (1n << 254n) - 1n]) {
        expect(decompressKey({ keyY, keySign: 0n })).to.deep.equal({ error: "KEY_NOT_CANONICAL" });
      }
    });

    it("have a result whatever they are: a point with this y and sign, or none exists", () => {
      let onCurve = 0;
      check([field(), uint(1)], (keyY, keySign) => {
        const result = decompressKey({ keyY, keySign });
        if ("key" in result) {
          onCurve++;
          expect(inCurve([result.key.x, result.key.y])).to.equal(true);
          expect(result.key.y).to.equal(keyY);
          expect(result.key.x & 1n).to.equal(keySign);
        }
      });
      expect(onCurve).to.be.within(50, 150);
    });
  });

  describe("the circuit's hint", () => {
    const A = 168700n;
    const D = 168696n;

    it("is a root of u·w with the parity asked for, or a root of 5·u·w, for every y of 254 bits", () => {
      check([uint(254), uint(1)], (keyY, keySign) => {
        const root = keyRootHint({ keyY, keySign });
        const y2 = mod(keyY * keyY);
        const u = mod(1n - y2);
        const w = mod(A - D * y2);
        const result = decompressKey({ keyY: keyY % P, keySign });
        if ("key" in result) {
          expect(mod(root * root)).to.equal(mod(u * w));
          expect(mod(result.key.x * w)).to.equal(root);
        } else if (result.error === "KEY_NOT_ON_CURVE" && u !== 0n) {
          expect(mod(root * root)).to.equal(mod(5n * u * w));
        } else {
          expect(mod(root * root)).to.equal(mod(u * w));
        }
      });
    });

    it("is 0 for y = ±1", () => {
      for (const keyY of [1n, P - 1n]) {
        expect(keyRootHint({ keyY, keySign: 1n })).to.equal(toField(0n));
      }
    });
  });
});
