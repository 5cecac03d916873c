// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { BATCHES, CLOCK, NEWEST, type Batch } from "../answers.ts";
import { plural } from "../format.ts";
import { useFrozen, useKind, useSubscription, useSurroundings } from "../hooks.ts";
import { BatchLink, capital, Facts, Hex, isFinal, Lifecycle, Shown, stateOf, useNoun } from "../parts.tsx";
import { Deadline } from "./queue.tsx";
import { LiveRounds } from "./rounds.tsx";

/** Batches that the chains show. */
const SHOWN = 10;

export function Overview(): JSX.Element {
  const batches = useSubscription("rollup_batches", [NEWEST, SHOWN], BATCHES);
  const clock = useSubscription("rollup_forcedClock", [], CLOCK);
  const { rules, status } = useSurroundings();
  const isFrozen = useFrozen();
  const isB52 = useKind() === "B52";
  const first = (status.value?.finalBatches ?? 0) + 1;
  // That of the oldest batch that waits for a proof, if it is among those that are shown; else of the newest one.
  const next = batches.value?.find(({ number }) => number === first) ?? batches.value?.[0];
  return (
    <>
      <h1 tabIndex={-1}>Overview</h1>
      <Shown of={{ ...status, error: undefined }}>
        {(value) => (
          <Facts
            of={[
              ...(isB52
                ? ([["Final", plural(value.finalBatches, "block")]] as const)
                : ([
                    ["Virtual", plural(value.batches, "batch")],
                    ["Final", plural(value.finalBatches, "batch")],
                    ["Wait for a proof", plural(Math.max(0, value.batches - value.finalBatches), "batch")],
                  ] as const)),
              ["Accounts", value.accounts.toLocaleString("en")],
              ["In this node's mempool", plural(value.waiting, "transaction")],
              ["L1 block", value.l1Block.toLocaleString("en")],
            ]}
          />
        )}
      </Shown>
      <h2>{isB52 ? "The chain" : "The chains"}</h2>
      <Shown of={batches}>{(value) => <Chains batches={value} isFrozen={isFrozen} />}</Shown>
      {isB52 && <LiveRounds isShort />}
      {next !== undefined && (
        <>
          <h2>
            {isFinal(next) ? "Newest: " : "Next to be proven: "}
            <BatchLink number={next.number} />
          </h2>
          <Lifecycle batch={next} isFrozen={isFrozen} />
        </>
      )}
      <h2>Forced queue</h2>
      <Shown of={clock}>{(value) => <Deadline clock={value} isFrozen={isFrozen} isShort={true} />}</Shown>
      <h2>State</h2>
      {status.value !== undefined && (
        <Facts
          of={[
            ["Virtual root", <Hex of={status.value.virtualRoot} />],
            ["Final root", <Hex of={status.value.finalRoot} />],
            ...(rules === undefined
              ? []
              : ([
                  ["Rollup", <Hex of={rules.rollup} />],
                  ["Consensus", <Hex of={rules.consensus} />],
                  ["L1 chain", String(rules.chainId)],
                ] as const)),
          ]}
        />
      )}
      <p class="quiet">
        This node has executed every {isB52 ? "block" : "batch"} itself, and compares each final root with L1.
      </p>
    </>
  );
}

/** Both chains, one column a batch: the newest at the right. In B52 a block has its place when it is final. */
function Chains({
  batches,
  isFrozen,
}: {
  readonly batches: readonly Batch[];
  readonly isFrozen: boolean;
}): JSX.Element {
  const noun = useNoun();
  if (batches.length === 0) {
    return <p class="quiet">{noun === "block" ? "No block is final." : "No batch has been posted."}</p>;
  }
  const ordered = batches.toReversed();
  return (
    <div class="chains">
      {noun === "batch" && (
        <>
          <h3>Virtual</h3>
          <ol aria-label="Virtual chain, the newest last">
            {ordered.map((batch) => (
              <li key={batch.number}>
                <a
                  class={`block ${stateOf(batch, isFrozen)}`}
                  href={`#/batch/${batch.number}`}
                  aria-label={`Batch ${batch.number}, ${stateOf(batch, isFrozen)}`}
                >
                  {batch.number}
                </a>
              </li>
            ))}
          </ol>
        </>
      )}
      <h3>Final</h3>
      <ol aria-label="Final chain, the newest last">
        {ordered.map((batch) => (
          <li key={batch.number}>
            {!isFinal(batch) ? (
              <span class="block gap">
                <span aria-hidden="true">·</span>
                <span class="hidden">batch {batch.number} is not proven</span>
              </span>
            ) : (
              <a
                class="block final"
                href={`#/batch/${batch.number}`}
                aria-label={`${capital(noun)} ${batch.number}, final`}
              >
                {batch.number}
              </a>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
