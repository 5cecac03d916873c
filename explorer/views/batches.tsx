// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { BATCHES, isBlock, LEAF, NEWEST, type Batch, type Slot } from "../answers.ts";
import { kindName, money, percent, plural, scoreText, units } from "../format.ts";
import { useFrozen, useSubscription, type Answer } from "../hooks.ts";
import {
  AccountLink,
  BatchLink,
  capital,
  Facts,
  Hex,
  Lifecycle,
  Moment,
  Problem,
  RoundLink,
  Shown,
  stateOf,
  Table,
  useNoun,
} from "../parts.tsx";

const ROWS = 20;

export function Batches({ before }: { readonly before: number | undefined }): JSX.Element {
  const batches = useSubscription("rollup_batches", [before ?? NEWEST, ROWS], BATCHES);
  const isFrozen = useFrozen();
  const noun = useNoun();
  const [who, proven] = noun === "block" ? ["Proposer", "Provers"] : ["Sequencer", "Prover"];
  return (
    <>
      <h1 tabIndex={-1}>{capital(noun === "block" ? "blocks" : "batches")}</h1>
      <Shown of={batches}>
        {(value) => {
          const oldest = value.at(-1)?.number ?? 1;
          return (
            <>
              <Table
                caption={`${capital(noun === "block" ? "blocks" : "batches")}, the newest first`}
                head={[capital(noun), "State", "Posted", who, proven, "Leaves", "Transactions", "Forced"]}
                empty={
                  before !== undefined
                    ? `There is no older ${noun}.`
                    : noun === "block"
                      ? "No block is final."
                      : "No batch has been posted."
                }
                rows={value.map((batch) => ({
                  key: batch.number,
                  cells: [
                    <BatchLink number={batch.number} />,
                    stateOf(batch, isFrozen),
                    <Moment at={batch.timestamp} />,
                    <Hex of={batch.sequencer} />,
                    proverOf(batch),
                    batch.leaves,
                    batch.transactions,
                    batch.forcedCount,
                  ],
                }))}
              />
              <nav class="pager" aria-label="Pages">
                {before !== undefined && <a href="#/batches">Newest</a>}
                {before !== undefined && (
                  <a href={`#/batches/${Math.min(NEWEST, (value[0]?.number ?? before - 1) + ROWS + 1)}`}>Newer</a>
                )}
                {oldest > 1 && <a href={`#/batches/${oldest}`}>Older</a>}
              </nav>
            </>
          );
        }}
      </Shown>
    </>
  );
}

const proverOf = (batch: Batch): JSX.Element | string =>
  isBlock(batch) ? (
    `${batch.block.provers} of ${batch.block.promisedProvers}`
  ) : batch.proof === undefined ? (
    "nobody yet"
  ) : (
    <Hex of={batch.proof.aggregator} />
  );

/** One batch, told again after each change; null if there is none. */
export function useBatch(number: number): Answer<Batch | null> {
  const { value, error } = useSubscription("rollup_batches", [Math.min(NEWEST, number + 1), 1], BATCHES);
  const found = value?.[0];
  return { value: value === undefined ? undefined : found?.number === number ? found : null, error };
}

export function BatchView({ number, leaf }: { readonly number: number; readonly leaf: number }): JSX.Element {
  const batch = useBatch(number);
  const isFrozen = useFrozen();
  const noun = useNoun();
  return (
    <>
      <h1 tabIndex={-1}>
        {capital(noun)} {number}
      </h1>
      <Shown of={batch}>
        {(value) =>
          value === null ? (
            <Problem>
              This node knows no {noun} {number}. It may not be {noun === "block" ? "final" : "posted"} yet, or not read
              by this node.
            </Problem>
          ) : (
            <>
              <Lifecycle batch={value} isFrozen={isFrozen} />
              <BatchFacts batch={value} />
              <Leaf batch={value} leaf={leaf} />
              <nav class="pager" aria-label="Batches">
                {number > 1 && <a href={`#/batch/${number - 1}`}>{capital(noun)} before</a>}
                <a href={`#/batch/${number + 1}`}>{capital(noun)} after</a>
              </nav>
            </>
          )
        }
      </Shown>
    </>
  );
}

