// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  contextOf,
  isTicket,
  isValidVote,
  leafContext,
  NO_DRAW,
  nodesBitmap,
  nodesOf,
  packPromised,
  RegistryTree,
  signVote,
  Transcript,
  treeSize,
  unpackPromised,
  voteMessage,
  type NodePromise,
} from "../../src/b52/index.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { createSigner, poseidon, verifySignature, type Point } from "../../src/crypto/index.ts";
import { P, type Field } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";
import { check, uint } from "../helpers/properties.ts";
import { Random } from "../helpers/random.ts";
import { signerOf, VOTE_KINDS } from "../helpers/randomMerge.ts";
import { SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const CONTEXT = contextOf(0xabcdefn << 200n);
const key = (ticket: number): Point => signerOf(ticket).publicKey;

/** The root of a whole tree, without any shortcut. */
function naiveRoot(leaves: readonly bigint[]): bigint {
  let level = [...leaves];
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) => poseidon(level.slice(2 * i, 2 * i + 2)));
  }
  return level[0]!;
}

const rootFrom = (leaf: bigint, index: number, path: readonly Field[]): bigint =>
  path.reduce((node, sibling, height) => poseidon((index >> height) & 1 ? [sibling, node] : [node, sibling]), leaf);

describe("b52: tickets", () => {
  it("are 1 … 247", () => {
    expect([-1, 0, 1, 247, 248, 1.5].map(isTicket)).to.deep.equal([false, false, true, true, false, false]);
  });

  it("have a registry that is the tree of their keys", () => {
    const registry = RegistryTree.of([1, 2, 247].map((ticket): [number, Point] => [ticket, key(ticket)]));
    const leafAt = (ticket: number): bigint =>
      [1, 2, 247].includes(ticket) ? poseidon([key(ticket).x, key(ticket).y]) : 0n;
    expect(registry.root).to.equal(naiveRoot(Array.from({ length: 256 }, (_, ticket) => leafAt(ticket))));
    for (const ticket of [0, 1, 2, 3, 247, 255]) {
      expect(rootFrom(leafAt(ticket), ticket, registry.path(ticket))).to.equal(registry.root);
    }
    expect(registry.get(2)).to.deep.equal(key(2));
    expect(registry.get(3)).to.equal(undefined);
  });

  it("can be set and removed, which leaves older registries as they are", () => {
    const empty = RegistryTree.empty();
    const one = empty.set(5, key(5));
    expect(empty.get(5)).to.equal(undefined);
    expect(one.root).not.to.equal(empty.root);
    expect(one.set(5, key(6)).root).not.to.equal(one.root);
    expect(one.remove(5).root).to.equal(empty.root);
    expect(one.remove(6).root).to.equal(one.root);
    expect(one.set(6, key(5)).get(6)).to.deep.equal(one.get(5));
  });

  it("have ids and keys that L1 would take", () => {
    const registry = RegistryTree.empty();
    for (const ticket of [-1, 0, 248, 255, 1.5]) {
      expectError(() => registry.set(ticket, key(1)), "OUT_OF_RANGE");
      expectError(() => registry.remove(ticket), "OUT_OF_RANGE");
    }
    expectError(() => registry.set(1, { x: key(1).x, y: key(2).y }), "NOT_ON_CURVE");
    for (const point of SMALL_ORDER_POINTS) {
      expectError(() => registry.set(1, point), "KEY_SMALL_ORDER");
    }
    expectError(() => registry.path(256), "OUT_OF_RANGE");
  });
});

describe("b52: nodes", () => {
  it("are those of the least tree", () => {
    expect([1, 2, 3, 4, 5, 8].map(treeSize)).to.deep.equal([2, 2, 4, 4, 8, 8]);
    expectError(() => treeSize(0), "OUT_OF_RANGE");
    expectError(() => treeSize(9), "OUT_OF_RANGE");
    expect(nodesOf(4)).to.deep.equal([7, 6, 5, 4, 3, 2, 1]);
  });

  it("have contexts of their own, below 2^248, that no other proposal has", () => {
    expect(contextOf((1n << 256n) - 1n)).to.equal((1n << 248n) - 256n);
    expect(contextOf(0xffffn)).to.equal(0n);
    expect(contextOf(0x10000n)).to.equal(256n);
    expect(leafContext(contextOf((1n << 256n) - 1n), 15)).to.be.below(1n << 248n);
    expectError(() => contextOf(1n << 256n), "OUT_OF_RANGE");
    check([uint(256)], (proposal) => {
      expect(leafContext(contextOf(proposal), 15) >> 8n).to.equal(proposal >> 16n);
    });
  });
});

