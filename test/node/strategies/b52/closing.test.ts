// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  chooseChore,
  COURT_STRATEGY,
  decideAdvance,
  decideDefault,
  decideSubmit,
  SUBMITTING_STRATEGY,
  type AdvanceView,
  type DefaultView,
  type SubmitView,
} from "../../../../src/node/strategies/index.ts";

const SEQ = 10n ** 18n;

describe("When a block is submitted", () => {
  const CLOSES = 10_000;
  const { margin } = SUBMITTING_STRATEGY;
  const view = (changes: Partial<SubmitView> = {}): SubmitView => ({
    ...{ now: 9_500, isFrozen: false, closesAt: CLOSES, isOwn: true, order: 0, assembly: { credited: 0xen } },
    ...{ promised: 0xen, recorded: undefined, ownNodes: 0n, nodePay: 10n * SEQ, proposerPay: 60n * SEQ },
    ...{ cost: 10n ** 15n, isDepartureDue: false },
    ...changes,
  });
  const decide = (changes: Partial<SubmitView> = {}) => decideSubmit(view(changes), SUBMITTING_STRATEGY);

  it("is submitted by its proposer as soon as all that was promised is there", () => {
    expect(decide()).to.deep.equal({ do: "submit", why: "full" });
    expect(decide({ assembly: undefined })).to.have.property("why", "incomplete");
  });

  it("waits for credits that are missing as long as a second submission would be in time", () => {
    const assembly = { credited: 0x6n };
    expect(decide({ assembly, now: CLOSES - 3 * margin - 1 })).to.have.property("why", "patience");
    expect(decide({ assembly, now: CLOSES - 3 * margin })).to.deep.equal({ do: "submit", why: "time" });
  });

  it("is submitted once more if the nodes that are new bring more than the gas", () => {
    const again = { recorded: 0x6n, assembly: { credited: 0xcn } };
    // One of three nodes is new: 20 tokens of 60 are worth 0.02 ETH.
    expect(decide({ ...again, cost: 2n * 10n ** 16n - 1n })).to.deep.equal({ do: "submit", why: "better" });
    expect(decide({ ...again, cost: 2n * 10n ** 16n })).to.have.property("why", "unprofitable");
    expect(decide({ recorded: 0xen })).to.have.property("why", "known");
    // The credits that L1 has count as well: with them, all that was promised is credited.
    const partly = { recorded: 0x2n, assembly: { credited: 0x4n } };
    expect(decide({ ...partly, now: CLOSES - 2 * margin - 1 })).to.have.property("why", "patience");
    expect(decide({ ...partly, now: CLOSES - 2 * margin })).to.deep.equal({ do: "submit", why: "better" });
  });

  it("is finished by a prover that is paid for it if its proposer has vanished, one after the other", () => {
    const other = { isOwn: false, ownNodes: 0x4n };
    expect(decide({ ...other, now: CLOSES - margin - 1 })).to.have.property("why", "others");
    expect(decide({ ...other, now: CLOSES - margin })).to.deep.equal({ do: "submit", why: "time" });
    expect(decide({ ...other, order: 1, now: CLOSES - margin })).to.have.property("why", "others");
    expect(decide({ ...other, order: 1, now: CLOSES - margin + 12 })).to.have.property("do", "submit");
    // However many are before, there is a block left for everybody.
    expect(decide({ ...other, order: 200, now: CLOSES - 24 })).to.have.property("do", "submit");
    expect(decide({ isOwn: false, ownNodes: 0n, now: CLOSES - 24 })).to.have.property("why", "unprofitable");
  });

  it("is submitted by a prover that was left out, and not by one that L1 has credited", () => {
    const left = { isOwn: false, recorded: 0xan, now: CLOSES - 24 };
    expect(decide({ ...left, ownNodes: 0x4n })).to.deep.equal({ do: "submit", why: "better" });
    expect(decide({ ...left, ownNodes: 0x8n })).to.have.property("why", "known");
  });

  it("is not submitted when it is too late, frozen, or before a departure that L1 waits for", () => {
    expect(decide({ now: CLOSES - 12 })).to.have.property("why", "over");
    expect(decide({ isFrozen: true })).to.have.property("why", "frozen");
    expect(decide({ isDepartureDue: true })).to.have.property("why", "departure");
  });
});

describe("When a round is ended", () => {
  const view = (changes: Partial<AdvanceView> = {}): AdvanceView => ({
    ...{ now: 1_000, isFrozen: false, closedAt: 1_000, isPaid: true, order: 0 },
    ...changes,
  });

  it("is ended at once by the first who is paid, and after a while by anybody", () => {
    expect(decideAdvance(view())).to.deep.equal({ do: "advance" });
    expect(decideAdvance(view({ now: 999 }))).to.have.property("why", "running");
    expect(decideAdvance(view({ closedAt: undefined }))).to.have.property("why", "running");
    expect(decideAdvance(view({ isFrozen: true }))).to.have.property("why", "frozen");
    expect(decideAdvance(view({ order: 2, now: 1_023 }))).to.have.property("why", "others");
    expect(decideAdvance(view({ order: 2, now: 1_024 }))).to.have.property("do", "advance");
    expect(decideAdvance(view({ isPaid: false, now: 1_119 }))).to.have.property("why", "others");
    expect(decideAdvance(view({ isPaid: false, now: 1_120 }))).to.have.property("do", "advance");
  });

  it("pays what is worth its gas, and settles what is in the way of the next bid", () => {
    const chore = (amount: bigint, isInTheWay = false) => ({ amount, cost: 10n ** 15n, isInTheWay });
    const choose = (...chores: ReturnType<typeof chore>[]) => chooseChore(chores, SUBMITTING_STRATEGY);
    expect(choose()).to.equal(undefined);
    expect(choose(chore(SEQ))).to.equal(undefined);
    expect(choose(chore(SEQ), chore(SEQ + 1_000n))).to.equal(1);
    expect(choose(chore(1n, true))).to.equal(0);
  });
});

