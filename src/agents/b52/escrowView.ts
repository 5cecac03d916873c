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

const keyOf = (proposer: string, round: bigint): string => `${proposer.toLowerCase()}/${round}`;
const placeKey = (proposer: string, height: bigint): string => `${proposer.toLowerCase()}/${height & 1n}`;

/** `ENDED` of the contract: the word of a place whose last lock has ended. */
const ENDED = `0x${"1".padStart(64, "0")}`;

/** The locks and balances of an escrow that follow from its events up to a block of L1. */
export class EscrowView implements View<EscrowView> {
  readonly #demandBond: bigint;
  /** By proposer and round. */
  #open = new Map<string, OpenLock>();
  /** By account, in lower case. */
  #balances = new Map<string, bigint>();
  /** Word of each proposer's place for even and odd heights. */
  #places = new Map<string, string>();

  constructor(demandBond: bigint) {
    this.#demandBond = demandBond;
  }

  clone(): EscrowView {
    const copy = new EscrowView(this.#demandBond);
    copy.#open = new Map(this.#open);
    copy.#balances = new Map(this.#balances);
    copy.#places = new Map(this.#places);
    return copy;
  }

  /** Locks that have not ended, in the order in which they were made. */
  get locks(): readonly OpenLock[] {
    return [...this.#open.values()];
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
        this.#keep(lock);
        break;
      }
      case "ContentDemanded": {
        const { struct } = this.#lockOf(args);
        const [demander, answerBy] = [of("demander"), amount("answerBy")];
        this.#credit(demander, -this.#demandBond);
        this.#keep(openLock({ ...(struct as LockFields), stage: 1n, answerBy, demander }));
        break;
      }
      case "ContentShown": {
        const { struct, builder } = this.#lockOf(args);
        this.#credit(builder, this.#demandBond);
        this.#keep(openLock({ ...(struct as LockFields), stage: 2n, demander: ZeroAddress }, shown));
        break;
      }
      case "LockResolved":
        this.#end(this.#lockOf(args));
        this.#credit(of("proposer"), amount("toProposer"));
        this.#credit(of("builder"), amount("toBuilder"));
        break;
      case "CoverTaken":
        this.#end(this.#lockOf(args));
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
    const places = new Set([...this.#open.values()].map(({ proposer, height }) => placeKey(proposer, height)));
    for (const account of accounts) for (const parity of [0n, 1n]) places.add(placeKey(account, parity));
    const words = [...places].map(async (place): Promise<readonly [string, string, string]> => {
      const [proposer = "", parity = ""] = place.split("/");
      const recorded = await escrow.placeOf(proposer, BigInt(parity), at);
      return [`lock of ${place}`, this.#places.get(place) ?? `0x${"0".repeat(64)}`, recorded];
    });
    const balances = accounts.map(async (account): Promise<readonly [string, bigint, bigint]> => {
      const { balance } = await escrow.accountOf(account, at);
      return [`balance of ${account} in the escrow`, this.#balances.get(account.toLowerCase()) ?? 0n, balance];
    });
    requireRecorded(block, await Promise.all([...words, ...balances]));
  }

  #credit(account: string, amount: bigint): void {
    const key = account.toLowerCase();
    this.#balances.set(key, (this.#balances.get(key) ?? 0n) + amount);
  }

  #keep(lock: OpenLock): void {
    this.#open.set(keyOf(lock.proposer, lock.round), lock);
    this.#places.set(placeKey(lock.proposer, lock.height), lock.hash);
  }

  #end({ proposer, round, height }: OpenLock): void {
    this.#open.delete(keyOf(proposer, round));
    this.#places.set(placeKey(proposer, height), ENDED);
  }

  #lockOf(args: LogDescription["args"]): OpenLock {
    const [proposer, round] = [args.getValue("proposer") as string, args.getValue("round") as bigint];
    const lock = this.#open.get(keyOf(proposer, round));
    if (lock === undefined) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "OfferLocked", expected: round },
        `the endpoint's logs have no lock of ${proposer} in round ${round}`,
      );
    }
    return lock;
  }
}
