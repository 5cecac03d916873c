// SPDX-License-Identifier: MIT
import { Contract, formatEther, type Signer } from "ethers";

import { ask, MAX_FEE, reasonOf, reverts, viewOf } from "../chain/index.ts";
import type { LedgerNode } from "../agents/index.ts";
import { ProtocolError } from "../errors.ts";
import { ETH } from "../ledger/index.ts";
import type { Prover } from "../prover/index.ts";
import {
  bids,
  claims,
  escapes,
  forcedExits,
  freezing,
  lostArrivals,
  refunds,
  undelivered,
  unprovenBatches,
  withdrawals,
  type EscapeAction,
  type OnFailure,
  type TokenId,
} from "./actions.ts";
import { LimitedSigner } from "./limitedSigner.ts";
import type { OpenedRollup } from "./openRollup.ts";
import { requireStateOfL1 } from "./requireStateOfL1.ts";

/** A transaction that was sent, and is mined. */
export interface EscapeStep {
  /** For people: the action that was done. */
  readonly what: string;
  /** Hash of the L1 transaction. */
  readonly hash: string;
  /** Gas that the transaction used. */
  readonly gasUsed: bigint;
}

/** An action that failed, or a fact that could not be found out. */
export interface EscapeFailure {
  /** For people: the action that failed. */
  readonly what: string;
  /** For people: the message of the contract or the endpoint. */
  readonly why: string;
  /** The error as it was thrown. */
  readonly error: unknown;
}

/** An amount that was left, as taking it costs more than it is worth. */
export interface EscapeDust {
  /** For people: the action that was left out. */
  readonly what: string;
  /** Token that it would bring. */
  readonly token: TokenId;
  /** In the token's smallest unit. */
  readonly amount: bigint;
  /** For people: by which rule it was left. */
  readonly why: string;
  /** The most that taking it may cost, in wei; undefined if that does not matter. */
  readonly cost: bigint | undefined;
}

/**
 * Result of an escape: actions that were done, actions that failed, amounts that were left, and, if the rollup was not
 * frozen, the tokens and the time for which a freeze has to wait.
 */
export interface EscapeReport {
  /** In order. */
  readonly done: readonly EscapeStep[];
  /** Nothing of it is lost: a later call tries again. */
  readonly failed: readonly EscapeFailure[];
  /** Amounts that were left, as taking them costs more than they bring. */
  readonly dust: readonly EscapeDust[];
  /**
   * Tokens that a freeze would set free now, and for which alone the rollup was not frozen: nobody named them. Name
   * those that are worth something (`EscapeOptions.dust`).
   */
  readonly unnamed: readonly TokenId[];
  /**
   * If the rollup may not be frozen yet: from this second on, in unix time, unless its operators serve the queue
   * before.
   */
  readonly frozenFrom?: bigint;
}

/** How an escape goes about it. */
export interface EscapeOptions {
  /** Told of each transaction before it is sent. */
  readonly onAction?: (what: string) => void;
  /** Also take what costs more than it is worth, of every token. Default: leave it. An amount of 0 is always left. */
  readonly all?: boolean;
  /**
   * Amounts of a token that are not worth the gas, in its smallest unit: less than this is left. A token that is here
   * is named: it is a reason to freeze, and is taken before those that are not. Default of an ERC-20, whose price nobody
   * knows here: a millionth of a whole one, by its `decimals`; it is left if it has fewer than 6 or more than 36, or does
   * not say. ETH is compared with what taking it costs.
   */
  readonly dust?: ReadonlyMap<TokenId, bigint>;
  /** The most that one transaction may cost, in wei. Default 0.1 ETH. */
  readonly maxFee?: bigint;
  /** The most that all transactions of a call may cost together, in wei. Default 0.5 ETH. */
  readonly maxTotal?: bigint;
}

const MAX_TOTAL = 5n * 10n ** 17n;

/** No transaction of an escape needs half of it; a token that asks for more is refused. */
const MAX_GAS = 1_000_000n;

