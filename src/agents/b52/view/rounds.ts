// SPDX-License-Identifier: MIT
import type {
  B52ParametersStructOutput,
  RoundResultStruct,
} from "../../../../typechain-types/contracts/interfaces/IB52.ts";
import { roundsKept, votersRoot, type RegistryTree } from "../../../b52/index.ts";
import { requireNext } from "../../../chain/index.ts";
import { slotsOf, type Header } from "../../../codec/index.ts";
import { ProtocolError } from "../../../errors.ts";
import type { RoundStart } from "../blocks.ts";
import type { SavedB52Item, SavedRound, TicketChange } from "../savedView.ts";
import { registryAfter, type ProverKeys } from "./proverKeys.ts";

type RoundItem = Pick<SavedB52Item, "round" | "result" | "include">;

/** Rounds, how they ended, the include lists that they left, and the times and headers that follow from them. */
export class Rounds {
  readonly #parameters: B52ParametersStructOutput;
  #opened: SavedRound[] = [];
  #ended: RoundResultStruct[] = [];
  #includes: RoundItem["include"][] = [];
  #rounds = new Map<bigint, RoundStart>();
  /** By height, the round that was opened last. */
  #lastOf = new Map<bigint, RoundStart>();
  #results = new Map<bigint, RoundResultStruct>();
  /** By height. */
  #lists = new Map<bigint, Uint8Array>();

  constructor(parameters: B52ParametersStructOutput) {
    this.#parameters = parameters;
  }

  clone(): Rounds {
    const copy = new Rounds(this.#parameters);
    copy.#opened = [...this.#opened];
    copy.#ended = [...this.#ended];
    copy.#includes = [...this.#includes];
    copy.#rounds = new Map(this.#rounds);
    copy.#lastOf = new Map(this.#lastOf);
    copy.#results = new Map(this.#results);
    copy.#lists = new Map(this.#lists);
    return copy;
  }

  /** The same rounds, from their lists. The keys of old rounds are put together when somebody asks for them. */
  static restore(
    parameters: B52ParametersStructOutput,
    lists: { readonly [Name in keyof RoundItem]: readonly RoundItem[Name][] },
    changes: readonly TicketChange[],
  ): Rounds {
    const rounds = new Rounds(parameters);
    const registries = new Map<number, () => RegistryTree>();
    for (const saved of lists.round) {
      const registry = registries.get(saved.changes) ?? once(() => registryAfter(changes.slice(0, saved.changes)));
      registries.set(saved.changes, registry);
      const { round, height, opensAt, draw } = saved;
      rounds.#add(saved, {
        ...{ round, height, opensAt, draw },
        get registry() {
          return registry();
        },
      });
    }
    for (const result of lists.result) rounds.end(result);
    for (const [height, list] of lists.include) rounds.setList(height, list);
    return rounds;
  }

  /** The items of its lists beyond these lengths. */
  save(after: { readonly [Name in keyof RoundItem]: number }): {
    readonly [Name in keyof RoundItem]: readonly RoundItem[Name][];
  } {
    return {
      round: this.#opened.slice(after.round),
      result: this.#ended.slice(after.result),
      include: this.#includes.slice(after.include),
    };
  }

  /** Number of rounds that were opened: their ids are 1, 2, 3, … */
  get opened(): number {
    return this.#rounds.size;
  }

  has(id: bigint): boolean {
    return this.#rounds.has(id);
  }

  /** @throws {ProtocolError} `UNKNOWN_ROUND` */
  get(id: bigint): RoundStart {
    const round = this.#rounds.get(id);
    if (round === undefined) throw new ProtocolError("UNKNOWN_ROUND", { round: id }, `round ${id} was not opened`);
    return round;
  }

  /** The round of a height that was opened last, whether or not it is over; undefined if none was. */
  lastOf(height: number): RoundStart | undefined {
    return this.#lastOf.get(BigInt(height));
  }

  resultOf(round: bigint): RoundResultStruct | undefined {
    return this.#results.get(round);
  }

  /** The include list that is due at a height; no bytes if none is. */
  listDue(height: bigint): Uint8Array {
    return this.#lists.get(height) ?? new Uint8Array();
  }

  /** Slots of the include list that is due at a height. */
  slotsDue(height: bigint): readonly Uint8Array[] {
    return slotsOf(this.listDue(height));
  }

  /** Number of rounds of which L1 keeps results and records (docs/b52.md §5.3). */
  get kept(): bigint {
    return roundsKept(this.#parameters);
  }

  /** The rounds that take the place of a round's results and records on L1, as far as they were opened. */
  *successorsOf(round: bigint): Generator<bigint, void, undefined> {
    const { kept } = this;
    const last = BigInt(this.#rounds.size);
    for (let later = round + kept; later <= last; later += kept) yield later;
  }

  /** Whether a later round's result has taken the place of this one's. */
  hasLapsed(round: bigint): boolean {
    for (const later of this.successorsOf(round)) if (this.#results.has(later)) return true;
    return false;
  }

  proofWindowOf(round: bigint): { readonly opensAt: bigint; readonly closesAt: bigint } {
    const { proposalWindow, proofWindow } = this.#parameters;
    const opensAt = this.get(round).opensAt + proposalWindow;
    return { opensAt, closesAt: opensAt + proofWindow };
  }

  /** The header that L1 gives a block of a round (docs/b52.md §5). */
  headerOf(
    round: bigint,
    { feeToken, feeAccount, forcedCount }: Pick<Header, "feeToken" | "feeAccount" | "forcedCount">,
  ): Header {
    const { baseFee, proposalWindow } = this.#parameters;
    const timestamp = this.get(round).opensAt + proposalWindow;
    return { baseFee: feeToken === 0n ? baseFee : 0n, feeToken, feeAccount, forcedCount, timestamp };
  }

  /** Takes `RoundOpened`, after the registry's `RoundDrawn`, if there is one. @throws {ProtocolError} `EVENTS_MISSING` */
  open(
    round: bigint,
    { height, opensAt, registryRoot }: Pick<RoundStart, "height" | "opensAt"> & { readonly registryRoot: bigint },
    keys: ProverKeys,
  ): void {
    const { registry, changes } = keys;
    const draw = keys.drawOf(round);
    const found = votersRoot({ registry, draw });
    requireNext("round", round, this.#rounds.size + 1);
    if (found !== registryRoot) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "root of the registry", expected: registryRoot, found },
        `round ${round} opened with other keys than the endpoint's logs give`,
      );
    }
    const times = { round, height, opensAt, draw };
    this.#add({ ...times, changes: changes.length }, { ...times, registry });
  }

  /** Takes the result of `RoundEnded`. */
  end(result: RoundResultStruct): void {
    this.#ended.push(result);
    this.#results.set(BigInt(result.round), result);
  }

  /** Takes the list of `IncludeListDue`. */
  setList(height: bigint, list: Uint8Array): void {
    this.#includes.push([height, list]);
    this.#lists.set(height, list);
  }

  #add(saved: SavedRound, round: RoundStart): void {
    this.#opened.push(saved);
    this.#rounds.set(round.round, round);
    this.#lastOf.set(round.height, round);
  }
}

/** Makes a value when it is asked for, once. */
function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}
