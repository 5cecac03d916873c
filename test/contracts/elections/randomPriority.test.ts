// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, zeroPadBytes } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import {
  argumentsOf,
  Chain,
  CLOCK,
  FUNDS,
  GAS,
  PriorityWorld,
  TERMS,
  type PriorityOptions,
} from "../../helpers/priorityWorld.ts";

const { slotBlocks, epochSlots } = CLOCK;
const { ticket, fine, claimBlocks, opensAfter } = TERMS;
/** First slot of an account that joins in epoch 0. */
const FIRST = 2 * epochSlots;

describe("RandomPriority", () => {
  let w: PriorityWorld;
  let restore: () => Promise<void>;

  /** Three members with one ticket each, whose first epoch has a seed. */
  before(async () => {
    w = await PriorityWorld.open();
    for (const i of [1, 2, 3]) await w.join(i);
    await w.seal(1);
    await w.seal(2);
    await w.moveTo(FIRST, -7);
    restore = await w.snapshot();
  });

  beforeEach(() => restore());

  const refuses = (sent: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sent)
      .to.be.revertedWithCustomError(w.election, error)
      .withArgs(...args);

  /** Expects that an account may not prove now, though batches wait. */
  const refusesProof = (i: number): Promise<void> =>
    expect(w.sendProof(i)).to.be.revertedWithCustomError(w.world.consensus, "NotAllowed");

  /** The account with the lowest score claims a slot. */
  const claimBest = async (slot: number): Promise<number> => {
    const [best] = await w.rankingOf(slot);
    await w.claim(best!, slot);
    return best!;
  };

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  const deploy = (options: PriorityOptions) =>
    w.world.connection.ethers.deployContract("RandomPriority", argumentsOf(options, w.world.token));

  it("logs its terms and shows them", async () => {
    const { election } = w;
    await expect(election.deploymentTransaction())
      .to.emit(election, "PriorityDeployed")
      .withArgs([ticket, fine, claimBlocks, opensAfter]);
    expect([await election.TICKET(), await election.FINE()]).to.deep.equal([ticket, fine]);
    expect(await election.CLAIM_BLOCKS()).to.equal(claimBlocks);
    expect(await election.OPENS_AFTER()).to.equal(opensAfter);
    expect([await election.KEPT_SLOTS(), await election.EXIT_SLOTS()]).to.deep.equal([8n, 9n]);
    expect(await w.world.consensus.terms(0)).to.deep.equal([0n, false]);
    expect(await w.world.consensus.terms(1)).to.deep.equal([BigInt(opensAfter), true]);
  });

  const BOUNDS: readonly [keyof typeof TERMS, PriorityOptions["terms"][], PriorityOptions["terms"][]][] = [
    ["ticket", [{ ticket: 0n }], [{ ticket: 2n, fine: 1n }]],
    ["fine", [{ fine: 0n }, { fine: 501n }, { ticket: 1n, fine: 1n }], [{ fine: 500n }]],
    [
      "claimBlocks",
      [{ claimBlocks: 0 }, { claimBlocks: slotBlocks + 1 }],
      [{ claimBlocks: slotBlocks, opensAfter: 420 }],
    ],
    // Two slots, the claims, and five blocks for a report: 28 blocks of 12 s.
    ["opensAfter", [{ opensAfter: 335 }, { opensAfter: 2_592_001 }], [{ opensAfter: 336 }, { opensAfter: 2_592_000 }]],
  ];
  for (const [name, bad, good] of BOUNDS) {
    it(`refuses ${name} out of its range, and takes its bounds`, async () => {
      for (const terms of bad) {
        await refuses(deploy({ terms: terms! }), "InvalidParameter", name, { ...TERMS, ...terms }[name]);
      }
      for (const terms of good) await deploy({ terms: terms! });
    });
  }

  it("asks for a tenth more time where slots are long: L1 leaves out blocks", async () => {
    const clock = { slotBlocks: 100, epochSlots: 40 };
    // 203 blocks, and 20 for the report.
    await refuses(deploy({ clock, terms: { opensAfter: 223 * 12 - 1 } }), "InvalidParameter", "opensAfter", 2_675);
    await deploy({ clock, terms: { opensAfter: 223 * 12 } });
  });

  it("refuses a token that cannot be burned", async () => {
    const [, ...terms] = argumentsOf({}, w.world.token);
    const sent = w.world.connection.ethers.deployContract("RandomPriority", [w.world.consensus, ...terms]);
    await expect(sent).to.revert(w.world.connection.ethers);
  });

  // ─── Joining ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("takes the deposit of each ticket from the balance of an account that joins", async () => {
    const { anchor } = new Chain("joins");
    await w.moveTo(3 * epochSlots - 1, slotBlocks - 1);
    // The last block of epoch 2: the first slot is that of epoch 4.
    await expect(w.as(4).join(anchor, 65_535, GAS))
      .to.emit(w.election, "Joined")
      .withArgs(w.address(4), anchor, 65_535, 4 * epochSlots);
    expect(await w.deposit(4)).to.equal(65_535n * ticket);
    expect(await w.election.balances(w.address(4))).to.equal(FUNDS - 65_535n * ticket);
    expect(await w.election.keyOf(w.address(4))).to.deep.equal([anchor, 4n * BigInt(epochSlots) - 1n, 65_535n]);
  });

  it("refuses a second key, no ticket, no anchor, and a deposit above the balance", async () => {
    const { anchor } = new Chain("refused");
    await refuses(w.as(1).join(anchor, 1, GAS), "AlreadyJoined", w.address(1), ticket);
    await refuses(w.as(4).join(anchor, 0, GAS), "NoTickets");
    await refuses(w.as(4).join(zeroPadBytes("0x", 25), 1, GAS), "NoAnchor");
    await refuses(w.as(8).join(anchor, 3, GAS), "InsufficientBalance", w.address(8), 0, 3n * ticket);
  });

  // ─── Claims ────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("lets an account claim from the first slot of the epoch after the next one on", async () => {
    // In epoch 1.
    await w.join(4);
    expect(w.keyOf(4).firstSlot).to.equal(3 * epochSlots);
    await w.moveTo(FIRST, -1);
    const early = w.as(4).claim(FIRST, 0, w.keyOf(4).chain.link(1), GAS);
    await refuses(early, "LinkUsed", FIRST, 3 * epochSlots - 1);
    await w.seal(3);
    await w.claim(4, 3 * epochSlots);
    expect(await w.election.holderOf(3 * epochSlots)).to.equal(w.address(4));
  });

  it("takes claims in the last blocks before a slot only, for that slot only", async () => {
    const start = w.startOf(FIRST);
    await w.moveTo(FIRST, -claimBlocks - 1);
    await refuses(w.sendClaim(1, FIRST), "NotClaimable", FIRST, FIRST, start - claimBlocks, start - claimBlocks - 1);
    await expect(w.sendClaim(1, FIRST)).to.emit(w.election, "SlotClaimed");
    const next = w.sendClaim(2, FIRST + 1);
    await refuses(next, "NotClaimable", FIRST + 1, FIRST, start - claimBlocks, start - claimBlocks + 1);
    await w.moveTo(FIRST);
    const late = w.sendClaim(2, FIRST);
    await refuses(late, "NotClaimable", FIRST, FIRST + 1, start + slotBlocks - claimBlocks, start);
    await w.moveTo(FIRST + 1, -1);
    await mined(w.sendClaim(2, FIRST + 1));
  });

  it("refuses a ticket that the account does not have", async () => {
    await w.moveTo(FIRST, -2);
    const beyond = w.as(1).claim(FIRST, 1, w.linkOf(1, FIRST), GAS);
    await refuses(beyond, "UnknownTicket", w.address(1), 1, 1);
    const stranger = w.as(8).claim(FIRST, 0, w.linkOf(1, FIRST), GAS);
    await refuses(stranger, "UnknownTicket", w.address(8), 0, 0);
  });

  it("takes the link of the slot and no other one, also after slots that were not claimed", async () => {
    const { chain } = w.keyOf(1);
    await w.moveTo(FIRST, -3);
    for (const wrong of [chain.link(0), chain.link(2)]) {
      const sent = w.as(1).claim(FIRST, 0, wrong, GAS);
      await refuses(sent, "WrongLink", FIRST, await w.election.hashOfLink(wrong), chain.link(0));
    }
    await mined(w.as(1).claim(FIRST, 0, chain.link(1), GAS));
    // Three slots later the link is three further.
    await w.moveTo(FIRST + 3, -3);
    const stale = w.as(1).claim(FIRST + 3, 0, chain.link(3), GAS);
    await refuses(stale, "WrongLink", FIRST + 3, chain.link(0), chain.link(1));
    await mined(w.as(1).claim(FIRST + 3, 0, chain.link(4), GAS));
    const again = w.as(1).claim(FIRST + 3, 0, chain.link(4), GAS);
    await refuses(again, "LinkUsed", FIRST + 3, FIRST + 3);
  });

  it("hashes a link as keccak256 of its word, cut to 200 bits", async () => {
    const { chain } = w.keyOf(1);
    expect(await w.election.hashOfLink(chain.link(1))).to.equal(chain.anchor);
  });

  it("gives a slot to the lowest score, in whichever order the claims come (trap 7: nitro)", async () => {
    const [low, middle, high] = (await w.rankingOf(FIRST)) as [number, number, number];
    const undo = await w.snapshot();
    for (const order of [
      [low, middle, high],
      [low, high, middle],
      [middle, low, high],
      [middle, high, low],
      [high, low, middle],
      [high, middle, low],
    ]) {
      await w.moveTo(FIRST, -claimBlocks);
      let lowest = Infinity;
      for (const i of order) {
        const { score, ticket: drawn } = await w.bestOf(i, FIRST);
        if (score < lowest) {
          await expect(w.sendClaim(i, FIRST))
            .to.emit(w.election, "SlotClaimed")
            .withArgs(FIRST, w.address(i), drawn, w.linkOf(i, FIRST));
          lowest = score;
        } else {
          await refuses(w.sendClaim(i, FIRST), "NotLowest", score, lowest);
        }
      }
      expect(await w.election.holderOf(FIRST)).to.equal(w.address(low));
      await undo();
    }
  });

  it("computes a score as the test does", async () => {
    const { score } = await w.bestOf(1, FIRST);
    expect(await w.election.scoreOf(w.address(1), FIRST, 0, w.linkOf(1, FIRST))).to.equal(score);
  });

  it("shows an empty claim for slots that are not in the ring", async () => {
    await w.claim(1, FIRST);
    expect((await w.election.claimOf(FIRST)).holder).to.equal(w.address(1));
    for (const slot of [0, FIRST - 8, FIRST + 8]) {
      expect((await w.election.claimOf(slot)).holder).to.equal(ZeroAddress);
    }
  });

  // ─── The head start ────────────────────────────────────────────────────────────────────────────────────────────────

  it("lets the holder alone prove from the first block of its slot to the last one", async () => {
    await w.post(4, 3);
    const holder = await claimBest(FIRST);
    await refusesProof((holder % 3) + 1);
    await w.prove(holder);
    await w.moveTo(FIRST, slotBlocks - 2);
    await refusesProof(4);
    await w.prove(holder);
    // The next slot was not claimed.
    await w.prove(4);
  });

  it("lets everybody prove before a slot, and in a slot that nobody claimed", async () => {
    await w.post(4, 2);
    await w.moveTo(FIRST, -2);
    await mined(w.sendClaim(1, FIRST));
    await w.prove(4);
    expect(await w.election.isAllowed(w.address(4), 1, 2)).to.equal(true);
    await w.moveTo(FIRST + 1);
    await w.prove(4);
  });

  it("never limits who sequences", async () => {
    await w.claim(1, FIRST);
    await w.post(4);
    expect(await w.election.isAllowed(w.address(4), 0, 1)).to.equal(true);
  });

  it("lets everybody prove once the oldest batch is older than opensAfter, and not a block before", async () => {
    const blocks = opensAfter / 12;
    await w.moveTo(FIRST, -5);
    await w.post(4);
    const posted = await w.latest();
    for (const slot of [FIRST, FIRST + 1, FIRST + 2]) await w.claim(1, slot);
    await w.moveToBlock(posted + blocks - 1);
    await refusesProof(4);
    await w.prove(4);
    expect(await w.latest()).to.equal(posted + blocks);
  });

  // ─── Reports ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("fines a holder that proved nothing in its slot: a tenth to the reporter, the rest burned", async () => {
    await w.post(4);
    await w.claim(1, FIRST);
    const supply = await w.world.token.totalSupply();
    await w.moveTo(FIRST, slotBlocks - 1);
    await refuses(w.as(5).report(FIRST, GAS), "SlotNotOver", FIRST, FIRST);
    await expect(w.as(5).report(FIRST, GAS))
      .to.emit(w.election, "MissReported")
      .withArgs(FIRST, w.address(1), w.address(5), 450, 50, 0);
    expect(await w.deposit(1)).to.equal(500n);
    expect(await w.election.balances(w.address(5))).to.equal(FUNDS + 50n);
    expect(supply - (await w.world.token.totalSupply())).to.equal(450n);
    await refuses(w.as(5).report(FIRST, GAS), "SlotSettled", FIRST);
  });

  it("leaves a ticket for each full deposit after a fine", async () => {
    await w.join(4, 3);
    await w.seal(3);
    await w.post(5);
    const first = 3 * epochSlots;
    expect(w.keyOf(4).firstSlot).to.equal(first);
    for (const [i, tickets] of [2, 2, 1, 1, 0].entries()) {
      const slot = first + 2 * i;
      await w.claim(4, slot);
      await w.moveTo(slot + 1);
      await mined(w.as(5).report(slot, GAS));
      expect(await w.tickets(4)).to.equal(tickets);
    }
    expect(await w.deposit(4)).to.equal(500n);
  });

  it("takes what is left if that is less than the fine", async () => {
    await w.post(4);
    await w.claim(1, FIRST);
    await w.claim(1, FIRST + 1);
    await mined(w.as(5).report(FIRST, GAS));
    await w.moveTo(FIRST + 2);
    await mined(w.as(5).report(FIRST + 1, GAS));
    expect([await w.deposit(1), await w.tickets(1)]).to.deep.equal([0n, 0]);
    // It may join again.
    await w.join(1);
  });

  it("takes one proof in the slot as service, however many batches are left", async () => {
    await w.post(4, 3);
    await w.claim(1, FIRST);
    await w.moveTo(FIRST, slotBlocks - 1);
    await w.prove(1);
    await refuses(w.as(5).report(FIRST, GAS), "SlotSettled", FIRST);
  });

  it("takes a proof of the holder as service, also when everybody may prove", async () => {
    await w.post(4, 2);
    const opens = (await w.latest()) + opensAfter / 12;
    const slot = Math.floor((opens - w.genesis) / slotBlocks);
    await w.claim(1, slot);
    await w.moveToBlock(opens);
    await w.prove(1);
    await w.moveTo(slot + 1);
    await refuses(w.as(5).report(slot, GAS), "SlotSettled", slot);
  });

  it("refuses a report of a slot that nobody claimed, and one after KEPT_SLOTS slots", async () => {
    await w.post(4);
    await w.claim(1, FIRST);
    await w.moveTo(FIRST + 7);
    await refuses(w.as(5).report(FIRST + 1, GAS), "NotClaimed", FIRST + 1);
    await w.moveTo(FIRST + 8, -1);
    const undo = await w.snapshot();
    await mined(w.as(5).report(FIRST, GAS));
    await undo();
    await w.moveTo(FIRST + 8);
    await refuses(w.as(5).report(FIRST, GAS), "SlotTooOld", FIRST, FIRST + 1);
  });

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("releases the deposit EXIT_SLOTS slots after leaving, and not a block before", async () => {
    await w.moveTo(FIRST);
    await refuses(w.as(1).release(GAS), "DepositLocked", w.address(1), 0, FIRST);
    await w.moveTo(FIRST, 4);
    await expect(w.as(1).leaveElection(GAS))
      .to.emit(w.election, "Left")
      .withArgs(w.address(1), FIRST + 9);
    await refuses(w.as(1).leaveElection(GAS), "NotJoined", w.address(1));
    await w.moveTo(FIRST + 9, -1);
    await refuses(w.as(1).release(GAS), "DepositLocked", w.address(1), FIRST + 9, FIRST + 8);
    await expect(w.as(1).release(GAS)).to.emit(w.election, "Released").withArgs(w.address(1), ticket);
    expect(await w.election.balances(w.address(1))).to.equal(FUNDS);
    await refuses(w.as(8).leaveElection(GAS), "NotJoined", w.address(8));
    await w.join(1);
  });
});
