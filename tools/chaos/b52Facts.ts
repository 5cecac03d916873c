// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";

import { Wallet as Key } from "ethers";

import { isSameAddress, type B52Node } from "../../src/agents/index.ts";
import { commitmentHash } from "../../src/b52/index.ts";
import type { ProvingTimes } from "../devnet/rollups.ts";
import { keyOf, TICKETS, type B52NodeName } from "../devnet/topology.ts";
import type { B52Facts, BidFact, EraFact, SlashFact, VoteFact } from "./b52Checks.ts";
import type { HostileLine } from "./hostile.ts";
import { longestCalm, type L1Clock, type Span } from "./timeline.ts";

/** The journal of the hostile process. */
export function readHostile(path: string): HostileLine[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as HostileLine);
}

/** Things that were seen while the run went on. */
export interface B52Seen {
  readonly hostile: readonly HostileLine[];
  readonly spans: readonly Span[];
  readonly clock: L1Clock;
  /** In unix milliseconds. */
  readonly eras: readonly { readonly from: number; readonly to: number; readonly spared: readonly B52NodeName[] }[];
  readonly times: ProvingTimes;
}

/** Milliseconds: a proposer shows a block when it has followed L1 for a while, and its peers are there again. */
const SHOWING = 60_000;
/** A defence needs a proof, on a machine on which four are made at once, and a block of L1. */
const defending = ({ leaf }: ProvingTimes): number => 60_000 + 4_000 * leaf;

const PROPOSERS = ["proposer-1", "proposer-2"] as const;

/** Gathers what the checks of B52 look at, when all is quiet. @param node read from L1 alone, just now */
export async function gatherB52Facts(node: B52Node, seen: B52Seen): Promise<B52Facts> {
  const { hostile } = seen;
  const { lostBurnRate: lost, unprovenBurnRate: unproven } = node.parameters;
  return {
    rates: { lost, unproven },
    bids: await bidsOf(node, seen),
    votes: votesOf(hostile),
    tickets: await Promise.all(
      Object.values(TICKETS).map(async (ticket) => ({
        ticket,
        stake: (await node.system.registry.getTicket(ticket)).stake,
        full: await node.system.registry.STAKE(),
      })),
    ),
    slashes: await slashesOf(node, seen),
    eras: await erasOf(node, seen),
    hostileActs: hostile.filter((line) => "did" in line && line.reason === undefined).length,
    rubbish: hostile.filter((line) => "did" in line && line.did.startsWith("heard rubbish")).length,
  };
}

async function bidsOf(node: B52Node, { hostile, spans, clock }: B52Seen): Promise<BidFact[]> {
  const { consensus, deploymentBlock } = { ...node.system };
  const settled = await consensus.queryFilter(consensus.filters.CommitmentSettled(), deploymentBlock);
  const shown = new Set(hostile.flatMap((line) => ("heard" in line && line.heard === "block" ? [line.id] : [])));
  return PROPOSERS.flatMap((name) =>
    node.proposalsBy(new Key(keyOf(name)).address).map((proposal): BidFact => {
      const { round, bid, proposer } = proposal;
      const event = settled.find(({ args }) => args.round === round && isSameAddress(args.proposer, proposer));
      const winner = node.resultOf(round)?.winner as string | undefined;
      const hasWon = winner !== undefined && isSameAddress(winner, proposer);
      const isProven = node.findProven(round, proposer) !== undefined;
      const { opensAt, closesAt } = node.proofWindowOf(round);
      const window = { from: clock.wallOf(Number(opensAt)), to: clock.wallOf(Number(closesAt)) };
      return {
        ...{ proposer: name, round, bid },
        outcome: hasWon ? "won" : isProven ? "lost" : "unproven",
        settled: event && { returned: event.args.returned, burned: event.args.burned },
        isShown: shown.has(commitmentHash(node.domain, proposal)),
        calm: longestCalm(spans, name, { ...window, withNetwork: true }),
        needed: SHOWING,
      };
    }),
  );
}

/** Votes that were heard by themselves, and those of transcripts. */
function votesOf(hostile: readonly HostileLine[]): VoteFact[] {
  return hostile.flatMap((line): VoteFact[] => {
    if (!("heard" in line)) return [];
    if (line.heard === "vote") return [{ ticket: line.ticket, context: line.context, nodes: line.nodes }];
    return line.heard === "transcript" ? line.votes.map((vote) => ({ ...vote, context: line.context })) : [];
  });
}

