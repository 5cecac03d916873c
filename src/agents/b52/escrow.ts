// SPDX-License-Identifier: MIT
import {
  AbiCoder,
  Contract,
  ZeroAddress,
  hexlify,
  keccak256,
  type ContractTransaction,
  type ContractTransactionReceipt,
  type Signer,
} from "ethers";

import type { BuilderEscrow } from "../../../typechain-types/index.ts";
import type { BuilderLockStruct } from "../../../typechain-types/contracts/interfaces/IBuilderEscrow.ts";
import type { Proposal } from "../../b52/index.ts";
import { readLogs, revertOfError, sendTransaction, type SendOptions } from "../../chain/index.ts";
import { builderEscrowAbi } from "../../contracts/index.ts";
import { ProtocolError } from "../../errors.ts";
import { isSameAddress } from "../system.ts";
import type { B52Node } from "./node.ts";
import { toPlain } from "./plain.ts";
import type { OrderedContent, ProposedBlock } from "./proposer.ts";

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

/** An offer with the builder's signature for one commitment hash. */
export interface SignedOffer {
  readonly offer: BuilderOffer;
  /** In hex. */
  readonly signature: string;
}

/** Stages of a lock, in the order of `LockStage`. */
const STAGES = ["locked", "demanded", "answered"] as const;

/** A lock that has not ended. */
export interface OpenLock {
  /** Preimage of the hash that L1 keeps. */
  readonly struct: BuilderLockStruct;
  readonly proposer: string;
  readonly builder: string;
  readonly round: bigint;
  readonly height: bigint;
  /** Commitment hash of the block. */
  readonly id: string;
  readonly payment: bigint;
  readonly cover: bigint;
  readonly stage: (typeof STAGES)[number];
  /** Of a demand, in unix seconds: until then it can be answered. */
  readonly answerBy: bigint;
}

/** Rules of an escrow; times in seconds. */
export interface EscrowRules {
  readonly answerWindow: bigint;
  readonly withdrawalDelay: bigint;
  readonly demandBond: bigint;
}

/** Type of the offers that builders sign (EIP-712). */
const OFFER_TYPES = {
  Offer: [
    { name: "id", type: "bytes32" },
    { name: "payment", type: "uint96" },
    { name: "cover", type: "uint96" },
    { name: "deadline", type: "uint40" },
  ],
};

/** The calls of builders and proposers to an escrow (docs/b52.md §10), and its open locks. */
export class EscrowClient {
  /** Node of the rollup. */
  readonly node: B52Node;
  readonly escrow: BuilderEscrow;
  /** Fixed at deployment. */
  readonly rules: EscrowRules;
  readonly #deploymentBlock: number;

