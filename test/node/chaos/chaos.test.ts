// SPDX-License-Identifier: MIT
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";

import { expect } from "chai";

import { runChaos } from "../../../tools/chaos/chaos.ts";
import type { Fault } from "../../../tools/chaos/plan.ts";
import { isGreen } from "../../../tools/chaos/report.ts";

/** Few faults, as each start of a node and each proof takes seconds; `npm run chaos` draws many. */
const FAULTS: readonly Fault[] = [
  { at: 1_000, kind: "boundary", node: "sequencer-1", boundary: "afterSend", down: 500 },
  { at: 1_000, kind: "boundary", node: "sequencer-1", boundary: "accepted", down: 500 },
  { at: 3_000, kind: "endpoint", node: "follower", trouble: "stale", length: 8_000 },
  { at: 4_000, kind: "boundary", node: "aggregator", boundary: "afterSend", down: 500 },
  { at: 6_000, kind: "kill", node: "follower", signal: "SIGKILL", down: 500 },
  { at: 14_000, kind: "reorg", depth: 8, returning: "none" },
];

describe("Chaos", function () {
  this.timeout(900_000);

  it("loses nothing when nodes are killed as they commit, an endpoint lags, and L1 goes back", async () => {
    const lines: string[] = [];
    const report = await runChaos({
      ...{ seed: 1, minutes: 0.3, keep: undefined, signal: new AbortController().signal, faults: FAULTS },
      ...{ rollups: ["poe"], nodes: ["sequencer-1", "aggregator", "follower"], users: ["sequencer-1", "alice"] },
      ...{ pace: { maxAge: 10, patience: 600 }, limits: { maxBacklog: 2, maxWaiting: 3 } },
      ...{ healing: 400_000, armed: 300_000, minAccepted: 2 },
      say: (line) => lines.push(line),
    });
    const said = [...lines, JSON.stringify(report, null, 1)].join("\n");
    expect(
      report.verdicts.flatMap(({ name, violations }) => violations.map((violation) => `${name}: ${violation}`)),
      said,
    ).to.deep.equal([]);
    expect(isGreen(report), said).to.equal(true);
    // Everything that was to happen has happened.
    const seen = report.faults.map((fault) => fault.seen);
    const replaced = "another fault took its place";
    expect(seen.slice(0, 5), said).to.deep.equal([replaced, "killed", "over", "killed", "killed"]);
    expect(seen[5], said).to.match(/^([89]|1\d) blocks from/u);
  });

  it("ends within seconds when it is told to, while it waits for a boundary, and leaves no folder", async () => {
    const end = new AbortController();
    const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("chaos-"));
    const before = folders();
    let endedAt = 0;
    const say = (line: string): void => {
      if (!line.includes("is killed at") && !line.includes('at "afterSend"')) return;
      endedAt = performance.now();
      end.abort(new Error("told to end"));
    };
    // Nobody posts, so nothing is sent.
    const faults: readonly Fault[] = [{ at: 0, kind: "boundary", node: "follower", boundary: "afterSend", down: 500 }];
    const run = runChaos({
      ...{ seed: 1, minutes: 5, keep: undefined, signal: end.signal, faults, say, armed: 300_000 },
      ...{
        rollups: ["poe"],
        nodes: ["sequencer-1", "follower"],
        users: ["sequencer-1"],
        pace: { maxAge: 5, patience: 600 },
      },
    });
    const failure = await run.catch((error: unknown) => error);
    expect(String(failure)).to.equal("Error: told to end");
    expect((performance.now() - endedAt) / 1_000).to.be.below(60);
    expect(folders()).to.deep.equal(before);
  });
});
