// SPDX-License-Identifier: MIT
import { hexlify } from "ethers";

import {
  decodeTip,
  decodeTransactionSlot,
  requireLength,
  SEQUENCER_BOUND,
  SLOT_BYTES,
  type TransactionSlot,
} from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import {
  feesOf,
  obstacleTo,
  signedNonce,
  type BatchBuilder,
  type BatchTerms,
  type SlotContext,
  type State,
} from "../ledger/index.ts";

/** How much a pool keeps. */
export interface PoolLimits {
  /** Nonces of an account from its next one on; so many transactions of it are kept at most. Default 16. */
  readonly perSender?: number;
  /** Transactions in all. Default 4,096. */
  readonly total?: number;
}

/** Terms by which a pool judges its transactions. */
export type PoolTerms = Pick<SlotContext, "domain" | "sequencer"> & Pick<BatchTerms, "baseFee" | "feeToken">;

/** A transaction that left a pool without being executed. */
export interface Removed {
  /** 93 bytes. */
  readonly bytes: Uint8Array;
  readonly nonce: bigint;
  /** `REPLACED` by its sender's next one with the same nonce; `EVICTED` for one that pays more, as the pool was full. */
  readonly why: "REPLACED" | "EVICTED";
}

/** Result of adding a transaction to a pool. */
export interface Added {
  /** Nonce for which the transaction was signed. */
  readonly nonce: bigint;
  /** Whether the pool had the transaction before. */
  readonly isKnown: boolean;
  /** The transaction that had to leave for it. */
  readonly removed: Removed | undefined;
}

/** Where a sequencer's transactions wait: a `TransactionPool`, or one that keeps them on disk as well. */
export type Pool = Pick<TransactionPool, "size" | "revision" | "has" | "add" | "prune" | "select" | "pin">;

interface Pending {
  /** In hex. */
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly slot: TransactionSlot;
  readonly from: number;
  readonly to: number;
  readonly nonce: bigint;
  /** As the transaction says it, in whatever token. */
  readonly tip: bigint;
  /** Tip that the sequencer gets: 0 if its token is not the fee token. */
  readonly paidTip: bigint;
  /** Amount that the sender's balance loses. */
  readonly cost: bigint;
  readonly arrival: number;
}

/** The last transaction of a sender, and its priority by `#priorityOf`. */
interface Rank {
  readonly last: Pending;
  readonly priority: bigint;
}

/** A transaction replaces another one with its nonce if its tip is higher by so many percent. */
const REPLACEMENT_BUMP = 10n;

/**
 * Transactions that wait for a batch, by sender and nonce. One leaves the pool only when its nonce is used, which it is
 * once the transaction or another one of the same nonce was executed; when the sender replaces it; or, if the pool is
 * full, for one that pays more. A transaction that cannot be executed in the present state pays nothing, whatever tip
 * it promises.
 */
export class TransactionPool {
  readonly #terms: PoolTerms;
  readonly #perSender: number;
  readonly #total: number;
  readonly #senders = new Map<number, Map<bigint, Pending>>();
  readonly #ids = new Map<string, Pending>();
  #pinned: ReadonlySet<string> = new Set();
  #arrivals = 0;
  /** Ranks by `state`. A sender's rank is deleted when one of its transactions comes or leaves. */
  #ranks: { readonly state: State; readonly bySender: Map<number, Rank> } | undefined;

  constructor(terms: PoolTerms, { perSender = 16, total = 4_096 }: PoolLimits = {}) {
    this.#terms = terms;
    this.#perSender = perSender;
    this.#total = total;
  }

  /** Number of transactions. */
  get size(): number {
    return this.#ids.size;
  }

  /** Number of transactions that were taken since the pool was made: another one says that there are new ones. */
  get revision(): number {
    return this.#arrivals;
  }

  /** The first nonce from `nonce` on that no transaction of the account in the pool has. */
  nextNonce(account: number, nonce: bigint): bigint {
    const byNonce = this.#senders.get(account);
    let next = nonce;
    while (byNonce?.has(next) === true) next += 1n;
    return next;
  }

  /** Whether the pool has a transaction, 93 bytes. */
  has(transaction: Uint8Array): boolean {
    return this.#ids.has(hexlify(transaction));
  }

