// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import {
  B52Model,
  bidToBeat,
  countedBid,
  nextSlope,
  score,
  TicketModel,
  UNIT,
  type BlockFacts,
  type Parameters,
  type Proposal,
} from "../model/b52/index.ts";
import { expectRefusal } from "../helpers/expectRefusal.ts";
import { check } from "../helpers/properties.ts";

const PARAMETERS: Parameters = {
  proposalWindow: 100,
  proofWindow: 50,
  defenceWindow: 200,
  pipelined: false,
  fairPay: false,
  maxUncles: 2,
  maxLeaves: 8,
  minBid: 10n,
  blockReward: 3000n,
  uncleReward: 150n,
  tip: 5n,
  voteDeposit: 7n,
  bounty: 0n,
  lostBurnRate: 1000n,
  unprovenBurnRate: 5000n,
  maxShare: 5000n,
  targetProvers: 4n,
  minSlope: UNIT / 100n,
  maxSlope: 10n * UNIT,
  stake: 1001n,
  exitDelay: 700,
  slashRate: 1000n,
  maxSlashRate: 3000n,
  forgiveness: 10_000,
};

const START = 1_000_000;
const PROPOSAL_END = START + 100;
const PROOF_END = START + 150;
const DEFENCE_END = START + 350;
const NO_HANDICAP = { target: 1n, slope: 0n };

/** Two leaves: nodes 1 to 3. Each promised node is delivered, except those named. */
function facts(promised: Record<number, number>, defaulted: number[] = [], leaves = 2): BlockFacts {
  const entries = Object.entries(promised).map(([node, ticket]) => [Number(node), ticket] as const);
  const credited = entries.filter(([node]) => !defaulted.includes(node));
  return {
    leaves,
    promised: new Map(entries),
    credited: new Set(credited.map(([node]) => node)),
    defaulted: new Set(defaulted),
  };
}