async function slashesOf(node: B52Node, { spans, clock, times }: B52Seen): Promise<SlashFact[]> {
  const { consensus, provider, deploymentBlock } = node.system;
  const events = await consensus.queryFilter(consensus.filters.Slashed(), deploymentBlock);
  const slashes: SlashFact[] = [];
  for (const { args } of events) {
    const { round, proposer, ticket, node: at } = args;
    const block = node.provenBlock(round, proposer);
    const prover = Object.entries(TICKETS).find(([, id]) => id === Number(ticket))?.[0] ?? "hostile";
    const submitted = (await provider.getBlock(block.postedAt))?.timestamp ?? 0;
    const window = { from: clock.wallOf(submitted), to: clock.wallOf(Number(block.record.defenceEnd)) };
    slashes.push({
      ...{ ticket: Number(ticket), round, node: Number(at), needed: defending(times) },
      // A defence is made on L1: the prover needs no peers for it.
      calm: longestCalm(spans, prover, { ...window, withNetwork: false }),
    });
  }
  return slashes;
}

async function erasOf(node: B52Node, { eras, clock }: B52Seen): Promise<EraFact[]> {
  const { consensus, provider, deploymentBlock } = node.system;
  const ended = await consensus.queryFilter(consensus.filters.RoundEnded(), deploymentBlock);
  const heights: number[] = [];
  for (const { args, blockNumber } of ended) {
    if (BigInt(args.result.winner) === 0n) continue;
    heights.push(clock.wallOf((await provider.getBlock(blockNumber))?.timestamp ?? 0));
  }
  return eras.map(({ from, to, spared }) => ({
    ...{ spared, seconds: Math.round((to - from) / 1_000) },
    heights: heights.filter((at) => at >= from && at < to).length,
  }));
}

/**
 * Tokens that the consensus owes besides the balances of the parties: the pool, the amounts that are marked for burning,
 * the tips of those who produced L1's blocks, bids that are not settled, rewards that are reserved and not paid, and
 * deposits of demands.
 */
export async function owedByB52(node: B52Node): Promise<bigint> {
  const { consensus, provider, deploymentBlock } = node.system;
  const { voteDeposit, maxLeaves } = node.parameters;
  const [pool, toBurn] = await consensus.treasury();
  const producer = (await provider.getBlock("latest"))!.miner;
  const tips = await consensus.balances(producer);
  const committed = await consensus.queryFilter(consensus.filters.ProposalCommitted(), deploymentBlock);
  const bids = committed
    .map(({ args }) => args.proposal)
    .filter((proposal) => !node.isSettled(proposal))
    .reduce((sum, { bid }) => sum + bid, 0n);
  const results = (await consensus.queryFilter(consensus.filters.RoundEnded(), deploymentBlock)).map(
    ({ args }) => args.result,
  );
  const paid = (await consensus.queryFilter(consensus.filters.RewardsPaid(), deploymentBlock)).map(({ args }) => args);
  const isPaid = (round: bigint, proposer: string): boolean =>
    paid.some((payment) => payment.round === round && isSameAddress(payment.proposer, proposer));
  let reserved = 0n;
  for (const { round, winner, uncles, proposerReward, proversReward, uncleNodeReward } of results) {
    if (BigInt(winner) === 0n) continue;
    if (!isPaid(round, winner)) reserved += proposerReward + proversReward;
    for (const uncle of uncles) if (!isPaid(round, uncle)) reserved += uncleNodeReward * (2n * maxLeaves - 1n);
  }
  const lapsed = await consensus.queryFilter(consensus.filters.RewardsLapsed(), deploymentBlock);
  for (const { args } of lapsed) reserved -= args.amount;
  const demanded = await consensus.queryFilter(consensus.filters.VotesDemanded(), deploymentBlock);
  const closed = await consensus.queryFilter(consensus.filters.DemandClosed(), deploymentBlock);
  return pool + toBurn + tips + bids + reserved + BigInt(demanded.length - closed.length) * voteDeposit;
}

/** Stakes that the registry holds, and those of its tickets. @param tickets that were ever taken */
export async function stakesOf(
  node: B52Node,
  tickets: readonly number[],
): Promise<{ readonly currency: string; readonly custody: bigint; readonly owed: bigint }> {
  const { registry, token } = node.system;
  const stakes = await Promise.all(tickets.map(async (ticket) => (await registry.getTicket(ticket)).stake));
  return {
    currency: "stakes",
    custody: await token.balanceOf(registry),
    owed: stakes.reduce((sum, stake) => sum + stake, 0n),
  };
}
