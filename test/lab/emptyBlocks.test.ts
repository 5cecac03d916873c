// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { CENSORS } from "../../tools/lab/strategies/censoring.ts";
import { longWait, meanWait, runCensorship, type CensorshipOptions } from "../../tools/lab/worlds/emptyBlocks.ts";
import { runLateness } from "../../tools/lab/worlds/lateProvers.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

const AUCTION: CensorshipOptions = {
  ...{ election: "SlotAuction", attack: "empty", share: 1, epochs: 1, stake: 10_000, slotValue: 100 },
  ...{ postBlocks: 5, forcedHours: 100 },
};

describe("Lab: empty blocks", () => {
  it("keep users out where they are empty, not where they are missing, and a forced operation for a day at most", async () => {
    const { tables } = await runSmall("emptyBlocks");
    const row = tables["slots"]!.where({ election: "StakeRotation", attack: "empty", share: 100 }).only();
    expect(row.maybe("wait")).to.equal(undefined);
    expect(row.number("forced")).to.be.within(24, 24.2);
  });

  it("cost a buyer of 32 slots a tenth more than their worth, and one that is silent its bonds too", () => {
    const hours = 32 / 6;
    expectClose(runCensorship(AUCTION, 1).lost * hours, 32 * 110, 1e-6);
    expectClose(runCensorship({ ...AUCTION, attack: "silent" }, 1).lost * hours, 2 * 32 * 110, 1e-6);
  });

  it("have a mean wait and a long wait that follow from the gaps between honest batches", () => {
    expect(meanWait([10, 10])).to.equal(5);
    expect(meanWait([10, 30])).to.equal(12.5);
    expectClose(longWait([100]), 99, 1e-6);
    expectClose(longWait([10, 90], 0.5), 40, 1e-6);
  });

  it("come from censors that are silent, or post just before their slot would open", () => {
    expect(CENSORS.silent({ silentFor: 24n, silenceBlocks: 25n })).to.equal(false);
    expect(CENSORS.empty({ silentFor: 23n, silenceBlocks: 25n })).to.equal(false);
    expect(CENSORS.empty({ silentFor: 24n, silenceBlocks: 25n })).to.equal(true);
  });

  it("are no attack of provers, whose proofs others make after a bounded time", () => {
    const options = { share: 1, epochs: 1, batchBlocks: 25, proofBlocks: 5 } as const;
    const rollers = runLateness({ ...options, election: "OutsourcedProving", stake: 20_000 }, 1);
    expect(Math.max(...rollers.delays)).to.equal(1_524);
    expect(rollers.lost).to.be.above(0);
    const honest = runLateness({ ...options, election: "RandomPriority", stake: 2_000, share: 0 }, 1);
    expect([honest.held, honest.lost, Math.max(...honest.delays)]).to.deep.equal([0, 0, 60]);
  });

  it("have the lines of the report", async () => {
    await expectCommitted("emptyBlocks", {
      slots: ["SlotAuction, empty, 0.25"],
      provers: ["RandomPriority, 0.5"],
    });
  });
});
