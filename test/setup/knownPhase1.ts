// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";

import { getCurveFromName, type Group } from "ffjavascript";
import { powersOfTau } from "snarkjs";

import { packUint256LE, writeSections } from "../../src/setup/binaryFile.ts";
import { BASE_FIELD_PRIME } from "../../src/setup/scalarField.ts";
import { type SetupSecret } from "../../src/setup/developmentKey.ts";

/**
 * Writes the `.ptau` file of a phase 1 with a known secret, in the layout of snarkjs's `powersoftau_new.js`, and lets
 * snarkjs prepare it for phase 2.
 */
export async function writePhase1FromSecret(path: string, power: number, secret: SetupSecret): Promise<void> {
  const curve = await getCurveFromName("bn128");
  const powers = (group: Group, count: number, first: bigint): Promise<Uint8Array> => {
    const generators = Buffer.concat(new Array<Uint8Array>(count).fill(group.oneAffine));
    return group.batchApplyKey(generators, curve.Fr.e(first), curve.Fr.e(secret.tau));
  };

  const size = 2 ** power;
  const uint32 = (value: number): Buffer => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    return buffer;
  };
  const header = Buffer.concat([uint32(32), packUint256LE([BASE_FIELD_PRIME]), uint32(power), uint32(power)]);
  const unprepared = writeSections("ptau", 1, [
    { id: 1, content: header },
    { id: 2, content: await powers(curve.G1, 2 * size - 1, 1n) },
    { id: 3, content: await powers(curve.G2, size, 1n) },
    { id: 4, content: await powers(curve.G1, size, secret.alpha) },
    { id: 5, content: await powers(curve.G1, size, secret.beta) },
    { id: 6, content: await powers(curve.G2, 1, secret.beta) },
    { id: 7, content: uint32(0) },
  ]);
  writeFileSync(`${path}.unprepared`, unprepared);
  await powersOfTau.preparePhase2(`${path}.unprepared`, path);
}
