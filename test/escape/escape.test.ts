// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { formatEther, HDNodeWallet, parseEther, Wallet as L1Wallet, type Signer } from "ethers";
import { network } from "hardhat";

import { Aggregator, RollupNode, Sequencer, Wallet, type LedgerNode } from "../../src/agents/index.ts";
import { EndpointProvider } from "../../src/chain/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { escape, openRollup, requireStateOfL1, type EscapeReport, type OpenedRollup } from "../../src/escape/index.ts";
import { ETH, State } from "../../src/ledger/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { startEndpoint } from "../../tools/testing/endpoint.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { liar } from "../helpers/liar.ts";
import { freshRollup } from "../helpers/freshRollup.ts";
import { mockProver } from "../helpers/mockProofs.ts";

const EVERYTHING = (1n << 128n) - 1n;
const ESCAPE_DELAY = 10_800;

async function deploy(overrides: Readonly<Record<string, unknown>> = {}) {
  const times = { forcedDeadline: 600, escapeDelay: ESCAPE_DELAY };
  const { connection, system } = await freshRollup("mock", { ...times, ...overrides });
  const { ethers } = connection;
  const [operator, victim, other] = (await ethers.getSigners()) as unknown as [Signer, Signer, Signer];
  await system.token.approve(system.consensus, parseEther("100000"));
  await system.consensus.deposit(parseEther("100000"));
  const node = await RollupNode.open(system);
  const prover = await mockProver();
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  const aggregator = new Aggregator(node, operator, prover);
  /** Executes and proves all that waits in the queue. */
  const serve = async (): Promise<void> => {
    await node.sync();
    while (node.sequencedForced < node.forcedOperations.length) {
      await sequencer.post({});
      await node.sync();
      await aggregator.submit(await aggregator.prove());
      await node.sync();
    }
  };
  const walletOf = (signer: Signer): Wallet => new Wallet(node, signer, createSigner(Buffer.from("key")));
  const opened = { consensus: "Proof of Efficiency", node } satisfies OpenedRollup;
  const lateNow = (): Promise<unknown> => connection.networkHelpers.time.increase(ESCAPE_DELAY + 1);
  /** Deposits for an owner who did not ask for it. */
  const give = async (owner: Signer, token: bigint, amount: bigint): Promise<void> => {
    const { x, y } = createSigner(Buffer.from("thief")).publicKey;
    const value = (await system.rollup.forcedFee()) + (token === ETH ? amount : 0n);
    await system.rollup.connect(other).deposit(token, amount, x, y, await owner.getAddress(), { value });
  };
  return { connection, ethers, system, node, prover, serve, walletOf, opened, lateNow, give, operator, victim, other };
}

/** A token, registered, that refuses transfers once it is told to; `owner` has some and has approved them. */
async function falseToken({ ethers, system }: Awaited<ReturnType<typeof deploy>>, owner: Signer) {
  const token = await ethers.deployContract("FalseToken");
  await system.rollup.registerToken(token, { value: await system.rollup.TOKEN_FEE() });
  await token.mint(await owner.getAddress(), parseEther("100"));
  const own = token.connect(owner);
  await own.approve(system.rollup, parseEther("100"));
  return { token, id: await system.rollup.tokenId(token) };
}

const namesOf = (items: EscapeReport["done"] | EscapeReport["failed"] | EscapeReport["dust"]): string[] =>
  items.map(({ what }) => what.split(":")[0] ?? what);

