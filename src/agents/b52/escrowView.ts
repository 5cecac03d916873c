// SPDX-License-Identifier: MIT
import { AbiCoder, getBytes, Interface, keccak256, ZeroAddress, type LogDescription } from "ethers";

import type { BuilderEscrow } from "../../../typechain-types/index.ts";
import type {
  BlockContentStruct,
  BuilderLockStruct,
} from "../../../typechain-types/contracts/interfaces/IBuilderEscrow.ts";
import type { Proposal } from "../../b52/index.ts";
import { requireRecorded, type View } from "../../chain/index.ts";
import { builderEscrowAbi } from "../../contracts/index.ts";
import { ProtocolError } from "../../errors.ts";
import { batchDataHash } from "../../ledger/index.ts";
import { toPlain } from "./plain.ts";
import type { OrderedContent } from "./proposer.ts";

/** An offer for one proposal; amounts in the native token. */
export interface BuilderOffer {
  /** L1 address that pays. */
  readonly builder: string;
  /** For the proposer if the block wins. */
  readonly payment: bigint;
  /** For the proposer besides the payment if the content is withheld. */
  readonly cover: bigint;
  /** In unix seconds: from then on the offer cannot be locked. */
  readonly deadline: bigint;
}

/** Stages of a lock, in the order of `LockStage`. */
const STAGES = ["locked", "demanded", "answered"] as const;

/** A lock that has not ended. */
export interface OpenLock {
  /** Preimage of the hash that L1 keeps. */
  readonly struct: BuilderLockStruct;
  /** Hash that L1 keeps, 32 bytes in hex. */
  readonly hash: string;
  readonly proposer: string;
  readonly builder: string;
  readonly round: bigint;
  readonly height: bigint;
  /** Commitment hash of the block. */
  readonly id: string;
  readonly payment: bigint;
  readonly cover: bigint;
  /** Of the offer, in unix seconds. */
  readonly deadline: bigint;
  readonly stage: (typeof STAGES)[number];
  /** Of a demand, in unix seconds: until then it can be answered. */
  readonly answerBy: bigint;
  /** Content that L1 was shown as the answer to a demand. */
  readonly shown: OrderedContent | undefined;
}

/** Fields of a lock as ethers decodes them. */
type LockFields = BuilderLockStruct & {
  readonly proposer: string;
  readonly builder: string;
  readonly round: bigint;
  readonly height: bigint;
  readonly id: string;
  readonly payment: bigint;
  readonly cover: bigint;
  readonly deadline: bigint;
  readonly stage: bigint;
  readonly answerBy: bigint;
};

const INTERFACE = new Interface(builderEscrowAbi);
const [LOCK_TYPE] = INTERFACE.getFunction("takeCover")?.inputs ?? [];

/** `keccak256(abi.encode(lock))`, which L1 keeps. */
export function hashOfLock(struct: BuilderLockStruct): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(LOCK_TYPE === undefined ? [] : [LOCK_TYPE], [struct]));
}

/** The lock that `lock` makes of an offer. @param id commitment hash of the proposal */
export function lockOfOffer(proposal: Proposal, id: string, offer: BuilderOffer): OpenLock {
  const { parent, contentHash, proposer, round, height, leaves } = proposal;
  const terms = { id, parent, contentHash, proposer, round, height, leaves, ...offer };
  return openLock({ ...terms, stage: 0n, answerBy: 0n, demander: ZeroAddress });
}

function openLock(struct: LockFields, shown?: OrderedContent): OpenLock {
  const { proposer, builder, round, height, id, payment, cover, deadline, answerBy } = struct;
  const stage = STAGES[Number(struct.stage)] ?? "locked";
  const hash = hashOfLock(struct);
  return { struct, hash, proposer, builder, round, height, id, payment, cover, deadline, stage, answerBy, shown };
}