/**
 * Takes everything out of a rollup that belongs to the signer's address, with L1 alone: first settled money, then,
 * while the rollup lives, balances by exits through the queue. Once the queue's head is too old, and if a freeze brings
 * something, the rollup is frozen, and everything that is left is taken out: balances by proof, operations that were
 * queued and not executed, balances that a migration did not deliver, fees and bids of the consensus. Tokens that
 * nobody named come last: anybody may register a token and give it away.
 *
 * Before anything else the node's state is compared with L1's, and again before a freeze and after it. A transaction
 * that fails stops no other. Can be called again at any time: finished actions are left out.
 *
 * @throws {ProtocolError} `STATE_MISMATCH` if the node's state is not L1's, and `ENDPOINT_UNAVAILABLE` if it could not be
 *   compared: nothing has been done then
 */
export async function escape(
  rollup: OpenedRollup,
  signer: Signer,
  prover: Prover,
  options: EscapeOptions = {},
): Promise<EscapeReport> {
  const { node } = rollup;
  await requireStateOfL1(node);
  const owner = await signer.getAddress();
  const run = new Run(node, signer, prover, options);
  const frozenFrom = await takeOut(run, rollup, owner);
  await run.performLast();
  await run.perform("look for credits", () => withdrawals(rollup, owner, run.onFailure));
  await run.performLast();
  if (node.isFrozen) await run.attempt("read L1 again", () => node.sync());
  return frozenFrom === undefined ? run.report : { ...run.report, frozenFrom };
}

/** @returns from when on the rollup may be frozen, if it may not be yet */
async function takeOut(run: Run, rollup: OpenedRollup, owner: string): Promise<bigint | undefined> {
  const { node } = rollup;
  const { onFailure } = run;
  // The others are looked up at the end.
  const credits = async (): Promise<EscapeAction[]> =>
    (await withdrawals(rollup, owner, onFailure)).filter((action) => run.isNamed(action));
  await run.perform("look for settled exits", () => claims(node, owner, onFailure));
  await run.perform("look for accounts that were not delivered", () => undelivered(node, owner, onFailure));
  if (rollup.consensus === "B52") await run.perform("look for bids", () => bids(rollup.node, owner, onFailure));
  await run.perform("look for credits", credits);

  if (!node.isFrozen) {
    const isLate = await run.attempt("find out whether the rollup may be frozen", async () => {
      const frozenFrom = await earliestFreeze(node);
      return frozenFrom !== undefined && (await timeOf(node)) >= frozenFrom;
    });
    if (isLate !== true || !(await run.gainsByFreeze(rollup, owner))) {
      await run.perform("look for accounts", () => forcedExits(node, owner));
      await run.performLast();
      const next = await run.attempt("find out when the rollup may be frozen", () => earliestFreeze(node));
      return isLate === true ? undefined : next;
    }
    if (!(await run.freeze())) return undefined;
  }
  await run.perform("look for accounts", () => escapes(node, owner, onFailure));
  await run.perform("look for operations", () => refunds(node, owner, onFailure));
  await run.perform("look for arrivals", () => lostArrivals(node, owner, onFailure, true));
  await run.perform("look for fees and bids", () =>
    rollup.consensus === "B52" ? bids(rollup.node, owner, onFailure) : unprovenBatches(rollup.node, owner, onFailure),
  );
  await run.perform("look for credits", credits);
  return undefined;
}

/**
 * From when on the rollup may be frozen if nobody serves the queue, by L1 alone; undefined if nothing waits in it.
 *
 * @returns unix seconds
 * @throws {ProtocolError} `ENDPOINT_UNAVAILABLE`
 */
export async function earliestFreeze(node: LedgerNode): Promise<bigint | undefined> {
  const { provider, rollup } = node.system;
  // All of one block: the operation that is the head now may be executed in the next.
  const at = { blockTag: await ask("eth_blockNumber", () => provider.getBlockNumber()) };
  const executed = await ask("executedOperations", () => rollup.executedOperations(at));
  const queued = await ask("queuedOperations", () => rollup.queuedOperations(at));
  if (executed === queued) return undefined;
  const [, queuedAt] = await ask("forcedOperation", () => rollup.forcedOperation(executed + 1n, at));
  return queuedAt + (await ask("ESCAPE_DELAY", () => rollup.ESCAPE_DELAY())) + 1n;
}

