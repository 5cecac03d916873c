// SPDX-License-Identifier: MIT
import { formatEther, id, parseEther, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import {
  B52Node,
  exitNumber,
  Proposer,
  StakedProver,
  Wallet,
  type B52System,
  type BlockPlan,
  type CommittedBlock,
  type NodeProof,
} from "../src/agents/index.ts";
import { minedTransaction as mined } from "../src/chain/index.ts";
import { deliveredTickets, type NodePromise } from "../src/b52/index.ts";
import { ETH } from "../src/ledger/index.ts";
import { gasAtOsakaPrices } from "../tools/bench/calldata.ts";
import { createOutputSigner, createSigner } from "../src/crypto/index.ts";
import { deployB52 } from "../tools/deployment/b52.ts";
import type { DeploymentOptions } from "../tools/deployment/parameters.ts";
import { createProver, type Prover } from "../src/prover/index.ts";
import type { CircuitArtifacts } from "../src/setup/index.ts";
import { revertOf } from "./revertOf.ts";
import { Report } from "./report.ts";

const STEPS = 12;
const PROVERS = 5;
/** 10 SEQ as the unit of bids. */
const BID = parseEther("10");
/** Of the block reward, for the provers. */
const SHARE = 4_000n;

/** Nodes that each ticket was promised, by ticket. */
type Assignment = Readonly<Record<number, readonly number[]>>;

/** The parties of a demo run. */
interface Parties {
  readonly system: B52System;
  readonly node: B52Node;
  readonly report: Report;
  readonly prover: Prover;
  readonly proposers: { readonly a: Proposer; readonly b: Proposer };
  /** By ticket − 1. */
  readonly provers: readonly StakedProver[];
  readonly connection: NetworkConnection;
}

/**
 * Three heights of a B52 rollup on an embedded network or a local node, with real proofs: a contested one, one with a
 * default and a false accusation, one that nobody proves at first.
 * @returns whether every check held; the report is in `path`
 */
export async function runB52Demo(
  connection: NetworkConnection,
  artifacts: readonly CircuitArtifacts[],
  path: string,
  deployment: DeploymentOptions = {},
): Promise<boolean> {
  const { ethers } = connection;
  const report = new Report(STEPS);
  const prover = createProver(artifacts);
  const constraints = new Map(artifacts.map((artifact) => [artifact.name, artifact.constraints]));
  const onProof = ({ circuit, seconds, cached, node }: NodeProof): void => {
    report.proof({ circuit, constraints: constraints.get(circuit) ?? 0, seconds: cached ? 0 : seconds });
    report.say(`proof of node ${node}, a ${circuit}: ${cached ? "cached" : `${seconds.toFixed(1)} s`}`);
  };

  try {
    // ── Deployment ───────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Deploy token, verifier, consensus, core and registry");
    const system = await deployB52(connection, deployment);
    const { consensus, rollup, registry, token } = system;
    const signers = await ethers.getSigners();
    const signer = (i: number): Signer => signers[i] as Signer;
    const node = await B52Node.open(system);
    report.check("the core obeys this consensus", (await rollup.CONSENSUS()) === (await consensus.getAddress()));
    report.check("only this consensus can slash", (await registry.CONSENSUS()) === (await consensus.getAddress()));

    // ── Parties ──────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step(`${PROVERS} provers stake, two proposers deposit, the pool of rewards is filled`);
    const stake = await registry.STAKE();
    const provers: StakedProver[] = [];
    for (let ticket = 1; ticket <= PROVERS; ticket++) {
      const l1 = signer(7 + ticket);
      const staked = new StakedProver(
        node,
        l1,
        ticket,
        createOutputSigner(Buffer.from(`prover ${ticket}`)),
        prover,
        onProof,
      );
      await mined(token.transfer(l1, stake));
      await mined(token.connect(l1).approve(registry, stake));
      report.gas("join", (await staked.join()).gasUsed);
      provers.push(staked);
    }
    const proposerOf = async (l1: Signer, feeAccount: number): Promise<Proposer> => {
      await mined(token.transfer(l1, parseEther("1000")));
      await mined(token.connect(l1).approve(consensus, parseEther("1000")));
      await mined(consensus.connect(l1).deposit(parseEther("1000")));
      return new Proposer(node, l1, { feeAccount, feeToken: ETH });
    };
    const proposers = { a: await proposerOf(signer(4), 1), b: await proposerOf(signer(5), 2) };
    await mined(token.approve(consensus, parseEther("10000")));
    report.gas("fundPool", (await mined(consensus.fundPool(parseEther("1000")))).gasUsed);
    await node.sync();
    const parties: Parties = { system, node, report, prover, proposers, provers, connection };

    // ── Deposits ─────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Users deposit on L1");
    const wallet = (name: string, i: number): Wallet => new Wallet(node, signer(i), createSigner(Buffer.from(name)));
    const [alice, bob, carol] = [wallet("alice", 1), wallet("bob", 2), wallet("carol", 3)];
    const [walletA, walletB] = [wallet("proposer A", 4), wallet("proposer B", 5)];
    for (const owner of [walletA, walletB]) await owner.deposit(ETH, parseEther("0.1"));
    for (const user of [alice, bob, carol]) await user.deposit(ETH, parseEther("10"));
    report.say("5 deposits in the forced queue");

    await contestedHeight(parties);
    const places = await defaultingHeight(parties, alice, bob);
    await unprovenHeight(parties, [alice, bob, carol]);
    await payEverybody(parties);

    // ── An exit ──────────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Bob claims his exit on L1");
    await node.sync();
    for (const place of await bob.openExits()) {
      report.gas("claim", (await bob.claim(place)).gasUsed);
    }
    report.check(
      "bob's exit was settled in block 2 and is paid",
      await rollup.isClaimed(exitNumber(node, { batch: 2, ...places })),
    );

    // ── Conservation ─────────────────────────────────────────────────────────────────────────────────────────────────
    report.step("Compare L1, the ledger, and the sum of everybody's money");
    await node.sync();
    report.check("the settled root is the ledger's", (await rollup.stateRoot()) === node.virtualState.root);
    const fresh = await B52Node.open(system);
    report.check(
      "a new node rebuilds the same state from L1 alone",
      fresh.virtualState.root === node.virtualState.root,
    );
    const { baseFee } = node.parameters;
    report.check(
      "alice has what her transfers left her",
      alice.account(ETH).account.balance === parseEther("9") - 5n * baseFee,
    );
    await reportMoney(parties, { alice, bob, carol });
    return report.finish(path);
  } finally {
    await prover.dispose();
  }
}

/** Height 1: more provers against a higher bid. */
async function contestedHeight(parties: Parties): Promise<void> {
  const { system, node, report, proposers, provers } = parties;
  const { consensus } = system;
  report.step("Height 1: two proposals. A bids 10 SEQ with three provers, B bids 15 with two");
  await openFreshRound(parties);
  const [ofA, ofB]: Assignment[] = [
    { 1: [2], 2: [3], 3: [1] },
    { 4: [2, 3], 5: [1] },
  ];
  const a = await propose(parties, proposers.a, { bid: BID, share: SHARE }, ofA ?? {});
  const b = await propose(parties, proposers.b, { bid: (3n * BID) / 2n, share: SHARE }, ofB ?? {});
  const late = await afterProposals(parties, a, async () => {
    const draft = await proposers.b.draft({ bid: BID, share: SHARE });
    return revertOf(proposers.b.commit({ ...draft, draft: a.draft }, []));
  });
  report.say(`B commits to A's proposal: ${late}`);
  report.check("nobody commits in another's name", late.startsWith("NotProposer("));

  const provenB = await proveAll(parties, proposers.b, b, ofB ?? {});
  report.gas("submit: 2 leaves, 3 proofs", (await proposers.b.submit(b, provenB)).gasUsed);
  const provenA = await proveAll(parties, proposers.a, a, ofA ?? {});
  const stolen = provenA.map((proof) => (proof.node === 1 ? withWorker(proof, 5n) : proof));
  const theft = await revertOf(proposers.a.submit(a, stolen));
  report.check("a proof in which another prover is named is worthless", theft.startsWith("ProofsRejected("));
  report.gas("submit: 2 leaves, 3 proofs, a better one", (await proposers.a.submit(a, provenA)).gasUsed);
  await node.sync();
  report.check(
    "both blocks compete until the window is over",
    node.candidates.length === 2 && node.virtualBatches.length === 0,
  );
  const [order] = await consensus.ranking();
  report.check("more provers beat the higher bid", order[0] === (await proposers.a.signer.getAddress()));
  await advance(parties, a);
  const result = node.resultOf(a.proposal.round);
  report.check("the other block is an uncle", result?.uncles[0] === (await proposers.b.signer.getAddress()));
  report.gas("settle: an uncle's bid returns", (await proposers.b.settle(b)).gasUsed);
  scoreTable(parties, [a, b]);
  report.say(
    `${provers.length} provers delivered ${provenA.length + provenB.length} proofs, put together by the proposers`,
  );
}

/** Height 2: prover 1 does not deliver and prover 4 fills in; prover 2 delivers, and is left out. */
async function defaultingHeight(
  parties: Parties,
  alice: Wallet,
  bob: Wallet,
): Promise<{ readonly leaf: number; readonly slot: number }> {
  const { system, node, report, proposers, provers, prover } = parties;
  const { consensus, registry } = system;
  report.step("Height 2: prover 1 defaults, prover 4 fills its node; prover 2 is left out and accused");
  const transactions = [
    alice.transfer(ETH, { to: bob.account(ETH).index, amount: parseEther("1"), tip: 0n }),
    bob.transfer(ETH, { to: 0, amount: parseEther("2"), tip: 0n }),
  ];
  const plan = { bid: BID, share: SHARE, transactions };
  const block = await propose(parties, proposers.a, plan, { 1: [2], 2: [3], 3: [1] });
  const tree = await afterProposals(parties, block, () => proposers.a.reveal(block));
  const filled = await proverOf(provers, 4).prove(tree, 2, []);
  const own = await proverOf(provers, 2).prove(tree, 3, []);
  const replaced = await tree.prove(prover, 3, 0, []);
  const root = await proverOf(provers, 3).prove(tree, 1, [filled, replaced]);
  const submitted = await proposers.a.submit(block, [filled, replaced, root]);
  report.gas("submit: 2 leaves, 3 proofs", submitted.gasUsed);
  await node.sync();
  const proven = node.provenBlock(block.proposal.round, block.proposal.proposer);
  report.check("one prover counts", BigInt(proven.record.provers) === 1n);
  await advance(parties, block);

  report.step("Prover 2 defends itself with its own proof, prover 1 is slashed");
  report.gas("defend", (await proverOf(provers, 2).defend(proven, own)).gasUsed);
  const result = node.resultOf(block.proposal.round);
  if (result === undefined) throw new Error("round 2 has no result");
  const early = await revertOf(consensus.slash(result, proven.record, 2));
  report.check("nobody is slashed before the defence window is over", early.startsWith("DefenceWindow("));
  await parties.connection.networkHelpers.time.increaseTo(proven.record.defenceEnd);
  const acquitted = await revertOf(consensus.slash(result, proven.record, 3));
  report.check("prover 2 cannot be slashed any more", acquitted.startsWith("NoDefault("));
  report.gas("slash", (await mined(consensus.slash(result, proven.record, 2))).gasUsed);
  const { stake } = await registry.getTicket(1);
  report.check("prover 1 lost a twentieth of its stake", stake === ((await registry.STAKE()) * 19n) / 20n);
  const reward = BigInt(result.proposerReward);
  const pay = BigInt(result.proversReward) / 3n;
  report.say(
    `leaving prover 2 out cost A ${formatEther(reward / 3n)} SEQ of its reward, and prover 2 ${formatEther(pay)} of its pay`,
  );
  report.check("a proposer who leaves a prover out harms itself more", reward / 3n >= pay);
  await node.sync();
  const exits = node.batch(2).result.leaves.flatMap((leaf, i) => leaf.exits.map(({ slot }) => ({ leaf: i, slot })));
  return exits[0] ?? { leaf: 0, slot: 0 };
}

/** Height 3: a proposal that nobody proves, and the restart. */
async function unprovenHeight(parties: Parties, users: readonly Wallet[]): Promise<void> {
  const { system, node, report, proposers, connection } = parties;
  const { consensus } = system;
  report.step("Height 3: A bids most and abandons its block; the round starts again");
  const abandoned = await propose(parties, proposers.a, { bid: 5n * BID, share: SHARE }, { 5: [1] });
  const { closesAt } = node.proofWindowOf(abandoned.proposal.round);
  await connection.networkHelpers.time.increaseTo(closesAt);
  const transactions = users.flatMap((user, i) => transfersOf(user, users[(i + 1) % users.length] ?? user, 4));
  const assignment: Assignment = { 1: [1], 2: [4, 2], 3: [5], 4: [6, 3], 5: [7] };
  const block = await propose(parties, proposers.b, { bid: BID, share: SHARE, transactions }, assignment);
  report.check(
    "the next commitment opens a new round for the same height",
    block.proposal.round > abandoned.proposal.round && block.proposal.height === abandoned.proposal.height,
  );
  const balance = await consensus.balances(proposers.a.signer);
  report.gas("settle: an abandoned bid", (await proposers.a.settle(abandoned)).gasUsed);
  const returned = (await consensus.balances(proposers.a.signer)) - balance;
  report.check("abandoning costs a tenth of the bid", returned === (abandoned.proposal.bid * 9n) / 10n);

  report.step("Five provers prove 12 transfers in a tree of four leaves");
  const proofs = await proveAll(parties, proposers.b, block, assignment);
  const submitted = await proposers.b.submit(block, proofs);
  const { gasUsed } = submitted;
  report.gas("submit: 4 leaves, 7 proofs", gasUsed);
  const further = (gasUsed - BigInt(report.gasOf("submit: 2 leaves, 3 proofs #2"))) / 4n;
  report.gas("each further node of a submission", further);
  report.say(`7 proofs in one call: ${gasUsed} gas; a further node ${further}`);
  const isEmbedded = connection.networkConfig.type === "edr-simulated";
  const comparable = isEmbedded ? await gasAtOsakaPrices(connection, submitted) : gasUsed;
  report.check("four leaves cost at most 900,000 gas, state at Osaka's prices", comparable <= 900_000n);
  await advance(parties, block);
  report.check("three blocks", (await consensus.height()) === 3n);
  const executed = node.batch(3).result.leaves.flatMap(({ outcomes }) => outcomes);
  report.check("12 transfers are executed", executed.filter(({ status }) => status === "executed").length === 12);
  scoreTable(parties, [abandoned, block]);
}

/** Some transfers of a user, one after the other. */
const transfersOf = (from: Wallet, to: Wallet, count: number): Uint8Array[] => {
  const { account } = from.account(ETH);
  return Array.from({ length: count }, (_, i) =>
    from.transfer(ETH, {
      to: to.account(ETH).index,
      amount: parseEther("0.01"),
      tip: 0n,
      nonce: account.nonce + BigInt(i),
    }),
  );
};

/** Pays the rewards of all proven blocks, and burns what is to be burned. */
async function payEverybody(parties: Parties): Promise<void> {
  const { system, node, report, provers, proposers } = parties;
  const { consensus, token } = system;
  report.step("Rewards are paid, bids and slashes burned");
  await node.sync();
  const paid = new Set<string>();
  for (const block of node.batches) {
    const { round } = block.proposal;
    const result = node.resultOf(round);
    if (result === undefined) continue;
    for (const proposer of [result.winner, ...result.uncles]) {
      const { record } = node.provenBlock(round, proposer as string);
      const { gasUsed } = await mined(consensus.payRewards(result, record));
      report.gas(`payRewards: ${2n * BigInt(record.leaves) - 1n} nodes`, gasUsed);
      paid.add(`${round}/${proposer as string}`);
    }
  }
  report.check("rewards of four blocks were paid", paid.size === 4);
  const supply = await token.totalSupply();
  const [, toBurn] = await consensus.treasury();
  report.gas("burn", (await mined(consensus.burn())).gasUsed);
  report.check("bids of the winners and half the slash are gone", supply - (await token.totalSupply()) === toBurn);
  report.say(`${formatEther(toBurn)} SEQ burned`);
  for (const party of [...provers.map(({ l1 }) => l1), proposers.a.signer, proposers.b.signer]) {
    const balance = await consensus.balances(party);
    if (balance > 0n) await mined(consensus.connect(party).withdraw(balance));
  }
}

// ── Steps of a round ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Lets the round at hand fail if nothing was committed in it, so that the next one has today's registry. */
async function openFreshRound({ node, connection }: Parties): Promise<void> {
  await connection.networkHelpers.time.increase(Number(node.parameters.proposalWindow));
}

/** Drafts a block, gathers the votes of the assigned provers, and commits. */
async function propose(
  { system, node, report, provers }: Parties,
  proposer: Proposer,
  plan: BlockPlan,
  assignment: Assignment,
): Promise<CommittedBlock> {
  const [round] = await system.consensus.openRound();
  const salt = id(`${plan.bid} in round ${round}`); // the same in every run, so that proofs can be cached
  const draft = await proposer.draft({ salt, ...plan });
  const promises = Object.entries(assignment).flatMap(([ticket, nodes]) => {
    const vote = proverOf(provers, Number(ticket)).vote(draft, nodes);
    return nodes.map((number): [number, NodePromise] => [number, { ticket: Number(ticket), vote }]);
  });
  const { committed, receipt } = await proposer.commit(draft, promises);
  report.gas("commit", receipt.gasUsed);
  await node.sync();
  report.say(
    `committed for height ${committed.proposal.height}, round ${committed.proposal.round}: ` +
      `${formatEther(committed.proposal.bid)} SEQ, ${committed.proposal.promisedProvers} provers`,
  );
  return committed;
}

/** Runs something once the proof window of a block's round is open. */
async function afterProposals<T>(
  { node, connection }: Parties,
  block: CommittedBlock,
  run: () => Promise<T>,
): Promise<T> {
  const { opensAt } = node.proofWindowOf(block.proposal.round);
  const { time } = connection.networkHelpers;
  if (BigInt(await time.latest()) < opensAt) await time.increaseTo(opensAt);
  return run();
}

/** Has the assigned provers prove their nodes, children before parents. */
async function proveAll(
  parties: Parties,
  proposer: Proposer,
  block: CommittedBlock,
  assignment: Assignment,
): Promise<NodeProof[]> {
  const tree = await afterProposals(parties, block, () => proposer.reveal(block));
  const workers = new Map(
    Object.entries(assignment).flatMap(([ticket, nodes]) => nodes.map((node) => [node, Number(ticket)] as const)),
  );
  const published: NodeProof[] = [];
  for (const node of tree.nodes) {
    published.push(await proverOf(parties.provers, workers.get(node) ?? 1).prove(tree, node, published));
  }
  return published;
}

/** Ends the round: the best block becomes the head. */
async function advance({ system, node, report, connection }: Parties, block: CommittedBlock): Promise<void> {
  const { time } = connection.networkHelpers;
  await node.sync();
  const { round } = block.proposal;
  const { record, transition } = node.provenBlock(round, block.proposal.proposer);
  const { consensus } = system;
  const early = await revertOf(consensus.advanceState(record, transition));
  await time.increaseTo(node.proofWindowOf(round).closesAt);
  await node.sync();
  const [decided] = node.virtualBatches;
  report.check(
    `height ${node.batches.length + 1} is virtual when nothing can win any more`,
    decided?.id === block.id && node.candidates.length === 0,
  );
  const { gasUsed } = await mined(consensus.advanceState(record, transition));
  report.gas("advanceState", gasUsed);
  await node.sync();
  report.check(
    `height ${node.batches.length} is final, and was not a second earlier`,
    early.startsWith("RoundNotOver(") && (await consensus.head()) === block.id,
  );
}

function scoreTable({ node, report }: Parties, blocks: readonly CommittedBlock[]): void {
  const rows: string[][] = [];
  for (const { proposal } of blocks) {
    const delivered = node.resultOf(proposal.round)?.winner === proposal.proposer ? "winner" : "";
    const proven = node.findProven(proposal.round, proposal.proposer);
    rows.push([
      `round ${proposal.round}`,
      String(proposal.promisedProvers),
      proven === undefined
        ? "–"
        : String(deliveredTickets(BigInt(proven.submission.merges[0]?.delivered ?? 0n)).length),
      formatEther(proposal.bid),
      proven === undefined ? "not proven" : formatEther(proven.score / 10n ** 18n),
      delivered,
    ]);
    report.score({
      round: Number(proposal.round),
      proposer: proposal.proposer,
      promised: Number(proposal.promisedProvers),
      delivered: proven === undefined ? null : Number(proven.record.provers),
      bid: formatEther(proposal.bid),
      score: proven === undefined ? null : proven.score.toString(),
    });
  }
  report.table(["proposal", "promised", "delivered", "bid", "score", ""], rows);
}

async function reportMoney(
  { system, node, report, proposers, provers }: Parties,
  users: Readonly<Record<string, Wallet>>,
): Promise<void> {
  const { consensus, rollup, registry, token, provider } = system;
  const parties: [string, Signer][] = [
    ...Object.entries(users).map(([name, { l1 }]): [string, Signer] => [name, l1]),
    ["proposer A", proposers.a.signer],
    ["proposer B", proposers.b.signer],
    ...provers.map(({ ticket, l1 }): [string, Signer] => [`prover ${ticket}`, l1]),
    // Slashed prover 1, for the bounty.
    ["watcher", consensus.runner as Signer],
  ];
  const accounts = [...node.virtualState.accounts.entries()].map(([, account]) => account);
  const rows: string[][] = [];
  const balances: Record<string, Record<string, string>> = {};
  let owed = 0n;
  let credited = 0n;
  for (const [name, signer] of parties) {
    const address = BigInt(await signer.getAddress());
    const onL2 = accounts.filter(({ owner }) => owner === address).reduce((sum, { balance }) => sum + balance, 0n);
    const credit = await rollup.credits(ETH, signer);
    const deposited = await consensus.balances(signer);
    owed += deposited;
    credited += credit;
    const cells = [onL2, credit, deposited, await token.balanceOf(signer)].map(formatEther);
    rows.push([name, ...cells]);
    balances[name] = Object.fromEntries(COLUMNS.map((column, i) => [column, cells[i] ?? ""]));
  }
  const producer = (await provider.getBlock("latest"))?.miner ?? "";
  owed += await consensus.balances(producer);
  const [pool, toBurn] = await consensus.treasury();
  report.check(
    "the consensus holds exactly what it owes: balances, pool, and what is to be burned",
    (await token.balanceOf(consensus)) === owed + pool + toBurn,
  );
  let stakes = 0n;
  for (const { ticket } of provers) stakes += (await registry.getTicket(ticket)).stake;
  report.check("the registry holds exactly the stakes", (await token.balanceOf(registry)) === stakes);
  const onL2 = accounts.reduce((sum, { balance }) => sum + balance, 0n);
  report.check("the core holds exactly the ETH that it owes", (await provider.getBalance(rollup)) === onL2 + credited);
  report.balances(balances);
  report.table(["", ...COLUMNS], rows);
}

const COLUMNS = ["ETH on L2", "ETH credited", "SEQ in consensus", "SEQ on L1"];

function proverOf(provers: readonly StakedProver[], ticket: number): StakedProver {
  const found = provers[ticket - 1];
  if (found === undefined) throw new Error(`no prover has ticket ${ticket}`);
  return found;
}

/** The same proof of an inner node, said to be somebody else's. */
const withWorker = (proof: NodeProof, worker: bigint): NodeProof =>
  proof.opening.kind === "merge"
    ? { ...proof, opening: { kind: "merge", merge: { ...proof.opening.merge, worker } } }
    : proof;