describe("A default on L1", () => {
  const END = 100_000;
  const WINDOW = 3_600;
  const view = (changes: Partial<DefaultView> = {}): DefaultView => ({
    ...{ now: END - WINDOW + 100, isOwn: true, isProposer: false, isLiable: true, isSlashed: false, isInner: false },
    ...{ submittedAt: END - WINDOW - 300, defenceEnd: END, defenceWindow: WINDOW, liabilityEnd: END + 4_800 },
    ...{ demand: "none", hasVotes: false, proofSeconds: 20, voteDeposit: SEQ, balance: SEQ, bounty: SEQ, order: 0 },
    ...{ showCost: 10n ** 14n, slashCost: 10n ** 14n },
    ...changes,
  });
  const decide = (changes: Partial<DefaultView> = {}) => decideDefault(view(changes), COURT_STRATEGY);

  it("is defended by the accused when the block is paid, or when there is no time to wait for that", () => {
    expect(decide()).to.deep.equal({ do: "defend" });
    expect(decide({ isLiable: false })).to.have.property("why", "over");
    expect(decide({ isLiable: undefined })).to.have.property("why", "undecided");
    expect(decide({ isLiable: undefined, now: END - 40 - 72 })).to.have.property("do", "defend");
    expect(decide({ now: END - 12 })).to.have.property("why", "over");
    expect(decide({ proofSeconds: undefined })).to.have.property("do", "wait");
  });

  it("has the votes of an inner node demanded if nobody shows them, in the first third of the window", () => {
    const inner = { isInner: true };
    const young = { ...inner, submittedAt: END - WINDOW, now: END - WINDOW + 59 };
    expect(decide({ ...inner, hasVotes: true })).to.have.property("do", "defend");
    expect(decide(young)).to.have.property("why", "votes");
    expect(decide(inner)).to.deep.equal({ do: "demand" });
    expect(decide({ ...inner, balance: SEQ - 1n })).to.have.property("why", "poor");
    expect(decide({ ...inner, isLiable: undefined })).to.have.property("why", "undecided");
    expect(decide({ ...inner, isLiable: undefined, now: END - 2_400 - 72 })).to.have.property("do", "demand");
    expect(decide({ ...inner, now: END - 2_400 - 12 })).to.have.property("why", "over");
    expect(decide({ ...inner, demand: "open" })).to.have.property("why", "votes");
    expect(decide({ ...inner, demand: "shown", hasVotes: true })).to.have.property("do", "defend");
  });

  it("has the votes shown by the proposer at once, and by others if the deposit is worth it", () => {
    const asked = { isOwn: false, isInner: true, demand: "open", hasVotes: true } as const;
    expect(decide({ ...asked, isProposer: true })).to.deep.equal({ do: "show" });
    expect(decide({ ...asked, now: END - 2_400 + 11 })).to.have.property("why", "others");
    expect(decide({ ...asked, now: END - 2_400 + 12 })).to.deep.equal({ do: "show" });
    expect(decide({ ...asked, now: END - 2_400 + 12, showCost: 10n ** 15n })).to.have.property("why", "unprofitable");
    expect(decide({ ...asked, isProposer: true, now: END - 1_200 - 12 })).to.have.property("why", "window");
    expect(decide({ ...asked, isProposer: true, hasVotes: false })).to.have.property("why", "window");
  });

  it("is slashed after the window by anybody whom the bounty pays, once for a ticket and round", () => {
    const over = { isOwn: false, now: END };
    expect(decide(over)).to.deep.equal({ do: "slash" });
    expect(decide({ ...over, now: END - 1 })).to.have.property("why", "window");
    expect(decide({ ...over, order: 3, now: END + 35 })).to.have.property("why", "others");
    expect(decide({ ...over, isSlashed: true })).to.have.property("why", "over");
    expect(decide({ ...over, isLiable: undefined })).to.have.property("why", "undecided");
    expect(decide({ ...over, isLiable: false })).to.have.property("why", "over");
    expect(decide({ ...over, isProposer: true })).to.have.property("why", "unprofitable");
    expect(decide({ ...over, slashCost: 10n ** 15n })).to.have.property("why", "unprofitable");
    expect(decide({ ...over, demand: "open" })).to.have.property("why", "void");
    expect(decide({ ...over, demand: "shown" })).to.have.property("do", "slash");
    expect(decide({ ...over, now: END + 4_800 - 12 })).to.have.property("why", "over");
  });
});