/** Of L1's head, in unix seconds. */
async function timeOf(node: LedgerNode): Promise<bigint> {
  const latest = await ask("eth_getBlockByNumber", () => node.system.provider.getBlock("latest"));
  if (latest === null) {
    throw new ProtocolError(
      "ENDPOINT_UNAVAILABLE",
      { request: "eth_getBlockByNumber" },
      "the L1 endpoint has no latest block",
    );
  }
  return BigInt(latest.timestamp);
}

/** One call of `escape`: does what can be done, and keeps what happened. */
class Run {
  readonly #node: LedgerNode;
  readonly #signer: Signer;
  readonly #limited: LimitedSigner;
  readonly #prover: Prover;
  readonly #options: EscapeOptions;
  readonly #done: EscapeStep[] = [];
  readonly #failed: EscapeFailure[] = [];
  readonly #dust = new Map<string, EscapeDust>();
  readonly #unnamed = new Set<TokenId>();
  readonly #last: EscapeAction[] = [];
  readonly #thresholds = new Map<TokenId, bigint | undefined>();

  constructor(node: LedgerNode, signer: Signer, prover: Prover, options: EscapeOptions) {
    this.#node = node;
    this.#signer = signer;
    const { maxFee = MAX_FEE, maxTotal = MAX_TOTAL } = options;
    this.#limited = new LimitedSigner(signer, { maxFee, maxTotal, maxGas: MAX_GAS });
    this.#prover = prover;
    this.#options = options;
  }

