// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { isBlock, LEAF, TRANSACTION, type Slot } from "../answers.ts";
import { clockTime, kindName, money } from "../format.ts";
import { useFrozen, useSubscription } from "../hooks.ts";
import { AccountLink, BatchLink, Facts, Finder, Hex, Lifecycle, Problem, Shown } from "../parts.tsx";
import { readSearch } from "../route.ts";
import { outcomeOf, useBatch } from "./batches.tsx";

const SEARCH = (
  <Finder
    label="Find a transaction"
    hint="Its 93 bytes in hexadecimal, or its place: batch/leaf/slot."
    read={(text) => (/^[0-9]+$/u.test(text.trim()) ? undefined : readSearch(text))}
  />
);

/** The statuses of a transaction in words; a status that is not known stays as it is. */
const MEANING: Readonly<Record<string, string>> = {
  unknown: "It is in no batch, and as things stand no batch would execute it.",
  waiting: "It waits in this node's mempool, on its disk, for the next batch.",
  pending: "It is in no batch. A batch could execute it; this node does not have it.",
  virtual: "Its batch is posted: it has its place, and its result is known.",
  final: "L1 has settled its batch.",
  void: "It has a place in a batch, and did nothing there.",
  removed: "It has left this node's mempool, and no batch has executed it.",
};

export function TransactionView({ bytes }: { readonly bytes: string | undefined }): JSX.Element {
  return (
    <>
      <h1 tabIndex={-1}>Transaction</h1>
      {SEARCH}
      {bytes !== undefined && <ByBytes bytes={bytes} />}
    </>
  );
}

function ByBytes({ bytes }: { readonly bytes: string }): JSX.Element {
  const answer = useSubscription("rollup_transaction", [bytes], TRANSACTION);
  return (
    <Shown of={answer}>
      {({ status, reason, nonce, batch, leaf, slot }) => (
        <>
          <p>
            <span class={`tag ${status}`}>{status}</span>{" "}
            {Object.hasOwn(MEANING, status) ? MEANING[status] : "The explorer does not know this status."}
          </p>
          <Facts
            of={[
              ["Bytes", <Hex of={bytes} />],
              ...(reason === undefined ? [] : ([["Reason", reason]] as const)),
              ...(nonce === undefined ? [] : ([["Nonce", String(nonce)]] as const)),
            ]}
          />
          {batch !== undefined && leaf !== undefined && slot !== undefined && (
            <Placed batch={batch} leaf={leaf} slot={slot} />
          )}
        </>
      )}
    </Shown>
  );
}

export function PlaceView(place: {
  readonly batch: number;
  readonly leaf: number;
  readonly slot: number;
}): JSX.Element {
  return (
    <>
      <h1 tabIndex={-1}>
        Transaction {place.batch}/{place.leaf}/{place.slot}
      </h1>
      {SEARCH}
      <Placed {...place} />
    </>
  );
}

function Placed({
  batch: number,
  leaf,
  slot: index,
}: {
  readonly batch: number;
  readonly leaf: number;
  readonly slot: number;
}): JSX.Element {
  const batch = useBatch(number);
  const answer = useSubscription("rollup_leaf", [number, Math.min(leaf, 65_535)], LEAF);
  const isFrozen = useFrozen();
  return (
    <>
      <Shown of={answer}>
        {(value) => {
          const slot = value?.slots.find((candidate) => candidate.slot === index);
          return slot === undefined ? (
            <Problem>
              There is no transaction at the place {number}/{leaf}/{index}.
            </Problem>
          ) : (
            <SlotFacts slot={slot} batch={number} leaf={leaf} />
          );
        }}
      </Shown>
      <Shown of={batch}>
        {(value) =>
          value !== null && (
            <>
              <h2>Its way</h2>
              <Lifecycle batch={value} isFrozen={isFrozen} />
              <p class="quiet">
                {isBlock(value) ? "Its time for the rollup is" : "Posted at"} {clockTime(value.timestamp)}.
              </p>
            </>
          )
        }
      </Shown>
    </>
  );
}

const SlotFacts = ({
  slot,
  batch,
  leaf,
}: {
  readonly slot: Slot;
  readonly batch: number;
  readonly leaf: number;
}): JSX.Element => (
  <Facts
    of={[
      ["Operation", `${kindName(slot.kind)}${slot.isForced ? ", forced by L1" : ""}`],
      ["Outcome", outcomeOf(slot)],
      [
        "Place",
        <>
          <BatchLink number={batch} />, leaf {leaf}, slot {slot.slot}
        </>,
      ],
      ["From", <AccountLink index={slot.from} />],
      ["To", slot.kind === "createAccount" ? "a new account" : <AccountLink index={slot.to} />],
      ["Amount", money(slot.amount, slot.token)],
      ...(slot.tip === undefined ? [] : ([["Tip", money(slot.tip, slot.token)]] as const)),
      ...(slot.fee === undefined ? [] : ([["Fee, paid on L1", money(slot.fee, 0)]] as const)),
      ...(slot.l1Address === undefined ? [] : ([["Asked for by", <Hex of={slot.l1Address} />]] as const)),
      ["Bytes", <code class="bytes">{slot.bytes}</code>],
    ]}
  />
);
