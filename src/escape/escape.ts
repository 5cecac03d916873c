import { Contract, type Signer } from "ethers";

import { ask, reasonOf, reverts, viewOf, type LedgerNode } from "../agents/index.ts";
import { ProtocolError } from "../errors.ts";
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
  readonly what: string;
  readonly hash: string;
  readonly gasUsed: bigint;
}

/** What could not be done, or not be found out. */
export interface EscapeFailure {
  readonly what: string;
  /** For people: what the contract or the endpoint said. */
  readonly why: string;
  readonly error: unknown;
}

/** What was left, as taking it costs more than it is worth. */
export interface EscapeDust {
  readonly what: string;
  readonly token: TokenId;
  /** In the token's smallest unit. */
  readonly amount: bigint;
  /** The most that taking it may cost, in wei. */
  readonly cost: bigint;
}

/** What an escape did, what it could not do, what it left, and for what it has to wait. */
export interface EscapeReport {
  /** In order. */
  readonly done: readonly EscapeStep[];
  /** Nothing of it is lost: a later call tries again. */
  readonly failed: readonly EscapeFailure[];
  readonly dust: readonly EscapeDust[];
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
  /** Also take what costs more than it is worth. Default: leave it. */
  readonly all?: boolean;
  /**
   * Amounts of a token that are not worth the gas, in its smallest unit: less than this is left. Default of an ERC-20,
   * whose price nobody knows here: a millionth of a whole one, by its `decimals`. ETH is compared with what taking it
   * costs.
   */
  readonly dust?: ReadonlyMap<TokenId, bigint>;
  /** The most that one transaction may cost, in wei. Default 0.1 ETH. */
  readonly maxFee?: bigint;
}

const MAX_FEE = 10n ** 17n;

/** No transaction of an escape needs half of it; a token that asks for more is refused. */
const MAX_GAS = 1_000_000n;

const ETH = 0n;