describe("An escape", () => {
  it("takes the other exits when a token stops transferring, and says which one failed and why", async () => {
    const setting = await deploy();
    const { system, node, serve, walletOf, opened, victim, prover, ethers } = setting;
    const { token, id } = await falseToken(setting, victim);
    const wallet = walletOf(victim);
    await wallet.deposit(id, parseEther("5"));
    await wallet.deposit(ETH, parseEther("3"));
    await serve();
    await system.rollup.connect(victim).forceExit(1, id, EVERYTHING, { value: await system.rollup.forcedFee() });
    await system.rollup.connect(victim).forceExit(2, ETH, EVERYTHING, { value: await system.rollup.forcedFee() });
    await serve();
    await token.setRefuses(true);

    const before = await ethers.provider.getBalance(victim);
    const report = await escape(opened, victim, prover);
    expect(namesOf(report.done)).to.deep.equal(["claim the exit in slot 1 of leaf 0 of batch 2"]);
    expect(namesOf(report.failed)).to.deep.equal(["claim the exit in slot 0 of leaf 0 of batch 2"]);
    expect(report.failed[0]?.why).to.include("SafeERC20FailedOperation");
    expect((await ethers.provider.getBalance(victim)) - before > parseEther("2.99")).to.equal(true);

    await token.setRefuses(false);
    const again = await escape(opened, victim, prover);
    expect(namesOf(again.done)).to.deep.equal(["claim the exit in slot 0 of leaf 0 of batch 2"]);
    expect(again.failed).to.deep.equal([]);
    expect(node.isFrozen).to.equal(false);
  });

  it("takes the other balances out of a frozen rollup when one token, and one proof, fail", async () => {
    const setting = await deploy();
    const { serve, walletOf, opened, victim, prover, ethers, lateNow, system } = setting;
    const { token, id } = await falseToken(setting, victim);
    const wallet = walletOf(victim);
    await wallet.deposit(id, parseEther("5"));
    await wallet.deposit(ETH, parseEther("3"));
    await wallet.deposit(ETH, parseEther("2"));
    await serve();
    await wallet.deposit(ETH, parseEther("1"));
    await lateNow();
    await token.setRefuses(true);
    const broken: Prover = {
      ...prover,
      prove: (circuit, input) =>
        input["index"] === 3n ? Promise.reject(new Error("no memory")) : prover.prove(circuit, input),
    };

    const before = await ethers.provider.getBalance(victim);
    const report = await escape(opened, victim, broken);
    expect(namesOf(report.done)).to.deep.equal([
      "freeze the rollup",
      "escape with account 2",
      "refund operation 4",
      `withdraw ${parseEther("4") + (await feeOf(system, opened.node, 4))} of token 0`,
      "escape with account 1",
    ]);
    expect(report.failed.map(({ what, why }) => `${what}: ${why}`)).to.deep.equal([
      `escape with account 3: ${parseEther("2")} of token 0: no memory`,
      `withdraw ${parseEther("5")} of token ${id}: ${report.failed[1]?.why}`,
    ]);
    expect(report.failed[1]?.why).to.include("SafeERC20FailedOperation");
    expect((await ethers.provider.getBalance(victim)) - before > parseEther("3.99")).to.equal(true);

    const again = await escape(opened, victim, prover);
    expect(namesOf(again.done)).to.deep.equal(["escape with account 3", `withdraw ${parseEther("2")} of token 0`]);
  });

  it("does not cost the owner of 40 accounts with one wei more than they hold", async function () {
    this.timeout(240_000);
    const { serve, walletOf, opened, victim, prover, ethers, lateNow, give, node } = await deploy();
    await walletOf(victim).deposit(ETH, parseEther("1"));
    for (let i = 0; i < 40; i++) await give(victim, ETH, 1n);
    await serve();
    expect([...node.finalState.accounts.entries()].length).to.equal(41);

    const before = await ethers.provider.getBalance(victim);
    const nonce = await victim.getNonce();
    const alive = await escape(opened, victim, prover);
    expect(namesOf(alive.done)).to.deep.equal(["force the exit of account 1"]);
    expect(alive.dust.length).to.equal(40);
    expect(alive.dust.every(({ amount, cost }) => amount === 1n && cost !== undefined && cost > 1n)).to.equal(true);
    expect(alive.failed).to.deep.equal([]);
    expect(alive.frozenFrom).to.be.a("bigint");

    await lateNow();
    const frozen = await escape(opened, victim, prover);
    expect(namesOf(frozen.done).slice(0, 2)).to.deep.equal(["freeze the rollup", "escape with account 1"]);
    expect(frozen.dust.filter(({ what }) => what.startsWith("escape")).length).to.equal(40);
    expect((await victim.getNonce()) - nonce).to.be.at.most(5);
    expect((await ethers.provider.getBalance(victim)) - before > parseEther("0.99")).to.equal(true);

    const rest = await escape(opened, victim, prover, { dust: new Map([[ETH, 2n]]) });
    expect(rest.done).to.deep.equal([]);
    expect(namesOf(rest.dust).length).to.equal(40);
  });

  it("forces an exit that others, or the owner for less, have put into the queue before", async () => {
    const setting = await deploy();
    const { serve, walletOf, opened, victim, other, prover, system } = setting;
    const { rollup } = system;
    const { id } = await falseToken(setting, other);
    await walletOf(victim).deposit(ETH, parseEther("1"));
    await serve();
    const force = async (by: Signer, token: bigint, amount: bigint): Promise<void> => {
      await rollup.connect(by).forceExit(1, token, amount, { value: await rollup.forcedFee() });
    };
    // When their turn comes, they do nothing, or too little.
    await force(other, ETH, EVERYTHING);
    await force(victim, id, EVERYTHING);
    await force(victim, ETH, parseEther("1") - 1n);
    expect(namesOf((await escape(opened, victim, prover)).done)).to.deep.equal(["force the exit of account 1"]);
    // Its own waits now, and is not forced twice.
    expect((await escape(opened, victim, prover)).done).to.deep.equal([]);
    await serve();
    expect(opened.node.finalState.account(1)?.balance).to.equal(0n);
  });

  it("takes dust if it is told to, and leaves less than the owner's threshold of a token", async () => {
    const setting = await deploy();
    const { serve, opened, victim, prover, give, other, lateNow } = setting;
    const { id } = await falseToken(setting, other);
    await give(victim, ETH, 1n);
    await give(victim, id, 10n ** 11n);
    await give(victim, id, 10n ** 15n);
    await serve();
    const options = { dust: new Map([[id, 10n ** 16n]]) };
    const strict = await escape(opened, victim, prover, options);
    expect(strict.done).to.deep.equal([]);
    expect(strict.dust.map(({ token, amount }) => [token, amount])).to.deep.equal([
      [ETH, 1n],
      [id, 10n ** 15n],
      [id, 10n ** 11n],
    ]);
    // By itself, a millionth of a token is the limit.
    expect(namesOf((await escape(opened, victim, prover)).done)).to.deep.equal(["force the exit of account 3"]);
    await lateNow();
    const all = await escape(opened, victim, prover, { all: true });
    expect(namesOf(all.done).filter((what) => what.startsWith("escape")).length).to.equal(3);
    expect(all.dust).to.deep.equal([]);
  });

  it("does not freeze a rollup in which it has nothing, or only dust, to gain", async () => {
    const { serve, walletOf, opened, victim, other, prover, give, lateNow, system } = await deploy();
    await give(victim, ETH, 1n);
    await serve();
    await walletOf(other).deposit(ETH, parseEther("1"));
    await lateNow();
    const report = await escape(opened, victim, prover);
    expect(report.done).to.deep.equal([]);
    expect(report.failed).to.deep.equal([]);
    expect(await system.rollup.isFrozen()).to.equal(false);
    // A user with money in it freezes it.
    expect(namesOf((await escape(opened, other, prover)).done)).to.include("freeze the rollup");
  });

  it("leaves what a token without usable decimals was given away in, unless its owner names it", async () => {
    const setting = await deploy();
    const { serve, opened, victim, prover, give, other, connection, lateNow, system } = setting;
    const tokens: bigint[] = [];
    // `decimals()` gives 0 or 77, or the token reverts, which it does from here on.
    for (const decimals of [0, 77, undefined]) {
      const { token, id } = await falseToken(setting, other);
      await give(victim, id, EVERYTHING >> 80n);
      tokens.push(id);
      await serve();
      const code = decimals === undefined ? "0x5f5ffd" : `0x60${decimals.toString(16).padStart(2, "0")}5f5260205ff3`;
      await connection.networkHelpers.setCode(await token.getAddress(), code);
    }
    // A queue that nobody serves.
    await give(other, ETH, 1n);
    const nonce = await victim.getNonce();
    for (const isLate of [false, true]) {
      if (isLate) await lateNow();
      const report = await escape(opened, victim, prover);
      expect([report.done, report.failed, report.unnamed]).to.deep.equal([[], [], []]);
      const left = isLate ? "escape with account" : "force the exit of account";
      const dust = report.dust.filter(({ what }) => what.startsWith(left));
      expect(dust.map(({ token }) => token)).to.have.members(tokens);
      expect(dust.every(({ why }) => why.includes("decimals"))).to.equal(true);
    }
    expect(await victim.getNonce()).to.equal(nonce);
    expect(await system.rollup.isFrozen()).to.equal(false);

    const dust = new Map([[tokens[0]!, 1n]]);
    const named = await escape(opened, victim, prover, { dust });
    expect(namesOf(named.done)).to.deep.equal(["freeze the rollup", "escape with account 1"]);
    // It does not transfer either, and is the only one that was tried.
    expect(namesOf(named.failed)).to.deep.equal([`withdraw ${EVERYTHING >> 80n} of token ${tokens[0]}`]);
  });

  it("does not freeze a rollup for a token that nobody named, and says which", async () => {
    const setting = await deploy();
    const { serve, opened, victim, prover, give, other, lateNow, system } = setting;
    const { id } = await falseToken(setting, other);
    await give(victim, id, parseEther("5"));
    await serve();
    await give(other, ETH, 1n);
    await lateNow();
    const report = await escape(opened, victim, prover);
    expect(namesOf(report.done)).to.deep.equal(["force the exit of account 1"]);
    expect(report.unnamed).to.deep.equal([id]);
    expect(await system.rollup.isFrozen()).to.equal(false);
    const named = await escape(opened, victim, prover, { dust: new Map([[id, parseEther("5")]]) });
    expect(namesOf(named.done).slice(0, 2)).to.deep.equal(["freeze the rollup", "escape with account 1"]);
    expect(named.unnamed).to.deep.equal([]);
  });

  it("does nothing for an amount of 0, even if it is to take everything", async () => {
    const { opened, victim, prover, lateNow, system } = await deploy({ forcedFeeBase: 0, forcedFeeStep: 0 });
    // An operation without a fee that could come back.
    await system.rollup.connect(victim).forceExit(1, ETH, 1n);
    await lateNow();
    const report = await escape(opened, victim, prover, { all: true });
    expect(report.done).to.deep.equal([]);
    expect(report.dust.map(({ what, amount }) => [what, amount])).to.deep.equal([["refund operation 1", 0n]]);
    expect(await system.rollup.isFrozen()).to.equal(false);
  });

  it("costs no more in all than the limit, and takes ETH before tokens that nobody named", async () => {
    const setting = await deploy();
    const { serve, opened, victim, prover, give, other, ethers, system, lateNow } = setting;
    const { id } = await falseToken(setting, other);
    for (let i = 0; i < 6; i++) await give(victim, id, parseEther("5"));
    await give(victim, ETH, parseEther("1"));
    await serve();
    const before = await ethers.provider.getBalance(victim);
    const fee = await system.rollup.forcedFee();
    const maxTotal = 3n * fee;
    const report = await escape(opened, victim, prover, { maxTotal });
    expect(namesOf(report.done)[0]).to.equal("force the exit of account 7");
    expect(report.done.length).to.be.within(1, 2);
    expect(report.failed.length).to.equal(7 - report.done.length);
    for (const { why } of report.failed) {
      expect(why)
        .to.include("FEE_ABOVE_MAXIMUM")
        .and.include(`of ${formatEther(maxTotal)} ETH, the limit of all together`);
    }
    expect(before - (await ethers.provider.getBalance(victim))).to.be.lessThan(maxTotal);

    // A later call goes on.
    const again = await escape(opened, victim, prover);
    expect(report.done.length + again.done.length).to.equal(7);
    expect(again.failed).to.deep.equal([]);
    await lateNow();
    // The fee that was paid counts, not the fee that was offered: the limit takes the freeze, the escape and the
    // withdrawal.
    const frozen = await escape(opened, victim, prover, { maxTotal: parseEther("0.01") });
    expect(namesOf(frozen.done).slice(0, 2)).to.deep.equal(["freeze the rollup", "escape with account 7"]);
  });

  it("signs nothing that may cost more than the limit", async () => {
    const { serve, walletOf, opened, victim, prover, system, connection } = await deploy();
    await walletOf(victim).deposit(ETH, parseEther("1"));
    await serve();
    const nonce = await victim.getNonce();
    const baseFee = async (wei: bigint): Promise<void> => {
      await connection.networkHelpers.setNextBlockBaseFeePerGas(wei);
      await connection.networkHelpers.mine();
    };
    await baseFee(10n ** 12n);
    const dear = await escape(opened, victim, prover, { all: true });
    expect(namesOf(dear.failed)).to.deep.equal(["force the exit of account 1"]);
    expect(dear.failed[0]?.why).to.include("FEE_ABOVE_MAXIMUM");
    expect(await victim.getNonce()).to.equal(nonce);
    await baseFee(10n ** 9n);
    const fee = await system.rollup.forcedFee();
    expect((await escape(opened, victim, prover, { maxFee: fee })).failed[0]?.why).to.include("FEE_ABOVE_MAXIMUM");
    expect(namesOf((await escape(opened, victim, prover)).done)).to.deep.equal(["force the exit of account 1"]);
  });
});

