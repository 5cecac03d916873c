// SPDX-License-Identifier: MIT
import { expect } from "chai";

import type { MessageKind } from "../../src/node/index.ts";
import { Clock, SECOND, seconds } from "../../tools/simulation/clock.ts";
import { NO_BUILDERS, PROOF_TIMES, USUAL } from "../../tools/simulation/defaults.ts";
import { Dice } from "../../tools/simulation/dice.ts";
import { Internet, type InternetOptions } from "../../tools/simulation/internet.ts";
import { sizeOf } from "../../tools/simulation/parcels.ts";
import { simulateRelays, type RelayPlan } from "../../tools/simulation/relays.ts";
import { simulateRound, type Scenario } from "../../tools/simulation/round.ts";
import { MESSAGES } from "../helpers/gossipWorld.ts";
import { expectClose } from "../helpers/expectClose.ts";

const IDEAL: InternetOptions = {
  ...{ hosts: 2, roundTrip: () => 0, jitter: 0, bandwidth: Number.POSITIVE_INFINITY, loss: 0, drop: 0, partitions: [] },
};

/** Seconds at which bytes arrive that were sent at the given seconds. */
function arrivals(
  options: Partial<InternetOptions>,
  sent: readonly (readonly [at: number, bytes: number])[],
): number[] {
  const clock = new Clock();
  const internet = new Internet(clock, new Dice(1, "internet"), { ...IDEAL, ...options });
  const arrived: number[] = [];
  for (const [at, bytes] of sent) {
    clock.at(seconds(at), () => internet.send(0, 1, bytes, () => arrived.push(clock.now / SECOND)));
  }
  clock.run(seconds(1_000));
  return arrived;
}

describe("The simulated clock", () => {
  it("lets things happen by their time, and by their order at one time, whatever the order of the plan", () => {
    const dice = new Dice(7, "clock");
    const clock = new Clock();
    const happened: [number, number][] = [];
    for (let i = 0; i < 500; i++) {
      const at = dice.below(50);
      clock.at(at, () => happened.push([at, i]));
    }
    clock.run(1_000);
    const expected = [...happened].sort(([a, i], [b, j]) => a - b || i - j);
    expect(happened).to.deep.equal(expected);
    expect(happened).to.have.lengthOf(500);
  });

  it("lets nothing happen in the past, nor at or after the end of a run", () => {
    const clock = new Clock();
    const seen: number[] = [];
    clock.at(10, () => clock.at(5, () => seen.push(clock.now)));
    clock.at(20, () => seen.push(clock.now));
    clock.run(20);
    expect(seen).to.deep.equal([10]);
    expect(clock.now).to.equal(20);
  });
});

describe("A simulated connection", () => {
  it("takes half a round trip, and the time of its bytes and headers on the sender's line, one message after the other", () => {
    expect(arrivals({ roundTrip: () => 0.1 }, [[1, 500]])).to.deep.equal([1.05]);
    // 960 bytes and 40 of headers are 8,000 bits.
    const sent = [
      [0, 960],
      [0, 960],
    ] as const;
    expect(arrivals({ roundTrip: () => 0.1, bandwidth: 8_000 }, sent)).to.deep.equal([1.05, 2.05]);
  });

  it("takes a round trip more for each time that the window of TCP has to grow", () => {
    const roundTrip = (): number => 1;
    const packets = (count: number): number => arrivals({ roundTrip }, [[0, count * 1_460]])[0]!;
    expect([10, 11, 30, 31, 70, 71].map(packets)).to.deep.equal([0.5, 1.5, 1.5, 2.5, 2.5, 3.5]);
  });

  it("is late by 0.2 seconds and the round trip for a packet that is lost once, three times that if twice, and keeps its order", () => {
    const times = arrivals(
      { roundTrip: () => 0.1, loss: 0.3 },
      Array.from({ length: 200 }, (_, i) => [10 * i, 100] as const),
    );
    const late = times.map((at, i) => Math.round((at - 10 * i - 0.05) / 0.3));
    // 2^k − 1 times the pause, for k losses.
    expect(late.every((pauses) => [0, 1, 3, 7, 15, 31].includes(pauses))).to.equal(true);
    expect(late.filter((pauses) => pauses === 0).length / late.length).to.be.within(0.6, 0.8);
    const close = arrivals(
      { roundTrip: () => 0.1, loss: 0.3 },
      Array.from({ length: 200 }, (_, i) => [i / 100, 100] as const),
    );
    expect(close).to.deep.equal([...close].sort((a, b) => a - b));
    expect(close).to.have.lengthOf(200);
  });

  it("brings what was sent in a cut when TCP tries again after it, and loses it if the cut is so long that it is closed", () => {
    const cut = (until: number): InternetOptions["partitions"] => [{ from: 1, until, groupOf: (host) => host }];
    // Attempts 0.2, 0.4, 0.8, 1.6 seconds after the message.
    expect(
      arrivals({ partitions: cut(2) }, [
        [0.5, 1],
        [1, 1],
        [1.5, 1],
      ]),
    ).to.deep.equal([0.5, 2.6, 2.6]);
    expect(
      arrivals({ partitions: cut(20) }, [
        [0.5, 1],
        [1, 1],
        [30, 1],
      ]),
    ).to.deep.equal([0.5, 30]);
  });
});

