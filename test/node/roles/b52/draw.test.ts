// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { isDrawn, NO_LIMIT, unpackDraw } from "../../../../src/b52/index.ts";
import { ticketKeyOf } from "../../../helpers/b52Rig.ts";
import { createRig, deposit, PROPOSER, PROVER } from "../../../helpers/b52World.ts";
import { DRAWN, reachDrawnRound } from "../../../helpers/drawnRound.ts";

const TICKETS = [1, 2, 3, 4, 5, 6];
/** Of an offer that only the disks know. */
const CONTEXT = 7n << 8n;

describe("The roles of B52, where tickets are drawn", function () {
  this.timeout(600_000);

  it("seal the seed, let the elected tickets vote and no others, and take the height with their proofs", async () => {
    const rig = await createRig(DRAWN);
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of TICKETS) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await reachDrawnRound(rig);
    // Each has a vote on its disk that it was about to sign when it was ended. A ticket that is not elected must not now.
    const { round } = await rig.system.consensus.openRound();
    for (const [i, { store }] of [...rig.parties.entries()].slice(1)) {
      const promise = { context: CONTEXT, ticket: TICKETS[i - 1]!, round, leaves: 2, nodes: 4n };
      await store.vote(promise, () => Promise.reject(new Error("ended"))).catch(() => undefined);
      expect(store.voteOf(CONTEXT, promise.ticket)?.vote).to.equal(undefined);
    }
    expect(rig.acts.some(({ decision }) => decision.do === "seal")).to.equal(true);
    await deposit(rig);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const block = rig.node.batch(1);
    const { draw, registry } = rig.node.round(block.proposal.round);
    const { limit } = unpackDraw(draw);
    expect(limit).to.equal(((NO_LIMIT + 1n) * DRAWN.electedTickets) / BigInt(TICKETS.length) - 1n);
    expect(TICKETS.every((ticket) => registry.get(ticket) !== undefined)).to.equal(true);
    const elected = TICKETS.filter((ticket) => isDrawn(ticketKeyOf(`P${ticket}`), ticket, draw));
    expect(elected.length).to.be.within(1, TICKETS.length - 1);

    const voted = new Set<number>();
    for (const { message } of rig.network.published) {
      if (message.kind !== "vote") continue;
      voted.add(message.ticket);
      expect(message.vote.gamma, `vote of ticket ${message.ticket}`).not.to.equal(undefined);
    }
    expect([...voted].sort((a, b) => a - b)).to.deep.equal(elected);
    // Nobody defaulted, and every node that was promised is credited to an elected ticket.
    expect(BigInt(block.record.nodes) >> 16n).to.equal(0n);
    expect(block.record.provers).to.equal(block.proposal.promisedProvers).and.to.be.above(0n);
    for (const ticket of TICKETS) {
      const isCredited = (BigInt(block.submission.merges[0]!.delivered) >> BigInt(ticket)) & 1n;
      if (isCredited === 1n) expect(elected).to.include(ticket);
    }
  });
});
