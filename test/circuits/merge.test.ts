// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import {
  BinaryTree,
  contextOf,
  givenHash,
  leafContext,
  mergeDigest,
  mergeNodes,
  mergeProofSignals,
  NO_DRAW,
  NO_LIMIT,
  nodesBitmap,
  orderedMergeSignals,
  packDraw,
  signDrawnVote,
  signVote,
  Transcript,
  votersRoot,
  type ChildOpening,
  type DrawnMergeCircuitInput,
  type MergeCircuit,
  type MergeCircuitInput,
  type MergeOpening,
  type MergePublicSignals,
  type MergeResult,
  type MergeSetting,
  type MergeTask,
  type NodePromise,
} from "../../src/b52/index.ts";
import { evaluateStatement, statementPoint } from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { P, toField, type Field } from "../../src/field.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { violatedConstraints } from "../../src/setup/r1cs.ts";
import { expectRefusal } from "../helpers/circuit.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { hasFixedSeed, seedFor } from "../helpers/random.ts";
import {
  DRAWN_VOTE_KINDS,
  randomMerges,
  REGISTRY,
  signerOf,
  TICKET_KINDS,
  VOTE_KINDS,
  WORKER_KINDS,
} from "../helpers/randomMerge.ts";

/** Both instances of the template: without and with a draw of tickets. */
interface Merges {
  readonly merge: CompiledCircuit;
  readonly drawnMerge: CompiledCircuit;
}
const compileMerges = async (): Promise<Merges> => {
  const compileOne = (name: MergeCircuit): Promise<CompiledCircuit> =>
    compileCircuit(findCircuit(name, "development"), circuitsFolder("development"));
  return { merge: await compileOne("merge"), drawnMerge: await compileOne("drawnMerge") };
};
/** The one that an input is for. */
const nameFor = (input: object): MergeCircuit => ("draw" in input ? "drawnMerge" : "merge");

const RANDOM_MERGES = 140;
const CHECK_CONSTRAINTS_EVERY = 20;
const TIMEOUT = 600_000;

/** Nodes 4 … 7 have no children but leaves. */
const PLACES = [2n, 3n, 4n, 5n, 6n, 7n, 9n, 11n, 13n, 15n];

describe("circuits: Merge, against the model", () => {
  it(`gives the model's public signals on ${RANDOM_MERGES} random merges`, async () => {
    const circuits = await compileMerges();
    const labels = new Set<string>();
    const places = new Set<bigint>();
    let found = 0n;
    let count = 0;
    for (const { labels: happening, result } of randomMerges(seedFor("merge"))) {
      const about = `merge ${count}: ${happening.join("; ")}`;
      const circuit = circuits[nameFor(result.input)];
      const { values, publicSignals } = await calculateWitness(circuit, { ...result.input });
      expect(publicSignals, about).to.deep.equal(mergeProofSignals(result.signals));
      if (count % CHECK_CONSTRAINTS_EVERY === 0) {
        expect(violatedConstraints(readFileSync(circuit.r1cs), values), about).to.deep.equal([]);
      }
      happening.forEach((label) => labels.add(label));
      places.add(result.signals.place);
      found |= result.signals.nodes;
      if (++count === RANDOM_MERGES) break;
    }
    if (!hasFixedSeed) return;
    // Nothing that the generator makes was left out, no place, and no node either credited or defaulted.
    expect(labels).to.have.keys([
      ...Object.keys(TICKET_KINDS).map((kind) => `ticket ${kind}`),
      ...Object.keys({ ...VOTE_KINDS, ...DRAWN_VOTE_KINDS }).map((kind) => `vote ${kind}`),
      ...["drawn without a limit", "drawn with a limit"],
      ...Object.keys(WORKER_KINDS).map((kind) => `worker ${kind}`),
    ]);
    expect([...places].sort((a, b) => Number(a - b))).to.deep.equal(PLACES);
    expect(found).to.equal(0xfffefffen);
  }).timeout(TIMEOUT);
});

// ── Two merges, and what a dishonest prover may try on them ────────────────────────────────────────────────────────

const CONTEXT = contextOf((1n << 256n) - 1n);
const [LEFT, RIGHT, ROOT] = [0, 1, 2] as const;

