import { decodeTip } from "../codec/tip.ts";
import { decodeSlot, SEQUENCER_BOUND, type DecodedSlot } from "../codec/slot.ts";
import type { Header } from "../codec/header.ts";
import { decompressKey } from "../crypto/babyjubjub.ts";
import { verify } from "../crypto/eddsa.ts";
import { FIELD_MODULUS, reduce } from "../field.ts";
import { accountCapacity, type Profile } from "../profile.ts";
import { ABSENT, accountNumbers, type Account, type AccountNumbers } from "./account.ts";
import type { Path } from "./accountTree.ts";
import { transactionMessage } from "./domain.ts";
import type { Exit } from "./exits.ts";
import { isFull, type State } from "./state.ts";

const BALANCE_LIMIT = 1n << 128n;

/** Why a slot did what it did: "applied", or the first rule of docs/protocol.md §5.1 that it broke. */
export type Outcome =
  | "applied"
  | "unknown-flags"
  | "unknown-sender"
  | "bad-signature"
  | "not-owner"
  | "wrong-sender-token"
  | "insufficient-balance"
  | "unknown-receiver"
  | "wrong-receiver-token"
  | "receiver-overflow"
  | "bad-key"
  | "tree-full";

/** What holds for every slot of a leaf. */
export interface SlotContext {
  readonly profile: Profile;
  readonly header: Header;
  /** 160 bits. */
  readonly sequencer: bigint;
  readonly domain: bigint;
}

/** An account's part of a slot's witness. */
export interface AccountWitness {
  readonly account: AccountNumbers;
  readonly exists: 0n | 1n;
  readonly path: Path;
}

export interface SlotResult {
  readonly state: State;
  readonly outcome: Outcome;
  readonly exit: Exit | undefined;
  readonly baseFee: bigint;
  readonly tip: bigint;
  /** Index of the account that was created. */
  readonly created: number | undefined;
  readonly sender: AccountWitness;
  readonly receiver: AccountWitness;
  readonly keyRoot: bigint;
}

/** What a valid slot does to accounts; the rest of the result follows from it. */
interface Effect {
  readonly outcome: Outcome;
  readonly moved: bigint;
  readonly fees: bigint;
  readonly debits: boolean;
  readonly credits: boolean;
  readonly creates: Account | undefined;
  readonly exit: Exit | undefined;
}

/** Applies one slot (docs/protocol.md §5.1). Total: any 93 bytes give one result. */
export function applySlot(state: State, bytes: Uint8Array, isForced: boolean, context: SlotContext): SlotResult {
  const slot = decodeSlot(bytes);
  const { profile, header } = context;
  const isCreation = isForced && slot.from === 0 && slot.to === 0;
  const decompressed = isCreation ? decompressKey(reduce(slot.forced.keyY), slot.forced.keySign) : undefined;

  const effect = isForced ? forcedEffect(state, slot, context) : transactionEffect(state, slot, context);

  const capacity = accountCapacity(profile);
  const senderIndex = slot.from % capacity;
  const sender = accountWitness(state, senderIndex);
  let accounts = state.accounts;
  const before = accounts.get(senderIndex);
  if (effect.debits && before !== undefined) {
    const nonce = isForced ? before.nonce : before.nonce + 1n;
    accounts = accounts.set(senderIndex, { ...before, nonce, balance: before.balance - effect.moved - effect.fees });
  }

  const receiverIndex = (isCreation ? state.nextIndex : slot.to) % capacity;
  const receiver = accountWitness({ ...state, accounts }, receiverIndex);
  const credited = accounts.get(receiverIndex);
  if (effect.credits && credited !== undefined) {
    accounts = accounts.set(receiverIndex, { ...credited, balance: credited.balance + effect.moved });
  }
  if (effect.creates !== undefined) accounts = accounts.set(receiverIndex, effect.creates);

  const paysFees = effect.debits && !isForced && slot.token === header.feeToken;
  return {
    state: { accounts, nextIndex: state.nextIndex + (effect.creates === undefined ? 0 : 1) },
    outcome: effect.outcome,
    exit: effect.exit,
    baseFee: paysFees ? header.baseFee : 0n,
    tip: paysFees ? decodeTip(slot.tip) : 0n,
    created: effect.creates === undefined ? undefined : receiverIndex,
    sender,
    receiver,
    keyRoot: decompressed?.root ?? 0n,
  };
}

