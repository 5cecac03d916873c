// SPDX-License-Identifier: MIT
import { getBytes, type LogDescription } from "ethers";

import { ARRIVAL, DEPARTURE, readForcedSlot } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { arrivalsRoot, type Arrivals, type State } from "../ledger/index.ts";
import {
  applyMigration,
  arrivalsHash,
  arrivalsHashOf,
  decodeArrivals,
  departureHash,
  type MigrationResult,
} from "../migration/index.ts";
import type { Profile } from "../profile.ts";
import { requireHash, requireNext } from "../chain/index.ts";
import type { CoreItem, LengthsOf, ListsOf } from "./savedCore.ts";

/** Position among the public signals of a migration (`MigrationSignals.sol`). */
const NEW_STATE_ROOT = 0;

/** A migration that somebody put into the queue (`IMigration.DepartureRequested`). */
export interface DepartureRequest {
  /** Of the operation. */
  readonly id: number;
  /** Core of the target, 160 bits. */
  readonly target: bigint;
  /** `packTokens` */
  readonly tokens: bigint;
  /** Signed moves: slots of 93 bytes. */
  readonly moves: Uint8Array;
}

/** A migration that L1 has accepted (`IMigration.Departed`), with all that it takes to deliver it. */
export interface Departure {
  /** 1, 2, 3, … */
  readonly number: number;
  /** Of the operation that requested it; 0 after a freeze. */
  readonly id: number;
  /** Address of the target's core. */
  readonly target: string;
  /** 8 words in the order of EIP-197. */
  readonly proof: readonly bigint[];
  /** Public signals of the proof, in the order of the circuit. */
  readonly signals: readonly bigint[];
  /** Root of the state after it. */
  readonly newStateRoot: bigint;
  /** Slots of the accounts, in hex. */
  readonly arrivals: string;
}

/** A migration that happens at the end of a batch or block. */
export interface BatchDeparture {
  /** The forced operation that asked for it. */
  readonly request: DepartureRequest;
  /** The moves, and the state after them. */
  readonly result: MigrationResult;
}

/** The lists of `CoreItem` that are about migrations. */
type MigrationItem = Pick<CoreItem, "request" | "arrival" | "departure" | "delivered">;

