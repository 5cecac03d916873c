import { encodeHeader } from "../codec/header.ts";
import { slotChunks } from "../codec/slot.ts";
import { poseidon } from "../crypto/poseidon.ts";
import type { Field } from "../field.ts";
import { accountCapacity, type Profile } from "../profile.ts";
import type { AccountNumbers } from "./account.ts";
import type { Path } from "./accountTree.ts";
import { accountWitness, applySlot, type Outcome, type SlotResult } from "./applySlot.ts";
import { commitToLeaf, evaluateLeaf, type LeafData } from "./dataCommitment.ts";
import { ExitTree, type Exit } from "./exits.ts";
import { stateRoot, type State } from "./state.ts";

/** What does not come from the posted data but decides the result of a leaf. */
export interface LeafContext {
  readonly profile: Profile;
  /** Who posted the batch, 160 bits. */
  readonly sequencer: bigint;
  readonly domain: bigint;
}

/** The private inputs of the leaf circuit that describe the transition (docs/protocol.md §6). */
export interface LeafWitness {
  readonly accountsRoot: bigint;
  readonly nextIndex: bigint;
  readonly header: bigint;
  readonly chunks: readonly (readonly [bigint, bigint, bigint])[];
  readonly sender: readonly AccountNumbers[];
  readonly senderExists: readonly bigint[];
  readonly senderPath: readonly Path[];
  readonly receiver: readonly AccountNumbers[];
  readonly receiverExists: readonly bigint[];
  readonly receiverPath: readonly Path[];
  readonly keyRoot: readonly bigint[];
  readonly feeAccountLeaf: AccountNumbers;
  readonly feeAccountExists: bigint;
  readonly feeAccountPath: Path;
}

export interface LeafResult {
  readonly before: State;
  readonly state: State;
  /** One for each slot. */
  readonly outcomes: readonly Outcome[];
  readonly exits: readonly (Exit | undefined)[];
  readonly exitTree: ExitTree;
  /** Indices of the accounts created, slot by slot. */
  readonly created: readonly (number | undefined)[];
  /** What the batch's prover is paid, in units of the fee token. */
  readonly proverFees: bigint;
  /** What the fee account was credited. */
  readonly tips: bigint;
  readonly data: LeafData;
  readonly witness: LeafWitness;
}

const BALANCE_LIMIT = 1n << 128n;

/** Applies one leaf (docs/protocol.md §5). Total and deterministic. */
export function applyLeaf(before: State, data: LeafData, context: LeafContext): LeafResult {
  const { profile } = context;
  const { header } = data;
  let state = before;
  const slots: SlotResult[] = data.slots.map((bytes, i) => {
    const result = applySlot(state, bytes, i < header.forcedCount, { ...context, header });
    state = result.state;
    return result;
  });
  const sum = (value: (slot: SlotResult) => bigint): bigint => slots.reduce((total, slot) => total + value(slot), 0n);
  const tips = sum((slot) => slot.tip);

  const index = header.feeAccount % accountCapacity(profile);
  const feeAccountWitness = accountWitness(state, index);
  const feeAccount = header.feeAccount === 0 ? undefined : state.accounts.get(header.feeAccount);
  const credited =
    feeAccount !== undefined && feeAccount.token === header.feeToken && feeAccount.balance + tips < BALANCE_LIMIT;
  if (credited) {
    const accounts = state.accounts.set(index, { ...feeAccount, balance: feeAccount.balance + tips });
    state = { ...state, accounts };
  }

  const exits = slots.map((slot) => slot.exit);
  return {
    before,
    state,
    outcomes: slots.map((slot) => slot.outcome),
    exits,
    exitTree: new ExitTree(exits),
    created: slots.map((slot) => slot.created),
    proverFees: sum((slot) => slot.baseFee) + (credited ? 0n : tips),
    tips: credited ? tips : 0n,
    data,
    witness: {
      accountsRoot: before.accounts.root,
      nextIndex: BigInt(before.nextIndex),
      header: encodeHeader(header),
      chunks: data.slots.map(slotChunks),
      sender: slots.map((slot) => slot.sender.account),
      senderExists: slots.map((slot) => slot.sender.exists),
      senderPath: slots.map((slot) => slot.sender.path),
      receiver: slots.map((slot) => slot.receiver.account),
      receiverExists: slots.map((slot) => slot.receiver.exists),
      receiverPath: slots.map((slot) => slot.receiver.path),
      keyRoot: slots.map((slot) => slot.keyRoot),
      feeAccountLeaf: feeAccountWitness.account,
      feeAccountExists: feeAccountWitness.exists,
      feeAccountPath: feeAccountWitness.path,
    },
  };
}

/** What ties a leaf proof to its place and maker. */
export interface ProofBinding {
  /** Evaluation point of the batch's data. */
  readonly z: bigint;
  /** 248 bits: the batch or proposal. */
  readonly context: bigint;
  /** Who made the proof: an aggregator's address, a prover's index. */
  readonly worker: bigint;
}

/** The public signals of a leaf proof, in the circuit's order (docs/protocol.md §6). */
export interface LeafPublics {
  readonly newStateRoot: Field;
  readonly exitsRoot: Field;
  readonly proverFees: bigint;
  readonly c: Field;
  readonly y: Field;
  readonly digest: Field;
  readonly oldStateRoot: Field;
  readonly z: bigint;
  readonly sequencer: bigint;
  readonly domain: bigint;
  readonly context: bigint;
  readonly worker: bigint;
}

export function leafPublics(leaf: LeafResult, context: LeafContext, binding: ProofBinding): LeafPublics {
  const outputs = {
    newStateRoot: stateRoot(leaf.state),
    exitsRoot: leaf.exitTree.root,
    proverFees: leaf.proverFees,
    c: commitToLeaf(leaf.data),
    y: evaluateLeaf(leaf.data, binding.z),
  };
  const inputs = {
    oldStateRoot: stateRoot(leaf.before),
    z: binding.z,
    sequencer: context.sequencer,
    domain: context.domain,
    context: binding.context,
    worker: binding.worker,
  };
  const digest = poseidon([...Object.values(outputs), ...Object.values(inputs)]);
  return { ...outputs, digest, ...inputs };
}

/** All inputs of the leaf circuit: the public ones and the witness. */
export function leafCircuitInput(leaf: LeafResult, context: LeafContext, binding: ProofBinding): Record<string, unknown> {
  return {
    oldStateRoot: stateRoot(leaf.before),
    z: binding.z,
    sequencer: context.sequencer,
    domain: context.domain,
    context: binding.context,
    worker: binding.worker,
    ...leaf.witness,
  };
}
