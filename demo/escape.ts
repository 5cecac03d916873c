// SPDX-License-Identifier: MIT
import { formatEther, id, parseEther, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import {
  Aggregator,
  B52Node,
  Migrator,
  Proposer,
  RollupNode,
  Sequencer,
  StakedProver,
  Wallet,
  type B52System,
  type BatchPlan,
  type LedgerNode,
  type NodeProof,
  type ProofOfEfficiencySystem,
} from "../src/agents/index.ts";
import { minedTransaction as mined } from "../src/chain/index.ts";
import { readForcedSlot } from "../src/codec/index.ts";
import { createOutputSigner, createSigner } from "../src/crypto/index.ts";
import { deployB52 } from "../tools/deployment/b52.ts";
import type { DeploymentOptions } from "../tools/deployment/parameters.ts";
import { deployProofOfEfficiency } from "../tools/deployment/proofOfEfficiency.ts";
import { escape, openRollup } from "../src/escape/index.ts";
import { ETH, signTransaction } from "../src/ledger/index.ts";
import { createProver } from "../src/prover/index.ts";
import type { CircuitArtifacts } from "../src/setup/index.ts";
import type { NativeToken } from "../typechain-types/index.ts";
import { revertOf } from "./revertOf.ts";
import { Report } from "./report.ts";
import type { Stage } from "./stage.ts";

const EVERYTHING = (1n << 128n) - 1n;
const STEPS = 9;

/** The parties of a demo run. */
interface Parties {
  readonly connection: NetworkConnection;
  readonly report: Report;
  readonly source: { readonly system: ProofOfEfficiencySystem; readonly node: RollupNode };
  readonly target: { readonly system: B52System; readonly node: B52Node };
  readonly dollar: NativeToken;
}

/**
 * A rollup under Proof of Efficiency whose operators go silent: two users move away in time, through the forced queue;
 * it freezes, one user escapes alone, the others move with one proof to a rollup under B52, and trade there. Real
 * proofs throughout.
 * @returns whether every check held; the report is in `path`
 */
export async function runEscapeDemo(
  connection: NetworkConnection,
  artifacts: readonly CircuitArtifacts[],
  path: string,
  deployment: DeploymentOptions = {},
  stage: Stage = {},
): Promise<boolean> {
  const { ethers, networkHelpers } = connection;
  const report = new Report(STEPS);
  const prover = stage.prover ?? createProver(artifacts);
  const constraints = new Map(artifacts.map((artifact) => [artifact.name, artifact.constraints]));
  const onProof = ({ circuit, seconds, cached }: { circuit: string; seconds: number; cached: boolean }): void => {
    report.proof({ circuit, constraints: constraints.get(circuit) ?? 0, seconds: cached ? 0 : seconds });
    report.say(`proof of a ${circuit}: ${cached ? "cached" : `${seconds.toFixed(1)} s`}`);
  };

  try {
    // ── Deployment ───────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Deploy two rollups: the source under Proof of Efficiency, the target under B52");
    const source = await deployProofOfEfficiency(connection, deployment);
    const target = await deployB52(connection);
    for (const { verifier, rollup } of [source, target]) {
      const enforcement = await rollup.ENFORCEMENT_VERIFIER();
      await stage.begin?.({ batches: await verifier.getAddress(), enforcement });
    }
    const signers = await ethers.getSigners();
    const signer = (i: number): Signer => signers[i] as Signer;
    const deployer = signer(0);
    const dollar = await ethers.deployContract("NativeToken", ["Demo Dollar", "USD", parseEther("1000000"), deployer]);
    // Another token comes first in the target, so the same token has two ids.
    const other = await ethers.deployContract("NativeToken", ["Other", "OTH", parseEther("1"), deployer]);
    await mined(source.rollup.registerToken(dollar, { value: await source.rollup.TOKEN_FEE() }));
    for (const currency of [other, dollar]) {
      await mined(target.rollup.registerToken(currency, { value: await target.rollup.TOKEN_FEE() }));
    }
    const usd = { source: await source.rollup.tokenId(dollar), target: await target.rollup.tokenId(dollar) };
    const node = await RollupNode.open(source);
    const haven = await B52Node.open(target);
    const parties: Parties = {
      connection,
      report,
      source: { system: source, node },
      target: { system: target, node: haven },
      dollar,
    };
    report.say(`USD is token ${usd.source} of the source and token ${usd.target} of the target`);

    // ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Users deposit in the source; a sequencer orders, an aggregator proves");
    const names = ["alice", "bob", "carol", "dave", "erin"] as const;
    const wallet = (by: LedgerNode, name: string, i: number): Wallet =>
      new Wallet(by, signer(i), createSigner(Buffer.from(name)));
    const [alice, bob, carol, dave, erin] = names.map((name, i) => wallet(node, name, 1 + i)) as [
      Wallet,
      Wallet,
      Wallet,
      Wallet,
      Wallet,
    ];
    for (const user of [bob, carol]) {
      await mined(dollar.transfer(user.l1, parseEther("1000")));
      await mined(dollar.connect(user.l1).approve(source.rollup, EVERYTHING));
    }
    const operator = wallet(node, "operator", 6);
    await mined(source.token.transfer(operator.l1, parseEther("1000")));
    await mined(source.token.connect(operator.l1).approve(source.consensus, EVERYTHING));
    await mined(source.consensus.connect(operator.l1).deposit(parseEther("1000")));
    await operator.deposit(ETH, parseEther("0.1"));
    for (const user of [alice, bob, carol, dave, erin]) await user.deposit(ETH, parseEther("10"));
    for (const user of [bob, carol]) await user.deposit(usd.source, parseEther("1000"));
    const sequencer = new Sequencer(node, operator.l1, { feeAccount: 1, feeToken: ETH });
    const aggregator = new Aggregator(node, signer(7), prover, onProof);
    await stage.elect?.(source, { sequencers: [operator.l1], aggregators: [aggregator.signer] });
    const post = async (plan: BatchPlan): Promise<void> => {
      await stage.turnOf?.("sequencer", operator.l1);
      await sequencer.post(plan);
    };
    const settle = async (): Promise<void> => {
      await node.sync();
      const range = await aggregator.prove();
      await stage.turnOf?.("aggregator", aggregator.signer);
      await aggregator.submit(range);
      await node.sync();
    };
    await post({});
    await settle();
    report.check("eight accounts are final", node.finalState.nextIndex === 9);

    // ── Migration through the queue ──────────────────────────────────────────────────────────────────────────────────
    report.step("Dave and erin move to the target while the source lives, through its forced queue");
    const targetAddress = await target.rollup.getAddress();
    const ether = { source: ETH, target: ETH };
    const pairs = [ether, usd];
    const migrator = new Migrator(node, signer(8), prover, onProof);
    const moveOf = (user: Wallet, pair: (typeof pairs)[number]): Uint8Array =>
      user.move(pair.source, { target: targetAddress, targetToken: pair.target });
    const early = [moveOf(dave, ether), moveOf(erin, ether)];
    report.gas(
      "requestDeparture: 2 users",
      (await migrator.request({ target: targetAddress, pair: ether, moves: early })).gasUsed,
    );
    await networkHelpers.time.increase(Number(await source.rollup.FORCED_DEADLINE()) + 1);
    await node.sync();
    const refused = await revertOf(post({ forced: 0 }));
    report.check(
      "past the deadline no operator can leave the request out",
      refused.startsWith("ForcedOperationOverdue("),
    );
    await post({});
    await settle();
    const [, untilNext] = await source.rollup.base().catch(() => [0n, 0n] as const);
    report.check("the state waits for the migration", untilNext === 0n && node.dueDeparture !== undefined);
    report.gas("depart: 2 users", (await migrator.depart()).gasUsed);
    await node.sync();
    report.check(
      "dave and erin own nothing in the source any more",
      [dave, erin].every((user) => user.account(ETH).account.balance === 0n),
    );

    // ── Silence ──────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("The operators go silent: one more batch is posted and never proven, a deposit and an exit wait");
    await post({ transactions: [bob.transfer(ETH, { to: 4, amount: parseEther("1"), tip: 0n })] });
    await bob.deposit(ETH, parseEther("2"));
    await alice.forceExit(ETH, EVERYTHING);
    await node.sync();
    const executed = await source.rollup.executedOperations();
    const [, queuedAt] = await source.rollup.forcedOperation(executed + 1n);
    const deadline = queuedAt + (await source.rollup.ESCAPE_DELAY());
    const { time } = networkHelpers;
    await time.setNextBlockTimestamp(deadline);
    const tooEarly = await revertOf(mined(source.rollup.freeze({ gasLimit: 200_000n })));
    report.check("at the last second nobody can freeze", tooEarly.startsWith("NotLate("));
    await time.increaseTo(deadline + 1n);
    report.gas("freeze", (await mined(source.rollup.connect(signer(9)).freeze())).gasUsed);
    await node.sync();
    const dead = await revertOf(sequencer.post({ forced: 0 }));
    report.check("one second later anybody can, and the source is frozen for good", dead === "RollupFrozen()");
    report.check(
      "what was posted and not proven is void",
      node.virtualState.root === (await source.rollup.stateRoot()),
    );

    // ── Escape ───────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Alice escapes alone, from an L1 endpoint and her key");
    const before = await ethers.provider.getBalance(alice.l1);
    const rebuilt = await openRollup(ethers.provider, await source.rollup.getAddress());
    report.check(
      "her node rebuilds the last proven state from L1",
      rebuilt.node.finalState.root === node.finalState.root,
    );
    const aliceIndex = alice.account(ETH).index;
    const { done, failed } = await escape(rebuilt, alice.l1, prover, { onAction: (what) => report.say(what) });
    for (const { what, why } of failed) report.say(`failed: ${what}: ${why}`);
    for (const { what, gasUsed } of done) report.gas(what.split(/[:0-9]/u)[0]?.trim() ?? what, gasUsed);
    const gained = (await ethers.provider.getBalance(alice.l1)) - before;
    report.check("she has her 10 ETH, and the fee of the exit that nobody executed", gained > parseEther("9.99"));
    report.check("her account has left", await source.rollup.hasLeft(aliceIndex));
    const again = await escape(rebuilt, alice.l1, prover);
    report.check("nothing is left for her to take", again.done.length === 0);

    report.step("The sequencer and bob get back what came to nothing");
    const { bond } = node.batch(node.batches.length).record;
    const owned = (await source.consensus.balances(operator.l1)) + (await source.token.balanceOf(operator.l1));
    await escape(await openRollup(ethers.provider, await source.rollup.getAddress()), operator.l1, prover, {
      onAction: (what) => report.say(what),
    });
    report.check(
      "the sequencer has the bond of its unproven batch back, and not the fee",
      (await source.token.balanceOf(operator.l1)) === owned + bond,
    );
    const bobsDeposit = node.forcedOperations.findLastIndex((slot) => readForcedSlot(slot).amount === parseEther("2"));
    await mined(source.rollup.refund(bobsDeposit + 1, node.forcedOperations[bobsDeposit] ?? new Uint8Array()));
    const credit = await source.rollup.credits(ETH, bob.l1);
    report.check("bob's deposit returns, with its fee", credit > parseEther("2"));

    // ── Migration after the freeze ───────────────────────────────────────────────────────────────────────────────────
    report.step("Bob and carol move to the target with one proof for each token");
    for (const pair of pairs) {
      await node.sync();
      const moves = [bob, carol].map((user) => moveOf(user, pair));
      report.gas(
        "depart after the freeze: 2 accounts",
        (await migrator.departFrozen({ target: targetAddress, pair, moves })).gasUsed,
      );
    }
    await node.sync();
    report.check("their accounts have left", await source.rollup.hasLeft(bob.account(usd.source).index));
    const withAlice = [moveOf(alice, ether)];
    const thief = await revertOf(migrator.departFrozen({ target: targetAddress, pair: ether, moves: withAlice }));
    report.check("who escaped cannot move as well", thief === `AlreadyLeft(${aliceIndex})`);
    for (const departure of node.migrations.undelivered) {
      report.gas("deliver: 2 accounts", (await migrator.deliver(departure)).gasUsed);
    }
    await node.sync();
    report.check("all three departures are delivered", node.migrations.undelivered.length === 0);

    // ── Life in the target ───────────────────────────────────────────────────────────────────────────────────────────
    report.step("A block of the target takes all arrivals, and those who arrived trade in it");
    const staked = new StakedProver(haven, signer(11), 1, createOutputSigner(Buffer.from("prover")), prover, onProof);
    const stake = await target.registry.STAKE();
    await mined(target.token.transfer(staked.l1, stake));
    await mined(target.token.connect(staked.l1).approve(target.registry, stake));
    await staked.join();
    const proposerWallet = wallet(haven, "proposer", 10);
    await mined(target.token.transfer(proposerWallet.l1, parseEther("1000")));
    await mined(target.token.connect(proposerWallet.l1).approve(target.consensus, EVERYTHING));
    await mined(target.consensus.connect(proposerWallet.l1).deposit(parseEther("1000")));
    await proposerWallet.deposit(ETH, parseEther("0.1"));
    // Arrivals begin at multiples of four: dave and erin at 4, bob and carol at 8 and 12; then comes the proposer's
    // deposit.
    const [bobsEther, carolsEther, bobsDollars, carolsDollars, proposers] = [8, 9, 12, 13, 16] as const;
    const proposer = new Proposer(haven, proposerWallet.l1, { feeAccount: proposers, feeToken: ETH });
    const trade = (user: Wallet, from: number, to: number, token: bigint, amount: bigint): Uint8Array =>
      signTransaction(user.l2, { from, to, token, amount, nonce: 0n, domain: haven.domain });
    await produceBlock(parties, proposer, staked, [
      trade(carol, carolsDollars, bobsDollars, usd.target, parseEther("300")),
      trade(bob, bobsEther, carolsEther, ETH, parseEther("1")),
    ]);
    const balanceOf = (index: number): bigint => haven.finalState.account(index)?.balance ?? 0n;
    report.check(
      "dave has in the target what he had in the source",
      wallet(haven, "dave", 4).account(ETH).account.balance === parseEther("10"),
    );
    report.check(
      "carol bought 1 ETH from bob for 300 USD",
      balanceOf(bobsDollars) === parseEther("1300") &&
        balanceOf(carolsDollars) === parseEther("700") &&
        balanceOf(carolsEther) === parseEther("11") &&
        balanceOf(bobsEther) === parseEther("9") - haven.parameters.baseFee,
    );

    // ── Conservation ─────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Compare what both cores hold with what they owe");
    await checkConservation(parties, [
      ...names.map((name, i) => ({ name, signer: signer(1 + i) })),
      { name: "operator", signer: operator.l1 },
      { name: "aggregator", signer: aggregator.signer },
      { name: "migrator", signer: migrator.signer },
      { name: "proposer", signer: proposerWallet.l1 },
    ]);
    return report.finish(path);
  } finally {
    if (stage.prover === undefined) await prover.dispose();
  }
}

/** One round of the target with one proposer, whose block one prover proves alone. */
async function produceBlock(
  { connection, report, target }: Parties,
  proposer: Proposer,
  prover: StakedProver,
  transactions: readonly Uint8Array[],
): Promise<void> {
  const { time } = connection.networkHelpers;
  const { node, system } = target;
  // A round in which nothing was committed fails, and the next one has today's registry.
  await time.increase(Number(node.parameters.proposalWindow));
  const salt = id(`block ${node.batches.length + 1}`);
  const draft = await proposer.draft({ salt, bid: parseEther("1"), share: 4_000n, transactions });
  const nodes = [1, 2, 3];
  const vote = prover.vote(draft, nodes);
  const promises = nodes.map((number) => [number, { ticket: prover.ticket, vote }] as const);
  const { committed } = await proposer.commit(draft, promises);
  await node.sync();
  const { opensAt, closesAt } = node.proofWindowOf(committed.proposal.round);
  await time.increaseTo(opensAt);
  const tree = await proposer.reveal(committed);
  const proofs: NodeProof[] = [];
  for (const number of tree.nodes) proofs.push(await prover.prove(tree, number, proofs));
  const { gasUsed } = await proposer.submit(committed, proofs);
  report.gas(`submit: ${tree.nodes.length} proofs`, gasUsed);
  await node.sync();
  await time.increaseTo(closesAt);
  const { record, transition } = node.provenBlock(committed.proposal.round, committed.proposal.proposer);
  await mined(system.consensus.advanceState(record, transition));
  await node.sync();
  report.say(`height ${node.batches.length} of the target is final`);
}

interface Party {
  readonly name: string;
  readonly signer: Signer;
}

/** Everything that either core holds belongs to somebody. */
async function checkConservation(
  { report, source, target, dollar }: Parties,
  parties: readonly Party[],
): Promise<void> {
  const rows: string[][] = [];
  const balances: Record<string, Record<string, string>> = {};
  const { provider } = source.system;
  for (const { name, node, hasLeft } of [
    { name: "source", node: source.node, hasLeft: (index: number) => source.system.rollup.hasLeft(index) },
    { name: "target", node: target.node, hasLeft: async () => Promise.resolve(false) },
  ] as const) {
    const { rollup } = (node as LedgerNode).system;
    for (const currency of ["ETH", "USD"] as const) {
      const token = currency === "ETH" ? ETH : await rollup.tokenId(dollar);
      let onL2 = 0n;
      for (const [index, account] of node.finalState.accounts.entries()) {
        if (account.token === token && !(await hasLeft(index))) onL2 += account.balance;
      }
      let credited = 0n;
      for (const { signer } of parties) credited += await rollup.credits(token, signer);
      const held = currency === "ETH" ? await provider.getBalance(rollup) : await dollar.balanceOf(rollup);
      report.check(`the ${name} holds exactly the ${currency} that it owes`, held === onL2 + credited);
      rows.push([`${currency} in the ${name}`, formatEther(held), formatEther(onL2), formatEther(credited)]);
      (balances[name] ??= {})[currency] = formatEther(held);
    }
  }
  report.balances(balances);
  report.table(["", "held", "on L2", "credited"], rows);
}
