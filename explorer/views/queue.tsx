// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { CLOCK, type Operation } from "../answers.ts";
import type { Decoded } from "../decode.ts";
import { kindName, money, plural } from "../format.ts";
import { useFrozen, useSubscription } from "../hooks.ts";
import { BatchLink, Clock, Hex, Moment, Shown, Table, useNoun } from "../parts.tsx";

export function Queue(): JSX.Element {
  const clock = useSubscription("rollup_forcedClock", [], CLOCK);
  const isFrozen = useFrozen();
  const noun = useNoun();
  return (
    <>
      <h1 tabIndex={-1}>Forced queue</h1>
      <p>
        L1 forces these operations on the rollup. No {noun === "block" ? "proposer" : "sequencer"} can leave them out
        for long.
      </p>
      <Shown of={clock}>
        {(value) => (
          <>
            <Deadline clock={value} isFrozen={isFrozen} isShort={false} />
            <Table
              caption="Forced operations that are not final, the oldest first"
              head={[
                "Operation",
                "Kind",
                "Amount",
                "Asked for by",
                "Queued",
                "State",
                `Must be in a ${noun}`,
                "Freeze possible",
              ]}
              empty="No forced operation waits."
              rows={value.operations.map((operation) => ({
                key: operation.number,
                cells: [
                  `Operation ${operation.number}`,
                  kindName(operation.kind),
                  money(operation.amount, operation.token),
                  <Hex of={operation.l1Address} />,
                  operation.queuedAt === undefined ? "unknown" : <Moment at={operation.queuedAt} />,
                  operation.batch === undefined ? "waits" : <BatchLink number={operation.batch} />,
                  operation.batch !== undefined ? (
                    "it is"
                  ) : operation.dueBy === undefined ? (
                    "unknown"
                  ) : (
                    <Moment at={operation.dueBy} />
                  ),
                  operation.freezableFrom === undefined ? "unknown" : <Moment at={operation.freezableFrom} />,
                ],
              }))}
            />
            {value.total > value.operations.length && (
              <p>
                {plural(value.total - value.operations.length, "operation")} more wait behind the{" "}
                {value.operations.length} that are shown.
              </p>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

const namesOf = (name: string, { number }: Operation) => ({
  ...{ name, detail: `operation ${number}`, label: `${name}: operation ${number}` },
});

/** The clock of the oldest operations, and what happens when it ends. */
export function Deadline({
  clock: { operations, total },
  isFrozen,
  isShort,
}: {
  readonly clock: Decoded<typeof CLOCK>;
  readonly isFrozen: boolean;
  readonly isShort: boolean;
}): JSX.Element {
  const noun = useNoun();
  if (isFrozen) {
    return (
      <p>
        The rollup is frozen. Each user takes the last final balance out on L1 by one proof (<code>npm run escape</code>
        ), and forced operations that were never executed are paid back.
      </p>
    );
  }
  const [oldest] = operations;
  if (oldest === undefined) return <p>No forced operation waits: nobody can freeze the rollup.</p>;
  const untaken = operations.find(({ batch }) => batch === undefined);
  return (
    <>
      <p>{plural(total, "operation")} not final.</p>
      {untaken !== undefined && <Clock {...namesOf(`Next ${noun} must take it`, untaken)} at={untaken.dueBy} isBad />}
      <Clock {...namesOf("Freeze possible", oldest)} at={oldest.freezableFrom} isBad />
      {!isShort && (
        <p>
          From the first moment on, a {noun} that has room and leaves the operation out is refused by L1. If the oldest
          operation is not final at the second moment, anybody may freeze the rollup. Then{" "}
          {noun === "block" ? "no round goes on" : "batches without a proof are void"}, and users take their money out
          on L1: each by one proof of the last final state.
        </p>
      )}
    </>
  );
}
