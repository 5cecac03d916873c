// SPDX-License-Identifier: MIT
import { Field as createField, FpIsSquare } from "@noble/curves/abstract/modular";
import { bytesToNumberLE, concatBytes, numberToBytesLE } from "@noble/curves/abstract/utils";
import { blake512 } from "@noble/hashes/blake1";

import { isField, L, P, toField, type Field } from "../field.ts";
import { clearCofactor, combination, isOnCurve, mulBaseSecret, mulSecret, type Point } from "./babyJubJub.ts";
import { challenge, expandSecret, keySigner, verifySignature, type Signer, type WireSignature } from "./eddsa.ts";
import { poseidon } from "./poseidon.ts";

/** A pair of field elements in the place of a point: one that a hostile party wrote need not be on the curve. */
export interface Pair {
  readonly x: bigint;
  readonly y: bigint;
}

/** A signature that shows the signer's output at a base, and proves it. */
export interface OutputSignature extends WireSignature {
  /** `secret·base` of an honest signer. */
  readonly gamma: Pair;
}

/** A signer whose key is also that of a verifiable random function (docs/b52.md §11). */
export interface OutputSigner extends Signer {
  /** The output at a base of order l: `secret·base`. Nobody else can compute it. */
  outputAt(base: Point): Point;
  /** Signs words together with the output at a base. The same each time. */
  signOutput(base: Point, words: readonly bigint[]): OutputSignature;
}

const F = createField(P);
/** Montgomery form of BabyJubJub: v² = u³ + A·u² + u. */
const A = 168698n;
const NON_SQUARE = 5n;

/** The signature's nonce comes from more bytes than that of `Signer.sign`, which takes 32: the two never meet. */
const NONCE_TAG = new TextEncoder().encode("DecentralisedSequencing.B52.Output.v1");

interface Elligator {
  readonly t: bigint;
  readonly w: bigint;
  readonly isSquare: boolean;
  /** The even root. */
  readonly root: bigint;
}

function elligator(seed: bigint): Elligator {
  const t = poseidon([seed]);
  const w = F.div(F.neg(A), F.add(1n, F.mul(NON_SQUARE, F.sqr(t))));
  const g = F.mul(w, F.add(F.add(F.sqr(w), F.mul(A, w)), 1n));
  const isSquare = FpIsSquare(F, g);
  const either = F.sqrt(isSquare ? g : F.mul(NON_SQUARE, g));
  return { t, w, isSquare, root: (either & 1n) === 0n ? either : F.neg(either) };
}

/**
 * The point that a seed names: by Elligator 2 from `Poseidon(seed)`, times 8. Of order l; nobody knows its logarithm.
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
 */
export function hashToCurve(seed: bigint): Point {
  const { t, w, isSquare, root } = elligator(seed);
  const u = isSquare ? w : F.neg(F.add(w, A));
  const v = isSquare ? root : F.mul(t, root);
  const x = toField(F.div(u, v));
  const y = toField(F.div(F.sub(u, 1n), F.add(u, 1n)));
  return clearCofactor({ x, y });
}

/** The hint `root` of the template DrawBase. @throws {ProtocolError} `NOT_A_FIELD_ELEMENT` */
export const hashToCurveHint = (seed: bigint): Field => toField(elligator(seed).root);

/**
 * A signer with outputs, of the same key as `createSigner` makes of the secret.
 *
 * @param secret any bytes, with at least 32 that nobody can guess
 */
export function createOutputSigner(secret: Uint8Array): OutputSigner {
  const expanded = expandSecret(secret);
  const { scalar, nonceKey } = expanded;
  return {
    ...keySigner(expanded),
    outputAt: (base) => mulSecret(scalar >> 3n, base),
    signOutput(base, words) {
      const key = mulBaseSecret(scalar >> 3n);
      const bytes = [base.x, base.y, ...words].map((word) => numberToBytesLE(word, 32));
      const nonce = bytesToNumberLE(blake512(concatBytes(nonceKey, NONCE_TAG, ...bytes))) % L;
      return proveOutput({ base, words, key, secret: scalar >> 3n, nonce });
    },
  };
}

/** The signature for a given nonce. WARNING: a nonce that is used for two messages gives the secret away. */
export function proveOutput({
  base,
  words,
  key,
  secret,
  nonce,
}: {
  readonly base: Point;
  readonly words: readonly bigint[];
  readonly key: Point;
  readonly secret: bigint;
  readonly nonce: bigint;
}): OutputSignature {
  const gamma = mulSecret(secret, base);
  const message = outputMessage(words, gamma, mulSecret(nonce, base));
  const h = challenge(mulBaseSecret(nonce), key, message);
  return { h, s: (nonce + 8n * h * secret) % L, gamma };
}

/** Message that such a signature signs: a hash of the words, of the output, and of the nonce's image at the base. */
const outputMessage = (words: readonly bigint[], gamma: Pair, image: Point): Field =>
  poseidon([...words, gamma.x, gamma.y, image.x, image.y]);

/**
 * Whether a signature is good, and so the output that of the key: as the template ElectedVote computes it. Total for all
 * field elements.
 */
export function verifyOutput(
  key: Point,
  base: Point,
  words: readonly bigint[],
  { h, s, gamma }: OutputSignature,
): boolean {
  const point = toCurve(gamma);
  if (point === undefined || !isField(h) || s < 0n || s >= L) return false;
  const image = combination(s, base, h, point);
  return verifySignature(key, outputMessage(words, gamma, image), { h, s });
}

/** A pair as a point; undefined if it is none. */
export function toCurve({ x, y }: Pair): Point | undefined {
  const point = { x: toField(x), y: toField(y) };
  return isOnCurve(point) ? point : undefined;
}
