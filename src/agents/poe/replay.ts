// SPDX-License-Identifier: MIT
import { AbiCoder, getAddress, getBytes, hexlify, Interface, keccak256, Result } from "ethers";

import { ask, L1Cursor, requireHash, requireRecorded, unavailable, type BlockPlace } from "../../chain/index.ts";
import { decodeHeader } from "../../codec/index.ts";
import { leafVerifierAbi } from "../../contracts/index.ts";
import { isProtocolError, ProtocolError } from "../../errors.ts";
import type { Field } from "../../field.ts";
import type { State } from "../../ledger/index.ts";
import type { Departure, DepartureRequest } from "../migrations.ts";
import { settlementPeaks, settlementRoot, slotOfSettlementNode } from "../settlement.ts";
import { uintToAddress, type ProofOfEfficiencySystem } from "../system.ts";
import { followerOf } from "./reading.ts";
import { RollupView, type BatchRecord, type OpenedBatch } from "./rollupView.ts";
import type { SavedLengths, SavedView } from "./savedView.ts";

/** Number of the migration circuit in the statements of its verifier (`contracts/verification/circuitIds.sol`). */
const MIGRATION_CIRCUIT = 1;

/** The proof and the accounts with which a departure is delivered. */
export type DepartureProof = Pick<Departure, "proof" | "signals" | "arrivals">;

/**
 * Builds the view of a rollup after a block from what somebody else says was read from L1, and compares it with L1's
 * state. No event is read: what follows from others is computed here, and what does not has to be in L1's state.
 *
 * L1 says of every proof and delivery only that it was there, and of a batch only the time in its header. So of the
 * proofs nobody is known who made them, and their block is the one after which the view is.
 */
export class Replay {
  readonly #system: ProofOfEfficiencySystem;
  readonly #block: BlockPlace;
  readonly #view: RollupView;
  /** Number of forced operations in proven batches. */
  #executed = 0;
  /** Number of exits of proven batches. */
  #exits = 0n;

  /** @param block after which the view will be */
  constructor(system: ProofOfEfficiencySystem, domain: Field, block: BlockPlace) {
    this.#system = system;
    this.#block = block;
    this.#view = new RollupView(system.profile, domain);
    this.#view.readConsensus(event("ConsensusDeployed", {}), { blockNumber: 0 });
    this.#view.readConsensus(event("CoreDeployed", {}), { blockNumber: 0 });
  }

  /**
   * Appends an operation to the forced queue.
   *
   * @param about the departure that it requests, or the data of the accounts that arrive with it
   * @throws {ProtocolError} `EVENTS_MISSING` if one of these is missing; `DATA_UNAVAILABLE` if it is another one
   */
  force(slot: Uint8Array, about?: Omit<DepartureRequest, "id"> | Uint8Array): void {
    const { core } = this.#view;
    const id = core.forcedOperations.length + 1;
    core.read(event("ForcedOperationQueued", { id, slot: hexlify(slot) }));
    if (about instanceof Uint8Array) {
      core.read(event("ArrivalQueued", { id, arrivals: hexlify(about) }));
    } else if (about !== undefined) {
      const { target, tokens, moves } = about;
      core.read(event("DepartureRequested", { id, target: addressOf(target), tokens, moves: hexlify(moves) }));
    }
    core.requireComplete();
  }

  /** Executes the next batch. @throws {ProtocolError} of any code for what cannot be */
  sequence(posted: OpenedBatch, record: BatchRecord, postedAt: number): void {
    this.#view.append(posted, record, postedAt);
  }

