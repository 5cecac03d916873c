// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import fc from "fast-check";

import { FileTail } from "../../tools/chaos/fileTail.ts";
import { linkOf } from "../../tools/chaos/peerTroubles.ts";
import { describeFault, planB52Faults, type Fault, type FaultKind } from "../../tools/chaos/plan.ts";
import { L1Clock } from "../../tools/chaos/timeline.ts";
import { NODES } from "../../tools/devnet/topology.ts";

const MINUTE = 60_000;
const options = { seed: 7, length: 10 * MINUTE, era: 4 * MINUTE, hasReorgs: true };
const ALL: readonly FaultKind[] = ["boundary", "endpoint", "kill", "link", "partition", "pause", "reorg"];

/** Nodes that a fault does something to. */
function nodesOf(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "partition":
      return fault.apart;
    case "link":
      return fault.between;
    case "reorg":
      return [];
    default:
      return [fault.node];
  }
}

describe("A plan of faults for B52", () => {
  it("is the same for the same seed, and another one for another seed", () => {
    expect(planB52Faults(options)).to.deep.equal(planB52Faults(options));
    expect(planB52Faults(options)).to.not.deep.equal(planB52Faults({ ...options, seed: 8 }));
  });

  it("has eras without a gap, and leaves alone in each a proposer and two provers and the link between them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 60 }), (seed, minutes) => {
        const length = minutes * MINUTE;
        const { eras, faults } = planB52Faults({ ...options, seed, length });
        expect(eras.map(({ from }) => from)).to.deep.equal([0, ...eras.slice(0, -1).map(({ to }) => to)]);
        expect(eras.at(-1)!.to).to.equal(length);
        expect(eras.length === 1 || eras.every(({ from, to }) => to - from >= options.era)).to.equal(true);
        for (const { spared } of eras) {
          expect(spared.map((name) => name.replace(/-\d$/u, ""))).to.deep.equal(["proposer", "prover", "prover"]);
        }
        for (const fault of faults) {
          const { spared } = eras.find(({ from, to }) => fault.at >= from && fault.at < to)!;
          const hit = nodesOf(fault).filter((name) => spared.some((other) => other === name));
          if (fault.kind === "link") expect(hit.length).to.be.at.most(1);
          else expect(hit).to.deep.equal([]);
        }
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it("has every kind of fault in its first minutes, and no reorganisation where another plan has them", () => {
    const kinds = (of: Partial<typeof options>): string[] => [
      ...new Set(planB52Faults({ ...options, length: 3 * MINUTE, ...of }).faults.map(({ kind }) => kind)),
    ];
    expect(kinds({}).sort()).to.deep.equal(ALL);
    expect(kinds({ hasReorgs: false }).sort()).to.deep.equal(ALL.filter((kind) => kind !== "reorg"));
  });

  it("kills each role at what it tells", () => {
    const { faults } = planB52Faults({ ...options, length: 5 * 60 * MINUTE });
    const killed = faults.flatMap((fault) => (fault.kind === "boundary" ? [fault] : []));
    const of = (role: string) =>
      new Set(killed.filter(({ node }) => node.includes(role)).map(({ boundary }) => boundary));
    expect(of("proposer")).to.include.keys("offer", "commit", "beforeSend", "afterSend", "accepted", "read");
    expect(of("prover")).to.include.keys("vote", "proof", "beforeSend", "afterSend", "read");
    expect([...of("proposer")].filter((boundary) => boundary === "vote" || boundary === "proof")).to.deep.equal([]);
    expect(of("follower")).to.deep.equal(new Set(["read"]));
  });

  it("can be read", () => {
    const apart = ["proposer-2", "prover-3"] as const;
    expect(describeFault({ at: 0, kind: "partition", apart, length: 1_500 })).to.equal(
      "the network loses proposer-2, prover-3 for 1.5 s",
    );
    expect(describeFault({ at: 0, kind: "link", between: apart, state: "slow", length: 2_000 })).to.equal(
      "proposer-2 and prover-3: their link is slow for 2.0 s",
    );
  });
});

describe("The network under several faults", () => {
  it("is cut between the two sides of each partition, and else as the last fault of a link says", () => {
    const at = { at: 0, length: 1 };
    const partition = { ...at, kind: "partition", apart: ["proposer-2", "prover-3"] } as const;
    const [slow, stalled] = (["slow", "stalled"] as const).map(
      (state) => ({ ...at, kind: "link", between: ["proposer-1", "prover-3"], state }) as const,
    );
    expect(linkOf("proposer-1", "prover-3", [])).to.equal("open");
    expect(linkOf("proposer-1", "prover-3", [slow!])).to.equal("slow");
    expect(linkOf("prover-3", "proposer-1", [slow!, stalled!])).to.equal("stalled");
    expect(linkOf("proposer-1", "prover-3", [slow!, partition, stalled!])).to.equal("cut");
    expect(linkOf("proposer-2", "prover-3", [slow!, partition])).to.equal("open");
    expect(linkOf(NODES.b52[0], "b52-follower", [partition])).to.equal("open");
  });
});

describe("Things that are read while a run goes on", () => {
  it("are the lines of a file, each once and whole", () => {
    const folder = mkdtempSync(join(tmpdir(), "tail-"));
    const path = join(folder, "log");
    expect(new FileTail(path).read()).to.deep.equal([]);
    writeFileSync(path, "old\n");
    const [all, fresh] = [new FileTail(path), FileTail.fromEnd(path)];
    appendFileSync(path, "one\ntw");
    expect([all.read(), fresh.read()]).to.deep.equal([["old", "one"], ["one"]]);
    appendFileSync(path, "o\n");
    expect([all.read(), fresh.read()]).to.deep.equal([["two"], ["two"]]);
    rmSync(folder, { recursive: true });
  });

  it("are L1's times on the clock of this machine, also when L1's is ahead", () => {
    const clock = new L1Clock();
    const before = Date.now();
    clock.sample(1_000);
    expect(clock.wallOf(1_060) - before).to.be.within(60_000, 61_000);
    expect(before - clock.wallOf(990)).to.be.within(9_000, 10_000);
    // L1 has jumped.
    clock.sample(5_000);
    expect(clock.wallOf(5_010) - before).to.be.within(10_000, 11_000);
    expect(clock.wallOf(1_060) - before).to.be.within(60_000, 61_000);
  });
});
