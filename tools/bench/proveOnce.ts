// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

import { groth16 } from "snarkjs";

import { calculateWitnessFile, type CircuitInput } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";

/**
 * Makes one proof in a process of its own and prints `{ witnessSeconds, proofSeconds, peakMegabytes }`.
 * Arguments: circuit, file with its input as JSON, integers as decimal strings.
 */
const [name, inputFile] = process.argv.slice(2);
const artifacts = (await prepareAll("development")).find((candidate) => candidate.name === name);
if (artifacts === undefined || inputFile === undefined) throw new Error("usage: proveOnce <circuit> <input.json>");
const input = JSON.parse(readFileSync(inputFile, "utf8"), (_key, value: unknown) =>
  typeof value === "string" ? BigInt(value) : value,
) as CircuitInput;

const start = performance.now();
const witness = await calculateWitnessFile(artifacts, input);
const middle = performance.now();
await groth16.prove(artifacts.zkey, { type: "mem", data: witness });
const end = performance.now();
console.log(
  JSON.stringify({
    witnessSeconds: (middle - start) / 1000,
    proofSeconds: (end - middle) / 1000,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit(0);
