// SPDX-License-Identifier: MIT

import type { Block, Log, Provider } from "ethers";

import { isProtocolError, ProtocolError } from "../errors.ts";
import { ask, fetchLogs } from "./endpoint.ts";
import { sleep } from "../sleep.ts";

/** Blocks `from … to` of L1, both included. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
  /** Of block `to`, in unix seconds. */
  readonly timestamp: bigint;
}

/** How a follower reads L1. */
export interface ReadingOptions {
  /** How many blocks to stay behind the head, so that a reorganisation that is no deeper is never seen. Default 0. */
  readonly confirmations?: number;
  /** Most blocks that one query for logs may span; endpoints have a limit. Default 10,000. */
  readonly maxRange?: number;
  /** How often a range is read before what does not fit is an error. Default 4. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; each further one waits twice as long. Default 200. */
  readonly retryDelay?: number;
  /** Told after each range how far was read: the number of the last block, and of the last that is to be read. */
  readonly onProgress?: (block: number, last: number) => void;
}

const MAX_RANGE = 10_000;
const ATTEMPTS = 4;
const RETRY_DELAY = 200;

/** A block of L1 up to which something was read. */
export interface BlockPlace {
  readonly number: number;
  /** 32 bytes in hex. */
  readonly hash: string;
}

/** A state that is built from events; a copy of it can be thrown away. */
export interface View<Self> {
  clone(): Self;
}

/** How a follower's view is built and compared. */
export interface Follower<Of extends View<Of>> {
  /**
   * Applies the logs of a range to a view that has seen all before it. The view is thrown away if this fails.
   *
   * @throws {ProtocolError} of any code for what does not fit
   */
  read(view: Of, range: BlockRange): Promise<void>;
  /**
   * Compares a view with what L1 has in its state after a block.
   *
   * @throws {ProtocolError} of any code for what differs; any other error if the endpoint does not answer
   */
  compare(view: Of, block: number): Promise<void>;
  /**
   * Told of each view that was compared, before it counts: it does not if this fails, and is read again.
   *
   * @param block the last one that the view has read
   * @param parent hash of the last block of the view before; undefined if it had read none
   */
  keep?(view: Of, block: BlockPlace, parent: string | undefined): void;
}

/**
 * Refuses options with which a reader would read nothing, or for ever.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function requireReadingOptions({ confirmations = 0, maxRange = MAX_RANGE }: ReadingOptions): void {
  if (!Number.isSafeInteger(confirmations) || confirmations < 0) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "confirmations", value: confirmations, minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      `${confirmations} is not a number of confirmations: 0, 1, 2, …`,
    );
  }
  if (!Number.isSafeInteger(maxRange) || maxRange < 1) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "maxRange", value: maxRange, minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      `${maxRange} is not a number of blocks: 1, 2, 3, …`,
    );
  }
}

/**
 * Logs in the order of L1, asked for range by range and only as far as the caller goes on.
 *
 * @param provider an L1 endpoint
 * @param filter which logs: of a contract, with these topics
 * @param from first block
 * @param options `maxRange`
 * @throws {ProtocolError} `OUT_OF_RANGE`; as `fetchLogs`
 */
export async function* readLogs(
  provider: Provider,
  filter: { readonly address: string; readonly topics: (string | string[] | null)[] },
  from: number,
  options: ReadingOptions = {},
): AsyncGenerator<Log, void, undefined> {
  requireReadingOptions(options);
  const { maxRange = MAX_RANGE } = options;
  const last = await ask("eth_blockNumber", () => provider.getBlockNumber());
  for (let first = from; first <= last; first += maxRange) {
    const toBlock = Math.min(last, first + maxRange - 1);
    yield* await fetchLogs(provider, { ...filter, fromBlock: first, toBlock });
  }
}

/** The first of `readLogs`. */
export async function findLog(...query: Parameters<typeof readLogs>): Promise<Log | undefined> {
  const { value } = await readLogs(...query).next();
  return value ?? undefined;
}

/**
 * Reads again, after a pause that doubles, what does not fit: an endpoint may have left something out, or be behind.
 *
 * @param options `attempts` and `retryDelay`
 * @param read throws a `ProtocolError` for what does not fit; any other error is not tried again
 */
export async function readAgain<Value>(
  { attempts = ATTEMPTS, retryDelay = RETRY_DELAY }: ReadingOptions,
  read: () => Promise<Value>,
): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const mayChange = isProtocolError(error) && error.code !== "NOT_CONFIRMED";
      if (!mayChange || attempt >= attempts) throw error;
      await sleep(retryDelay * 2 ** (attempt - 1));
    }
  }
}

/** A view, and up to where it has read L1. */
interface Position<Of> {
  readonly view: Of;
  /** Number of the next block to be read. */
  readonly next: number;
  /** Hash of the last block that was read; undefined before the first. */
  readonly hash: string | undefined;
}

/**
 * Follows L1, and keeps only what fits (docs/client.md, "What a node believes").
 *
 * Each block is read once. Blocks are read in ranges; each range is tied to the one before by its parent hash, and its
 * last block has to be the same before and after. A view is kept once it has been compared with L1's state at its last
 * block. If an endpoint has no state that old, the view is compared at a later block: at the end of a later range, or,
 * behind the last one, at the head, with a copy that has read the blocks up to there. If a view differs from L1's
 * state, it is read again, from the last block that was kept.
 *
 * Calls of `advance` wait for one another.
 */
export class L1Cursor<Of extends View<Of>> {
  readonly #confirmations: number;
  readonly #maxRange: number;
  readonly #options: ReadingOptions;
  /** Was compared with L1. */
  #kept: Position<Of>;
  /** Was read and not compared yet, as the endpoint had no state of its blocks; else the same as `#kept`. */
  #draft: Position<Of>;
  #running: Promise<void> = Promise.resolve();

