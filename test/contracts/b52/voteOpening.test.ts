// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Transcript, TREE_NODES, type NodePromise, type Vote } from "../../../src/b52/index.ts";
import { P } from "../../../src/field.ts";
import type { VoteOpeningHarness } from "../../../typechain-types/index.ts";
import { sharedNetwork } from "../../helpers/b52Network.ts";
import { Random, seedFor } from "../../helpers/random.ts";

type VoteStruct = Record<"nodes" | "h" | "s" | "gammaX" | "gammaY", bigint>;
const toStruct = ({ nodes, h, s, gamma }: Vote): VoteStruct => ({
  ...{ nodes, h, s },
  ...{ gammaX: gamma?.x ?? 0n, gammaY: gamma?.y ?? 0n },
});
const NOTHING: Vote = { nodes: 0n, h: 0n, s: 0n };
const TRANSCRIPTS = 12;

describe("VoteOpening and Transcript agree on", () => {
  const random = new Random(seedFor("vote opening"));
  let contract: VoteOpeningHarness;
  let failed = 0;
  let opened = 0;

  before(async () => {
    const { connection, libraries } = await sharedNetwork();
    contract = await connection.ethers.deployContract("VoteOpeningHarness", {
      libraries: { Poseidon: libraries["Poseidon"]! },
    });
  });

  type Opening = readonly [
    votesRoot: bigint,
    node: number,
    isDrawn: boolean,
    exists: boolean,
    vote: VoteStruct,
    path: [bigint, bigint, bigint, bigint],
  ];
  const openingOf = (transcript: Transcript, node: number): Opening => {
    const [first, second, third, fourth] = transcript.path(node) as readonly bigint[];
    const vote = transcript.vote(node);
    const isDrawn = vote?.gamma !== undefined;
    return [
      transcript.votesRoot,
      node,
      isDrawn,
      vote !== undefined,
      toStruct(vote ?? NOTHING),
      [first!, second!, third!, fourth!],
    ];
  };
  const opens = async (...opening: Opening): Promise<void> => {
    await contract.requireOpen(...opening);
    opened++;
  };
  const refuses = async (error: string, ...opening: Opening): Promise<void> => {
    await expect(contract.requireOpen(...opening)).to.be.revertedWithCustomError(contract, error);
    failed++;
  };
  const anyNumber = (): bigint => (random.chance(0.2) ? random.pick([0n, 1n, P - 1n]) : random.bigint(P));
  const anyVote = (isDrawn: boolean): Vote => ({
    ...(random.chance(0.1) ? NOTHING : { nodes: anyNumber(), h: anyNumber(), s: anyNumber() }),
    ...(isDrawn ? { gamma: { x: anyNumber(), y: anyNumber() } } : {}),
  });
  const anyTranscript = (): Transcript => {
    const density = random.pick([0, 0.2, 0.5, 1]);
    const isDrawn = random.chance(0.5);
    const promises: [number, NodePromise][] = [];
    for (let node = 1; node < TREE_NODES; node++) {
      if (random.chance(density)) promises.push([node, { ticket: random.int(256), vote: anyVote(isDrawn) }]);
    }
    return new Transcript(promises);
  };
  const transcripts = Array.from({ length: TRANSCRIPTS }, anyTranscript);

  it("the vote for each node, and that there is none", async () => {
    for (const transcript of transcripts) {
      for (let node = 1; node < TREE_NODES; node++) await opens(...openingOf(transcript, node));
    }
    expect(opened).to.equal(TRANSCRIPTS * (TREE_NODES - 1));
  });

  it("nothing else", async () => {
    for (const transcript of transcripts) {
      const node = 1 + random.int(TREE_NODES - 1);
      const [root, , isDrawn, exists, vote, path] = openingOf(transcript, node);
      const delta = 1n + random.bigint(P - 1n);
      const otherPath: typeof path = [...path];
      const level = random.int(4);
      otherPath[level] = (otherPath[level]! + delta) % P;
      await refuses("WrongVote", (root + delta) % P, node, isDrawn, exists, vote, path);
      await refuses("WrongVote", root, node, isDrawn, exists, vote, otherPath);
      for (const name of [...(["nodes", "h", "s"] as const), ...(isDrawn ? (["gammaX", "gammaY"] as const) : [])]) {
        const other = { ...vote, [name]: (vote[name] + delta) % P };
        await refuses(exists ? "WrongVote" : "VoteNotAbsent", root, node, isDrawn, exists, other, path);
        await refuses("WrongVote", root, node, isDrawn, true, other, path);
        const beyond = { ...vote, [name]: vote[name] + P };
        await refuses(exists ? "NotInField" : "VoteNotAbsent", root, node, isDrawn, exists, beyond, path);
      }
      await refuses("WrongVote", root, node, isDrawn, !exists, toStruct(NOTHING), path);
      for (const none of [0, TREE_NODES, TREE_NODES + node]) {
        await refuses("NoSuchNode", root, none, isDrawn, exists, vote, path);
      }
      const elsewhere = 1 + ((node + random.int(TREE_NODES - 2)) % (TREE_NODES - 1));
      const [, , , isThere, voteThere] = openingOf(transcript, elsewhere);
      const names = ["nodes", "h", "s", "gammaX", "gammaY"] as const;
      const isAnother = exists !== isThere || names.some((name) => vote[name] !== voteThere[name]);
      if (isAnother) await refuses("WrongVote", root, elsewhere, isDrawn, exists, vote, path);
    }
    expect(failed).to.be.at.least(TRANSCRIPTS * 15);
  });

  it("keeps the gas of an opening below 170,000, of one without a vote below 115,000, and of one with a point below 225,000", async () => {
    const transcript = new Transcript([[1, { ticket: 1, vote: { nodes: 2n, h: P - 1n, s: P - 2n } }]]);
    const present = await contract.measureRequireOpen(...openingOf(transcript, 1));
    const absent = await contract.measureRequireOpen(...openingOf(transcript, 2));
    expect(present).to.be.below(170_000n).and.above(absent);
    expect(absent).to.be.below(115_000n);
    const gamma = { x: P - 1n, y: P - 2n };
    const drawn = new Transcript([[1, { ticket: 1, vote: { nodes: 2n, h: P - 1n, s: P - 2n, gamma } }]]);
    expect(await contract.measureRequireOpen(...openingOf(drawn, 1))).to.be.below(225_000n);
  });
});
