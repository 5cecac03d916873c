// SPDX-License-Identifier: MIT
import { decodeTransactionSlot, readForcedSlot, requireLength, SLOT_BYTES, type Header } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Profile } from "../profile.ts";
import { decideForced, decideTransaction, type SlotContext, type Verdict } from "./decideSlot.ts";
import { creditTips, writeVerdict, type Environment } from "./leaf.ts";
import type { Outcome } from "./outcome.ts";
import type { State } from "./state.ts";

/** Fields of a batch's header that the effects of its slots depend on. */
export type BatchTerms = Pick<Header, "baseFee" | "feeToken" | "feeAccount">;

/**
 * Puts a batch together slot by slot, and applies each slot once. The effect of a transaction in its place is known
 * before it is taken. The batch has the same states and outcomes as `applyBatch` of its bytes.
 */
export class BatchBuilder {
  readonly #profile: Profile;
  readonly #terms: BatchTerms;
  readonly #context: SlotContext;
  readonly #slots: Uint8Array[] = [];
  /** After the slots, without the tips of a leaf that is not full. */
  #state: State;
  #tips = 0n;
  #allTips = 0n;
  #forcedCount = 0;

  /**
   * @param before state on which the batch is executed
   * @param environment as for `applyBatch`
   */
  constructor(
    profile: Profile,
    before: State,
    terms: BatchTerms,
    { sequencer, domain, arrivals = new Map() }: Environment,
  ) {
    const { baseFee, feeToken } = terms;
    this.#profile = profile;
    this.#terms = terms;
    this.#context = { baseFee, feeToken, sequencer, domain, levels: profile.levels, arrivals };
    this.#state = before;
  }

  /** State on which the next slot is executed. */
  get state(): State {
    return this.#state;
  }

  /** Number of slots. */
  get size(): number {
    return this.#slots.length;
  }

  /** Number of forced operations taken so far. */
  get forcedCount(): number {
    return this.#forcedCount;
  }

  /** Sum of the tips of all slots, in units of the fee token. */
  get tips(): bigint {
    return this.#allTips;
  }

  /** Account that gets the tips of a leaf at its end. */
  get feeAccount(): number {
    return this.#terms.feeAccount;
  }

  /** The bytes, without padding. */
  get data(): Uint8Array {
    return Buffer.concat(this.#slots);
  }

  /** State after the batch if no slot follows. */
  get result(): State {
    return this.#isFull ? this.#state : creditTips(this.#state, this.#terms, this.#tips).state;
  }

  /**
   * Takes a forced operation, whatever it does.
   *
   * @throws {ProtocolError} `FORCED_COMES_FIRST` after a transaction; as `applySlot`
   */
  force(bytes: Uint8Array): Outcome {
    if (this.size > this.#forcedCount) {
      throw new ProtocolError(
        "FORCED_COMES_FIRST",
        { forced: this.#forcedCount, transactions: this.size - this.#forcedCount },
        "forced operations come before all transactions of a batch",
      );
    }
    const slot = readForcedSlot(bytes);
    const verdict = decideForced(this.#state, slot, this.#context);
    this.#forcedCount += 1;
    return this.#take(bytes, slot, verdict);
  }

  /** Takes a transaction, whatever it does. @throws {ProtocolError} `BAD_LENGTH` */
  append(bytes: Uint8Array): Outcome {
    const slot = decodeTransactionSlot(bytes);
    return this.#take(bytes, slot, decideTransaction(this.#state, slot, this.#context));
  }

  /** Takes a transaction if it is executed in this place, and says what it does. @throws {ProtocolError} `BAD_LENGTH` */
  offer(bytes: Uint8Array): Outcome {
    const slot = decodeTransactionSlot(bytes);
    const verdict = decideTransaction(this.#state, slot, this.#context);
    return verdict.outcome.status === "executed" ? this.#take(bytes, slot, verdict) : verdict.outcome;
  }

  get #isFull(): boolean {
    return this.size % this.#profile.slots === 0;
  }

  #take(bytes: Uint8Array, places: { readonly from: number; readonly to: number }, verdict: Verdict): Outcome {
    this.#slots.push(requireLength(bytes, SLOT_BYTES, "slot"));
    this.#state = writeVerdict(this.#state, places, verdict).after;
    const tip = verdict.fees?.tip ?? 0n;
    this.#tips += tip;
    this.#allTips += tip;
    if (this.#isFull) {
      this.#state = creditTips(this.#state, this.#terms, this.#tips).state;
      this.#tips = 0n;
    }
    return verdict.outcome;
  }
}
