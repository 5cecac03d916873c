// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { P } from "../../src/field.ts";
import {
  accountHash,
  accountTuple,
  AccountTree,
  arrivalsRoot,
  BALANCE_LIMIT,
  type Account,
  type Arrivals,
} from "../../src/ledger/index.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { bitsOf, compileTemplate, expectRefusal, outputsOf } from "../helpers/circuit.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { Random } from "../helpers/random.ts";

const { x, y } = createFastSigner("owner").publicKey;
const ORDINARY: Account = { ax: x, ay: y, nonce: 3n, token: 1n, balance: 1000n, owner: 0xa11cen };
const EDGES: readonly Account[] = [
  ORDINARY,
  { ...ORDINARY, nonce: 0n, token: 0n, balance: 0n, owner: 0n },
  { ...ORDINARY, nonce: P - 1n, token: 65535n, balance: BALANCE_LIMIT - 1n, owner: (1n << 160n) - 1n },
];
const ABSENT = accountTuple(undefined);

describe("circuits: AccountHash", () => {
  it("hashes as the model does, and gives 0 for an absent account", async () => {
    const circuit = await compileTemplate("accounts/AccountHash.circom");
    for (const account of EDGES) {
      const input = { account: accountTuple(account), exists: 1n };
      expect(await outputsOf(circuit, input)).to.deep.equal([accountHash(account)]);
    }
    expect(await outputsOf(circuit, { account: ABSENT, exists: 0n })).to.deep.equal([0n]);
  });
});

describe("circuits: KnownAccount", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("accounts/KnownAccount.circom");
  });

  it("hashes as the model does, and gives 0 for an absent account", async () => {
    for (const account of EDGES) {
      const input = { account: accountTuple(account), exists: 1n };
      expect(await outputsOf(circuit, input)).to.deep.equal([accountHash(account)]);
    }
    expect(await outputsOf(circuit, { account: ABSENT, exists: 0n })).to.deep.equal([0n]);
  });

  it("refuses each number of an absent account that is not 0", async () => {
    for (let i = 0; i < 6; i++) {
      for (const value of [1n, P - 1n]) {
        const account = ABSENT.map((zero, field) => (field === i ? value : zero));
        await expectRefusal(circuit, { account, exists: 0n }, "KnownAccount");
      }
    }
  });

  it("refuses an `exists` that is no bit", async () => {
    for (const exists of [2n, P - 1n]) {
      await expectRefusal(circuit, { account: ABSENT, exists }, "KnownAccount");
    }
  });
});

describe("circuits: SubtreeRoot", () => {
  for (const levels of [1, 2]) {
    it(`gives the model's root of ${4 ** levels} places`, async () => {
      const circuit = await compileTemplate("accounts/SubtreeRoot.circom", [levels]);
      const places = Array.from({ length: 4 ** levels }, (_, i) => ({ ...ORDINARY, nonce: BigInt(i) }));
      const some = (taken: (place: number) => boolean): Arrivals => places.map((a, i) => (taken(i) ? a : undefined));
      for (const arrivals of [places, some(() => false), some((i) => i === 0), some((i) => i % 3 === 0)]) {
        const leaves = arrivals.map((arrival) => (arrival === undefined ? 0n : accountHash(arrival)));
        expect(await outputsOf(circuit, { leaves })).to.deep.equal([arrivalsRoot(arrivals, levels)]);
      }
    });
  }
});

for (const depth of [1, 5]) {
  describe(`circuits: PathRoot(${depth})`, () => {
    const capacity = 4 ** depth;
    const random = new Random(`PathRoot ${depth}`);
    const indexes = [0, 1, capacity - 1, random.int(capacity)];
    const tree = indexes.reduce((result, index) => result.set(index, ORDINARY), AccountTree.empty(depth));
    const inputFor = (index: number) => ({
      indexBits: bitsOf(BigInt(index), 2 * depth),
      leaf: tree.get(index) === undefined ? 0n : accountHash(ORDINARY),
      children: tree.path(index),
    });
    let circuit: CompiledCircuit;
    before(async () => {
      circuit = await compileTemplate("accounts/PathRoot.circom", [depth]);
    });

    it("gives the root of the tree, also of places that are empty", async () => {
      for (const index of [...indexes, ...Array.from({ length: 10 }, () => random.int(capacity))]) {
        expect(await outputsOf(circuit, inputFor(index)), `index ${index}`).to.deep.equal([tree.root]);
      }
    });

    it("refuses another leaf, another node on the path, and another index", async () => {
      const input = inputFor(capacity - 1);
      await expectRefusal(circuit, { ...input, leaf: input.leaf + 1n }, "PathRoot");
      await expectRefusal(circuit, { ...input, leaf: 0n }, "PathRoot");
      for (let level = 0; level < depth; level++) {
        await expectRefusal(circuit, { ...input, children: change(input.children, level, 3) }, "PathRoot");
        const indexBits = input.indexBits.map((bit, i) => (i === 2 * level ? 1n - bit : bit));
        await expectRefusal(circuit, { ...input, indexBits }, "PathRoot");
      }
    });

    it("does not reach the root with another sibling", async () => {
      const input = inputFor(capacity - 1);
      const [root] = await outputsOf(circuit, { ...input, children: change(input.children, 0, 0) });
      expect(root).not.to.equal(tree.root);
      if (depth > 1) {
        await expectRefusal(circuit, { ...input, children: change(input.children, depth - 1, 0) }, "PathRoot");
      }
    });
  });
}