/**
 * Takes everything out of a rollup that belongs to the signer's address, with L1 alone: first what is settled, then,
 * while the rollup lives, balances by exits through the queue. Once the queue's head is too old, and if something is
 * there to be gained, the rollup is frozen, and everything that is left is taken out: balances by proof, what was queued
 * and not executed, what a migration did not deliver, fees and bids of the consensus.
 *
 * Before anything else the node's state is compared with L1's, and again before a freeze and after it. A transaction
 * that fails stops no other. Can be called again at any time: what was done before is left out.
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
  const owner = await signer.getAddress();
  await requireStateOfL1(node);
  const run = new Run(node, signer, prover, options);
  const { onFailure } = run;

  await run.perform("look for settled exits", () => claims(node, owner, onFailure));
  await run.perform("look for accounts that were not delivered", () => undelivered(node, owner, onFailure));
  if (rollup.consensus === "B52") await run.perform("look for bids", () => bids(rollup.node, owner, onFailure));
  await run.perform("look for credits", () => withdrawals(rollup, owner, onFailure));

  if (!node.isFrozen) {
    const isLate = await run.attempt("find out whether the rollup may be frozen", async () => {
      const frozenFrom = await earliestFreeze(node);
      return frozenFrom !== undefined && (await timeOf(node)) >= frozenFrom;
    });
    if (isLate !== true || !(await run.gainsByFreeze(rollup, owner))) {
      await run.perform("look for accounts", () => forcedExits(node, owner));
      const next = await run.attempt("find out when the rollup may be frozen", () => earliestFreeze(node));
      return next === undefined || isLate === true ? run.report : { ...run.report, frozenFrom: next };
    }
    if (!(await run.freeze())) return run.report;
  }
  await run.perform("look for accounts", () => escapes(node, owner, onFailure));
  await run.perform("look for operations", () => refunds(node, owner, onFailure));
  await run.perform("look for arrivals", () => lostArrivals(node, owner, onFailure, true));
  await run.perform("look for fees and bids", () =>
    rollup.consensus === "B52" ? bids(rollup.node, owner, onFailure) : unprovenBatches(rollup.node, owner, onFailure),
  );
  await run.perform("look for credits", () => withdrawals(rollup, owner, onFailure));
  await run.attempt("read L1 again", () => node.sync());
  return run.report;
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
  if (latest === null) throw new ProtocolError("ENDPOINT_UNAVAILABLE", "the L1 endpoint has no latest block");
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
  readonly #thresholds = new Map<TokenId, bigint>();

  constructor(node: LedgerNode, signer: Signer, prover: Prover, options: EscapeOptions) {
    this.#node = node;
    this.#signer = signer;
    this.#limited = new LimitedSigner(signer, { maxFee: options.maxFee ?? MAX_FEE, maxGas: MAX_GAS });
    this.#prover = prover;
    this.#options = options;
  }

  get report(): EscapeReport {
    return { done: this.#done, failed: this.#failed, dust: [...this.#dust.values()] };
  }

  readonly onFailure: OnFailure = (what, error) => {
    this.#failed.push({ what, why: reasonOf(error), error });
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

  /** Does all that `find` gives: ETH first, then the others; of each the largest first. */
  async perform(what: string, find: () => Promise<readonly EscapeAction[]>): Promise<void> {
    const found = (await this.attempt(what, find)) ?? [];
    for (const action of [...found].sort(byWorth)) {
      await this.attempt(action.what, async () => {
        if (await this.#isDust(action)) return;
        await this.#send(action);
      });
    }
  }

  /**
   * Whether a freeze would free something that is worth it. A rollup is not ended for nothing. Bids do not count: the
   * rounds of a rollup that stands still end by themselves.
   */
  async gainsByFreeze({ node, consensus }: OpenedRollup, owner: string): Promise<boolean> {
    const gains = await this.attempt("look for what a freeze would free", async () => [
      ...(await escapes(node, owner, this.onFailure)),
      ...(await refunds(node, owner, this.onFailure)),
      ...(await lostArrivals(node, owner, this.onFailure, false)),
      ...(consensus === "B52" ? [] : await unprovenBatches(node, owner, this.onFailure)),
    ]);
    for (const action of gains ?? []) {
      const isDust = await this.attempt(action.what, () => this.#isDust(action));
      if (isDust === false) return true;
    }
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
        throw new ProtocolError("NOT_LATE", "L1 does not let the rollup be frozen now");
      }
      await this.#send(action);
      await requireStateOfL1(this.#node);
      if (!this.#node.isFrozen) {
        throw new ProtocolError("NOT_CONFIRMED", "the freeze has too few confirmations to go on; run this again later");
      }
      return true;
    });
    return isDone === true;
  }

  async #send(action: EscapeAction): Promise<void> {
    this.#options.onAction?.(action.what);
    const { hash, gasUsed } = await action.run(this.#limited, this.#prover);
    this.#done.push({ what: action.what, hash, gasUsed });
  }

  async #isDust(action: EscapeAction): Promise<boolean> {
    const { what, brings } = action;
    if (brings === undefined || this.#options.all === true) return false;
    const { token, amount } = brings;
    const gas = await action.gas(this.#signer);
    const cost = gas * (await this.#gasPrice()) + ((await action.fee?.()) ?? 0n);
    const least = this.#options.dust?.get(token) ?? (token === ETH ? cost + 1n : await this.#thresholdOf(token));
    if (amount >= least) return false;
    this.#dust.set(what, { what, token, amount, cost });
    return true;
  }

  /** The highest that a transaction would offer now, in wei. */
  async #gasPrice(): Promise<bigint> {
    const { maxFeePerGas, gasPrice } = await ask("eth_gasPrice", () => this.#node.system.provider.getFeeData());
    return maxFeePerGas ?? gasPrice ?? 0n;
  }

  /** A millionth of a whole token; 0 if it does not say what a whole one is. */
  async #thresholdOf(token: TokenId): Promise<bigint> {
    const known = this.#thresholds.get(token);
    if (known !== undefined) return known;
    const { provider, rollup } = this.#node.system;
    const decimals =
      token === "native"
        ? 18n
        : await viewOf("decimals", async () => {
            const erc20 = new Contract(await rollup.tokenAddress(token), DECIMALS, provider);
            return BigInt((await erc20.getFunction("decimals")()) as bigint);
          });
    const threshold = decimals === undefined || decimals < 6n || decimals > 36n ? 0n : 10n ** (decimals - 6n);
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
