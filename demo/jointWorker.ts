// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";

import {
  Barretenberg,
  decodeChild,
  encodeChild,
  joinPair,
  prepareDevelopmentCrs,
  prepareJoin,
  prepareRootKey,
  prepareStatement,
  proveRoot,
  proveStatement,
} from "../src/recursion/index.ts";
import { terminateCurve } from "../src/setup/index.ts";
import { fromJobJson, type JointJob } from "./jointJob.ts";

/** A prover in a process of its own: does the job in the file that its only argument names. */
const job = fromJobJson(readFileSync(process.argv[2]!, "utf8")) as JointJob;
try {
  const bb = await Barretenberg.create(await prepareDevelopmentCrs(job.crs.folder, job.crs.power));
  writeFileSync(job.result, await perform(bb));
} finally {
  await terminateCurve();
}

async function perform(bb: Barretenberg): Promise<string | Buffer> {
  if (job.task === "statement") {
    const circuit = await prepareStatement(job.kind, "development", bb);
    return encodeChild(await proveStatement(bb, job.kind, circuit, job.input));
  }
  const setup = await prepareJoin("development", bb, job.keys);
  const [left, right] = job.children.map((path) => decodeChild(readFileSync(path, "utf8")));
  if (job.task === "root") return proveRoot(bb, setup, await prepareRootKey(setup, bb), job.point, [left!, right]);
  return encodeChild(await joinPair(bb, setup, job.point, left!, right!));
}
