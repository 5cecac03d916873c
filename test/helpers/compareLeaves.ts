// SPDX-License-Identifier: MIT
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { leafCircuitInput, leafProofSignals, type Outcome } from "../../src/ledger/index.ts";
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
  /** The constraints themselves are checked for each leaf whose number is a multiple of this. */
  readonly checkConstraintsEvery: number;
}

export interface Comparison {
  readonly leaves: number;
  readonly constraintsChecked: number;
  /** Leaves on which circuit and ledger differ, or for which there is no witness. */
  readonly mismatches: readonly string[];
  /** Kinds of slots that were made. */
  readonly labels: readonly string[];
  /** Outcomes of the slots, as `kind status` or `kind status reason`. */
  readonly outcomes: readonly string[];
}

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

async function compare({ circuit, profile, seed, leaves, checkConstraintsEvery }: ComparisonTask): Promise<Comparison> {
  const r1cs = readFileSync(circuit.r1cs);
  const mismatches: string[] = [];
  const labels = new Set<string>();
  const outcomes = new Set<string>();
  let constraintsChecked = 0;
  let i = 0;
  for (const leaf of randomLeaves(profile, seed)) {
    if (i === leaves) {
      break;
    }
    const expected = leafProofSignals(leaf.result, leaf.binding);
    const about = `leaf ${i} of seed ${seed} (${leaf.labels.join("; ")})`;
    try {
      const { values, publicSignals } = await calculateWitness(circuit, {
        ...leafCircuitInput(leaf.result, leaf.binding),
      });
      if (publicSignals.join() !== expected.join()) {
        mismatches.push(`${about}: ${publicSignals.join()} instead of ${expected.join()}`);
      }
      if (i % checkConstraintsEvery === 0) {
        constraintsChecked++;
        const violated = violatedConstraints(r1cs, values);
        if (violated.length > 0) {
          mismatches.push(`${about}: violates constraints ${violated.join()}`);
        }
      }
    } catch (error) {
      mismatches.push(`${about}: ${String(error)}`);
    }
    leaf.labels.forEach((label) => labels.add(label));
    leaf.result.outcomes.forEach((outcome) => outcomes.add(describeOutcome(outcome)));
    i++;
  }
  return { leaves: i, constraintsChecked, mismatches, labels: [...labels], outcomes: [...outcomes] };
}

if (import.meta.main) {
  const task = JSON.parse(process.argv[2] ?? "") as ComparisonTask;
  process.send?.(await compare(task));
}
