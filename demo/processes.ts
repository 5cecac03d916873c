// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { JointLeafProver, JointWork } from "../src/agents/index.ts";
import { poseidon } from "../src/crypto/index.ts";
import { P } from "../src/field.ts";
import {
  type Barretenberg,
  CHAIN_INPUTS,
  type ChainChild,
  type ChainSetup,
  type Crs,
  decodeChainChild,
  decodeChild,
  encodeChild,
  type HonkKey,
  type JoinKind,
  planChain,
  planJoint,
  requireChained,
  requirePlanned,
  type StatementInput,
  type StatementKeys,
  type TreeShape,
} from "../src/recursion/index.ts";
import { type JointTask, performJob } from "./jointJob.ts";
import type { Report } from "./report.ts";

/** Has other processes make proofs: each leaf, each node and the root by another one. */
export class Processes {
  readonly folder: string;
  readonly #crs: { readonly folder: string; readonly power: number };
  readonly #report: Report;
  /** Of circom, by kind of proof; a node verifies two proofs besides. */
  readonly #constraints: Readonly<Record<string, number>>;
  #jobs = 0;

  constructor(folder: string, crs: Crs, power: number, report: Report, constraints: Readonly<Record<string, number>>) {
    this.folder = folder;
    this.#crs = { folder: crs.folder, power };
    this.#report = report;
    this.#constraints = constraints;
  }

  /** @returns file with what was made */
  async perform(what: string, task: JointTask): Promise<string> {
    const result = join(this.folder, `proof-${this.#jobs++}`);
    const seconds = await performJob({ ...task, crs: this.#crs, result });
    this.#report.proof({ circuit: `${what} (UltraHonk)`, constraints: this.#constraints[what] ?? 0, seconds });
    this.#report.say(`proof of a ${what}: ${seconds.toFixed(1)} s with the start of its process`);
    return result;
  }

  /**
   * Joins proofs in the shape of a tree.
   *
   * @param taken checks a file that another party made
   * @param joined makes a node of two files, or the root
   */
  async tree(
    shape: TreeShape,
    leaves: readonly string[],
    taken: (place: TreeShape, path: string) => string,
    joined: (isRoot: boolean, children: readonly string[]) => Promise<string>,
  ): Promise<Buffer> {
    const prove = async (at: TreeShape): Promise<string> =>
      typeof at === "number"
        ? taken(at, leaves[at]!)
        : taken(at, await joined(false, [await prove(at[0]), await prove(at[1])]));
    const children = typeof shape === "number" ? [await prove(shape)] : [await prove(shape[0]), await prove(shape[1])];
    return readFileSync(await joined(true, children));
  }
}

/** Proves lists of statements, for B52. */
export class StatementProcesses {
  readonly #processes: Processes;
  readonly #keys: Readonly<Record<JoinKind, HonkKey>>;

  constructor(processes: Processes, keys: Readonly<Record<JoinKind, HonkKey>>) {
    this.#processes = processes;
    this.#keys = keys;
  }

  async prove(statements: readonly StatementInput[]): Promise<Uint8Array> {
    const proven: string[] = [];
    for (const { kind, input } of statements) {
      proven.push(await this.#processes.perform(kind, { task: "statement", kind, input }));
    }
    const plan = planJoint(statements);
    const { shape, point } = plan;
    const taken = (place: TreeShape, path: string): string => {
      requirePlanned(plan, place, decodeChild(readFileSync(path, "utf8")), this.#keys);
      return path;
    };
    const keys: StatementKeys = { leaf: this.#keys.leaf.hash, merge: this.#keys.merge.hash };
    return this.#processes.tree(shape, proven, taken, (isRoot, children) =>
      this.#processes.perform(isRoot ? "root" : "node", { task: isRoot ? "root" : "join", keys, point, children }),
    );
  }
}

/** Proves chains of leaves, for Proof of Efficiency. */
export class ChainProcesses implements JointLeafProver {
  readonly #processes: Processes;
  readonly #bb: Barretenberg;
  readonly #setup: ChainSetup;
  /** File with the proof of the first leaf. */
  #leaf = "";

  constructor(processes: Processes, bb: Barretenberg, setup: ChainSetup) {
    this.#processes = processes;
    this.#bb = bb;
    this.#setup = setup;
  }

  async prove({ leaves, chain }: JointWork): Promise<Uint8Array> {
    const proven: string[] = [];
    for (const leaf of leaves) proven.push(await this.#processes.perform("leaf", { task: "leaf", leaf }));
    this.#leaf = proven[0]!;
    const { slots } = this.#setup;
    const plan = planChain(leaves, chain, slots);
    const { shape, point } = plan;
    const keys = { leaf: this.#setup.leaf.key, node: this.#setup.nodeKey };
    const taken = (place: TreeShape, path: string): string => {
      requireChained(plan, place, decodeChainChild(readFileSync(path, "utf8"), slots), keys);
      return path;
    };
    return this.#processes.tree(shape, proven, taken, (isRoot, children) =>
      this.#processes.perform(isRoot ? "root of a chain" : "node of a chain", {
        ...{ task: isRoot ? "chainRoot" : "chain", point, children },
      }),
    );
  }

  /** Whether a prover refuses to join a valid proof of a program that proves nothing, under the key's hash of leaves. */
  async refusesForeign(): Promise<boolean> {
    const honest = decodeChainChild(readFileSync(this.#leaf, "utf8"), this.#setup.slots);
    const path = join(this.#processes.folder, "foreign");
    writeFileSync(path, encodeChild(await this.#foreignProof(honest)));
    try {
      await this.#processes.perform("node of a chain", { task: "chain", point: 5n, children: [this.#leaf, path] });
      return false;
    } catch (error) {
      return String(error).includes("does not satisfy the circuit");
    }
  }

  /** A leaf that begins where an honest one ends, and pays anything, by a program that says nothing of its public inputs. */
  async #foreignProof(honest: ChainChild): Promise<ChainChild> {
    if (honest.kind !== "leaf") throw new Error("a leaf is needed");
    const { words, exits } = honest.opened;
    const forged = words.with(5, words[0]!).with(2, 10n ** 30n);
    const inputs = [poseidon(forged), 3n, 4n, 0n, 0n, 0n, 0n];
    const square = { kind: "zero", products: [[1n, 0, 0]], terms: [[P - 1n, CHAIN_INPUTS]], constant: 0n } as const;
    const program = { opcodes: [square], publicWitnesses: Array.from({ length: CHAIN_INPUTS }, (_, i) => i) };
    const key = await this.#bb.makeKey(program, "node");
    const proof = await this.#bb.prove(program, key, [...inputs, (inputs[0]! * inputs[0]!) % P]);
    return {
      kind: "leaf",
      key: { ...key, hash: this.#setup.leaf.key.hash },
      proof,
      opened: { words: forged, exits },
    };
  }
}
