// SPDX-License-Identifier: MIT
import { bn254 } from "@noble/curves/bn254";
import { expect } from "chai";
import { keccak256 } from "ethers";

import {
  contextOf,
  draftContext,
  nodesBitmap,
  packDraw,
  proposalHash,
  signVote,
  ticketOutput,
  type Draft,
} from "../../../src/b52/index.ts";
import { encodeTransactionSlot, decodeTransactionSlot } from "../../../src/codec/index.ts";
import { L, P } from "../../../src/field.ts";
import type { NodeProof } from "../../../src/agents/index.ts";
import type { Message, ProofMessage, ProposalMessage } from "../../../src/node/network/messages/index.ts";
import {
  arePoints,
  KEPT,
  QUEUE_LIMITS,
  TopicQueues,
  type Sender,
  Validator,
  type NetworkFacts,
  type Verdict,
} from "../../../src/node/network/validation/index.ts";
import {
  BID,
  BLOCK,
  COMMITMENT,
  CONTEXT,
  COVER,
  DRAFT,
  DRAW,
  drawnVoteOf,
  ESCROW,
  ID,
  MOCK_PROOFS,
  mockProof,
  mockVerifier,
  mockWords,
  OFFER,
  offerOf,
  OPEN_ROUND,
  PAYMENT,
  proofMessage,
  PROPOSAL,
  proposer,
  PURCHASE,
  purchaseOf,
  QUOTE,
  QUOTE_HASH,
  quoteOf,
  SALE,
  SALE_TERMS,
  saleOf,
  ticketSigner,
  TRANSACTION,
  TRANSCRIPT_MESSAGE,
  voteOf,
  type WorldFacts,
  worldFacts,
} from "../../helpers/gossipWorld.ts";
import { toProofMessage } from "../../../src/node/network/messages/index.ts";

interface World {
  readonly facts: WorldFacts;
  readonly validator: Validator;
  readonly verifier: ReturnType<typeof mockVerifier>;
  /** Errors because of which a message was not judged. */
  readonly faults: readonly unknown[];
  readonly judge: (message: Message) => Promise<string>;
}

function world(changes: Partial<NetworkFacts> = {}, verifierTimeout?: number): World {
  const [facts, verifier] = [worldFacts(changes), mockVerifier()];
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const validator = new Validator(facts, verifier, {
    onFault,
    ...(verifierTimeout === undefined ? {} : { verifierTimeout }),
  });
  return { facts, validator, verifier, faults, judge: async (message) => short(await validator.judge(message)) };
}

const short = (verdict: Verdict): string =>
  verdict.verdict === "accept" ? "accept" : `${verdict.verdict} ${verdict.reason}`;

/** A world that has accepted these. */
async function worldWith(messages: readonly Message[], changes: Partial<NetworkFacts> = {}): Promise<World> {
  const made = world(changes);
  for (const message of messages) expect(await made.judge(message), message.kind).to.equal("accept");
  return made;
}