describe("An escape on a wrong state", () => {
  it("freezes nothing and does nothing if the state is not L1's", async () => {
    const { serve, walletOf, opened, victim, prover, system, lateNow } = await deploy();
    const wallet = walletOf(victim);
    await wallet.deposit(ETH, parseEther("1"));
    await serve();
    await wallet.deposit(ETH, parseEther("1"));
    await lateNow();
    const nonce = await victim.getNonce();
    const wrong: Partial<LedgerNode>[] = [
      { finalState: State.genesis(system.profile) },
      { forcedOperations: [] },
      { isFrozen: true },
    ];
    for (const fields of wrong) {
      const node = withFields(opened.node, fields);
      await expectRejection(requireStateOfL1(node), "STATE_MISMATCH");
      await expectRejection(escape({ consensus: "Proof of Efficiency", node }, victim, prover), "STATE_MISMATCH");
    }
    expect(await victim.getNonce()).to.equal(nonce);
    expect(await system.rollup.isFrozen()).to.equal(false);
    expect(namesOf((await escape(opened, victim, prover)).done)).to.include("escape with account 1");
  });

  it("compares with L1 as many blocks behind the head as the node is", async () => {
    const { serve, walletOf, victim, system, connection } = await deploy();
    await walletOf(victim).deposit(ETH, parseEther("1"));
    await serve();
    const node = await RollupNode.open({ ...system, reading: { confirmations: 2 } });
    await requireStateOfL1(node);
    await walletOf(victim).deposit(ETH, parseEther("1"));
    await requireStateOfL1(node);
    expect(node.forcedOperations.length).to.equal(1);
    await connection.networkHelpers.mine(2);
    await requireStateOfL1(node);
    expect(node.forcedOperations.length).to.equal(2);
  });
});

