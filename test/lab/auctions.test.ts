// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { electionGasOf } from "../../tools/lab/measured.ts";
import { BIDDERS } from "../../tools/lab/strategies/bidding.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

const VIEW = { value: 100n, minimum: 10n, isHolder: false, isFriendHolder: false, isLeader: true };

describe("Lab: auctions", () => {
  it("sell for the second highest value, and to a ring of all for the least bid", async () => {
    const { tables } = await runSmall("auctions");
    const all = tables["income"]!.where({ ring: "all" }).numbers("income");
    expect(new Set(all)).to.deep.equal(new Set([1]));
  });

  it("have bidders that raise up to their value, and members of a ring that leave each other alone", () => {
    expect(BIDDERS.honest(VIEW)).to.equal(10n);
    expect(BIDDERS.honest({ ...VIEW, minimum: 101n })).to.equal(undefined);
    expect(BIDDERS.honest({ ...VIEW, isHolder: true })).to.equal(undefined);
    expect(BIDDERS.ring(VIEW)).to.equal(10n);
    expect(BIDDERS.ring({ ...VIEW, isLeader: false })).to.equal(undefined);
    expect(BIDDERS.ring({ ...VIEW, isFriendHolder: true })).to.equal(undefined);
    expect(BIDDERS.jump(VIEW)).to.equal(50n);
    expect(BIDDERS.jump({ ...VIEW, minimum: 60n })).to.equal(60n);
  });

  it("take gas that was measured", () => {
    expect(() => electionGasOf("SlotAuction", "fly")).to.throw(RangeError, "has no call fly of SlotAuction");
  });

  it("have the lines of the report", async () => {
    await expectCommitted("auctions", { income: ["half, 3"], winners: ["5"] });
  });
});
