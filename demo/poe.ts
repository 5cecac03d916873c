// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import { formatEther, parseEther, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import {
  Aggregator,
  RollupNode,
  Sequencer,
  Wallet,
  type BatchPlan,
  type ProofOfEfficiencySystem,
  type ProvenRange,
} from "../src/agents/index.ts";
import { minedTransaction as mined } from "../src/chain/index.ts";
import { roundTipDown } from "../src/codec/index.ts";
import { createSigner } from "../src/crypto/index.ts";
import { ETH } from "../src/ledger/index.ts";
import type { DeploymentOptions } from "../tools/deployment/parameters.ts";
import { deployProofOfEfficiency } from "../tools/deployment/proofOfEfficiency.ts";
import { leafBytes } from "../src/profile.ts";
import { createProver } from "../src/prover/index.ts";
import type { CircuitArtifacts } from "../src/setup/index.ts";
import { revertOf } from "./revertOf.ts";
import { moneyOf, type Party } from "./money.ts";
import { Report } from "./report.ts";
import type { Stage } from "./stage.ts";

const EVERYTHING = (1n << 128n) - 1n;
/** A transaction's tip has 20 significant bits: the amount is rounded down to them. */
const TIP = roundTipDown(parseEther("0.002"));
const STEPS = 11;

/** Bytes that look random and are the same in every run. */
const noise = (label: string, length: number): Uint8Array => {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) blocks.push(createHash("sha256").update(`${label} ${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
};

/**
 * The whole life of a Proof-of-Efficiency rollup on an embedded network or a local node, with real proofs.
 * @returns whether every check held; the report is in `path`
 */
export async function runProofOfEfficiencyDemo(
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
  const onProof = (proof: { circuit: string; seconds: number; cached: boolean }): void => {
    report.proof({
      circuit: proof.circuit,
      constraints: constraints.get(proof.circuit) ?? 0,
      seconds: proof.cached ? 0 : proof.seconds,
    });
    report.say(`proof of a ${proof.circuit}: ${proof.cached ? "cached" : `${proof.seconds.toFixed(1)} s`}`);
  };

  try {
    // ── Deployment ───────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Deploy token, verifier, consensus and core");
    const system = await deployProofOfEfficiency(connection, deployment);
    const { consensus, rollup, token, verifier } = system;
    await stage.begin?.({
      batches: await verifier.getAddress(),
      enforcement: await rollup.ENFORCEMENT_VERIFIER(),
    });
    const signers = await ethers.getSigners();
    const signer = (i: number): Signer => signers[i] as Signer;
    const deployer = signer(0);
    const dollar = await ethers.deployContract("NativeToken", ["Demo Dollar", "USD", parseEther("1000000"), deployer]);
    report.gas(
      "registerToken",
      (await mined(rollup.registerToken(dollar, { value: await rollup.TOKEN_FEE() }))).gasUsed,
    );
    const USD = await rollup.tokenId(dollar);
    report.say(`consensus ${await consensus.getAddress()}, core ${await rollup.getAddress()}`);
    report.check(
      "the core obeys this consensus and nobody else",
      (await rollup.CONSENSUS()) === (await consensus.getAddress()),
    );

    // ── Parties ──────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Users, two sequencers and two aggregators get ready");
    const node = await RollupNode.open(system);
    const wallet = (name: string, i: number): Wallet => new Wallet(node, signer(i), createSigner(Buffer.from(name)));
    const [alice, bob, carol] = [wallet("alice", 1), wallet("bob", 2), wallet("carol", 3)];
    const [sequencerA, sequencerB] = [wallet("sequencer A", 4), wallet("sequencer B", 5)];
    const users = [alice, bob, carol];
    for (const user of users) {
      await mined(dollar.transfer(user.l1, parseEther("1000")));
      await mined(dollar.connect(user.l1).approve(rollup, EVERYTHING));
    }
    for (const { l1 } of [sequencerA, sequencerB]) {
      await mined(token.transfer(l1, parseEther("1000")));
      await mined(token.connect(l1).approve(consensus, EVERYTHING));
      report.gas("deposit of native token", (await mined(consensus.connect(l1).deposit(parseEther("1000")))).gasUsed);
    }
    await stage.elect?.(system, { sequencers: [sequencerA.l1, sequencerB.l1], aggregators: [signer(6), signer(7)] });
    report.say(
      "alice, bob and carol hold ETH and 1,000 USD each; sequencers deposited 1,000 SEQ each for fees and bonds",
    );

    // ── Deposits ─────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Users deposit on L1");
    const parties: Party[] = [
      { name: "alice", signer: alice.l1 },
      { name: "bob", signer: bob.l1 },
      { name: "carol", signer: carol.l1 },
      { name: "sequencer A", signer: sequencerA.l1 },
      { name: "sequencer B", signer: sequencerB.l1 },
      { name: "aggregator 1", signer: signer(6) },
      { name: "aggregator 2", signer: signer(7) },
    ];
    const deposits: readonly (readonly [Wallet, bigint, bigint])[] = [
      [sequencerA, ETH, parseEther("0.1")],
      [sequencerB, ETH, parseEther("0.1")],
      [alice, ETH, parseEther("10")],
      [bob, ETH, parseEther("5")],
      [carol, ETH, parseEther("3")],
      [alice, USD, parseEther("1000")],
      [bob, USD, parseEther("500")],
    ];
    for (const [depositor, currency, amount] of deposits) {
      const { gasUsed } = await depositor.deposit(currency, amount);
      report.gas(currency === ETH ? "deposit of ETH" : "deposit of an ERC-20", gasUsed);
    }
    report.say(`${deposits.length} deposits in the forced queue`);

    // ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Sequencers post batches: deposits, transfers, a copied transaction, garbage, a false commitment");
    const a = new Sequencer(node, sequencerA.l1, { feeAccount: 1, feeToken: ETH });
    const b = new Sequencer(node, sequencerB.l1, { feeAccount: 2, feeToken: ETH });
    const post = async (sequencer: Sequencer, what: string, plan: BatchPlan) => {
      await stage.turnOf?.("sequencer", sequencer.signer);
      const { gasUsed } = await sequencer.post(plan);
      await node.sync();
      report.gas(`sequence: ${what}`, gasUsed);
      const batch = node.batch(node.batches.length);
      const outcomes = batch.result.leaves.flatMap((leaf) => leaf.outcomes);
      report.say(
        `batch ${batch.number}: ${what}; ${outcomes.filter(({ status }) => status === "executed").length} of ` +
          `${outcomes.length} slots executed, ${batch.result.leaves.length} leaves`,
      );
      return batch;
    };
    await post(a, "seven deposits", {});
    report.check("deposits made accounts in the virtual state", node.virtualState.nextIndex === 1 + deposits.length);
    report.check("the final state has not moved yet", node.finalState.nextIndex === 1);

    const bound = alice.transfer(ETH, {
      to: bob.account(ETH).index,
      amount: parseEther("1"),
      tip: TIP,
      boundTo: await sequencerA.l1.getAddress(),
    });
    const copied = await post(b, "a copy of what alice bound to sequencer A", { transactions: [bound] });
    const copiedOutcome = copied.result.leaves[0]?.outcomes[0];
    report.check("the copied transaction is void at sequencer B", copiedOutcome?.status === "void");

    const bobToAlice = bob.transfer(USD, { to: alice.account(USD).index, amount: parseEther("200") });
    const bobExits = bob.transfer(ETH, { to: 0, amount: parseEther("2"), tip: TIP });
    a.submit(bound);
    a.submit(bobToAlice);
    a.submit(bobExits);
    const transfers = await post(a, "two transfers and an exit", await a.nextBatch());
    report.check(
      "sequencer A executes the transaction that is bound to it",
      transfers.result.leaves[0]?.outcomes.slice(0, 3).every(({ status }) => status === "executed") === true,
    );

    const before = node.virtualState.root;
    await post(b, "garbage bytes", { transactions: [noise("garbage", leafBytes(system.profile) - 5)] });
    report.check("garbage bytes change nothing", node.virtualState.root === before);

    const aliceToCarol = alice.transfer(ETH, { to: carol.account(ETH).index, amount: parseEther("0.5") });
    const lie = await post(b, "a false data commitment", { transactions: [aliceToCarol], falseCommitments: [42n] });
    report.check("nodes see the lie at once", !lie.truthful);

    // ── Proofs ───────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Aggregator 1 proves three batches in one call");
    const first = new Aggregator(node, signer(6), prover, onProof);
    const second = new Aggregator(node, signer(7), prover, onProof);
    const verify = async (aggregator: Aggregator, range: ProvenRange): Promise<void> => {
      const leaves = range.proofs.reduce((sum, proof) => sum + proof.leaves.length, 0);
      await stage.turnOf?.("aggregator", aggregator.signer);
      const { gasUsed } = await aggregator.submit(range);
      await node.sync();
      report.gas(`verify: ${range.proofs.length} batches, ${leaves} leaves`, gasUsed);
      report.say(`batches ${range.from} to ${range.from + range.proofs.length - 1} are final; ${gasUsed} gas`);
    };
    const opening = await first.prove(1, 3);
    await stage.turnOf?.("aggregator", second.signer);
    const stolen = await revertOf(second.submit(opening));
    report.say(`aggregator 2 submits aggregator 1's proofs: ${stolen}`);
    report.check("a stolen proof is worthless", stolen.startsWith("ProofsRejected("));
    await verify(first, opening);
    report.check("one call settled three batches", (await consensus.verifiedBatches()) === 3n);

    report.step("Two aggregators race for the garbage batch");
    const [fromFirst, fromSecond] = [await first.prove(4, 4), await second.prove(4, 4)];
    await verify(second, fromSecond);
    await stage.turnOf?.("aggregator", first.signer);
    const late = await revertOf(first.submit(fromFirst));
    report.say(`the later one: ${late}`);
    report.check("the later proof reverts", late === "AlreadyVerified(4, 4)");

    report.step("Aggregator 1 proves the batch with the false commitment");
    const balancesBefore = [await consensus.balances(sequencerB.l1), await consensus.balances(first.signer)] as const;
    await verify(first, await first.prove());
    const { fee, bond } = lie.record;
    report.check("the liar's bond does not return", (await consensus.balances(sequencerB.l1)) === balancesBefore[0]);
    report.check(
      "it pays the aggregator for showing the data once more",
      (await consensus.balances(first.signer)) === balancesBefore[1] + fee + bond,
    );

    // ── Forced exit ──────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Carol is ignored, and forces her exit");
    const forced = await carol.forceExit(ETH, EVERYTHING);
    report.gas("forceExit", forced.gasUsed);
    await post(a, "without carol's exit, before its deadline", { forced: 0 });
    await verify(first, await first.prove());
    await networkHelpers.time.increase(Number(await rollup.FORCED_DEADLINE()) + 1);
    await stage.turnOf?.("sequencer", a.signer);
    const refused = await revertOf(a.post({ forced: 0 }));
    report.say(`past the deadline: ${refused}`);
    report.check("a batch that leaves the overdue exit out is refused", refused.startsWith("ForcedOperationOverdue("));
    const gate = await post(b, "carol's exit, as the gate demands", { forced: "overdue" });
    report.check(
      "the forced exit takes all that carol has",
      gate.result.leaves[0]?.exits[0]?.amount === parseEther("3.5"),
    );
    await verify(second, await second.prove());

    // ── Withdrawals ──────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Users claim their exits, aggregators withdraw their fees");
    for (const [name, user] of [
      ["bob", bob],
      ["carol", carol],
    ] as const) {
      for (const place of await user.openExits()) {
        const amount = node
          .batch(place.batch)
          .result.leaves[place.leaf]?.exits.find(({ slot }) => slot === place.slot)?.amount;
        const balance = await ethers.provider.getBalance(user.l1);
        const receipt = await user.claim(place);
        report.gas("claim", receipt.gasUsed);
        const gained = (await ethers.provider.getBalance(user.l1)) + receipt.fee - balance;
        report.check(`${name} receives ${formatEther(amount ?? 0n)} ETH on L1`, gained === amount);
        const again = await revertOf(user.claim(place));
        report.check(`${name} cannot claim it twice`, again.startsWith("ExitAlreadyClaimed("));
      }
    }
    for (const aggregator of [first, second]) {
      if ((await rollup.credits(ETH, aggregator.signer)) > 0n) {
        report.gas("withdraw of base fees", (await mined(rollup.connect(aggregator.signer).withdraw(ETH))).gasUsed);
      }
      const earned = await consensus.balances(aggregator.signer);
      report.gas(
        "withdraw of batch fees",
        (await mined(consensus.connect(aggregator.signer).withdraw(earned))).gasUsed,
      );
    }
    const fees = await token.balanceOf(first.signer);
    report.say(
      `aggregator 1 earned ${formatEther(fees)} SEQ, aggregator 2 ${formatEther(await token.balanceOf(second.signer))}`,
    );

    // ── Conservation ─────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Compare L1, the ledger, and the sum of everybody's money");
    await node.sync();
    report.check("the settled root is the ledger's", (await rollup.stateRoot()) === node.virtualState.root);
    report.check("everything sequenced is final", node.verifiedBatches === node.batches.length);
    await checkAnotherNode(system, node, report);
    report.check("tips reached sequencer A", node.finalState.account(1)?.balance === parseEther("0.1") + 2n * TIP);
    const money = await moneyOf(node, parties, [
      { name: "ETH", id: ETH },
      { name: "USD", id: USD },
    ]);
    for (const { currency, custody, owed } of money.conservation) {
      report.check(`the core holds exactly the ${currency} that it owes`, custody === owed);
    }
    report.check("the consensus holds exactly the SEQ that it owes", money.consensusCustody === money.consensusOwed);
    report.balances(money.balances);

    report.step("Who has what");
    report.table(["", ...money.columns], money.rows);
    return report.finish(path);
  } finally {
    if (stage.prover === undefined) await prover.dispose();
  }
}

/** A node that starts now sees the same from L1 alone. */
async function checkAnotherNode(system: ProofOfEfficiencySystem, node: RollupNode, report: Report): Promise<void> {
  const fresh = await RollupNode.open(system);
  report.check("a new node rebuilds the same state from L1 alone", fresh.finalState.root === node.finalState.root);
}
