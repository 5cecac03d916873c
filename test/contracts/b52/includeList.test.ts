// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, dataSlice, getBytes, hexlify, parseEther, ZeroHash, type ContractTransactionResponse } from "ethers";

import { SLOT_BYTES } from "../../../src/codec/index.ts";
import { DEVELOPMENT, leafBytes } from "../../../src/profile.ts";
import { contentHashOf, listOf, slotsOf } from "../../helpers/b52Block.ts";
import {
  deployB52,
  freshB52,
  type B52Harness,
  type Block,
  type Draft,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

const { slots: SLOTS } = DEVELOPMENT;
const LEAF_BYTES = leafBytes(DEVELOPMENT);

/** Lists of two and of three transactions. */
const LIST = slotsOf("list", 2);
const OTHER = slotsOf("other", 3);

describe("B52: include lists", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  /** A block of one prover, so that the highest bid wins. */
  const bidding = (proposer: number, bid: number, claim: ProposalClaim = {}): ProposalClaim => ({
    proposer,
    bid: parseEther(`${bid}`),
    promised: { 1: 1 },
    ...claim,
  });

  /** A height that proposer 1 wins, with proposer 2 as the best of those that lose. */
  const heightWith = async (includeList: string): Promise<Block> => {
    const { winner } = await h.round(bidding(1, 20), bidding(2, 10, { includeList }));
    return winner;
  };

  /** A block that can be proven now. */
  const ready = async (claim: ProposalClaim = {}): Promise<Block> => {
    const draft = await h.commit({ proposer: 3, ...claim });
    await h.moveTo((await h.windows()).proposalEnd);
    return h.prove(draft);
  };

  const ignored = async (sent: Promise<ContractTransactionResponse>, shown: string, due = LIST): Promise<void> => {
    await expect(sent).to.be.revertedWithCustomError(h.b52, "ListIgnored").withArgs(shown, listOf(due));
  };

  /** Runs something, and takes it back. */
  const aside = async (run: () => Promise<unknown>): Promise<void> => {
    const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
    await run();
    await snapshot.restore();
  };

  const hasList = async (height: bigint): Promise<boolean> => (await h.b52.roundOf(height)).hasList;

  // ─── Whose list is due ─────────────────────────────────────────────────────────────────────────────────────────────

  describe("due", () => {
    const lists = [1, 2, 3].map((i) => slotsOf(`list ${i}`, i));

    it("is the list of the best block that lost, at the next height", async () => {
      const drafts: Draft[] = [];
      for (const [i, bid] of [10, 30, 20].entries()) {
        drafts.push(await h.commit(bidding(1 + i, bid, { includeList: lists[i]! })));
      }
      const blocks: Block[] = [];
      for (const draft of drafts) blocks.push(await h.submit(draft));
      expect((await h.b52.roundOf(1n)).carriesList).to.equal(true);
      await h.moveTo((await h.windows()).proofEnd);
      const list = listOf(lists[2]!);
      await expect(h.sendAdvance(blocks[1]!)).to.emit(h.b52, "IncludeListDue").withArgs(2n, 1n, h.address(3), list);
      expect(list.endsWith("03"), "the number of its transactions").to.equal(true);
      expect(await h.b52.listDue(2n)).to.equal(list);
      expect([await h.b52.listDue(1n), await h.b52.listDue(3n)]).to.deep.equal([ZeroHash, ZeroHash]);
      expect(await hasList(2n)).to.equal(true);
    });

    /** Nothing is due after a round in which these blocks were proven. */
    const nothingAfter = async (...claims: ProposalClaim[]): Promise<void> => {
      const { winner } = await h.round(...claims);
      expect(winner.proposal.proposer).to.equal(h.address(1));
      expect(await h.b52.queryFilter(h.b52.filters.IncludeListDue(), h.startBlock)).to.deep.equal([]);
      expect(await h.b52.listDue(2n)).to.equal(ZeroHash);
      expect(await hasList(2n)).to.equal(false);
      await h.sendSubmit(await ready());
    };

    it("is none if the best block that lost carries none, whatever the winner and the third carry", async () => {
      const [includeList, other] = [lists[0]!, lists[1]!];
      await nothingAfter(bidding(1, 30, { includeList }), bidding(2, 20), bidding(3, 10, { includeList: other }));
    });

    it("is none if the best block that lost carries none, and the same proposer's carried one a round before", async () => {
      const { proposal } = await heightWith(LIST);
      const included = { included: LIST };
      await h.round(
        bidding(1, 30, included),
        bidding(2, 20, included),
        bidding(3, 10, { ...included, includeList: OTHER }),
      );
      const due = await h.b52.queryFilter(h.b52.filters.IncludeListDue(), h.startBlock);
      expect(due.map(({ args }) => args.round)).to.deep.equal([proposal.round]);
      // Height 4 has the place of height 2.
      for (const height of [3n, 4n]) {
        expect(await h.b52.listDue(height)).to.equal(ZeroHash);
        expect(await hasList(height)).to.equal(false);
      }
      await h.sendSubmit(await ready({ proposer: 4 }));
    });

    it("is none if no block lost", async () => {
      await nothingAfter(bidding(1, 30, { includeList: lists[0]! }));
    });

    it("is none without uncles, as no other block is kept", async () => {
      h = await deployB52({ params: { maxUncles: 0n } });
      await nothingAfter(bidding(1, 30), bidding(2, 20, { includeList: lists[0]! }));
    });

    it("is not that of a block that was not proven, but of the best that was", async () => {
      const best = await h.commit(bidding(1, 30));
      await h.commit(bidding(2, 20, { includeList: lists[0]! }));
      const proven = await h.commit(bidding(3, 10, { includeList: lists[1]! }));
      const block = await h.submit(best);
      await h.submit(proven);
      await h.advance(block);
      expect(await h.b52.listDue(2n)).to.equal(listOf(lists[1]!));
    });

    it("is that of the second in the end, not of who was second before", async () => {
      const claims = [
        bidding(1, 30),
        bidding(2, 20, { includeList: lists[0]! }),
        bidding(3, 25, { includeList: lists[1]! }),
      ];
      await h.round(...claims);
      expect(await h.b52.listDue(2n)).to.equal(listOf(lists[1]!));
    });

    it("is that of the former best, if a better version of another block overtakes it", async () => {
      const promised = { 1: 1, 2: 2, 3: 3 };
      const overtaken = await h.commit({ proposer: 1, promised: { 1: 1, 2: 2 }, includeList: lists[0]! });
      const draft = await h.commit({ proposer: 2, promised, includeList: lists[1]! });
      const { claim } = draft.content;
      const worse = { ...draft, content: { ...draft.content, claim: { ...claim, workers: { 2: 9, 3: 9 } } } };
      await h.submit(worse);
      await h.submit(overtaken);
      expect((await h.b52.ranking()).proposers).to.deep.equal([h.address(1), h.address(2)]);
      await h.advance(await h.submit(draft));
      expect(await h.b52.listDue(2n)).to.equal(listOf(lists[0]!));
    });
  });

  // ─── What has to be included ───────────────────────────────────────────────────────────────────────────────────────

  describe("that is due", () => {
    const [first, second] = [dataSlice(LIST, 0, SLOT_BYTES), dataSlice(LIST, SLOT_BYTES)];

    it("stands at the beginning of the block, whatever follows", async () => {
      await heightWith(LIST);
      const claims = [{ included: LIST }, { data: concat([LIST, OTHER]) }, { included: LIST, leaves: 8 }] as const;
      for (const claim of claims) await aside(async () => h.sendSubmit(await ready(claim)));
    });

    it("stands there with all its bytes, in its order, and nothing before it", async () => {
      await heightWith(LIST);
      const cases: [data: string, shown: string][] = [
        ["0x", ZeroHash],
        [first, ZeroHash],
        [dataSlice(LIST, 0, 2 * SLOT_BYTES - 1), ZeroHash],
        [concat([second, first]), listOf(concat([second, first]))],
        [concat([first, OTHER]), listOf(concat([first, dataSlice(OTHER, 0, SLOT_BYTES)]))],
        [concat([OTHER, LIST]), listOf(dataSlice(OTHER, 0, 2 * SLOT_BYTES))],
        [concat(["0x00", LIST]), listOf(concat(["0x00", dataSlice(LIST, 0, 2 * SLOT_BYTES - 1)]))],
      ];
      for (const byte of [0, 92, 93, 185]) {
        const changed = getBytes(LIST);
        changed[byte]! ^= 1;
        cases.push([hexlify(changed), listOf(hexlify(changed))]);
      }
      for (const [data, shown] of cases) await aside(async () => ignored(h.sendSubmit(await ready({ data })), shown));
    });

    it("stands right after the forced operations", async () => {
      await heightWith(LIST);
      const forced = await h.force(3);
      await aside(async () => h.sendSubmit(await ready({ forced, included: LIST })));
      await aside(async () =>
        h.sendSubmit(await ready({ forced: forced.slice(0, 2), data: concat([...forced.slice(0, 2), LIST]) })),
      );
      const next = dataSlice(OTHER, 0, SLOT_BYTES);
      const cases: [data: string[], shown: string][] = [
        [forced, ZeroHash],
        [[...forced, first], ZeroHash],
        [[...forced, next, LIST], listOf(concat([next, first]))],
      ];
      for (const [data, shown] of cases) {
        await aside(async () => ignored(h.sendSubmit(await ready({ forced, data: concat(data) })), shown));
      }
    });

    it("binds nobody where none is due: at the heights before and after", async () => {
      await heightWith(LIST);
      await h.round({ proposer: 3, included: LIST });
      expect(await hasList(3n)).to.equal(false);
      await h.sendSubmit(await ready());
    });

    it("is only this height's: the next one's may be another", async () => {
      await heightWith(LIST);
      const next = slotsOf("next", SLOTS);
      await h.round(bidding(3, 20, { included: LIST }), bidding(4, 10, { included: LIST, includeList: next }));
      await aside(async () => h.sendSubmit(await ready({ included: next })));
      await aside(async () => ignored(h.sendSubmit(await ready({ included: LIST })), ZeroHash, next));
    });

    it("outlives rounds that fail", async () => {
      await heightWith(LIST);
      await h.moveTo((await h.windows()).proofEnd);
      await h.commit({ proposer: 4 });
      expect((await h.b52.roundOf(2n)).id).to.equal(3n);
      expect(await hasList(2n)).to.equal(true);
      await h.moveTo((await h.windows()).proofEnd);
      await aside(async () => ignored(h.sendSubmit(await ready()), ZeroHash));
      const block = await ready({ included: LIST });
      expect(block.proposal.round).to.equal(4n);
      await h.sendSubmit(block);
    });

    it("may be left out if the forced operations leave no room for it, and not if they leave just enough", async () => {
      h = await deployB52({ params: { maxLeaves: 2n } });
      const room = 2 * SLOTS;
      for (const count of [1, SLOTS]) {
        await aside(async () => {
          const list = slotsOf("list", count);
          await heightWith(list);
          const forced = await h.force(room - count + 1);
          const fitting = forced.slice(0, room - count);
          await aside(async () => ignored(h.sendSubmit(await ready({ forced: fitting })), ZeroHash, list));
          await aside(async () => {
            const data = concat([...fitting, slotsOf("others", count)]);
            await ignored(h.sendSubmit(await ready({ forced: fitting, data })), listOf(slotsOf("others", count)), list);
          });
          await aside(async () => h.sendSubmit(await ready({ forced: fitting, included: list })));
          await aside(async () => h.sendSubmit(await ready({ forced })));
          // The proposer may fill the rest of the block.
          await aside(async () => h.sendSubmit(await ready({ forced, included: slotsOf("others", count - 1) })));
        });
      }
    });

    it("has room in the largest block, even if the block at hand is smaller", async () => {
      await heightWith(LIST);
      const forced = await h.force(2 * SLOTS);
      await aside(async () => ignored(h.sendSubmit(await ready({ forced })), ZeroHash));
      const block = await ready({ forced, included: LIST });
      expect(block.submission.leaves).to.have.length(4);
      await h.sendSubmit(block);
    });
  });

  // ─── Pipelined ─────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("pipelined", () => {
    beforeEach(async () => {
      h = await freshB52({ params: { pipelined: true } });
    });

    /** A height that proposer 1 wins, with proposer 2's list; at its end the next height has a proposal. */
    const heightAhead = async (includeList: string): Promise<Draft> => {
      const drafts = [await h.commit(bidding(1, 20)), await h.commit(bidding(2, 10, { includeList }))] as const;
      await h.moveTo((await h.windows()).proposalEnd);
      const { proposal, id } = drafts[0];
      const child = h.draftFor({ ...bidding(3, 20), round: 2n, height: proposal.height + 1n, parent: id });
      await h.sendCommit(child, proposal.proposer);
      const best = await h.submit(drafts[0]);
      await h.submit(drafts[1]);
      await h.advance(best);
      return child;
    };

    it("is due at the height after the next, if proposals for the next are committed", async () => {
      const child = await heightAhead(LIST);
      expect([await h.b52.listDue(2n), await h.b52.listDue(3n)]).to.deep.equal([ZeroHash, listOf(LIST)]);
      expect(await hasList(2n)).to.equal(false);
      await h.advance(await h.submit(child));
      expect(await hasList(3n)).to.equal(true);
      await aside(async () => ignored(h.sendSubmit(await ready({ proposer: 4 })), ZeroHash));
      await h.sendSubmit(await ready({ proposer: 4, included: LIST }));
    });

    it("is due at the next height, if none are", async () => {
      await heightWith(LIST);
      expect([await h.b52.listDue(2n), await h.b52.listDue(3n)]).to.deep.equal([listOf(LIST), ZeroHash]);
      await ignored(h.sendSubmit(await ready()), ZeroHash);
    });

    it("binds proposals that are made ahead, too", async () => {
      const child = await heightAhead(LIST);
      await h.moveTo((await h.windows()).proposalEnd);
      const ahead = [undefined, LIST].map((included, i) =>
        h.draftFor({
          proposer: 4 + i,
          round: 3n,
          height: 3n,
          parent: child.id,
          ...(included === undefined ? {} : { included }),
        }),
      ) as [Draft, Draft];
      for (const draft of ahead) await h.sendCommit(draft, child.proposal.proposer);
      expect(await hasList(3n)).to.equal(true);
      await h.advance(await h.submit(child));
      await h.moveTo((await h.windows()).proposalEnd);
      await ignored(h.sendSubmit(await h.prove(ahead[0])), ZeroHash);
      await h.sendSubmit(await h.prove(ahead[1]));
    });

    it("does not bind the height before its own, even if that one's round fails and another is opened", async () => {
      await heightAhead(LIST);
      await h.moveTo((await h.windows()).proofEnd);
      const draft = await h.commit({ proposer: 4 });
      expect((await h.b52.roundOf(2n)).id).to.equal(3n);
      expect(await hasList(2n)).to.equal(false);
      await h.moveTo((await h.windows()).proposalEnd);
      await h.advance(await h.submit(draft));
      expect(await hasList(3n)).to.equal(true);
    });

    it("waits for its turn, if another list is due at its height", async () => {
      const child = await heightAhead(LIST);
      const rival = await h.commit(bidding(4, 5, { includeList: OTHER }));
      const best = await h.submit(child);
      await h.submit(rival);
      // Nobody proposed ahead, so height 3 is free for proposals; but it has a list.
      await h.advance(best);
      expect(await h.b52.listDue(3n)).to.equal(listOf(LIST));
      expect(await h.b52.listDue(4n)).to.equal(listOf(OTHER));
      await h.round({ proposer: 5, included: LIST });
      await aside(async () => ignored(h.sendSubmit(await ready({ proposer: 6 })), ZeroHash, OTHER));
      await h.round(bidding(6, 9, { included: OTHER }), bidding(7, 8, { included: OTHER, includeList: LIST }));
      expect(await h.b52.listDue(5n)).to.equal(listOf(LIST));
    });
  });

  // ─── What is committed to ──────────────────────────────────────────────────────────────────────────────────────────

  it("a third party who submits the block cannot change its list", async () => {
    const block = await ready({ includeList: LIST });
    for (const includeList of [
      "0x",
      slotsOf("other", 2),
      concat([LIST, slotsOf("other", 1)]),
      dataSlice(LIST, 0, SLOT_BYTES),
    ]) {
      const submission = { ...block.submission, includeList };
      await expect(h.b52.connect(h.signer(17)).submit(block.proposal, submission))
        .to.be.revertedWithCustomError(h.b52, "WrongContent")
        .withArgs(contentHashOf(submission), block.proposal.contentHash);
    }
    await h.sendSubmit(block, 17);
  });

  it("a better version of the block carries the same list", async () => {
    const best = await h.commit(bidding(1, 99));
    const draft = await h.commit({ proposer: 2, promised: { 1: 1, 2: 2 }, includeList: LIST });
    const { claim } = draft.content;
    const worse = await h.submit({ ...draft, content: { ...draft.content, claim: { ...claim, workers: { 2: 9 } } } });
    const better = await h.submit(draft);
    expect(better.record.provers).to.equal(worse.record.provers + 1n);
    await h.advance(await h.submit(best));
    expect(await h.b52.listDue(2n)).to.equal(listOf(LIST));
  });

  it("a list is of whole slots, and of one leaf at most", async () => {
    for (const length of [1, SLOT_BYTES - 1, SLOT_BYTES + 1, LEAF_BYTES - 1, LEAF_BYTES + 1, LEAF_BYTES + SLOT_BYTES]) {
      await aside(async () => {
        await expect(h.sendSubmit(await ready({ includeList: hexlify(new Uint8Array(length)) })))
          .to.be.revertedWithCustomError(h.b52, "WrongListLength")
          .withArgs(length, LEAF_BYTES);
      });
    }
    for (let slots = 0; slots <= SLOTS; slots++) {
      await aside(async () => {
        const list = hexlify(new Uint8Array(slots * SLOT_BYTES));
        await heightWith(list);
        expect(await h.b52.listDue(2n)).to.equal(slots === 0 ? ZeroHash : listOf(list));
        await h.sendSubmit(await ready({ included: list }));
      });
    }
  });
});
