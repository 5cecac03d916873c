// SPDX-License-Identifier: MIT
import { installFastCrypto, type FastCrypto } from "../../crypto/index.ts";
import { WasmPoseidon } from "./poseidon.ts";
import { WasmCurve } from "./wasmCurve.ts";
import { WasmField } from "./wasmField.ts";

/** Poseidon and the check of signatures by WebAssembly, some five and ten times as fast (docs/adr/0055). */
export async function createFastCrypto(): Promise<FastCrypto> {
  const field = await WasmField.create();
  const poseidon = new WasmPoseidon(field);
  const curve = new WasmCurve(field);
  return {
    poseidon: (inputs) => poseidon.hash(inputs),
    challengePoint: (s, h, point) => curve.challengePoint(s, h, point),
  };
}

/** From now on, the ledger of this process hashes and checks signatures by WebAssembly. */
export async function useFastCrypto(): Promise<void> {
  installFastCrypto(await createFastCrypto());
}