const promise = (node: number, ticket: number): [number, NodePromise] => [
  node,
  { ticket, vote: signVote(signerOf(ticket), { context: CONTEXT, ticket, nodes: nodesBitmap([node, 4]) }) },
];
/** Node 2 is left to nobody: only the root and node 3 were promised, and of nodes 14, 15 the first. */
const SETTING: MergeSetting = {
  context: CONTEXT,
  registry: REGISTRY,
  draw: NO_DRAW,
  transcript: new Transcript([promise(1, 1), promise(3, 247), promise(14, 100), [15, { ticket: 2 }]]),
};

const SEED = 0xfeedn;
const drawnPromise = (node: number, ticket: number): [number, NodePromise] => {
  const vote = signDrawnVote(signerOf(ticket), { context: CONTEXT, ticket, nodes: nodesBitmap([node, 4]) }, SEED);
  return [node, { ticket, vote }];
};
/** The same where tickets are drawn, and all are elected. */
const DRAWN: MergeSetting = {
  ...SETTING,
  draw: packDraw({ seed: SEED, limit: NO_LIMIT }),
  transcript: new Transcript([drawnPromise(1, 1), drawnPromise(3, 247), drawnPromise(14, 100), [15, { ticket: 2 }]]),
};

const merge = (fields: Partial<MergeOpening>): ChildOpening => ({
  kind: "merge",
  merge: {
    oldStateRoot: 10n,
    newStateRoot: 11n,
    context: CONTEXT,
    worker: 0n,
    place: 4n,
    delivered: (1n << 247n) | 2n,
    nodes: nodesBitmap([4]) | (nodesBitmap([5]) << 16n),
    given: 99n,
    ...fields,
  },
});
const leaf = (node: number, oldStateRoot: bigint, newStateRoot: bigint, worker: bigint): ChildOpening => {
  const other = (value: bigint): Field => poseidon([value, BigInt(node)]);
  return {
    kind: "leaf",
    leaf: {
      newStateRoot: toField(newStateRoot),
      exitsHash: other(1n),
      proverFees: toField(5n),
      c: other(2n),
      y: other(3n),
      oldStateRoot: toField(oldStateRoot),
      header: toField(6n),
      z: other(4n),
      sequencer: toField(7n),
      domain: toField(8n),
      context: toField(leafContext(CONTEXT, node)),
      worker: toField(worker),
    },
  };
};

/** The root: credited itself, its right child defaulted. */
const ROOT_TASK: MergeTask = {
  node: 1,
  left: merge({}),
  right: merge({
    oldStateRoot: 11n,
    newStateRoot: 12n,
    worker: 3n,
    place: 7n,
    delivered: 6n,
    nodes: nodesBitmap([6, 7]),
  }),
  worker: 1n,
};
const AT_ROOT = mergeNodes(SETTING, ROOT_TASK);
/** Node 7, over leaves: the left one credited. Its third vote is that one's again, and does not count. */
const LEAVES_TASK: MergeTask = {
  node: 7,
  left: leaf(14, 20n, 21n, 100n),
  right: leaf(15, 21n, 22n, 2n),
  worker: 1n,
};
const AT_LEAVES = mergeNodes(SETTING, LEAVES_TASK);
const DRAWN_AT_ROOT = mergeNodes(DRAWN, ROOT_TASK);
const DRAWN_AT_LEAVES = mergeNodes(DRAWN, LEAVES_TASK);
const ALL_MERGES = [AT_ROOT, AT_LEAVES, DRAWN_AT_ROOT, DRAWN_AT_LEAVES];

type Path = readonly [name: keyof DrawnMergeCircuitInput, ...indexes: number[]];

/** A copy of an input with another number at `path`. */
function replace<Input extends MergeCircuitInput>(input: Input, path: Path, change: (value: bigint) => bigint): Input {
  const copy = structuredClone(input);
  const last = path.at(-1)!;
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], copy);
  const numbers = holder as Record<string | number, bigint>;
  expect(numbers[last], path.join()).to.be.a("bigint");
  numbers[last] = change(numbers[last]!);
  return copy;
}
/** The same signals with the digest that belongs to them. */
const withDigest = (signals: MergePublicSignals, opening: MergeOpening): MergePublicSignals => ({
  ...signals,
  digest: mergeDigest({ ...opening, given: givenHash(signals) }),
});
/** Inputs that L1 knows, and where another value is refused. */
const GIVEN_TEMPLATES: Readonly<Record<string, string>> = {
  leftDigest: "Child",
  rightDigest: "Child",
  context: "Merge",
  registryRoot: "TicketKey",
  votesRoot: "Vote",
  promised: "TicketKey",
  place: "Child",
};
const plusOne = (value: bigint): bigint => (value + 1n) % P;