/** Content of an answer, as L1 was shown it. */
export function orderedContentOf(content: BlockContentStruct): OrderedContent {
  const [data, includeList] = [getBytes(content.data), getBytes(content.includeList)];
  return {
    content: {
      salt: content.salt as string,
      dataHash: batchDataHash(data),
      forcedCount: Number(content.forcedCount),
      includeListHash: keccak256(includeList),
      feeAccount: Number(content.feeAccount),
      feeToken: BigInt(content.feeToken),
    },
    ...{ data, includeList },
  };
}

/** A word that L1 may have in a place, by the events. */
interface Possibility {
  /** Undefined if the place is empty. */
  readonly lock: OpenLock | undefined;
  readonly word: string;
  /** The builder's bond that goes with it and is not in the balances yet. */
  readonly bond: bigint;
}

const placeOf = ({ proposer, height }: Pick<OpenLock, "proposer" | "height">): string =>
  `${proposer.toLowerCase()}/${height & 1n}`;

const possible = (lock: OpenLock, bond = 0n): Possibility => ({ lock, word: lock.hash, bond });
/** `ENDED` of the contract: the word of a place whose last lock has ended. */
const ENDED: Possibility = { lock: undefined, word: `0x${"1".padStart(64, "0")}`, bond: 0n };
const NEVER_USED: Possibility = { lock: undefined, word: `0x${"0".repeat(64)}`, bond: 0n };

/**
 * The locks and balances of an escrow that follow from its events up to a block of L1.
 *
 * Events after `OfferLocked` name the proposer and the round. A proposer can have two locks of one round id, in its two
 * places: one for a height whose round nobody opened, and one for the height before. Then both places have two
 * possibilities, and the words that L1 keeps say which one is true.
 */
export class EscrowView implements View<EscrowView> {
  readonly #demandBond: bigint;
  /** By account, in lower case. */
  #balances = new Map<string, bigint>();
  /** By proposer and parity, in the order of the locks. */
  #places = new Map<string, readonly Possibility[]>();

  constructor(demandBond: bigint) {
    this.#demandBond = demandBond;
  }

  clone(): EscrowView {
    const copy = new EscrowView(this.#demandBond);
    copy.#balances = new Map(this.#balances);
    copy.#places = new Map(this.#places);
    return copy;
  }

  /** Locks that have not ended, in the order in which they were made. To be read after `settle`. */
  get locks(): readonly OpenLock[] {
    return [...this.#places.values()].flatMap(([first, ...others]) =>
      first?.lock === undefined || others.length > 0 ? [] : [first.lock],
    );
  }

  /**
   * Takes an event of the escrow.
   *
   * @param shown of `ContentShown`: the content
   * @throws {ProtocolError} `EVENTS_MISSING` if it cannot follow those before it
   */
  read({ name, args }: LogDescription, shown: OrderedContent | undefined): void {
    const of = (field: string): string => args.getValue(field) as string;
    const amount = (field: string): bigint => args.getValue(field) as bigint;
    switch (name) {
      case "Deposited":
        this.#credit(of("account"), amount("amount"));
        break;
      case "Withdrawn":
        this.#credit(of("account"), -amount("amount"));
        break;
      case "OfferLocked": {
        const lock = openLock(toPlain(args.getValue("lock")) as LockFields);
        this.#credit(lock.builder, -lock.payment - lock.cover);
        // A lock begins when the one before in its place has ended.
        this.#places.delete(placeOf(lock));
        this.#places.set(placeOf(lock), [possible(lock)]);
        break;
      }
      case "ContentDemanded": {
        const [demander, answerBy] = [of("demander"), amount("answerBy")];
        this.#credit(demander, -this.#demandBond);
        this.#change(args, "locked", ({ struct }) =>
          possible(openLock({ ...(struct as LockFields), stage: 1n, answerBy, demander })),
        );
        break;
      }
      case "ContentShown":
        this.#change(args, "demanded", ({ struct }) =>
          possible(openLock({ ...(struct as LockFields), stage: 2n, demander: ZeroAddress }, shown), this.#demandBond),
        );
        break;
      case "LockResolved":
        this.#change(args, undefined, () => ENDED);
        this.#credit(of("proposer"), amount("toProposer"));
        this.#credit(of("builder"), amount("toBuilder"));
        break;
      case "CoverTaken":
        this.#change(args, "demanded", () => ENDED);
        this.#credit(of("proposer"), amount("toProposer"));
        this.#credit(of("demander"), this.#demandBond);
        break;
      default:
    }
  }

