import type { Log, Provider } from "ethers";

import { ProtocolError } from "../errors.ts";
import { ask, fetchLogs } from "./endpoint.ts";

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
}

const MAX_RANGE = 10_000;

/**
 * Refuses options with which a reader would read nothing, or for ever.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function requireReadingOptions({ confirmations = 0, maxRange = MAX_RANGE }: ReadingOptions): void {
  if (!Number.isSafeInteger(confirmations) || confirmations < 0) {
    throw new ProtocolError("OUT_OF_RANGE", `${confirmations} is not a number of confirmations: 0, 1, 2, …`);
  }
  if (!Number.isSafeInteger(maxRange) || maxRange < 1) {
    throw new ProtocolError("OUT_OF_RANGE", `${maxRange} is not a number of blocks: 1, 2, 3, …`);
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
 * How far a follower has read L1. Each block is read once: calls of `advance` wait for one another, and a range that
 * could not be read is read again by the next call.
 */
export class L1Cursor {
  readonly #confirmations: number;
  readonly #maxRange: number;
  #next: number;
  /** Hash of the last block that was read. */
  #lastHash: string | undefined;
  #running: Promise<void> = Promise.resolve();

  /** @param first number of the first block to be read */
  constructor(first: number, { confirmations = 0, maxRange = MAX_RANGE }: ReadingOptions = {}) {
    this.#next = first;
    this.#confirmations = confirmations;
    this.#maxRange = maxRange;
  }

  /** Number of the next block to be read. */
  get next(): number {
    return this.#next;
  }

  /**
   * Reads up to the head of L1, less the confirmations.
   *
   * @param read reads one range; if it fails it must have changed nothing
   * @throws {ProtocolError} `REORGANISED` if L1 has replaced a block that was read: what was read is worth nothing
   */
  advance(provider: Provider, read: (range: BlockRange) => Promise<void>): Promise<void> {
    const turn = this.#running.then(() => this.#readOn(provider, read));
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #readOn(provider: Provider, read: (range: BlockRange) => Promise<void>): Promise<void> {
    const head = (await provider.getBlockNumber()) - this.#confirmations;
    await this.#checkLast(provider);
    while (this.#next <= head) {
      const to = Math.min(head, this.#next + this.#maxRange - 1);
      const block = await provider.getBlock(to);
      if (block === null) throw new ProtocolError("REORGANISED", `L1 has lost block ${to}`);
      await read({ from: this.#next, to, timestamp: BigInt(block.timestamp) });
      this.#next = to + 1;
      this.#lastHash = block.hash ?? undefined;
    }
  }

  async #checkLast(provider: Provider): Promise<void> {
    if (this.#lastHash === undefined) return;
    const last = await provider.getBlock(this.#next - 1);
    if (last?.hash !== this.#lastHash) {
      throw new ProtocolError("REORGANISED", `L1 has replaced block ${this.#next - 1}; open the rollup again`);
    }
  }
}
