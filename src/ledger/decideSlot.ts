// SPDX-License-Identifier: MIT
import {
  ARRIVAL,
  decodeTip,
  DEPARTURE,
  encodePayload,
  SEQUENCER_BOUND,
  type ForcedSlot,
  type TransactionSlot,
} from "../codec/index.ts";
import { decompressKey, transactionMessage, verifySignature } from "../crypto/index.ts";
import { isField, L } from "../field.ts";
import { BALANCE_LIMIT, type Account } from "./account.ts";
import type { AccountTree } from "./accountTree.ts";
import { openArrivals, type ArrivalsByRoot } from "./arrivals.ts";
import type { Exit } from "./exits.ts";
import type { OperationKind, Outcome, Reason } from "./outcome.ts";
import type { State } from "./state.ts";

/** Inputs that the slots of a leaf share. */
export interface SlotContext {
  readonly baseFee: bigint;
  readonly feeToken: bigint;
  /** L1 address that posted the batch, 160 bits. */
  readonly sequencer: bigint;
  /** docs/protocol.md §3, 248 bits. */
  readonly domain: bigint;
  /** Levels of the subtree of an arrival. */
  readonly levels: number;
  /** The accounts of arrivals. */
  readonly arrivals: ArrivalsByRoot;
}

/** Effect of a slot on the state. */
export interface Verdict {
  readonly outcome: Outcome;
  /** The sender's account after the debit. */
  readonly debited?: Account;
  /** The receiver's account after the credit; of a transfer to oneself: after both. */
  readonly credited?: Account;
  /** The account that is created at `nextIndex`. */
  readonly created?: Account;
  /** The accounts that arrive. */
  readonly arrived?: AccountTree;
  readonly exit?: Omit<Exit, "slot">;
  /** Paid to the prover and to the sequencer, in units of the fee token. */
  readonly fees?: { readonly baseFee: bigint; readonly tip: bigint };
}

/** docs/protocol.md §5.1, L2 transaction. Total. */
export function decideTransaction(state: State, slot: TransactionSlot, context: SlotContext): Verdict {
  const kind = slot.to === 0 ? "exit" : "transfer";
  const sender = state.account(slot.from);
  if (sender === undefined) {
    return noOp(kind, "UNKNOWN_SENDER");
  }
  const unauthorised = checkSignature(sender, slot, context);
  if (unauthorised !== undefined) {
    return noOp(kind, unauthorised);
  }
  const fees = feesOf(slot, context);
  const moved = move(state, { ...sender, nonce: sender.nonce + 1n }, slot, fees.baseFee + fees.tip);
  if ("reason" in moved) {
    return noOp(kind, moved.reason);
  }
  return {
    outcome: { kind, status: "executed" },
    ...moved,
    ...(slot.to === 0 && { exit: { recipient: sender.owner, token: slot.token, amount: slot.amount } }),
    fees,
  };
}

/** Fees that an L2 transaction pays beside its amount: 0 if its token is not the fee token. */
export function feesOf(
  { token, tipMantissa, tipExponent }: TransactionSlot,
  { baseFee, feeToken }: Pick<SlotContext, "baseFee" | "feeToken">,
): { readonly baseFee: bigint; readonly tip: bigint } {
  return token === feeToken
    ? { baseFee, tip: decodeTip({ mantissa: tipMantissa, exponent: tipExponent }) }
    : { baseFee: 0n, tip: 0n };
}

/**
 * Why an L2 transaction would be void whatever its signature and nonce: `decideTransaction` without its dear part.
 *
 * @returns undefined if it would be executed with a valid signature
 */
export function obstacleTo(
  state: State,
  slot: TransactionSlot,
  context: Pick<SlotContext, "baseFee" | "feeToken">,
): Reason | undefined {
  const sender = state.account(slot.from);
  if (sender === undefined) return "UNKNOWN_SENDER";
  const { baseFee, tip } = feesOf(slot, context);
  const moved = move(state, sender, slot, baseFee + tip);
  return "reason" in moved ? moved.reason : undefined;
}

/**
 * docs/protocol.md §5.1, forced operations. Total, except for arrivals that L1 has not published.
 *
 * @throws {ProtocolError} `UNKNOWN_ARRIVALS`
 */
