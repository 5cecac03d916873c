// SPDX-License-Identifier: MIT
import { Transaction, type TransactionRequest } from "ethers";

import { MAX_FEE, reasonOf, requireFeeWithin } from "../../chain/index.ts";
import { isProtocolError, ProtocolError, type Recorded } from "../../errors.ts";
import type { Database } from "../storage/index.ts";
import { capFor, cappedFees } from "./fees.ts";
import { answerOf, type OutboxL1 } from "./l1.ts";
import {
  CANCEL_GAS,
  isCancelling,
  latestOf,
  nextStep,
  OUTBOX_POLICY,
  type L1View,
  type LastAnswer,
  type Mined,
  type OutboxPolicy,
  type OutboxStep,
} from "./nextStep.ts";
import type { Attempt, AttemptKind, Fees, OutboxCall, OutboxRow } from "./row.ts";
import { OutboxStore } from "./store.ts";

/** Signs transactions and sends none: a wallet of ethers, for instance. */
export interface TransactionSigner {
  /** L1 address. */
  readonly address: string;
  /** @returns the signed transaction, in hex */
  signTransaction(transaction: TransactionRequest): Promise<string>;
}

/** Limits of one purpose. */
export interface PurposeLimits {
  /** Most wei that the gas of one transaction may cost, raised fees included. Default 0.1 ETH. */
  readonly maxFee?: bigint;
  /** Gas of the call. Default: a tenth more than the endpoint's estimate, for which the call must be possible now. */
  readonly gasLimit?: bigint;
}

export interface OutboxOptions extends Partial<OutboxPolicy> {
  /**
   * Whether L1's state after a block asks for a purpose: it has not happened, and can happen. A purpose that is not wanted
   * is cancelled, so the state has to be that of the block, and not a newer one in which the outbox's own transaction has
   * done it. If this throws, the purpose stays as it is. Default: all are wanted.
   *
   * @param block number of L1's newest block, as the outbox sees it
   */
  readonly isWanted?: (purpose: string, block: number) => boolean | Promise<boolean>;
  /** Blocks after which a settled purpose is deleted. Default 50,000, a week. */
  readonly keepBlocks?: number;
}

/** The step that was taken for a purpose, and its error if the endpoint or the signer failed. */
export interface OutboxReport {
  readonly purpose: string;
  /** L1's newest block, as the outbox saw it. */
  readonly head: number;
  /** As it was before the step. */
  readonly row: OutboxRow;
  /** Undefined if it could not be decided. */
  readonly step: OutboxStep | undefined;
  /** The error, in one sentence. */
  readonly trouble?: string;
}

const KEEP_BLOCKS = 50_000;
/** Why an outbox waits for a purpose whose nonce is used, or seems to be. */
const NONCE_USED: ReadonlySet<string> = new Set(["mined", "foreign", "unexplained"]);
/** Nonces of a gap that are filled: a wider one is an endpoint's error sooner than another program's work. */
const MAX_GAP = 16;

/**
 * The transactions of one account on L1. A purpose is on the disk, with the signed transaction, before anything of it is
 * sent, and happens at most once: everything that is signed for it has one nonce, until L1 has used that nonce for
 * good in another way.
 *
 * One outbox sends from an account. Other users of its key only cost time.
 *
 * @example
 * ```ts
 * const outbox = new Outbox(database, await createOutboxL1(provider), key, { isWanted });
 * await outbox.enqueue("verify 17", { to: consensus, data, value: 0n });
 * // At each block of L1:
 * for (const { purpose, step } of await outbox.step()) …
 * ```
 */
export class Outbox {
  readonly #store: OutboxStore;
  readonly #l1: OutboxL1;
  readonly #signer: TransactionSigner;
  readonly #policy: OutboxPolicy;
  readonly #isWanted: NonNullable<OutboxOptions["isWanted"]>;
  readonly #keepBlocks: number;
  /** Last answers of the endpoint, by hash. */
  readonly #answers = new Map<string, LastAnswer>();
  /** The last step of each purpose that is not settled. */
  readonly #steps = new Map<string, OutboxStep>();
  /** The account's nonce on L1 that no purpose has while others wait behind it, and the head when that was seen first. */
  #gap: { readonly nonce: number; readonly since: number } | undefined;
  #running: Promise<unknown> = Promise.resolve();