  /**
   * Compares with L1's state after a block: the places of open locks, and places and balance of the accounts that count.
   * The contract has no number of its locks, so one that the endpoint leaves out is found by its builder's balance.
   *
   * @param accounts whose balances and places have to be right
   * @throws {ProtocolError} `EVENTS_MISSING`
   */
  async compare(escrow: BuilderEscrow, block: number, accounts: readonly string[]): Promise<void> {
    const at = { blockTag: block };
    const own = accounts.flatMap((account) => [0n, 1n].map((height) => placeOf({ proposer: account, height })));
    const open = [...this.#places].flatMap(([place, words]) => (words.some(({ lock }) => lock) ? [place] : []));
    const words = [...new Set([...open, ...own])].map(async (place): Promise<readonly [string, string, string]> => {
      const recorded = await wordOf(escrow, place, block);
      const expected = this.#places.get(place) ?? [NEVER_USED];
      const found = expected.find(({ word }) => word === recorded) ?? expected[0]!;
      return [`lock of ${place}`, found.word, recorded];
    });
    // As long as it is open who has a bond, balances follow from no event.
    const isOpen = [...this.#places.values()].some((possibilities) => possibilities.length > 1);
    const balances = (isOpen ? [] : accounts).map(async (account): Promise<readonly [string, bigint, bigint]> => {
      const { balance } = await escrow.accountOf(account, at);
      return [`balance of ${account} in the escrow`, this.#balances.get(account.toLowerCase()) ?? 0n, balance];
    });
    requireRecorded(block, await Promise.all([...words, ...balances]));
  }

  /** Asks L1 for what the events leave open. @param block up to which the view has read */
  async settle(escrow: BuilderEscrow, block: number): Promise<void> {
    for (const [place, possibilities] of this.#places) {
      if (possibilities.length === 1) continue;
      const recorded = await wordOf(escrow, place, block);
      const found = possibilities.find(({ word }) => word === recorded);
      if (found !== undefined) this.#set(place, [found]);
    }
  }

  /** Changes the lock that an event is about, or those that it may be about. @param stage before it; undefined for any */
  #change(
    args: LogDescription["args"],
    stage: OpenLock["stage"] | undefined,
    after: (lock: OpenLock) => Possibility,
  ): void {
    const [proposer, round] = [args.getValue("proposer") as string, args.getValue("round") as bigint];
    const isMeant = ({ lock }: Possibility): boolean =>
      lock?.round === round && lock.proposer === proposer && (stage === undefined || lock.stage === stage);
    const meant = [...this.#places].filter(([, possibilities]) => possibilities.some(isMeant));
    if (meant.length === 0) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "OfferLocked", expected: round },
        `the endpoint's logs have no lock of ${proposer} in round ${round}`,
      );
    }
    for (const [place, before] of meant) {
      const changed = before.flatMap((word) => (isMeant(word) && word.lock !== undefined ? [after(word.lock)] : []));
      // An answer does not say whose, and a place that had two possibilities may have had the other one.
      this.#set(place, meant.length === 1 && before.every(isMeant) ? changed : [...before, ...changed]);
    }
  }

  #set(place: string, possibilities: readonly Possibility[]): void {
    const [first, ...others] = possibilities;
    if (first?.lock !== undefined && first.bond > 0n && others.length === 0) {
      this.#credit(first.lock.builder, first.bond);
      this.#places.set(place, [{ ...first, bond: 0n }]);
    } else {
      this.#places.set(place, possibilities);
    }
  }

  #credit(account: string, amount: bigint): void {
    const key = account.toLowerCase();
    this.#balances.set(key, (this.#balances.get(key) ?? 0n) + amount);
  }
}

function wordOf(escrow: BuilderEscrow, place: string, block: number): Promise<string> {
  const [proposer = "", parity = ""] = place.split("/");
  return escrow.placeOf(proposer, BigInt(parity), { blockTag: block });
}
