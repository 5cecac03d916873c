// SPDX-License-Identifier: MIT
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { leafCircuitInput, leafProofSignals, type Outcome } from "../../src/ledger/index.ts";
import { useFastCrypto } from "../../src/node/crypto/index.ts";
import type { Profile } from "../../src/profile.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { violatedConstraints } from "../../src/setup/r1cs.ts";
import { randomLeaves } from "./randomLeaf.ts";

export interface ComparisonTask {
  readonly circuit: CompiledCircuit;
  readonly profile: Profile;
  readonly seed: string;
  readonly leaves: number;
  /** Leaves all of whose slots and outcomes were compared as often before are applied, but not compared. */
  readonly timesOfEach: number;
  /** The constraints themselves are checked for each leaf whose number is a multiple of this. */
  readonly checkConstraintsEvery: number;
}

export interface Comparison {
  readonly leaves: number;
  /** Of these, how many were compared. */
  readonly compared: number;
  readonly constraintsChecked: number;
  /** Leaves on which circuit and ledger differ, or for which there is no witness. */
  readonly mismatches: readonly string[];
  /** Kinds of slots that were compared. */
  readonly labels: readonly string[];
  /** Outcomes of those slots, as `kind status` or `kind status reason`. */
  readonly outcomes: readonly string[];
}

const KINDS = ["labels", "outcomes"] as const;

/** Holds the leaf circuit's public signals against the ledger's on random leaves, in a child process. */
export async function compareLeaves(task: ComparisonTask): Promise<Comparison> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(task)], { execArgv: [] });
  return new Promise((resolve, reject) => {
    let comparison: Comparison | undefined;
    child.on("message", (message) => {
      comparison = message as Comparison;
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (comparison === undefined) {
        reject(new Error(`the comparison ended with code ${code}`));
      } else {
        resolve(comparison);
      }
    });
  });
}

/** `kind status` or `kind status reason`. */
export const describeOutcome = (outcome: Outcome): string =>
  [outcome.kind, outcome.status, ...("reason" in outcome ? [outcome.reason] : [])].join(" ");

async function compare(task: ComparisonTask): Promise<Comparison> {
  const { circuit, profile, seed, leaves, timesOfEach, checkConstraintsEvery } = task;
  const r1cs = readFileSync(circuit.r1cs);
  const mismatches: string[] = [];
  const seen = { labels: new Map<string, number>(), outcomes: new Map<string, number>() };
  let [compared, constraintsChecked, i] = [0, 0, 0];
  for (const leaf of randomLeaves(profile, seed)) {
    if (i === leaves) break;
    const kinds = { labels: leaf.labels, outcomes: leaf.result.outcomes.map(describeOutcome) };
    const checksConstraints = i % checkConstraintsEvery === 0;
    const isRare = KINDS.some((type) => kinds[type].some((kind) => (seen[type].get(kind) ?? 0) < timesOfEach));
    const about = `leaf ${i++} of seed ${seed} (${leaf.labels.join("; ")})`;
    if (!isRare && !checksConstraints) continue;

    for (const type of KINDS) {
      for (const kind of kinds[type]) seen[type].set(kind, (seen[type].get(kind) ?? 0) + 1);
    }
    compared++;
    const expected = leafProofSignals(leaf.result, leaf.binding);
    try {
      const input = { ...leafCircuitInput(leaf.result, leaf.binding) };
      const { values, publicSignals } = await calculateWitness(circuit, input);
      if (publicSignals.join() !== expected.join()) {
        mismatches.push(`${about}: ${publicSignals.join()} instead of ${expected.join()}`);
      }
      if (!checksConstraints) continue;
      constraintsChecked++;
      const violated = violatedConstraints(r1cs, values);
      if (violated.length > 0) mismatches.push(`${about}: violates constraints ${violated.join()}`);
    } catch (error) {
      mismatches.push(`${about}: ${String(error)}`);
    }
  }
  const [labels, outcomes] = [[...seen.labels.keys()], [...seen.outcomes.keys()]];
  return { leaves: i, compared, constraintsChecked, mismatches, labels, outcomes };
}

if (import.meta.main) {
  await useFastCrypto();
  const task = JSON.parse(process.argv[2] ?? "") as ComparisonTask;
  process.send?.(await compare(task));
}
