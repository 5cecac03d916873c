// SPDX-License-Identifier: MIT
import { formatEther, parseEther, Wallet as L1Wallet, ZeroAddress } from "ethers";

import {
  createOutputSigner,
  createSigner,
  openProvider,
  openRollup,
  operationOf,
  ProtocolError,
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
/** Of a transaction or a forced operation. */
const SLOT_BYTES = 93;

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
  /** 32 bytes in hex that hide the order of the block until it is revealed. Default: random, as it has to be on L1. */
  readonly salt?: string;
  readonly log: (line: string) => void;
}

/**
 * One height: a deposit, two provers' votes, a commitment, proofs, a new head. Runs at any time after a deployment,
 * whoever else has tickets. Gives the statuses of the deposit, and what the provers earned.
 */
export async function b52Example(
  setting: B52Setting,
): Promise<{ readonly statuses: readonly TransactionStatus[]; readonly earned: readonly bigint[] }> {
  const { keys, prover, waitUntil, salt, log } = setting;
  const provider = openProvider(setting.rpc);
  const opened = await openRollup(provider, setting.rollup);
  if (opened.consensus !== "B52") throw new Error("Proof of Efficiency has sequencers and aggregators");
  const { node } = opened;
  const { consensus, registry, token } = node.system;

  // ── Provers stake ──────────────────────────────────────────────────────────────────────────────────────────────────
  const provers: StakedProver[] = [];
  for (const key of keys.provers) {
    const l1 = new L1Wallet(key, provider);
    // The ticket that this prover has, or the first that nobody has.
    let ticket = 0;
    let owner: string;
    do ({ owner } = await registry.getTicket(++ticket));
    while (owner !== ZeroAddress && owner !== l1.address);
    const staked = new StakedProver(node, l1, ticket, createOutputSigner(Buffer.from(key)), prover);
    if (owner === ZeroAddress) {
      await (await token.connect(l1).approve(registry, await registry.STAKE())).wait();
      await staked.join();
    }
    provers.push(staked);
  }
  const [first, second] = provers as [StakedProver, StakedProver];
  const balancesBefore = await Promise.all(provers.map(({ l1: payout }) => consensus.balances(payout)));

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
  // Votes count if the ticket had a key when the round opened. A round that opened before is waited for; the next one
  // begins with the commitment.
  for (let isReady = false; !isReady;) {
    await node.sync();
    const { round, forHeight } = await consensus.openRound();
    const [proving, open] = [await consensus.roundOf(forHeight - 1n), await consensus.roundOf(forHeight)];
    if (proving.id !== 0n) {
      await waitUntil(node.proofWindowOf(proving.id).closesAt);
      await proposer.advance().catch((error: unknown) => {
        // Nobody proved a block: the height is open again.
        if (!(error instanceof ProtocolError) || error.code !== "UNKNOWN_BLOCK") throw error;
      });
    } else if (open.id === round && (await consensus.registryRootOf(forHeight)) !== (await registry.root())) {
      await waitUntil(node.proofWindowOf(round).opensAt);
    } else {
      isReady = true;
    }
  }
  const draft = await proposer.draft({ bid: parseEther("10"), share: 4_000n, ...(salt === undefined ? {} : { salt }) });
  // The leaves of a block are filled up to a power of two, at least two: nodes 2 and 3 are leaves then, and node 1 merges
  // them. The first prover promises the root and every left node, the second one every right node.
  const slots = draft.data.length / SLOT_BYTES;
  let leaves = 2;
  while (leaves * node.system.profile.slots < slots) leaves *= 2;
  const nodes = Array.from({ length: 2 * leaves - 1 }, (_, i) => i + 1);
  const proverOf = (number: number): StakedProver => (number === 1 || number % 2 === 0 ? first : second);
  // One signature promises all nodes of a prover.
  const votes = new Map(
    provers.map((voter) => [
      voter,
      voter.vote(
        draft,
        nodes.filter((number) => proverOf(number) === voter),
      ),
    ]),
  );
  const promises = nodes.map((number): [number, NodePromise] => {
    const by = proverOf(number);
    return [number, { ticket: by.ticket, vote: votes.get(by)! }];
  });
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
  // Children before their parents, which prove that the children's proofs fit.
  for (const number of nodes.toReversed()) {
    const by = proverOf(number);
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
  // Bids that return, rewards, deposits: before their rounds make room for others (docs/b52.md §5.3).
  await proposer.collect();
  const earned: bigint[] = [];
  for (const [i, { ticket, l1: payout }] of provers.entries()) {
    const amount = (await consensus.balances(payout)) - balancesBefore[i]!;
    earned.push(amount);
    log(`ticket ${ticket} earned ${formatEther(amount)} SEQ`);
  }
  provider.destroy();
  return { statuses, earned };
}