function transactionEffect(state: State, slot: DecodedSlot, context: SlotContext): Effect {
  const { header, sequencer, domain } = context;
  const sender = known(state, slot.from);
  const fees = slot.token === header.feeToken ? header.baseFee + decodeTip(slot.tip) : 0n;
  if (sender === undefined) return noop("unknown-sender");
  if ((slot.flags & ~SEQUENCER_BOUND) !== 0) return noop("unknown-flags");
  const message = transactionMessage(domain, slot.payload, sender.nonce, sequencer);
  if (!verify(sender.key, slot.signature, message)) return noop("bad-signature");
  if (sender.token !== slot.token) return noop("wrong-sender-token");
  if (slot.amount + fees > sender.balance) return noop("insufficient-balance");
  return move(state, slot, sender, slot.amount, fees);
}

function forcedEffect(state: State, slot: DecodedSlot, context: SlotContext): Effect {
  if (slot.from === 0) return slot.to === 0 ? createAccount(state, slot, context) : topUp(state, slot);
  const sender = known(state, slot.from);
  if (sender === undefined) return noop("unknown-sender");
  if (sender.owner !== slot.forced.l1Address) return noop("not-owner");
  if (sender.token !== slot.token) return noop("wrong-sender-token");
  const covered = slot.amount <= sender.balance;
  // A forced exit takes what is there.
  if (slot.to === 0) return move(state, slot, sender, covered ? slot.amount : sender.balance, 0n);
  if (!covered) return noop("insufficient-balance");
  return move(state, slot, sender, slot.amount, 0n);
}

/** A debit of `moved + fees` that the sender has authorised and can pay. */
function move(state: State, slot: DecodedSlot, sender: Account, moved: bigint, fees: bigint): Effect {
  const debit = { outcome: "applied", moved, fees, debits: true, creates: undefined } as const;
  if (slot.to === 0) {
    return { ...debit, credits: false, exit: { recipient: sender.owner, token: slot.token, amount: moved } };
  }
  const obstacle = creditObstacle(state, slot, moved);
  return obstacle === undefined ? { ...debit, credits: true, exit: undefined } : noop(obstacle);
}

function createAccount(state: State, slot: DecodedSlot, { profile }: SlotContext): Effect {
  const { keyY, keySign, l1Address } = slot.forced;
  const key = keyY < FIELD_MODULUS ? decompressKey(keyY, keySign).key : undefined;
  if (key === undefined) return refund("bad-key", slot);
  if (isFull(state, profile)) return refund("tree-full", slot);
  const creates = { key, nonce: 0n, token: slot.token, balance: slot.amount, owner: l1Address };
  return { ...noop("applied"), moved: slot.amount, creates };
}

function topUp(state: State, slot: DecodedSlot): Effect {
  const obstacle = creditObstacle(state, slot, slot.amount);
  if (obstacle !== undefined) return refund(obstacle, slot);
  return { ...noop("applied"), moved: slot.amount, credits: true };
}

/** Why `slot.to` cannot be credited. A transfer to oneself never overflows: the debit comes first. */
function creditObstacle(state: State, slot: DecodedSlot, moved: bigint): Outcome | undefined {
  const receiver = known(state, slot.to);
  if (receiver === undefined) return "unknown-receiver";
  if (receiver.token !== slot.token) return "wrong-receiver-token";
  if (slot.to !== slot.from && receiver.balance + moved >= BALANCE_LIMIT) return "receiver-overflow";
  return undefined;
}

/** A deposit that cannot be executed leaves again, to the address it came with. */
function refund(outcome: Outcome, slot: DecodedSlot): Effect {
  return { ...noop(outcome), exit: { recipient: slot.forced.l1Address, token: slot.token, amount: slot.amount } };
}

function noop(outcome: Outcome): Effect {
  return { outcome, moved: 0n, fees: 0n, debits: false, credits: false, creates: undefined, exit: undefined };
}

function known(state: State, index: number): Account | undefined {
  return index === 0 ? undefined : state.accounts.get(index);
}

/** What the circuit is told of the account at `index`. @param index inside the tree */
export function accountWitness(state: State, index: number): AccountWitness {
  const account = state.accounts.get(index);
  return {
    account: account === undefined ? ABSENT : accountNumbers(account),
    exists: account === undefined ? 0n : 1n,
    path: state.accounts.path(index),
  };
}