for (const depth of [1, 5]) {
  describe(`circuits: PathUpdate(${depth})`, () => {
    const capacity = 4 ** depth;
    const random = new Random(`PathUpdate ${depth}`);
    let circuit: CompiledCircuit;
    let tree: AccountTree;
    before(async () => {
      circuit = await compileTemplate("accounts/PathUpdate.circom", [depth]);
      tree = AccountTree.empty(depth);
      for (let i = 0; i < 6; i++) {
        tree = tree.set(random.int(capacity), { ...ORDINARY, nonce: BigInt(i) });
      }
    });

    const leafAt = (index: number): bigint => {
      const account = tree.get(index);
      return account === undefined ? 0n : accountHash(account);
    };
    const inputFor = (index: number, newLeaf: bigint) => ({
      indexBits: bitsOf(BigInt(index), 2 * depth),
      oldLeaf: leafAt(index),
      newLeaf,
      children: tree.path(index),
    });

    it("gives the tree's roots before and after", async () => {
      const indexes = [0, 1, capacity - 1, ...Array.from({ length: 20 }, () => random.int(capacity))];
      for (const index of [...indexes, ...[...tree.entries()].map(([used]) => used)]) {
        const account = { ...ORDINARY, balance: random.bigint(BALANCE_LIMIT) };
        const outputs = await outputsOf(circuit, inputFor(index, accountHash(account)));
        expect(outputs, `index ${index}`).to.deep.equal([tree.root, tree.set(index, account).root]);
      }
    });

    it("can remove a leaf and put it back", async () => {
      const [index] = [...tree.entries()][0]!;
      const [oldRoot, newRoot] = await outputsOf(circuit, inputFor(index, 0n));
      expect(oldRoot).to.equal(tree.root).and.not.equal(newRoot);
      const unchanged = await outputsOf(circuit, inputFor(index, leafAt(index)));
      expect(unchanged).to.deep.equal([tree.root, tree.root]);
    });

    it("refuses another leaf, and another node on the path", async () => {
      const [index] = [...tree.entries()][0]!;
      const input = inputFor(index, 1n);
      await expectRefusal(circuit, { ...input, oldLeaf: input.oldLeaf + 1n }, "PathUpdate");
      await expectRefusal(circuit, { ...input, oldLeaf: 0n }, "PathUpdate");
      for (let level = 0; level < depth; level++) {
        const digit = Math.floor(index / 4 ** (depth - 1 - level)) % 4;
        const children = change(input.children, level, digit);
        await expectRefusal(circuit, { ...input, children }, "PathUpdate");
      }
    });

    it("does not reach the root with another sibling, nor at another index", async () => {
      const [index] = [...tree.entries()][0]!;
      const input = inputFor(index, 1n);
      const siblings = change(input.children, depth - 1, ((index % 4) + 1) % 4);
      if (depth === 1) {
        const [otherRoot] = await outputsOf(circuit, { ...input, children: siblings });
        expect(otherRoot).not.to.equal(tree.root);
      } else {
        await expectRefusal(circuit, { ...input, children: siblings }, "PathUpdate");
      }
      const elsewhere = { ...input, indexBits: bitsOf(BigInt((index + 1) % capacity), 2 * depth) };
      await expectRefusal(circuit, elsewhere, "PathUpdate");
    });
  });
}

const change = (children: readonly (readonly bigint[])[], level: number, digit: number): bigint[][] =>
  children.map((nodes, l) => nodes.map((node, d) => (l === level && d === digit ? (node + 1n) % P : node)));
