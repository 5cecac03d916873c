// SPDX-License-Identifier: MIT
import type { Check } from "./checks.ts";

/** A commitment of an honest proposer, by L1, and what was seen of it. Amounts are in the native token. */
export interface BidFact {
  readonly proposer: string;
  readonly round: bigint;
  readonly bid: bigint;
  /** `lost`: proven, and another block won. */
  readonly outcome: "won" | "lost" | "unproven";
  /** Of the settlement on L1; undefined if there was none. */
  readonly settled: { readonly returned: bigint; readonly burned: bigint } | undefined;
  /** Whether a peer heard the content. */
  readonly isShown: boolean;
  /** Longest time of the proof window in which nothing was wrong with the proposer, and the time that it needs, in ms. */
  readonly calm: number;
  readonly needed: number;
}

/** A vote that was heard, by itself or in a transcript. */
export interface VoteFact {
  readonly ticket: number;
  readonly context: string;
  /** Bitmap of nodes, in hex. */
  readonly nodes: string;
}

/** A ticket that was slashed. */
export interface SlashFact {
  readonly ticket: number;
  readonly round: bigint;
  readonly node: number;
  /** Longest time between the submission and the end of the defence in which nothing was wrong with its prover, in ms. */
  readonly calm: number;
  readonly needed: number;
}

/** A part of the run in which a proposer and two provers could talk. */
export interface EraFact {
  readonly spared: readonly string[];
  readonly seconds: number;
  /** Heights that the chain took in it. */
  readonly heights: number;
}

/** Everything that the checks of B52 look at, besides those of any rollup. */
export interface B52Facts {
  /** In 1/10,000. */
  readonly rates: { readonly lost: bigint; readonly unproven: bigint };
  readonly bids: readonly BidFact[];
  readonly votes: readonly VoteFact[];
  /** Tickets of honest provers, with their stakes in the end and at the start. */
  readonly tickets: readonly { readonly ticket: number; readonly stake: bigint; readonly full: bigint }[];
  readonly slashes: readonly SlashFact[];
  readonly eras: readonly EraFact[];
  /** Acts of the hostile process, and messages of it that are none and that a node passed on. */
  readonly hostileActs: number;
  readonly rubbish: number;
}

const RATE = 10_000n;
/** The part of a bid that burns, rounded up. */
const burnedOf = (bid: bigint, rate: bigint): bigint => (bid * rate + RATE - 1n) / RATE;

/** The amounts that L1 has to give back and to burn when a bid is settled (docs/b52.md §7). */
export function settlementOf(
  { bid, outcome }: Pick<BidFact, "bid" | "outcome">,
  rates: B52Facts["rates"],
): NonNullable<BidFact["settled"]> {
  // The winner's bid was marked for burning when its block became the head.
  if (outcome === "won") return { returned: 0n, burned: 0n };
  const burned = burnedOf(bid, outcome === "lost" ? rates.lost : rates.unproven);
  return { returned: bid - burned, burned };
}

function checkBids({ bids, rates }: B52Facts): string[] {
  return bids.flatMap((fact) => {
    const { proposer, round, settled, outcome, isShown, calm, needed } = fact;
    const name = `the bid of ${proposer} in round ${round}`;
    const faults: string[] = [];
    const right = settlementOf(fact, rates);
    if (settled === undefined) {
      faults.push(`${name} is not settled`);
    } else if (settled.returned !== right.returned || settled.burned !== right.burned) {
      faults.push(
        `${name}, which is ${outcome}, gave back ${settled.returned} and burned ${settled.burned}, ` +
          `and not ${right.returned} and ${right.burned}`,
      );
    }
    if (outcome === "unproven" && !isShown && calm >= needed) {
      const seconds = Math.round(calm / 1_000);
      faults.push(`${name}: nobody saw the content, though nothing was wrong with ${proposer} for ${seconds} s`);
    }
    return faults;
  });
}

const honestVotes = ({ votes, tickets }: B52Facts): VoteFact[] =>
  votes.filter(({ ticket }) => tickets.some((honest) => honest.ticket === ticket));

function checkVotes(facts: B52Facts): string[] {
  const given = new Map<string, Set<string>>();
  for (const { ticket, context, nodes } of honestVotes(facts)) {
    const key = `ticket ${ticket} for ${context.slice(0, 18)}…`;
    given.set(key, (given.get(key) ?? new Set()).add(nodes));
  }
  return [...given]
    .filter(([, nodes]) => nodes.size > 1)
    .map(([key, nodes]) => `${key} voted ${[...nodes].join(" and ")}`);
}

function checkStakes({ slashes, tickets }: B52Facts): string[] {
  const cut = slashes
    .filter(({ ticket, calm, needed }) => calm >= needed && tickets.some((honest) => honest.ticket === ticket))
    .map(
      ({ ticket, round, node, calm }) =>
        `ticket ${ticket} was slashed for node ${node} of round ${round}, though nothing was wrong with its prover ` +
        `for ${Math.round(calm / 1_000)} s of the time for a defence`,
    );
  const unexplained = tickets
    .filter(({ ticket, stake, full }) => stake !== full && !slashes.some((slash) => slash.ticket === ticket))
    .map(({ ticket, stake, full }) => `ticket ${ticket} has ${stake} of its ${full}, and was not slashed`);
  return [...cut, ...unexplained];
}

const checkEras = ({ eras }: B52Facts): string[] =>
  eras
    .filter(({ heights }) => heights === 0)
    .map(({ spared, seconds }) => `no height in ${seconds} s in which ${spared.join(", ")} could talk`);

/** The checks of B52, besides those of any rollup. */
export const B52_CHECKS: readonly Check<B52Facts>[] = [
  {
    name: "bids",
    meaning:
      "No bid is lost: each is settled as the rules say, and an unproven block was shown by a proposer who could.",
    ...{ looked: ({ bids }) => bids.length, check: checkBids },
  },
  {
    ...{ name: "votes", meaning: "No honest ticket gave two votes for a proposal." },
    ...{ looked: (facts) => honestVotes(facts).length, check: checkVotes },
  },
  {
    name: "stakes",
    meaning: "No stake of an honest ticket was cut whose prover could defend it.",
    ...{ looked: ({ tickets }) => tickets.length, check: checkStakes },
  },
  {
    name: "eras",
    meaning: "The chain went on whenever an honest proposer and enough provers could talk.",
    ...{ looked: ({ eras }) => eras.length, check: checkEras },
  },
  {
    name: "rubbish",
    meaning: "No node passed on a message that is none, however often it was sent one.",
    looked: ({ hostileActs }) => hostileActs,
    check: ({ rubbish }) => (rubbish === 0 ? [] : [`${rubbish} messages that are none were passed on`]),
  },
];
