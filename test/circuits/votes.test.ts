// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { expect } from "chai";

import {
  contextOf,
  isDrawn,
  NO_DRAW,
  NO_LIMIT,
  packDraw,
  RegistryTree,
  signDrawnVote,
  signVote,
  Transcript,
  unpackDraw,
  voteMessage,
  type Vote,
} from "../../src/b52/index.ts";
import { B8, challenge, hashToCurve, mulBase, poseidon } from "../../src/crypto/index.ts";
import { L, P } from "../../src/field.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { readSymbols } from "../../src/setup/r1cs.ts";
import { bitsOf, compile, compileTemplate, expectRefusal, outputsOf } from "../helpers/circuit.ts";
import { violatedInBoth } from "../helpers/conversion.ts";
import { F } from "../helpers/field.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { Random } from "../helpers/random.ts";
import { DRAWN_VOTE_KINDS, REGISTRY, signerOf, TICKETS, VOTE_KINDS } from "../helpers/randomMerge.ts";

const plusOne = (values: readonly bigint[], index: number): bigint[] =>
  values.map((value, i) => (i === index ? (value + 1n) % P : value));

describe("circuits: Select", () => {
  it("gives the value at each index", async () => {
    const circuit = await compileTemplate("votes/Select.circom", [4]);
    const random = new Random("Select");
    const values = Array.from({ length: 16 }, () => random.bigint(P));
    for (let i = 0; i < 16; i++) {
      expect(await outputsOf(circuit, { values, indexBits: bitsOf(BigInt(i), 4) })).to.deep.equal([values[i]]);
    }
  });
});

describe("circuits: BinaryRoot", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("tree/BinaryRoot.circom", [8]);
  });
  const rootFrom = async (
    index: number,
    leaf: bigint,
    siblings: readonly bigint[] = REGISTRY.path(index),
  ): Promise<bigint> => (await outputsOf(circuit, { leaf, indexBits: bitsOf(BigInt(index), 8), siblings }))[0]!;

  it("reaches the model's root from each leaf, present or not", async () => {
    for (const index of [0, ...TICKETS, 4, 248, 255]) {
      const key = REGISTRY.get(index);
      const leaf = key === undefined ? 0n : poseidon([key.x, key.y]);
      expect(await rootFrom(index, leaf), `${index}`).to.equal(REGISTRY.root);
    }
  });

  it("reaches another root with another leaf, index, or sibling at any level", async () => {
    const { x, y } = REGISTRY.get(100)!;
    const leaf = poseidon([x, y]);
    const siblings = REGISTRY.path(100);
    for (const root of [
      await rootFrom(100, 0n),
      await rootFrom(100, leaf + 1n),
      await rootFrom(101, leaf, siblings),
      ...(await Promise.all(siblings.map((_, level) => rootFrom(100, leaf, plusOne(siblings, level))))),
    ]) {
      expect(root).not.to.equal(REGISTRY.root);
    }
  });
});

describe("circuits: Child", () => {
  const leaf = Array.from({ length: 12 }, (_, i) => 100n + BigInt(i));
  const merge = Array.from({ length: 8 }, (_, i) => 200n + BigInt(i));
  const zeros = (length: number): bigint[] => new Array<bigint>(length).fill(0n);
  const ofLeaf = { digest: poseidon(leaf), isLeaf: 1n, leaf, merge: zeros(8) };
  const ofMerge = { digest: poseidon(merge), isLeaf: 0n, leaf: zeros(12), merge };
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("tree/Child.circom");
  });

  it("takes what is needed from a leaf, and from a merge", async () => {
    // Old root, new root, context, worker, place, delivered, nodes.
    expect(await outputsOf(circuit, ofLeaf)).to.deep.equal([105n, 100n, 110n, 111n, 0n, 0n, 0n]);
    // The last one is the hash of what L1 gives a merge, and no parent reads.
    expect(await outputsOf(circuit, ofMerge)).to.deep.equal(merge.slice(0, 7));
  });

  it("refuses each signal altered, a leaf as a merge, and numbers of the kind not in use", async () => {
    for (let i = 0; i < 12; i++) {
      await expectRefusal(circuit, { ...ofLeaf, leaf: plusOne(leaf, i) }, "Child");
      await expectRefusal(circuit, { ...ofMerge, leaf: plusOne(zeros(12), i) }, "Child");
    }
    for (let i = 0; i < 8; i++) {
      await expectRefusal(circuit, { ...ofMerge, merge: plusOne(merge, i) }, "Child");
      await expectRefusal(circuit, { ...ofLeaf, merge: plusOne(zeros(8), i) }, "Child");
    }
    await expectRefusal(circuit, { ...ofLeaf, isLeaf: 0n }, "Child");
    await expectRefusal(circuit, { ...ofMerge, isLeaf: 1n }, "Child");
    await expectRefusal(circuit, { ...ofLeaf, digest: ofMerge.digest }, "Child");
  });
});

