import { writeFileSync } from "node:fs";

import { terminateCurve } from "../../src/setup/curve.ts";
import { mockKeyLibrary, prepareTestCircuits, type TestCircuit } from "./testCircuits.ts";

/** `node test/verification/writeMockKeys.ts`: writes contracts/mocks/keys again after a change of the test circuits. */
for (const circuit of Object.values(await prepareTestCircuits()) as TestCircuit[]) {
  const { path, content } = mockKeyLibrary(circuit);
  writeFileSync(path, content);
}
await terminateCurve();