  /**
   * Takes a transaction. One that it has already is taken without a word.
   *
   * @param transaction signed, 93 bytes
   * @param state that decides: nonces and balances; the transactions before this one are not in it
   * @throws {ProtocolError} `BAD_LENGTH`; `UNKNOWN_SENDER` if there is no such account; `SENDER_TOKEN_MISMATCH`;
   *   `UNKNOWN_FLAGS`; `NONCE_USED`; `BAD_SIGNATURE` if it is not signed, or for another sequencer, or for a nonce too
   *   far ahead; `TIP_TOO_LOW` if the pool has another one with its nonce and a tip that is not lower by 10 %;
   *   `ALREADY_POSTED` if that one is in a batch already; `POOL_FULL` if all others pay more, or if it could not be
   *   executed as things stand
   */
  add(transaction: Uint8Array, state: State): Added {
    const bytes = Uint8Array.from(requireLength(transaction, SLOT_BYTES, "transaction"));
    const id = hexlify(bytes);
    const same = this.#ids.get(id);
    if (same !== undefined) return { nonce: same.nonce, isKnown: true, removed: undefined };
    const pending = this.#read(id, bytes, state);
    const known = this.#senders.get(pending.from)?.get(pending.nonce);
    const leaves = known === undefined ? this.#makeRoom(pending, state) : this.#requireReplaceable(known, pending);
    if (leaves !== undefined) this.#remove(leaves);
    this.#insert(pending);
    const why = known === undefined ? "EVICTED" : "REPLACED";
    const removed: Removed | undefined = leaves && { bytes: leaves.bytes, nonce: leaves.nonce, why };
    return { nonce: pending.nonce, isKnown: false, removed };
  }