describe("circuits: TicketKey", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("votes/TicketKey.circom", [8]);
  });
  const inputFor = (ticket: number) => {
    const key = REGISTRY.get(ticket);
    return {
      registryRoot: REGISTRY.root,
      ticketBits: bitsOf(BigInt(ticket), 8),
      key: key === undefined ? [0n, 0n] : [key.x, key.y],
      exists: key === undefined ? 0n : 1n,
      path: REGISTRY.path(ticket),
    };
  };

  it("gives each ticket's key, and B8 where there is none", async () => {
    for (const ticket of TICKETS) {
      const { x, y } = REGISTRY.get(ticket)!;
      expect(await outputsOf(circuit, inputFor(ticket))).to.deep.equal([x, y]);
    }
    for (const ticket of [0, 4, 245, 248, 255]) {
      expect(await outputsOf(circuit, inputFor(ticket))).to.deep.equal([B8.x, B8.y]);
    }
  });

  // Zeros, hashed and multiplied, can be any leaf of the registry: then the point would be any multiple of B8's numbers.
  it("refuses an `exists` that is no bit, and opens the root all the same", async () => {
    for (const ticket of TICKETS) {
      const { x, y } = REGISTRY.get(ticket)!;
      const exists = F.div(poseidon([x, y]), poseidon([0n, 0n]));
      await expectRefusal(circuit, { ...inputFor(ticket), key: [0n, 0n], exists }, "TicketKey");
    }
  });

  it("leaves no choice", async () => {
    const present = inputFor(100);
    const absent = inputFor(4);
    for (const forged of [
      { ...present, exists: 0n },
      { ...present, exists: 0n, key: [0n, 0n] },
      { ...present, exists: 2n },
      { ...present, key: inputFor(1).key },
      { ...present, key: plusOne(present.key, 0) },
      { ...present, key: plusOne(present.key, 1) },
      { ...present, ticketBits: inputFor(1).ticketBits },
      { ...present, path: plusOne(present.path, 7) },
      { ...absent, exists: 1n },
      { ...absent, exists: 1n, key: present.key },
      { ...absent, exists: P - 1n },
      { ...absent, key: [1n, 0n] },
      { ...absent, key: present.key },
    ]) {
      await expectRefusal(circuit, forged, "TicketKey");
    }
  });
});

