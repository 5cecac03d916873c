// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther } from "ethers";

import { deliveredBy } from "../../helpers/b52Block.ts";
import { freshB52, type B52Harness, type B52Options, type Block, type Draft } from "../../helpers/b52Harness.ts";

const UNIT = 10n ** 18n;

/** docs/b52.md §6, written again. */
function score(provers: bigint, bid: bigint, slope: bigint, target: bigint): bigint {
  const shortfall = provers < target ? target - provers : 0n;
  const counted = (bid * UNIT * target) / (UNIT * target + slope * shortfall);
  return provers ** 3n * counted ** 2n;
}

/** docs/b52.md §6, written again. */
function nextSlope(slope: bigint, provers: bigint, target: bigint, minimum: bigint, maximum: bigint): bigint {
  if (provers < target) {
    const rise = (slope * (target - provers) + 8n * target - 1n) / (8n * target);
    return slope + rise < maximum ? slope + rise : maximum;
  }
  const surplus = provers - target < target ? provers - target : target;
  const fall = (slope * surplus) / (8n * target);
  return slope - fall > minimum ? slope - fall : minimum;
}

describe("B52: ranking", () => {
  let h: B52Harness;
  const deploy = async (params: B52Options["params"] = {}): Promise<void> => {
    h = await freshB52({ params });
  };

  // ─── Score ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("scores by the cube of the provers and the square of the bid, less below the target", async () => {
    await deploy({ targetProvers: 10n, minSlope: parseEther("0.7") });
    for (const provers of [0n, 1n, 2n, 5n, 9n, 10n, 11n, 100n, 247n]) {
      for (const bid of [1n, 3n, parseEther("1"), parseEther("123.456"), (1n << 96n) - 1n]) {
        expect(await h.b52.scoreOf(provers, bid)).to.equal(score(provers, bid, parseEther("0.7"), 10n));
      }
    }
  });

  it("with the paper's numbers: 49% of the provers have to bid more than 6% more", async () => {
    await deploy({ targetProvers: 1n });
    const majority = await h.b52.scoreOf(51n, parseEther("1"));
    expect(await h.b52.scoreOf(49n, parseEther("1.061"))).to.be.below(majority);
    expect(await h.b52.scoreOf(49n, parseEther("1.062"))).to.be.above(majority);
  });

  // Bid of the minority for each unit of the majority's, in 1e-6: ⌈(majority / minority)^1.5⌉.
  for (const [majority, minority, breakEven] of [
    [51n, 49n, 1_061_846n],
    [60n, 40n, 1_837_118n],
    [70n, 30n, 3_564_226n],
    [90n, 10n, 27_000_000n],
  ] as const) {
    it(`${minority} of 100 provers win against ${majority} with ${breakEven} millionths of their bid`, async () => {
      await deploy({ targetProvers: 1n });
      const other = await h.b52.scoreOf(majority, 1_000_000n);
      expect(await h.b52.scoreOf(minority, breakEven)).to.be.at.least(other);
      expect(await h.b52.scoreOf(minority, breakEven - 1n)).to.be.below(other);
    });
  }

  it("the slope makes a small set pay more with every block, within its limits", async () => {
    await deploy({ targetProvers: 4n, minSlope: UNIT, maxSlope: (UNIT * 125n) / 100n });
    let expected = UNIT;
    for (const provers of [1n, 2n, 0n, 0n, 4n, 6n, 9n, 15n, 4n, 3n]) {
      const { winner } = await h.round(deliveredBy(Number(provers)));
      await h.settle(winner);
      expected = nextSlope(expected, provers, 4n, UNIT, (UNIT * 125n) / 100n);
      expect((await h.b52.treasury()).slope).to.equal(expected);
      expect(await h.b52.scoreOf(2n, parseEther("7"))).to.equal(score(2n, parseEther("7"), expected, 4n));
    }
  });

  it("only provers that count move the slope", async () => {
    await deploy({ targetProvers: 4n });
    const before = h.params.minSlope;
    await h.round({ ...deliveredBy(10), promisedProvers: 3n });
    expect((await h.b52.treasury()).slope).to.equal(nextSlope(before, 3n, 4n, before, h.params.maxSlope));
  });

  // ─── Order ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Commits blocks of these numbers of provers and bids, and makes their proofs. */
  const prepare = async (specs: readonly (readonly [provers: number, bid: bigint])[]): Promise<Block[]> => {
    const drafts: Draft[] = [];
    for (const [i, [provers, bid]] of specs.entries()) {
      drafts.push(await h.commit({ proposer: 1 + i, bid, ...deliveredBy(provers) }));
    }
    await h.moveTo((await h.windows()).proposalEnd);
    return Promise.all(drafts.map((draft) => h.prove(draft)));
  };

  /** Best first. */
  const sorted = async (blocks: readonly Block[]): Promise<Block[]> => {
    const scored = await Promise.all(
      blocks.map(async (block) => ({ block, score: await h.b52.scoreOf(block.record.provers, block.record.bid) })),
    );
    scored.sort((a, b) => (a.score === b.score ? (a.block.id < b.block.id ? -1 : 1) : a.score < b.score ? 1 : -1));
    return scored.map(({ block }) => block);
  };

  const expectRanking = async (blocks: readonly Block[]): Promise<void> => {
    const kept = (await sorted(blocks)).slice(0, Number(h.params.maxUncles) + 1);
    const { proposers, scores } = await h.b52.ranking();
    expect(proposers).to.deep.equal(kept.map(({ proposal }) => proposal.proposer));
    const expected = await Promise.all(kept.map(({ record }) => h.b52.scoreOf(record.provers, record.bid)));
    expect(scores).to.deep.equal(expected);
  };

  const MANY = [
    [2, parseEther("3")],
    [3, parseEther("1")],
    [1, parseEther("50")],
    [3, parseEther("2")],
    [0, parseEther("90")],
    [2, parseEther("3")],
    [3, parseEther("2")],
  ] as const;

  for (const maxUncles of [0n, 1n, 2n, 3n]) {
    for (const [name, order] of [
      ["best first", [2, 3, 6, 0, 5, 1, 4]],
      ["best last", [4, 1, 5, 0, 6, 3, 2]],
      ["mixed", [0, 2, 4, 6, 1, 3, 5]],
    ] as const) {
      it(`keeps the best and ${maxUncles} others of seven blocks, proven ${name}`, async () => {
        await deploy({ maxUncles });
        const blocks = await prepare(MANY);
        const proven: Block[] = [];
        for (const i of order) {
          await h.sendSubmit(blocks[i]!);
          proven.push(blocks[i]!);
          await expectRanking(proven);
        }
        const best = (await sorted(proven))[0]!;
        const result = await h.advance(best);
        expect(result.winner).to.equal(best.proposal.proposer);
        expect(result.uncles).to.have.length(Number(maxUncles));
        expect(await h.b52.head()).to.equal(best.id);
        await h.expectSolvent();
      });
    }
  }

  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    it(`a tie goes to the smaller commitment hash, proven ${order[0] === 0 ? "first" : "last"}`, async () => {
      await deploy();
      // The next height, whose commitments are kept elsewhere, comes after this one.
      for (let height = 1; height <= 2; height++) {
        const blocks = await sorted(
          await prepare([
            [2, parseEther("3")],
            [2, parseEther("3")],
          ]),
        );
        for (const i of order) await h.sendSubmit(blocks[i]!);
        expect((await h.b52.ranking()).proposers).to.deep.equal(blocks.map(({ proposal }) => proposal.proposer));
        expect(BigInt(blocks[0]!.id)).to.be.below(BigInt(blocks[1]!.id));
        await h.advance(blocks[0]!);
      }
    });
  }

  it("a tie at the last place, too, whatever the order", async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      await deploy({ maxUncles: 1n });
      const blocks = await prepare([
        [2, parseEther("3")],
        [2, parseEther("3")],
        [2, parseEther("3")],
      ]);
      for (const i of order) await h.sendSubmit(blocks[i]!);
      await expectRanking(blocks);
    }
  });

  it("a better version of the best of three leaves the others in their order", async () => {
    await deploy();
    const draft = await h.commit({ leaves: 2, promised: { 1: 1, 2: 2, 3: 3 }, bid: parseEther("90") });
    const rivals = [
      await h.commit({ proposer: 2, leaves: 2, promised: { 1: 1, 2: 2 }, bid: parseEther("3") }),
      await h.commit({ proposer: 3, leaves: 2, promised: { 1: 1 }, bid: parseEther("2") }),
    ];
    await h.moveTo((await h.windows()).proposalEnd);
    const version = async (workers: Record<number, number>): Promise<Block> =>
      h.prove({ ...draft, content: { ...draft.content, claim: { ...draft.content.claim, workers } } });
    const others = await Promise.all(rivals.map((rival) => h.prove(rival)));
    for (const best of [await version({ 2: 9, 3: 9 }), await version({ 3: 9 }), await version({})]) {
      await h.sendSubmit(best);
      if (best.record.provers === 1n) for (const other of others) await h.sendSubmit(other);
      await expectRanking([best, ...others]);
      expect((await h.b52.ranking()).proposers).to.deep.equal([1, 2, 3].map((i) => h.address(i)));
    }
  });

  it("a better version of the worst leaves the others in their order, with all places taken", async () => {
    await deploy({ maxUncles: 3n });
    const drafts = [];
    for (let proposer = 1; proposer <= 4; proposer++) {
      const bid = parseEther(`${60 - 10 * proposer}`);
      drafts.push(await h.commit({ proposer, leaves: 2, promised: { 1: 1, 2: 2 }, bid }));
    }
    await h.moveTo((await h.windows()).proposalEnd);
    const version = async ({ content, ...draft }: Draft, workers: Record<number, number>): Promise<Block> =>
      h.prove({ ...draft, content: { ...content, claim: { ...content.claim, workers } } });
    const blocks = await Promise.all(drafts.map((draft) => version(draft, { 2: 9 })));
    for (const block of blocks) await h.sendSubmit(block);
    for (const i of [3, 0, 2, 1]) {
      blocks[i] = await version(drafts[i]!, {});
      await h.sendSubmit(blocks[i]);
      await expectRanking(blocks);
    }
  });

  it("a block without provers scores 0 and wins if there is no other", async () => {
    await deploy();
    const { result, winner } = await h.round({ bid: parseEther("9") });
    expect(winner.record.provers).to.equal(0n);
    expect(result.winner).to.equal(h.address(1));
  });

  it("begins anew with each round", async () => {
    await deploy();
    await h.round({}, {}, {});
    expect(await h.b52.ranking()).to.deep.equal([[], []]);
    const { result } = await h.round({ proposer: 7 });
    expect(result.uncles).to.deep.equal([]);
  });
});
