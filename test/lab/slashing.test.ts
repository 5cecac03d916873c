// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Chance } from "../../tools/lab/chance.ts";
import { TIPS } from "../../tools/lab/strategies/tipping.ts";
import { runBribes, runMisses, runOf } from "../../tools/lab/worlds/l1Censorship.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

describe("Lab: the slashing attack", () => {
  it("needs all blocks of a window: short ones are missed, long ones are not", async () => {
    const { tables } = await runSmall("slashing");
    const half = tables["windows"]!.where({ share: 50, sticky: 0, wait: 0 });
    expect(half.where({ blocks: 5 }).only().number("theory")).to.equal(100 / 32);
  });

  it("has a chance that is a power of the share, or more where builders build in a row", () => {
    expect(runOf(3, 0.5, 0)).to.equal(0.125);
    expect(runOf(3, 0.5, 0.5)).to.equal(0.5 * 0.75 * 0.75);
    expect(runOf(3, 0.5, 1)).to.equal(0.5);
  });

  it("hits a holder that tries too late in each slot, and one that all builders leave out", () => {
    const options = { sticky: 0, slotBlocks: 5, waits: 0, slots: 100 };
    expect(runMisses({ ...options, share: 1 }, new Chance(1, "all"))).to.deep.equal({ misses: 1, leak: 1 });
    expect(runMisses({ ...options, share: 0 }, new Chance(1, "none"))).to.deep.equal({ misses: 0, leak: 0 });
    expect(runMisses({ ...options, share: 0, waits: 5 }, new Chance(1, "late")).misses).to.equal(1);
  });

  it("has a price for each block of others, which is the victim's tip", () => {
    const all = { share: 0, blocks: 10, tips: "alarmed" } as const;
    expect(runBribes({ ...all, budget: 9.1 }, new Chance(1, "rich"))).to.deep.equal({ kept: true, spent: 9.01 });
    expect(runBribes({ ...all, budget: 9 }, new Chance(1, "poor")).kept).to.equal(false);
    expect(runBribes({ ...all, share: 1, budget: 0 }, new Chance(1, "own"))).to.deep.equal({ kept: true, spent: 0 });
    expect(TIPS.rising({ loss: 100, blocksLeft: 10, blocks: 10 })).to.equal(10);
    expect(TIPS.rising({ loss: 100, blocksLeft: 1, blocks: 10 })).to.equal(100);
    expect(TIPS.usual({ loss: 100, blocksLeft: 1, blocks: 10 })).to.equal(1);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("slashing", {
      windows: ["0.7, 0.5, 10, 0"],
      bribes: ["rising, 0.5, 10"],
      duties: ["B52, 0.9"],
    });
  });
});
