// SPDX-License-Identifier: MIT
import { decodeTransactionSlot, readForcedSlot, requireLength, SLOT_BYTES, type Header } from "../codec/index.ts";
import { keyRootHint } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toUint, type Field } from "../field.ts";
import { leafBytes, type Profile } from "../profile.ts";
import { accountTuple, BALANCE_LIMIT, type AccountTuple } from "./account.ts";
import type { AccountPath } from "./accountTree.ts";
import type { ArrivalsByRoot } from "./arrivals.ts";
import { commitLeafData, encodeLeafData, type LeafData, type SlotChunks } from "./commitment.ts";
import { decideForced, decideTransaction, type SlotContext, type Verdict } from "./decideSlot.ts";
import { exitsHash, isNothing, type Exit } from "./exits.ts";
import type { Outcome } from "./outcome.ts";
import type { State } from "./state.ts";

/** Inputs of a batch beside its data: the L1 address that posted it, the rollup, and the accounts that L1 published. */
export interface Environment {
  /** L1 address that posted the batch, 160 bits. */
  readonly sequencer: bigint;
  /** `encodeDomain`, 248 bits. */
  readonly domain: bigint;
  /** The accounts of its arrivals. Default: none. */
  readonly arrivals?: ArrivalsByRoot;
}

/** The leaf circuit's private inputs (docs/protocol.md §6). */
export interface LeafWitness {
  readonly accountsRoot: bigint;
  readonly nextIndex: bigint;
  readonly chunks: readonly SlotChunks[];
  readonly sender: readonly AccountTuple[];
  readonly senderExists: readonly bigint[];
  readonly senderPath: readonly AccountPath[];
  readonly receiver: readonly AccountTuple[];
  readonly receiverExists: readonly bigint[];
  readonly receiverPath: readonly AccountPath[];
  readonly keyRoot: readonly bigint[];
  readonly feeAccountLeaf: AccountTuple;
  readonly feeAccountExists: bigint;
  readonly feeAccountPath: AccountPath;
}

/** The tips of a leaf, in units of the fee token. */
export interface Tips {
  readonly amount: bigint;
  /** Whether the fee account took them; otherwise they are part of `proverFees`. */
  readonly credited: boolean;
}

/** Effects of a leaf. */
export interface LeafResult extends Omit<Environment, "arrivals"> {
  /** Root of the state before the leaf. */
  readonly oldStateRoot: Field;
  /** The state after the leaf. */
  readonly state: State;
  /** The outcome of each slot. */
  readonly outcomes: readonly Outcome[];
  /** Exits of the leaf, in the order of their slots. */
  readonly exits: readonly Exit[];
  /** Hash of the exits. */
  readonly exitsHash: Field;
  /** Paid on L1 to whoever proves, in units of the fee token. */
  readonly proverFees: bigint;
  /** Sum of the tips, and whether the fee account took them. */
  readonly tips: Tips;
  /** Header and bytes of the leaf. */
  readonly data: LeafData;
  /** Commitment to the data, public signal `c`. */
  readonly c: Field;
  /** Private inputs of the leaf circuit. */
  readonly witness: LeafWitness;
}

/**
 * Applies one leaf (docs/protocol.md §5). Every `bytes` of the leaf's length has exactly one result.
 *
 * @param header of the leaf: `forcedCount` counts its own forced operations; more than it has slots count as all of
 *   them
 * @throws {ProtocolError} `BAD_LENGTH`, `OUT_OF_RANGE` for data or a header that L1 never has; `UNKNOWN_ARRIVALS` if the
 *   environment lacks the accounts of an arrival; `PROFILE_MISMATCH` if the state has another depth than the profile
 */
export function applyLeaf(
  profile: Profile,
  before: State,
  { header, bytes }: { readonly header: Header; readonly bytes: Uint8Array },
  { sequencer, domain, arrivals = new Map() }: Environment,
): LeafResult {
  requireLength(bytes, leafBytes(profile), "leaf");
  toUint(sequencer, 160, "sequencer");
  toUint(domain, 248, "domain");
  if (before.accounts.depth !== profile.depth) {
    throw new ProtocolError(
      "PROFILE_MISMATCH",
      { depth: before.accounts.depth, expected: profile.depth },
      `depth ${before.accounts.depth} instead of ${profile.depth}`,
    );
  }
  const data = encodeLeafData(header, bytes);
  const { baseFee, feeToken } = header;
  const context = { baseFee, feeToken, sequencer, domain, levels: profile.levels, arrivals };

  const steps: Step[] = [];
  for (let state = before; steps.length < profile.slots;) {
    const slot = steps.length;
    const step = applySlot(state, bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES), {
      ...context,
      isForced: slot < header.forcedCount,
    });
    steps.push(step);
    state = step.after;
  }

  const slotsApplied = steps.at(-1)?.after ?? before;
  const feeAccount = (): AccountRead => readAccount(slotsApplied, header.feeAccount);
  const { state, tips } = creditTips(slotsApplied, header, sumFees(steps, "tip"));
  const hashOfExits = lazy(() => exitsHash(exits, profile.slots));
  const witness = lazy(() => witnessOf(before, data, steps, feeAccount()));
  const commitment = lazy(() => commitLeafData(data));
  const exits = steps.flatMap(({ verdict: { exit } }, slot) =>
    exit === undefined || isNothing(exit) ? [] : [{ slot, ...exit }],
  );
  return {
    sequencer,
    domain,
    // Getters compute hashes on first use: a node that only follows the chain needs only the root of its last state.
    get oldStateRoot() {
      return before.root;
    },
    state,
    outcomes: steps.map(({ verdict }) => verdict.outcome),
    exits,
    get exitsHash() {
      return hashOfExits();
    },
    proverFees: sumFees(steps, "baseFee") + (tips.credited ? 0n : tips.amount),
    tips,
    data,
    get c() {
      return commitment();
    },
    get witness() {
      return witness();
    },
  };
}

