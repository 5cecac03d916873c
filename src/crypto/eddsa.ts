// SPDX-License-Identifier: MIT
import { bytesToNumberLE, concatBytes, numberToBytesLE } from "@noble/curves/abstract/utils";
import { blake512 } from "@noble/hashes/blake1";
// Of Poseidon only the sizes that a signature needs: each has constants of some 20 KB.
import { poseidon4 } from "poseidon-lite/poseidon4";
import { poseidon5 } from "poseidon-lite/poseidon5";

import { isField, L, toField, type Field } from "../field.ts";
import { challengePoint, isOnCurve, mulBaseSecret, type Point } from "./babyJubJub.ts";
import { fastCrypto } from "./fastCrypto.ts";

/** A signature as it stands on the wire: 254 bits of `h` and 251 bits of `s`, neither necessarily canonical. */
export interface WireSignature {
  readonly h: bigint;
  readonly s: bigint;
}

/** Somebody who can sign with an L2 key. */
export interface Signer {
  /** On BabyJubJub, affine. */
  readonly publicKey: Point;
  /** Signs a field element (docs/protocol.md §3). */
  sign(message: Field): WireSignature;
}

/**
 * EdDSA-Poseidon as circomlib and zk-kit define it, with BLAKE-512 for the key's expansion and for the nonce, which is
 * the same each time a message is signed. Of noble's parts, and not zk-kit's package, which loads in no browser
 * (docs/adr/0053); the tests compare the two.
 *
 * @param secret any bytes, with at least 32 that nobody can guess
 * @example
 * ```ts
 * import { randomBytes } from "ethers";
 *
 * const signer = createSigner(randomBytes(32));
 * ```
 */
export const createSigner = (secret: Uint8Array): Signer => keySigner(expandSecret(secret));

/** The parts of a secret's expansion. */
export interface ExpandedSecret {
  /** A multiple of 8 below 8l. */
  readonly scalar: bigint;
  readonly nonceKey: Uint8Array;
}

/** The expansion of a secret, as RFC 8032 does it. */
export function expandSecret(secret: Uint8Array): ExpandedSecret {
  const expanded = blake512(secret);
  // As in RFC 8032: a multiple of the cofactor 8, with a fixed highest bit.
  const pruned = Uint8Array.from(expanded.subarray(0, 32));
  pruned[0]! &= 0xf8;
  pruned[31] = (pruned[31]! & 0x7f) | 0x40;
  return { scalar: bytesToNumberLE(pruned), nonceKey: expanded.subarray(32) };
}

/** The signer of an expanded secret. */
export function keySigner({ scalar, nonceKey }: ExpandedSecret): Signer {
  const publicKey = mulBaseSecret(scalar >> 3n);
  return {
    publicKey,
    sign(message) {
      const r = bytesToNumberLE(blake512(concatBytes(nonceKey, numberToBytesLE(message, 32)))) % L;
      const h = challenge(mulBaseSecret(r), publicKey, message);
      return { h, s: (r + h * scalar) % L };
    },
  };
}

/** `h = Poseidon(R8.x, R8.y, A.x, A.y, M)` */
export function challenge(r8: Point, key: Point, message: Field): Field {
  const inputs = [r8.x, r8.y, key.x, key.y, message];
  return toField(fastCrypto()?.poseidon(inputs) ?? poseidon5(inputs));
}

/** `(R8, S)` of an ordinary wallet to the wire's `(h, S)`. */
export const toWireSignature = (
  key: Point,
  message: Field,
  { r8, s }: { readonly r8: Point; readonly s: bigint },
): WireSignature => ({ h: challenge(r8, key, message), s });

/** The wire's `(h, S)` to the `(R8, S)` of the ordinary libraries. `h < p`, `s < l`, `key` on the curve. */
export const fromWireSignature = (key: Point, { h, s }: WireSignature): { r8: Point; s: bigint } => ({
  r8: challengePoint(s, h, key),
  s,
});

/**
 * docs/protocol.md §3 and §5.1: `h < p`, `S < l` and `h = Poseidon(R8, A, M)` for `R8 = S·B8 − 8h·A`. Total: every
 * input has a result, which is the one that the leaf circuit computes. A key off the curve, which no account can have,
 * verifies nothing.
 *
 * WARNING: anybody can sign for a key of small order, such as (0, 1), which circomlib's verifier refuses. Take keys from
 * an account of a rollup or from `decompressKey`, which have no such key.
 */
export function verifySignature(key: Point, message: Field, signature: WireSignature): boolean {
  return indexOfSigned(key, [message], signature) === 0;
}

/** Position of the first message that a signature is valid for, or −1. The curve is computed on once for all of them. */
export function indexOfSigned(key: Point, messages: Iterable<Field>, { h, s }: WireSignature): number {
  if (!isField(h) || s < 0n || s >= L || !isOnCurve(key)) {
    return -1;
  }
  const r8 = challengePoint(s, h, key);
  let position = 0;
  for (const message of messages) {
    if (challenge(r8, key, message) === h) return position;
    position += 1;
  }
  return -1;
}

/** Message that the sender of an L2 transaction signs (docs/protocol.md §3). `bound`: the sequencer's address, or 0. */
export function transactionMessage(input: {
  readonly domain: bigint;
  readonly payload: bigint;
  readonly nonce: bigint;
  readonly bound: bigint;
}): Field {
  const inputs = [input.domain, input.payload, input.nonce, input.bound].map(toField);
  return toField(fastCrypto()?.poseidon(inputs) ?? poseidon4(inputs));
}
