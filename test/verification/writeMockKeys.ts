// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";

import { terminateCurve } from "../../src/setup/curve.ts";
import { mockKeyLibrary, prepareTestCircuits, type TestCircuit } from "./testCircuits.ts";

/** `node test/verification/writeMockKeys.ts`: writes the keys of the test circuits again after a change of the test circuits. */
for (const circuit of Object.values(await prepareTestCircuits()) as TestCircuit[]) {
  const { path, content } = mockKeyLibrary(circuit);
  writeFileSync(path, content);
}
await terminateCurve();
