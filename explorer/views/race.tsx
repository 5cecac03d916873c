// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { BATCHES, isBlock, NEWEST, PAGE, type EfficiencyBatch, type EfficiencyRules } from "../answers.ts";
import { duration, plural, shortUnits } from "../format.ts";
import { useEfficiencyRules, useSubscription, useSurroundings } from "../hooks.ts";
import { BatchLink, dueBy, Hex, Moment, Shown, Table } from "../parts.tsx";

type Proven = EfficiencyBatch & { readonly proof: NonNullable<EfficiencyBatch["proof"]> };

const isProven = (batch: EfficiencyBatch): batch is Proven => batch.proof !== undefined;

export function Race(): JSX.Element {
  const answer = useSubscription("rollup_batches", [NEWEST, PAGE], BATCHES);
  const { now } = useSurroundings();
  const rules = useEfficiencyRules();
  return (
    <>
      <h1 tabIndex={-1}>Race</h1>
      <p>
        Anybody may prove the oldest batches, and the first valid proof earns their fees. A proof is expected within{" "}
        {rules === undefined ? "the target time" : duration(rules.targetTime)}; after that it is late, and the batch fee
        rises.
      </p>
      <Shown of={answer}>
        {(all) => {
          const batches = all.filter((batch): batch is EfficiencyBatch => !isBlock(batch));
          const proven = batches.filter(isProven);
          const waiting = batches.filter((batch) => !isProven(batch)).toReversed();
          return (
            <>
              <h2>Wait for a proof</h2>
              <Table
                caption="Batches without a proof, the oldest first"
                head={["Batch", "Posted", "Fee in native tokens", "Proof"]}
                empty="All batches are proven."
                rows={waiting.map((batch) => ({
                  key: batch.number,
                  cells: [
                    <BatchLink number={batch.number} />,
                    <Moment at={batch.timestamp} />,
                    shortUnits(batch.fee),
                    rules === undefined || now === undefined
                      ? "waits"
                      : now > dueBy(batch, rules)
                        ? `late for ${duration(now - dueBy(batch, rules))}`
                        : `expected in ${duration(dueBy(batch, rules) - now)}`,
                  ],
                }))}
              />
              <h2>Provers</h2>
              <Provers proven={proven} rules={rules} />
              <h2>Proofs</h2>
              <Table
                caption="Proven batches, the newest first"
                head={["Batch", "Prover", "Took", "Verdict", "Proved in one call", "Reward in native tokens"]}
                empty={`None of the last ${PAGE} batches is proven.`}
                rows={proven.map((batch) => ({
                  key: batch.number,
                  cells: [
                    <BatchLink number={batch.number} />,
                    <Hex of={batch.proof.aggregator} />,
                    tookOf(batch) === undefined ? "unknown" : duration(tookOf(batch)!),
                    verdictOf(batch, rules),
                    batch.proof.from === batch.proof.to
                      ? "it alone"
                      : `batches ${batch.proof.from} to ${batch.proof.to}`,
                    shortUnits(batch.proof.reward),
                  ],
                }))}
              />
            </>
          );
        }}
      </Shown>
      <p class="quiet">
        A proof that came second, or was wrong, reverts and leaves no log on L1. The node does not see such attempts, so
        they are not counted here. The last {PAGE} batches are looked at.
      </p>
    </>
  );
}

/** Seconds from posting to proof. */
const tookOf = ({ proof, timestamp }: Proven): number | undefined =>
  proof.timestamp === undefined ? undefined : Math.max(0, proof.timestamp - timestamp);

const lateBy = (batch: Proven, rules: EfficiencyRules | undefined): number | undefined => {
  const took = tookOf(batch);
  return took === undefined || rules === undefined ? undefined : took - rules.targetTime;
};

function verdictOf(batch: Proven, rules: EfficiencyRules | undefined): string {
  const late = lateBy(batch, rules);
  const lie = batch.isTruthful ? "" : "; the sequencer's commitment was false";
  return `${late === undefined ? "unknown" : late > 0 ? `late by ${duration(late)}` : "in time"}${lie}`;
}

function Provers({
  proven,
  rules,
}: {
  readonly proven: readonly Proven[];
  readonly rules: EfficiencyRules | undefined;
}): JSX.Element {
  const provers = Map.groupBy(proven, ({ proof }) => proof.aggregator);
  const rows = [...provers].toSorted(([, a], [, b]) => b.length - a.length);
  return (
    <Table
      caption="Provers of these batches"
      head={["Prover", "Proved", "In time", "Late", "Mean time"]}
      empty="Nobody has proven one of these batches."
      rows={rows.map(([prover, batches]) => {
        const times = batches.map(tookOf).filter((time) => time !== undefined);
        const late = batches.filter((batch) => (lateBy(batch, rules) ?? 0) > 0).length;
        const isKnown = rules !== undefined && times.length > 0;
        return {
          key: prover,
          cells: [
            <Hex of={prover} />,
            plural(batches.length, "batch"),
            isKnown ? times.length - late : "unknown",
            isKnown ? late : "unknown",
            times.length === 0 ? "unknown" : duration(times.reduce((sum, time) => sum + time, 0) / times.length),
          ],
        };
      })}
    />
  );
}
