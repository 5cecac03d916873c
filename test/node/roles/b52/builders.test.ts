// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther } from "ethers";
import { network } from "hardhat";

import { isSameAddress, Wallet } from "../../../../src/agents/index.ts";
import { commitmentHash } from "../../../../src/b52/index.ts";
import { roundTipDown } from "../../../../src/codec/index.ts";
import { ETH, signTransaction } from "../../../../src/ledger/index.ts";
import { ExpectedState } from "../../../../src/node/roles/index.ts";
import { mockProver, putMock } from "../../../../tools/bench/mockProofs.ts";
import { FIXED_START, fixTimestamps } from "../../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../../tools/deployment/b52.ts";
import { B52Rig, type Party, type PartyOptions } from "../../../helpers/b52Rig.ts";
import { createFastSigner } from "../../../helpers/fastSigner.ts";

/** A rollup whose verifier is the mock, with an escrow of builders. */
async function createRig(overrides: Readonly<Record<string, unknown>> = {}): Promise<B52Rig> {
  const connection = await network.create(FIXED_START);
  fixTimestamps(connection);
  const system = await deployB52(connection, { overrides });
  await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
  return B52Rig.create(connection, system, await mockProver(), { withEscrow: true });
}

/** Three blocks of L1 between two looks: the parties are patient for four. */
const STEP = { step: 36 };

const PROVER = ["voter", "prover", "closing", "court"] as const;
const PROPOSER: PartyOptions = { name: "A", account: 1, roles: ["proposer", "escrow", "closing", "court"] };
const BUILDER: PartyOptions = { name: "B", account: 9, roles: ["builder", "escrow"], feeAccount: 2 };

/** Half of it is worth more than a builder pays at most, at 0.001 ETH a token. */
const TIP = roundTipDown(parseEther("0.05"));
const PAYMENT = parseEther("20");
const COVER = parseEther("2");

/** A user whose deposit waits, and the builder's account on L2; both are in the next block. */
async function deposits(rig: B52Rig): Promise<void> {
  const signers = await rig.connection.ethers.getSigners();
  for (const [i, name] of ["user", "builder's L2"].entries()) {
    await new Wallet(rig.node, signers[15 + i]!, createFastSigner(name)).deposit(ETH, parseEther("1"));
  }
  await rig.node.sync();
}

/** A transaction of the user's, with a tip. */
const signedSlot = ({ node }: B52Rig, nonce = 0n): Uint8Array =>
  signTransaction(createFastSigner("user"), {
    ...{ from: 1, to: 2, token: ETH, amount: 1_000n, nonce, tip: TIP, domain: node.domain },
  });

/** The party alone has a transaction of the user's. */
async function sendTo(rig: B52Rig, { mempool }: Party, nonce = 0n): Promise<void> {
  await mempool.submit(signedSlot(rig, nonce), new ExpectedState(rig.node, 0n).expectedState);
}

/** Provers that need not measure how fast they are. */
async function addProvers(rig: B52Rig, count: number, roles: PartyOptions["roles"] = PROVER): Promise<void> {
  for (let ticket = 1; ticket <= count; ticket++) {
    const { store } = await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles, ticket });
    for (const circuit of ["leaf", "merge"] as const) store.recordTime(circuit, 15);
  }
  // The round that opened at the deployment has no ticket: it fails.
  await rig.connection.networkHelpers.time.increase(Number(rig.node.parameters.proposalWindow));
}

interface Scene {
  readonly rig: B52Rig;
  readonly proposer: Party;
  readonly builder: Party;
}

/** A proposer, a builder with a transaction that nobody else has, and provers. */
async function createScene(
  options: { readonly tickets?: number; readonly proposer?: PartyOptions; readonly builder?: PartyOptions } = {},
): Promise<Scene> {
  const rig = await createRig();
  const proposer = await rig.add(options.proposer ?? PROPOSER);
  const builder = await rig.add(options.builder ?? BUILDER);
  await addProvers(rig, options.tickets ?? 1);
  await deposits(rig);
  await sendTo(rig, builder);
  return { rig, proposer, builder };
}

const balanceOf = async ({ escrow }: B52Rig, { wallet }: Party): Promise<bigint> =>
  (await escrow!.escrow.accountOf(wallet.address)).balance;

const lockOf = ({ escrow }: B52Rig) => escrow!.open[0];