describe("circuits: Vote", () => {
  const vote: Vote = { nodes: 4n, h: 5n, s: 6n };
  const leafOf = ([nodes, h, s]: readonly [bigint, bigint, bigint]): bigint => poseidon([poseidon([nodes, h]), s]);
  const transcript = new Transcript([
    [2, { ticket: 1, vote }],
    [3, { ticket: 2 }],
    [5, { ticket: 2, vote: { nodes: 0n, h: 0n, s: 0n } }],
    [15, { ticket: 2, vote: { nodes: P - 1n, h: P - 1n, s: P - 1n } }],
  ]);
  const inputFor = (node: number) => {
    const { nodes, h, s } = transcript.vote(node) ?? { nodes: 0n, h: 0n, s: 0n };
    return {
      votesRoot: transcript.votesRoot,
      nodeBits: bitsOf(BigInt(node), 4),
      vote: [nodes, h, s],
      exists: transcript.vote(node) === undefined ? 0n : 1n,
      path: transcript.path(node),
    };
  };
  /** The same transcript where votes are drawn. */
  const drawn = new Transcript(
    [2, 3, 5, 15].map((node) => {
      const of = transcript.vote(node);
      const gamma = { x: 7n, y: 8n };
      return [node, { ticket: transcript.ticket(node), vote: of === undefined ? undefined : { ...of, gamma } }];
    }),
  );
  const drawnInputFor = (node: number) => ({
    ...inputFor(node),
    votesRoot: drawn.votesRoot,
    gamma: drawn.vote(node) === undefined ? [0n, 0n] : [7n, 8n],
    path: drawn.path(node),
  });
  let circuit: CompiledCircuit;
  let drawnCircuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("votes/Vote.circom", [4, 0]);
    drawnCircuit = await compileTemplate("votes/Vote.circom", [4, 1]);
  });

  it("opens each place of the transcript, also empty ones and votes of zeros", async () => {
    for (let node = 0; node < 16; node++) {
      expect(await outputsOf(circuit, inputFor(node)), `${node}`).to.deep.equal([]);
      expect(await outputsOf(drawnCircuit, drawnInputFor(node)), `${node}`).to.deep.equal([]);
    }
  });

  it("refuses an `exists` that is no bit, and opens the root all the same", async () => {
    for (const node of [2, 15]) {
      const { nodes, h, s } = transcript.vote(node)!;
      const exists = F.div(leafOf([nodes, h, s]), leafOf([0n, 0n, 0n]));
      await expectRefusal(circuit, { ...inputFor(node), vote: [0n, 0n, 0n], exists }, "Vote");
    }
  });

  it("leaves no choice", async () => {
    const present = inputFor(2);
    const absent = inputFor(3);
    const ofZeros = inputFor(5);
    for (const forged of [
      { ...present, exists: 0n },
      { ...present, exists: 0n, vote: [0n, 0n, 0n] },
      { ...present, exists: 2n },
      ...[0, 1, 2].map((i) => ({ ...present, vote: plusOne(present.vote, i) })),
      ...[0, 1, 2, 3].map((i) => ({ ...present, path: plusOne(present.path, i) })),
      { ...present, nodeBits: bitsOf(6n, 4) },
      { ...ofZeros, exists: 0n },
      { ...absent, exists: 1n },
      ...[0, 1, 2].map((i) => ({ ...absent, vote: plusOne(absent.vote, i) })),
      // Any other order of the three.
      ...[
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ].map((order) => ({ ...present, vote: order.map((i) => present.vote[i]!) })),
    ]) {
      await expectRefusal(circuit, forged, "Vote");
    }
  });

  it("has one form where votes are drawn and another where they are not, and takes neither for the other", async () => {
    for (const node of [2, 5, 15]) {
      const { nodes, h, s } = transcript.vote(node)!;
      const { votesRoot, path } = drawnInputFor(node);
      await expectRefusal(circuit, { ...inputFor(node), votesRoot, path }, "Vote");
      for (const gamma of [[0n, 0n], [1n, 0n], drawnInputFor(node).gamma]) {
        await expectRefusal(drawnCircuit, { ...inputFor(node), gamma }, "Vote");
      }
      // The leaf of a drawn vote is that of another vote where votes are not drawn: not its own, and never signed.
      const forged = { nodes: poseidon([nodes, h]), h: s, s: poseidon([7n, 8n]) };
      const opened = { ...inputFor(node), votesRoot, path, vote: [forged.nodes, forged.h, forged.s] };
      expect(await outputsOf(circuit, opened)).to.deep.equal([]);
    }
    for (const i of [0, 1]) {
      const present = drawnInputFor(2);
      await expectRefusal(drawnCircuit, { ...present, gamma: plusOne(present.gamma, i) }, "Vote");
      const absent = drawnInputFor(3);
      await expectRefusal(drawnCircuit, { ...absent, gamma: plusOne(absent.gamma, i) }, "Vote");
    }
    await expectRefusal(drawnCircuit, { ...drawnInputFor(2), gamma: [8n, 7n] }, "Vote");
  });

  it("takes leaves of two hashes of two numbers, which L1 can compute, and no others of the same three", async () => {
    const { nodes, h, s } = vote;
    const present = inputFor(2);
    const rootOf = (leaf: bigint): bigint =>
      present.path.reduce(
        (node, sibling, level) => poseidon((2 >> level) & 1 ? [sibling, node] : [node, sibling]),
        leaf,
      );
    expect(rootOf(leafOf([nodes, h, s]))).to.equal(transcript.votesRoot);
    for (const leaf of [
      poseidon([nodes, h, s]),
      poseidon([nodes, poseidon([h, s])]),
      poseidon([s, poseidon([nodes, h])]),
      poseidon([nodes, h]),
    ]) {
      await expectRefusal(circuit, { ...present, votesRoot: rootOf(leaf) }, "Vote");
    }
  });

  it("has no wire that can be changed alone", async () => {
    for (const [draws, inputs] of [
      [0, [inputFor(2), inputFor(3)]],
      [1, [drawnInputFor(2), drawnInputFor(3)]],
    ] as const) {
      const unoptimised = await compileTemplate("votes/Vote.circom", [4, draws], "O0");
      for (const input of inputs) {
        const { values } = await calculateWitness(unoptimised, input);
        expect(freeWires(unoptimised, values), `${draws}`).to.deep.equal([]);
      }
    }
  });
});

