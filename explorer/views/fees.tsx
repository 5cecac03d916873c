// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { FEES, PAGE, type Fees } from "../answers.ts";
import { duration, money, shortUnits, units } from "../format.ts";
import { useEfficiencyRules, useSubscription } from "../hooks.ts";
import { BatchLink, Facts, Moment, Shown, Table } from "../parts.tsx";

const [WIDTH, HEIGHT, MARGIN] = [640, 160, 8];

export function FeesView(): JSX.Element {
  const answer = useSubscription("rollup_feeHistory", [PAGE], FEES);
  const rules = useEfficiencyRules();
  return (
    <>
      <h1 tabIndex={-1}>Fees</h1>
      <Shown of={answer}>
        {({ baseFee, batchFee, batches }) => (
          <>
            <Facts
              of={[
                ["Base fee of a transaction", money(baseFee, 0)],
                ["Batch fee for a leaf now", `${units(batchFee)} native tokens`],
                ...(rules === undefined
                  ? []
                  : ([
                      ["Its bounds", `${units(rules.minFee)} to ${units(rules.maxFee)} native tokens`],
                      ["Doubles while a proof is late", `every ${duration(rules.doublingTime)}`],
                      ["Halves otherwise", `every ${duration(rules.halvingTime)}`],
                    ] as const)),
              ]}
            />
            <h2>Over the last batches</h2>
            <Chart batches={batches} />
            <Table
              caption="Batch fees, the newest first"
              head={["Batch", "Posted", "Leaves", "For a leaf", "Paid"]}
              empty="No batch has been posted."
              rows={batches.toReversed().map(({ number, timestamp, leaves, leafFee, fee }) => ({
                key: number,
                cells: [
                  <BatchLink number={number} />,
                  <Moment at={timestamp} />,
                  leaves,
                  shortUnits(leafFee),
                  shortUnits(fee),
                ],
              }))}
            />
          </>
        )}
      </Shown>
    </>
  );
}

/** The fee for a leaf, one bar a batch. The table below has the numbers. */
function Chart({ batches }: { readonly batches: Fees["batches"] }): JSX.Element | null {
  if (batches.length < 2) return null;
  const fees = batches.map(({ leafFee }) => leafFee);
  const least = fees.reduce((low, fee) => (fee < low ? fee : low));
  const most = fees.reduce((high, fee) => (fee > high ? fee : high));
  const step = (WIDTH - 2 * MARGIN) / batches.length;
  // Thousandths: amounts have more digits than a float.
  const heightOf = (fee: bigint): number =>
    most === 0n ? 0 : (Number((fee * 1_000n) / most) / 1_000) * (HEIGHT - 2 * MARGIN);
  const first = batches[0]!.number;
  const label = `Fee for a leaf in batches ${first} to ${batches.at(-1)!.number}: from ${shortUnits(least)} to ${shortUnits(most)} native tokens`;
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {batches.map(({ number, leafFee }, i) => (
          <rect
            key={number}
            class="column"
            x={MARGIN + i * step}
            y={HEIGHT - MARGIN - heightOf(leafFee)}
            width={Math.max(1, step - 2)}
            height={heightOf(leafFee)}
          />
        ))}
        <line class="axis" x1={MARGIN} x2={WIDTH - MARGIN} y1={HEIGHT - MARGIN} y2={HEIGHT - MARGIN} />
      </svg>
      <figcaption>{label}.</figcaption>
    </figure>
  );
}
