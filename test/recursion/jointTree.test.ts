// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { keccak256, toBeHex, concat } from "ethers";

import { P } from "../../src/field.ts";
import { sha256 } from "../../src/files.ts";
import {
  type Barretenberg,
  CANONICAL_TAU2,
  decodeChild,
  encodeChild,
  type HonkKey,
  type JoinChild,
  keptKey,
  joinedPair,
  joinedStatement,
  type TreeShape,
  planJoint,
  type Program,
  requirePlanned,
  statementKindOf,
  type StatementSignals,
  writeProgram,
} from "../../src/recursion/index.ts";
import { MAX_STATEMENTS } from "../../src/recursion/join/inputs.ts";
import { KeptProofs } from "../../src/recursion/keptProofs.ts";
import { expectError } from "../helpers/expectError.ts";
import { randomJoinChild, randomJoinTree } from "../helpers/joinChildren.ts";
import { Random, seedFor } from "../helpers/random.ts";

const random = new Random(seedFor("joint tree"));
const tree = randomJoinTree(random);
const child = (kind: JoinChild["kind"]): JoinChild => {
  const made = randomJoinChild(kind, tree, random);
  return { ...made, key: { ...made.key, program: "ab".repeat(32) } };
};
const statementOf = ({ kind, proof }: JoinChild): StatementSignals => ({
  kind: kind as "leaf" | "merge",
  signals: proof.publicInputs.slice(0, 3),
});

describe("the plan of a joint proof", () => {
  const numbersOf = (shape: TreeShape): number[] => (typeof shape === "number" ? [shape] : shape.flatMap(numbersOf));
  const depthOf = (shape: TreeShape): number => (typeof shape === "number" ? 0 : 1 + Math.max(...shape.map(depthOf)));

  it("has all statements in their order, in a tree as low as it can be", () => {
    for (let count = 1; count <= 20; count++) {
      const { shape, joinedAt } = planJoint(Array.from({ length: count }, () => statementOf(child("leaf"))));
      expect(numbersOf(shape)).to.deep.equal(Array.from({ length: count }, (_, i) => i));
      expect(depthOf(shape)).to.equal(Math.ceil(Math.log2(count)));
      expect(joinedAt(shape).count).to.equal(BigInt(count));
    }
  });

  it("draws the point that L1 draws: the hash of the root and of all words", () => {
    const statements = [child("leaf"), child("merge"), child("leaf")].map(statementOf);
    const { point, shape, joinedAt } = planJoint(statements);
    const words = statements.flatMap(({ kind, signals }) => [kind === "merge" ? 1n : 0n, ...signals]);
    const packed = concat([joinedAt(shape).root, ...words].map((word) => toBeHex(word, 32)));
    expect(point).to.equal(BigInt(keccak256(packed)) % P);
    const [a, b, c] = statements.map(({ kind, signals }) => joinedStatement(kind, signals, point));
    expect(joinedAt(shape)).to.deep.equal(joinedPair(joinedPair(a!, b!, point), c!, point));
  });

  it("is not made of no statement, or of more than 65,535", () => {
    expectError(() => planJoint([]), "NOTHING_TO_PROVE");
    const statement = statementOf(child("leaf"));
    const { data } = expectError(() => planJoint(new Array<StatementSignals>(2 ** 16).fill(statement)), "OUT_OF_RANGE");
    expect(data).to.deep.equal({ name: "statements", value: 2 ** 16, minimum: 0, maximum: MAX_STATEMENTS });
  });

  // Read as a leaf, its statement would be proven with others for an hour before L1 refuses it.
  it("is not made of a merge of drawn tickets, whose key no node knows", () => {
    expect(["leaf", "merge"].map(statementKindOf)).to.deep.equal(["leaf", "merge"]);
    const { message } = expectError(() => statementKindOf("drawnMerge"), "UNKNOWN_CIRCUIT");
    expect(message).to.equal("proofs of drawnMerge cannot be joined: only leaf and merge");
  });

  it("takes for each place the proof of its statements alone", () => {
    const keyOf = (kind: JoinChild["kind"]): HonkKey => child(kind).key;
    const keys = { leaf: keyOf("leaf"), merge: keyOf("merge"), node: keyOf("node") };
    const withKey = (kind: JoinChild["kind"]): JoinChild => ({ ...child(kind), key: keys[kind] });
    const children = [withKey("leaf"), withKey("leaf"), withKey("merge")];
    const plan = planJoint(children.map(statementOf));
    const withInputs = (made: JoinChild, publicInputs: readonly bigint[]): JoinChild => ({
      ...made,
      proof: { ...made.proof, publicInputs },
    });
    const plusOne = (values: readonly bigint[], i: number): bigint[] => values.with(i, (values[i]! + 1n) % P);
    children.forEach((proof, place) => {
      expect(requirePlanned(plan, place, proof, keys)).to.equal(proof);
      for (const i of [0, 1, 2, 3, 4]) {
        const other = withInputs(proof, plusOne(proof.proof.publicInputs, i));
        expectError(() => requirePlanned(plan, place, other, keys), "PROVER_FAILED");
      }
    });
    expectError(() => requirePlanned(plan, 0, children[1], keys), "PROVER_FAILED");
    expectError(
      () => requirePlanned(plan, 0, { ...children[0]!, kind: "merge", key: keys.merge }, keys),
      "PROVER_FAILED",
    );
    expectError(() => requirePlanned(plan, 0, undefined, keys), "PROOF_MISSING");
    const place = [0, 1] as const;
    const { root, sum, count } = plan.joinedAt(place);
    const words = [root, sum, count, plan.point, keys.node.hash];
    const good = withInputs(withKey("node"), words);
    expect(requirePlanned(plan, place, good, keys)).to.equal(good);
    for (const i of words.keys()) {
      expectError(() => requirePlanned(plan, place, withInputs(good, plusOne(words, i)), keys), "PROVER_FAILED");
    }
    expectError(() => requirePlanned(plan, [1, 0], good, keys), "PROVER_FAILED");
    expectError(() => requirePlanned(plan, 0, good, keys), "PROVER_FAILED");
    const stranger = { ...good, key: { ...good.key, bytes: Buffer.alloc(good.key.bytes.length) } };
    const { message } = expectError(() => requirePlanned(plan, place, stranger, keys), "PROVER_FAILED");
    expect(message).to.equal("the proof of statements 0,1 has another key than that of a node");
  });
});