describe("circuits: TicketLine", () => {
  it("puts the value on the line of the ticket", async () => {
    const circuit = await compileTemplate("votes/TicketLine.circom", [8]);
    for (const ticket of [0, 1, 127, 128, 247, 248, 255]) {
      for (const value of [0n, 1n]) {
        const lines = await outputsOf(circuit, { value, ticketBits: bitsOf(BigInt(ticket), 8) });
        expect(lines).to.deep.equal(Array.from({ length: 256 }, (_, i) => (i === ticket ? value : 0n)));
      }
    }
  });
});

describe("circuits: TicketUnion", () => {
  const ALL = (1n << 248n) - 1n;
  const noLines = [0, 1, 2].map(() => new Array<bigint>(248).fill(0n));
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("votes/TicketUnion.circom", [248, 2, 3]);
  });

  it("is the union, whatever is in several sets", async () => {
    const random = new Random("TicketUnion");
    const edges = [0n, 1n, ALL, 1n << 247n];
    for (let i = 0; i < 30; i++) {
      const sets = [0, 1].map(() => (random.chance(0.5) ? random.pick(edges) : random.bigint(1n << 248n)));
      const tickets = noLines.map(() => (random.chance(0.3) ? undefined : random.pick([0, 1, 100, 247])));
      const lines = tickets.map((ticket) => Array.from({ length: 248 }, (_, j) => (j === ticket ? 1n : 0n)));
      const expected = tickets.reduce(
        (union, ticket) => union | (ticket === undefined ? 0n : 1n << BigInt(ticket)),
        sets[0]! | sets[1]!,
      );
      expect(await outputsOf(circuit, { sets, lines })).to.deep.equal([expected]);
    }
  });

  it("has no witness for a bitmap of more than 248 bits, which no proof has", async () => {
    for (const wide of [1n << 248n, P - 1n]) {
      await expectRefusal(circuit, { sets: [wide, 0n], lines: noLines }, "Num2Bits");
      await expectRefusal(circuit, { sets: [0n, wide], lines: noLines }, "Num2Bits");
    }
  });
});