/** The migrations from and to one rollup, read from the events on L1 one by one. */
export class MigrationLog {
  readonly #profile: Profile;
  #requests = new Map<number, DepartureRequest>();
  #arrivals = new Map<bigint, Arrivals>();
  #arrivalData = new Map<number, string>();
  #departures: Departure[] = [];
  #delivered = new Set<number>();

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** A copy. */
  clone(): MigrationLog {
    const copy = new MigrationLog(this.#profile);
    copy.#requests = new Map(this.#requests);
    copy.#arrivals = new Map(this.#arrivals);
    copy.#arrivalData = new Map(this.#arrivalData);
    copy.#departures = [...this.#departures];
    copy.#delivered = new Set(this.#delivered);
    return copy;
  }

  /** The same log, from its lists. */
  static restore(profile: Profile, lists: ListsOf<MigrationItem>, slots: readonly Uint8Array[]): MigrationLog {
    const log = new MigrationLog(profile);
    for (const request of lists.request) log.#requests.set(request.id, request);
    for (const [id, data] of lists.arrival) log.#arrive(id, data, readForcedSlot(slotOf(slots, id)).keyY);
    log.#departures = [...lists.departure];
    log.#delivered = new Set(lists.delivered);
    return log;
  }

  /** The items of its lists beyond these lengths. */
  save(after: LengthsOf<MigrationItem>): ListsOf<MigrationItem> {
    return {
      request: [...this.#requests.values()].slice(after.request),
      arrival: [...this.#arrivalData].slice(after.arrival),
      departure: this.#departures.slice(after.departure),
      delivered: [...this.#delivered].slice(after.delivered),
    };
  }

  /** Accounts by the root under which they arrive. */
  get arrivals(): ReadonlyMap<bigint, Arrivals> {
    return this.#arrivals;
  }

  /** Slots of the accounts of each arrival, in hex, by the operation's id. */
  get arrivalData(): ReadonlyMap<number, string> {
    return this.#arrivalData;
  }

  /** In order; departure i at i − 1. */
  get departures(): readonly Departure[] {
    return this.#departures;
  }

  /** Departures that were not delivered. */
  get undelivered(): readonly Departure[] {
    return this.#departures.filter(({ number }) => !this.#delivered.has(number));
  }

  /** @throws {ProtocolError} `UNKNOWN_DEPARTURE` */
  request(id: number): DepartureRequest {
    const request = this.#requests.get(id);
    if (request === undefined) {
      throw new ProtocolError("UNKNOWN_DEPARTURE", { operation: id }, `operation ${id} requested no departure`);
    }
    return request;
  }

  /**
   * Takes an event of the core, if it is about a migration.
   *
   * @param event of any kind
   * @param slots the forced queue as far as the event
   * @throws {ProtocolError} `EVENTS_MISSING` if it cannot follow those before it; `DATA_UNAVAILABLE` if its data are
   *   not those whose hash is in the queue
   */
  read({ name, args }: Pick<LogDescription, "name" | "args">, slots: readonly Uint8Array[]): void {
    switch (name) {
      case "DepartureRequested": {
        const id = Number(args["id"]);
        const request = {
          id,
          target: BigInt(args["target"] as string),
          tokens: args["tokens"] as bigint,
          moves: getBytes(args["moves"] as string),
        };
        requireHash(
          `the hash of departure request ${id}`,
          departureHash(request),
          readForcedSlot(slotOf(slots, id)).keyY,
        );
        this.#requests.set(id, request);
        break;
      }
      case "ArrivalQueued": {
        const id = Number(args["id"]);
        const data = args["arrivals"] as string;
        const slot = slotOf(slots, id);
        requireHash(`the hash of arrival ${id}`, arrivalsHash(getBytes(data)), arrivalsHashOf(slot));
        const arrivals = decodeArrivals(getBytes(data), this.#profile);
        const root = readForcedSlot(slot).keyY;
        requireHash(`the root of arrival ${id}`, arrivalsRoot(arrivals, this.#profile.levels), root);
        this.#arrive(id, data, root);
        break;
      }
      case "Departed": {
        const number = Number(args["departure"]);
        requireNext("departure", number, this.#departures.length + 1);
        const signals = [...(args["signals"] as Iterable<bigint>)];
        this.#departures.push({
          number,
          id: Number(args["id"]),
          target: args["target"] as string,
          proof: [...(args["proof"] as Iterable<bigint>)],
          signals,
          newStateRoot: signals[NEW_STATE_ROOT] ?? 0n,
          arrivals: args["arrivals"] as string,
        });
        break;
      }
      case "Delivered":
        this.#delivered.add(Number(args["departure"]));
        break;
      default:
    }
  }

  #arrive(id: number, data: string, root: bigint): void {
    this.#arrivals.set(root, decodeArrivals(getBytes(data), this.#profile));
    this.#arrivalData.set(id, data);
  }

  /**
   * The migrations that happen at the end of a batch or block, in order (docs/enforcement.md §5.4).
   *
   * @param before state after its leaves
   * @param first number of operations that were taken before it
   * @param slots those that it takes
   */
  apply(before: State, domain: bigint, first: number, slots: readonly Uint8Array[]): BatchDeparture[] {
    const departures: BatchDeparture[] = [];
    let state = before;
    for (const [i, slot] of slots.entries()) {
      if (!isDeparture(slot)) continue;
      const request = this.request(first + i + 1);
      const result = applyMigration(this.#profile, state, { ...request, domain });
      departures.push({ request, result });
      state = result.state;
    }
    return departures;
  }
}

/** The slot of an operation. */
function slotOf(slots: readonly Uint8Array[], id: number): Uint8Array {
  const slot = slots[id - 1];
  if (slot === undefined) {
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: "ForcedOperationQueued", expected: id },
      `no slot of operation ${id}`,
    );
  }
  return slot;
}

/** Whether a slot of the forced queue requests a departure. */
export function isDeparture(slot: Uint8Array): boolean {
  const { flags } = readForcedSlot(slot);
  return (flags & DEPARTURE) !== 0n && (flags & ARRIVAL) === 0n;
}