  /** Makes batches final. @param to the last one @throws {ProtocolError} of any code for what cannot be */
  prove(to: number): void {
    const view = this.#view;
    const from = view.verifiedBatches + 1;
    if (to < from) throw impossible(`a proof of batch ${to} comes after that of batch ${from - 1}`);
    if (view.dueDeparture !== undefined) throw impossible(`a departure of batch ${from - 1} is missing`);
    const { stateRoot } = view.batch(to).result;
    const exits = view.batches
      .slice(from - 1, to)
      .flatMap(({ number, result }) =>
        result.leaves.flatMap((leaf, i) => leaf.exits.map((exit) => ({ batch: number, leaf: i, exit }))),
      );
    view.settle(stateRoot, { from, to, block: this.#block.number, aggregator: undefined, reward: undefined });
    for (const { header } of view.batches.slice(from - 1, to)) this.#executed += header.forcedCount;
    view.core.read(event("StateAdvanced", { stateRoot, executed: BigInt(this.#executed) }));
    if (exits.length > 0) {
      const settlement = BigInt(view.core.settlements.length);
      const [count, root] = [BigInt(exits.length), settlementRoot(exits)];
      view.core.read(event("ExitsSettled", { settlement, first: this.#exits, count, root }));
      this.#exits += count;
    }
    view.core.requireComplete();
  }

  /**
   * Takes the next departure.
   *
   * @param id of the operation that requested it; 0 after a freeze
   * @param open undefined if it was delivered: L1 then keeps nothing of it, and nobody needs it
   * @throws {ProtocolError} of any code for what cannot be
   */
  depart(id: number, open: DepartureProof | undefined): void {
    const { core, dueDeparture: due } = this.#view;
    const departure = core.migrations.departures.length + 1;
    if (id !== 0 && due?.request.id !== id) throw impossible(`departure ${departure}, of operation ${id}, is not due`);
    if (id === 0 && !core.isFrozen) throw impossible(`departure ${departure} has no operation, and there is no freeze`);
    const newStateRoot = id === 0 ? 0n : due!.result.state.root;
    const target = addressOf(id === 0 ? (open?.signals[SIGNALS.target] ?? 0n) : due!.request.target);
    if (open !== undefined && id !== 0) {
      requireHash(`the state root of departure ${departure}`, newStateRoot, open.signals[SIGNALS.newStateRoot] ?? 0n);
      requireHash(`the target of departure ${departure}`, due!.request.target, open.signals[SIGNALS.target] ?? 0n);
    }
    const { proof, signals, arrivals } = open ?? { proof: [], signals: [newStateRoot], arrivals: "0x" };
    core.read(event("Departed", { departure: BigInt(departure), id: BigInt(id), target, proof, signals, arrivals }));
    if (open === undefined) core.read(event("Delivered", { departure: BigInt(departure) }));
  }

  /** Takes the freeze. */
  freeze(): void {
    this.#view.core.read(event("Frozen", {}));
  }

  get isFrozen(): boolean {
    return this.#view.core.isFrozen;
  }

  /** The newest state that no further proof or departure changes. */
  get settled(): State {
    return this.#view.settled.state;
  }

  /** Gives up the executions of the batches in `settled`. @param state the same, kept elsewhere */
  release(state: State): void {
    this.#view.release(state);
  }

  save(after: SavedLengths): SavedView {
    return this.#view.save(after);
  }

  /**
   * Compares the view with L1's state after its block. If the endpoint has no state so old, the comparison is made at
   * L1's head, with a copy that has read on to there: accumulators and roots that fit at the head have fitted before.
   *
   * @throws {ProtocolError} `EVENTS_MISSING`, `STATE_MISMATCH`, `DATA_UNAVAILABLE` for what differs; `REORGANISED` if L1
   *   has replaced the block; `ENDPOINT_UNAVAILABLE`
   */
  async compare(): Promise<void> {
    const { provider, consensus, rollup, reading } = this.#system;
    const { number, hash } = this.#block;
    try {
      await this.#view.compare(consensus, rollup, number);
      await this.#requireKept(this.#view, number);
      return;
    } catch (error) {
      if (isProtocolError(error) && error.code !== "ENDPOINT_UNAVAILABLE") throw error;
      const head = (await ask("eth_blockNumber", () => provider.getBlockNumber())) - (reading?.confirmations ?? 0);
      if (head <= number) throw unavailable(`the state of block ${number}`, error);
    }
    const cursor = new L1Cursor(number + 1, this.#view.clone(), reading, hash);
    await cursor.advance(provider, followerOf(this.#system));
    await this.#requireKept(cursor.view, cursor.next - 1);
  }

  /** Compares what `RollupView.compare` does not, since it has read L1's own events about it. */
  async #requireKept({ core }: RollupView, block: number): Promise<void> {
    const { provider, rollup } = this.#system;
    const address = await rollup.getAddress();
    for (const peak of settlementPeaks(core.settlements)) {
      const { height, index, hash } = peak;
      const slot = slotOfSettlementNode(peak);
      const kept = await ask("eth_getStorageAt", () => provider.getStorage(address, slot, block));
      requireRecorded(block, [[`node ${index} of height ${height} over the settled exits`, hash, kept]]);
    }
    const undelivered = new Set(core.migrations.undelivered);
    const verifier = await ask("ENFORCEMENT_VERIFIER", () => rollup.ENFORCEMENT_VERIFIER({ blockTag: block }));
    for (const departure of core.migrations.departures) {
      const { number } = departure;
      const [record] = await ask("departureRecord", () => rollup.departureRecord(number, { blockTag: block }));
      const expected = undelivered.has(departure) ? recordOf(departure) : NO_RECORD;
      requireRecorded(block, [[`record of departure ${number}`, expected, record]]);
      if (expected !== NO_RECORD) await this.#requireProven(verifier, departure, block);
    }
  }

  /** L1 keeps the signals, and not the proof, with which others deliver. */
  async #requireProven(to: string, { number, proof, signals }: Departure, blockTag: number): Promise<void> {
    const statement = AbiCoder.defaultAbiCoder().encode(
      ["uint256", "uint256[8]", "uint256[17]"],
      [MIGRATION_CIRCUIT, proof, signals],
    );
    const data = VERIFIER.encodeFunctionData("verify", [statement]);
    try {
      await ask("verify", () => this.#system.provider.call({ to, data, blockTag }));
    } catch (error) {
      if (isProtocolError(error, "ENDPOINT_UNAVAILABLE")) throw error;
      throw impossible(`the proof of departure ${number} is not valid`);
    }
  }
}

/** Positions among the public signals of a migration (`MigrationSignals.sol`). */
const SIGNALS = { newStateRoot: 0, target: 12 } as const;

const NO_RECORD = `0x${"00".repeat(27)}`;

/** All verifiers have this function (`IBatchVerifier`). */
const VERIFIER = new Interface(leafVerifierAbi);

/** `Migration._recordHash`, as far as L1 keeps it. */
const recordOf = ({ signals, arrivals }: Departure): string =>
  keccak256(
    AbiCoder.defaultAbiCoder().encode(["uint256[17]", "bytes32"], [signals, keccak256(getBytes(arrivals))]),
  ).slice(0, 2 + 2 * 27);

/** As ethers gives it, with a checksum in its letters. */
const addressOf = (value: bigint): string => getAddress(uintToAddress(value));

/** An event as ethers decodes it. */
const event = (name: string, args: Readonly<Record<string, unknown>>) => ({
  name,
  args: Result.fromItems(Object.values(args), Object.keys(args)),
});

const impossible = (reason: string): ProtocolError => new ProtocolError("BAD_HISTORY", { reason }, reason);

/**
 * The L1 block in which a batch was posted, from its header. L1's rules tie the two: `sequence` writes the block's time
 * into the header, and takes a fee; `sequenceAndVerify` takes none, and a time that is at most an hour old. Of such a
 * batch the first block is given in which it can have been posted.
 *
 * @param hint block that is said to be it
 * @throws {ProtocolError} `BAD_HISTORY` if it cannot be
 */
export async function blockOfBatch(
  { provider }: Pick<ProofOfEfficiencySystem, "provider">,
  number: number,
  { header, fee }: Pick<BatchRecord, "header" | "fee">,
  hint: number,
): Promise<number> {
  const wanted = decodeHeader(header).timestamp;
  const timeOf = async (block: number): Promise<bigint> => {
    const found = await ask("eth_getBlockByNumber", () => provider.getBlock(block));
    if (found === null) throw impossible(`L1 has no block ${block}, in which batch ${number} is said to be`);
    return BigInt(found.timestamp);
  };
  const time = await timeOf(hint);
  if (time === wanted) return hint;
  if (fee > 0n || time < wanted || time > wanted + MAX_HEADER_AGE) {
    throw impossible(`batch ${number} has the time ${wanted}, and block ${hint} of L1 the time ${time}`);
  }
  // The first block that is not too old is above `low`, and not above `high`.
  let [low, high] = [hint - 1, hint];
  for (let step = 1; low >= 0 && (await timeOf(low)) >= wanted; step *= 2) {
    [low, high] = [Math.max(-1, low - step), low];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await timeOf(middle)) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** Seconds (`ProofOfEfficiencyBase.MAX_HEADER_AGE`). */
const MAX_HEADER_AGE = 3_600n;
