import { createRequire } from "node:module";

import type * as EdDSAPoseidon from "@zk-kit/eddsa-poseidon";

import { FIELD_MODULUS, SUBGROUP_ORDER } from "../field.ts";
import { recoverR8, type Point } from "./babyjubjub.ts";
import { poseidon } from "./poseidon.ts";

// The package's ES module imports a name that its dependency blakejs, a CommonJS module, does not export statically.
const { derivePublicKey, signMessage } = createRequire(import.meta.url)(
  "@zk-kit/eddsa-poseidon",
) as typeof EdDSAPoseidon;

/** A signing key: any secret bytes, and the public key that EdDSA-Poseidon derives from them. */
export interface SigningKey {
  readonly secret: Uint8Array;
  readonly publicKey: Point;
}

/**
 * A signature as it is posted: the challenge in place of R8 (docs/protocol.md §3).
 * Any 254-bit `h` and 251-bit `s` may stand on the wire.
 */
export interface WireSignature {
  readonly h: bigint;
  readonly s: bigint;
}

export function createSigningKey(secret: Uint8Array): SigningKey {
  const [x, y] = derivePublicKey(Buffer.from(secret));
  return { secret, publicKey: { x, y } };
}

/** @param message field element */
export function sign(key: SigningKey, message: bigint): WireSignature {
  const { R8, S } = signMessage(Buffer.from(key.secret), message);
  return { h: challenge({ x: R8[0], y: R8[1] }, key.publicKey, message), s: S };
}

/**
 * Whether the signature is canonical and valid. Total, and exactly what circuits/lib/signature/SignatureCheck.circom computes.
 * @param publicKey on the curve and not of small order
 */
export function verify(publicKey: Point, signature: WireSignature, message: bigint): boolean {
  const { h, s } = signature;
  if (h >= FIELD_MODULUS || s >= SUBGROUP_ORDER) return false;
  return challenge(recoverR8(publicKey, h, s), publicKey, message) === h;
}

function challenge(r8: Point, key: Point, message: bigint): bigint {
  return poseidon([r8.x, r8.y, key.x, key.y, message]);
}
