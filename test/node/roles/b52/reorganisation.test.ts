// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { B52Node } from "../../../../src/agents/index.ts";
import { State } from "../../../../src/ledger/index.ts";
import { describedB52 } from "../../../helpers/b52Described.ts";
import type { B52Rig } from "../../../helpers/b52Rig.ts";
import { committed, createRig, deposit, PROPOSER, PROVER } from "../../../helpers/b52World.ts";

/** Few looks: each asks L1 for each role of each party. */
const LOOKS = { step: 60 };

describe("The roles of B52 on an L1 that changes under them", function () {
  this.timeout(600_000);

  /** A proposer, two provers and a user's deposit. */
  async function start(): Promise<B52Rig> {
    const rig = await createRig();
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    return rig;
  }

  it("take a height although L1 goes back in each part of the round", async () => {
    const rig = await start();
    const parts: readonly (readonly [string, () => boolean | Promise<boolean>])[] = [
      ["a commitment is on L1", async () => (await committed(rig)) !== undefined],
      ["the block is proven", () => rig.node.provenBlocks.length > 0],
      ["height 1 is final", () => rig.node.batches.length === 1],
    ];
    const { networkHelpers } = rig.connection;
    for (const [i, [what, holds]] of parts.entries()) {
      const snapshot = await networkHelpers.takeSnapshot();
      await rig.until(what, holds, LOOKS);
      const before = rig.node.block;
      await snapshot.restore();
      await networkHelpers.mine();
      await rig.follow();
      expect([rig.reorganisations, rig.node.block < before], what).to.deep.equal([i + 1, true]);
      expect(describedB52(rig.node), what).to.equal(describedB52(await B52Node.open(rig.system)));
      await rig.until(`${what} again`, holds, LOOKS);
    }
    await rig.until("all is collected", () => rig.node.chores.length === 0, LOOKS);
    expect(rig.node.executedForced).to.equal(1);
    const { proposal } = rig.node.batch(1);
    expect(rig.node.isSettled(proposal)).to.equal(true);
    // No vote is contradicted, and no two commitments are of one round.
    const votes = new Map<string, string>();
    for (const { message } of rig.network.published) {
      if (message.kind !== "vote") continue;
      const key = `${message.context} ${message.ticket}`;
      const text = [message.vote.nodes, message.vote.h, message.vote.s].join();
      expect(votes.get(key) ?? text, key).to.equal(text);
      votes.set(key, text);
    }
    expect(votes.size).to.be.above(0);
    expect(describedB52(rig.node)).to.equal(describedB52(await B52Node.open(rig.system)));
  });

  it("stop what is void after a freeze in the middle of a round, and get every bid back", async () => {
    const rig = await start();
    await rig.until("the block is proven", () => rig.node.provenBlocks.length > 0, LOOKS);
    const { rollup, consensus } = rig.system;
    const { proposal } = rig.node.provenBlocks[0]!;
    const before = await consensus.balances(proposal.proposer);
    await rig.connection.networkHelpers.time.increase(await rollup.ESCAPE_DELAY());
    await (await rollup.freeze()).wait();
    const first = rig.acts.length;
    await rig.until("the bid is settled", () => rig.node.isSettled(proposal), LOOKS);
    await rig.until("all is collected", () => rig.node.chores.length === 0, LOOKS);
    for (let look = 0; look < 8; look++) {
      await rig.connection.networkHelpers.time.increase(120);
      await rig.look();
    }
    const { node } = rig;
    expect([node.isFrozen, node.batches.length, node.virtualBatches.length]).to.deep.equal([true, 0, 0]);
    expect(node.virtualState.root).to.equal(State.genesis(node.system.profile).root);
    expect(rig.acts.slice(first).map(({ decision }) => decision.do)).to.deep.equal(["settle"]);
    expect((await consensus.balances(proposal.proposer)) - before).to.equal(proposal.bid);
    expect(describedB52(node)).to.equal(describedB52(await B52Node.open(rig.system)));
  });
});