describe("circuits: Merge, one by one", () => {
  let circuits: Merges;
  before(async () => {
    circuits = await compileMerges();
  });

  const signalsOf = async (input: object): Promise<readonly bigint[]> =>
    (await calculateWitness(circuits[nameFor(input)], input as CircuitInput)).publicSignals;
  /** The circuit has the statement `signals`. */
  const expectSignals = async (input: MergeCircuitInput, signals: MergePublicSignals): Promise<void> => {
    expect(await signalsOf(input)).to.deep.equal(mergeProofSignals(signals, input.point));
  };
  const refuses = async (input: object, template: string): Promise<void> =>
    expectRefusal(circuits[nameFor(input)], input as CircuitInput, template);

  it("begins with merges in which this happens", async () => {
    expect(AT_ROOT.signals.delivered).to.equal((1n << 247n) | 6n);
    expect(AT_ROOT.signals.nodes).to.equal(nodesBitmap([1, 4, 6, 7]) | (nodesBitmap([3, 5]) << 16n));
    expect(AT_LEAVES.signals.delivered).to.equal(1n << 100n);
    expect(AT_LEAVES.signals.nodes).to.equal(nodesBitmap([14]));
    for (const { input, signals } of ALL_MERGES) {
      expect(await signalsOf(input)).to.deep.equal(mergeProofSignals(signals));
    }
    for (const [drawn, plain] of [
      [DRAWN_AT_ROOT, AT_ROOT],
      [DRAWN_AT_LEAVES, AT_LEAVES],
    ] as const) {
      const { delivered, nodes } = plain.signals;
      expect(drawn.signals).to.include({ delivered, nodes, registryRoot: poseidon([REGISTRY.root, DRAWN.draw]) });
    }
  });

  it("counts the votes of elected tickets alone, credited or defaulted", async () => {
    const counts = new Set<bigint>();
    for (let i = 0n; i < 12n; i++) {
      const seed = SEED + i;
      const promises = [1, 2, 3].map((node): [number, NodePromise] => {
        const ticket = [1, 2, 247][node - 1]!;
        const subject = { context: CONTEXT, ticket, nodes: nodesBitmap([node]) };
        return [node, { ticket, vote: signDrawnVote(signerOf(ticket), subject, seed) }];
      });
      const draw = packDraw({ seed, limit: NO_LIMIT / 2n });
      const setting = { ...SETTING, draw, transcript: new Transcript(promises) };
      const elected = [1, 2, 3].filter((node) => setting.transcript.isValid(node, CONTEXT, setting));
      const { input, signals } = mergeNodes(setting, ROOT_TASK);
      const found = signals.nodes & 0xe000en;
      expect([1, 2, 3].filter((node) => (found | (found >> 16n)) & (1n << BigInt(node)))).to.deep.equal(elected);
      expect(await signalsOf(input)).to.deep.equal(mergeProofSignals(signals));
      counts.add(found);
    }
    expect(counts.size).to.be.above(3);
  });

  it("gives no prover the choice of a draw: none, another limit, another seed", async () => {
    // A statement names the hash of the keys' root and the draw. Another draw makes another hash, which L1 does not ask for.
    const { input, signals, opening } = DRAWN_AT_ROOT;
    const registryRoot = (draw: bigint): Field => votersRoot({ registry: REGISTRY, draw });
    const nobody = packDraw({ seed: SEED, limit: 1n });
    await refuses({ ...input, draw: nobody }, "Merge");
    const changed = { ...input, draw: nobody, registryRoot: registryRoot(nobody) };
    const [digest] = await signalsOf(changed);
    const none = {
      ...opening,
      delivered: (1n << 247n) | 6n,
      nodes: nodesBitmap([4, 6, 7]) | (nodesBitmap([5]) << 16n),
    };
    expect(digest).to.equal(
      mergeDigest({ ...none, given: givenHash({ ...signals, registryRoot: registryRoot(nobody) }) }),
    );
    expect(digest).not.to.equal(signals.digest);
    const otherSeed = packDraw({ seed: SEED + 1n, limit: NO_LIMIT });
    await refuses({ ...input, draw: otherSeed, registryRoot: registryRoot(otherSeed) }, "DrawBase");
    const wide = DRAWN.draw + (1n << 248n);
    await refuses({ ...input, draw: wide, registryRoot: poseidon([REGISTRY.root, wide]) }, "Num2Bits");
    // This circuit does not take the root of the keys alone, and the other circuit does not take the hash.
    await refuses({ ...input, registryRoot: REGISTRY.root }, "Merge");
    await refuses({ ...AT_ROOT.input, registryRoot: input.registryRoot }, "TicketKey");
  });

  it("opens its digest to eight numbers, which a parent reads", async () => {
    for (const { input, opening } of [AT_ROOT, AT_LEAVES]) {
      const [digest] = await signalsOf(input);
      expect(digest).to.equal(mergeDigest(opening));
    }
  });

  // The prover's words are private: L1 has words of its own, and knows them for the same by three numbers.
  describe("shows a statement as its digest, its evaluation and the point,", () => {
    const { input, signals } = AT_ROOT;
    const words: readonly bigint[] = orderedMergeSignals(signals);
    /** The three numbers that L1 computes from the words that it is given. */
    const condensed = (given: readonly bigint[]): [bigint, bigint, bigint] => {
      const point = statementPoint(given);
      return [given[0]!, evaluateStatement(given, point), point];
    };

    it("which are those that L1 makes of the same words, and no other words have a proof", async () => {
      expect(await signalsOf(input)).to.deep.equal(condensed(words));
      for (let i = 1; i < words.length; i++) {
        const [digest, evaluation, point] = condensed(words.with(i, words[i]! ^ 1n));
        // Whatever point L1 draws, the circuit evaluates its own words there.
        const proven = await signalsOf({ ...input, point });
        expect(proven[0]).to.equal(digest);
        expect(proven[2]).to.equal(point);
        expect(proven[1]).not.to.equal(evaluation);
      }
    });

    it("and another digest, evaluation or point makes the witness invalid", async () => {
      const { values } = await calculateWitness(circuits.merge, { ...input });
      const r1cs = readFileSync(circuits.merge.r1cs);
      expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
      expect(values.slice(1, 4)).to.deep.equal(condensed(words));
      const [digest, evaluation, point] = condensed(words.with(10, 2n));
      for (const changes of [
        { 1: digest + 1n },
        { 2: evaluation },
        { 3: point },
        { 2: evaluation, 3: point },
        { 1: digest + 1n, 2: evaluation, 3: point },
      ] as Readonly<Record<number, bigint>>[]) {
        const forged = values.map((value, wire) => changes[wire] ?? value);
        expect(violatedConstraints(r1cs, forged)).not.to.be.empty;
      }
    });

    it("at every point, also at those that no hash gives", async () => {
      for (const point of [0n, 1n, P - 1n]) await expectSignals({ ...input, point: toField(point) }, signals);
    });
  });

  it("refuses each private input altered", async () => {
    const paths: readonly (readonly [Path, string])[] = [
      ...[LEFT, RIGHT, ROOT].flatMap((i): (readonly [Path, string])[] => [
        ...[0, 1, 2].map((j) => [["vote", i, j], "Vote"] as const),
        [["voteExists", i], "Vote"],
        ...[0, 1, 2, 3].map((j) => [["votesPath", i, j], "Vote"] as const),
        ...[0, 1].map((j) => [["key", i, j], "TicketKey"] as const),
        [["keyExists", i], "TicketKey"],
        ...[0, 1, 2, 3, 4, 5, 6, 7].map((j) => [["registryPath", i, j], "TicketKey"] as const),
      ]),
      ...(["leftLeaf", "rightLeaf"] as const).flatMap((name) =>
        Array.from({ length: 12 }, (_, j) => [[name, j], "Child"] as const),
      ),
      ...(["leftMerge", "rightMerge"] as const).flatMap((name) =>
        Array.from({ length: 8 }, (_, j) => [[name, j], "Child"] as const),
      ),
    ];
    const names = new Set(paths.map(([[name]]) => name));
    const { publicInputs } = findCircuit("merge", "development");
    // The other inputs are in "binds each word that L1 gives".
    const given = [...Object.keys(GIVEN_TEMPLATES), "worker"];
    expect([...names, ...publicInputs, ...given]).to.have.members(Object.keys(AT_ROOT.input));
    for (const { input } of [AT_ROOT, AT_LEAVES]) {
      for (const [path, template] of paths) {
        await refuses(replace(input, path, plusOne), template);
      }
    }
    // The circuit of a draw has the same templates: one number of each input.
    const oneOfEach = [...names].map((name) => paths.find(([[of]]) => of === name)!);
    for (const [path, template] of oneOfEach) await refuses(replace(DRAWN_AT_ROOT.input, path, plusOne), template);
    // Those that only the circuit of a draw has; any other root of the keys, or draw, is not that of L1's hash.
    const furtherPaths: readonly (readonly [Path, string])[] = [
      ...[LEFT, RIGHT, ROOT].flatMap((i) => [0, 1].map((j) => [["gamma", i, j], "Vote"] as const)),
      [["drawRoot"], "DrawBase"],
      [["keysRoot"], "Merge"],
      [["draw"], "Merge"],
    ];
    const further = new Set(furtherPaths.map(([[name]]) => name));
    expect([...further, ...Object.keys(AT_ROOT.input)]).to.have.members(Object.keys(DRAWN_AT_ROOT.input));
    for (const { input } of [DRAWN_AT_ROOT, DRAWN_AT_LEAVES]) {
      for (const [path, template] of furtherPaths) await refuses(replace(input, path, plusOne), template);
    }
  }).timeout(TIMEOUT);

  it("refuses another opening of what is there, and of what is not", async () => {
    // Node 2 was promised to nobody, and the root to ticket 1.
    const { input } = AT_ROOT;
    for (const i of [RIGHT, ROOT]) {
      const noKey = replace(
        replace(input, ["key", i, 0], () => 0n),
        ["key", i, 1],
        () => 0n,
      );
      await refuses(
        replace(noKey, ["keyExists", i], () => 0n),
        "TicketKey",
      );
      const noVote = [0, 1, 2].reduce((changed, j) => replace(changed, ["vote", i, j], () => 0n), input);
      await refuses(
        replace(noVote, ["voteExists", i], () => 0n),
        "Vote",
      );
    }
    await refuses(
      replace(input, ["keyExists", LEFT], () => 1n),
      "TicketKey",
    );
    await refuses(
      replace(input, ["voteExists", LEFT], () => 1n),
      "Vote",
    );
    for (const name of ["keyExists", "voteExists"] as const) {
      await refuses(
        replace(input, [name, LEFT], () => P - 1n),
        name === "keyExists" ? "TicketKey" : "Vote",
      );
    }
    // The vote of another node.
    const { vote, votesPath } = AT_ROOT.input;
    await refuses(
      {
        ...input,
        vote: [vote[ROOT], vote[RIGHT], vote[ROOT]],
        votesPath: [votesPath[ROOT], votesPath[1], votesPath[2]],
      },
      "Vote",
    );
  });

  // A proposer may publish some votes and hide others: it must not keep anybody from the proof of a node by that.
  it("needs no votes but those for its children, and for the root its own: the rest may be anything", async () => {
    const hide = (made: MergeResult, known: readonly number[]): MergeCircuitInput => {
      const leaf = (node: number): bigint => {
        const vote = SETTING.transcript.vote(node);
        return vote === undefined ? 0n : poseidon([poseidon([vote.nodes, vote.h]), vote.s]);
      };
      // Numbers of which nobody knows that they are hashes of anything.
      const hidden = (node: number): bigint => 1_000n + BigInt(node);
      const leaves = Array.from({ length: 16 }, (_, node) => (known.includes(node) ? leaf(node) : hidden(node)));
      const tree = new BinaryTree(
        4,
        leaves.map((value, node) => [node, toField(value)] as const),
      );
      const votesPath = [known[0]!, known[1]!, known[2] ?? known[0]!].map((node) => tree.path(node));
      return { ...made.input, votesRoot: tree.root, votesPath };
    };
    const signalsFor = ({ signals, opening }: MergeResult, { votesRoot }: MergeCircuitInput): MergePublicSignals =>
      withDigest({ ...signals, votesRoot: toField(votesRoot) }, opening);
    for (const [made, known] of [
      [AT_LEAVES, [14, 15]],
      [AT_ROOT, [2, 3, 1]],
    ] as const) {
      const input = hide(made, known);
      await expectSignals(input, signalsFor(made, input));
    }
    await refuses(hide(AT_ROOT, [2, 3]), "Vote");
  });

  it("counts the vote for the root in the root alone, which elsewhere is not even opened", async () => {
    const { vote, voteExists, votesPath, key, keyExists, registryPath } = AT_ROOT.input;
    const withRootsVote = (made: MergeResult): MergeCircuitInput => {
      const replaceLast = <T>(list: readonly T[], last: T | undefined): T[] => [...list.slice(0, ROOT), last!];
      return {
        ...made.input,
        vote: replaceLast(made.input.vote, vote[ROOT]),
        voteExists: replaceLast(made.input.voteExists, voteExists[ROOT]),
        votesPath: replaceLast(made.input.votesPath, votesPath[ROOT]),
        key: replaceLast(made.input.key, key[ROOT]),
        keyExists: replaceLast(made.input.keyExists, keyExists[ROOT]),
        registryPath: replaceLast(made.input.registryPath, registryPath[ROOT]),
      };
    };
    await expectSignals(withRootsVote(AT_ROOT), AT_ROOT.signals);
    await refuses(withRootsVote(AT_LEAVES), "Vote");
    // Node 7 by the ticket that was promised the root, and by another.
    expect(AT_LEAVES.signals.nodes).to.equal(nodesBitmap([14]));
    const byAnother = mergeNodes(SETTING, { ...LEAVES_TASK, worker: 2n }).signals;
    const { digest } = byAnother;
    expect(byAnother).to.deep.equal({ ...AT_LEAVES.signals, worker: 2n, digest });
    await expectSignals({ ...AT_LEAVES.input, worker: toField(2n) }, byAnother);
  });

  it("binds each word that L1 gives: no other value, or another digest", async () => {
    for (const [name, template] of Object.entries(GIVEN_TEMPLATES)) {
      const path: Path = [name as "context"];
      // Byte 1 of `promised` is the root's ticket.
      const change = name === "promised" ? (value: bigint) => value + 256n : plusOne;
      await refuses(replace(AT_ROOT.input, path, change), template);
      if (name === "registryRoot") await refuses(replace(DRAWN_AT_ROOT.input, path, change), "Merge");
    }
    // Byte 0 of `promised` is not read, and is bound all the same.
    const { promised } = AT_ROOT.signals;
    const unread = withDigest({ ...AT_ROOT.signals, promised: toField(promised + 1n) }, AT_ROOT.opening);
    expect(unread.digest).not.to.equal(AT_ROOT.signals.digest);
    await expectSignals({ ...AT_ROOT.input, promised: toField(promised + 1n) }, unread);

    const changed = mergeNodes(SETTING, { ...ROOT_TASK, worker: 2n }).signals;
    expect(changed.digest).not.to.equal(AT_ROOT.signals.digest);
    // Now the root defaulted.
    expect(changed.nodes).to.equal(AT_ROOT.signals.nodes - 2n + (2n << 16n));
    await expectSignals({ ...AT_ROOT.input, worker: toField(2n) }, changed);
  });

  it("refuses children that are consistent with their digests but not with the node", async () => {
    const { input } = AT_ROOT;
    const asChild = (side: "left" | "right", fields: Partial<MergeOpening>): object => {
      const tuple = input[`${side}Merge`];
      const [oldStateRoot, newStateRoot, context, worker, place, delivered, nodes, given] = tuple as [
        ...[bigint, bigint, bigint, bigint],
        ...[bigint, bigint, bigint, bigint],
      ];
      const opening = { oldStateRoot, newStateRoot, context, worker, place, delivered, nodes, given, ...fields };
      return { ...input, [`${side}Digest`]: mergeDigest(opening), [`${side}Merge`]: Object.values(opening) };
    };
    expect(await signalsOf(asChild("left", {}))).to.deep.equal(mergeProofSignals(AT_ROOT.signals));
    for (const side of ["left", "right"] as const) {
      await refuses(asChild(side, { context: CONTEXT + 256n }), "Merge");
      await refuses(asChild(side, { context: CONTEXT + 2n }), "Merge");
      const own = side === "left" ? 4n : 6n;
      for (const place of [0n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 15n, P - 1n]) {
        const isOwn = place === own || place === own + 1n;
        if (isOwn) await signalsOf(asChild(side, { place }));
        else await refuses(asChild(side, { place }), "Merge");
      }
    }
    await refuses(asChild("left", { newStateRoot: 12n }), "Merge");
    await refuses(asChild("right", { oldStateRoot: 12n }), "Merge");
    await refuses(asChild("left", { delivered: 1n << 248n }), "Num2Bits");
  });

  it("refuses leaves of other nodes, and merges in the place of leaves", async () => {
    const { input } = AT_LEAVES;
    const asLeaf = (side: "left" | "right", context: bigint): object => {
      const tuple = input[`${side}Leaf`].map((value, i) => (i === 10 ? context : value));
      return { ...input, [`${side}Digest`]: poseidon(tuple), [`${side}Leaf`]: tuple };
    };
    expect(await signalsOf(asLeaf("left", CONTEXT + 14n))).to.deep.equal(mergeProofSignals(AT_LEAVES.signals));
    for (const [side, node] of [
      ["left", 14n],
      ["right", 15n],
    ] as const) {
      for (const other of [0n, node - 1n, node + 1n, 256n + node]) {
        await refuses(asLeaf(side, CONTEXT + other), "Merge");
      }
    }
    await refuses({ ...AT_ROOT.input, place: 3n }, "Child");
    await refuses({ ...input, place: 14n }, "Child");
  });

  it("takes numbers at the edges of their ranges", async () => {
    const full = (1n << 248n) - 2n;
    const children = {
      left: merge({ delivered: full, nodes: nodesBitmap([4, 5, 8, 9, 10, 11]), worker: P - 1n }),
      right: merge({
        oldStateRoot: 11n,
        place: 6n,
        delivered: full,
        nodes: nodesBitmap([6, 7, 12, 13, 14, 15]) << 16n,
      }),
    };
    const promises = [1, 2, 3].map((node): [number, NodePromise] => promise(node, 247));
    for (const context of [0n, CONTEXT]) {
      const setting = { ...SETTING, transcript: new Transcript(promises), context };
      const inContext = (child: ChildOpening): ChildOpening =>
        child.kind === "merge" ? { ...child, merge: { ...child.merge, context } } : child;
      for (const worker of [0n, 247n, P - 1n]) {
        const task = { node: 1, left: inContext(children.left), right: inContext(children.right), worker };
        const { input, signals } = mergeNodes(setting, task);
        expect(await signalsOf(input)).to.deep.equal(mergeProofSignals(signals));
      }
    }
    await refuses({ ...AT_ROOT.input, promised: AT_ROOT.input.promised + (1n << 128n) }, "Num2Bits");
    await refuses({ ...AT_ROOT.input, place: AT_ROOT.input.place + 16n }, "Num2Bits");
  });

  it("counts a ticket once, whatever it delivered", async () => {
    const promises = [1, 2, 3].map((node): [number, NodePromise] => promise(node, 3));
    const bit = 1n << 3n;
    const left = merge({ worker: 3n, delivered: bit, nodes: nodesBitmap([4]) });
    const right = merge({ oldStateRoot: 11n, place: 6n, worker: 3n, delivered: bit, nodes: nodesBitmap([6]) });
    const setting = { ...SETTING, transcript: new Transcript(promises) };
    const { input, signals } = mergeNodes(setting, { node: 1, left, right, worker: 3n });
    expect(signals.delivered).to.equal(bit);
    expect(signals.nodes).to.equal(nodesBitmap([1, 2, 3, 4, 6]));
    expect(await signalsOf(input)).to.deep.equal(mergeProofSignals(signals));
  });

  it("has no wire that can be changed alone but harmless ones", async () => {
    // circomlib's IsZero: the hint `inv` of a 0 is multiplied by it.
    const harmless = /\.inv$/;
    for (const { input } of ALL_MERGES) {
      const circuit = circuits[nameFor(input)];
      const { values } = await calculateWitness(circuit, { ...input });
      const free = freeWires(circuit, values);
      expect(free.filter((name) => !harmless.test(name))).to.deep.equal([]);
    }
  });
});
