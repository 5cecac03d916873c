// SPDX-License-Identifier: MIT
import type { Ended } from "../devnet/children.ts";

/** A transaction that a node took, and what is known of it in the end. */
export interface AcceptedFact {
  /** 93 bytes, in hex. */
  readonly bytes: string;
  /** The node that took it. */
  readonly node: string;
  readonly account: number;
  readonly nonce: bigint;
  /** Places in batches, as they follow from L1 alone. */
  readonly places: readonly {
    readonly batch: number;
    readonly isFinal: boolean;
    /** Why it was a no-op; undefined if it was executed. */
    readonly reason?: string;
  }[];
  /** Answer of the node that took it. */
  readonly answer: { readonly status: string; readonly reason?: string };
}

/** A signed transaction that a node gave to its endpoint. */
export interface SentFact {
  readonly node: string;
  readonly from: string;
  readonly nonce: number;
  readonly hash: string;
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  /** How it ended on the chain that L1 has now; undefined if it is in no block. */
  readonly succeeded?: boolean;
}

/** A node, or L1, in the end. */
export interface ChainFact {
  readonly name: string;
  readonly batches: number;
  readonly finalBatches: number;
  readonly finalRoot: string;
}

/** Everything that the checks look at. */
export interface ChaosFacts {
  readonly accepted: readonly AcceptedFact[];
  /** Nonces of the accounts in the final state. */
  readonly nonces: ReadonlyMap<number, bigint>;
  readonly l1: ChainFact & { readonly isFrozen: boolean };
  readonly nodes: readonly ChainFact[];
  readonly money: readonly { readonly currency: string; readonly custody: bigint; readonly owed: bigint }[];
  readonly sent: readonly SentFact[];
  /** Processes that ended, though nobody ended them and their disk was not full. */
  readonly ends: readonly (Ended & { readonly node: string; readonly tail: string })[];
}

/** An invariant and how it fared. */
export interface Verdict {
  readonly name: string;
  /** In words, for the report. */
  readonly meaning: string;
  /** Things that were looked at. */
  readonly looked: number;
  readonly violations: readonly string[];
}

const short = (bytes: string): string => `${bytes.slice(0, 18)}…`;

/** The end of an accepted transaction, by L1 alone. */
export type Fate =
  | { readonly fate: "final" }
  | { readonly fate: "void" | "removed"; readonly reason: string }
  | { readonly fate: "open"; readonly why: string };

/**
 * The fate of an accepted transaction: final, or void with a reason that L1 shows. A transaction that left a node's pool
 * for another one of its nonce is void for good when that nonce is used.
 */
export function fateOf({ places, nonce, account, answer }: AcceptedFact, nonces: ChaosFacts["nonces"]): Fate {
  const executed = places.find(({ reason }) => reason === undefined);
  if (executed !== undefined) {
    return executed.isFinal ? { fate: "final" } : { fate: "open", why: `batch ${executed.batch} is not final` };
  }
  const next = nonces.get(account) ?? 0n;
  if (nonce >= next) return { fate: "open", why: `nonce ${nonce} of account ${account} is not used: ${answer.status}` };
  if (answer.status === "removed") return { fate: "removed", reason: answer.reason ?? "" };
  return { fate: "void", reason: places.at(-1)?.reason ?? "another transaction used its nonce" };
}

function checkAccepted({ accepted, nonces }: ChaosFacts): string[] {
  return accepted.flatMap((transaction) => {
    const { bytes, node } = transaction;
    const fate = fateOf(transaction, nonces);
    if (fate.fate === "open") return [`${short(bytes)}, which ${node} took, is neither final nor void: ${fate.why}`];
    return "reason" in fate && fate.reason === "" ? [`${short(bytes)}, which ${node} took, has no reason`] : [];
  });
}

/** Answers that a node may give. */
const ANSWERS: Readonly<Record<Exclude<Fate["fate"], "open">, readonly string[]>> = {
  final: ["final"],
  void: ["void", "unknown"],
  removed: ["removed"],
};

function checkAnswers({ accepted, nonces }: ChaosFacts): string[] {
  return accepted.flatMap((transaction) => {
    const { bytes, node, answer } = transaction;
    const { fate } = fateOf(transaction, nonces);
    if (fate === "open") return [];
    const isTrue = ANSWERS[fate].includes(answer.status) && (fate !== "void" || (answer.reason ?? "") !== "");
    return isTrue ? [] : [`${node} says of ${short(bytes)} "${answer.status}", and it is ${fate}`];
  });
}

const checkOnce = ({ accepted }: ChaosFacts): string[] =>
  accepted.flatMap(({ bytes, places }) => {
    const executed = places.filter(({ reason }) => reason === undefined);
    const batches = executed.map(({ batch }) => batch).join(", ");
    return executed.length <= 1 ? [] : [`${short(bytes)} was executed in batches ${batches}`];
  });