  get report(): EscapeReport {
    const [dust, unnamed] = [[...this.#dust.values()], [...this.#unnamed]];
    return { done: this.#done, failed: this.#failed, dust, unnamed };
  }

  readonly onFailure: OnFailure = (what, error) => {
    const why = reasonOf(error);
    // Some things are looked up more than once.
    if (this.#failed.some((failure) => failure.what === what && failure.why === why)) return;
    this.#failed.push({ what, why, error });
  };

  /** Gives undefined, and keeps the failure, if `work` fails. */
  async attempt<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.onFailure(what, error);
      return undefined;
    }
  }

  /**
   * Performs all actions that `find` gives: ETH first, and the largest amounts of each token first. Actions that have
   * to wait are kept for `performLast`.
   */
  async perform(what: string, find: () => Promise<readonly EscapeAction[]>): Promise<void> {
    const found = (await this.attempt(what, find)) ?? [];
    for (const action of [...found].sort(byWorth)) {
      if (this.isNamed(action)) await this.#take(action);
      else this.#last.push(action);
    }
  }

  /** Does what brings tokens that nobody named: it costs no more than what the rest has left of the budget. */
  async performLast(): Promise<void> {
    for (const action of this.#last.splice(0).sort(byWorth)) await this.#take(action);
  }

  /**
   * Whether a freeze would free something that is worth it. A rollup is not ended for nothing, nor for a token that
   * anybody may have made and given away. Bids do not count: the rounds of a rollup that stands still end by themselves.
   */
  async gainsByFreeze({ node, consensus }: OpenedRollup, owner: string): Promise<boolean> {
    const gains = await this.attempt("look for what a freeze would free", async () => [
      ...(await escapes(node, owner, this.onFailure)),
      ...(await refunds(node, owner, this.onFailure)),
      ...(await lostArrivals(node, owner, this.onFailure, false)),
      ...(consensus === "B52" ? [] : await unprovenBatches(node, owner, this.onFailure)),
    ]);
    const unnamed = new Set<TokenId>();
    for (const action of gains ?? []) {
      const isDust = await this.attempt(action.what, () => this.#isDust(action));
      if (isDust !== false) continue;
      if (this.isNamed(action)) return true;
      if (action.brings !== undefined) unnamed.add(action.brings.token);
    }
    for (const token of unnamed) this.#unnamed.add(token);
    return false;
  }

  /** @returns whether the rollup is frozen now, and the node knows the state that it ended with */
  async freeze(): Promise<boolean> {
    const action = freezing(this.#node);
    const isDone = await this.attempt(action.what, async () => {
      // Since it was compared first, transactions have been sent.
      await requireStateOfL1(this.#node);
      const { rollup } = this.#node.system;
      if (await reverts("freeze", () => rollup.freeze.staticCall())) {
        throw new ProtocolError("NOT_LATE", {}, "L1 does not let the rollup be frozen now");
      }
      await this.#send(action);
      await requireStateOfL1(this.#node);
      if (!this.#node.isFrozen) {
        throw new ProtocolError(
          "NOT_CONFIRMED",
          { block: undefined, confirmations: this.#node.system.reading?.confirmations ?? 0 },
          "the freeze has too few confirmations to go on; run this again later",
        );
      }
      return true;
    });
    return isDone === true;
  }

  async #take(action: EscapeAction): Promise<void> {
    await this.attempt(action.what, async () => {
      if (await this.#isDust(action)) return;
      await this.#send(action);
    });
  }

  async #send(action: EscapeAction): Promise<void> {
    this.#options.onAction?.(action.what);
    const { hash, gasUsed, fee } = await action.run(this.#limited, this.#prover);
    this.#limited.paid(fee);
    this.#done.push({ what: action.what, hash, gasUsed });
  }

  /** Whether it brings what the owner surely wants: ETH, the consensus's own token, or one that the owner named. */
  isNamed({ brings }: EscapeAction): boolean {
    if (brings === undefined || this.#options.all === true) return true;
    const { token } = brings;
    return token === ETH || token === "native" || this.#options.dust?.has(token) === true;
  }

  async #isDust(action: EscapeAction): Promise<boolean> {
    const { what, brings } = action;
    if (brings === undefined) return false;
    const { token, amount } = brings;
    const leave = (why: string, cost?: bigint): boolean => {
      this.#dust.set(what, { what, token, amount, why, cost });
      return true;
    };
    if (amount === 0n) return leave("it brings nothing");
    if (this.#options.all === true) return false;
    const named = this.#options.dust?.get(token);
    const threshold = named ?? (token === ETH ? undefined : await this.#thresholdOf(token));
    if (threshold === undefined && token !== ETH) {
      return leave(`token ${token} does not say how many decimals it has, or not a usable number`);
    }
    const gas = await action.gas(this.#signer);
    const cost = gas * (await this.#gasPrice()) + ((await action.fee?.()) ?? 0n);
    if (threshold === undefined) return amount <= cost && leave(`taking it may cost ${formatEther(cost)} ETH`, cost);
    return amount < threshold && leave(`less than ${threshold} of token ${token}`, cost);
  }

  /** The highest that a transaction would offer now, in wei. */
  async #gasPrice(): Promise<bigint> {
    const { maxFeePerGas, gasPrice } = await ask("eth_gasPrice", () => this.#node.system.provider.getFeeData());
    return maxFeePerGas ?? gasPrice ?? 0n;
  }

  /** A millionth of a whole token; undefined if it does not say what a whole one is, or has no such part. */
  async #thresholdOf(token: TokenId): Promise<bigint | undefined> {
    if (this.#thresholds.has(token)) return this.#thresholds.get(token);
    const { provider, rollup } = this.#node.system;
    const decimals =
      token === "native"
        ? 18n
        : await viewOf("decimals", async () => {
            const erc20 = new Contract(await rollup.tokenAddress(token), DECIMALS, provider);
            return (await erc20.getFunction("decimals")()) as bigint;
          });
    const isUsable = decimals !== undefined && decimals >= 6n && decimals <= 36n;
    const threshold = isUsable ? 10n ** (decimals - 6n) : undefined;
    this.#thresholds.set(token, threshold);
    return threshold;
  }
}

const DECIMALS = ["function decimals() view returns (uint8)"];

function byWorth({ brings: a }: EscapeAction, { brings: b }: EscapeAction): number {
  const isFirst = Number(b?.token === ETH) - Number(a?.token === ETH);
  if (isFirst !== 0) return isFirst;
  const [x, y] = [a?.amount ?? 0n, b?.amount ?? 0n];
  return x === y ? 0 : x > y ? -1 : 1;
}
