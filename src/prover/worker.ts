import { groth16 } from "snarkjs";

import { ProtocolError } from "../errors.ts";
import { calculateWitnessFile, WitnessError } from "./witness.ts";
import { type SentError, type WorkerAnswer, type WorkerTask } from "./workerProtocol.ts";

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
    code: error instanceof ProtocolError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
    templates: error instanceof WitnessError ? error.templates : undefined,
  };
}