function checkRoots({ l1, nodes }: ChaosFacts): string[] {
  return nodes.flatMap(({ name, batches, finalBatches, finalRoot }) => {
    const differences: string[] = [];
    if (finalRoot !== l1.finalRoot) differences.push(`root ${finalRoot}, and L1 ${l1.finalRoot}`);
    if (finalBatches !== l1.finalBatches) differences.push(`${finalBatches} final batches, and L1 ${l1.finalBatches}`);
    if (batches !== l1.batches) differences.push(`${batches} batches, and L1 ${l1.batches}`);
    return differences.map((difference) => `${name} has ${difference}`);
  });
}

const checkProgress = ({ l1 }: ChaosFacts): string[] => [
  ...(l1.isFrozen ? ["the rollup is frozen"] : []),
  ...(l1.batches === l1.finalBatches ? [] : [`${l1.batches - l1.finalBatches} batches are not final`]),
];

const checkMoney = ({ money }: ChaosFacts): string[] =>
  money
    .filter(({ custody, owed }) => custody !== owed)
    .map(({ currency, custody, owed }) => `${currency}: L1 holds ${custody}, and owes ${owed}`);

/** An empty transaction to its sender: it cancels, and means nothing. */
const isCancel = ({ from, to, data, value }: SentFact): boolean =>
  to.toLowerCase() === from.toLowerCase() && data === "0x" && value === 0n;
const meaningOf = ({ to, data, value }: SentFact): string => `${to.toLowerCase()} ${data} ${value}`;

/** A nonce has one meaning whatever was signed with it, and one meaning happens under one nonce. */
function checkSent({ sent }: ChaosFacts): string[] {
  const violations: string[] = [];
  const byNonce = new Map<string, Map<string, SentFact>>();
  const byMeaning = new Map<string, Set<number>>();
  for (const transaction of sent) {
    const { from, nonce, succeeded } = transaction;
    if (isCancel(transaction)) continue;
    const meaning = meaningOf(transaction);
    const slot = `${from.toLowerCase()} nonce ${nonce}`;
    const meanings = byNonce.get(slot) ?? new Map<string, SentFact>();
    byNonce.set(slot, meanings.set(meaning, transaction));
    if (succeeded !== true) continue;
    const own = `${from.toLowerCase()} ${meaning}`;
    byMeaning.set(own, (byMeaning.get(own) ?? new Set()).add(nonce));
  }
  for (const [slot, meanings] of byNonce) {
    if (meanings.size <= 1) continue;
    const hashes = [...meanings.values()].map(({ hash }) => short(hash)).join(", ");
    violations.push(`${slot} was signed for ${meanings.size} different calls: ${hashes}`);
  }
  for (const [own, nonces] of byMeaning) {
    if (nonces.size > 1) {
      violations.push(`${short(own)} happened ${nonces.size} times: nonces ${[...nonces].join(", ")}`);
    }
  }
  return violations;
}

const checkEnds = ({ ends }: ChaosFacts): string[] =>
  ends.map(
    ({ node, code, signal, tail }) => `${node} ended by itself (${signal ?? `exit code ${code ?? 0}`}): ${tail}`,
  );

/** An invariant, and how it is looked at. */
export interface Check<Facts> {
  readonly name: string;
  readonly meaning: string;
  readonly looked: (facts: Facts) => number;
  readonly check: (facts: Facts) => string[];
}

/** The checks of any rollup. */
export const CHECKS: readonly Check<ChaosFacts>[] = [
  {
    ...{ name: "accepted", meaning: "Every accepted transaction is final, or void with a reason." },
    ...{ looked: ({ accepted }) => accepted.length, check: checkAccepted },
  },
  {
    ...{ name: "answers", meaning: "The node that took a transaction says of it what L1 says." },
    ...{ looked: ({ accepted }) => accepted.length, check: checkAnswers },
  },
  {
    ...{ name: "once", meaning: "No transaction was executed twice." },
    ...{ looked: ({ accepted }) => accepted.length, check: checkOnce },
  },
  {
    ...{ name: "roots", meaning: "All nodes have L1's root and batches." },
    ...{ looked: ({ nodes }) => nodes.length, check: checkRoots },
  },
  {
    ...{ name: "progress", meaning: "Every batch is final, and the rollup is not frozen." },
    ...{ looked: ({ l1 }) => l1.batches, check: checkProgress },
  },
  {
    ...{ name: "money", meaning: "The contracts hold exactly what they owe." },
    ...{ looked: ({ money }) => money.length, check: checkMoney },
  },
  {
    ...{ name: "sent", meaning: "No nonce on L1 was signed for two calls, and no call happened twice." },
    ...{ looked: ({ sent }) => sent.length, check: checkSent },
  },
  {
    ...{
      name: "ends",
      meaning: "No node ended by itself, except on a full disk or in a start without L1; nobody repaired anything.",
    },
    ...{ looked: ({ nodes }) => nodes.length, check: checkEnds },
  },
];

/** Looks at everything. */
export const judge = <Facts>(facts: Facts, checks: readonly Check<Facts>[]): Verdict[] =>
  checks.map(({ name, meaning, looked, check }) => ({
    ...{ name, meaning, looked: looked(facts) },
    violations: check(facts),
  }));