describe("Opening a rollup from a wrong start", () => {
  it("asks for the event of the deployment, and for its confirmations", async () => {
    const connection = await network.create();
    const system = await deployProofOfEfficiency(connection);
    const { provider } = system;
    const core = await system.rollup.getAddress();
    const [deployed] = await system.consensus.queryFilter(system.consensus.filters.ConsensusDeployed());
    const block = deployed?.blockNumber ?? 0;
    await connection.networkHelpers.mine(5);
    const head = await provider.getBlockNumber();

    const { node } = await openRollup(provider, core, { deploymentBlock: block });
    expect(node.system.deploymentBlock).to.equal(block);
    for (const deploymentBlock of [block + 1, head, head + 1_000]) {
      const error = await expectRejection(openRollup(provider, core, { deploymentBlock }), "WRONG_DEPLOYMENT_BLOCK");
      expect(error.message).to.include(`before block ${deploymentBlock}`);
    }
    // The core came one block after its consensus.
    await openRollup(provider, core, { confirmations: head - block - 1 });
    // Up to the consensus's own block there is nothing to compare.
    const early = await RollupNode.open({ ...system, reading: { confirmations: head - block } });
    expect(early.batches).to.deep.equal([]);
    const hidden = system.consensus.interface.getEvent("CoreDeployed").topicHash;
    const lying = liar(provider, { getLogs: (logs) => logs.filter(({ topics }) => topics[0] !== hidden) });
    await expectRejection(openRollup(lying, core), "UNKNOWN_DEPLOYMENT");
    for (const confirmations of [head - block, head + 1, 10 ** 9]) {
      await expectRejection(openRollup(provider, core, { confirmations }), "NOT_CONFIRMED");
    }
    for (const options of [
      { confirmations: -1 },
      { confirmations: 0.5 },
      { maxRange: 0 },
      { maxRange: NaN },
      { deploymentBlock: -1 },
    ]) {
      await expectRejection(openRollup(provider, core, options), "OUT_OF_RANGE");
    }
  });

  it("refuses a core whose consensus did not deploy it", async () => {
    const connection = await network.create();
    const system = await deployProofOfEfficiency(connection);
    // A contract that answers as a core does, with the consensus of another one.
    const answer = (await system.consensus.getAddress()).slice(2);
    const fake = "0x00000000000000000000000000000000000000fa";
    await connection.networkHelpers.setCode(fake, `0x73${answer}5f5260205ff3`);
    await expectRejection(openRollup(system.provider, fake), "UNKNOWN_DEPLOYMENT");
  });
});