const witnessOf = (before: State, data: LeafData, steps: readonly Step[], feeAccount: AccountRead): LeafWitness => ({
  accountsRoot: before.accounts.root,
  nextIndex: BigInt(before.nextIndex),
  chunks: data.chunks,
  sender: steps.map(({ sender }) => sender.account),
  senderExists: steps.map(({ sender }) => sender.exists),
  senderPath: steps.map(({ sender }) => sender.path),
  receiver: steps.map(({ receiver }) => receiver.account),
  receiverExists: steps.map(({ receiver }) => receiver.exists),
  receiverPath: steps.map(({ receiver }) => receiver.path),
  keyRoot: steps.map(({ keyRoot }) => keyRoot),
  feeAccountLeaf: feeAccount.account,
  feeAccountExists: feeAccount.exists,
  feeAccountPath: feeAccount.path,
});

/** Computes a value once, when it is asked for. */
function lazy<Value extends object | bigint>(compute: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= compute());
}

/** One slot's effect and what the circuit has to be shown for it. */
export interface Step {
  readonly verdict: Verdict;
  readonly after: State;
  readonly sender: AccountRead;
  readonly receiver: AccountRead;
  readonly keyRoot: bigint;
}

/** An account as the circuit takes it. */
export interface AccountRead {
  readonly account: AccountTuple;
  readonly exists: bigint;
  readonly path: AccountPath;
}

/** The account at `index mod 4^depth`. */
export function readAccount(state: State, index: number): AccountRead {
  const place = index % state.accounts.capacity;
  const account = state.account(place);
  const path = lazy(() => state.accounts.path(place));
  return {
    account: accountTuple(account),
    exists: account === undefined ? 0n : 1n,
    get path() {
      return path();
    },
  };
}

/**
 * Applies one slot (docs/protocol.md §5.1), without the fees, which are settled at the end of the leaf. Every 93 bytes
 * have exactly one result.
 *
 * @throws {ProtocolError} `BAD_LENGTH`, `UNKNOWN_ARRIVALS`
 */
export function applySlot(
  before: State,
  bytes: Uint8Array,
  context: SlotContext & { readonly isForced: boolean },
): Step {
  if (!context.isForced) {
    const slot = decodeTransactionSlot(bytes);
    return execute(before, slot, decideTransaction(before, slot, context));
  }
  const slot = readForcedSlot(bytes);
  const verdict = decideForced(before, slot, context);
  switch (verdict.outcome.kind) {
    case "createAccount":
      return { ...execute(before, { from: 0, to: before.nextIndex }, verdict), keyRoot: keyRootHint(slot) };
    case "arrival":
      return execute(before, { from: slot.from, to: before.nextSubtree(context.levels) }, verdict);
    default:
      return execute(before, slot, verdict);
  }
}

/** Writes a verdict, the sender's account first; `to` is the place that the circuit reads as the receiver's. */
function execute(before: State, { from, to }: { readonly from: number; readonly to: number }, verdict: Verdict): Step {
  const { between, after } = writeVerdict(before, { from, to }, verdict);
  return { verdict, after, sender: readAccount(before, from), receiver: readAccount(between, to), keyRoot: 0n };
}

/** The state after a verdict, and between its debit and the rest. */
export function writeVerdict(
  before: State,
  { from, to }: { readonly from: number; readonly to: number },
  { debited, credited, created, arrived }: Verdict,
): { readonly between: State; readonly after: State } {
  const between = debited ? before.withAccount(from, debited) : before;
  const credits = credited ? between.withAccount(to, credited) : between;
  const creates = created ? credits.withNewAccount(created) : credits;
  return { between, after: arrived ? creates.withArrivals(arrived) : creates };
}

const sumFees = (steps: readonly Step[], part: "baseFee" | "tip"): bigint =>
  steps.reduce((sum, { verdict }) => sum + (verdict.fees?.[part] ?? 0n), 0n);

/** The state after a leaf whose slots led to `state` and paid `amount` in tips (docs/protocol.md §5.2). */
export function creditTips(
  state: State,
  { feeAccount, feeToken }: Pick<Header, "feeAccount" | "feeToken">,
  amount: bigint,
): { state: State; tips: Tips } {
  const account = state.account(feeAccount);
  if (account === undefined || account.token !== feeToken || account.balance + amount >= BALANCE_LIMIT) {
    return { state, tips: { amount, credited: false } };
  }
  const credited = { ...account, balance: account.balance + amount };
  return { state: state.withAccount(feeAccount, credited), tips: { amount, credited: true } };
}