  /**
   * Takes a transaction that was taken before, such as by a process that has ended, without a look at its signature and
   * at the limits. If there is another one with its nonce, nothing happens.
   *
   * @param transaction 93 bytes
   * @param nonce for which it was signed
   * @returns whether it is in the pool now
   * @throws {ProtocolError} `BAD_LENGTH`
   */
  restore(transaction: Uint8Array, nonce: bigint): boolean {
    const bytes = Uint8Array.from(requireLength(transaction, SLOT_BYTES, "transaction"));
    const id = hexlify(bytes);
    const pending = this.#pendingOf(id, bytes, decodeTransactionSlot(bytes), nonce);
    if (this.#senders.get(pending.from)?.has(nonce)) return this.#ids.has(id);
    this.#insert(pending);
    return true;
  }

  /** Takes a transaction out, whatever it is worth; those of its sender that follow stay. */
  drop(transaction: Uint8Array): void {
    const pending = this.#ids.get(hexlify(transaction));
    if (pending !== undefined) this.#remove(pending);
  }

  /**
   * Keeps transactions that are in a batch whose fate is not known: they are not evicted and not replaced.
   *
   * @param ids their bytes in hex; those of the call before are free again
   */
  pin(ids: ReadonlySet<string>): void {
    this.#pinned = ids;
  }

  /**
   * Drops what can never be executed: transactions whose nonce was used.
   *
   * @param state the virtual one
   * @returns what was dropped, 93 bytes each
   */
  prune(state: State): Uint8Array[] {
    const dropped: Uint8Array[] = [];
    for (const [from, byNonce] of this.#senders) {
      const next = state.account(from)?.nonce ?? 0n;
      for (const pending of byNonce.values()) {
        if (pending.nonce >= next) continue;
        this.#remove(pending);
        dropped.push(pending.bytes);
      }
    }
    return dropped;
  }

  /**
   * Appends to a batch what it executes: the highest tips first, of equals the earliest, and each sender's in the order
   * of their nonces. The pool keeps all of them: also those that do not fit or are not executed now.
   *
   * @param builder a batch that has its forced operations
   * @param room number of transactions that may follow
   * @param isExcluded transactions that are left out, by their bytes in hex, and those of their senders that follow
   * @returns the transactions, in order
   */
  select(builder: BatchBuilder, room: number, isExcluded: (id: string) => boolean = () => false): Uint8Array[] {
    const selected: Uint8Array[] = [];
    const heads = new Map<number, Pending>();
    const blocked = new Map<number, Pending>();
    const advance = (from: number): void => {
      heads.delete(from);
      const nonce = builder.state.account(from)?.nonce;
      const head = nonce === undefined ? undefined : this.#senders.get(from)?.get(nonce);
      if (head !== undefined && !isExcluded(head.id)) heads.set(from, head);
    };
    const release = (account: number): void => {
      const head = blocked.get(account);
      if (head !== undefined && blocked.delete(account)) heads.set(account, head);
    };
    for (const from of this.#senders.keys()) advance(from);
    while (heads.size > 0 && selected.length < room) {
      const best = [...heads.values()].reduce((a, b) => (isBefore(b, a) ? b : a));
      // If the transaction is void for another reason, its signature need not be checked.
      const isPossible = obstacleTo(builder.state, best.slot, this.#terms) === undefined;
      if (!isPossible || builder.offer(best.bytes).status !== "executed") {
        // It may have to wait for money or for an account that another transaction brings.
        heads.delete(best.from);
        blocked.set(best.from, best);
        continue;
      }
      selected.push(best.bytes);
      advance(best.from);
      for (const [from, { to }] of blocked) if (from === best.to || to === best.from) release(from);
      release(builder.feeAccount);
    }
    return selected;
  }

  #read(id: string, bytes: Uint8Array, state: State): Pending {
    const slot = decodeTransactionSlot(bytes);
    const { from, token, flags } = slot;
    const sender = state.account(from);
    if (sender === undefined) {
      throw new ProtocolError("UNKNOWN_SENDER", { account: from }, `there is no account ${from}`);
    }
    if (sender.token !== token) {
      throw new ProtocolError(
        "SENDER_TOKEN_MISMATCH",
        { account: from, expected: sender.token, found: token },
        `account ${from} has token ${sender.token}, not ${token}`,
      );
    }
    if (flags !== 0n && flags !== SEQUENCER_BOUND) {
      throw new ProtocolError("UNKNOWN_FLAGS", { flags }, `flags ${flags} have no meaning`);
    }
    // In a full pool it would be the worst: its signature is not worth a look, unless it may replace another one.
    if (this.size >= this.#total && !this.#senders.has(from)) {
      const obstacle = obstacleTo(state, slot, this.#terms);
      if (obstacle !== undefined) throw this.#full(`this one would be void: ${obstacle}`);
    }
    // The window reaches back as well, to tell a nonce that was used from a false signature.
    const window = BigInt(this.#perSender);
    const first = sender.nonce < window ? 0n : sender.nonce - window;
    const count = Number(sender.nonce - first) + this.#perSender;
    const nonce = signedNonce(sender, slot, this.#terms, first, count);
    if (nonce === undefined) {
      throw new ProtocolError(
        "BAD_SIGNATURE",
        { account: from, firstNonce: first, lastNonce: first + BigInt(count) - 1n },
        `the key of account ${from} did not sign this with a nonce from ${first} to ${first + BigInt(count) - 1n}`,
      );
    }
    if (nonce < sender.nonce) {
      throw new ProtocolError(
        "NONCE_USED",
        { account: from, nonce, next: sender.nonce },
        `nonce ${nonce} of account ${from} is used; the next is ${sender.nonce}`,
      );
    }
    return this.#pendingOf(id, bytes, slot, nonce);
  }

  #pendingOf(id: string, bytes: Uint8Array, slot: TransactionSlot, nonce: bigint): Pending {
    const { from, to, amount } = slot;
    const tip = decodeTip({ mantissa: slot.tipMantissa, exponent: slot.tipExponent });
    const { baseFee, tip: paidTip } = feesOf(slot, this.#terms);
    const cost = amount + paidTip + baseFee;
    return { id, bytes, slot, from, to, nonce, tip, paidTip, cost, arrival: this.#arrivals++ };
  }

  /** @returns the known one. @throws {ProtocolError} `TIP_TOO_LOW`, `ALREADY_POSTED` */
  #requireReplaceable(known: Pending, pending: Pending): Pending {
    const { from: account, nonce, tip } = pending;
    if (tip * 100n < known.tip * (100n + REPLACEMENT_BUMP) || tip <= known.tip) {
      throw new ProtocolError(
        "TIP_TOO_LOW",
        { account, nonce, tip, known: known.tip },
        `nonce ${nonce} of account ${account} is taken by a transaction with the tip ${known.tip}; ` +
          `one that replaces it pays ${REPLACEMENT_BUMP} % more, and this one pays ${tip}`,
      );
    }
    if (this.#pinned.has(known.id)) {
      throw new ProtocolError(
        "ALREADY_POSTED",
        { account, nonce },
        `nonce ${nonce} of account ${account} is taken by a transaction that is in a batch already`,
      );
    }
    return known;
  }

  /**
   * The worst transaction if the pool is full: the one that has to leave. Undefined if the pool has room.
   *
   * @throws {ProtocolError} `POOL_FULL` if it is this one
   */
  #makeRoom(pending: Pending, state: State): Pending | undefined {
    if (this.size < this.#total) return undefined;
    const priority = this.#priorityOf(pending, state);
    if (priority < 0n) throw this.#full("this one could not be executed as things stand");
    let worst: Pending | undefined;
    let lowest = priority;
    let least: bigint | undefined;
    for (const [from, byNonce] of this.#senders) {
      const rank = this.#rankOf(from, byNonce, state);
      if (from === pending.from || this.#pinned.has(rank.last.id)) continue;
      if (least === undefined || rank.priority < least) least = rank.priority;
      if (rank.priority < lowest) [worst, lowest] = [rank.last, rank.priority];
    }
    if (worst !== undefined) return worst;
    throw this.#full(
      least === undefined
        ? "none of them can leave"
        : `this one pays a tip of ${priority}, which is not above the lowest, ${least}`,
    );
  }

  #full(reason: string): ProtocolError {
    return new ProtocolError("POOL_FULL", { size: this.size }, `the pool has ${this.size} transactions, and ${reason}`);
  }

  /** Of a sender only the last one leaves: without an earlier one, it could not be executed. */
  #rankOf(from: number, byNonce: ReadonlyMap<bigint, Pending>, state: State): Rank {
    if (this.#ranks?.state !== state) this.#ranks = { state, bySender: new Map() };
    const { bySender } = this.#ranks;
    const known = bySender.get(from);
    if (known !== undefined) return known;
    const last = [...byNonce.values()].reduce((a, b) => (b.nonce > a.nonce ? b : a));
    const rank = { last, priority: this.#priorityOf(last, state) };
    bySender.set(from, rank);
    return rank;
  }

  /**
   * The tip, or −1 if it cannot be executed as things stand: the sender cannot pay, or has left out a nonce before this
   * one; or this one or one before it, without which it does not get its turn, has no receiver that can take it.
   */
  #priorityOf(pending: Pending, state: State): bigint {
    const { from, nonce, cost, paidTip } = pending;
    const sender = state.account(from);
    const isVoid = ({ slot }: Pending): boolean => obstacleTo(state, slot, this.#terms) !== undefined;
    if (sender === undefined || isVoid(pending)) return -1n;
    let total = cost;
    for (let before = sender.nonce; before < nonce; before++) {
      const other = this.#senders.get(from)?.get(before);
      if (other === undefined || isVoid(other)) return -1n;
      total += other.cost;
    }
    return total <= sender.balance ? paidTip : -1n;
  }

  #insert(pending: Pending): void {
    const byNonce = this.#senders.get(pending.from) ?? new Map<bigint, Pending>();
    byNonce.set(pending.nonce, pending);
    this.#senders.set(pending.from, byNonce);
    this.#ids.set(pending.id, pending);
    this.#ranks?.bySender.delete(pending.from);
  }

  #remove({ from, nonce, id }: Pending): void {
    const byNonce = this.#senders.get(from);
    byNonce?.delete(nonce);
    if (byNonce?.size === 0) this.#senders.delete(from);
    this.#ids.delete(id);
    this.#ranks?.bySender.delete(from);
  }
}

const isBefore = (a: Pending, b: Pending): boolean =>
  a.paidTip === b.paidTip ? a.arrival < b.arrival : a.paidTip > b.paidTip;