function BatchFacts({ batch }: { readonly batch: Batch }): JSX.Element {
  const content = [
    "Content",
    `${plural(batch.leaves, "leaf").replace("leafs", "leaves")}, ${batch.bytes.toLocaleString("en")} bytes`,
  ] as const;
  const operations = [
    "Operations",
    `${plural(batch.transactions, "transaction")}, ${batch.forcedCount} forced, ${batch.void} void`,
  ] as const;
  const baseFee = ["Base fee of a transaction", money(batch.baseFee, batch.feeToken)] as const;
  const root = ["State root after it", <Hex of={batch.root} />] as const;
  if (isBlock(batch)) {
    const { round, bid, share, score, id } = batch.block;
    return (
      <Facts
        of={[
          ["Round", <RoundLink number={round} />],
          ["Proposer", <Hex of={batch.sequencer} />],
          ["Provers that delivered", proverOf(batch)],
          ["Bid, burned", `${units(bid)} native tokens`],
          ["Share of the provers", percent(share)],
          ["Score", scoreText(score)],
          ...[content, operations, baseFee],
          ["Commitment hash", <Hex of={id} />],
          root,
        ]}
      />
    );
  }
  return (
    <Facts
      of={[
        ["Sequencer", <Hex of={batch.sequencer} />],
        ["Prover", proverOf(batch)],
        ...[content, operations],
        ["Batch fee", `${units(batch.fee)} native tokens (${units(batch.leafFee)} for a leaf)`],
        ["Bond", `${units(batch.bond)} native tokens${batch.isTruthful ? "" : ", lost: its commitment is false"}`],
        baseFee,
        ["Fees of forced operations", money(batch.forcedFees, 0)],
        root,
      ]}
    />
  );
}

function Leaf({ batch: { number, leaves }, leaf }: { readonly batch: Batch; readonly leaf: number }): JSX.Element {
  const answer = useSubscription("rollup_leaf", [number, Math.min(leaf, 65_535)], LEAF);
  const noun = useNoun();
  return (
    <>
      <h2>
        Leaf {leaf} <span class="quiet">of {plural(leaves, "leaf").replace("leafs", "leaves")}, counted from 0</span>
      </h2>
      <Shown of={answer}>
        {(value) =>
          value === null ? (
            <Problem>
              {capital(noun)} {number} has no leaf {leaf}.
            </Problem>
          ) : (
            <Table
              caption={`Slots of leaf ${leaf}`}
              head={["Slot", "Operation", "From", "To", "Amount", "Outcome"]}
              empty="The leaf has no slot."
              rows={value.slots.map((slot) => ({ key: slot.slot, cells: cellsOf(slot, number, leaf) }))}
            />
          )
        }
      </Shown>
      {leaves > 1 && (
        <nav class="pager" aria-label="Leaves">
          {leaf > 0 && <a href={`#/batch/${number}/${leaf - 1}`}>Leaf before</a>}
          {leaf + 1 < leaves && <a href={`#/batch/${number}/${leaf + 1}`}>Leaf after</a>}
        </nav>
      )}
    </>
  );
}

const cellsOf = (slot: Slot, batch: number, leaf: number): readonly (JSX.Element | string)[] => [
  <a href={`#/transaction/${batch}/${leaf}/${slot.slot}`}>Slot {slot.slot}</a>,
  kindName(slot.kind),
  <AccountLink index={slot.from} />,
  slot.to === 0 && slot.kind === "createAccount" ? "a new account" : <AccountLink index={slot.to} />,
  money(slot.amount, slot.token),
  outcomeOf(slot),
];

export const outcomeOf = ({ status, reason }: Slot): string => (reason === undefined ? status : `${status}: ${reason}`);
