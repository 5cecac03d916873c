// SPDX-License-Identifier: MIT
import { installFastCrypto, type FastCrypto } from "../../crypto/index.ts";
import { RecentCache } from "../recentCache.ts";
import { WasmPoseidon } from "./poseidon.ts";
import { WasmCurve } from "./wasmCurve.ts";
import { WasmField } from "./wasmField.ts";

/** Results that are kept: at least as many, of 400 bytes. */
const KEPT = 16_384;

/**
 * Poseidon and the check of signatures by WebAssembly, some five and eight times as fast (docs/adr/0055). A signature
 * that was looked at lately costs no arithmetic of the curve: a transaction is checked when the pool takes it, when it
 * comes into a batch, and when the batch is applied.
 */
export async function createFastCrypto(): Promise<FastCrypto> {
  const field = await WasmField.create();
  const poseidon = new WasmPoseidon(field);
  const curve = new WasmCurve(field);
  const known = new RecentCache<string, ReturnType<FastCrypto["challengePoint"]>>(KEPT);
  return {
    poseidon: (inputs) => poseidon.hash(inputs),
    challengePoint(s, h, point) {
      const key = [s, h, point.x, point.y].join();
      const result = known.get(key) ?? curve.challengePoint(s, h, point);
      known.set(key, result);
      return result;
    },
  };
}

/** From now on, the ledger of this process hashes and checks signatures by WebAssembly. */
export async function useFastCrypto(): Promise<void> {
  installFastCrypto(await createFastCrypto());
}
