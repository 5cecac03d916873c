// SPDX-License-Identifier: MIT
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { isBlock, type Batch, type Block, type EfficiencyBatch, type EfficiencyRules } from "./answers.ts";
import { clockTime, duration, relative, short } from "./format.ts";
import { useEfficiencyRules, useKind, useSurroundings, type Answer } from "./hooks.ts";

/** Shows an answer, why there is none, or that it is on its way. The last good one stays beside an error. */
export function Shown<Value>({
  of: { value, error },
  children,
}: {
  readonly of: Answer<Value>;
  readonly children: (value: Value) => ComponentChildren;
}): JSX.Element {
  return (
    <>
      {error !== undefined && <Problem>{error}</Problem>}
      {value === undefined ? error === undefined && <p class="quiet">Waiting for the node…</p> : children(value)}
    </>
  );
}

export const Problem = ({ children }: { readonly children: ComponentChildren }): JSX.Element => (
  <p class="problem" role="alert">
    <strong>Error:</strong> {children}
  </p>
);

/** Names and values, one below the other. */
export const Facts = ({
  of,
}: {
  readonly of: readonly (readonly [name: string, value: ComponentChildren])[];
}): JSX.Element => (
  <dl class="facts">
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A table that can be scrolled by keyboard when it is wider than the window. */
export function Table({
  caption,
  head,
  rows,
  empty,
}: {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell is the row's name. */
  readonly rows: readonly { readonly key: string | number; readonly cells: readonly ComponentChildren[] }[];
  readonly empty: string;
}): JSX.Element {
  if (rows.length === 0) return <p class="quiet">{empty}</p>;
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...rest] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {rest.map((cell, i) => (
                <td key={i}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A moment, by L1's clock. */
export function Moment({ at }: { readonly at: number }): JSX.Element {
  const { now } = useSurroundings();
  return (
    <time dateTime={clockTime(at)} title={clockTime(at)}>
      {now === undefined ? clockTime(at) : relative(at, now)}
    </time>
  );
}

/** A long hexadecimal value: its ends, and all of it for those who ask. */
export const Hex = ({ of }: { readonly of: string }): JSX.Element => (
  <code class="hex" title={of}>
    {short(of)}
  </code>
);

/** The word for a batch: in B52 it is called a block. */
export const useNoun = (): "batch" | "block" => (useKind() === "B52" ? "block" : "batch");

export const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

export const BatchLink = ({ number }: { readonly number: number }): JSX.Element => (
  <a href={`#/batch/${number}`}>
    {capital(useNoun())} {number}
  </a>
);

export const RoundLink = ({ number }: { readonly number: number }): JSX.Element => (
  <a href={`#/round/${number}`}>Round {number}</a>
);

/** A moment that comes, with the time until it; or since it, when it is over. */
export function Clock({
  name,
  detail,
  label,
  at,
  isBad = false,
}: {
  readonly name: string;
  readonly detail?: ComponentChildren;
  readonly label: string;
  /** Undefined if it is not known. */
  readonly at: number | undefined;
  /** Whether it is a fault that the moment is over. */
  readonly isBad?: boolean;
}): JSX.Element {
  const { now } = useSurroundings();
  const isOver = at !== undefined && now !== undefined && now >= at;
  return (
    <div class={`clock${isOver ? (isBad ? " over" : " past") : ""}`} role="group" aria-label={label}>
      <span>
        {name} {detail !== undefined && <span class="quiet">({detail})</span>}
      </span>
      <strong>
        {at === undefined || now === undefined
          ? "unknown"
          : isOver
            ? isBad
              ? `since ${duration(now - at)}`
              : `${duration(now - at)} ago`
            : `in ${duration(at - now)}`}
      </strong>
      {at !== undefined && <span class="quiet">{clockTime(at)}</span>}
    </div>
  );
}

export const AccountLink = ({ index }: { readonly index: number }): JSX.Element =>
  index === 0 ? <>L1</> : <a href={`#/account/${index}`}>Account {index}</a>;

/** A form with one field. `read` gives where the text leads; undefined for text that it does not understand. */
export function Finder({
  label,
  hint,
  read,
}: {
  readonly label: string;
  readonly hint: string;
  readonly read: (text: string) => string | undefined;
}): JSX.Element {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const id = label.toLowerCase().replaceAll(/[^a-z]+/gu, "-");
  return (
    <form
      role="search"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        const target = read(text);
        setWrong(target === undefined);
        if (target !== undefined) location.hash = target;
      }}
    >
      <label for={id}>{label}</label>
      <input
        id={id}
        value={text}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={isWrong}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit">Show</button>
      <span id={`${id}-hint`} class={isWrong ? "hint wrong" : "hint"} role={isWrong ? "alert" : undefined}>
        {isWrong ? `Not understood. ${hint}` : hint}
      </span>
    </form>
  );
}

type StepState = "done" | "next" | "late" | "later" | "never";

const STEP_WORDS: Readonly<Record<StepState, string>> = {
  done: "done",
  next: "next",
  late: "late",
  later: "later",
  never: "will not happen",
};

const Step = ({
  name,
  state,
  children,
}: {
  readonly name: string;
  readonly state: StepState;
  readonly children: ComponentChildren;
}): JSX.Element => (
  <li class={`step ${state}`} aria-current={state === "next" || state === "late" ? "step" : undefined}>
    <strong>{name}</strong> <span class="tag">{STEP_WORDS[state]}</span>
    <div>{children}</div>
  </li>
);

/** The way of a batch or a block, each step with its L1 block. */
export const Lifecycle = ({ batch, isFrozen }: { readonly batch: Batch; readonly isFrozen: boolean }): JSX.Element =>
  isBlock(batch) ? <BlockLifecycle block={batch} /> : <BatchLifecycle batch={batch} isFrozen={isFrozen} />;

/** Committed, proven, final: a block of B52 is in the list when it is all of that. */
function BlockLifecycle({ block: { number, postedAt, block } }: { readonly block: Block }): JSX.Element {
  const { l1Block } = useSurroundings();
  return (
    <ol class="lifecycle" aria-label={`The way of block ${number}`}>
      <Step name="Committed" state="done">
        L1 block {block.committedAt}, in <RoundLink number={block.round} />: a bid for a block whose content nobody
        knew.
      </Step>
      <Step name="Proven" state="done">
        L1 block {postedAt}, by {block.provers} of {block.promisedProvers} provers.
      </Step>
      <Step name="Final" state="done">
        L1 block {block.endedAt}
        {block.endTime !== undefined && (
          <>
            , <Moment at={block.endTime} />
          </>
        )}
        . {settledText(l1Block, block.endedAt)}
      </Step>
    </ol>
  );
}

const settledText = (l1Block: number | undefined, settledAt: number): string =>
  l1Block !== undefined && l1Block >= settledAt
    ? `Settled by L1, ${(l1Block - settledAt + 1).toLocaleString("en")} blocks deep: only a reorganisation of so many blocks could undo it.`
    : "Settled by L1.";

/** Posted, proven, final; and when the next step is expected. */
function BatchLifecycle({
  batch,
  isFrozen,
}: {
  readonly batch: EfficiencyBatch;
  readonly isFrozen: boolean;
}): JSX.Element {
  const { now, l1Block } = useSurroundings();
  const rules = useEfficiencyRules();
  const { proof } = batch;
  const isVoid = proof === undefined && isFrozen;
  const isLate = proof === undefined && rules !== undefined && now !== undefined && now > dueBy(batch, rules);
  return (
    <ol class="lifecycle" aria-label={`The way of batch ${batch.number}`}>
      <Step name="Posted" state="done">
        L1 block {batch.postedAt}, <Moment at={batch.timestamp} />. Its place and its result are known: it is virtual.
      </Step>
      <Step name="Proven" state={proof !== undefined ? "done" : isVoid ? "never" : isLate ? "late" : "next"}>
        {proof !== undefined ? (
          <>
            L1 block {proof.l1Block}
            {proof.timestamp !== undefined && (
              <>
                , <Moment at={proof.timestamp} />
              </>
            )}
            , by <Hex of={proof.aggregator} />.
          </>
        ) : isVoid ? (
          "The rollup is frozen: this batch is void."
        ) : rules === undefined || now === undefined ? (
          "Anybody may prove it."
        ) : isLate ? (
          `Expected ${duration(now - dueBy(batch, rules))} ago. The batch fee doubles every ${duration(rules.doublingTime)} until somebody proves it.`
        ) : (
          `Anybody may prove it. Expected in ${duration(dueBy(batch, rules) - now)}.`
        )}
      </Step>
      <Step name="Final" state={proof !== undefined ? "done" : isVoid ? "never" : "later"}>
        {proof === undefined
          ? "With the proof: L1 settles the state in the same transaction."
          : settledText(l1Block, proof.l1Block)}
      </Step>
    </ol>
  );
}

/** When a proof is expected, in unix seconds: from then on the batch fee rises. */
export const dueBy = ({ timestamp }: { readonly timestamp: number }, { targetTime }: EfficiencyRules): number =>
  timestamp + targetTime;

export const isFinal = (batch: Batch): boolean => isBlock(batch) || batch.proof !== undefined;

export const stateOf = (batch: Batch, isFrozen: boolean): string =>
  isFinal(batch) ? "final" : isFrozen ? "void" : "virtual";
