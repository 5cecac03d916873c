// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { describeFault, MAX_DEPTH, planFaults, type FaultKind } from "../../tools/chaos/plan.ts";
import { NODES } from "../../tools/devnet/topology.ts";

const MINUTE = 60_000;
const options = { seed: 7, length: 10 * MINUTE, nodes: NODES.poe, fillable: "sequencer-2" } as const;
const kindsOf = (faults: readonly { readonly kind: FaultKind }[]): FaultKind[] =>
  [...new Set(faults.map(({ kind }) => kind))].sort();
const ALL: readonly FaultKind[] = ["boundary", "endpoint", "fill", "kill", "pause", "reorg"];

describe("A plan of faults", () => {
  it("is the same for the same seed, and another one for another seed", () => {
    expect(planFaults(options)).to.deep.equal(planFaults(options));
    expect(planFaults(options)).to.not.deep.equal(planFaults({ ...options, seed: 8 }));
  });

  it("has every kind of fault within the first two minutes, in order of time, and none after its length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const faults = planFaults({ ...options, seed, length: 2 * MINUTE });
        expect(kindsOf(faults)).to.deep.equal(ALL);
        const times = faults.map(({ at }) => at);
        expect(times).to.deep.equal([...times].sort((a, b) => a - b));
        expect(times.every((at) => at >= 1_000 && at < 2 * MINUTE)).to.equal(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("fills no disk where there is none to fill", () => {
    const { fillable: _, ...rest } = options;
    const faults = planFaults({ ...rest, fillable: undefined });
    expect(kindsOf(faults)).to.deep.equal(ALL.filter((kind) => kind !== "fill"));
  });

  it("goes back 1 to 32 blocks, and beyond 12 in every third case", () => {
    const depths = planFaults({ ...options, length: 24 * 60 * MINUTE }).flatMap((fault) =>
      fault.kind === "reorg" ? [fault.depth] : [],
    );
    expect(Math.min(...depths)).to.equal(1);
    expect(Math.max(...depths)).to.equal(MAX_DEPTH);
    expect(depths.filter((depth) => depth > 12).length / depths.length).to.be.within(0.25, 0.42);
  });

  it("kills a node only at boundaries that it passes", () => {
    const killed = planFaults({ ...options, length: 24 * 60 * MINUTE }).filter((fault) => fault.kind === "boundary");
    for (const { node, boundary } of killed) {
      if (node === "follower" || node === "boot") expect(boundary).to.equal("read");
      if (node === "aggregator") expect(boundary).to.not.equal("accepted");
    }
    expect(killed.length).to.be.greaterThan(1_000);
  });

  it("can be read", () => {
    expect(describeFault({ at: 0, kind: "reorg", depth: 32, returning: "some" })).to.equal(
      "L1 loses 32 blocks; of their transactions return some",
    );
    expect(describeFault({ at: 0, kind: "boundary", node: "follower", boundary: "read", down: 1_500 })).to.equal(
      'SIGKILL for follower at "read", down for 1.5 s',
    );
  });
});