  /** @throws {ProtocolError} as `Database.definePart` */
  constructor(database: Database, l1: OutboxL1, signer: TransactionSigner, options: OutboxOptions = {}) {
    const { isWanted = () => true, keepBlocks = KEEP_BLOCKS, ...policy } = options;
    this.#store = new OutboxStore(database, signer.address);
    this.#l1 = l1;
    this.#signer = signer;
    this.#policy = { ...OUTBOX_POLICY, ...policy };
    this.#isWanted = isWanted;
    this.#keepBlocks = keepBlocks;
  }

  /** Waits until what was begun is done. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Number of purposes that are not settled. */
  get pending(): number {
    return this.#store.pendingPurposes.length;
  }

  /**
   * Purposes of which it is not known that they ended: neither settled, nor in a block up to `block`, as the last `step`
   * saw it.
   *
   * @param block up to which the asker knows L1
   */
  inFlight(block: number): string[] {
    return this.#store.pendingPurposes.filter((purpose) => {
      const step = this.#steps.get(purpose);
      return step?.do !== "wait" || step.why !== "mined" || step.block > block;
    });
  }

  /**
   * Whether a call whose purpose begins with these words may come into a block with the nonce that it has, and so before
   * those with a higher nonce: it is in none, is not given up, and nothing else has used its nonce.
   */
  awaits(words: string): boolean {
    return this.#store.pendingPurposes.some((purpose) => {
      const row = purpose.startsWith(words) ? this.#store.row(purpose) : undefined;
      if (row === undefined || isCancelling(row)) return false;
      const step = this.#steps.get(purpose);
      return step?.do !== "renew" && !(step?.do === "wait" && NONCE_USED.has(step.why));
    });
  }

  /**
   * A name for something that has to happen, perhaps once more: the name itself, or with a number if all before ended
   * without success.
   */
  freshPurpose(name: string): string {
    for (let attempt = 1; ; attempt++) {
      const purpose = attempt === 1 ? name : `${name} (${attempt})`;
      const row = this.#store.row(purpose);
      const step = this.#steps.get(purpose);
      const outcome = row?.outcome ?? (step?.do === "wait" && step.why === "mined" ? step.outcome : undefined);
      if (row === undefined || outcome === undefined || outcome === "succeeded") return purpose;
    }
  }

  /** A purpose, as it is on the disk; undefined if there is no such. */
  row(purpose: string): OutboxRow | undefined {
    return this.#store.row(purpose);
  }

  /**
   * Takes a purpose: records its transaction, and then sends it. If it was taken before, in whatever process, nothing
   * happens. That the endpoint does not take the transaction is no error: `step` sends it again.
   *
   * @throws {ProtocolError} `PURPOSE_TAKEN` if the purpose was taken with another call; `WRONG_SIGNATURE`. Before anything
   *   is recorded or a nonce is taken: `REVERTED`, `GAS_ABOVE_MAXIMUM`, `FEE_ABOVE_MAXIMUM`, and errors of the endpoint
   */
  enqueue(purpose: string, call: OutboxCall, limits: PurposeLimits = {}): Promise<OutboxRow> {
    return this.#inTurn(async () => {
      const known = this.#store.row(purpose);
      if (known !== undefined) {
        this.#requireSame(known, call);
        return known;
      }
      const { address } = this.#signer;
      const { maxFee = MAX_FEE } = limits;
      const gasLimit = limits.gasLimit ?? (await this.#l1.gasLimit(address, call, { maxGas: this.#policy.gasCap }));
      const fees = await this.#l1.fees(address);
      requireFeeWithin(fees, gasLimit, maxFee);
      const head = await this.#l1.head();
      const row = { purpose, nonce: await this.#nextNonce(head), call, gasLimit, maxFee, outcome: undefined };
      const attempt = await this.#sign({ ...row, kind: "call", fees: fees, head });
      const recorded = { ...row, attempts: [attempt] };
      this.#store.insert(recorded);
      await this.#send(attempt, head);
      return recorded;
    });
  }

  /**
   * Looks at L1 once, and does what is next for each purpose that is not settled, in the order of their nonces. Trouble
   * with one does not keep the others from their turn. To be called at each block of L1.
   *
   * @throws {ProtocolError} as `Database.transaction`
   * @throws {Error} if the endpoint does not say the newest block and the account's nonce
   */
  step(): Promise<readonly OutboxReport[]> {
    return this.#inTurn(async () => {
      const head = await this.#l1.head();
      const nonce = await this.#l1.nonceAt(this.#signer.address, head);
      const reports: OutboxReport[] = [];
      await this.#fillGap(head, nonce);
      for (const row of this.#store.open(nonce)) reports.push(await this.#stepOf(row, head, nonce));
      this.#store.prune(head - this.#keepBlocks);
      return reports;
    });
  }

  /**
   * Uses the nonces before the first that waits, if no purpose has them, and nobody has used them for `depth` blocks: L1
   * may have lost a transaction of another program in a reorganisation, or the pool one that a new outbox found there.
   * Those behind would wait for ever. An empty transaction in a gap is a purpose as any other, and happens at most once.
   *
   * @throws {ProtocolError} as `Database.transaction`
   */
  async #fillGap(head: number, nonce: number): Promise<void> {
    const first = this.#store.open(nonce).find((row) => row.nonce >= nonce);
    if (first === undefined || first.nonce === nonce) {
      this.#gap = undefined;
      return;
    }
    if (this.#gap?.nonce !== nonce) this.#gap = { nonce, since: head };
    if (head - this.#gap.since < this.#policy.depth || first.nonce - nonce > MAX_GAP) return;
    const { address } = this.#signer;
    const { maxFee } = first;
    try {
      // A transaction in the pool gets in by itself.
      if ((await this.#l1.nonceAt(address, "pending")) > nonce) return;
      const fees = (await this.#l1.fees(address)) ?? latestOf(first);
      for (let open = nonce; open < first.nonce; open++) {
        const call = { to: address, data: "0x", value: 0n };
        const row = { purpose: `fill ${open}`, nonce: open, call, gasLimit: CANCEL_GAS, maxFee, outcome: undefined };
        const attempt = await this.#sign({ ...row, kind: "cancel", fees, head });
        this.#store.insert({ ...row, attempts: [attempt] });
        await this.#send(attempt, head);
      }
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      // The endpoint or the signer failed: the next step tries again.
    }
  }

  async #stepOf(row: OutboxRow, head: number, nonce: number): Promise<OutboxReport> {
    const { purpose } = row;
    let step: OutboxStep | undefined;
    try {
      if (row.outcome !== undefined) this.#store.reopen(purpose);
      step = nextStep(row, await this.#look(row, head, nonce), this.#policy);
      this.#steps.set(purpose, step);
      const trouble = await this.#do(row, step, head);
      return { purpose, head, row, step, ...(trouble === undefined ? {} : { trouble }) };
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      return { purpose, head, row, step, trouble: reasonOf(error) };
    }
  }

  /** L1 as far as it matters for a row. Every transaction that was ever signed for it is looked for. */
  async #look(row: OutboxRow, head: number, nonce: number): Promise<L1View> {
    const { address } = this.#signer;
    const isWanted = await this.#isWanted(row.purpose, head);
    const fees = (await this.#l1.fees(address)) ?? latestOf(row);
    const mined = new Map<string, Mined>();
    const pooled = new Set<string>();
    for (const { hash } of row.attempts) {
      const found = await this.#l1.mined(hash);
      if (found !== undefined) mined.set(hash, found);
      else if (await this.#l1.has(hash)) pooled.add(hash);
    }
    const isOwn = row.attempts.some((attempt) => attempt.nonce === row.nonce && mined.has(attempt.hash));
    const use = nonce > row.nonce && !isOwn ? await this.#l1.nonceUse(address, row.nonce) : undefined;
    return { head, nonce, mined, pooled, answers: this.#answers, use, fees, isWanted };
  }

  /** @returns why L1 did not take what was sent, in one sentence; undefined if it did, or nothing was sent */
  async #do(row: OutboxRow, step: OutboxStep, head: number): Promise<string | undefined> {
    const { purpose } = row;
    switch (step.do) {
      case "wait":
        return undefined;
      case "settle":
        this.#store.settle(purpose, step.outcome, step.block);
        this.#steps.delete(purpose);
        for (const { hash } of row.attempts) this.#answers.delete(hash);
        return undefined;
      case "send": {
        let trouble: string | undefined;
        for (const attempt of step.attempts) trouble = await this.#send(attempt, head);
        return trouble;
      }
      case "replace":
      case "renew": {
        const { fees } = step;
        const [kind, nonce, gasLimit]: [AttemptKind, number, bigint] =
          step.do === "replace"
            ? [step.kind, row.nonce, row.gasLimit]
            : ["call", await this.#nextNonce(head), step.gasLimit];
        const attempt = await this.#sign({ ...row, kind, nonce, gasLimit, fees, head });
        this.#store.addAttempt(purpose, attempt);
        return this.#send(attempt, head);
      }
    }
  }

  /** Signs, and does not send. @throws {ProtocolError} `WRONG_SIGNATURE` */
  async #sign(order: {
    readonly purpose: string;
    readonly call: OutboxCall;
    readonly nonce: number;
    readonly kind: AttemptKind;
    readonly gasLimit: bigint;
    readonly maxFee: bigint;
    readonly fees: Fees;
    readonly head: number;
  }): Promise<Attempt> {
    const { purpose, nonce, kind, maxFee, head } = order;
    const { address } = this.#signer;
    const call = kind === "call" ? order.call : { to: address, data: "0x", value: 0n };
    const gasLimit = kind === "call" ? order.gasLimit : CANCEL_GAS;
    const fees = cappedFees(order.fees, capFor(maxFee, gasLimit));
    const { chainId } = this.#l1;
    const raw = await this.#signer.signTransaction({ type: 2, chainId, nonce, gasLimit, ...call, ...fees });
    const signed = Transaction.from(raw);
    const requireEqual = (what: string, expected: Recorded, found: Recorded | null): void => {
      if (String(found).toLowerCase() === String(expected).toLowerCase()) return;
      throw new ProtocolError(
        "WRONG_SIGNATURE",
        { purpose, what, expected, found: String(found) },
        `the signer was asked for ${what} ${expected} for "${purpose}", and signed ${String(found)}`,
      );
    };
    requireEqual("the sender", address, signed.from);
    requireEqual("the chain", chainId, signed.chainId);
    requireEqual("the nonce", nonce, signed.nonce);
    requireEqual("the receiver", call.to, signed.to);
    requireEqual("the data", call.data, signed.data);
    requireEqual("the value", call.value, signed.value);
    requireEqual("the gas limit", gasLimit, signed.gasLimit);
    requireEqual("the fee", fees.maxFeePerGas, signed.maxFeePerGas);
    // A transaction that was signed and has its sender has a hash.
    return { hash: signed.hash!.toLowerCase(), raw, nonce, kind, gasLimit, ...fees, block: head };
  }

  /** @returns why the endpoint did not take it, in one sentence */
  async #send({ hash, raw }: Attempt, block: number): Promise<string | undefined> {
    try {
      await this.#l1.send(raw);
      this.#answers.set(hash, { answer: "accepted", block });
      return undefined;
    } catch (error) {
      const answer = answerOf(error);
      this.#answers.set(hash, { answer, block });
      return answer === "accepted" ? undefined : reasonOf(error);
    }
  }

  /**
   * A nonce that no purpose has. Without any, what waits in the endpoint's pool comes first: it may be of an outbox whose
   * disk was lost. A nonce is on the disk for good, so one false answer must not leave a gap that is too wide to fill.
   */
  async #nextNonce(head: number): Promise<number> {
    const { nextNonce = 0 } = this.#store;
    const { address } = this.#signer;
    const onL1 = await this.#l1.nonceAt(address, this.#store.nextNonce === undefined ? "pending" : head);
    if (onL1 <= nextNonce + MAX_GAP) return Math.max(onL1, nextNonce);
    const before = await this.#l1.nonceAt(address, Math.max(0, head - this.#policy.depth));
    return Math.max(nextNonce, Math.min(onL1, before + MAX_GAP));
  }

  #requireSame({ purpose, call }: OutboxRow, { to, data, value }: OutboxCall): void {
    const isSame =
      to.toLowerCase() === call.to.toLowerCase() && data.toLowerCase() === call.data && value === call.value;
    if (isSame) return;
    throw new ProtocolError(
      "PURPOSE_TAKEN",
      { purpose, account: this.#signer.address },
      `the purpose "${purpose}" of ${this.#signer.address} has another call already`,
    );
  }

  /** Calls wait for one another: a nonce is given away and recorded before the next one is asked for. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#running.then(work);
    this.#running = turn.catch(() => undefined);
    return turn;
  }
}

const isOfDatabase = (error: unknown): boolean =>
  isProtocolError(error, "DATABASE_FULL", "DATABASE_FAILED", "DATABASE_CORRUPT", "DATABASE_LOCKED");
