// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { CASTS, KINDS, nextAction, TRAFFIC_LIMITS, type TrafficView } from "../../tools/devnet/trafficPlan.ts";
import { Random } from "../../tools/random.ts";

const user = (name: "alice" | "bob" | "carol" | "mallory") => ({ name, waiting: 1, isUnanswered: false });
const view: TrafficView = {
  ...{ backlog: 0, isOnL1: false },
  users: [user("alice"), user("bob"), { ...user("carol"), waiting: 0 }, user("mallory")],
};
const draw = (changes: Partial<TrafficView> = {}, count = 2_000) => {
  const random = new Random("traffic");
  return Array.from({ length: count }, () => nextAction(random, { ...view, ...changes })).filter(
    (action) => action !== undefined,
  );
};

describe("Traffic", () => {
  it("is of every kind", () => {
    expect(new Set(draw().map(({ kind }) => kind))).to.deep.equal(new Set(KINDS));
  });

  it("waits while more leaves wait for a proof, or more transactions for a batch, than the machine can do", () => {
    expect(draw({ backlog: TRAFFIC_LIMITS.maxBacklog })).to.deep.equal([]);
    const waiting = TRAFFIC_LIMITS.maxWaiting;
    expect(draw({ users: [{ ...user("alice"), waiting }, ...view.users.slice(1)] })).to.deep.equal([]);
  });

  it("leaves a user alone who has no answer yet", () => {
    const users = view.users.map((each) => ({ ...each, isUnanswered: each.name !== "bob" }));
    expect(new Set(draw({ users }).map((action) => action.user))).to.deep.equal(new Set(["bob"]));
  });

  it("does one thing on L1 at a time", () => {
    const kinds = new Set(draw({ isOnL1: true }).map(({ kind }) => kind));
    for (const kind of ["topUp", "forcedTransfer", "forcedExit", "claim", "garbage", "falseData"] as const) {
      expect(kinds.has(kind)).to.equal(false);
    }
    expect(kinds.has("transfer")).to.equal(true);
  });

  it("keeps honest users' nonces in order: each has its sequencer, or goes to another one with nothing waiting", () => {
    for (const { user: name, via } of draw()) {
      if (name === "alice") expect(via).to.equal("sequencer-1");
      if (name === "bob") expect(via).to.equal("sequencer-2");
    }
    const users = view.users.map((each) => ({ ...each, waiting: 1 }));
    const carol = draw({ users }).filter(({ user: name }) => name === "carol");
    expect(carol.every(({ kind }) => kind === "replacement")).to.equal(true);
  });

  it("lets mallory alone be dishonest", () => {
    const dishonest = ["badSignature", "overdraft", "replay", "copy", "garbage", "falseData"];
    for (const { kind, user: name } of draw()) expect(name === "mallory").to.equal(dishonest.includes(kind));
  });

  it("is of B52's people under B52, who post no batches and bind nothing to a proposer", () => {
    const random = new Random("traffic");
    const users = [...CASTS.b52.honest, CASTS.b52.dishonest].map((name) => ({ name, waiting: 0, isUnanswered: false }));
    const drawn = Array.from({ length: 2_000 }, () =>
      nextAction(random, { backlog: 0, isOnL1: false, users }, TRAFFIC_LIMITS, CASTS.b52),
    ).filter((action) => action !== undefined);
    const others = ["bound", "copy", "garbage", "falseData", "replacement"];
    expect(new Set(drawn.map(({ kind }) => kind))).to.deep.equal(
      new Set(KINDS.filter((kind) => !others.includes(kind))),
    );
    expect(new Set(drawn.map(({ via }) => via))).to.deep.equal(new Set(["proposer-1", "proposer-2"]));
    expect(new Set(drawn.map(({ user }) => user))).to.deep.equal(new Set(users.map(({ name }) => name)));
  });

  it("draws the same whatever the view is, so that a seed means the same choices", () => {
    const [a, b] = [new Random("same"), new Random("same")];
    for (let i = 0; i < 100; i++) {
      nextAction(a, view);
      nextAction(b, { ...view, backlog: 99 });
    }
    expect(a.int(1_000_000)).to.equal(b.int(1_000_000));
  });
});