describe("Model of B52", () => {
  describe("score", () => {
    it("has the numbers of the article: 51 votes and a bid of 1 lose to 49 votes and one of 1.062", () => {
      expect(score(51n, 1000n, NO_HANDICAP)).to.equal(132_651n * 10n ** 6n);
      expect(score(49n, 1062n, NO_HANDICAP)).to.equal(132_689_718_756n);
      expect(score(49n, 1061n, NO_HANDICAP) < score(51n, 1000n, NO_HANDICAP)).to.equal(true);
    });

    it("has break-even bids of (N / n)^1.5", () => {
      const rows = [50n, 49n, 40n, 33n, 25n, 10n, 1n].map((n) =>
        bidToBeat(score(100n - n, UNIT, NO_HANDICAP), n, NO_HANDICAP),
      );
      const rounded = rows.map((bid) => Number((bid ?? 0n) / 10n ** 12n) / 1e6);
      expect(rounded).to.deep.equal([1, 1.061845, 1.837117, 2.892952, 5.196152, 27, 985.037562]);
    });

    it("finds the least bid that wins", () => {
      const amount = fc.bigInt({ min: 0n, max: 2n ** 96n - 1n });
      const provers = fc.bigInt({ min: 1n, max: 247n });
      const slope = fc.bigInt({ min: 0n, max: 20n * UNIT });
      check([amount, provers, provers, provers, slope], (bid, rival, own, target, atSlope) => {
        const rule = { target, slope: atSlope };
        const toBeat = score(rival, bid, rule);
        const least = bidToBeat(toBeat, own, rule) ?? 0n;
        expect(score(own, least, rule) > toBeat).to.equal(true);
        expect(score(own, least - 1n, rule) <= toBeat).to.equal(true);
      });
      expect(bidToBeat(0n, 0n, NO_HANDICAP)).to.equal(undefined);
    });

    it("lets a bid count for less below the target, and whole from the target on", () => {
      const rule = { target: 10n, slope: UNIT };
      expect([0n, 5n, 9n, 10n, 20n].map((provers) => countedBid(provers, 3300n, rule))).to.deep.equal([
        1650n,
        2200n,
        3000n,
        3300n,
        3300n,
      ]);
    });
  });

  describe("slope", () => {
    const rule = { target: 8n, minSlope: UNIT / 100n, maxSlope: 100n * UNIT };
    const after = (blocks: number, provers: bigint, from: bigint): bigint =>
      Array.from({ length: blocks }).reduce<bigint>((slope) => nextSlope(slope, provers, rule), from);

    it("stays at the target, doubles its eighth below and above, and keeps its limits", () => {
      expect(nextSlope(UNIT, 8n, rule)).to.equal(UNIT);
      expect(nextSlope(UNIT, 0n, rule)).to.equal((UNIT * 9n) / 8n);
      expect(nextSlope(UNIT, 4n, rule)).to.equal((UNIT * 17n) / 16n);
      expect(nextSlope(UNIT, 16n, rule)).to.equal((UNIT * 7n) / 8n);
      expect(nextSlope(UNIT, 247n, rule)).to.equal((UNIT * 7n) / 8n);
      expect(after(500, 0n, rule.minSlope)).to.equal(rule.maxSlope);
      expect(after(500, 16n, rule.maxSlope)).to.equal(rule.minSlope);
    });

    it("grows below the target, however small the slope is", () => {
      expect(nextSlope(1n, 7n, { ...rule, minSlope: 1n })).to.equal(2n);
    });

    it("makes a small set's bid grow without end: two provers need ever higher bids to beat eight that bid 1", () => {
      const needed = (blocks: number): number => {
        const now = { target: 8n, slope: after(blocks, 2n, rule.minSlope) };
        return Number((bidToBeat(score(8n, UNIT, now), 2n, now) ?? 0n) / 10n ** 15n) / 1000;
      };
      // 8 = (8 / 2)^1.5 without a handicap. 1.09375 a block: the handicap of 0.0075 is 2.46 times that after 10 blocks.
      expect([0, 10, 20, 40, 60, 80, 100].map(needed)).to.deep.equal([
        8.06, 8.147, 8.36, 10.162, 20.978, 85.91, 475.689,
      ]);
    });
  });

  describe("rounds", () => {
    let model: B52Model;
    let ids: number;

    beforeEach(() => {
      model = new B52Model(PARAMETERS, "genesis", START);
      ids = 0;
      for (const account of ["alice", "bob", "carol", "dave"]) model.deposit(account, 10_000n);
      for (let ticket = 1; ticket <= 5; ticket++) model.registry.join(`owner ${ticket}`, ticket, `payout ${ticket}`);
      model.fundPool(100_000n);
    });

    const propose = (proposer: string, changes: Partial<Proposal> = {}): Proposal => ({
      id: `id ${String(ids++).padStart(4, "0")}`,
      proposer,
      round: 1,
      height: model.height + 1,
      parent: model.head,
      bid: 100n,
      share: 5000n,
      leaves: 2,
      promisedProvers: 3,
      ...changes,
    });
    const commit = (proposer: string, now: number, changes: Partial<Proposal> = {}): Proposal => {
      const proposal = propose(proposer, changes);
      model.commit(proposer, proposal, now);
      return proposal;
    };
    const sum = (): bigint => Object.values(model.owed()).reduce((total, value) => total + value, 0n);

    it("has half-open windows", () => {
      const proposal = commit("alice", PROPOSAL_END - 1);
      expectRefusal(() => commit("bob", PROPOSAL_END), "ProposalWindowClosed");
      expectRefusal(() => model.submit(proposal, facts({}), PROPOSAL_END - 1), "ProofWindowClosed");
      expectRefusal(() => model.submit(proposal, facts({}), PROOF_END), "ProofWindowClosed");
      model.submit(proposal, facts({}), PROOF_END - 1);
      expectRefusal(() => model.advanceState("l1", PROOF_END - 1), "RoundNotOver");
      expectRefusal(() => model.settle(proposal, PROOF_END - 1), "RoundNotOver");
      model.advanceState("l1", PROOF_END);
      expect(model.head).to.equal(proposal.id);
      expect(model.current).to.include({ id: 2, height: 2, opensAt: PROOF_END });
    });

    it("begins again for the same height when nothing was committed or nothing was proven", () => {
      expectRefusal(() => commit("alice", PROPOSAL_END), "WrongRound");
      const first = commit("alice", PROPOSAL_END, { round: 2 });
      expect(model.current).to.include({ id: 2, height: 1, opensAt: PROPOSAL_END });
      const over = PROPOSAL_END + 150;
      expectRefusal(() => model.advanceState("l1", over), "NothingProven");
      expectRefusal(() => commit("alice", over, { round: 3 }), "UnsettledCommitment");
      commit("bob", over, { round: 3 });
      model.settle(first, over);
      expect(model.toBurn).to.equal(50n); // it could have been proven
      expect(model.balanceOf("alice")).to.equal(9950n);
    });

    it("returns bids whole if the round before failed, and takes what no head can be built on", () => {
      model = new B52Model({ ...PARAMETERS, pipelined: true }, "genesis", START);
      model.deposit("alice", 1000n);
      model.deposit("bob", 1000n);
      const first = commit("alice", START);
      expectRefusal(() => commit("bob", PROPOSAL_END, { round: 2, height: 2 }), "WrongParent");
      const second = commit("bob", PROPOSAL_END, { round: 2, height: 2, parent: first.id });
      expectRefusal(() => model.submit(second, facts({}), PROPOSAL_END), "NotCurrentRound");
      expectRefusal(() => model.settle(second, PROOF_END - 1), "RoundNotOver");
      model.settle(second, PROOF_END);
      model.settle(first, PROOF_END);
      expect([model.balanceOf("alice"), model.balanceOf("bob")]).to.deep.equal([950n, 1000n]);
      expect(model.openRound(PROOF_END)).to.include({ id: 3, height: 1 });
    });

    it("ranks by score, then by the smaller id, and never by arrival", () => {
      const drafts = [commit("alice", START), commit("bob", START), commit("carol", START, { bid: 101n })];
      const last = commit("dave", START, { bid: 99n });
      for (const proposal of [last, ...drafts.reverse()]) {
        model.submit(proposal, facts({ 1: 1 }), PROPOSAL_END);
      }
      const ranking = model.current?.ranking.map(({ proposal }) => proposal.proposer);
      expect(ranking).to.deep.equal(["carol", "alice", "bob"]);
    });

    it("counts no more provers than were promised", () => {
      const proposal = commit("alice", START, { promisedProvers: 2 });
      model.submit(proposal, facts({ 1: 1, 2: 2, 3: 3 }), PROPOSAL_END);
      expect(model.current?.ranking[0]?.block?.provers).to.equal(2n);
    });

    it("pays proposer, provers, uncles and the L1 block's producer, and the rest returns", () => {
      const win = commit("alice", START, { bid: 200n });
      const uncle = commit("bob", START);
      model.submit(win, facts({ 1: 1, 2: 2, 3: 3 }, [3]), PROPOSAL_END);
      model.submit(uncle, facts({ 2: 4, 3: 5 }), PROPOSAL_END);
      model.advanceState("l1", PROOF_END);
      // 1500 for each; 500 a node, and 10 for each of at most 15 nodes of the uncle.
      expect(model.owed()).to.include({ reserved: 3150n, pool: 96_845n, toBurn: 200n });
      const held = sum();
      model.payRewards(1, "alice");
      model.payRewards(1, "bob");
      expectRefusal(() => model.payRewards(1, "bob"), "AlreadyPaid");
      expectRefusal(() => model.payRewards(1, "carol"), "NotRewarded");
      expectRefusal(() => model.payRewards(2, "alice"), "WrongPreimage");
      expect(model.balanceOf("alice")).to.equal(9800n + 1000n);
      expect([1, 2, 3, 4, 5].map((ticket) => model.balanceOf(`payout ${ticket}`))).to.deep.equal([
        500n,
        500n,
        0n,
        10n,
        10n,
      ]);
      expect(model.balanceOf("l1")).to.equal(5n);
      expectRefusal(() => model.settle(win, PROOF_END), "WrongStatus");
      model.settle(uncle, PROOF_END);
      expect(model.owed()).to.include({ reserved: 0n, escrow: 0n, pool: 100_000n - 2025n, toBurn: 210n });
      expect(sum()).to.equal(held);
      expect(model.burn()).to.equal(210n);
      expectRefusal(() => model.burn(), "NothingToBurn");
    });

    it("shares among all proven blocks with fair pay, by their scores", () => {
      model = new B52Model({ ...PARAMETERS, fairPay: true, maxUncles: 0 }, "genesis", START);
      for (const account of ["alice", "bob"]) model.deposit(account, 1000n);
      for (const ticket of [1, 2]) model.registry.join("owner", ticket, `payout ${ticket}`);
      model.fundPool(10_000n);
      const win = commit("alice", START, { bid: 200n });
      const other = commit("bob", START, { leaves: 4 });
      model.submit(win, facts({ 1: 1 }), PROPOSAL_END);
      model.submit(other, facts({ 1: 2, 2: 2 }, [], 4), PROPOSAL_END);
      model.advanceState("l1", PROOF_END);
      model.payRewards(1, "alice");
      model.payRewards(1, "bob");
      // One prover each, and a bid of 198 and 99 after the handicap: 4 : 1 of 1500, for 3 and for 7 nodes.
      expect([1, 2].map((ticket) => model.balanceOf(`payout ${ticket}`))).to.deep.equal([400n, 84n]);
      expect([model.balanceOf("alice"), model.balanceOf("bob")]).to.deep.equal([800n + 1500n, 900n]);
      expect(model.owed()).to.include({ reserved: 0n, pool: 10_000n - 1984n - 5n });
    });

    it("reserves nothing if the pool is short", () => {
      model.pool = 3004n;
      model.submit(commit("alice", START), facts({ 1: 1 }), PROPOSAL_END);
      model.advanceState("l1", PROOF_END);
      expect(model.owed()).to.include({ reserved: 0n, pool: 3004n });
      model.payRewards(1, "alice");
      expect(model.balanceOf("payout 1")).to.equal(0n);
    });

    it("lets a default be defended, then slashed, and then forgotten, once", () => {
      model.submit(commit("alice", START), facts({ 1: 1, 2: 2, 3: 3 }, [1, 2, 3]), PROPOSAL_END);
      model.advanceState("l1", PROOF_END);
      model.defend(1, "alice", 1, DEFENCE_END - 1);
      expectRefusal(() => model.defend(1, "alice", 1, DEFENCE_END - 1), "NoDefault");
      expectRefusal(() => model.slash("dave", 1, "alice", 2, DEFENCE_END - 1), "DefenceWindow");
      expectRefusal(() => model.defend(1, "alice", 2, DEFENCE_END), "DefenceWindow");
      expectRefusal(() => model.slash("dave", 1, "alice", 1, DEFENCE_END), "NoDefault");
      expect(model.slash("dave", 1, "alice", 2, DEFENCE_END)).to.equal(101n);
      expect(model.owed()).to.include({ toBurn: 100n + 51n, pool: 96_995n + 50n });
      expectRefusal(() => model.slash("dave", 1, "alice", 2, DEFENCE_END), "AlreadySlashed");
      expect(model.slash("dave", 1, "alice", 3, DEFENCE_END + 349)).to.equal(101n);
      expectRefusal(() => model.slash("dave", 1, "alice", 3, DEFENCE_END + 350), "DefaultLapsed");
    });

    it("voids a default whose votes were demanded and not shown, and gives the deposit to whoever was right", () => {
      model.submit(commit("alice", START), facts({ 1: 1, 2: 2, 3: 3 }, [1]), PROPOSAL_END);
      model.advanceState("l1", PROOF_END);
      expectRefusal(() => model.showVotes("carol", 1, "alice", 1, PROOF_END), "NotDemanded");
      expectRefusal(() => model.demandVotes("bob", 1, "alice", 1, DEFENCE_END - 132), "DemandWindow");
      expectRefusal(() => model.demandVotes("bob", 1, "alice", 2, PROOF_END), "NoDefault");
      model.demandVotes("bob", 1, "alice", 1, DEFENCE_END - 133);
      expectRefusal(() => model.demandVotes("dave", 1, "alice", 1, PROOF_END), "AlreadyDemanded");
      expectRefusal(() => model.showVotes("carol", 1, "alice", 1, DEFENCE_END - 66), "AnswerWindow");
      expectRefusal(() => model.slash("dave", 1, "alice", 1, DEFENCE_END), "VotesNotShown");
      expectRefusal(() => model.closeDemand(1, "alice", 1, DEFENCE_END - 1), "DefenceWindow");
      expect(model.owed().deposits).to.equal(7n);
      model.closeDemand(1, "alice", 1, DEFENCE_END);
      expect([model.balanceOf("bob"), model.owed().deposits]).to.deep.equal([10_000n, 0n]);
      expectRefusal(() => model.slash("dave", 1, "alice", 1, DEFENCE_END), "NoDefault");
    });

    it("keeps every node that any submission credits", () => {
      const proposal = commit("alice", START);
      const promised = { 1: 1, 2: 2, 3: 3 };
      model.submit(proposal, facts(promised, [1, 2, 3]), PROPOSAL_END);
      model.submit(proposal, facts(promised, [3]), PROPOSAL_END);
      expectRefusal(() => model.submit(proposal, facts(promised, [2, 3]), PROPOSAL_END), "NotBetter");
      model.submit(proposal, facts(promised, [1, 2]), PROPOSAL_END);
      const block = model.current?.ranking[0]?.block;
      expect([...(block?.credited ?? [])].sort()).to.deep.equal([1, 2, 3]);
      expect(block).to.include({ provers: 3n });
      expect(block?.defaulted.size).to.equal(0);
    });

    it("slashes only for blocks that are paid", () => {
      model = new B52Model({ ...PARAMETERS, maxUncles: 0 }, "genesis", START);
      for (const account of ["alice", "bob"]) model.deposit(account, 1000n);
      model.submit(commit("alice", START, { bid: 200n }), facts({ 1: 1 }), PROPOSAL_END);
      model.submit(commit("bob", START), facts({ 1: 1, 2: 2 }, [2]), PROPOSAL_END);
      model.advanceState("l1", PROOF_END);
      expectRefusal(() => model.slash("dave", 1, "bob", 2, DEFENCE_END), "NotRewarded");
      expectRefusal(() => model.payRewards(1, "bob"), "NotRewarded");
    });

    it("takes no proposal that breaks a rule", () => {
      expectRefusal(() => model.commit("bob", propose("alice"), START), "NotProposer");
      expectRefusal(() => commit("alice", START, { bid: 9n }), "BidBelowMinimum");
      expectRefusal(() => commit("alice", START, { share: 5001n }), "ShareAboveMaximum");
      expectRefusal(() => commit("alice", START, { leaves: 3 }), "InvalidTreeSize");
      expectRefusal(() => commit("alice", START, { leaves: 16 }), "InvalidTreeSize");
      expectRefusal(() => commit("alice", START, { promisedProvers: 4 }), "TooManyProvers");
      expectRefusal(() => commit("alice", START, { round: 2 }), "WrongRound");
      expectRefusal(() => commit("alice", START, { parent: "id 9999" }), "WrongParent");
      expectRefusal(() => commit("alice", START, { bid: 10_001n }), "InsufficientBalance");
      const proposal = commit("alice", START, { bid: 10_000n });
      expectRefusal(() => commit("alice", START), "AlreadyCommitted");
      expectRefusal(() => model.settle({ ...proposal, id: "id 9999" }, PROOF_END), "UnknownCommitment");
      expectRefusal(() => model.withdraw("alice", 1n), "InsufficientBalance");
      model.withdraw("bob", 10_000n);
    });
  });

  describe("tickets", () => {
    it("doubles the cost of a miss up to a limit, forgives, and lets a ticket with less than half its stake leave", () => {
      const registry = new TicketModel(PARAMETERS);
      registry.join("alice", 7, "payout");
      expect([1, 2, 3].map((now) => registry.slash(7, now))).to.deep.equal([101n, 180n, 216n]);
      expect(registry.tickets.get(7)).to.include({ stake: 504n });
      expect(registry.slash(7, 4)).to.equal(152n);
      expect(registry.tickets.get(7)).to.include({ stake: 352n, withdrawableAt: 704 });
      expect(registry.slash(7, 10_005)).to.equal(36n);
      expect(registry.slash(7, 20_005)).to.equal(64n);
      expect(registry.tickets.get(7)).to.include({ stake: 252n, withdrawableAt: 704 });
    });

    it("is left by its owner, and free after the delay", () => {
      const registry = new TicketModel(PARAMETERS);
      expectRefusal(() => registry.join("alice", 0, "payout"), "UnknownTicket");
      expectRefusal(() => registry.join("alice", 248, "payout"), "UnknownTicket");
      registry.join("alice", 247, "payout");
      expectRefusal(() => registry.join("bob", 247, "payout"), "TicketTaken");
      expectRefusal(() => registry.leaveRegistry("bob", 247, 0), "NotTicketOwner");
      expectRefusal(() => registry.withdrawStake(247, 9000), "StakeLocked");
      registry.leaveRegistry("alice", 247, 0);
      expect(registry.active().size).to.equal(0);
      expectRefusal(() => registry.leaveRegistry("alice", 247, 0), "TicketNotActive");
      expectRefusal(() => registry.withdrawStake(247, 699), "StakeLocked");
      expect(registry.withdrawStake(247, 700)).to.equal(1001n);
      expect(registry.slash(247, 700)).to.equal(0n);
      expect(registry.stakes).to.equal(0n);
    });
  });
});
