// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { dataLength, hexlify, parseEther, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import {
  Aggregator,
  type B52Node,
  type JointRange,
  type NodeStatement,
  Proposer,
  RollupNode,
  Sequencer,
  StakedProver,
  Wallet,
} from "../src/agents/index.ts";
import type { NodePromise } from "../src/b52/index.ts";
import { minedTransaction as mined } from "../src/chain/index.ts";
import { createOutputSigner, createSigner } from "../src/crypto/index.ts";
import { deployB52, deployProofOfEfficiency, type JointVerification } from "../src/deployment/index.ts";
import { openRollup } from "../src/escape/index.ts";
import { ETH } from "../src/ledger/index.ts";
import { createProver, type Prover } from "../src/prover/index.ts";
import {
  Barretenberg,
  type HonkKey,
  prepareChain,
  prepareDevelopmentCrs,
  prepareJoin,
  prepareRootKey,
  prepareStatement,
  statementKindOf,
  type StatementKeys,
} from "../src/recursion/index.ts";
import type { CircuitArtifacts } from "../src/setup/index.ts";
import { BUILD } from "../src/setup/paths.ts";
import { compileHonkContract } from "../tools/recursion/honkContract.ts";
import { ChainProcesses, Processes, StatementProcesses } from "./processes.ts";
import { Report } from "./report.ts";
import { revertOf } from "./revertOf.ts";

const STEPS = 10;
/** 2^21 + 1 powers: a node has that many rows. */
const POWER = 21;
/** Accounts that deposit: sixteen slots, four leaves. */
const USERS = 13;
const PROVERS = 7;

/** Parts that both rollups of the demo share. */
interface Shared {
  readonly connection: NetworkConnection;
  readonly report: Report;
  readonly processes: Processes;
}

/**
 * One proof for many leaves: provers in processes of their own prove leaves and merges and join their proofs, and one
 * proof settles all on L1, under Proof of Efficiency and under B52.
 *
 * @returns whether every check held; the report is in `path`
 */
