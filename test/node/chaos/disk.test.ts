// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Fillings } from "../../../tools/chaos/disk.ts";

describe("The times in which a disk is full", () => {
  function fillings(): { readonly full: Fillings; readonly acts: string[] } {
    const acts: string[] = [];
    const disk = { fill: () => void acts.push("fill"), empty: () => void acts.push("empty") };
    return { full: new Fillings(disk), acts };
  }

  it("can overlap: the disk has room again when all have ended", () => {
    const { full, acts } = fillings();
    full.begin();
    full.begin();
    full.end(1_000);
    expect(acts).to.deep.equal(["fill", "fill"]);
    full.end(2_000);
    expect(acts).to.deep.equal(["fill", "fill", "empty"]);
  });

  it("explain why a process ends, also one that began before another one ended, and for five seconds after", () => {
    const { full } = fillings();
    expect(full.explains(0)).to.equal(false);
    full.begin();
    full.begin();
    full.end(1_000);
    expect(full.explains(100_000)).to.equal(true);
    full.end(200_000);
    expect([204_999, 205_000].map((now) => full.explains(now))).to.deep.equal([true, false]);
  });
});