describe("a proof from another process", () => {
  const text = encodeChild(child("node"));
  const altered = (change: (value: Record<string, Record<string, unknown>>) => void): string => {
    const value = JSON.parse(text) as Record<string, Record<string, unknown>>;
    change(value);
    return JSON.stringify(value);
  };

  it("is read as it was written", () => {
    for (const kind of ["leaf", "merge", "node"] as const) {
      const written = child(kind);
      expect(decodeChild(encodeChild(written))).to.deep.equal(written);
    }
  });

  it("is refused wherever it is cut off", () => {
    for (let length = 0; length < text.length; length += 97) {
      expectError(() => decodeChild(text.slice(0, length)), "INVALID_INPUT");
    }
  });

  it("is refused with anything else in the place of a word, a size or a name", () => {
    const wrong: unknown[] = [undefined, null, 5, -1, "", "x", [], {}, String(P), "00", "1e3", "-1"];
    const places: readonly ((value: Record<string, Record<string, unknown>>, other: unknown) => void)[] = [
      (value, other) => (value["kind"] = other as Record<string, unknown>),
      (value, other) => (value["key"] = other as Record<string, unknown>),
      (value, other) => (value["proof"] = other as Record<string, unknown>),
      (value, other) => (value["key"]!["bytes"] = other),
      (value, other) => (value["key"]!["hash"] = other),
      (value, other) => (value["key"]!["program"] = other),
      (value, other) => (value["proof"]!["bytes"] = other),
      (value, other) => (value["proof"]!["publicInputs"] = other),
      (value, other) => ((value["proof"]!["publicInputs"] as unknown[])[1] = other),
    ];
    for (const place of places) {
      for (const other of wrong) {
        expectError(() => decodeChild(altered((value) => place(value, other))), "INVALID_INPUT");
      }
    }
    for (const power of [0, 32, 1.5, "21", undefined]) {
      expectError(() => decodeChild(altered((value) => (value["key"]!["power"] = power))), "INVALID_INPUT");
    }
    for (const whole of ["null", "5", "[]", '"text"', "{}"]) expectError(() => decodeChild(whole), "INVALID_INPUT");
  });

  it("is refused with bytes that are no words below p, or not in base64", () => {
    const bytes = (count: number, fill: number): string => Buffer.alloc(count, fill).toString("base64");
    for (const other of [bytes(410 * 32, 0xff), bytes(409 * 32, 0), bytes(410 * 32 + 1, 0), `*${bytes(410 * 32, 0)}`]) {
      expectError(() => decodeChild(altered((value) => (value["proof"]!["bytes"] = other))), "INVALID_INPUT");
    }
  });
});

