import { expect } from "chai";
import { ZeroHash } from "ethers";

import { mockProof, proofBy, statementOf } from "../../helpers/b52Block.ts";
import {
  deployB52,
  type B52Harness,
  type B52Options,
  type Block,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

const HALVES = 2n;

describe("B52: slashing", () => {
  let h: B52Harness;
  const deploy = async (options: B52Options = {}): Promise<void> => {
    h = await deployB52(options);
    await h.join(1, 2, 3);
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
    await expect(h.sendSlash(winner, 2))
      .to.emit(h.b52, "Slashed")
      .withArgs(1n, h.address(1), 2n, 2n, amount / HALVES, amount / HALVES)
      .and.to.emit(h.registry, "TicketSlashed")
      .withArgs(2n, amount, 1n);
    expect(await stakeOf(2)).to.equal(h.staking.stake - amount);
    expect(await pool()).to.equal(before + amount / HALVES);
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
    expect([await h.earned(1), await h.earned(2)]).to.deep.equal([result.nodeReward, 0n]);
  });

  it("takes a default once", async () => {
    await deploy();
    const winner = await final();
    await h.sendSlash(winner, 2);
    await expect(h.sendSlash(winner, 2))
      .to.be.revertedWithCustomError(h.b52, "NoDefault")
      .withArgs(2n, winner.record.nodes);
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
      await expect(h.b52.defend(winner.record, winner.statements, node, mockProof(0n, []), 0n))
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

  it("takes no default beyond the tree, whatever the proofs say", async () => {
    await deploy();
    const nodes = (0b11111n << 16n) | 0b1110n;
    const { winner } = await h.round({ promised: { 1: 1, 2: 2, 3: 3, 4: 4 }, nodes });
    await h.moveTo(winner.record.defenceEnd);
    const result = await h.resultOf(1n);
    await expect(h.b52.slash(result, winner.record, 4n))
      .to.be.revertedWithCustomError(h.b52, "NoDefault")
      .withArgs(4n, nodes);
    await h.sendSlash(winner, 3);
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
      .withArgs("result", h.resultHash(changed), h.resultHash(result));
    await h.sendSlash(block, 2);
  });

  // ─── Liability follows pay ─────────────────────────────────────────────────────────────────────────────────────────

  for (const fairPay of [false, true]) {
    it(`a default of a block that is not paid counts ${fairPay ? "with fair pay only" : "not"}`, async () => {
      await deploy({ params: { maxUncles: 1n, fairPay } });
      const claims = [{ bid: h.params.minBid * 3n, ...CLAIM }, { bid: h.params.minBid * 2n, ...CLAIM }, CLAIM];
      const { blocks, result } = await h.round(...claims);
      expect([result.winner, ...result.uncles]).to.deep.equal([h.address(1), h.address(2)]);
      const [best, uncle, other] = blocks as [Block, Block, Block];
      await h.moveTo(best.record.defenceEnd);
      await h.sendSlash(best, 2);
      await h.sendSlash(uncle, 2);
      if (fairPay) await expect(h.sendSlash(other, 2)).to.emit(h.b52, "Slashed");
      else {
        await expect(h.sendSlash(other, 2))
          .to.be.revertedWithCustomError(h.b52, "NotRewarded")
          .withArgs(1n, h.address(3));
      }
      expect((await h.registry.getTicket(2)).misses).to.equal(fairPay ? 3n : 2n);
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

  it("doubles with every miss up to the maximum, and ends with the stake", async () => {
    await deploy({ staking: { stake: 10_001n, slashRate: 500n, maxSlashRate: 3_999n } });
    const nodes = Array.from({ length: 15 }, (_, i) => i + 1);
    const winner = await final({
      leaves: 8,
      promised: Object.fromEntries(nodes.map((node) => [node, 1])),
      workers: Object.fromEntries(nodes.map((node) => [node, 0])),
    });
    // Rounded up: 500.05, 1000.1, 2000.2, 3999.3999; then what is left.
    let left = 10_001n;
    for (const [i, amount] of [501n, 1_001n, 2_001n, 4_000n, 2_498n, 0n, 0n].entries()) {
      const [before, burned] = [await pool(), (await h.b52.treasury()).toBurn];
      await expect(h.sendSlash(winner, 1 + i))
        .to.emit(h.registry, "TicketSlashed")
        .withArgs(1n, amount, i + 1);
      left -= amount;
      expect(await stakeOf(1)).to.equal(left);
      expect(await pool()).to.equal(before + amount / HALVES);
      expect((await h.b52.treasury()).toBurn).to.equal(burned + amount - amount / HALVES);
    }
    await h.expectSolvent();
  });

  it("stays at the maximum for very many misses", async () => {
    await deploy({ staking: { slashRate: 1n, maxSlashRate: 3n, exitDelay: 1_000_000n, forgiveness: 1_000_000n } });
    const nodes = Array.from({ length: 15 }, (_, i) => i + 1);
    const claim = {
      leaves: 8,
      promised: Object.fromEntries(nodes.map((node) => [node, 1])),
      workers: Object.fromEntries(nodes.map((node) => [node, 0])),
    } as const;
    for (const proposer of [1, 2]) {
      const winner = await final({ ...claim, proposer });
      for (const node of nodes) await h.sendSlash(winner, node);
    }
    const unit = h.staking.stake / 10_000n;
    expect(await stakeOf(1)).to.equal(h.staking.stake - unit * (1n + 2n + 28n * 3n));
    expect((await h.registry.getTicket(1)).misses).to.equal(30n);
  });

  for (const late of [0n, 1n]) {
    it(`a miss is ${late === 0n ? "remembered until" : "forgiven after"} the time for forgiveness`, async () => {
      await deploy({ staking: { forgiveness: 200n } });
      const winner = await final({ ...CLAIM, promised: { 1: 2, 2: 2, 3: 3 }, workers: { 1: 9, 2: 9 } });
      await h.sendSlash(winner, 2);
      const { lastMissAt } = await h.registry.getTicket(2);
      expect(lastMissAt).to.equal(await h.now());
      await h.moveTo(lastMissAt + h.staking.forgiveness + late);
      const amount = (h.staking.stake * h.staking.slashRate * (late === 0n ? 2n : 1n)) / 10_000n;
      await expect(h.sendSlash(winner, 1))
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

  it("who leaves as soon as a round opens is still there when its defaults are final", async () => {
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
      .withArgs(1n, h.address(1), 200n, 1n, 0n, 0n)
      .and.not.to.emit(h.registry, "TicketSlashed");
    await h.expectSolvent();
  });
});
