// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { countWarnings, describeReport, isGreen, type ChaosReport } from "../../tools/chaos/report.ts";

const verdict = { name: "money", meaning: "The contracts hold exactly what they owe.", looked: 2, violations: [] };
const report: ChaosReport = {
  ...{
    seed: 5,
    minutes: 3,
    started: "2026-11-29T00:00:00.000Z",
    healingSeconds: 40,
    batches: { poe: 7 },
    l1Transactions: 9,
  },
  ...{ nodes: ["sequencer-1", "follower"], canFill: true, restarts: { follower: 2 }, givenUp: { boot: 1 } },
  faults: [{ at: 4_000, what: "SIGKILL for follower, down for 1.0 s", seen: "killed" }],
  ...{ traffic: { "accepted: transfer": 12 }, troubles: { drop: 3 } },
  ...{ warnings: { follower: { "L1 could not be followed": 4 } }, verdicts: [verdict], b52: undefined },
};

describe("The report of a chaos", () => {
  it("is green only if every check held and looked at something", () => {
    expect(isGreen(report)).to.equal(true);
    expect(isGreen({ ...report, verdicts: [{ ...verdict, violations: ["ETH: L1 holds 1, and owes 2"] }] })).to.equal(
      false,
    );
    expect(isGreen({ ...report, verdicts: [{ ...verdict, looked: 0 }] })).to.equal(false);
    expect(isGreen({ ...report, verdicts: [] })).to.equal(false);
  });

  it("says what was done and what was seen, and each violation", () => {
    const failed = describeReport({
      ...report,
      verdicts: [{ ...verdict, violations: ["ETH: L1 holds 1, and owes 2"] }],
    });
    expect(failed).to.include("**An invariant FAILED.**");
    expect(failed).to.include("- ETH: L1 holds 1, and owes 2");
    const text = describeReport(report);
    expect(text).to.include("**All invariants held.**");
    expect(text).to.include("- 4 s: SIGKILL for follower, down for 1.0 s. Seen: killed.");
    for (const words of ["Seed 5", "accepted: transfer | 12", "drop | 3", "follower | 2", "boot | 1"]) {
      expect(text).to.include(words);
    }
  });

  it("says of B52 how the chain went on, how bids ended, and which honest ticket was slashed and why", () => {
    const slash = { ticket: 2, isHonest: true, round: "7", node: 3, calmSeconds: 40 };
    const text = describeReport({
      ...report,
      batches: { poe: 7, b52: 4 },
      b52: {
        ...{ roundSeconds: 330, hostile: { "two votes for an offer": 9 }, bids: { won: 3, "unproven, not shown": 1 } },
        slashes: [slash, { ...slash, ticket: 4, isHonest: false }],
        eras: [{ spared: ["proposer-1", "prover-1", "prover-2"], seconds: 900, heights: 2 }],
      },
    });
    for (const words of [
      ...[
        "7 batches and 4 blocks of B52",
        "proposer-1, prover-1, prover-2: 2 in 900 s",
        "2 slashes, 1 of them of honest",
      ],
      ...["Ticket 2 missed node 3 of round 7; its prover had 40 s", "unproven, not shown | 1"],
      "two votes for an offer | 9",
    ]) {
      expect(text).to.include(words);
    }
    expect(text).to.not.include("Ticket 4 missed");
  });

  it("counts the warnings of a log, also of one that was cut off", () => {
    const log = [
      '{"level":40,"reason":"ENDPOINT_UNAVAILABLE: no answer","msg":"L1 could not be followed"}',
      '{"level":40,"reason":"ENDPOINT_UNAVAILABLE: none","msg":"L1 could not be followed"}',
      '{"level":30,"msg":"started"}',
      '{"level":50,"msg":"the datab',
      "text",
    ].join("\n");
    expect(countWarnings(log)).to.deep.equal({ "L1 could not be followed: ENDPOINT_UNAVAILABLE": 2 });
  });
});
