// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { grindingShare, lowestDraw, lowestQuotient } from "../../model/elections/priorityChances.ts";
import { Chain, CLOCK, FUNDS, GAS, PriorityWorld, scoreOf, TERMS } from "../../helpers/priorityWorld.ts";
import { Random, seedFor } from "../../helpers/random.ts";

const { slotBlocks, epochSlots } = CLOCK;
const { ticket, fine, claimBlocks, opensAfter } = TERMS;
const FIRST = 2 * epochSlots;
const OPENS_BLOCKS = opensAfter / 12;
const ATTACKER = 1;
const HONEST = 2;

describe("Attacks on RandomPriority", () => {
  let w: PriorityWorld;
  let restore: () => Promise<void>;

  before(async () => {
    w = await PriorityWorld.open();
    for (const i of [1, 2, 3]) await w.join(i);
    await w.seal(1);
    await w.seal(2);
    await w.moveTo(FIRST, -7);
    restore = await w.snapshot();
  });

  beforeEach(() => restore());

  const refuses = (sent: Promise<unknown>, error: string): Promise<void> =>
    expect(sent).to.be.revertedWithCustomError(w.election, error);
  const refusesProof = (i: number): Promise<void> =>
    expect(w.sendProof(i)).to.be.revertedWithCustomError(w.world.consensus, "NotAllowed");
  const report = (slot: number) => w.as(5).report(slot, GAS);
  const latest = async (): Promise<number> => await w.latest();

  // ─── Grinding ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it("the last key that counts for an epoch is fixed before its seed block (trap 1: Aztec)", async () => {
    // The last block of epoch 1 is the last in which a key for epoch 3 can be fixed.
    await w.moveTo(2 * epochSlots, -1);
    await w.join(4);
    expect(w.keyOf(4).firstSlot).to.equal(3 * epochSlots);
    const joined = await latest();
    expect(Number(await w.election.seedBlock(3)) - joined).to.equal(1 + (epochSlots / 2) * slotBlocks + 64);
    // Nobody can compute a score of epoch 3 before the seed block.
    await w.moveTo(2 * epochSlots + epochSlots / 2, 64);
    const unknown = w.election.scoreOf(w.address(4), 3 * epochSlots, 0, w.linkOf(4, 3 * epochSlots));
    await expect(unknown).to.be.revertedWithCustomError(w.election, "NoSeed").withArgs(3);
    // The next block counts keys for epoch 4.
    await restore();
    await w.moveTo(2 * epochSlots);
    await w.join(4);
    expect(w.keyOf(4).firstSlot).to.equal(4 * epochSlots);
  });

  it("an epoch without a seal is open to everybody, and no older seed stands in for it (trap 2: Aztec)", async () => {
    await w.moveTo(3 * epochSlots, -1);
    await refuses(w.as(1).claim(3 * epochSlots, 0, w.linkOf(1, 3 * epochSlots), GAS), "NoSeed");
    await w.post(4);
    await w.prove(4);
    // The epoch after it is as any other.
    await w.seal(4);
    await w.claim(1, 4 * epochSlots);
  });

  it("a seal in another block than the seed block is refused (trap 3: interfold)", async () => {
    const seedBlock = Number(await w.election.seedBlock(3));
    for (const offset of [-1, 1]) {
      await w.moveToBlock(seedBlock + offset);
      await refuses(w.election.seal(GAS), "NotSeedBlock");
      await restore();
    }
    await w.moveToBlock(seedBlock);
    await w.world.connection.networkHelpers.setPrevRandao(0xabcdn << 240n);
    await mined(w.election.seal(GAS));
    expect(await w.election.seedOf(3)).to.equal(`0xabcd${"00".repeat(25)}`);
  });

  it("a key cannot be chosen for a seed that is known: not replaced, not enlarged, not joined in time", async () => {
    const { anchor } = new Chain("another");
    await refuses(w.as(ATTACKER).join(anchor, 5, GAS), "AlreadyJoined");
    await mined(w.as(ATTACKER).leaveElection(GAS));
    await refuses(w.as(ATTACKER).join(anchor, 5, GAS), "AlreadyJoined");
    // With fresh deposits for hundreds of tickets it finds a low score in epoch 2, and has to wait for epoch 3.
    const { chain } = await w.join(4, 300);
    const seed = await w.election.seedOf(2);
    const score = (t: number): number => scoreOf(w.address(4), FIRST, t, chain.link(1), seed);
    const best = Array.from({ length: 300 }, (_, t) => t).reduce((a, b) => (score(b) < score(a) ? b : a));
    expect(score(best)).to.be.below(2 ** 24 / 50);
    await w.moveTo(FIRST, -1);
    await refuses(w.as(4).claim(FIRST, best, chain.link(1), GAS), "LinkUsed");
  });

  it("a proposer of a fifth of L1's blocks adds 26% to a tenth of the slots if a seed decides one, 7% if it decides 32", () => {
    /** In 1/10,000. */
    const share = (tickets: number, blocks: number, slots: number): number =>
      Math.round(10_000 * grindingShare({ tickets, blocks, slots }));
    // The bound of the literature.
    expect([share(0.1, 0.1, 1), share(0.1, 0.2, 1), share(0.1, 0.3, 1)]).to.deep.equal([1_108, 1_264, 1_493]);
    // An epoch shares a seed.
    expect([share(0.1, 0.2, 32), share(0.1, 0.3, 32), share(0.5, 0.3, 32)]).to.deep.equal([1_072, 1_121, 5_198]);
  });

  // ─── Identities ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("twelve of 36 tickets win a third in one account or in twelve; a weight as a divisor would give the one 43%", () => {
    const random = new Random(seedFor("identities"));
    const slots = 3_000;
    const draw = (): number => random.int(2 ** 24);
    let [one, many, divided] = [0, 0, 0];
    for (let slot = 0; slot < slots; slot++) {
      const others = lowestDraw(24, draw);
      if (lowestDraw(12, draw) < others) one++;
      if (Math.min(...Array.from({ length: 12 }, () => lowestDraw(1, draw))) < others) many++;
      if (lowestQuotient(12, draw) < others) divided++;
    }
    // Three standard deviations.
    const isNear = (wins: number, expected: number): boolean => Math.abs(wins / slots - expected) < 0.027;
    expect([isNear(one, 1 / 3), isNear(many, 1 / 3), isNear(divided, 0.4255)]).to.deep.equal([true, true, true]);
  });

  it("an account with several tickets has a draw for each, all of one link and of different values", async () => {
    await w.join(4, 40);
    const seed = await w.election.seedOf(2);
    const link = w.linkOf(4, w.keyOf(4).firstSlot);
    const scores = Array.from({ length: 40 }, (_, t) => scoreOf(w.address(4), 40, t, link, seed));
    expect(new Set(scores).size).to.equal(40);
    // The same link gives another account other draws.
    expect(scoreOf(w.address(5), 40, 0, link, seed)).to.not.equal(scores[0]);
  });

  it("a copied anchor or claim wins nothing: it draws other numbers, for a deposit of its own, and later links", async () => {
    await w.moveTo(FIRST);
    const { chain } = w.keyOf(HONEST);
    await mined(w.as(4).join(chain.anchor, 1, GAS));
    await w.seal(3);
    await w.seal(4);
    const slot = 4 * epochSlots;
    await w.moveTo(slot, -3);
    // The owner's link of the slot, seen in the mempool, is not that of another account.
    await refuses(w.as(3).claim(slot, 0, w.linkOf(HONEST, slot), GAS), "WrongLink");
    await refuses(w.as(4).claim(slot, 0, w.linkOf(HONEST, slot), GAS), "WrongLink");
    // The copy claims with a link that the owner has shown long ago.
    const seed = await w.election.seedOf(4);
    const drawn = scoreOf(w.address(4), slot, 0, chain.link(1), seed);
    expect(drawn).to.not.equal(scoreOf(w.address(HONEST), slot, 0, chain.link(1), seed));
    await mined(w.as(4).claim(slot, 0, chain.link(1), GAS));
  });

  // ─── Withholding ───────────────────────────────────────────────────────────────────────────────────────────────────

  it("a claim that is withheld gives the slot to the next score, and changes no other score (trap 26: ENS)", async () => {
    const [lowest, second, third] = (await w.rankingOf(FIRST)) as [number, number, number];
    await w.moveTo(FIRST, -2);
    await mined(w.sendClaim(third, FIRST));
    await mined(w.sendClaim(second, FIRST));
    expect(await w.election.holderOf(FIRST)).to.equal(w.address(second));
    // Too late, and the slot is the second's alone.
    await refuses(w.sendClaim(lowest, FIRST), "NotClaimable");
    await w.post(4);
    await refusesProof(lowest);
    await w.prove(second);
    expect(await w.deposit(lowest)).to.equal(ticket);
  });

  it("a holder that proves nothing is replaced, pays a fine for each slot, and soon has no ticket (trap 25: Taiko)", async () => {
    await w.join(4, 2);
    await w.seal(3);
    const first = 3 * epochSlots;
    await w.moveTo(first, -2);
    await w.post(5);
    const posted = await latest();
    let silent = 0;
    for (let slot = first; (await w.tickets(4)) > 0; slot += 2) {
      await w.claim(4, slot);
      if ((await latest()) + 1 < posted + OPENS_BLOCKS) await refusesProof(HONEST);
      await w.moveTo(slot + 1);
      await mined(report(slot));
      silent++;
    }
    // Two tickets of 1,000 pay for three fines of 500: less than a ticket is left then.
    expect([silent, await w.deposit(4)]).to.deep.equal([3, 2n * ticket - 3n * fine]);
    await w.prove(HONEST);
  });

  it("the worst moment for a batch is just after a claim: its second holder is reported before the role opens", async () => {
    await w.moveTo(FIRST, -claimBlocks);
    await mined(w.sendClaim(ATTACKER, FIRST));
    await w.post(4);
    const opens = (await latest()) + OPENS_BLOCKS;
    await w.claim(ATTACKER, FIRST + 1);
    await w.moveTo(FIRST + 1);
    await refuses(report(FIRST), "NotWaiting");
    await w.moveTo(FIRST + 2);
    await mined(report(FIRST + 1));
    // Five blocks and more were left for the report.
    expect(opens - (await latest())).to.be.at.least(5);
    expect(await w.deposit(ATTACKER)).to.equal(ticket - fine);
  });

  it("a proof in the next slot cannot hide a miss: it takes the fine itself, also from the prover", async () => {
    for (const prover of [3, ATTACKER]) {
      await restore();
      await w.post(4);
      await w.claim(ATTACKER, FIRST);
      // Slot FIRST + 1 is an accomplice's, or nobody's.
      if (prover === 3) await w.claim(3, FIRST + 1);
      await w.moveTo(FIRST + 1);
      const before = await w.election.balances(w.address(prover));
      await expect(w.sendProof(prover))
        .to.emit(w.election, "MissReported")
        .withArgs(FIRST, w.address(ATTACKER), w.address(prover), fine - fine / 10n, fine / 10n, 0);
      expect(await w.deposit(ATTACKER)).to.equal(ticket - fine);
      expect((await w.election.balances(w.address(prover))) - before).to.equal(fine / 10n);
      await refuses(report(FIRST), "SlotSettled");
    }
  });

  it("a proof fines nobody who is not to be blamed: the slot was served, nothing waited, or it waited too short", async () => {
    await w.post(4, 3);
    await w.claim(ATTACKER, FIRST);
    await w.prove(ATTACKER);
    await w.moveTo(FIRST + 1);
    await w.prove(4);
    await w.prove(4);
    // Nothing waits when slot FIRST + 2 is claimed.
    await w.claim(ATTACKER, FIRST + 2);
    await w.post(4);
    await w.moveTo(FIRST + 3);
    await w.prove(4);
    expect(await w.deposit(ATTACKER)).to.equal(ticket);
  });

  it("a miss can be reported for as long as the documents say, although a later slot is claimed", async () => {
    await w.post(4);
    await w.claim(ATTACKER, FIRST);
    // The place of slot FIRST is not that of slot FIRST + 8.
    await w.claim(HONEST, FIRST + 8, 1);
    await mined(report(FIRST));
    expect(await w.deposit(ATTACKER)).to.equal(ticket - fine);
  });

  it("one early proof of one batch serves a slot, and the next batches wait for opensAfter at most (trap 12: Hermez)", async () => {
    await w.post(4, 2);
    const posted = await latest();
    await w.claim(ATTACKER, FIRST);
    await w.prove(ATTACKER);
    await w.claim(ATTACKER, FIRST + 1);
    await refuses(report(FIRST), "SlotSettled");
    await w.claim(ATTACKER, FIRST + 2);
    await mined(report(FIRST + 1));
    await w.moveToBlock(posted + OPENS_BLOCKS);
    expect(await w.election.holderOf(FIRST + 2)).to.equal(w.address(ATTACKER));
    await w.prove(HONEST);
  });

  it("a holder that cannot act is not fined: nothing waited, it waited too short, or none can be proven (trap 5: Aztec)", async () => {
    await w.claim(ATTACKER, FIRST);
    await w.moveTo(FIRST + 1);
    await refuses(report(FIRST), "NothingUnproven");
    // A batch in the same block as the claim, or later.
    await w.moveTo(FIRST + 2, -2);
    await w.world.connection.provider.request({ method: "evm_setAutomine", params: [false] });
    const claim = await w.sendClaim(ATTACKER, FIRST + 2);
    const post = await w.world.consensus.post(w.address(4), [1], GAS);
    await w.world.connection.networkHelpers.mine(1);
    await w.world.connection.provider.request({ method: "evm_setAutomine", params: [true] });
    expect((await claim.wait())?.blockNumber).to.equal((await post.wait())?.blockNumber);
    await w.moveTo(FIRST + 3);
    await refuses(report(FIRST + 2), "NotWaiting");
    await w.claim(ATTACKER, FIRST + 4);
    await w.moveTo(FIRST + 5);
    const cannotProve = (error: string) =>
      expect(report(FIRST + 4)).to.be.revertedWithCustomError(w.world.consensus, error);
    await mined(w.world.consensus.setDepartureDue(true));
    await cannotProve("DepartureDue");
    await mined(w.world.consensus.freeze());
    await cannotProve("RollupFrozen");
    expect(await w.deposit(ATTACKER)).to.equal(ticket);
  });

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("leaving before a report does not save the deposit, and ends after every report (traps 20, 21: Sherlock)", async () => {
    await w.post(4);
    await w.claim(ATTACKER, FIRST, 1);
    await mined(w.as(ATTACKER).leaveElection(GAS));
    const releasedFrom = FIRST - 1 + 9;
    // The last block in which the slot can be reported.
    await w.moveTo(FIRST + 8, -1);
    await mined(report(FIRST));
    expect(releasedFrom).to.equal(FIRST + 8);
    await mined(w.as(ATTACKER).release(GAS));
    expect(await w.election.balances(w.address(ATTACKER))).to.equal(FUNDS - fine);
  });

  it("an account that has left, or has no ticket after a fine, cannot claim (traps 18, 19: Kleros, Telcoin)", async () => {
    await mined(w.as(HONEST).leaveElection(GAS));
    await w.post(4);
    await w.claim(ATTACKER, FIRST);
    await w.moveTo(FIRST + 1);
    await mined(report(FIRST));
    await w.moveTo(FIRST + 2, -2);
    await refuses(w.sendClaim(HONEST, FIRST + 2), "UnknownTicket");
    await refuses(w.sendClaim(ATTACKER, FIRST + 2), "UnknownTicket");
  });

  it("leaving and joining again in a slot that one holds changes neither the slot nor the fine (trap 4: Aztec)", async () => {
    await w.post(4);
    await w.claim(ATTACKER, FIRST);
    await mined(w.as(ATTACKER).leaveElection(GAS));
    await refuses(w.as(ATTACKER).join(new Chain("again").anchor, 1, GAS), "AlreadyJoined");
    await refusesProof(HONEST);
    expect(await w.election.holderOf(FIRST)).to.equal(w.address(ATTACKER));
    await w.moveTo(FIRST + 1);
    await mined(report(FIRST));
    expect(await w.deposit(ATTACKER)).to.equal(ticket - fine);
  });
});
