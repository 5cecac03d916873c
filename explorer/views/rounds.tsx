// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { LIVE_PHASES, NEWEST, ROUND, ROUNDS, type Commitment, type Offer, type Phase, type Round } from "../answers.ts";
import type { Decoded } from "../decode.ts";
import { percent, plural, scoreText, shortUnits, units } from "../format.ts";
import { useSubscription, useSurroundings } from "../hooks.ts";
import { BatchLink, Clock, Facts, Hex, Moment, Problem, RoundLink, Shown, Table } from "../parts.tsx";
import { ProofTree } from "./tree.tsx";

/** Rounds of a page, and rounds among which those that go on are looked for: pipelined, there are two. */
const [ROWS, NEWEST_ROUNDS] = [20, 3];

const PHASES: Readonly<Record<Phase, string>> = {
  unopened: "The first commitment opens it.",
  proposing: "Proposers offer and commit, and provers vote. Nobody knows what is in the blocks.",
  proving: "The blocks are shown, and their provers prove them. The best score at the end wins.",
  decided: "The windows are over. Anybody may advance the state.",
  won: "A block has won.",
  failed: "No block was proven: the height begins again.",
  void: "The rollup is frozen: bids are returned.",
};

const STATES: Readonly<Record<Commitment["state"], string>> = {
  committed: "committed",
  proven: "proven",
  leads: "proven, leads",
  won: "won",
  uncle: "lost, paid as uncle",
  lost: "lost",
  unproven: "never proven",
};

export function Rounds({ before }: { readonly before: number | undefined }): JSX.Element {
  const answer = useSubscription("rollup_rounds", [before ?? NEWEST, ROWS], ROUNDS);
  return (
    <>
      <h1 tabIndex={-1}>Rounds</h1>
      <p>
        A round is one attempt at one height. Proposers bid for a block that they hide, provers vote for the nodes of
        its proof tree, and the proven block with the best score wins.
      </p>
      {before === undefined && <LiveRounds isShort={false} />}
      <h2>All rounds</h2>
      <Shown of={answer}>
        {(value) => {
          const oldest = value.rounds.at(-1)?.round ?? 1;
          return (
            <>
              <Facts
                of={[
                  ["Rounds", value.total.toLocaleString("en")],
                  ["Pool of rewards", `${shortUnits(value.pool)} native tokens`],
                  ["Slope of the score", units(value.slope)],
                ]}
              />
              <Table
                caption="Rounds, the newest first"
                head={["Round", "Height", "Phase", "Opened", "Commitments", "Proven", "Winner", "Bid", "Score"]}
                empty="No round was opened."
                rows={value.rounds.map((round) => ({ key: round.round, cells: cellsOf(round) }))}
              />
              <nav class="pager" aria-label="Pages">
                {before !== undefined && <a href="#/rounds">Newest</a>}
                {oldest > 1 && <a href={`#/rounds/${oldest}`}>Older</a>}
              </nav>
            </>
          );
        }}
      </Shown>
    </>
  );
}

const cellsOf = (round: Decoded<typeof ROUNDS>["rounds"][number]): readonly (JSX.Element | string | number)[] => [
  <RoundLink number={round.round} />,
  round.height,
  round.phase,
  <Moment at={round.opensAt} />,
  round.commitments,
  round.proven,
  round.winner === undefined ? "–" : <Hex of={round.winner} />,
  round.bid === undefined ? "–" : shortUnits(round.bid),
  round.score === undefined ? "–" : scoreText(round.score),
];

/** The rounds that go on now; if none does, the one that the next commitment opens. */
export function LiveRounds({ isShort }: { readonly isShort: boolean }): JSX.Element {
  const answer = useSubscription("rollup_rounds", [NEWEST, NEWEST_ROUNDS], ROUNDS);
  return (
    <Shown of={answer}>
      {({ total, next, rounds }) => {
        const live = rounds.filter(({ phase }) => LIVE_PHASES.includes(phase)).map(({ round }) => round);
        const shown = next.isOpen && next.round > total ? [next.round, ...live] : live;
        return (
          <>
            {shown.length === 0 && (
              <>
                <h2>Now</h2>
                <p>No round goes on.</p>
              </>
            )}
            {shown.map((round) => (
              <RoundPanel key={round} number={round} proposer={undefined} isShort={isShort} />
            ))}
          </>
        );
      }}
    </Shown>
  );
}

export function RoundView({
  round,
  proposer,
}: {
  readonly round: number;
  readonly proposer: string | undefined;
}): JSX.Element {
  return (
    <>
      <h1 tabIndex={-1}>Round {round}</h1>
      <RoundPanel number={round} proposer={proposer} isShort={false} isAlone />
      <nav class="pager" aria-label="Rounds">
        {round > 1 && <a href={`#/round/${round - 1}`}>Round before</a>}
        <a href={`#/round/${round + 1}`}>Round after</a>
      </nav>
    </>
  );
}

