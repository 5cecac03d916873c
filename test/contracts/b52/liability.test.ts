// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { freshB52, type Block, type B52Harness } from "../../helpers/b52Harness.ts";

describe("How long a ticket answers for a default", () => {
  let harness: B52Harness;
  let block: Block;
  let defenceEnd: bigint;
  let liabilityEnd: bigint;

  beforeEach(async () => {
    harness = await freshB52({ tickets: [1, 2] });
    await harness.moveTo((await harness.windows()).proposalEnd);
    const draft = await harness.commit({ promised: { 1: 1, 2: 2 }, workers: { 2: 1 } });
    const windows = await harness.windows();
    ({ defenceEnd } = windows);
    liabilityEnd = 2n * defenceEnd - windows.opensAt;
    // The ticket leaves as early as it can be in the round.
    await mined(harness.registry.connect(harness.owner(2)).leaveRegistry(2));
    block = await harness.submit(draft);
    await harness.advance(block);
  });

  it("is slashed until the last second before its stake can leave", async () => {
    const { withdrawableAt } = await harness.registry.getTicket(2);
    expect(withdrawableAt >= liabilityEnd).to.equal(true);
    harness.at(liabilityEnd - 1n);
    await mined(harness.sendSlash(block, 2));
    expect((await harness.registry.getTicket(2)).stake < harness.staking.stake).to.equal(true);
  });

  it("does not leave the default to the ticket's next owner", async () => {
    const { withdrawableAt } = await harness.registry.getTicket(2);
    harness.at(withdrawableAt);
    await mined(harness.registry.withdrawStake(2));
    await harness.join(2);
    await expect(harness.sendSlash(block, 2))
      .to.be.revertedWithCustomError(harness.b52, "DefaultLapsed")
      .withArgs(liabilityEnd, withdrawableAt);
    expect((await harness.registry.getTicket(2)).stake).to.equal(harness.staking.stake);
  });
});
