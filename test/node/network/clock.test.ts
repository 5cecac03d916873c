// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Outgoing, OUTGOING, PeerScores, SCORE } from "../../../src/node/network/gossip/index.ts";
import { TokenBuckets } from "../../../src/node/tokenBucket.ts";

describe("A clock that is set back by an hour", () => {
  const HOUR = 3_600_000;

  it("takes no tokens from anybody", () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 10 });
    expect(buckets.take("a", 4, HOUR)).to.equal(true);
    expect(buckets.left("a", 0)).to.equal(6);
    expect(buckets.left("a", 2_000)).to.equal(8);
  });

  it("makes no fault of a peer worse", () => {
    const scores = new PeerScores();
    scores.penalise("a", SCORE.abuse, HOUR);
    expect(scores.score("a", 0)).to.equal(-SCORE.abuse);
    expect(scores.penalise("a", 1, 0)).to.equal("none");
    expect(scores.score("a", SCORE.halfLife)).to.equal(-(SCORE.abuse + 1) / 2);
  });
});

describe("A message that waits for somebody to hear it", () => {
  const message = { topic: "votes", bytes: new Uint8Array([1]), until: OUTGOING.time };

  it("is given up after its time, however often it was tried", () => {
    const outgoing = new Outgoing();
    outgoing.add(message);
    for (let now = 0; now < OUTGOING.time; now += OUTGOING.time / 10) {
      const waiting = outgoing.takeAll(now);
      expect(waiting).to.deep.equal([message]);
      for (const one of waiting) outgoing.add(one);
    }
    expect(outgoing.takeAll(OUTGOING.time)).to.deep.equal([]);
    expect(outgoing.size).to.equal(0);
  });
});