/** A round with its clocks, its proposals, and the proof tree of one of them. */
function RoundPanel({
  number,
  proposer,
  isShort,
  isAlone = false,
}: {
  readonly number: number;
  /** Of the tree that is shown; the best one if it is undefined. */
  readonly proposer: string | undefined;
  /** Whether the proposals are counted, and not shown. */
  readonly isShort: boolean;
  readonly isAlone?: boolean;
}): JSX.Element {
  const answer = useSubscription("rollup_round", [number], ROUND);
  return (
    <Shown of={answer}>
      {(round) =>
        round === null ? (
          <Problem>L1 has no round {number}. It may not be opened yet, or not read by this node.</Problem>
        ) : (
          <>
            {isAlone ? (
              <p>
                <Phrase round={round} />
              </p>
            ) : (
              <>
                <h2>
                  <RoundLink number={number} />
                </h2>
                <p>
                  <Phrase round={round} />
                </p>
              </>
            )}
            <Windows round={round} />
            {isShort ? (
              <p>
                {plural(round.offers.length, "offer")} heard, {plural(round.total, "commitment")},{" "}
                {round.commitments.filter(({ proven }) => proven !== undefined).length} proven.
              </p>
            ) : (
              <Proposals round={round} proposer={proposer} heading={isAlone ? "h2" : "h3"} />
            )}
          </>
        )
      }
    </Shown>
  );
}

const Phrase = ({ round: { phase, height, result } }: { readonly round: Round }): JSX.Element => (
  <>
    <span class={`tag ${phase}`}>{phase}</span> Height {height}. {PHASES[phase]}
    {phase === "won" && result !== undefined && (
      <>
        {" "}
        It is <BatchLink number={height} />.
      </>
    )}
  </>
);

function Windows({ round: { round, phase, windows, tickets } }: { readonly round: Round }): JSX.Element {
  const { now } = useSurroundings();
  const of = `round ${round}`;
  if (windows === undefined || !LIVE_PHASES.includes(phase)) return <></>;
  const isProposing = now === undefined || now < windows.proposalsEnd;
  return (
    <>
      <Clock
        name={isProposing ? "Proposals end" : "Proposals ended"}
        label={`Proposals end: ${of}`}
        at={windows.proposalsEnd}
      />
      <Clock name="Proofs end" label={`Proofs end: ${of}`} at={windows.proofsEnd} />
      <p class="quiet">{plural(tickets, "ticket")} may prove in this round.</p>
    </>
  );
}

/** Offers and commitments of a proposer are one row. */
function Proposals({
  round,
  proposer,
  heading,
}: {
  readonly round: Round;
  readonly proposer: string | undefined;
  readonly heading: "h2" | "h3";
}): JSX.Element {
  const { offers, commitments, total, result } = round;
  const open = offers.filter((offer) => !offer.isCommitted);
  const chosen =
    proposer === undefined ? commitments[0] : commitments.find((commitment) => commitment.proposer === proposer);
  const rows = [
    ...commitments.map((commitment) => ({
      key: commitment.id,
      cells: committedCells(
        commitment,
        round.round,
        offers.find((offer) => offer.isCommitted && offer.proposer === commitment.proposer),
      ),
    })),
    ...open.map((offer) => ({ key: `${offer.proposer} ${offer.bid} ${offer.leaves}`, cells: offeredCells(offer) })),
  ];
  return (
    <>
      <Table
        caption={`Proposals of round ${round.round}, the best first`}
        head={["Proposer", "State", "Bid", "Share", "Leaves", "Votes", "Provers", "Score", "Content"]}
        empty="No proposal is known here."
        rows={rows}
      />
      {total > commitments.length && <p>{plural(total - commitments.length, "commitment")} more are not shown.</p>}
      {result !== undefined && (
        <Facts
          of={[
            ["Reward of the winner", `${units(result.proposerReward)} native tokens, if all was delivered`],
            ["Reward of the provers", `${units(result.proversReward)} native tokens`],
            ["For a node of an uncle", `${units(result.uncleNodeReward)} native tokens`],
          ]}
        />
      )}
      {chosen !== undefined ? (
        <ProofTree round={round.round} proposer={chosen.proposer} heading={heading} />
      ) : (
        proposer !== undefined && <Problem>This proposer has no commitment in round {round.round}.</Problem>
      )}
    </>
  );
}

const votesOf = ({ voters, nodes, leaves }: Offer): string =>
  voters === 0 ? "none heard" : `${plural(voters, "ticket")}, ${nodes.length} of ${2 * leaves - 1} nodes`;

const committedCells = (
  { proposer, state, bid, share, leaves, promisedProvers, promisedScore, proven, ...known }: Commitment,
  round: number,
  offer: Offer | undefined,
): readonly (JSX.Element | string | number)[] => [
  <a href={`#/round/${round}/${proposer}`}>
    <Hex of={proposer} />
  </a>,
  STATES[state],
  shortUnits(bid),
  percent(share),
  leaves,
  offer === undefined ? "–" : votesOf(offer),
  proven === undefined ? `${promisedProvers} promised` : `${proven.provers} of ${promisedProvers} delivered`,
  proven === undefined
    ? promisedScore === undefined
      ? "–"
      : `${scoreText(promisedScore)} if all deliver`
    : scoreText(proven.score),
  known.isContentKnown ? "known" : known.isTranscriptKnown ? "votes known" : "hidden",
];

const offeredCells = (offer: Offer): readonly (JSX.Element | string | number)[] => [
  <Hex of={offer.proposer} />,
  "offered",
  shortUnits(offer.bid),
  percent(offer.share),
  offer.leaves,
  votesOf(offer),
  "–",
  "–",
  "hidden",
];