describe("The validator of gossip", () => {
  describe("of transactions", () => {
    it("passes on what the mempool takes, once", async () => {
      const { judge } = world();
      expect(await judge(TRANSACTION)).to.equal("accept");
      expect(await judge(TRANSACTION)).to.equal("ignore KNOWN");
    });

    it("ignores what the mempool refuses", async () => {
      const { judge } = world({ admit: () => Promise.resolve("refused") });
      expect(await judge(TRANSACTION)).to.equal("ignore NOT_ADMITTED");
    });

    it("rejects what is void in every state, without asking the mempool", async () => {
      const { judge } = world({ admit: () => Promise.reject(new Error("asked")) });
      const fields = decodeTransactionSlot(TRANSACTION.slot);
      for (const change of [{ from: 0 }, { flags: 2n }, { h: P }, { s: L }]) {
        const slot = encodeTransactionSlot({ ...fields, ...change });
        expect(await judge({ kind: "transaction", slot })).to.equal("reject VOID_TRANSACTION");
      }
    });
  });

  describe("of proposals", () => {
    const signed = (changes: Partial<Draft>, name = "proposer"): Promise<ProposalMessage> =>
      offerOf(proposer(name), changes);

    it("accepts an offer of the open round, and remembers it", async () => {
      const { judge, validator } = world();
      expect(await judge(OFFER)).to.equal("accept");
      expect(validator.find({ kind: "proposal", context: CONTEXT })).to.deep.equal(OFFER);
      expect(await judge(OFFER)).to.equal("ignore KNOWN");
    });

    it("rejects what the deployment's parameters never permit", async () => {
      const { judge, facts } = world();
      const { minBid, maxShare } = facts.parameters;
      facts.parameters = { ...facts.parameters, maxLeaves: 4n };
      expect(await judge(await signed({ bid: minBid - 1n }))).to.equal("reject AGAINST_PARAMETERS");
      expect(await judge(await signed({ share: maxShare + 1n }))).to.equal("reject AGAINST_PARAMETERS");
      expect(await judge(await signed({ leaves: 8n }))).to.equal("reject AGAINST_PARAMETERS");
      expect(await judge(await signed({ bid: minBid, share: maxShare, leaves: 4n }))).to.equal("accept");
    });

    it("rejects a signature of somebody else", async () => {
      const { judge } = world();
      const { signature } = await signed({}, "another");
      expect(await judge({ ...OFFER, signature })).to.equal("reject BAD_SIGNATURE");
    });

    it("ignores another round, another height, and another parent than L1 takes", async () => {
      const { judge, facts } = world();
      expect(await judge(await signed({ round: 2n }))).to.equal("ignore ROUND_NOT_OPEN");
      expect(await judge(await signed({ height: 2n }))).to.equal("ignore ROUND_NOT_OPEN");
      expect(await judge(await signed({ parent: ID }))).to.equal("ignore WRONG_PARENT");
      facts.openRound = { ...OPEN_ROUND, parents: [keccak256("0x01"), ID] };
      expect(await judge(await signed({ parent: ID }))).to.equal("accept");
      facts.openRound = undefined;
      expect(await judge(OFFER)).to.equal("ignore ROUND_NOT_OPEN");
    });

    it("ignores a bid that its proposer cannot pay, and looks at the signature before it asks L1", async () => {
      let asked = 0;
      const { judge, facts } = world({ deposit: () => Promise.resolve(++asked === 1 ? BID - 1n : undefined) });
      const { signature } = await signed({}, "another");
      expect(await judge({ ...OFFER, signature })).to.equal("reject BAD_SIGNATURE");
      expect(asked).to.equal(0);
      expect(await judge(OFFER)).to.equal("ignore DEPOSIT_TOO_LOW");
      expect(await judge(OFFER)).to.equal("ignore DEPOSIT_UNKNOWN");
      facts.deposit = () => Promise.resolve(BID);
      expect(await judge(OFFER)).to.equal("accept");
    });

    it("forgets an offer whose round ended while L1 was asked", async () => {
      const { judge, facts, validator } = world();
      facts.deposit = () => {
        facts.openRound = undefined;
        return Promise.resolve(BID);
      };
      expect(await judge(OFFER)).to.equal("ignore ROUND_NOT_OPEN");
      expect(validator.find({ kind: "proposal", context: CONTEXT })).to.equal(undefined);
    });

    it("takes eight of a proposer, and no ninth", async () => {
      const { judge } = world();
      for (let i = 0; i < KEPT.proposalsOfProposer; i++) {
        expect(await judge(await signed({ share: BigInt(i) }))).to.equal("accept");
      }
      expect(await judge(await signed({ share: 99n }))).to.equal("ignore TOO_MANY");
      expect(await judge(await signed({ share: 99n }, "another"))).to.equal("accept");
    });

    it("keeps the sixteen highest bids, but of each proposer one before a second of any", async () => {
      const { judge, validator } = world({ deposit: () => Promise.resolve(BID * 100n) });
      for (const name of ["rich", "richer"]) {
        for (let i = 0n; i < 8n; i++) {
          expect(await judge(await signed({ bid: BID * (50n + i) }, name))).to.equal("accept");
        }
      }
      // Two deposits hold all places, and still a third proposer gets one, with a lower bid.
      const poor = await signed({}, "poor");
      expect(await judge(poor)).to.equal("accept");
      const lost = draftContext(world().facts.domain, { ...DRAFT, proposer: proposer("rich").address, bid: BID * 50n });
      const alsoLost = draftContext(world().facts.domain, {
        ...DRAFT,
        proposer: proposer("richer").address,
        bid: BID * 50n,
      });
      const kept = [lost, alsoLost].filter((context) => validator.find({ kind: "proposal", context }) !== undefined);
      expect(kept).to.have.lengthOf(1);
      expect(await judge(await signed({ share: 1n, bid: BID }, "poor"))).to.equal("ignore BID_TOO_LOW");
      expect(
        validator.find({
          kind: "proposal",
          context: contextOf(BigInt(proposalHash(world().facts.domain, poor.draft))),
        }),
      ).to.deep.equal(poor);
    });
  });

  describe("of builders' messages", () => {
    const builder = proposer("builder");
    const sold = [OFFER, QUOTE, PURCHASE];

    it("accepts a quote, a purchase and a sale, each once, and remembers them", async () => {
      const { judge, validator } = await worldWith([OFFER]);
      const wanted = [
        { kind: "quote", hash: QUOTE_HASH },
        { kind: "purchase", id: ID },
        { kind: "sale", id: ID },
      ] as const;
      for (const [i, message] of [QUOTE, PURCHASE, SALE].entries()) {
        expect(await judge(message)).to.equal("accept");
        expect(await judge(message)).to.equal("ignore KNOWN");
        expect(validator.find(wanted[i]!)).to.deep.equal(message);
      }
    });

    it("ignores them all without an escrow, and forgets them when their round is over", async () => {
      const { judge, facts, validator } = await worldWith([...sold, SALE]);
      facts.openRound = { ...OPEN_ROUND, round: 2n };
      validator.prune();
      for (const wanted of [
        { kind: "quote", hash: QUOTE_HASH },
        { kind: "purchase", id: ID },
        { kind: "sale", id: ID },
      ] as const) {
        expect(validator.find(wanted)).to.equal(undefined);
      }
      facts.escrow = undefined;
      for (const message of [QUOTE, PURCHASE, SALE]) expect(await judge(message)).to.equal("ignore NO_ESCROW");
    });

    it("ignores a quote of another round, height or parent, and rejects a tree that is too large", async () => {
      const { judge, facts } = world();
      expect(await judge(await quoteOf(builder, { round: 2n }))).to.equal("ignore ROUND_NOT_OPEN");
      expect(await judge(await quoteOf(builder, { height: 2n }))).to.equal("ignore ROUND_NOT_OPEN");
      expect(await judge(await quoteOf(builder, { parent: ID }))).to.equal("ignore WRONG_PARENT");
      facts.parameters = { ...facts.parameters, maxLeaves: 4n };
      expect(await judge(await quoteOf(builder, { leaves: 8n }))).to.equal("reject AGAINST_PARAMETERS");
    });

    it("rejects a quote that its builder did not sign, before L1 is asked, and ignores one that is not paid for", async () => {
      let asked = 0;
      const { judge, facts } = world();
      const usable = (balance: bigint | undefined) => () => {
        asked += 1;
        return Promise.resolve(balance);
      };
      facts.escrow = { domain: ESCROW, usable: usable(PAYMENT + COVER - 1n) };
      const { quote } = QUOTE;
      for (const change of [{ payment: PAYMENT - 1n }, { builder: DRAFT.proposer }, { contentHash: ID }]) {
        expect(await judge({ ...QUOTE, quote: { ...quote, ...change } })).to.equal("reject BAD_SIGNATURE");
      }
      expect(asked).to.equal(0);
      expect(await judge(QUOTE)).to.equal("ignore DEPOSIT_TOO_LOW");
      facts.escrow = { domain: ESCROW, usable: usable(undefined) };
      expect(await judge(QUOTE)).to.equal("ignore DEPOSIT_UNKNOWN");
      facts.escrow = { domain: ESCROW, usable: usable(PAYMENT + COVER) };
      expect(await judge(QUOTE)).to.equal("accept");
      // Of another escrow, or another chain.
      facts.escrow = { domain: { ...ESCROW, verifyingContract: DRAFT.proposer }, usable: usable(PAYMENT + COVER) };
      expect(await judge(QUOTE)).to.equal("reject BAD_SIGNATURE");
    });

    it("forgets a quote whose round ended while L1 was asked", async () => {
      const { judge, facts, validator } = world();
      const usable = (): Promise<bigint> => {
        facts.openRound = undefined;
        return Promise.resolve(PAYMENT + COVER);
      };
      facts.escrow = { domain: ESCROW, usable };
      expect(await judge(QUOTE)).to.equal("ignore ROUND_NOT_OPEN");
      expect(validator.find({ kind: "quote", hash: QUOTE_HASH })).to.equal(undefined);
    });

    it("takes four quotes of a builder, and of all the sixteen that pay most, but one of each builder first", async () => {
      const { judge, facts } = world();
      facts.escrow = { domain: ESCROW, usable: () => Promise.resolve(1_000n * PAYMENT) };
      for (let i = 0n; i < BigInt(KEPT.quotesOfBuilder); i++) {
        expect(await judge(await quoteOf(builder, { payment: PAYMENT + i }))).to.equal("accept");
      }
      expect(await judge(await quoteOf(builder, { payment: 9n * PAYMENT }))).to.equal("ignore TOO_MANY");
      for (const name of ["b", "c", "d"]) {
        for (let i = 0n; i < 4n; i++) {
          expect(await judge(await quoteOf(proposer(name), { payment: 5n * PAYMENT + i }))).to.equal("accept");
        }
      }
      // Sixteen are there, and a builder that has none gets a place with a low payment; its second one does not.
      expect(await judge(await quoteOf(proposer("poor"), { payment: 2n }))).to.equal("accept");
      expect(await judge(await quoteOf(proposer("poor"), { payment: 1n }))).to.equal("ignore PAYMENT_TOO_LOW");
    });

    it("ignores a purchase of nothing that was quoted or offered, and rejects one of another block", async () => {
      const { judge } = world();
      expect(await judge(PURCHASE)).to.equal("ignore UNKNOWN_QUOTE");
      expect(await judge(QUOTE)).to.equal("accept");
      expect(await judge(PURCHASE)).to.equal("ignore UNKNOWN_PROPOSAL");
      for (const change of [{ contentHash: ID }, { leaves: 4n }, { round: 2n }, { height: 2n }, { parent: ID }]) {
        const other = await purchaseOf(proposer("proposer"), { proposal: { ...PROPOSAL, ...change } });
        expect(await judge(other)).to.equal("reject OTHER_BLOCK");
      }
    });

    it("rejects a purchase that its proposer did not sign, or whose votes are others", async () => {
      const { judge } = await worldWith([OFFER, QUOTE]);
      expect(await judge(await purchaseOf(proposer("another")))).to.equal("reject BAD_SIGNATURE");
      expect(await judge({ ...PURCHASE, signature: QUOTE.signature })).to.equal("reject BAD_SIGNATURE");
      const votes = [...TRANSCRIPT_MESSAGE.votes];
      [votes[2], votes[3]] = [votes[3], votes[2]];
      expect(await judge({ ...PURCHASE, votes })).to.equal("reject WRONG_HASH");
      expect(await judge({ ...PURCHASE, promised: PURCHASE.promised + (1n << 8n) })).to.equal("reject WRONG_HASH");
      expect(await judge(PURCHASE)).to.equal("accept");
    });

    it("takes two purchases with one proposal, and no third", async () => {
      const { judge } = await worldWith(sold);
      const withProvers = (promisedProvers: bigint) =>
        purchaseOf(proposer("proposer"), { proposal: { ...PROPOSAL, promisedProvers } });
      expect(await judge(await withProvers(2n))).to.equal("accept");
      expect(await judge(await withProvers(1n))).to.equal("ignore TOO_MANY");
    });

    it("ignores a sale that nobody asked for, and rejects an offer that L1 would refuse", async () => {
      const { judge } = await worldWith([OFFER, QUOTE]);
      expect(await judge(SALE)).to.equal("ignore UNKNOWN_PURCHASE");
      expect(await judge(PURCHASE)).to.equal("accept");
      expect(await judge({ ...SALE, deadline: SALE.deadline + 1n })).to.equal("reject BAD_SIGNATURE");
      for (const change of [{ payment: PAYMENT - 1n }, { cover: COVER - 1n }, { id: QUOTE_HASH }]) {
        const signed = await saleOf(builder, { ...SALE_TERMS, ...change });
        expect(await judge({ ...signed, id: ID })).to.equal("reject BAD_SIGNATURE");
      }
      expect(await judge(await saleOf(proposer("another"), SALE_TERMS))).to.equal("reject BAD_SIGNATURE");
      expect(await judge(SALE)).to.equal("accept");
      expect(await judge(await saleOf(builder, { ...SALE_TERMS, deadline: 7n }))).to.equal("ignore KNOWN");
    });
  });

  describe("of votes", () => {
    it("accepts a vote for a known proposal, by the ticket's key in the round", async () => {
      const { judge } = await worldWith([OFFER]);
      expect(await judge(voteOf(2, [2, 3]))).to.equal("accept");
      expect(await judge(voteOf(2, [2, 3]))).to.equal("ignore KNOWN");
    });

    it("keeps nothing of a vote for a proposal that it does not know", async () => {
      const { judge } = world();
      expect(await judge(voteOf(2, [2]))).to.equal("ignore UNKNOWN_PROPOSAL");
      expect(await judge(OFFER)).to.equal("accept");
      // Had it been kept, it would be known now.
      expect(await judge(voteOf(2, [2]))).to.equal("accept");
    });

    it("rejects a node outside the tree that the proposal names", async () => {
      const { judge } = await worldWith([OFFER]);
      expect(await judge(voteOf(2, [4]))).to.equal("reject OUTSIDE_TREE");
    });

    it("rejects another ticket's signature, and a signature for another proposal", async () => {
      const { judge } = await worldWith([OFFER]);
      expect(await judge({ ...voteOf(2, [2]), ticket: 4 })).to.equal("reject BAD_SIGNATURE");
      expect(await judge({ ...voteOf(2, [2], CONTEXT + 256n), context: CONTEXT })).to.equal("reject BAD_SIGNATURE");
    });

    it("ignores a ticket without a key; and a wrong signature as long as the ticket can get another key", async () => {
      const { judge, facts } = await worldWith([OFFER]);
      expect(await judge(voteOf(3, [2]))).to.equal("ignore UNKNOWN_TICKET");
      facts.openRound = { ...OPEN_ROUND, isOpened: false };
      expect(await judge({ ...voteOf(2, [2]), ticket: 4 })).to.equal("ignore UNKNOWN_TICKET");
    });

    it("ignores votes when the round takes no commitments any more", async () => {
      const { judge, facts } = await worldWith([OFFER]);
      facts.openRound = { ...OPEN_ROUND, round: 2n };
      expect(await judge(voteOf(2, [2]))).to.equal("ignore ROUND_NOT_OPEN");
    });

    it("passes two different votes of a ticket on, and then ignores the ticket for the round, and no other", async () => {
      const second = await offerOf(proposer("another"));
      const { judge, facts, validator } = await worldWith([OFFER, second]);
      expect(await judge(voteOf(2, [2]))).to.equal("accept");
      expect(await judge(voteOf(2, [3]))).to.equal("accept");
      expect(await judge(voteOf(2, [1]))).to.equal("ignore EQUIVOCATION");
      const other = draftContext(facts.domain, second.draft);
      expect(await judge(voteOf(2, [1], other))).to.equal("ignore EQUIVOCATION");
      // Known ones are not judged again.
      expect(await judge(voteOf(2, [2]))).to.equal("ignore KNOWN");
      expect(await judge(voteOf(4, [1]))).to.equal("accept");
      // In the next round it votes again.
      const next = { ...OPEN_ROUND, round: 2n };
      facts.openRound = next;
      validator.prune();
      const later = await offerOf(proposer("proposer"), { round: 2n });
      expect(await judge(later)).to.equal("accept");
      expect(await judge(voteOf(2, [1], draftContext(facts.domain, later.draft)))).to.equal("accept");
    });

    it("takes votes of one ticket for several proposals: each is a promise of its own", async () => {
      const second = await offerOf(proposer("another"));
      const { judge, facts } = await worldWith([OFFER, second]);
      expect(await judge(voteOf(2, [2]))).to.equal("accept");
      expect(await judge(voteOf(2, [2], draftContext(facts.domain, second.draft)))).to.equal("accept");
    });

    it("takes a second signature of the same promise for the same vote", async () => {
      const { judge } = await worldWith([OFFER]);
      expect(await judge(voteOf(2, [2]))).to.equal("accept");
      const again = signVote(ticketSigner(2), { context: CONTEXT, ticket: 2, nodes: nodesBitmap([2]) });
      // The promise is known, so its signature is not checked.
      expect(await judge({ ...voteOf(2, [2]), vote: { ...again, s: 1n } })).to.equal("ignore KNOWN");
    });
  });

  describe("of votes where tickets are drawn", () => {
    const OPEN_DRAWN = { ...OPEN_ROUND, draw: DRAW };

    it("accepts that of an elected ticket, and ignores that of another", async () => {
      const { judge, facts } = await worldWith([OFFER]);
      facts.openRound = OPEN_DRAWN;
      expect(await judge(drawnVoteOf(2, [2]))).to.equal("accept");
      const { gamma } = drawnVoteOf(4, [2]).vote;
      const output = ticketOutput(gamma!, 4)!;
      facts.openRound = { ...OPEN_ROUND, draw: packDraw({ seed: 77n, limit: output - 1n }) };
      expect(await judge(drawnVoteOf(4, [2]))).to.equal("ignore NOT_ELECTED");
      facts.openRound = { ...OPEN_ROUND, draw: packDraw({ seed: 77n, limit: output }) };
      expect(await judge(drawnVoteOf(4, [2]))).to.equal("accept");
    });

    it("rejects one without a point, with that of another seed, ticket or context, and a point where none is drawn", async () => {
      const { judge, facts } = await worldWith([OFFER]);
      expect(await judge(drawnVoteOf(2, [2]))).to.equal("reject BAD_SIGNATURE");
      facts.openRound = OPEN_DRAWN;
      expect(await judge(voteOf(2, [2]))).to.equal("reject BAD_SIGNATURE");
      expect(await judge(drawnVoteOf(2, [2], { seed: 78n }))).to.equal("reject BAD_SIGNATURE");
      expect(await judge({ ...drawnVoteOf(2, [2]), ticket: 4 })).to.equal("reject BAD_SIGNATURE");
      const { gamma } = drawnVoteOf(4, [2]).vote;
      const good = drawnVoteOf(2, [2]);
      expect(await judge({ ...good, vote: { ...good.vote, gamma } })).to.equal("reject BAD_SIGNATURE");
      const elsewhere = drawnVoteOf(2, [2], { context: CONTEXT + 256n });
      expect(await judge({ ...elsewhere, context: CONTEXT })).to.equal("reject BAD_SIGNATURE");
    });

    it("rejects a transcript whose votes have the other form, which no proof can open", async () => {
      const { judge, facts } = world();
      const votes = TRANSCRIPT_MESSAGE.votes.map((vote) => vote && { ...vote, gamma: { x: 1n, y: 2n } });
      expect(await judge({ ...TRANSCRIPT_MESSAGE, votes })).to.equal("reject WRONG_FORM");
      facts.isDrawn = true;
      expect(await judge(TRANSCRIPT_MESSAGE)).to.equal("reject WRONG_FORM");
    });
  });

  describe("of transcripts and blocks", () => {
    it("accepts the preimages of a commitment that is on L1", async () => {
      const { judge, validator } = await worldWith([TRANSCRIPT_MESSAGE, BLOCK]);
      expect(await judge(TRANSCRIPT_MESSAGE)).to.equal("ignore KNOWN");
      expect(await judge(BLOCK)).to.equal("ignore KNOWN");
      expect(validator.find({ kind: "transcript", id: ID })).to.deep.equal(TRANSCRIPT_MESSAGE);
      expect(validator.find({ kind: "block", id: ID.toUpperCase().replace("0X", "0x") })).to.deep.equal(BLOCK);
    });

    it("keeps nothing of commitments that are not on L1", async () => {
      const { judge, facts, validator } = world();
      const { commitment } = facts;
      facts.commitment = () => undefined;
      expect(await judge(TRANSCRIPT_MESSAGE)).to.equal("ignore UNKNOWN_COMMITMENT");
      expect(await judge(BLOCK)).to.equal("ignore UNKNOWN_COMMITMENT");
      expect(await judge(proofMessage(2))).to.equal("ignore UNKNOWN_COMMITMENT");
      facts.commitment = commitment;
      expect(validator.find({ kind: "block", id: ID })).to.equal(undefined);
      expect(validator.find({ kind: "transcript", id: ID })).to.equal(undefined);
    });

    it("rejects a transcript with other votes or other promises than were committed", async () => {
      const { judge } = world();
      const votes = TRANSCRIPT_MESSAGE.votes.with(2, undefined);
      expect(await judge({ ...TRANSCRIPT_MESSAGE, votes })).to.equal("reject WRONG_HASH");
      const promised = TRANSCRIPT_MESSAGE.promised + 256n;
      expect(await judge({ ...TRANSCRIPT_MESSAGE, promised })).to.equal("reject WRONG_HASH");
      const proposal = { ...PROPOSAL, promisedProvers: 2n };
      expect(await judge({ ...TRANSCRIPT_MESSAGE, proposal })).to.equal("ignore UNKNOWN_COMMITMENT");
    });

    it("rejects a block with one other bit of data, salt, fees or list", async () => {
      const { judge } = world();
      const data = BLOCK.data.with(7, 1);
      const list = new Uint8Array(93);
      const changes: readonly Partial<typeof BLOCK>[] = [
        { data },
        { content: { ...BLOCK.content, salt: keccak256("0x02") } },
        { content: { ...BLOCK.content, feeAccount: 1 } },
        { content: { ...BLOCK.content, forcedCount: 2 } },
        { content: { ...BLOCK.content, feeToken: 1n } },
        { includeList: list },
      ];
      for (const change of changes) expect(await judge({ ...BLOCK, ...change })).to.equal("reject WRONG_HASH");
    });

    it("rejects data that need another tree than was committed, and a list of more than a leaf", async () => {
      const { judge } = world();
      expect(await judge({ ...BLOCK, data: new Uint8Array(372 * 2 + 1) })).to.equal("reject WRONG_SIZE");
      expect(await judge({ ...BLOCK, includeList: new Uint8Array(372 + 93) })).to.equal("reject WRONG_SIZE");
    });

    it("ignores a block before the proposal window is over, or with too few L1 blocks on its commitment", async () => {
      const { judge, facts } = world({ now: COMMITMENT.opensAt - 1n });
      expect(await judge(BLOCK)).to.equal("ignore TOO_EARLY");
      facts.now = COMMITMENT.opensAt;
      facts.block = COMMITMENT.committedAt + 2;
      expect(await judge(BLOCK)).to.equal("ignore TOO_EARLY");
      facts.block += 1;
      expect(await judge(BLOCK)).to.equal("accept");
    });

    it("forgets what is about a commitment that a reorganisation of L1 has taken back", async () => {
      const { facts, validator } = await worldWith([TRANSCRIPT_MESSAGE, BLOCK, proofMessage(2)]);
      facts.commitment = () => undefined;
      validator.prune();
      expect(validator.find({ kind: "block", id: ID })).to.equal(undefined);
      expect(validator.find({ kind: "proof", id: ID, node: 2 })).to.equal(undefined);
    });
  });

  describe("of proofs", () => {
    const revealed = (changes: Partial<NetworkFacts> = {}): Promise<World> =>
      worldWith([TRANSCRIPT_MESSAGE, BLOCK], changes);

    it("accepts leaves, and a merge of accepted leaves, each verified once", async () => {
      const { judge, verifier, validator } = await revealed();
      for (const node of [2, 3, 1]) expect(await judge(proofMessage(node))).to.equal("accept");
      expect(await judge(proofMessage(1))).to.equal("ignore KNOWN");
      expect(verifier.asked).to.equal(3);
      expect(validator.find({ kind: "proof", id: ID, node: 1 })).to.deep.equal(proofMessage(1));
    });

    it("needs transcript and block, which it asks others for", async () => {
      const { judge } = world();
      expect(await judge(proofMessage(2))).to.equal("ignore UNKNOWN_TRANSCRIPT");
      await judge(TRANSCRIPT_MESSAGE);
      expect(await judge(proofMessage(2))).to.equal("ignore UNKNOWN_BLOCK");
      await judge(BLOCK);
      expect(await judge(proofMessage(2))).to.equal("accept");
    });

    it("ignores a merge whose children it does not have, without asking the verifier", async () => {
      const { judge, verifier } = await revealed();
      expect(await judge(proofMessage(1))).to.equal("ignore UNKNOWN_CHILDREN");
      await judge(proofMessage(2));
      expect(await judge(proofMessage(1))).to.equal("ignore UNKNOWN_CHILDREN");
      expect(verifier.asked).to.equal(1);
    });

    it("rejects sets that do not follow from the children, without asking the verifier", async () => {
      const { judge, verifier } = await revealed();
      for (const node of [2, 3]) await judge(proofMessage(node));
      const root = proofMessage(1);
      const merge = root.merge!;
      expect(await judge({ ...root, merge: { ...merge, nodes: merge.nodes ^ 2n } })).to.equal("reject WRONG_SETS");
      const delivered = merge.delivered | (1n << 9n);
      expect(await judge({ ...root, merge: { ...merge, delivered } })).to.equal("reject WRONG_SETS");
      expect(verifier.asked).to.equal(2);
    });

    it("rejects a node outside the tree, and a leaf in the place of a merge", async () => {
      const { judge } = await revealed();
      expect(await judge({ ...proofMessage(2), node: 4 })).to.equal("reject OUTSIDE_TREE");
      expect(await judge({ ...proofMessage(1), node: 2 })).to.equal("reject OUTSIDE_TREE");
    });

    it("rejects points that are not on their curve or not of their group, or zero, before it asks the verifier", async () => {
      const { judge, verifier } = await revealed();
      const good = proofMessage(2);
      const bad = [
        good.words.with(1, good.words[1]! + 1n),
        good.words.with(7, 5n),
        good.words.with(3, 5n),
        good.words.map((word, i) => (i < 2 ? 0n : word)),
        good.words.with(2, OFF_GROUP[0]).with(3, OFF_GROUP[1]).with(4, OFF_GROUP[2]).with(5, OFF_GROUP[3]),
      ];
      for (const words of bad) expect(await judge({ ...good, words })).to.equal("reject INVALID_POINT");
      expect(verifier.asked).to.equal(0);
    });

    it("rejects a proof of another statement: another worker, or another node", async () => {
      const { judge } = await revealed();
      expect(await judge({ ...proofMessage(2), worker: 4 })).to.equal("reject INVALID_PROOF");
      expect(await judge({ ...proofMessage(2), node: 3 })).to.equal("reject INVALID_PROOF");
    });

    it("does not look at other words for a statement that it has: anybody can change a proof into another", async () => {
      const { judge, verifier } = await revealed();
      await judge(proofMessage(2));
      expect(await judge({ ...proofMessage(2), words: mockWords([5n]) })).to.equal("ignore KNOWN");
      expect(verifier.asked).to.equal(1);
    });

    it("lets a false proof take nobody's place", async () => {
      const { judge } = await revealed();
      expect(await judge({ ...proofMessage(2), words: mockWords([5n]) })).to.equal("reject INVALID_PROOF");
      expect(await judge(proofMessage(2))).to.equal("accept");
    });

    it("takes eight proofs of those who fill a node, and still the one of the promised ticket", async () => {
      const { judge, validator } = await revealed();
      const by = (worker: number): ProofMessage => toProofMessage(ID, mockProof(2, worker));
      for (let worker = 10; worker < 10 + KEPT.proofsOfOthers; worker++) {
        expect(await judge(by(worker))).to.equal("accept");
      }
      expect(await judge(by(0))).to.equal("ignore TOO_MANY");
      expect(await judge(by(2))).to.equal("accept");
      expect(validator.find({ kind: "proof", id: ID, node: 2 })).to.deep.equal(by(2));
    });

    it("takes four merges of the promised ticket, one for each pair of children, and no fifth", async () => {
      const { judge } = await revealed();
      const lefts = [2, 10, 11, 12, 13].map((worker) => mockProof(2, worker));
      const right = MOCK_PROOFS.find(({ node }) => node === 3)!;
      for (const leaf of [...lefts, right]) expect(await judge(toProofMessage(ID, leaf))).to.equal("accept");
      const roots = lefts.map((left) => toProofMessage(ID, mockProof(1, 1, [left, right]), [left, right]));
      for (const root of roots.slice(0, KEPT.proofsOfPromised)) expect(await judge(root)).to.equal("accept");
      expect(await judge(roots[KEPT.proofsOfPromised]!)).to.equal("ignore TOO_MANY");
    });

    it("takes a merge that credits more nodes, though others have filled all places in its ticket's name", async () => {
      for (const [worker, places] of [
        [1, KEPT.proofsOfPromised],
        [9, KEPT.proofsOfOthers],
      ] as const) {
        const { judge, validator } = await revealed();
        const poor = Array.from({ length: places }, (_, i) => mockProof(2, 10 + i));
        const [good, right] = [mockProof(2, 2), mockProof(3, 4)];
        const root = (left: NodeProof): ProofMessage =>
          toProofMessage(ID, mockProof(1, worker, [left, right]), [left, right]);
        for (const leaf of [...poor, right].slice(0, KEPT.proofsOfOthers)) await judge(toProofMessage(ID, leaf));
        for (const leaf of [good, right]) await judge(toProofMessage(ID, leaf));
        for (const left of poor) expect(await judge(root(left))).to.equal("accept");
        expect(await judge({ ...root(poor[0]!), worker })).to.equal("ignore KNOWN");
        expect(await judge(root(good))).to.equal("accept");
        expect(validator.find({ kind: "proof", id: ID, node: 1 })).to.deep.equal(root(good));
        // Without a further credit there is no further place.
        const other = mockProof(3, 33);
        await judge(toProofMessage(ID, other));
        const equal = toProofMessage(ID, mockProof(1, worker, [good, other]), [good, other]);
        expect(await judge(equal)).to.equal("ignore TOO_MANY");
      }
    });

    it("ignores proofs after the proof window, and of a block that it cannot execute", async () => {
      const { judge, facts } = await revealed({ execute: () => undefined });
      expect(await judge(proofMessage(2))).to.equal("ignore NOT_EXECUTABLE");
      facts.now = COMMITMENT.closesAt;
      expect(await judge(proofMessage(2))).to.equal("ignore TOO_LATE");
    });

    it("blames nobody if the verifier fails or takes too long", async () => {
      for (const verify of [() => Promise.reject(new Error("gone")), () => new Promise<boolean>(() => undefined)]) {
        const { judge, verifier } = world({}, 20);
        await judge(TRANSCRIPT_MESSAGE);
        await judge(BLOCK);
        verifier.verify = verify;
        expect(await judge(proofMessage(2))).to.equal("ignore OVERLOADED");
        verifier.verify = (...parameters) => mockVerifier().verify(...parameters);
        expect(await judge(proofMessage(2))).to.equal("accept");
      }
    });

    it("executes a block once, however many proofs of it come", async () => {
      let executed = 0;
      const { judge, facts } = await revealed();
      const { execute } = facts;
      facts.execute = (...parameters) => {
        executed += 1;
        return execute(...parameters);
      };
      for (const node of [2, 3, 1]) await judge(proofMessage(node));
      expect(executed).to.equal(1);
    });
  });

  it("knows the points of a proof by their groups", () => {
    const [aX, aY, ...rest] = mockWords([1n]);
    expect(arePoints([aX!, aY!, ...rest])).to.equal(true);
    expect(arePoints([aX!, bn254.fields.Fp.neg(aY!), ...rest])).to.equal(true);
    expect(arePoints([aX!, aX!, ...rest])).to.equal(false);
    expect(arePoints([aX!, aY!, ...OFF_GROUP, ...rest.slice(4)])).to.equal(false);
    expect(arePoints([])).to.equal(false);
  });
});