export async function runRecursionDemo(
  connection: NetworkConnection,
  artifacts: readonly CircuitArtifacts[],
  path: string,
): Promise<boolean> {
  const report = new Report(STEPS);
  const folder = mkdtempSync(join(tmpdir(), "joint-"));
  const groth16 = createProver(artifacts);
  try {
    report.step("Prepare the string of powers, and keys (three minutes the first time, then kept)");
    const crs = await prepareDevelopmentCrs(join(BUILD, "crs", "development"), POWER);
    const bb = await Barretenberg.create(crs);
    const chain = await prepareChain("development", bb);
    const leaf = await prepareStatement("leaf", "development", bb);
    const merge = await prepareStatement("merge", "development", bb);
    const keys: StatementKeys = { leaf: leaf.key.hash, merge: merge.key.hash };
    const joining = await prepareJoin("development", bb, keys);
    const jointOf = async (setup: Parameters<typeof prepareRootKey>[0] & { readonly nodeKey: HonkKey }) => {
      const honk = compileHonkContract(await bb.solidityVerifier(await prepareRootKey(setup, bb)));
      report.say(`a node has 2^${setup.nodeKey.power} rows, and its verifier ${honk.codeBytes} bytes of code`);
      return { honkCode: honk.code, nodeKeyHash: setup.nodeKey.hash };
    };
    const ofChain = await jointOf(chain);
    const ofStatements = await jointOf(joining);
    const rows = [leaf.key, merge.key].map(({ power }) => `2^${power}`).join(" and ");
    report.say(`rows of a leaf and a merge: ${rows}`);

    const processes = new Processes(folder, crs, POWER, report, {
      leaf: leaf.circuit.constraints,
      merge: merge.circuit.constraints,
      "node of a chain": chain.circuit.constraints,
      "root of a chain": chain.circuit.constraints,
      node: joining.circuit.constraints,
      root: joining.circuit.constraints,
    });
    const shared = { connection, report, processes };
    await settleBatches(shared, groth16, ofChain, new ChainProcesses(processes, bb, chain));
    await settleBlock(
      shared,
      ofStatements,
      new StatementProcesses(processes, { leaf: leaf.key, merge: merge.key, node: joining.nodeKey }),
    );
    return report.finish(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await groth16.dispose();
  }
}

/** Two batches of Proof of Efficiency are settled by one proof; others are rejected. */
async function settleBatches(
  { connection: { ethers }, report }: Shared,
  groth16: Prover,
  joint: JointVerification,
  prover: ChainProcesses,
): Promise<void> {
  report.step("Deploy Proof of Efficiency with a verifier of joint proofs");
  const signers = await ethers.getSigners();
  const signer = (i: number): Signer => signers[i] as Signer;
  const deployed = await deployProofOfEfficiency(signer(0), { joint });
  const { consensus: kind, node } = await openRollup(ethers.provider, deployed.rollup, deployed);
  if (kind !== "Proof of Efficiency") throw new Error(kind);
  const { consensus, rollup, token } = node.system;

  report.step(`${USERS} users deposit, and a sequencer posts two batches`);
  const users = usersOf(node, signers);
  for (const user of users) await user.deposit(ETH, parseEther("1"));
  const account = signer(5);
  await mined(token.connect(signer(0)).transfer(account, parseEther("1000")));
  await mined(token.connect(account).approve(consensus, parseEther("1000")));
  await mined(consensus.connect(account).deposit(parseEther("1000")));
  const sequencer = new Sequencer(node, account, { feeAccount: 1, feeToken: ETH });
  for (const plan of [{ forced: 8 }, {}]) {
    await sequencer.post(plan);
    await node.sync();
  }
  const leaves = node.batches.reduce((sum, { result }) => sum + result.leaves.length, 0);
  report.say(`${node.batches.length} batches with ${leaves} leaves wait for a proof`);
  report.check("there are four leaves", leaves === 4);

  report.step("Provers in processes of their own prove the leaves, and join neighbours");
  const first = new Aggregator(node, signer(6), groth16);
  const second = new Aggregator(node, signer(7), groth16);
  const range = await first.proveJointly(prover);
  report.say(`${dataLength(range.joint)} bytes prove ${leaves} leaves`);

  report.step("A stolen, a forged and a foreign proof");
  const stolen = await revertOf(second.submitJointly(range));
  report.say(`another aggregator submits the proof: ${stolen}`);
  report.check("a stolen proof is worthless", stolen === "ProofsRejected()");
  const forged = await revertOf(first.submitJointly({ ...range, joint: withAlteredWord(range.joint, 100) }));
  report.say(`word 100 altered: ${forged}`);
  report.check("a forged proof is rejected", forged === "ProofsRejected()");
  const other = await revertOf(first.submitJointly(withOtherFees(range)));
  report.say(`the proof for a leaf with other fees: ${other}`);
  report.check("a proof of other leaves is rejected", other === "ProofsRejected()");
  report.check("a prover refuses to join a proof of a foreign program", await prover.refusesForeign());

  report.step("One proof settles both batches; the next batch is proven by Groth16: whoever proves chooses");
  const { gasUsed } = await first.submitJointly(range);
  await node.sync();
  report.gas(`verifyJointly: ${node.batches.length} batches, ${leaves} leaves`, gasUsed);
  report.check("both batches are final", (await consensus.verifiedBatches()) === BigInt(node.batches.length));
  report.check(
    "the root that the batches settled is the ledger's",
    (await rollup.stateRoot()) === node.virtualState.root,
  );
  const fees = node.batches.reduce((sum, { record }) => sum + record.fee, 0n);
  report.check("the prover has the batch fees", (await consensus.balances(first.signer)) === fees);
  await users[0]!.deposit(ETH, parseEther("1"));
  await sequencer.post({});
  await node.sync();
  report.gas("verify: 1 batch, 1 leaf", (await second.submit(await second.prove())).gasUsed);
  await node.sync();
  report.check("the next one is final too", node.verifiedBatches === node.batches.length);
  const fresh = await RollupNode.open(node.system);
  report.check("a new node rebuilds the same state from L1 alone", fresh.finalState.root === node.finalState.root);
}

/** A block of B52 with four leaves is settled by one proof of its seven nodes. */
async function settleBlock(
  { connection, report }: Shared,
  joint: JointVerification,
  prover: StatementProcesses,
): Promise<void> {
  const { ethers, networkHelpers } = connection;
  report.step("Deploy B52 with a verifier of joint proofs; provers stake, users deposit");
  const signers = await ethers.getSigners();
  const signer = (i: number): Signer => signers[i] as Signer;
  const deployed = await deployB52(signer(0), { joint });
  const { consensus: kind, node } = await openRollup(ethers.provider, deployed.rollup, deployed);
  if (kind !== "B52") throw new Error(kind);
  const { consensus, rollup, token, registry } = node.system;
  const stake = await registry.STAKE();
  const provers: StakedProver[] = [];
  for (let ticket = 1; ticket <= PROVERS; ticket++) {
    const l1 = signer(7 + ticket);
    await mined(token.connect(signer(0)).transfer(l1, stake));
    await mined(token.connect(l1).approve(registry, stake));
    const key = createOutputSigner(Buffer.from(`prover ${ticket}`));
    const staked = new StakedProver(node, l1, ticket, key, UNUSED_PROVER);
    await staked.join();
    provers.push(staked);
  }
  const account = signer(5);
  await mined(token.connect(signer(0)).transfer(account, parseEther("1000")));
  await mined(token.connect(account).approve(consensus, parseEther("1000")));
  await mined(consensus.connect(account).deposit(parseEther("1000")));
  for (const user of usersOf(node, signers)) await user.deposit(ETH, parseEther("1"));
  await node.sync();

  report.step("A proposer commits to a block of four leaves, of whose nodes each is promised to a prover");
  // The round at hand fails, so that the next one has today's registry.
  await networkHelpers.time.increase(Number(node.parameters.proposalWindow));
  const proposer = new Proposer(node, account, { feeAccount: 1, feeToken: ETH });
  const draft = await proposer.draft({ bid: parseEther("10"), share: 4_000n });
  const workers = new Map(Array.from({ length: 7 }, (_, i): [number, number] => [i + 1, (i % PROVERS) + 1]));
  const promises = provers.flatMap((staked, i): [number, NodePromise][] => {
    const ticket = i + 1;
    const nodes = [...workers].filter(([, worker]) => worker === ticket).map(([number]) => number);
    const vote = staked.vote(draft, nodes);
    return nodes.map((number) => [number, { ticket, vote }]);
  });
  const { committed } = await proposer.commit(draft, promises);
  await node.sync();
  await networkHelpers.time.increaseTo(node.proofWindowOf(committed.proposal.round).opensAt);

  report.step("Provers in processes of their own prove leaves and merges, and join neighbours");
  const tasks = (await proposer.reveal(committed)).tasks(workers);
  report.check("the block has four leaves and three merges", tasks.length === 7);
  const proof = await prover.prove(
    tasks.map(({ circuit, input, statement }) => ({
      kind: statementKindOf(circuit),
      input,
      signals: statement.publicSignals,
    })),
  );

  report.step("One proof settles the block");
  const statements = tasks.map(({ statement }) => statement);
  const thief = statements.map((statement) => (statement.node === 1 ? withWorker(statement, 5n) : statement));
  const stolen = await revertOf(proposer.submitJointly(committed, thief, proof));
  report.check("a proof in which another prover is named is worthless", stolen === "ProofsRejected()");
  const { gasUsed } = await proposer.submitJointly(committed, statements, proof);
  report.gas("submit: 4 leaves, 3 merges, jointly", gasUsed);
  await node.sync();
  const proven = node.provenBlock(committed.proposal.round, committed.proposal.proposer);
  report.check("all provers count", BigInt(proven.record.provers) === BigInt(PROVERS));
  await networkHelpers.time.increase(Number(node.parameters.proofWindow));
  report.gas("advanceState", (await proposer.advance()).gasUsed);
  await node.sync();
  report.check(
    "the root that the block settled is the ledger's",
    (await rollup.stateRoot()) === node.virtualState.root,
  );
  report.check("all deposits have accounts", node.virtualState.nextIndex === 1 + USERS);
}

const usersOf = (node: RollupNode | B52Node, signers: readonly Signer[]): Wallet[] =>
  Array.from({ length: USERS }, (_, i) => new Wallet(node, signers[i % 5]!, createSigner(Buffer.from(`user ${i}`))));

/** The statement with another worker, as a thief would name one. */
function withWorker(statement: NodeStatement, worker: bigint): NodeStatement {
  const { opening } = statement;
  if (opening.kind !== "merge") throw new Error(`node ${statement.node} is a leaf`);
  return { ...statement, opening: { ...opening, merge: { ...opening.merge, worker } } };
}

/** The provers of the demo prove in other processes. */
const UNUSED_PROVER: Prover = {
  prove: () => Promise.reject(new Error("no Groth16 proof is asked for")),
  dispose: () => Promise.resolve(),
};

function withAlteredWord(joint: string, word: number): string {
  const bytes = Buffer.from(joint.slice(2), "hex");
  bytes[32 * word + 31]! ^= 1;
  return hexlify(bytes);
}

/** The same proof for leaves of which one has other fees. */
function withOtherFees(range: JointRange): JointRange {
  const [batch, ...others] = range.batches;
  const [fee, ...fees] = batch!.proverFees;
  return { ...range, batches: [{ ...batch!, proverFees: [fee! + 1n, ...fees] }, ...others] };
}
