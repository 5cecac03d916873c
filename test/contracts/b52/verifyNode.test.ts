// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Contract, Interface } from "ethers";

import type { MockVerifier } from "../../../typechain-types/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import { encodeStatements, mockProof } from "../../helpers/b52Block.ts";
import { sharedNetwork } from "../../helpers/b52Network.ts";
import { Random, seedFor } from "../../helpers/random.ts";

const [LEAF, MERGE] = [0n, 1n];
const LEAF_SIGNALS = 13;
const MERGE_SIGNALS = 11;
const LEAF_DIGEST = 5;
const { slots: SLOTS } = DEVELOPMENT;
const [MERGE_DIGEST, DELIVERED, NODES] = [0, 1, 2];
const ROOT = 1;
const [CREDITED, DEFAULTED] = [1n << 1n, 1n << 17n];

const BLOCK_VERIFICATION = new Interface([
  "function verifyNode(address,uint256,bytes,uint256,uint256,uint256[8],uint256) view",
]);

/** MockVerifier accepts a proof for exactly its words: so these say what `verifyNode` asks of a defender. */
describe("B52: the statement that a defence has to prove", () => {
  const random = new Random(seedFor("verifyNode"));
  let verifier: MockVerifier;
  let library: Contract;

  before(async () => {
    const { connection, libraries } = await sharedNetwork();
    const { ethers } = connection;
    verifier = await ethers.deployContract("MockVerifier");
    const [signer] = await ethers.getSigners();
    library = new Contract(libraries["BlockVerification"]!, BLOCK_VERIFICATION, signer);
  });

  /** Words of exits in some slots of a leaf. */
  const anyExits = (): bigint[] =>
    Array.from({ length: SLOTS }, (_, slot) => BigInt(slot)).flatMap((slot) =>
      random.chance(0.5) ? [] : [(slot << 176n) + 2n + random.bigint(1n << 160n), random.bigint(1n << 128n)],
    );

  /** A tree of `leaves` leaves with arbitrary statements, by node. */
  const anyTree = (leaves: number): Map<number, bigint[]> => {
    const inputs = new Map<number, bigint[]>();
    for (let i = 0; i < 2 * leaves - 1; i++) {
      const length = i < leaves ? LEAF_SIGNALS : MERGE_SIGNALS;
      const words = Array.from({ length }, () => random.bigint(1n << 248n));
      if (i < leaves) words.push(...anyExits());
      inputs.set(i < leaves ? leaves + i : i - leaves + 1, words);
    }
    return inputs;
  };
  const encode = (tree: ReadonlyMap<number, bigint[]>, leaves: number): string =>
    encodeStatements(
      [...tree].map(([node, inputs]) => ({ circuit: node < leaves ? MERGE : LEAF, proof: Array(8).fill(7n), inputs })),
    );

  interface Defence {
    readonly ticket: bigint;
    readonly statements: string;
    readonly leaves: number;
    readonly node: number;
    readonly digest: bigint;
  }
  /** Shows a proof that is made for `inputs`. */
  const show = ({ ticket, statements, leaves, node, digest }: Defence, inputs: readonly bigint[]): Promise<unknown> => {
    const proof = mockProof(node < leaves ? MERGE : LEAF, inputs);
    return library.getFunction("verifyNode")(verifier, ticket, statements, leaves, node, proof, digest);
  };
  const refuses = async (defence: Defence, inputs: readonly bigint[]): Promise<void> => {
    await expect(show(defence, inputs)).to.be.revertedWithCustomError(verifier, "ProofsRejected");
  };

  it("of the root that its ticket delivered it, in both sets: the circuit counts the root's vote by its own worker", async () => {
    for (const leaves of [2, 4, 8]) {
      for (const hasDelivered of [false, true]) {
        const ticket = 1n + random.bigint(247n);
        const tree = anyTree(leaves);
        const inputs = tree.get(ROOT)!;
        inputs[DELIVERED]! &= ~(1n << ticket);
        if (hasDelivered) inputs[DELIVERED]! |= 1n << ticket;
        inputs[NODES] = (random.bigint(1n << 32n) & ~CREDITED) | DEFAULTED;
        const defence = {
          ticket,
          statements: encode(tree, leaves),
          leaves,
          node: ROOT,
          digest: random.bigint(1n << 248n),
        };

        const claim = [...inputs];
        [claim[MERGE_DIGEST], claim[MERGE_SIGNALS - 1]] = [defence.digest, ticket];
        // The sets of the accepted proof: for these, no witness exists.
        await refuses(defence, claim);
        claim[DELIVERED]! |= 1n << ticket;
        await refuses(defence, claim);
        claim[NODES]! -= DEFAULTED;
        await refuses(defence, claim);
        claim[NODES]! += CREDITED;
        await show(defence, claim);
        for (let i = 0; i < MERGE_SIGNALS; i++) await refuses(defence, claim.with(i, claim[i]! ^ 1n));
      }
    }
  });

  it("of another node the same as the accepted proof, by its ticket", async () => {
    for (const leaves of [2, 4, 8]) {
      for (let node = 2; node < 2 * leaves; node += leaves === 8 ? 3 : 1) {
        const ticket = 1n + random.bigint(247n);
        const tree = anyTree(leaves);
        const claim = [...tree.get(node)!];
        const defence = { ticket, statements: encode(tree, leaves), leaves, node, digest: random.bigint(1n << 248n) };
        await refuses(defence, claim);
        claim[node < leaves ? MERGE_DIGEST : LEAF_DIGEST] = defence.digest;
        await refuses(defence, claim);
        claim[(node < leaves ? MERGE_SIGNALS : LEAF_SIGNALS) - 1] = ticket;
        await show(defence, claim);
        for (let i = 0; i < claim.length; i++) await refuses(defence, claim.with(i, claim[i]! ^ 1n));
      }
    }
  });
});