describe("b52: votes", () => {
  it("are signatures of Poseidon(context, ticket, nodes) by an ordinary wallet", () => {
    const signer = createSigner(new Uint8Array(32).fill(7));
    const nodes = nodesBitmap([1, 5]);
    const vote = signVote(signer, { context: CONTEXT, ticket: 9, nodes });
    expect(nodes).to.equal(0b100010n);
    expect(voteMessage({ context: CONTEXT, ticket: 9, nodes })).to.equal(poseidon([CONTEXT, 9n, nodes]));
    expect(verifySignature(signer.publicKey, poseidon([CONTEXT, 9n, nodes]), vote)).to.equal(true);
    const subject = { context: CONTEXT, ticket: 9, key: signer.publicKey, draw: NO_DRAW };
    const valid = Array.from({ length: 16 }, (_, node) => node).filter((node) =>
      isValidVote(vote, { ...subject, node }),
    );
    expect(valid).to.deep.equal([1, 5]);
    expect(isValidVote(vote, { ...subject, node: 1, key: undefined })).to.equal(false);
    expect(isValidVote(undefined, { ...subject, node: 1 })).to.equal(false);
    expectError(() => signVote(signer, { context: CONTEXT, ticket: 9, nodes: 1n << 16n }), "OUT_OF_RANGE");
    for (const node of [0, 16, 1.5]) {
      expectError(() => nodesBitmap([node]), "OUT_OF_RANGE");
    }
  });

  for (const [i, [kind, make]] of Object.entries(VOTE_KINDS).entries()) {
    it(`${kind}: ${i < 2 ? "valid" : "not valid"}`, () => {
      const subject = { context: CONTEXT, ticket: 247, node: 3 };
      const vote = make({ ...subject, random: new Random(kind) });
      expect(isValidVote(vote, { ...subject, key: key(247), draw: NO_DRAW })).to.equal(i < 2);
    });
  }
});

describe("b52: transcript", () => {
  const vote = (ticket: number, node: number) =>
    signVote(signerOf(ticket), { context: CONTEXT, ticket, nodes: nodesBitmap([node]) });
  const promises: [number, NodePromise][] = [
    [1, { ticket: 1, vote: vote(1, 1) }],
    [2, { ticket: 255 }],
    [15, { ticket: 247, vote: vote(247, 15) }],
    [7, { ticket: 0, vote: { nodes: P - 1n, h: 0n, s: 1n } }],
  ];
  const transcript = new Transcript(promises);

  it("packs who was promised what", () => {
    expect(transcript.promised).to.equal((1n << 8n) | (255n << 16n) | (247n << 120n));
    expect(unpackPromised(transcript.promised)).to.deep.equal([0, 1, 255, ...new Array<number>(12).fill(0), 247]);
    check([uint(120)], (bytes) => {
      const promised = bytes << 8n;
      expect(packPromised([...unpackPromised(promised).entries()].slice(1))).to.equal(promised);
    });
  });

  it("has the root of its votes, and paths to them", () => {
    const leaves = Array.from({ length: 16 }, (_, node) => {
      const voted = transcript.vote(node);
      return voted === undefined ? 0n : poseidon([poseidon([voted.nodes, voted.h]), voted.s]);
    });
    expect(leaves.filter((leaf) => leaf !== 0n)).to.have.lengthOf(3);
    expect(transcript.votesRoot).to.equal(naiveRoot(leaves));
    leaves.forEach((leaf, node) => {
      expect(rootFrom(leaf, node, transcript.path(node))).to.equal(transcript.votesRoot);
    });
  });

  it("says which votes are valid", () => {
    const registry = RegistryTree.of([1, 247].map((ticket): [number, Point] => [ticket, key(ticket)]));
    const valid = (of: RegistryTree): number[] =>
      Array.from({ length: 16 }, (_, node) => node).filter((node) =>
        transcript.isValid(node, CONTEXT, { registry: of, draw: NO_DRAW }),
      );
    expect(valid(registry)).to.deep.equal([1, 15]);
    expect(valid(registry.remove(1))).to.deep.equal([15]);
    expect(transcript.isValid(1, CONTEXT + 256n, { registry, draw: NO_DRAW })).to.equal(false);
  });

  it("is taken in as it was published, and no other", () => {
    const { promised, votes, votesRoot } = transcript;
    const decoded = Transcript.decode(promised, votes, votesRoot);
    expect([decoded.promised, decoded.votesRoot]).to.deep.equal([promised, votesRoot]);
    expect(decoded.votes).to.deep.equal(votes);
    const refuses = (
      code: ErrorCode,
      changes: Partial<{ promised: bigint; votes: typeof votes; votesRoot: bigint }>,
    ) => {
      const changed = { promised, votes, votesRoot, ...changes };
      expectError(() => Transcript.decode(changed.promised, changed.votes, changed.votesRoot), code);
    };
    refuses("BAD_TRANSCRIPT", { promised: promised + 1n });
    refuses("OUT_OF_RANGE", { promised: promised + (1n << 128n) });
    refuses("OUT_OF_RANGE", { promised: -1n });
    refuses("BAD_TRANSCRIPT", { votesRoot: (votesRoot + 1n) % P });
    refuses("BAD_TRANSCRIPT", { votes: votes.slice(0, 15) });
    refuses("BAD_TRANSCRIPT", { votes: [...votes, undefined] });
    refuses("BAD_TRANSCRIPT", { votes: [votes[1], ...votes.slice(1)] });
    refuses("BAD_TRANSCRIPT", { votes: votes.map((item, node) => (node === 15 ? undefined : item)) });
    refuses("NOT_A_FIELD_ELEMENT", {
      votes: votes.map((item, node) => (node === 15 ? { ...vote(247, 15), s: P } : item)),
    });
  });

  it("has no node outside the tree, and no ticket of more than a byte", () => {
    for (const node of [0, 16, -1, 1.5]) {
      expectError(() => new Transcript([[node, { ticket: 1 }]]), "OUT_OF_RANGE");
    }
    expectError(() => new Transcript([[1, { ticket: 256 }]]), "OUT_OF_RANGE");
    expectError(() => new Transcript([[1, { ticket: -1 }]]), "OUT_OF_RANGE");
  });
});
