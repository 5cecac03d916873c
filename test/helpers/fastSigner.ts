// SPDX-License-Identifier: MIT
import { addPoint } from "@zk-kit/baby-jubjub";

import { mulBase, mulSecret, toPoint, type Point } from "../../src/crypto/babyJubJub.ts";
import { challenge } from "../../src/crypto/eddsa.ts";
import { proveOutput, type OutputSigner } from "../../src/crypto/vrf.ts";
import { L } from "../../src/field.ts";
import { Random } from "./random.ts";

/** Secret of such a signer. */
export const fastSecret = (seed: string): bigint => 1n + new Random(`key/${seed}`).bigint(L - 1n);

/**
 * Signs as zk-kit does, but forty times faster, with another expansion of the secret; for tests that need thousands of
 * signatures. `torsion`: a point of small order added to the public key, which is then outside the subgroup, as the
 * protocol allows.
 */
export function createFastSigner(seed: string, torsion?: Point): OutputSigner {
  const secret = fastSecret(seed);
  const base = mulBase(secret);
  const publicKey = torsion
    ? toPoint(...(addPoint([base.x, base.y], [torsion.x, torsion.y]) as [bigint, bigint]))
    : base;
  return {
    publicKey,
    sign(message) {
      const r = new Random(`nonce/${seed}/${message}`).bigint(L);
      const h = challenge(mulBase(r), publicKey, message);
      return { h, s: (r + 8n * h * secret) % L };
    },
    outputAt: (at) => mulSecret(secret, at),
    signOutput(at, words) {
      const nonce = new Random(`output/${seed}/${at.x}/${words.join()}`).bigint(L);
      return proveOutput({ base: at, words, key: publicKey, secret, nonce });
    },
  };
}