describe("Builders and the proposers that they sell to", function () {
  this.timeout(600_000);

  it("take a height: the block is the builder's, and the proposer is paid", async () => {
    const { rig, proposer, builder } = await createScene();
    await rig.until("an offer is locked", () => lockOf(rig) !== undefined, STEP);
    const lock = lockOf(rig)!;
    expect(lock).to.include({ payment: PAYMENT, cover: COVER, stage: "locked" });
    expect(isSameAddress(lock.builder, builder.wallet.address)).to.equal(true);
    await rig.until("height 1", () => rig.node.batches.length === 1, STEP);
    const block = rig.node.batch(1);
    expect([block.id, block.header.feeAccount]).to.deep.equal([lock.id, 2]);
    // The tip is the builder's.
    expect(rig.node.finalState.accounts.peek(2)?.balance).to.equal(parseEther("1") + 1_000n + TIP);
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, STEP);
    expect(await balanceOf(rig, proposer)).to.equal(parseEther("100") + PAYMENT);
    expect(await balanceOf(rig, builder)).to.equal(parseEther("100") - PAYMENT);
    // Nobody demanded what was shown.
    expect(rig.actsOf("A")).not.to.include("demand");
  });

  it("tell nobody the order of the block before its commitment is deep in L1 and nobody else can commit", async () => {
    const { rig, builder } = await createScene();
    const slot = Buffer.from(signedSlot(rig)).toString("hex");
    let isTold = false;
    rig.network.passes = ({ kind }) => {
      isTold ||= kind === "block";
      return true;
    };
    await rig.until("a commitment is on L1", () => rig.node.proposalsOf(lockOf(rig)?.round ?? 0n).length > 0, {
      step: 6,
    });
    const { round, proposer } = lockOf(rig)!;
    const told = JSON.stringify(rig.network.published, (_, value: unknown) =>
      value instanceof Uint8Array
        ? Buffer.from(value).toString("hex")
        : typeof value === "bigint"
          ? String(value)
          : value,
    );
    expect([isTold, told.includes(slot)]).to.deep.equal([false, false]);
    // The proposer does not have it on its disk either.
    const [draft] = rig.parties.find(({ options: { name } }) => name === "A")!.store.draftsOf(round);
    expect(Object.keys(draft!)).to.deep.equal(["context", "draft", "signature", "offeredAt", "bought"]);
    await rig.until("the block is shown", () => isTold, { step: 12 });
    expect(BigInt(await rig.now()) >= rig.node.proofWindowOf(round).opensAt).to.equal(true);
    const committedAt = rig.node.committedAt({ round, proposer })!;
    expect((await rig.connection.ethers.provider.getBlockNumber()) - committedAt + 1).to.be.at.least(4);
    expect(rig.actsOf(builder.options.name)).to.include.members(["quote", "sell", "reveal"]);
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
    await rig.add(PROPOSER);
    await rig.add(BUILDER);
    await addProvers(rig, 1);
    // Without the bond of a demand in the escrow a proposer buys nothing.
    const isFunded = async (): Promise<boolean> =>
      (await Promise.all(rig.parties.slice(0, 2).map((party) => balanceOf(rig, party)))).every(
        (balance) => balance > 0n,
      );
    await rig.until("both have money in the escrow", isFunded, { step: 12 });
    await deposits(rig);
    await sendTo(rig, rig.parties[1]!);
    await rig.until("height 1", () => rig.node.batches.length === 1, { step: 12 });
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, STEP);
    for (const moment of ["publish proposal", "publish purchase", "send lock", "send commit", "publish transcript"]) {
      for (const when of ["before", "after"]) expect(rig.killed).to.include(`A ${when} ${moment}`);
    }
    for (const moment of ["publish quote", "publish sale", "publish transcript", "publish block"]) {
      for (const when of ["before", "after"]) expect(rig.killed).to.include(`B ${when} ${moment}`);
    }
    expect(rig.killed.some((text) => text.endsWith("send resolve"))).to.equal(true);
    // Each place has one content, one proposal and one offer, whoever says it again.
    const said = new Map<string, string>();
    const once = (key: string, value: string): void => {
      expect(said.get(key) ?? value, key).to.equal(value);
      said.set(key, value);
    };
    for (const { message } of rig.network.published) {
      if (message.kind === "quote") {
        once(`quote ${message.quote.round} ${message.quote.payment}`, message.quote.contentHash);
      }
      if (message.kind === "purchase") once(`purchase ${message.proposal.round}`, message.proposal.transcript);
      if (message.kind === "sale") once(`sale ${message.id}`, message.signature);
    }
    const [a, b] = rig.parties;
    expect(await balanceOf(rig, a!)).to.equal(parseEther("100") + PAYMENT);
    expect(await balanceOf(rig, b!)).to.equal(parseEther("100") - PAYMENT);
  });

  // ── Each party vanishes at each step (docs/b52.md §10.1) ───────────────────────────────────────────────────────────

  it("lose nothing if the proposer takes the signature and does nothing", async () => {
    const { rig, builder } = await createScene();
    await rig.until("the builder has signed", () => rig.actsOf("B").includes("sell"), STEP);
    rig.remove("A");
    const { deadline } = builder.trades!.sale(builder.trades!.purchases[0]!.id)!;
    await rig.until("the offer is over", async () => BigInt(await rig.now()) > deadline, { step: 120 });
    expect([lockOf(rig), await balanceOf(rig, builder)]).to.deep.equal([undefined, parseEther("100")]);
  });

  it("have the builder's money back when the proposer locks and does not commit", async () => {
    const { rig, builder } = await createScene();
    await rig.until("an offer is locked", () => lockOf(rig) !== undefined, { step: 12 });
    rig.remove("A");
    expect(await balanceOf(rig, builder)).to.equal(parseEther("100") - PAYMENT - COVER);
    expect(rig.node.proposalsOf(lockOf(rig)!.round)).to.deep.equal([]);
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, { step: 90 });
    expect([await balanceOf(rig, builder), rig.actsOf("B").includes("reveal")]).to.deep.equal([
      parseEther("100"),
      false,
    ]);
  });

  it("go on without a builder that quotes and does not sign: the proposer offers its own block in the same round", async () => {
    const { rig, builder } = await createScene();
    rig.network.passes = ({ kind }, _, to) => !(kind === "purchase" && to === "B");
    await rig.until("height 1", () => rig.node.batches.length === 1, STEP);
    const published = rig.network.published.map(({ message }) => message);
    const asked = published.find((message) => message.kind === "purchase")!.proposal.round;
    const offered = published.flatMap((message) =>
      message.kind === "proposal" && message.draft.round === asked ? [message.draft.contentHash] : [],
    );
    // Offers are told again, so each may come more than once.
    expect([new Set(offered).size, rig.node.batch(1).proposal.round]).to.deep.equal([2, asked]);
    expect(rig.actsOf("A")).to.include("fail");
    expect(rig.node.batch(1).header.feeAccount).to.equal(0);
    const { trades } = rig.parties.find(({ options: { name } }) => name === "A")!;
    const { round } = rig.node.batch(1).proposal;
    expect(trades!.isTrusted(builder.wallet.address, round + 63n)).to.equal(false);
    expect(trades!.isTrusted(builder.wallet.address, round + 64n)).to.equal(true);
  });

  it("give the proposer payment and cover if the builder withholds the content, which is more than it loses", async () => {
    const { rig, proposer, builder } = await createScene();
    await rig.until("a commitment is on L1", () => rig.node.proposalsOf(lockOf(rig)?.round ?? 0n).length > 0, STEP);
    const { round } = lockOf(rig)!;
    const { bid } = rig.node.proposalsOf(round)[0]!;
    rig.remove("B");
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, { step: 90 });
    expect(rig.actsOf("A")).to.include.members(["demand", "cover"]);
    expect(await balanceOf(rig, proposer)).to.equal(parseEther("100") + PAYMENT + COVER);
    expect(await balanceOf(rig, builder)).to.equal(parseEther("100") - PAYMENT - COVER);
    expect(COVER > bid / 10n).to.equal(true);
    expect(proposer.trades!.isTrusted(builder.wallet.address, round + 1n)).to.equal(false);
  });

  it("take the height if the proposer vanishes after its commitment, and it is paid nevertheless", async () => {
    const { rig, proposer, builder } = await createScene();
    // Its transcript has reached nobody else.
    rig.network.passes = ({ kind }, from) => !(kind === "transcript" && from === "A");
    await rig.until("a commitment is on L1", () => rig.node.proposalsOf(lockOf(rig)?.round ?? 0n).length > 0, STEP);
    rig.remove("A");
    const { id } = lockOf(rig)!;
    await rig.until("height 1", () => rig.node.batches.length === 1, STEP);
    expect(rig.node.batch(1).id).to.equal(id);
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, STEP);
    expect(rig.acts.filter(({ decision }) => decision.do === "resolve").map(({ party }) => party)).to.deep.equal(["B"]);
    expect(await balanceOf(rig, proposer)).to.equal(parseEther("100") + PAYMENT);
    expect(await balanceOf(rig, builder)).to.equal(parseEther("100") - PAYMENT);
  });

  it("give the builder everything back if it reveals and nobody proves", async () => {
    const { rig, proposer, builder } = await createScene({ tickets: 0 });
    await addProvers(rig, 1, ["voter"]);
    await rig.until("the block is shown", () => rig.actsOf("B").includes("reveal"), STEP);
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, { step: 90 });
    expect(rig.actsOf("A")).not.to.include("demand");
    expect([await balanceOf(rig, proposer), await balanceOf(rig, builder)]).to.deep.equal([
      parseEther("100"),
      parseEther("100"),
    ]);
  });

  it("take the height by an answer on L1, if the network does not bring the content; each killed at each call", async () => {
    const { rig, proposer, builder } = await createScene();
    rig.network.passes = ({ kind }, from) => !(kind === "block" && from === "B");
    const done = new Set<string>();
    rig.kills = (party, moment) => {
      const key = `${party} ${moment}`;
      if (!/send (?:ask|answer|resolve)|publish block/u.test(moment) || done.has(key)) return false;
      done.add(key);
      return true;
    };
    await rig.until("height 1", () => rig.node.batches.length === 1, STEP);
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, STEP);
    const { demandBond } = rig.escrow!.rules;
    expect(await balanceOf(rig, proposer)).to.equal(parseEther("100") + PAYMENT - demandBond);
    expect(await balanceOf(rig, builder)).to.equal(parseEther("100") - PAYMENT + demandBond);
    for (const moment of ["A before send ask", "A after send ask", "B before send answer", "B after send answer"]) {
      expect(rig.killed).to.include(moment);
    }
    // The proposer has told the provers what L1 was shown.
    expect(rig.network.published.some(({ from, message: { kind } }) => from === "A" && kind === "block")).to.equal(
      true,
    );
  });

  it("give the builder everything back if its block loses", async () => {
    const { rig, proposer, builder } = await createScene({
      proposer: { ...PROPOSER, proposing: { maxBid: parseEther("1") } },
    });
    await rig.add({ name: "C", account: 2, roles: ["proposer", "closing", "court"], proposing: { outbidPercent: 50 } });
    await rig.until("height 1", () => rig.node.batches.length === 1, STEP);
    const { round, proposer: winner } = rig.node.batch(1).proposal;
    expect(isSameAddress(winner, proposer.wallet.address)).to.equal(false);
    expect(rig.node.proposalsOf(round)).to.have.length(2);
    await rig.until("the lock has ended", () => lockOf(rig) === undefined, STEP);
    expect([await balanceOf(rig, proposer), await balanceOf(rig, builder)]).to.deep.equal([
      parseEther("100"),
      parseEther("100"),
    ]);
  });

  it("send lock and commitment again, in this order, when a reorganisation of L1 has taken both back", async () => {
    const { rig, proposer } = await createScene();
    await rig.until("the builder has signed", () => rig.actsOf("B").includes("sell"), { step: 12 });
    const before = await rig.connection.networkHelpers.takeSnapshot();
    await rig.until("a commitment is on L1", () => rig.node.proposalsOf(lockOf(rig)?.round ?? 0n).length > 0, {
      step: 12,
    });
    const { hash, height, id } = lockOf(rig)!;
    const { address } = proposer.wallet;
    const onL1 = async (): Promise<readonly [boolean, boolean]> => [
      (await rig.escrow!.escrow.placeOf(address, height & 1n)) === hash,
      id.startsWith((await rig.system.consensus.commitmentOf(address, height & 1n)).hash),
    ];
    expect(await onL1()).to.deep.equal([true, true]);
    await before.restore();
    expect(await onL1()).to.deep.equal([false, false]);
    await proposer.outbox.step();
    expect(await onL1()).to.deep.equal([true, true]);

    // Somebody with the same key uses the nonce of the lock: then there is no commitment either.
    await before.restore();
    const { provider } = rig.connection.ethers;
    const wallet = proposer.wallet.connect(provider);
    await wallet.sendTransaction({ to: address, nonce: await provider.getTransactionCount(address) });
    for (let i = 0; i < 3; i++) {
      await proposer.outbox.step();
      await rig.connection.networkHelpers.mine();
    }
    expect(await onL1()).to.deep.equal([false, false]);
  });

  it("are not deceived by offers that somebody else signed, and lock none", async () => {
    const { rig } = await createScene();
    const forger = rig.network.join("forger");
    forger.subscribe((message) => {
      if (message.kind !== "purchase") return;
      const id = commitmentHash(rig.node.domain, message.proposal);
      const signature = message.signature;
      void forger.publish({ kind: "sale", id, deadline: 2n ** 39n, signature });
    });
    await rig.until("an offer is locked", () => lockOf(rig) !== undefined, STEP);
    expect(lockOf(rig)!.deadline < 2n ** 39n).to.equal(true);
    expect(rig.actsOf("A")).not.to.include("fail");
  });

  it("sell to each proposer that asks, as long as the builder's balance holds all offers", async () => {
    const { rig, builder } = await createScene({ builder: { ...BUILDER, funds: parseEther("43.9") } });
    await rig.add({ ...PROPOSER, name: "C", account: 2 });
    await rig.until("an offer is locked", () => lockOf(rig) !== undefined, STEP);
    await rig.until("the block is shown", () => rig.actsOf("B").includes("reveal"), STEP);
    // The balance of 43.9 is less than two payments with their covers.
    expect(rig.actsOf("B").filter((act) => act === "sell")).to.have.length(1);
    expect(rig.escrow!.open).to.have.length(1);
    const purchases = builder.trades!.purchases;
    expect(purchases.map(({ message }) => message.proposal.proposer)).to.have.length(2);
  });
});