describe("An escape at an endpoint with trouble", () => {
  it("does not take a rate limit for the answer that nothing is left", async () => {
    const connection = await network.create();
    const { ethers, networkHelpers } = connection;
    const system = await deployProofOfEfficiency(connection, {
      overrides: { escapeDelay: ESCAPE_DELAY, forcedDeadline: 600 },
    });
    const phrase = "test test test test test test test test test test test junk";
    const { privateKey, address } = HDNodeWallet.fromPhrase(phrase, undefined, "m/44'/60'/0'/0/1");
    const user = (await ethers.getSigner(address)) as unknown as Signer;
    const node = await RollupNode.open(system);
    const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
    await wallet.deposit(ETH, parseEther("1"));
    await wallet.deposit(ETH, parseEther("2"));
    await networkHelpers.time.increase(ESCAPE_DELAY + 1);

    const endpoint = await startEndpoint(connection);
    try {
      const provider = new EndpointProvider(endpoint.url, { patience: { attempts: 2, delay: 1 } });
      const opened = await openRollup(provider, await system.rollup.getAddress());
      const signer = new L1Wallet(privateKey, provider);
      const noProver = {} as Prover;
      // Of the second operation, nobody knows whether it was refunded.
      const question = system.rollup.interface.encodeFunctionData("isRefunded", [2]);
      const isQuestion = (params: readonly unknown[]): boolean => (params[0] as { data?: string }).data === question;
      endpoint.misbehave(({ method, params }) =>
        method === "eth_call" && isQuestion(params) ? { error: { code: -32005, message: "rate limited" } } : undefined,
      );
      const report = await escape(opened, signer, noProver);
      expect(namesOf(report.done)).to.deep.equal([
        "freeze the rollup",
        "refund operation 1",
        `withdraw ${parseEther("1") + (await feeOf(system, node, 1))} of token 0`,
      ]);
      expect(new Set(namesOf(report.failed))).to.deep.equal(new Set(["refund operation 2"]));
      expect(report.failed[0]?.why).to.include("rate limited");

      endpoint.misbehave(() => undefined);
      const again = await escape(opened, signer, noProver);
      expect(namesOf(again.done)[0]).to.equal("refund operation 2");
      expect(again.failed).to.deep.equal([]);

      endpoint.misbehave(() => "cut");
      await expectRejection(escape(opened, signer, noProver), "ENDPOINT_UNAVAILABLE");
      provider.destroy();
    } finally {
      await endpoint.stop();
    }
  });
});

/** Fee that a forced operation paid, in wei. */
async function feeOf(
  { rollup }: { readonly rollup: LedgerNode["system"]["rollup"] },
  node: LedgerNode,
  id: number,
): Promise<bigint> {
  const { readForcedSlot } = await import("../../src/codec/index.ts");
  const slot = node.forcedOperations[id - 1] ?? (await queuedSlot(rollup, id));
  return readForcedSlot(slot).fee;
}

async function queuedSlot(rollup: LedgerNode["system"]["rollup"], id: number): Promise<Uint8Array> {
  const [event] = await rollup.queryFilter(rollup.filters.ForcedOperationQueued(id));
  return Buffer.from((event?.args.slot ?? "0x").slice(2), "hex");
}

/** A node that says other things than it knows. */
function withFields<Node extends LedgerNode>(node: Node, fields: Partial<LedgerNode>): Node {
  return new Proxy(node, {
    get(target, name) {
      if (name in fields) return fields[name as keyof LedgerNode];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
