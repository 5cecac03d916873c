// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { proofBy, statementOf } from "../../helpers/b52Block.ts";
import {
  deployB52,
  freshB52,
  type B52Harness,
  type B52Options,
  type Block,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

const HALVES = 2n;
const NO_PROOF = new Array<bigint>(8).fill(0n);

describe("B52: slashing", () => {
  let h: B52Harness;
  const deploy = async (options: B52Options = {}): Promise<void> => {
    h = await freshB52({ tickets: [1, 2, 3], ...options });
  };

  /** Ticket 2 has not delivered node 2. */
  const CLAIM: ProposalClaim = { promised: { 1: 1, 2: 2, 3: 3 }, workers: { 2: 9 } };

  /** A winner that is the head, at the second from which on its defaults are final. */
  const final = async (claim: ProposalClaim = CLAIM): Promise<Block> => {
    const { winner } = await h.round(claim);
    await h.moveTo(winner.record.defenceEnd);
    return winner;
  };
  const stakeOf = async (ticket: number): Promise<bigint> => (await h.registry.getTicket(ticket)).stake;
  const pool = async (): Promise<bigint> => (await h.b52.treasury()).pool;

  // ─── Windows ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("begins when the defence window is over", async () => {
    await deploy();
    const { winner, result } = await h.round(CLAIM);
    const { defenceEnd } = winner.record;
    h.at(defenceEnd - 1n);
    await expect(h.b52.slash(result, winner.record, 2))
      .to.be.revertedWithCustomError(h.b52, "DefenceWindow")
      .withArgs(defenceEnd, defenceEnd - 1n);
    await h.moveTo(defenceEnd);
    const [before, burned] = [await pool(), (await h.b52.treasury()).toBurn];
    const amount = (h.staking.stake * h.staking.slashRate) / 10_000n;
    const { bounty } = h.params;
    await expect(h.sendSlash(winner, 2))
      .to.emit(h.b52, "Slashed")
      .withArgs(1n, h.address(1), 2n, 2n, amount / HALVES, amount / HALVES - bounty, bounty)
      .and.to.emit(h.registry, "TicketSlashed")
      .withArgs(2n, amount, 1n);
    expect(await stakeOf(2)).to.equal(h.staking.stake - amount);
    expect(await pool()).to.equal(before + amount / HALVES - bounty);
    expect((await h.b52.treasury()).toBurn).to.equal(burned + amount / HALVES);
    await h.expectSolvent();
  });

  it("ends after as long as the three windows take", async () => {
    await deploy();
    const { winner } = await h.round({ ...CLAIM, workers: { 2: 9, 3: 9 } });
    const { opensAt, defenceEnd } = h.windowsFrom(winner.record.defenceEnd - 270n);
    const end = defenceEnd + (defenceEnd - opensAt);
    await h.moveTo(end - 1n);
    await h.sendSlash(winner, 2);
    await h.moveTo(end);
    await expect(h.sendSlash(winner, 3)).to.be.revertedWithCustomError(h.b52, "DefaultLapsed").withArgs(end, end);
  });

  it("is averted by a defence up to the last second of the window", async () => {
    await deploy();
    const { winner } = await h.round({ ...CLAIM, workers: { 2: 9, 3: 9 } });
    const { defenceEnd } = winner.record;
    const supply = [await pool(), (await h.b52.treasury()).toBurn];
    h.at(defenceEnd - 1n);
    await expect(h.sendDefend(winner, 2, 2))
      .to.emit(h.b52, "Defended")
      .withArgs(1n, h.address(1), 2n, 2n);
    h.at(defenceEnd);
    await expect(h.sendDefend(winner, 3, 3))
      .to.be.revertedWithCustomError(h.b52, "DefenceWindow")
      .withArgs(defenceEnd, defenceEnd);
    await h.moveTo(defenceEnd);
    await expect(h.sendSlash(winner, 2))
      .to.be.revertedWithCustomError(h.b52, "NoDefault")
      .withArgs(2n, winner.record.nodes);
    expect([await pool(), (await h.b52.treasury()).toBurn]).to.deep.equal(supply);
    await h.sendSlash(winner, 3);
    expect(await stakeOf(2)).to.equal(h.staking.stake);
  });

  it("a defence is possible from the submission on, and not twice", async () => {
    await deploy();
    const block = await h.submit(await h.commit(CLAIM));
    await h.sendDefend(block, 2, 2);
    await expect(h.sendDefend(block, 2, 2))
      .to.be.revertedWithCustomError(h.b52, "NoDefault")
      .withArgs(2n, block.record.nodes);
    // It changes neither the winner nor what is paid.
    const result = await h.advance(block);
    expect(result.winner).to.equal(h.address(1));
    await h.pay(block);
    expect([await h.earned(1), await h.earned(2)]).to.deep.equal([result.proversReward / 3n, 0n]);
  });

  it("takes a default once", async () => {
    await deploy();
    const winner = await final();
    await h.sendSlash(winner, 2);
    await expect(h.sendSlash(winner, 2)).to.be.revertedWithCustomError(h.b52, "AlreadySlashed").withArgs(1n, 2n);
    const { defenceEnd } = winner.record;
    await expect(h.sendDefend(winner, 2, 2))
      .to.be.revertedWithCustomError(h.b52, "DefenceWindow")
      .withArgs(defenceEnd, defenceEnd);
  });

  it("a node of a block answers for itself, and not for the same node of another", async () => {
    await deploy();
    const { blocks } = await h.round({ bid: h.params.minBid * 2n, ...CLAIM }, CLAIM);
    await h.sendDefend(blocks[0]!, 2, 2);
    await h.moveTo(blocks[0]!.record.defenceEnd);
    await expect(h.sendSlash(blocks[0]!, 2))
      .to.be.revertedWithCustomError(h.b52, "NoDefault")
      .withArgs(2n, blocks[0]!.record.nodes);
    await h.sendSlash(blocks[1]!, 2);
    expect(await stakeOf(2)).to.be.below(h.staking.stake);
  });

  it("takes defaults only: no node that was delivered, promised to nobody, without a valid vote, or not there", async () => {
    await deploy();
    const { winner } = await h.round({
      leaves: 4,
      promised: { 1: 1, 2: 2, 3: 3, 4: 1 },
      workers: { 2: 9, 3: 9 },
      invalidVotes: [3],
    });
    const { nodes } = winner.record;
    const none = [0n, 1n, 3n, 4n, 5n, 7n, 8n, 16n, 18n, 255n, (1n << 256n) - 1n];
    for (const node of none) {
      await expect(h.b52.defend(winner.record, winner.statements, node, NO_PROOF, 0n))
        .to.be.revertedWithCustomError(h.b52, "NoDefault")
        .withArgs(node, nodes);
    }
    await h.moveTo(winner.record.defenceEnd);
    const result = await h.resultOf(1n);
    for (const node of none) {
      await expect(h.b52.slash(result, winner.record, node))
        .to.be.revertedWithCustomError(h.b52, "NoDefault")
        .withArgs(node, nodes);
    }
    await h.sendSlash(winner, 2);
  });

  it("takes the record and the result of a round that is over", async () => {
    await deploy();
    const block = await h.submit(await h.commit(CLAIM));
    await h.moveTo(block.record.defenceEnd);
    const none = await h.resultOf(1n);
    await expect(h.b52.slash(none, block.record, 2))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("result", h.resultHash(none), ZeroHash);
    const result = await h.advance(block);
    const kept = `${h.recordHash(block.record).slice(0, 54)}${"00".repeat(6)}`;
    for (const change of [
      { promised: 0x010101n << 8n },
      { nodes: 0xffffffffn },
      { defenceEnd: block.record.defenceEnd - 1n },
      { leaves: 8n },
    ]) {
      const record = { ...block.record, ...change };
      await expect(h.b52.slash(result, record, 2))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs("record", h.recordHash(record), kept);
    }
    const changed = { ...result, winner: h.address(2) };
    await expect(h.b52.slash(changed, block.record, 2))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("result", h.resultHash(changed), h.keptResult(result));
    await h.sendSlash(block, 2);
  });

  // ─── Liability follows pay ─────────────────────────────────────────────────────────────────────────────────────────

  for (const fairPay of [false, true]) {
    it(`a default of a block that is not paid counts ${fairPay ? "with fair pay only" : "not"}`, async () => {
      await deploy({ params: { maxUncles: 1n, fairPay } });
      // Of each block another ticket.
      const claims = [
        { bid: h.params.minBid * 3n, ...CLAIM },
        { bid: h.params.minBid * 2n, ...CLAIM, workers: { 1: 9 } },
        { ...CLAIM, workers: { 3: 9 } },
      ];
      const { blocks, result } = await h.round(...claims);
      expect([result.winner, ...result.uncles]).to.deep.equal([h.address(1), h.address(2)]);
      const [best, uncle, other] = blocks as [Block, Block, Block];
      await h.moveTo(best.record.defenceEnd);
      await h.sendSlash(best, 2);
      await h.sendSlash(uncle, 1);
      if (fairPay) {
        await expect(h.sendSlash(other, 3)).to.emit(h.b52, "Slashed");
      } else {
        await expect(h.sendSlash(other, 3))
          .to.be.revertedWithCustomError(h.b52, "NotRewarded")
          .withArgs(1n, h.address(3));
      }
      expect((await h.registry.getTicket(3)).misses).to.equal(fairPay ? 1n : 0n);
      await h.expectSolvent();
    });
  }

  // ─── What defends ──────────────────────────────────────────────────────────────────────────────────────────────────

  it("only a proof of this node, by this ticket, of this block", async () => {
    await deploy();
    const promised = { 1: 1, 2: 2, 3: 3, 4: 1, 5: 2, 6: 3, 7: 1 };
    const workers = Object.fromEntries(Object.keys(promised).map((node) => [node, 9]));
    const claim = { leaves: 4, promised, workers } as const;
    const drafts = [await h.commit(claim), await h.commit({ ...claim, proposer: 2 })];
    const [block, other] = [await h.submit(drafts[0]!), await h.submit(drafts[1]!)];
    const defend = (node: number, proof: bigint[], digest = 99n, from = block) =>
      h.b52.defend(from.record, from.statements, node, proof, digest);
    const refused = async (node: number, proof: bigint[], digest?: bigint): Promise<void> => {
      await expect(defend(node, proof, digest)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
    };
    for (const [key, ticket] of Object.entries(promised)) {
      const node = Number(key);
      for (const another of [0, 9, (ticket % 3) + 1]) await refused(node, proofBy(another, block, node, 99n));
      await refused(node, proofBy(ticket, block, node, 99n), 98n);
      await refused(node, statementOf(block, node).proof);
      await refused(node, proofBy(ticket, other, node, 99n));
      const nearby = node === 7 ? 4 : node + 1;
      await refused(node, proofBy(ticket, block, nearby, 99n));
      await defend(node, proofBy(ticket, block, node, 99n));
    }
    await h.advance((await h.b52.ranking()).proposers[0] === h.address(1) ? block : other);
  });

  it("only with the statements that were verified", async () => {
    await deploy();
    const block = await h.submit(await h.commit({ ...CLAIM, leaves: 4 }));
    const proof = proofBy(2, block, 2, 99n);
    for (const statements of ["0x", `${block.statements}00`, `0x01${block.statements.slice(4)}`]) {
      const shown = h.network.connection.ethers.keccak256(statements);
      await expect(h.b52.defend(block.record, statements, 2, proof, 99n))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs("statements", shown, block.record.statements);
    }
    const record = { ...block.record, statements: ZeroHash };
    await expect(h.b52.defend(record, block.statements, 2, proof, 99n))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("record", h.recordHash(record), `${h.recordHash(block.record).slice(0, 54)}${"00".repeat(6)}`);
    await h.b52.defend(block.record, block.statements, 2, proof, 99n);
  });

  // ─── How much ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Defaults of ticket 1 in so many rounds, of which the last one's are final. */
  const missing = async (rounds: number): Promise<Block[]> => {
    const blocks: Block[] = [];
    for (let i = 0; i < rounds; i++) {
      blocks.push((await h.round({ proposer: 1 + i, promised: { 1: 2, 2: 1 }, workers: { 2: 0 } })).winner);
    }
    await h.moveTo(blocks.at(-1)!.record.defenceEnd);
    return blocks;
  };

  it("doubles with every round missed up to the maximum, and never takes all", async () => {
    const staking = { stake: 10_001n, slashRate: 500n, maxSlashRate: 3_999n, exitDelay: 10_000n };
    h = await deployB52({ staking, params: { bounty: 0n } });
    await h.join(1, 2);
    // Of what is left, rounded up: 500.05 of 10,001, 950 of 9,500, 1,710 of 8,550, 2,735.3 of 6,840, 1,641.2 of 4,104.
    let left = 10_001n;
    for (const [i, amount] of [501n, 950n, 1_710n, 2_736n, 1_642n, 985n, 591n].entries()) {
      const [block] = await missing(1);
      const [before, burned] = [await pool(), (await h.b52.treasury()).toBurn];
      await expect(h.sendSlash(block!, 2))
        .to.emit(h.registry, "TicketSlashed")
        .withArgs(1n, amount, i + 1);
      left -= amount;
      expect(await stakeOf(1)).to.equal(left);
      expect(await pool()).to.equal(before + amount / HALVES);
      expect((await h.b52.treasury()).toBurn).to.equal(burned + amount - amount / HALVES);
      await h.settle(block!);
    }
    expect(left).to.equal(886n);
    await h.expectSolvent();
  });

  // ─── One incident, one slash ───────────────────────────────────────────────────────────────────────────────────────

  it("takes a ticket once for a round, for five nodes as for one", async () => {
    await deploy();
    const winner = await final({
      leaves: 8,
      promised: { 1: 2, 2: 2, 3: 2, 5: 2, 9: 2, 15: 3 },
      workers: { 1: 0, 2: 0, 3: 0, 5: 0, 9: 0, 15: 0 },
    });
    const amount = (h.staking.stake * h.staking.slashRate) / 10_000n;
    await expect(h.sendSlash(winner, 5)).to.emit(h.registry, "TicketSlashed").withArgs(2n, amount, 1n);
    for (const node of [1, 2, 3, 5, 9]) {
      await expect(h.sendSlash(winner, node)).to.be.revertedWithCustomError(h.b52, "AlreadySlashed").withArgs(1n, 2n);
    }
    expect(await stakeOf(2)).to.equal(h.staking.stake - amount);
    // Another ticket answers for itself.
    await h.sendSlash(winner, 15);
    expect(await stakeOf(3)).to.equal(h.staking.stake - amount);
  });

  it("takes a ticket once for all blocks of a round, and again for the next, in whichever order", async () => {
    await deploy();
    const { blocks } = await h.round({ bid: h.params.minBid * 2n, ...CLAIM }, CLAIM);
    const later = await final({ ...CLAIM, proposer: 3 });
    // The later round first.
    await h.sendSlash(later, 2);
    await h.sendSlash(blocks[1]!, 2);
    await expect(h.sendSlash(blocks[0]!, 2)).to.be.revertedWithCustomError(h.b52, "AlreadySlashed").withArgs(1n, 2n);
    await expect(h.sendSlash(later, 2)).to.be.revertedWithCustomError(h.b52, "AlreadySlashed").withArgs(2n, 2n);
    expect((await h.registry.getTicket(2)).misses).to.equal(2n);
  });

  // ─── The caller ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("pays its caller the bounty, out of what is not burned, and nothing to the proposer", async () => {
    await deploy();
    const winner = await final({ ...CLAIM, workers: { 2: 9, 3: 9 } });
    const half = (h.staking.stake * h.staking.slashRate) / 20_000n;
    const { bounty } = h.params;
    let before = await h.balance(7);
    await expect(h.sendSlash(winner, 2, 7))
      .to.emit(h.b52, "Slashed")
      .withArgs(1n, h.address(1), 2n, 2n, half, half - bounty, bounty);
    expect(await h.balance(7)).to.equal(before + bounty);
    before = await h.balance(1);
    await expect(h.sendSlash(winner, 3, 1))
      .to.emit(h.b52, "Slashed")
      .withArgs(1n, h.address(1), 3n, 3n, half, half, 0n);
    expect(await h.balance(1)).to.equal(before);
    await h.expectSolvent();
  });

  it("pays no larger bounty than the half that is not burned", async () => {
    h = await deployB52({ staking: { stake: 1001n, slashRate: 100n }, params: { bounty: 6n } });
    await h.join(1, 2, 3);
    const winner = await final();
    const before = await h.balance(7);
    // 10.01 of 1,001, rounded up to 11: 6 are burned, 5 are left.
    await expect(h.sendSlash(winner, 2, 7))
      .to.emit(h.b52, "Slashed")
      .withArgs(1n, h.address(1), 2n, 2n, 6n, 0n, 5n);
    expect(await h.balance(7)).to.equal(before + 5n);
    await h.expectSolvent();
  });

  for (const late of [0n, 1n]) {
    it(`a miss is ${late === 0n ? "remembered until" : "forgiven after"} the time for forgiveness`, async () => {
      await deploy({ staking: { forgiveness: 200n } });
      const { winner: first } = await h.round(CLAIM);
      const winner = await final({ ...CLAIM, proposer: 2 });
      await h.sendSlash(first, 2);
      const { lastMissAt } = await h.registry.getTicket(2);
      expect(lastMissAt).to.equal(await h.now());
      await h.moveTo(lastMissAt + h.staking.forgiveness + late);
      const amount = ((await stakeOf(2)) * h.staking.slashRate * (late === 0n ? 2n : 1n)) / 10_000n;
      await expect(h.sendSlash(winner, 2))
        .to.emit(h.registry, "TicketSlashed")
        .withArgs(2n, amount, late === 0n ? 2n : 1n);
    });
  }

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  for (const [slashRate, evicted] of [
    [5_000n, false],
    [5_001n, true],
  ] as const) {
    it(`a ticket with ${evicted ? "less than" : "just"} half its stake ${evicted ? "leaves" : "stays"}`, async () => {
      await deploy({ staking: { slashRate, maxSlashRate: slashRate } });
      const root = await h.registry.root();
      const winner = await final();
      const slash = h.sendSlash(winner, 2);
      if (evicted) {
        const at = (await h.now()) + h.staking.exitDelay;
        await expect(slash).to.emit(h.registry, "TicketLeft").withArgs(2n, at);
        expect((await h.registry.getTicket(2)).withdrawableAt).to.equal(at);
        expect(await h.registry.root()).not.to.equal(root);
      } else {
        await expect(slash).not.to.emit(h.registry, "TicketLeft");
        expect(await h.registry.root()).to.equal(root);
      }
    });
  }

  it("reaches the stake of a ticket that is leaving, and does not delay it", async () => {
    await deploy({ staking: { slashRate: 9_000n, maxSlashRate: 9_000n } });
    const { winner } = await h.round(CLAIM);
    await h.registry.connect(h.owner(2)).leaveRegistry(2);
    const { withdrawableAt } = await h.registry.getTicket(2);
    await h.moveTo(winner.record.defenceEnd);
    await expect(h.sendSlash(winner, 2)).to.emit(h.registry, "TicketSlashed").and.not.to.emit(h.registry, "TicketLeft");
    expect((await h.registry.getTicket(2)).withdrawableAt).to.equal(withdrawableAt);
    await h.moveTo(withdrawableAt);
    await expect(h.registry.withdrawStake(2))
      .to.emit(h.registry, "StakeWithdrawn")
      .withArgs(2n, h.owner(2).address, h.staking.stake / 10n);
  });

  it("a prover who leaves as soon as a round opens is still there when its defaults are final", async () => {
    await deploy({ staking: { exitDelay: 540n } });
    const draft = await h.commit(CLAIM);
    await h.registry.connect(h.owner(2)).leaveRegistry(2);
    const { opensAt } = await h.windows();
    expect((await h.registry.getTicket(2)).withdrawableAt).to.equal(opensAt + 540n);
    const block = await h.submit(draft);
    await h.advance(block);
    await h.moveTo(block.record.defenceEnd);
    expect(await h.now()).to.be.below(opensAt + 540n);
    await h.sendSlash(block, 2);
    expect(await stakeOf(2)).to.be.below(h.staking.stake);
  });

  it("takes nothing from a ticket that is free", async () => {
    await deploy();
    const winner = await final({ promised: { 1: 200 }, workers: { 1: 1 } });
    await expect(h.sendSlash(winner, 1))
      .to.emit(h.b52, "Slashed")
      .withArgs(1n, h.address(1), 200n, 1n, 0n, 0n, 0n)
      .and.not.to.emit(h.registry, "TicketSlashed");
    await h.expectSolvent();
  });
});
