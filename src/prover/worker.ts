// SPDX-License-Identifier: GPL-3.0-or-later
import { groth16 } from "snarkjs";

import { isProtocolError } from "../errors.ts";
import { calculateWitnessFile } from "./witness.ts";
import { type CodeAndData, type SentError, type WorkerAnswer, type WorkerTask } from "./workerProtocol.ts";

/**
 * Child process that runs snarkjs for a `WorkerPool`, one task at a time. (snarkjs crashes in worker threads.)
 * It ends with its parent.
 */
process.on("message", (task: WorkerTask) => {
  void answer(task).then((message) => process.send!(message));
});
process.once("disconnect", () => process.exit());

async function answer(task: WorkerTask): Promise<WorkerAnswer> {
  try {
    return { ok: true, result: await perform(task) };
  } catch (error) {
    return { ok: false, error: toSentError(error) };
  }
}

async function perform(task: WorkerTask): Promise<Extract<WorkerAnswer, { ok: true }>["result"]> {
  if (task.kind === "verify") {
    return groth16.verify(task.key, task.publicSignals.map(String), task.proof);
  }
  const data = await calculateWitnessFile(task.circuit, task.input);
  const { proof, publicSignals } = await groth16.prove(task.zkey, { type: "mem", data });
  return { proof, publicSignals: publicSignals.map(BigInt) };
}

function toSentError(error: unknown): SentError {
  return {
    message: error instanceof Error ? error.message : String(error),
    coded: isProtocolError(error) ? ({ code: error.code, data: error.data } as CodeAndData) : undefined,
  };
}
