// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther } from "ethers";

import { committed, createRig, deposit, PROPOSER, PROVER } from "../../../helpers/b52World.ts";

describe("The roles of B52", function () {
  this.timeout(600_000);

  it("take a height, and tell nobody the order of the block before its commitment is deep in L1", async () => {
    const rig = await createRig();
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of [1, 2, 3]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    let isTold = false;
    rig.network.passes = ({ kind }) => {
      isTold ||= kind === "block";
      return true;
    };
    await rig.until("a commitment is on L1", async () => (await committed(rig)) !== undefined);
    const { round, proposer } = (await committed(rig))!;
    const { opensAt } = rig.node.proofWindowOf(round);
    expect(isTold).to.equal(false);
    // No message until then has a slot of the block.
    const slot = Buffer.from(rig.node.forcedOperations[0]!).toString("hex");
    const told = JSON.stringify(rig.network.published, (_, value: unknown) =>
      value instanceof Uint8Array
        ? Buffer.from(value).toString("hex")
        : typeof value === "bigint"
          ? String(value)
          : value,
    );
    expect(told).not.to.include(slot);
    await rig.until("the block is shown", () => isTold);
    expect(BigInt(await rig.now()) >= opensAt).to.equal(true);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const block = rig.node.batch(1);
    expect([block.record.provers, block.proposal.promisedProvers]).to.deep.equal([3n, 3n]);
    expect(block.proposal.proposer).to.equal(proposer);
    await rig.until("all is paid", () => rig.node.chores.length === 0);
    const { consensus } = rig.system;
    const reward = rig.node.parameters.blockReward * 4_000n;
    for (const { options, wallet } of rig.parties) {
      const balance = await consensus.balances(wallet.address);
      if (options.ticket !== undefined) expect(balance).to.equal(reward / 10_000n / 3n);
    }
  });

  it("tell offers and votes again which nobody has heard, as a round without them never ends", async () => {
    const rig = await createRig();
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    await rig.add({ name: "P1", account: 3, roles: PROVER, ticket: 1 });
    await deposit(rig);
    const lost: string[] = [];
    // The first of each kind reaches nobody.
    rig.network.passes = ({ kind }) => {
      if ((kind !== "proposal" && kind !== "vote") || lost.includes(kind)) return true;
      lost.push(kind);
      return false;
    };
    await rig.until("a commitment is on L1", async () => (await committed(rig)) !== undefined, { looks: 40 });
    expect(lost).to.deep.equal(["proposal", "vote"]);
  });

  it("go on where they were when each process is killed before and after each thing that it tells", async () => {
    const rig = await createRig();
    const done = new Set<string>();
    rig.kills = (party, moment) => {
      const key = `${party} ${moment}`;
      if (done.has(key)) return false;
      done.add(key);
      return true;
    };
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    for (const moment of ["publish proposal", "send commit", "publish transcript", "publish block"]) {
      for (const when of ["before", "after"]) expect(rig.killed).to.include(`A ${when} ${moment}`);
    }
    for (const moment of ["before publish vote", "after publish vote", "before publish proof", "after publish proof"]) {
      expect(rig.killed).to.include(`P1 ${moment}`);
    }
    // No vote is contradicted, and each offer has one commitment at most.
    const votes = new Map<string, string>();
    const orders = new Map<string, string>();
    for (const { message } of rig.network.published) {
      if (message.kind === "vote") {
        const key = `${message.context} ${message.ticket}`;
        const text = [message.vote.nodes, message.vote.h, message.vote.s].join();
        expect(votes.get(key) ?? text, key).to.equal(text);
        votes.set(key, text);
      }
      if (message.kind === "proposal") {
        const key = `${message.draft.proposer} ${message.draft.round}`;
        expect(orders.get(key) ?? message.draft.contentHash, key).to.equal(message.draft.contentHash);
        orders.set(key, message.draft.contentHash);
      }
    }
    // A proof that was made before the end is told again, and not made again.
    const { id, record } = rig.node.batch(1);
    expect(record.provers).to.equal(2n);
    for (const { store, options } of rig.parties) {
      const nodes = store.proofsOf(id).map(({ node }) => node);
      expect(nodes.length, options.name).to.equal(new Set(nodes).size);
    }
  });

  it("tell again what the network did not take, and keep their promises all the same", async () => {
    const rig = await createRig();
    const refused = new Map<string, number>();
    // Of every kind, each message of each party is refused twice, whatever else is to be told.
    rig.takes = (party, message) => {
      const key = `${party} ${JSON.stringify(message, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value))}`;
      const times = refused.get(key) ?? 0;
      refused.set(key, times + 1);
      return times >= 2;
    };
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const kinds = new Set(rig.network.published.map(({ message: { kind } }) => kind));
    expect([...kinds].sort()).to.deep.equal(["block", "proof", "proposal", "transcript", "vote"]);
    const { record } = rig.node.batch(1);
    expect([record.provers, BigInt(record.nodes) >> 16n]).to.deep.equal([2n, 0n]);
  });

  it("go on with the rest when the network takes one of their messages at no time", async () => {
    const rig = await createRig();
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    await rig.add({ name: "B", account: 2, roles: PROPOSER });
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    // The first vote of each prover is for an offer that others do not know.
    const first = new Map<string, bigint>();
    rig.takes = (party, message) => {
      if (message.kind !== "vote") return true;
      if (!first.has(party)) first.set(party, message.context);
      return first.get(party) !== message.context;
    };
    await rig.until("height 1", () => rig.node.batches.length === 1);
    expect(first.size).to.equal(2);
    expect(rig.node.batch(1).record.provers).to.equal(2n);
  });

  it("delete nothing because an endpoint names a round far ahead", async () => {
    const rig = await createRig();
    const { store } = await rig.add({ name: "A", account: 1, roles: PROPOSER });
    const prover = await rig.add({ name: "P1", account: 3, roles: PROVER, ticket: 1 });
    await deposit(rig);
    await rig.until("a commitment is on L1", async () => (await committed(rig)) !== undefined);
    const { round, proposer } = (await committed(rig))!;
    const { consensus } = rig.node.system;
    const own = consensus.openRound;
    const lie = (): Promise<[bigint, bigint, boolean]> => Promise.resolve([10n ** 9n, 1n, true]);
    Object.defineProperty(consensus, "openRound", { value: lie, configurable: true });
    await rig.look();
    Object.defineProperty(consensus, "openRound", { value: own, configurable: true });
    expect(store.commitmentsBy(proposer)).to.have.lengthOf(1);
    expect(prover.store.votesIn(round, 1)).to.have.lengthOf(1);
  });

  it("finish the block of a vanished proposer and a silent prover, while no question to the network ends", async () => {
    const rig = await createRig();
    rig.network.answers = false;
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    await rig.add({ name: "P1", account: 3, roles: PROVER, ticket: 1 });
    await rig.add({ name: "P2", account: 4, roles: PROVER, ticket: 2 });
    await rig.add({ name: "silent", account: 5, roles: ["voter"], ticket: 3 });
    await deposit(rig);
    await rig.until("A shows its block", () => rig.actsOf("A").includes("reveal"));
    rig.remove("A");
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const { record } = rig.node.batch(1);
    expect([record.provers, BigInt(record.nodes) >> 16n > 0n]).to.deep.equal([2n, true]);
    const whoSubmits = rig.acts.filter(({ decision }) => decision.do === "submit").map(({ party }) => party);
    expect(whoSubmits.length).to.equal(1);
    expect(rig.acts.some(({ decision }) => decision.do === "prove" && decision.why === "gap")).to.equal(true);
    const missed = (): boolean => rig.node.defaultsOf(rig.node.provenBlocks[0]!).every(({ isSlashed }) => isSlashed);
    await rig.until("the silent prover is slashed", missed, { step: 240 });
    expect(rig.acts.filter(({ decision }) => decision.do === "slash").length).to.equal(1);
  });

  it("begin a height again when nobody shows what was committed, and settle that bid at a loss", async () => {
    const rig = await createRig();
    const { options, database } = await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    await rig.until("A has committed", async () => (await committed(rig)) !== undefined);
    const { round, bid } = (await committed(rig))!;
    rig.remove("A");
    const { opensAt } = rig.node.proofWindowOf(round);
    await rig.until("nobody can commit any more", async () => BigInt(await rig.now()) >= opensAt);
    await rig.add({ name: "B", account: 2, roles: PROPOSER });
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const { proposal } = rig.node.batch(1);
    expect(proposal.round > round).to.equal(true);
    const { consensus } = rig.system;
    const { wallet } = await rig.start(options, database);
    const before = await consensus.balances(wallet.address);
    await rig.until("A has settled", () => rig.node.isSettled({ round, proposer: wallet.address }));
    expect((await consensus.balances(wallet.address)) - before).to.equal((bid * 9n) / 10n);
  });

  it("propose the next height on the best block that was shown, if windows overlap", async () => {
    const rig = await createRig({ pipelined: true });
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    await deposit(rig);
    await rig.until("A shows its block", () => rig.actsOf("A").includes("reveal"));
    await deposit(rig, 16);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const [, next] = rig.node.proposalsBy(rig.node.batch(1).proposal.proposer).slice(-2);
    expect([next?.height, next?.parent]).to.deep.equal([2n, rig.node.batch(1).id]);
    await rig.until("height 2", () => rig.node.batches.length === 2);
    expect(rig.node.batch(2).proposal.round).to.equal(next!.round);
    expect(rig.node.executedForced).to.equal(2);
  });

  it("demand votes that were hidden, show them, and defend", async () => {
    const rig = await createRig();
    await rig.add({ name: "A", account: 1, roles: [...PROPOSER, "prover"] });
    await rig.add({ name: "P1", account: 3, roles: PROVER, ticket: 1 });
    await rig.add({ name: "P2", account: 4, roles: PROVER, ticket: 2 });
    // The transcript reaches neither of them, so neither of them proves: A does.
    rig.network.passes = ({ kind }, _, to) => kind !== "transcript" || to === "A";
    const measured = rig.parties[0]!.store;
    measured.recordTime("leaf", 15);
    measured.recordTime("merge", 15);
    await deposit(rig);
    for (const { wallet, options } of rig.parties) {
      const l1 = (await rig.connection.ethers.getSigners())[options.account]!;
      await (await rig.system.token.transfer(wallet.address, parseEther("2"))).wait();
      await (await rig.system.consensus.connect(l1).deposit(parseEther("2"))).wait();
    }
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const [block] = rig.node.provenBlocks;
    const defaults = () => rig.node.defaultsOf(block!);
    expect(defaults().length).to.equal(3);
    await rig.until("all defaults are cleared", () => defaults().every(({ isCleared }) => isCleared), { step: 60 });
    const acts = rig.acts.map(({ decision }) => decision.do);
    expect(acts.filter((act) => act === "demand").length).to.equal(1);
    expect(acts.filter((act) => act === "show").length).to.equal(1);
    expect(acts.filter((act) => act === "defend").length).to.equal(3);
    expect(acts).not.to.include("slash");
  });
});