  private constructor(node: B52Node, escrow: BuilderEscrow, rules: EscrowRules, deploymentBlock: number) {
    [this.node, this.escrow, this.rules, this.#deploymentBlock] = [node, escrow, rules, deploymentBlock];
  }

  /**
   * @param address of the escrow
   * @param deploymentBlock L1 block from which on its events are looked for
   * @throws {ProtocolError} `OTHER_CONSENSUS`
   */
  static async open(node: B52Node, address: string, deploymentBlock: number): Promise<EscrowClient> {
    const escrow = new Contract(address, builderEscrowAbi, node.system.provider) as unknown as BuilderEscrow;
    const [expected, found] = [await node.system.consensus.getAddress(), await escrow.CONSENSUS()];
    if (!isSameAddress(expected, found)) {
      throw new ProtocolError("OTHER_CONSENSUS", { expected, found }, `the escrow is of ${found}, not of ${expected}`);
    }
    const rules = {
      answerWindow: await escrow.ANSWER_WINDOW(),
      withdrawalDelay: await escrow.WITHDRAWAL_DELAY(),
      demandBond: await escrow.DEMAND_BOND(),
    };
    return new EscrowClient(node, escrow, rules, deploymentBlock);
  }

  /**
   * Locks that have not ended, in the order of L1. Events name the proposer and the round, and a proposer may have two
   * locks of one round id: one for a height whose round nobody opened, and one for the height before. So the hash that L1
   * keeps of each place says which stage its lock has.
   */
  async locks(): Promise<OpenLock[]> {
    const { escrow } = this;
    const { provider, reading } = this.node.system;
    const places = new Map<string, LockFields[]>();
    const filter = { address: await escrow.getAddress(), topics: [] };
    for await (const log of readLogs(provider, filter, this.#deploymentBlock, reading)) {
      const event = escrow.interface.parseLog(log);
      if (event === null) continue;
      const { name, args } = event;
      if (name === "OfferLocked") {
        const struct = toPlain(args.getValue("lock")) as LockFields;
        const place = `${struct.proposer} ${struct.height & 1n}`;
        // A lock begins when the one before in its place has ended.
        places.delete(place);
        places.set(place, [struct]);
        continue;
      }
      if (!["ContentDemanded", "LockResolved", "CoverTaken"].includes(name)) continue;
      const [proposer, round] = [args.getValue("proposer") as string, args.getValue("round") as bigint];
      const meant = [...places].filter(([, [locked]]) => locked?.proposer === proposer && locked.round === round);
      if (name === "ContentDemanded") {
        const demander = args.getValue("demander") as string;
        const answerBy = args.getValue("answerBy") as bigint;
        for (const [, stages] of meant) {
          const demanded = { ...stages[0]!, stage: 1n, answerBy, demander };
          stages.push(demanded, { ...demanded, stage: 2n, demander: ZeroAddress });
        }
      } else if (meant.length === 1) {
        places.delete(meant[0]![0]);
      }
    }
    const open: OpenLock[] = [];
    for (const stages of places.values()) {
      const [{ proposer, height }] = stages as [LockFields];
      const recorded = await escrow.placeOf(proposer, height & 1n);
      const struct = stages.find((stage) => this.#hashOf(stage) === recorded);
      if (struct !== undefined) open.push(openLock(struct));
    }
    return open;
  }

  /** The hash of a lock, as L1 keeps it in its place. */
  #hashOf(struct: BuilderLockStruct): string {
    const { inputs } = this.escrow.interface.getFunction("takeCover");
    return keccak256(AbiCoder.defaultAbiCoder().encode(inputs, [struct]));
  }

  /**
   * @param height default: any; see `locks`
   * @throws {ProtocolError} `UNKNOWN_LOCK`
   */
  async lockOf(proposer: string, round: bigint, height?: bigint): Promise<OpenLock> {
    const lock = (await this.locks()).find(
      (open) =>
        isSameAddress(open.proposer, proposer) &&
        open.round === round &&
        (height === undefined || open.height === height),
    );
    if (lock === undefined) {
      throw new ProtocolError("UNKNOWN_LOCK", { proposer, round }, `no open lock of ${proposer} in round ${round}`);
    }
    return lock;
  }

  /** Tokens of an account that a lock or a bond can take now. */
  async usable(account: string): Promise<bigint> {
    return (await this.escrow.accountOf(account)).usable;
  }

  /** Signs an offer for a commitment hash. */
  async sign(signer: Signer, id: string, offer: BuilderOffer): Promise<SignedOffer> {
    const { name, version, chainId, verifyingContract } = await this.escrow.eip712Domain();
    const { payment, cover, deadline } = offer;
    const domain = { name, version, chainId, verifyingContract };
    return { offer, signature: await signer.signTypedData(domain, OFFER_TYPES, { id, payment, cover, deadline }) };
  }

  // ── Proposers ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Refuses an offer with which a proposer could lose: the cover has to be at least the part of the bid that burns if the
   * block is not proven, and `costs`; the builder's balance has to hold payment and cover, without an amount whose
   * withdrawal is requested, as it may leave before the lock is mined; and if the commitment opens its round, the deadline
   * has to be 72 seconds away, as the lock can be resolved from then on.
   *
   * @param costs in the native token: worth of the gas of a commitment, a lock and a demand, and of lost work
   * @throws {ProtocolError} `COVER_TOO_SMALL`
   */
  async requireCover({ builder, payment, cover, deadline }: BuilderOffer, bid: bigint, costs: bigint): Promise<void> {
    const { consensus, provider } = this.node.system;
    const [[round, height], { balance, requested }, latest] = await Promise.all([
      consensus.openRound(),
      this.escrow.accountOf(builder),
      provider.getBlock("latest"),
    ]);
    const isOpened = (await consensus.roundOf(height)).id === round;
    const kept = balance > requested ? balance - requested : 0n;
    const checks = [
      ["cover", cover, lossOf(bid, this.node.parameters.unprovenBurnRate) + costs],
      ["balance", kept, payment + cover],
      ["deadline", deadline, isOpened ? 0n : BigInt(latest?.timestamp ?? 0) + DEADLINE_MARGIN],
    ] as const;
    for (const [what, found, needed] of checks) {
      if (found >= needed) continue;
      throw new ProtocolError(
        "COVER_TOO_SMALL",
        { what, found, needed },
        `the ${what} of an offer of ${builder} is ${found}, and ${needed} is needed`,
      );
    }
  }

  /** Locks an offer for a proposal of the signer's. Commit right after it, with the next nonce. */
  lock(
    signer: Signer,
    { proposal }: Pick<ProposedBlock, "proposal">,
    { offer, signature }: SignedOffer,
    sending?: SendOptions,
  ): Promise<ContractTransactionReceipt> {
    return this.#send(signer, this.escrow.lock.populateTransaction(proposal, offer, signature), sending);
  }

  /** Says on L1 that a content was not revealed. The bond must be in the signer's balance. */
  demand(signer: Signer, lock: OpenLock, sending?: SendOptions): Promise<ContractTransactionReceipt> {
    return this.#send(signer, this.escrow.demand.populateTransaction(lock.struct), sending);
  }

  /** Takes payment and cover for a content that was demanded and not shown in time. */
  takeCover(signer: Signer, lock: OpenLock, sending?: SendOptions): Promise<ContractTransactionReceipt> {
    return this.#send(signer, this.escrow.takeCover.populateTransaction(lock.struct), sending);
  }

  // ── Builders and anybody ───────────────────────────────────────────────────────────────────────────────────────────

  /** Answers a demand. Anybody who has the content may. */
  answer(
    signer: Signer,
    lock: OpenLock,
    { content, data, includeList }: OrderedContent,
    sending?: SendOptions,
  ): Promise<ContractTransactionReceipt> {
    const { salt, forcedCount, feeAccount, feeToken } = content;
    const shown = { salt, forcedCount, feeAccount, feeToken, data: hexlify(data), includeList: hexlify(includeList) };
    return this.#send(signer, this.escrow.answer.populateTransaction(lock.struct, shown), sending);
  }

  /** Ends a lock whose block has won or lost: the proposer's payment, or the builder's refund. Anybody may. */
  async resolve(signer: Signer, lock: OpenLock, sending?: SendOptions): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    return this.#send(signer, this.escrow.resolve.populateTransaction(lock.struct, this.#blocksAfter(lock)), sending);
  }

  /** Whether L1 would end a lock now. Trouble with the endpoint is thrown as it is. */
  async canResolve(lock: OpenLock): Promise<boolean> {
    await this.node.sync();
    try {
      await this.escrow.resolve.staticCall(lock.struct, this.#blocksAfter(lock));
      return true;
    } catch (error) {
      if (revertOfError(error) === undefined) throw error;
      return false;
    }
  }

  /** Proposals of the chain above a lock's height, as `resolve` needs them; none if they are too many. */
  #blocksAfter({ height }: OpenLock): Proposal[] {
    const later = this.node.batches.slice(Number(height)).map(({ proposal }) => proposal);
    return later.length > MAX_LATER_BLOCKS ? [] : later;
  }

  #send(
    signer: Signer,
    call: Promise<ContractTransaction>,
    sending?: SendOptions,
  ): Promise<ContractTransactionReceipt> {
    return sendTransaction(signer, call, sending);
  }
}

/** Seconds in which a lock and the commitment after it are mined: six blocks. */
const DEADLINE_MARGIN = 72n;

/** `MAX_LATER_BLOCKS` of the escrow. */
const MAX_LATER_BLOCKS = 32;
const RATE_UNIT = 10_000n;

/** The part of a bid that burns if its block is not proven; rounded up, as L1 does. */
export const lossOf = (bid: bigint, unprovenBurnRate: bigint): bigint =>
  (bid * unprovenBurnRate + RATE_UNIT - 1n) / RATE_UNIT;

/** Fields of a lock as ethers decodes them. */
type LockFields = BuilderLockStruct & {
  readonly proposer: string;
  readonly builder: string;
  readonly round: bigint;
  readonly height: bigint;
  readonly id: string;
  readonly payment: bigint;
  readonly cover: bigint;
  readonly stage: bigint;
  readonly answerBy: bigint;
};

function openLock(struct: LockFields): OpenLock {
  const { proposer, builder, round, height, id, payment, cover, answerBy } = struct;
  const stage = STAGES[Number(struct.stage)] ?? "locked";
  return { struct, proposer, builder, round, height, id, payment, cover, stage, answerBy };
}
