// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { BATCHES, LEAF, NEWEST, type Batch, type Slot } from "../answers.ts";
import { kindName, money, plural, units } from "../format.ts";
import { useFrozen, useSubscription, type Answer } from "../hooks.ts";
import { AccountLink, BatchLink, Facts, Hex, Lifecycle, Moment, Problem, Shown, stateOf, Table } from "../parts.tsx";

const ROWS = 20;

export function Batches({ before }: { readonly before: number | undefined }): JSX.Element {
  const batches = useSubscription("rollup_batches", [before ?? NEWEST, ROWS], BATCHES);
  const isFrozen = useFrozen();
  return (
    <>
      <h1 tabIndex={-1}>Batches</h1>
      <Shown of={batches}>
        {(value) => {
          const oldest = value.at(-1)?.number ?? 1;
          return (
            <>
              <Table
                caption="Batches, the newest first"
                head={["Batch", "State", "Posted", "Sequencer", "Prover", "Leaves", "Transactions", "Forced"]}
                empty={before === undefined ? "No batch has been posted." : "There is no older batch."}
                rows={value.map((batch) => ({
                  key: batch.number,
                  cells: [
                    <BatchLink number={batch.number} />,
                    stateOf(batch, isFrozen),
                    <Moment at={batch.timestamp} />,
                    <Hex of={batch.sequencer} />,
                    batch.proof === undefined ? "nobody yet" : <Hex of={batch.proof.aggregator} />,
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

/** One batch, told again after each change; null if there is none. */
export function useBatch(number: number): Answer<Batch | null> {
  const { value, error } = useSubscription("rollup_batches", [Math.min(NEWEST, number + 1), 1], BATCHES);
  const found = value?.[0];
  return { value: value === undefined ? undefined : found?.number === number ? found : null, error };
}

export function BatchView({ number, leaf }: { readonly number: number; readonly leaf: number }): JSX.Element {
  const batch = useBatch(number);
  const isFrozen = useFrozen();
  return (
    <>
      <h1 tabIndex={-1}>Batch {number}</h1>
      <Shown of={batch}>
        {(value) =>
          value === null ? (
            <Problem>This node knows no batch {number}. It may not be posted yet, or not read by this node.</Problem>
          ) : (
            <>
              <Lifecycle batch={value} isFrozen={isFrozen} />
              <BatchFacts batch={value} />
              <Leaf batch={value} leaf={leaf} />
              <nav class="pager" aria-label="Batches">
                {number > 1 && <a href={`#/batch/${number - 1}`}>Batch before</a>}
                <a href={`#/batch/${number + 1}`}>Batch after</a>
              </nav>
            </>
          )
        }
      </Shown>
    </>
  );
}

function BatchFacts({ batch }: { readonly batch: Batch }): JSX.Element {
  const { proof } = batch;
  return (
    <Facts
      of={[
        ["Sequencer", <Hex of={batch.sequencer} />],
        ["Prover", proof === undefined ? "nobody yet" : <Hex of={proof.aggregator} />],
        [
          "Content",
          `${plural(batch.leaves, "leaf").replace("leafs", "leaves")}, ${batch.bytes.toLocaleString("en")} bytes`,
        ],
        ["Operations", `${plural(batch.transactions, "transaction")}, ${batch.forcedCount} forced, ${batch.void} void`],
        ["Batch fee", `${units(batch.fee)} native tokens (${units(batch.leafFee)} for a leaf)`],
        ["Bond", `${units(batch.bond)} native tokens${batch.isTruthful ? "" : ", lost: its commitment is false"}`],
        ["Base fee of a transaction", money(batch.baseFee, batch.feeToken)],
        ["Fees of forced operations", money(batch.forcedFees, 0)],
        ["State root after it", <Hex of={batch.root} />],
      ]}
    />
  );
}

function Leaf({ batch: { number, leaves }, leaf }: { readonly batch: Batch; readonly leaf: number }): JSX.Element {
  const answer = useSubscription("rollup_leaf", [number, Math.min(leaf, 65_535)], LEAF);
  return (
    <>
      <h2>
        Leaf {leaf} <span class="quiet">of {plural(leaves, "leaf").replace("leafs", "leaves")}, counted from 0</span>
      </h2>
      <Shown of={answer}>
        {(value) =>
          value === null ? (
            <Problem>
              Batch {number} has no leaf {leaf}.
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