describe("a key that is kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "keys-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const program = (constant: bigint): Program => ({
    opcodes: [{ kind: "zero", products: [[1n, 0, 0]], terms: [], constant }],
    publicWitnesses: [0],
  });
  /** Counts how often a key is made. */
  const maker = (tau2 = CANONICAL_TAU2 as Barretenberg["crs"]["tau2"]) => {
    const made: string[] = [];
    const bb = {
      crs: { folder, points: 1, isDevelopment: true, tau2 },
      makeKey: (of: Program, audience: HonkKey["audience"]) => {
        made.push(audience);
        const bytes = Buffer.from([made.length]);
        const hash = sha256(writeProgram(of));
        return Promise.resolve({ audience, bytes, hash: 7n, power: 3, publicInputs: 1, program: hash });
      },
    } as unknown as Barretenberg;
    return { bb, made };
  };

  it("is made once for each program, form and string of powers", async () => {
    const { bb, made } = maker();
    const first = await keptKey(bb, program(1n), "node");
    expect(await keptKey(bb, program(1n), "node")).to.deep.equal(first);
    expect(made).to.deep.equal(["node"]);
    await keptKey(bb, program(2n), "node");
    await keptKey(bb, program(1n), "l1");
    expect(made).to.deep.equal(["node", "node", "l1"]);
    const other = maker({ ...CANONICAL_TAU2, x0: 1n });
    await keptKey(other.bb, program(1n), "node");
    expect(other.made).to.deep.equal(["node"]);
  });

  it("is made again if its file is damaged in any of its fields", async () => {
    const { bb, made } = maker({ ...CANONICAL_TAU2, x0: 2n });
    const before = new Set(readdirSync(join(folder, "keys")));
    await keptKey(bb, program(3n), "node");
    const [name] = readdirSync(join(folder, "keys")).filter((file) => !before.has(file));
    const path = join(folder, "keys", name!);
    const kept = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const damages = [
      ...Object.keys(kept).map((field) => JSON.stringify({ ...kept, [field]: field === "power" ? 4 : "9" })),
      ...["", "{", "null", "5", "{}"],
    ];
    for (const [i, damaged] of damages.entries()) {
      writeFileSync(path, damaged);
      await keptKey(bb, program(3n), "node");
      expect(made, damaged.slice(0, 60)).to.have.length(2 + i);
    }
  });
});

describe("proofs of leaves that are kept", () => {
  it("are made once, also if the work fails in between, and forgotten with the next list", async () => {
    const kept = new KeptProofs<string>();
    const made: bigint[] = [];
    const take = (names: readonly bigint[], failing?: bigint): Promise<string[]> =>
      kept.take(names, (place) => {
        const name = names[place]!;
        if (name === failing) return Promise.reject(new Error(`no ${name}`));
        made.push(name);
        return Promise.resolve(`proof of ${name}`);
      });
    const error = await take([1n, 2n, 3n], 3n).catch(String);
    expect(error).to.equal("Error: no 3");
    expect(await take([1n, 2n, 3n, 2n])).to.deep.equal([1n, 2n, 3n, 2n].map((name) => `proof of ${name}`));
    expect(made).to.deep.equal([1n, 2n, 3n]);
    // One was proven by another meanwhile, and a further one waits.
    await take([2n, 3n, 4n]);
    expect(made).to.deep.equal([1n, 2n, 3n, 4n]);
    await take([1n]);
    expect(made).to.deep.equal([1n, 2n, 3n, 4n, 1n]);
    kept.forget();
    await take([1n]);
    expect(made).to.deep.equal([1n, 2n, 3n, 4n, 1n, 1n]);
    expect(await take([])).to.deep.equal([]);
  });
});