export function decideForced(
  state: State,
  slot: ForcedSlot,
  context: Pick<SlotContext, "levels" | "arrivals">,
): Verdict {
  if ((slot.flags & ARRIVAL) !== 0n) {
    return decideArrival(state, slot, context);
  }
  if ((slot.flags & DEPARTURE) !== 0n) {
    return { outcome: { kind: "departure", status: "taken", request: slot.keyY } };
  }
  if (slot.from === 0) {
    return slot.to === 0 ? decideCreation(state, slot) : decideTopUp(state, slot);
  }
  const kind = slot.to === 0 ? "forcedExit" : "forcedTransfer";
  const sender = state.account(slot.from);
  if (sender === undefined) {
    return noOp(kind, "UNKNOWN_SENDER");
  }
  if (sender.owner !== slot.l1Address) {
    return noOp(kind, "NOT_OWNER");
  }
  const amount = slot.to === 0 && sender.balance < slot.amount ? sender.balance : slot.amount;
  const moved = move(state, sender, { ...slot, amount }, 0n);
  if ("reason" in moved) {
    return noOp(kind, moved.reason);
  }
  return {
    outcome: { kind, status: "executed" },
    ...moved,
    ...(slot.to === 0 && { exit: { recipient: sender.owner, token: slot.token, amount } }),
  };
}

function decideArrival(
  state: State,
  { keyY }: ForcedSlot,
  { levels, arrivals }: Pick<SlotContext, "levels" | "arrivals">,
): Verdict {
  return state.nextSubtree(levels) >= state.accounts.capacity
    ? noOp("arrival", "TREE_FULL")
    : { outcome: { kind: "arrival", status: "executed" }, arrived: openArrivals(keyY, arrivals, levels) };
}

function decideCreation(state: State, slot: ForcedSlot): Verdict {
  if (state.nextIndex >= state.accounts.capacity) {
    return refund("createAccount", "TREE_FULL", slot);
  }
  const decompressed = decompressKey(slot);
  if ("error" in decompressed) {
    return refund("createAccount", decompressed.error, slot);
  }
  const { x, y } = decompressed.key;
  const { token, amount, l1Address } = slot;
  return {
    outcome: { kind: "createAccount", status: "executed" },
    created: { ax: x, ay: y, nonce: 0n, token, balance: amount, owner: l1Address },
  };
}

function decideTopUp(state: State, slot: ForcedSlot): Verdict {
  const result = credit(state.account(slot.to), slot);
  return "reason" in result
    ? refund("topUp", result.reason, slot)
    : { outcome: { kind: "topUp", status: "executed" }, ...result };
}

function checkSignature(sender: Account, slot: TransactionSlot, context: SlotContext): Reason | undefined {
  const { flags, h, s } = slot;
  if (flags !== 0n && flags !== SEQUENCER_BOUND) {
    return "UNKNOWN_FLAGS";
  }
  if (!isField(h)) {
    return "CHALLENGE_NOT_CANONICAL";
  }
  if (s >= L) {
    return "RESPONSE_NOT_CANONICAL";
  }
  const message = transactionMessage({
    domain: context.domain,
    payload: encodePayload(slot),
    nonce: sender.nonce,
    bound: flags === SEQUENCER_BOUND ? context.sequencer : 0n,
  });
  return verifySignature({ x: sender.ax, y: sender.ay }, message, { h, s }) ? undefined : "BAD_SIGNATURE";
}

interface Movement {
  readonly from: number;
  readonly to: number;
  readonly token: bigint;
  readonly amount: bigint;
}

type Moved = { readonly debited: Account; readonly credited?: Account } | { readonly reason: Reason };

/** Takes `amount + fees` from the sender, whose account exists, and gives `amount` to the receiver, if there is one. */
function move(state: State, sender: Account, { from, to, token, amount }: Movement, fees: bigint): Moved {
  if (sender.token !== token) {
    return { reason: "SENDER_TOKEN_MISMATCH" };
  }
  if (sender.balance < amount + fees) {
    return { reason: "INSUFFICIENT_BALANCE" };
  }
  const debited = { ...sender, balance: sender.balance - amount - fees };
  if (to === 0) {
    return { debited };
  }
  const receiver = to === from ? debited : state.account(to);
  const result = credit(receiver, { token, amount });
  return "reason" in result ? result : { debited, ...result };
}

function credit(
  receiver: Account | undefined,
  { token, amount }: Pick<Movement, "token" | "amount">,
): { readonly credited: Account } | { readonly reason: Reason } {
  if (receiver === undefined) {
    return { reason: "UNKNOWN_RECEIVER" };
  }
  if (receiver.token !== token) {
    return { reason: "RECEIVER_TOKEN_MISMATCH" };
  }
  if (receiver.balance + amount >= BALANCE_LIMIT) {
    return { reason: "RECEIVER_OVERFLOW" };
  }
  return { credited: { ...receiver, balance: receiver.balance + amount } };
}

const noOp = (kind: OperationKind, reason: Reason): Verdict => ({ outcome: { kind, status: "void", reason } });

const refund = (kind: OperationKind, reason: Reason, { l1Address, token, amount }: ForcedSlot): Verdict => ({
  outcome: { kind, status: "refunded", reason },
  exit: { recipient: l1Address, token, amount },
});