describe("The simulated gossipsub", () => {
  const clique = (hosts: number): [number, number][] =>
    Array.from({ length: hosts }, (_, i) => Array.from({ length: i }, (_unused, j): [number, number] => [i, j])).flat();
  const plan = (hosts: number, changes: Partial<RelayPlan> = {}): RelayPlan => ({
    ...{ seed: 1, identity: { chainId: 31337n, rollup: "0x52" }, internet: { ...IDEAL, hosts }, decision: 0 },
    ...{ dials: clique(hosts), published: [{ at: 5, host: 0, kind: "vote", bytes: 99 }], after: 20 },
    ...changes,
  });

  it("sends a small message n − 1 + (n − 1)(n − 2) times if the mesh has all n hosts", () => {
    for (const hosts of [2, 3, 4, 5]) {
      expect(simulateRelays(plan(hosts)).received.vote).to.equal(hosts - 1 + (hosts - 1) * (hosts - 2));
    }
  });

  it("sends a large message n − 1 times if each decision takes longer than the word that it has come", () => {
    const published = [{ at: 5, host: 0, kind: "block", bytes: 12_000 }] as const;
    const internet = { ...IDEAL, hosts: 5, roundTrip: (): number => 0.02 };
    expect(simulateRelays(plan(5, { published, internet, decision: 50 })).received.block).to.equal(4);
    expect(simulateRelays(plan(5, { published, internet, decision: 1 })).received.block).to.equal(16);
  });

  it("takes a half round trip and a decision for each hop of a chain", () => {
    const dials = [0, 1, 2, 3, 4].map((i): [number, number] => [i, i + 1]);
    const internet = { ...IDEAL, hosts: 6, roundTrip: (): number => 0.1 };
    const { delays } = simulateRelays(plan(6, { dials, internet, decision: 30 }));
    expect(delays[0]!.map((delay) => Math.round(1e6 * delay))).to.deep.equal(
      [0, 1, 2, 3, 4, 5].map((hop) => 80_000 * hop),
    );
  });

  it("keeps meshes of at most 8 peers, and brings every message to every host, also if one RPC of seven is lost", () => {
    const dice = new Dice(3, "graph");
    const dials = Array.from({ length: 40 }, (_, i) => [1, 2, 3, 4, 5].map((): [number, number] => [i, dice.below(40)]))
      .flat()
      .filter(
        ([a, b], i, all) => a !== b && all.findIndex(([c, d]) => (a === c && b === d) || (a === d && b === c)) === i,
      );
    const kinds: MessageKind[] = ["vote", "block", "proof"];
    const published = Array.from({ length: 60 }, (_, i) => ({
      ...{ at: 5 + i / 10, host: dice.below(40), kind: kinds[i % 3]!, bytes: i % 3 === 1 ? 12_000 : 300 },
    }));
    const internet = { ...IDEAL, hosts: 40, roundTrip: (): number => 0.1, drop: 0.15 };
    const { delays, received, pulled } = simulateRelays(plan(40, { dials, published, internet, decision: 5 }));
    expect(delays.flat().every(Number.isFinite)).to.equal(true);
    expect(pulled).to.be.greaterThan(0);
    // A host sends on to at most 7 of 8 peers, and its own to all; pulled ones come on top.
    expect(received.vote! / 20).to.be.below(39 * 8);
  });
});

describe("The sizes of simulated messages", () => {
  it("are those of the encoding, and go on with its fields for larger trees", () => {
    for (const message of MESSAGES) expect(sizeOf(message, 2)).to.be.greaterThan(0);
    const proofs = MESSAGES.filter(({ kind }) => kind === "proof");
    expect(proofs.map((proof) => sizeOf(proof, 8))).to.deep.equal([293, 293, 392]);
    // One byte more for the number of a node, and 16 bits for each set of a merge.
    expect(proofs.map((proof) => sizeOf(proof, 16))).to.deep.equal([294, 294, 397]);
    const vote = MESSAGES.find(({ kind }) => kind === "vote")!;
    expect([8, 16, 64].map((leaves) => sizeOf(vote, leaves))).to.deep.equal([99, 101, 113]);
    const offer = MESSAGES.find(({ kind }) => kind === "proposal")!;
    expect([8, 64].map((leaves) => sizeOf(offer, leaves))).to.deep.equal([175, 175]);
  });
});

describe("A simulated round without a network", () => {
  /** Nothing takes time but proofs; L1's blocks are as they are. */
  const bare: Scenario = {
    ...USUAL,
    ...{ proposers: 1, provers: 15, place: "machine", distance: 0, jitter: 0, bandwidth: Number.POSITIVE_INFINITY },
    ...{ look: 0, signing: 0, traffic: false, l1: { blockTime: 12, delay: 0, skip: 0 } },
    costs: {
      decide: { transaction: 0, proposal: 0, vote: 0, transcript: 0, block: 0, proof: 0, ...NO_BUILDERS },
      ...{ verify: 0, execute: 0, refuse: 0 },
    },
    ...{ profile: "development", times: PROOF_TIMES.development, dials: 3 },
  };

  it("takes exactly the longest path of its proofs, whatever the speeds are", () => {
    for (const [leaves, spread, seed] of [
      [2, 1, 1],
      [4, 1, 1],
      [8, 1, 1],
      [2, 3, 2],
      [4, 3, 3],
      [8, 3, 4],
    ] as const) {
      const { blocks } = simulateRound({ ...bare, leaves, spread, seed });
      const [block] = blocks;
      expect(block!.tickets, "each node by another ticket").to.equal(2 * leaves - 1);
      expectClose(block!.proven!, block!.path, 1e-5);
      expect(block!.credited).to.equal(block!.proven);
      if (spread === 1) expectClose(block!.path, 12 + 5.6 * Math.log2(leaves), 1e-9);
    }
  });

  it("takes the sum of all proofs if one prover makes them", () => {
    const { blocks } = simulateRound({ ...bare, provers: 1, leaves: 4, spread: 1 });
    expect(blocks[0]!.tickets).to.equal(1);
    expectClose(blocks[0]!.proven!, 4 * 12 + 3 * 5.6, 1e-5);
  });
});