/**
 * A point of the twist that is not of the group of order r: y² = x³ + 3/(9 + u) has about r · (2q − r) points, and the
 * first x with a square on the right is hardly of the smaller group.
 */
const OFF_GROUP = ((): [bigint, bigint, bigint, bigint] => {
  const { Fp2 } = bn254.fields;
  const b = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));
  for (let i = 1n; ; i++) {
    const x = Fp2.fromBigTuple([i, 0n]);
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
    try {
      const y = Fp2.sqrt(square);
      return [x.c1, x.c0, y.c1, y.c0];
    } catch {
      continue;
    }
  }
})();

/** A peer that is not banned, and whose time nobody counts. */
const PEER: Sender = { isBanned: () => false, spend: () => undefined };

describe("The queues of topics", () => {
  const limits = { small: 2, other: 3 };

  it("do one job of a topic at a time, in order, and refuse what is beyond the limit", async () => {
    const queues = new TopicQueues(limits);
    const done: number[] = [];
    let running = 0;
    const job = (number: number) => async (): Promise<number> => {
      running += 1;
      expect(running).to.equal(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running -= 1;
      done.push(number);
      return number;
    };
    const results = await Promise.all([0, 1, 2].map((number) => queues.add("small", job(number))));
    expect(results).to.deep.equal([0, 1, undefined]);
    expect(done).to.deep.equal([0, 1]);
  });

  it("let a topic have its turn while another one is flooded, and drop nothing of it", async () => {
    const queues = new TopicQueues({ flood: 1_000, quiet: 10 });
    const order: string[] = [];
    const work = (name: string) => (): Promise<string> => {
      order.push(name);
      return Promise.resolve(name);
    };
    const all = [
      ...Array.from({ length: 5_000 }, () => queues.add("flood", work("flood"))),
      ...Array.from({ length: 10 }, () => queues.add("quiet", work("quiet"))),
    ];
    const results = await Promise.all(all);
    expect(results.filter((result) => result === "quiet")).to.have.lengthOf(10);
    expect(results.filter((result) => result === "flood")).to.have.lengthOf(1_000);
    expect(order.lastIndexOf("quiet")).to.be.below(25);
  });

  it("go on after a job that fails, and drop what waits when they are closed", async () => {
    const queues = new TopicQueues(limits);
    const failed = queues.add("other", () => Promise.reject(new Error("broken"))).catch(() => "failed");
    const next = queues.add("other", () => Promise.resolve("next"));
    expect(await Promise.all([failed, next])).to.deep.equal(["failed", "next"]);
    const waiting = queues.add("other", () => Promise.resolve("never"));
    queues.close();
    expect(await waiting).to.equal(undefined);
    expect(queues.hasRoom("other")).to.equal(false);
  });

  it("go on after a decision that fails, which is held against nobody", async () => {
    const { facts, validator, faults } = world({ admit: () => Promise.reject(new TypeError("broken")) });
    expect(short(await validator.judge(TRANSACTION))).to.equal("ignore FAILED");
    expect(faults.map(String)).to.deep.equal(["TypeError: broken"]);
    facts.admit = () => Promise.resolve("taken");
    expect(short(await validator.judge(TRANSACTION))).to.equal("accept");
  });

  it("of the validator are bounded for every kind", async () => {
    const { validator } = world({ admit: () => new Promise(() => undefined) });
    const many = Array.from({ length: QUEUE_LIMITS.transaction + 5 }, () => validator.judge(TRANSACTION, PEER));
    const first = await Promise.race(many);
    expect(short(first)).to.equal("ignore OVERLOADED");
    expect(validator.hasRoom("transaction")).to.equal(false);
    expect(validator.hasRoom("vote")).to.equal(true);
    validator.close();
  });

  it("have room for own messages, before those of all peers", async () => {
    const { validator, verifier } = await worldWith([TRANSCRIPT_MESSAGE, BLOCK]);
    const order: string[] = [];
    const ends: (() => void)[] = [];
    verifier.verify = () => new Promise((resolve) => ends.push(() => resolve(false)));
    const flood = async (count: number): Promise<void> => {
      const message = (i: number): ProofMessage => ({ ...proofMessage(2), words: mockWords([BigInt(i)]) });
      const verdicts = Array.from({ length: count }, (_, i) => validator.judge(message(i), PEER));
      for (const verdict of await Promise.all(verdicts)) order.push(`peer ${short(verdict)}`);
    };
    const floods = [flood(1)];
    while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
    floods.push(flood(QUEUE_LIMITS.proof));
    expect(validator.hasRoom("proof")).to.equal(false);
    verifier.verify = (...parameters) => mockVerifier().verify(...parameters);
    const own = validator.judge(proofMessage(2)).then((verdict) => order.push(`own ${short(verdict)}`));
    ends[0]!();
    await own;
    expect(order).to.deep.equal(["peer reject INVALID_PROOF", "own accept"]);
    await Promise.all(floods);
    expect(new Set(order.slice(2))).to.deep.equal(new Set(["peer ignore KNOWN"]));
  });

  it("decide nothing more of a peer that was banned while its messages waited", async () => {
    const { validator, verifier } = await worldWith([TRANSCRIPT_MESSAGE, BLOCK]);
    let banned = false;
    const enemy = { ...PEER, isBanned: () => banned };
    const verdicts = Array.from({ length: 100 }, (_, i) =>
      validator.judge({ ...proofMessage(2), words: mockWords([BigInt(i)]) }, enemy).then((verdict) => {
        banned = true;
        return short(verdict);
      }),
    );
    const [first, ...rest] = await Promise.all(verdicts);
    expect(first).to.equal("reject INVALID_PROOF");
    expect(new Set(rest)).to.deep.equal(new Set(["ignore BANNED"]));
    expect(verifier.asked).to.equal(1);
  });

  it("tell how many more would find room", () => {
    const queues = new TopicQueues(limits);
    expect([0, 1, 2].map((others) => queues.hasRoom("small", others))).to.deep.equal([true, true, false]);
  });
});
