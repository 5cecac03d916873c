import { formatEther, parseEther, Wallet as L1Wallet } from "ethers";

import {
  createSigner,
  openProvider,
  openRollup,
  operationOf,
  Proposer,
  StakedProver,
  statusOf,
  Wallet,
  type NodeProof,
  type NodePromise,
  type Prover,
  type TransactionStatus,
} from "../../src/index.ts";

const ETH = 0n;

export interface B52Setting {
  /** Of an L1 endpoint. */
  readonly rpc: string;
  /** Address of the core of a rollup under B52. */
  readonly rollup: string;
  /** Private keys on L1. Proposer and provers hold 2,000 of the native token each. */
  readonly keys: { readonly user: string; readonly proposer: string; readonly provers: readonly [string, string] };
  /** `createProver(await prepareAll("development"))` */
  readonly prover: Prover;
  /** Returns when a block of L1 has this time, in unix seconds, or a later one. */
  readonly waitUntil: (time: bigint) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * One height: a deposit, two provers' votes, a commitment, three proofs, a new head. Gives the statuses of the deposit,
 * and what the tickets earned.
 */
export async function b52Example(
  setting: B52Setting,
): Promise<{ readonly statuses: readonly TransactionStatus[]; readonly earned: readonly bigint[] }> {
  const { keys, prover, waitUntil, log } = setting;
  const provider = openProvider(setting.rpc);
  const opened = await openRollup(provider, setting.rollup);
  if (opened.consensus !== "B52") throw new Error("Proof of Efficiency has sequencers and aggregators");
  const { node } = opened;
  const { consensus, registry, token } = node.system;

  // ── Provers stake ──────────────────────────────────────────────────────────────────────────────────────────────────
  const provers: StakedProver[] = [];
  for (const [i, key] of keys.provers.entries()) {
    const l1 = new L1Wallet(key, provider);
    const staked = new StakedProver(node, l1, i + 1, createSigner(Buffer.from(key)), prover);
    await (await token.connect(l1).approve(registry, await registry.STAKE())).wait();
    await staked.join();
    provers.push(staked);
  }
  const [first, second] = provers as [StakedProver, StakedProver];

  // ── A user deposits ────────────────────────────────────────────────────────────────────────────────────────────────
  const wallet = new Wallet(node, new L1Wallet(keys.user, provider), createSigner(Buffer.from("user")));
  const deposit = operationOf(node, await wallet.deposit(ETH, parseEther("1")));
  const statuses: TransactionStatus[] = [];
  const look = async (when: string): Promise<void> => {
    await node.sync();
    const status = await statusOf(node, deposit);
    statuses.push(status);
    log(`${when}, the deposit is ${status.status}`);
  };
  await look("in the queue");

  // ── A proposer orders a block, gathers votes, and commits ──────────────────────────────────────────────────────────
  const l1 = new L1Wallet(keys.proposer, provider);
  await (await token.connect(l1).approve(consensus, parseEther("1000"))).wait();
  await (await consensus.connect(l1).deposit(parseEther("1000"))).wait();
  const proposer = new Proposer(node, l1, { feeAccount: 0, feeToken: ETH });
  // Votes count if the ticket had a key when the round opened. The first round opened at the deployment, before anybody
  // joined: nobody commits in it, and the next one begins with the commitment.
  const [stale] = await consensus.openRound();
  await waitUntil(node.proofWindowOf(stale).opensAt);
  const draft = await proposer.draft({ bid: parseEther("10"), share: 4_000n });
  // One leaf is filled up to two: nodes 2 and 3 are leaves, node 1 merges them. One signature promises both of the
  // first's.
  const votes = { first: first.vote(draft, [1, 2]), second: second.vote(draft, [3]) };
  const promises: [number, NodePromise][] = [
    [1, { ticket: first.ticket, vote: votes.first }],
    [2, { ticket: first.ticket, vote: votes.first }],
    [3, { ticket: second.ticket, vote: votes.second }],
  ];
  const { committed } = await proposer.commit(draft, promises);
  await node.sync();
  const { round } = committed.proposal;
  const window = node.proofWindowOf(round);
  log(
    `round ${round}: a bid of ${formatEther(committed.proposal.bid)} SEQ, ${committed.proposal.promisedProvers} provers`,
  );

  // ── In the proof window: reveal, prove, submit ─────────────────────────────────────────────────────────────────────
  await waitUntil(window.opensAt);
  const tree = await proposer.reveal(committed);
  const published: NodeProof[] = [];
  for (const [by, number] of [
    [first, 2],
    [second, 3],
    [first, 1],
  ] as const) {
    const proof = await by.prove(tree, number, published);
    published.push(proof);
    log(`ticket ${by.ticket} proved node ${number}, a ${proof.circuit}, in ${proof.seconds.toFixed(1)} s`);
  }
  await proposer.submit(committed, published);
  await look("proven, while another block may win");

  // ── After it: nothing can win any more but the best ────────────────────────────────────────────────────────────────
  await waitUntil(window.closesAt);
  await look("after the proof window");
  await proposer.advance();
  await look("at the new head");

  // ── Everybody collects ─────────────────────────────────────────────────────────────────────────────────────────────
  await proposer.settle(committed);
  const result = node.resultOf(round);
  if (result !== undefined) {
    await (
      await consensus.connect(l1).payRewards(result, node.provenBlock(round, committed.proposal.proposer).record)
    ).wait();
  }
  const earned: bigint[] = [];
  for (const { ticket, l1: payout } of provers) {
    const amount = await consensus.balances(payout);
    earned.push(amount);
    log(`ticket ${ticket} earned ${formatEther(amount)} SEQ`);
  }
  provider.destroy();
  return { statuses, earned };
}