  /**
   * @param first number of the first block to be read
   * @param view before it
   * @param options how to read L1
   * @param parent hash of the block before the first, if the view has read it
   */
  constructor(first: number, view: Of, options: ReadingOptions = {}, parent?: string) {
    const { confirmations = 0, maxRange = MAX_RANGE } = options;
    this.#kept = { view, next: first, hash: parent };
    this.#draft = this.#kept;
    this.#confirmations = confirmations;
    this.#maxRange = maxRange;
    this.#options = options;
  }

  /** Number of the block after the last that was read and compared. */
  get next(): number {
    return this.#kept.next;
  }

  /** The view that was read and compared. */
  get view(): Of {
    return this.#kept.view;
  }

  /**
   * Reads up to the head of L1, less the confirmations.
   *
   * @throws {ProtocolError} `REORGANISED` if L1 has replaced a block that was read: the view is worth nothing then;
   *   `NOT_CONFIRMED` if L1 is shorter than the confirmations and the first block; the follower's error if the data
   *   differ from L1's state, also after they were read again. Other errors are the endpoint's; nothing has changed
   *   then
   */
  advance(provider: Provider, follower: Follower<Of>): Promise<void> {
    const turn = this.#running.then(() => this.#readOn(provider, follower));
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #readOn(provider: Provider, follower: Follower<Of>): Promise<void> {
    await readAgain(this.#options, async () => {
      try {
        await this.#readToHead(provider, follower);
      } catch (error) {
        if (isProtocolError(error)) this.#draft = this.#kept;
        throw error;
      }
    });
  }

  async #readToHead(provider: Provider, follower: Follower<Of>): Promise<void> {
    const head = (await provider.getBlockNumber()) - this.#confirmations;
    if (head < this.#draft.next && this.#draft.hash === undefined) {
      throw new ProtocolError(
        "NOT_CONFIRMED",
        { block: this.#draft.next, confirmations: this.#confirmations },
        `block ${this.#draft.next}, the first to be read, does not have ${this.#confirmations} confirmations`,
      );
    }
    await this.#checkLast(provider);
    while (this.#draft.next <= head) {
      const position = await this.#readRange(provider, follower, this.#draft, head);
      const refusal = await this.#compare(provider, follower, position);
      this.#draft = position;
      this.#options.onProgress?.(position.next - 1, head);
      if (refusal === undefined) this.#keep(follower, position);
      else if (position.next > head) await this.#keepLater(provider, follower, position, refusal.error);
    }
    // All was read before, and the endpoint could not say whether it fits.
    const draft = this.#draft;
    if (draft !== this.#kept) {
      const refusal = await this.#compare(provider, follower, draft);
      if (refusal === undefined) this.#keep(follower, draft);
      else await this.#keepLater(provider, follower, draft, refusal.error);
    }
  }

  /** The position at the end of the next range, with its view. */
  async #readRange(
    provider: Provider,
    follower: Follower<Of>,
    { view: before, next: from, hash: parent }: Position<Of>,
    head: number,
  ): Promise<Position<Of>> {
    const to = Math.min(head, from + this.#maxRange - 1);
    const first = await this.#block(provider, from);
    if (parent !== undefined && first.parentHash !== parent) throw replaced(from - 1);
    const last = to === from ? first : await this.#block(provider, to);
    const view = before.clone();
    await follower.read(view, { from, to, timestamp: BigInt(last.timestamp) });
    return { view, next: to + 1, hash: last.hash ?? undefined };
  }

  /** @returns undefined if all is equal; else why the endpoint could not say */
  async #compare(
    provider: Provider,
    follower: Follower<Of>,
    { view, next, hash }: Position<Of>,
  ): Promise<{ readonly error: unknown } | undefined> {
    let refusal: { readonly error: unknown } | undefined;
    try {
      await follower.compare(view, next - 1);
    } catch (error) {
      if (isProtocolError(error)) throw error;
      refusal = { error };
    }
    if ((await this.#block(provider, next - 1)).hash !== hash) throw replaced(next - 1);
    return refusal;
  }

  /** Keeps what fits at the head: compares there, with a copy that has read on to there. */
  async #keepLater(
    provider: Provider,
    follower: Follower<Of>,
    position: Position<Of>,
    refusal: unknown,
  ): Promise<void> {
    const newest = await provider.getBlockNumber();
    if (newest < position.next) throw refusal;
    let later = position;
    while (later.next <= newest) later = await this.#readRange(provider, follower, later, newest);
    const again = await this.#compare(provider, follower, later);
    if (again !== undefined) throw again.error;
    this.#keep(follower, position);
  }

  #keep(follower: Follower<Of>, position: Position<Of>): void {
    const { view, next, hash } = position;
    if (hash !== undefined) follower.keep?.(view, { number: next - 1, hash }, this.#kept.hash);
    this.#kept = position;
  }

  async #checkLast(provider: Provider): Promise<void> {
    const { next, hash } = this.#draft;
    if (hash === undefined) return;
    if ((await provider.getBlock(next - 1))?.hash !== hash) throw replaced(next - 1);
  }

  async #block(provider: Provider, number: number): Promise<Block> {
    const block = await provider.getBlock(number);
    if (block === null) throw new ProtocolError("REORGANISED", { block: number }, `L1 has lost block ${number}`);
    return block;
  }
}

const replaced = (number: number): ProtocolError =>
  new ProtocolError("REORGANISED", { block: number }, `L1 has replaced block ${number}; open the rollup again`);
