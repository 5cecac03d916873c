// SPDX-License-Identifier: MIT
import { concat, dataSlice, getBytes, keccak256, type LogDescription } from "ethers";

import type { Rollup } from "../../typechain-types/index.ts";
import { ARRIVAL, DEPARTURE, readForcedSlot } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { State } from "../ledger/index.ts";
import type { Profile } from "../profile.ts";
import { requireNext, requireRecorded } from "../chain/index.ts";
import type { SettledBatch } from "./ledgerNode.ts";
import { MigrationLog } from "./migrations.ts";
import type { CoreFacts, CoreItem, LengthsOf, ListsOf } from "./savedCore.ts";
import { settlementRoot, type SettledExit, type Settlement } from "./settlement.ts";

/** `ForcedOperation.chain` of nothing, 27 bytes in hex. */
export const EMPTY_QUEUE = `0x${"00".repeat(27)}`;

/** `IExits.ExitsSettled` */
interface SettlementArguments {
  readonly settlement: bigint;
  readonly first: bigint;
  readonly count: bigint;
  readonly root: string;
}

/** The events that the core of a rollup has published, read one by one. They are the same under any consensus. */
export class CoreLog {
  readonly migrations: MigrationLog;
  readonly #profile: Profile;
  #forcedOperations: Uint8Array[] = [];
  #settlements: Settlement[] = [];
  /** Number of all settled exits. */
  #exits = 0n;
  #isDeployed = false;
  #isFrozen = false;
  #stateRoot: bigint;
  #executed = 0n;
  #rollingHash = EMPTY_QUEUE;
  /** The event that has to follow the one before, with what it is about. */
  #awaited: { readonly name: string; readonly id: number } | undefined;
  /** Exits that the consensus settled last, until the core has said so. */
  #settled: readonly SettledExit[] = [];

  constructor(profile: Profile, migrations = new MigrationLog(profile)) {
    this.#profile = profile;
    this.migrations = migrations;
    this.#stateRoot = State.genesis(profile).root;
  }