describe("circuits: VoteCheck", () => {
  const context = contextOf(1n << 255n);
  const NODE = 6;
  let circuit: CompiledCircuit;
  let drawnCircuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("votes/VoteCheck.circom", [8, 4, 0]);
    drawnCircuit = await compileTemplate("votes/VoteCheck.circom", [8, 4, 1]);
  });

  const gammaOf = (vote: Vote | undefined): bigint[] =>
    vote?.gamma === undefined ? [0n, 0n] : [vote.gamma.x, vote.gamma.y];
  const inputFor = (
    ticket: number,
    vote: Vote | undefined,
    { node = NODE, registry = REGISTRY, draw = NO_DRAW } = {},
  ) => {
    const transcript = new Transcript([[node, { ticket, vote }]]);
    const key = registry.get(ticket);
    const { seed, limit } = unpackDraw(draw);
    const base = hashToCurve(seed);
    const input = {
      nodeBits: bitsOf(BigInt(node), 4),
      ticketBits: bitsOf(BigInt(ticket), 8),
      context,
      registryRoot: registry.root,
      votesRoot: transcript.votesRoot,
      vote: vote === undefined ? [0n, 0n, 0n] : [vote.nodes, vote.h, vote.s],
      voteExists: vote === undefined ? 0n : 1n,
      votesPath: transcript.path(node),
      key: key === undefined ? [0n, 0n] : [key.x, key.y],
      keyExists: key === undefined ? 0n : 1n,
      registryPath: registry.path(ticket),
      ...(draw === NO_DRAW ? {} : { seed, limit, base: [base.x, base.y], gamma: gammaOf(vote) }),
    };
    return { input, expected: transcript.isValid(node, context, { registry, draw }) ? 1n : 0n };
  };

  for (const [i, [kind, make]] of Object.entries(VOTE_KINDS).entries()) {
    it(`finds a vote ${kind} ${i < 2 ? "valid" : "not valid"}, for each kind of ticket`, async () => {
      for (const ticket of TICKETS) {
        const random = new Random(`${kind} ${ticket}`);
        const { input, expected } = inputFor(ticket, make({ context, ticket, node: NODE, random }));
        expect(expected, "by the model").to.equal(i < 2 ? 1n : 0n);
        expect(await outputsOf(circuit, input), `${ticket}`).to.deep.equal([expected]);
      }
    });
  }

  const SEED = 77n;
  for (const [i, [kind, make]] of Object.entries(DRAWN_VOTE_KINDS).entries()) {
    it(`finds a vote ${kind}, ${i < 2 ? "valid if the ticket is elected" : "never valid"}`, async () => {
      // A ticket whose key has a part of small order, and one of two tickets of one key.
      const limit = i < 2 ? NO_LIMIT / 2n : NO_LIMIT;
      for (const ticket of i === 0 ? TICKETS : [3, 247]) {
        const random = new Random(`${kind} ${ticket}`);
        const draw = packDraw({ seed: SEED, limit });
        const vote = make({ context, ticket, node: NODE, random, seed: SEED });
        const { input, expected } = inputFor(ticket, vote, { draw });
        expect(expected, "by the model").to.equal(i < 2 && isDrawn(signerOf(ticket), ticket, draw) ? 1n : 0n);
        expect(await outputsOf(drawnCircuit, input), `${ticket}`).to.deep.equal([expected]);
      }
    });
  }

  it("elects some of the tickets with half the range, and so meets both results", () => {
    const draw = packDraw({ seed: SEED, limit: NO_LIMIT / 2n });
    const elected = TICKETS.filter((ticket) => isDrawn(signerOf(ticket), ticket, draw));
    expect(elected.length).to.be.within(1, TICKETS.length - 1);
  });

  it("takes a vote under another seed, base or limit for what it is there", async () => {
    const draw = packDraw({ seed: SEED, limit: NO_LIMIT });
    const vote = signDrawnVote(signerOf(1), { context, ticket: 1, nodes: 1n << BigInt(NODE) }, SEED);
    const { input } = inputFor(1, vote, { draw });
    expect(await outputsOf(drawnCircuit, input)).to.deep.equal([1n]);
    const other = hashToCurve(SEED + 1n);
    for (const changes of [
      { seed: SEED + 1n },
      { base: [other.x, other.y] },
      { limit: 0n },
      { context: context + 256n },
    ]) {
      expect(await outputsOf(drawnCircuit, { ...input, ...changes })).to.deep.equal([0n]);
    }
    // Where tickets are not drawn, the vote has another message.
    const plain = inputFor(1, { nodes: vote.nodes, h: vote.h, s: vote.s });
    expect(await outputsOf(circuit, plain.input)).to.deep.equal([0n]);
  });

  it("finds a vote of a ticket without a key not valid", async () => {
    for (const ticket of [0, 4, 245, 248, 255]) {
      const vote = signVote(signerOf(ticket), { context, ticket, nodes: 1n << BigInt(NODE) });
      const { input, expected } = inputFor(ticket, vote);
      expect(expected).to.equal(0n);
      expect(await outputsOf(circuit, input)).to.deep.equal([0n]);
      // With a key, it would be valid, if the ticket is one.
      if (ticket === 4 || ticket === 245) {
        const registry = RegistryTree.of([[ticket, signerOf(ticket).publicKey]]);
        expect(await outputsOf(circuit, inputFor(ticket, vote, { registry }).input)).to.deep.equal([1n]);
      }
    }
  });

  it("finds a signature under B8 not valid: the point only stands in for a key that there is not", async () => {
    // Everybody knows the secret of B8, which is 1.
    const signWithB8 = (nodes: bigint): Vote => {
      const r = 12345n;
      const h = challenge(mulBase(r), B8, voteMessage({ context, ticket: 4, nodes }));
      return { nodes, h, s: (r + 8n * h) % L };
    };
    const vote = signWithB8(1n << BigInt(NODE));
    expect(await outputsOf(circuit, inputFor(4, vote).input)).to.deep.equal([0n]);
    const registry = RegistryTree.of([[4, B8]]);
    expect(await outputsOf(circuit, inputFor(4, vote, { registry }).input)).to.deep.equal([1n]);
    // That the node is not named is another fault, and does not make up for it.
    expect(await outputsOf(circuit, inputFor(4, signWithB8(0n)).input)).to.deep.equal([0n]);
  });

  it("finds a vote for each node, and for no other", async () => {
    for (let node = 1; node < 16; node++) {
      for (const nodes of [1n << BigInt(node), 0xffffn, 0xffffn ^ (1n << BigInt(node))]) {
        const vote = signVote(signerOf(1), { context, ticket: 1, nodes });
        const { input, expected } = inputFor(1, vote, { node });
        expect(expected).to.equal((nodes >> BigInt(node)) & 1n);
        expect(await outputsOf(circuit, input)).to.deep.equal([expected]);
      }
    }
  });

  it("takes nobody's vote for somebody else's key: a ticket with another's key cannot vote", async () => {
    const vote = signVote(signerOf(1), { context, ticket: 1, nodes: 1n << BigInt(NODE) });
    const registry = REGISTRY.set(50, signerOf(1).publicKey);
    expect(await outputsOf(circuit, inputFor(1, vote, { registry }).input)).to.deep.equal([1n]);
    expect(await outputsOf(circuit, inputFor(50, vote, { registry }).input)).to.deep.equal([0n]);
  });

  // The one choice that bits of h + p would give: SignatureCheck finds them not canonical, and a good vote not valid.
  // All else is computed from the false bits as the circuit says; only the strictness of the decomposition refuses
  // them.
  it("leaves no choice between h and h + p", async () => {
    const original = await compileTemplate("votes/VoteCheck.circom", [8, 4, 0], "O0");
    const vote = search((i) => signVote(signerOf(1), { context, ticket: 1, nodes: 64n + 128n * BigInt(i) }));
    const { input, expected } = inputFor(1, vote);
    expect(expected).to.equal(1n);

    const variant = await bitsAsInputs();
    const r1cs = readFileSync(original.r1cs);
    const forge = async (h: bigint): Promise<{ valid: bigint; violated: readonly number[] }> => {
      const bits = [vote.nodes, h, vote.s].map((value) => bitsOf(value, 254));
      const { values, publicSignals } = await calculateWitness(variant, { ...input, bits });
      const wires = readSymbols(variant.sym);
      const honest = await calculateWitness(original, input);
      const forged = [...honest.values];
      for (const [name, wire] of readSymbols(original.sym)) {
        const sources = [
          name,
          // The bits, in whichever part of Num2Bits_strict they stand.
          name.replace(
            /^main\.bits\[(\d)\]\.(?:out|n2b\.out|aliasCheck\.in|aliasCheck\.compConstant\.in)\[/,
            "main.bits[$1][",
          ),
          // The comparison with p − 1 that SignatureCheck has as well.
          name.replace(/^main\.bits\[1\]\.aliasCheck\.compConstant\./, "main.signature.hAboveField."),
        ];
        const source = sources.find((candidate) => wires.has(candidate));
        if (source !== undefined) {
          forged[wire] = values[wires.get(source)!]!;
        }
      }
      return { valid: publicSignals[0]!, violated: violatedInBoth(r1cs, forged) };
    };
    expect(await forge(vote.h)).to.deep.equal({ valid: 1n, violated: [] });
    const { valid, violated } = await forge(vote.h + P);
    expect(valid).to.equal(0n);
    expect(violated).to.have.lengthOf(1);
  });

  /** A vote whose h + p has 254 bits. */
  function search(make: (i: number) => Vote): Vote {
    for (let i = 0; ; i++) {
      const vote = make(i);
      if (vote.h + P < 1n << 254n) {
        return vote;
      }
    }
  }

  /** VoteCheck with the bits of a vote as inputs, which nothing compares with the vote. */
  async function bitsAsInputs(): Promise<CompiledCircuit> {
    const folder = join(PROJECT_ROOT, "circuits", "lib", "votes");
    const path = join(BUILD, "test-circuits", "forgeable", "ForgeableVoteCheck.circom");
    const include = (file: string): string => relative(dirname(path), join(folder, file));
    const source = readFileSync(join(folder, "VoteCheck.circom"), "utf8")
      .replace("template VoteCheck(", "template ForgeableVoteCheck(")
      .replace("component bits[3];", "signal input bits[3][254];")
      .replace(/ {4}for \(var i = 0; i < 3; i\+\+\) \{\n {8}bits\[i\] = Num2Bits_strict\(\);\n.*\n {4}\}\n/, "")
      .replaceAll(/bits\[(NODES|H|S)\]\.out/g, "bits[$1]")
      .replaceAll(/include "((?:\.\.|[A-Z]).*)"/g, (_, file: string) => `include "${include(file)}"`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, source);
    return compile(relative(PROJECT_ROOT, path), [8, 4, 0], "O0");
  }
});