  /** After whole blocks. */
  clone(): CoreLog {
    const copy = new CoreLog(this.#profile, this.migrations.clone());
    copy.#forcedOperations = [...this.#forcedOperations];
    copy.#settlements = [...this.#settlements];
    copy.#exits = this.#exits;
    copy.#isDeployed = this.#isDeployed;
    copy.#isFrozen = this.#isFrozen;
    copy.#stateRoot = this.#stateRoot;
    copy.#executed = this.#executed;
    copy.#rollingHash = this.#rollingHash;
    return copy;
  }

  /** The same log, from what was saved of it after whole blocks. */
  static restore(profile: Profile, facts: CoreFacts, lists: ListsOf<CoreItem>): CoreLog {
    const log = new CoreLog(profile, MigrationLog.restore(profile, lists, lists.forced));
    log.#forcedOperations = [...lists.forced];
    log.#settlements = [...lists.settlement];
    log.#exits = facts.exits;
    log.#isDeployed = facts.isCoreDeployed;
    log.#isFrozen = facts.isFrozen;
    log.#stateRoot = facts.stateRoot;
    log.#executed = facts.executed;
    log.#rollingHash = facts.rollingHash;
    return log;
  }

  /** Its facts, and the items of its lists beyond these lengths. */
  save(after: LengthsOf<CoreItem>): { readonly facts: CoreFacts; readonly lists: ListsOf<CoreItem> } {
    return {
      facts: {
        exits: this.#exits,
        isCoreDeployed: this.#isDeployed,
        isFrozen: this.#isFrozen,
        stateRoot: this.#stateRoot,
        executed: this.#executed,
        rollingHash: this.#rollingHash,
      },
      lists: {
        forced: this.#forcedOperations.slice(after.forced),
        settlement: this.#settlements.slice(after.settlement),
        ...this.migrations.save(after),
      },
    };
  }

  /** The forced queue: 93 bytes each, operation i at i − 1. */
  get forcedOperations(): readonly Uint8Array[] {
    return this.#forcedOperations;
  }

  /** The exits of each transition that has some; settlement i at i. */
  get settlements(): readonly Settlement[] {
    return this.#settlements;
  }

  /** Whether the consensus has said that the core is there. */
  get isDeployed(): boolean {
    return this.#isDeployed;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Root of the last proven state, by the events. */
  get stateRoot(): bigint {
    return this.#stateRoot;
  }

  /**
   * Says which exits the consensus has settled; the core's event has to follow if there are any.
   *
   * @param batches of one transition, in order
   */
  expectSettlement(batches: readonly Pick<SettledBatch, "number" | "result">[]): void {
    this.#requireSettled();
    this.#settled = batches.flatMap(({ number, result }) =>
      result.leaves.flatMap(({ exits }, leaf) => exits.map((exit) => ({ batch: number, leaf, exit }))),
    );
  }

  /**
   * Takes an event, if it is one of the core's.
   *
   * @throws {ProtocolError} `EVENTS_MISSING` if it cannot follow those before it
   */
  read(event: Pick<LogDescription, "name" | "args">): void {
    const { name, args } = event;
    switch (name) {
      case "ForcedOperationQueued":
        this.#queue(Number(args["id"]), args["slot"] as string);
        break;
      case "StateAdvanced":
        this.#stateRoot = args["stateRoot"] as bigint;
        this.#executed = args["executed"] as bigint;
        break;
      case "ExitsSettled":
        this.#settle(args as unknown as SettlementArguments);
        break;
      case "Frozen":
        this.#isFrozen = true;
        break;
      default:
        if (name === this.#awaited?.name && Number(args["id"]) === this.#awaited.id) this.#awaited = undefined;
        this.migrations.read(event, this.#forcedOperations);
        // A departure out of a frozen rollup, with id 0, leaves the state as it is.
        if (name === "Departed" && args["id"] !== 0n) {
          this.#stateRoot = this.migrations.departures.at(-1)?.newStateRoot ?? this.#stateRoot;
        }
    }
  }

  /** Requires, after the logs of whole blocks, that no event is missing which goes with another. */
  requireComplete(): void {
    this.#requireAnnounced();
    this.#requireSettled();
  }

  /** Takes `CoreDeployed` of the consensus. */
  deployed(): void {
    this.#isDeployed = true;
  }

  /**
   * Requires that L1 has no core after a block. A consensus is there some blocks before its core (docs/adr/0042), and
   * answers nothing that could be compared.
   *
   * @throws {ProtocolError} `EVENTS_MISSING`
   */
  async requireNoCore(rollup: Rollup, block: number): Promise<void> {
    const code = await rollup.runner?.provider?.getCode(rollup, block);
    if (code !== "0x") {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "CoreDeployed" },
        `the endpoint's logs do not have CoreDeployed up to block ${block}`,
      );
    }
  }

  /**
   * Compares with what L1 has in its state after a block.
   *
   * @throws {ProtocolError} `EVENTS_MISSING`
   */
  async compare(rollup: Rollup, block: number): Promise<void> {
    const at = { blockTag: block };
    const queued = this.#forcedOperations.length;
    const [l1Queued, l1Executed, l1Root, l1Departures, l1Frozen, [, l1Exits]] = await Promise.all([
      rollup.queuedOperations(at),
      rollup.executedOperations(at),
      rollup.stateRoot(at),
      rollup.departureCount(at),
      rollup.isFrozen(at),
      rollup.settledExits(at),
    ]);
    requireRecorded(block, [["number of forced operations", queued, l1Queued]]);
    // L1 refuses to tell of an operation that it does not have, or has no more.
    const [l1Rolling] = await rollup.forcedOperation(queued, at);
    requireRecorded(block, [
      ["rolling hash of the forced operations", this.#rollingHash, l1Rolling],
      ["number of executed operations", this.#executed, l1Executed],
      ["number of departures", this.migrations.departures.length, l1Departures],
      ["freeze", this.#isFrozen, l1Frozen],
      ["number of settled exits", this.#exits, l1Exits],
      ["state root", this.#stateRoot, l1Root],
    ]);
  }

  #queue(id: number, slot: string): void {
    this.#requireAnnounced();
    requireNext("forced operation", id, this.#forcedOperations.length + 1);
    const bytes = getBytes(slot);
    this.#forcedOperations.push(bytes);
    this.#rollingHash = dataSlice(keccak256(concat([this.#rollingHash, slot])), 0, 27);
    const { flags } = readForcedSlot(bytes);
    if (flags === DEPARTURE) this.#awaited = { name: "DepartureRequested", id };
    if (flags === ARRIVAL) this.#awaited = { name: "ArrivalQueued", id };
  }

  #settle({ settlement, first, count, root }: SettlementArguments): void {
    const exits = this.#settled;
    if (exits.length === 0) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "proven batch" },
        "the endpoint's logs settle exits of no batch that was proven",
      );
    }
    requireNext("settlement", Number(settlement), this.#settlements.length);
    if (first !== this.#exits || count !== BigInt(exits.length) || root !== settlementRoot(exits)) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        {
          differences: [
            { what: "settlement root", expected: root, found: settlementRoot(exits) },
            { what: "number of settled exits", expected: first + count, found: this.#exits + BigInt(exits.length) },
          ],
        },
        "L1 settled other exits than those of the batches that were proven",
      );
    }
    this.#settlements.push({ number: Number(settlement), first, exits });
    this.#exits += count;
    this.#settled = [];
  }

  #requireAnnounced(): void {
    if (this.#awaited === undefined) return;
    const { name, id } = this.#awaited;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: name, expected: id },
      `the endpoint's logs have no ${name} of operation ${id}`,
    );
  }

  #requireSettled(): void {
    const [first] = this.#settled;
    if (first === undefined) return;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: "ExitsSettled", expected: first.batch },
      `the endpoint's logs have no ExitsSettled of batch ${first.batch}`,
    );
  }
}
