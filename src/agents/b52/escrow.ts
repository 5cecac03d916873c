// SPDX-License-Identifier: MIT
import {
  Contract,
  getBytes,
  hexlify,
  type ContractTransaction,
  type ContractTransactionReceipt,
  type Log,
  type LogDescription,
  type Signer,
} from "ethers";

import type { BuilderEscrow } from "../../../typechain-types/index.ts";
import type { BlockContentStruct } from "../../../typechain-types/contracts/interfaces/IBuilderEscrow.ts";
import type { Proposal } from "../../b52/index.ts";
import {
  findCall,
  L1Cursor,
  readCalldata,
  readContracts,
  revertOfError,
  sendTransaction,
  type BlockRange,
  type ContractLog,
  type SendOptions,
} from "../../chain/index.ts";
import { builderEscrowAbi } from "../../contracts/index.ts";
import { ProtocolError } from "../../errors.ts";
import { isSameAddress } from "../system.ts";
import { EscrowView, orderedContentOf, type BuilderOffer, type OpenLock } from "./escrowView.ts";
import type { B52Node } from "./node.ts";
import { toPlain } from "./plain.ts";
import type { OrderedContent, ProposedBlock } from "./proposer.ts";

/** An offer with the builder's signature for one commitment hash. */
export interface SignedOffer {
  readonly offer: BuilderOffer;
  /** In hex. */
  readonly signature: string;
}

/** Rules of an escrow; times in seconds. */
export interface EscrowRules {
  readonly answerWindow: bigint;
  readonly withdrawalDelay: bigint;
  readonly demandBond: bigint;
}

/** Type of the offers that builders sign (EIP-712). */
export const OFFER_TYPES = {
  Offer: [
    { name: "id", type: "bytes32" },
    { name: "payment", type: "uint96" },
    { name: "cover", type: "uint96" },
    { name: "deadline", type: "uint40" },
  ],
};

/** Domain of the escrow's signatures (EIP-712). */
export interface EscrowDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  /** Address of the escrow. */
  readonly verifyingContract: string;
}

/** Facts of an escrow that are fixed at its deployment. */
interface EscrowFixed {
  readonly rules: EscrowRules;
  readonly domain: EscrowDomain;
}

/** How a client follows an escrow. */
export interface EscrowOptions {
  /** Accounts whose balances and locks are compared with L1's state after each range of blocks. Default: none. */
  readonly accounts?: readonly string[];
}

/** The calls of builders and proposers to an escrow (docs/b52.md §10), and its open locks as L1 has them. */
export class EscrowClient {
  /** Node of the rollup. */
  readonly node: B52Node;
  readonly escrow: BuilderEscrow;
  /** Fixed at deployment. */
  readonly rules: EscrowRules;
  /** Of the offers that builders sign. */
  readonly domain: EscrowDomain;
  readonly #accounts: readonly string[];
  readonly #cursor: L1Cursor<EscrowView>;

  private constructor(
    node: B52Node,
    escrow: BuilderEscrow,
    { rules, domain }: EscrowFixed,
    deploymentBlock: number,
    { accounts = [] }: EscrowOptions,
  ) {
    [this.node, this.escrow, this.rules, this.domain, this.#accounts] = [node, escrow, rules, domain, accounts];
    this.#cursor = new L1Cursor(deploymentBlock, new EscrowView(rules.demandBond), node.system.reading);
  }

  /**
   * Opens an escrow, and reads it up to the head of L1.
   *
   * @param address of the escrow
   * @param deploymentBlock L1 block from which on its events are looked for
   * @throws {ProtocolError} `OTHER_CONSENSUS`; as `sync`
   */
  static async open(
    node: B52Node,
    address: string,
    deploymentBlock: number,
    options: EscrowOptions = {},
  ): Promise<EscrowClient> {
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
    const { name, version, chainId, verifyingContract } = await escrow.eip712Domain();
    const domain = { name, version, chainId, verifyingContract };
    const client = new EscrowClient(node, escrow, { rules, domain }, deploymentBlock, options);
    await client.sync();
    return client;
  }

  /**
   * Reads on, up to the head of L1 less the confirmations.
   *
   * @throws {ProtocolError} as `B52Node.sync`; after `REORGANISED` the client is worth nothing, and is opened again
   */
  async sync(): Promise<void> {
    await this.#cursor.advance(this.node.system.provider, {
      read: (view, range) => this.#read(view, range),
      compare: (view, block) => view.compare(this.escrow, block, this.#accounts),
    });
    await this.#cursor.view.settle(this.escrow, this.#cursor.next - 1);
  }

  /** Locks that have not ended, as of the last `sync`, in the order of L1. */
  get open(): readonly OpenLock[] {
    return this.#cursor.view.locks;
  }

  /** Locks that have not ended now, in the order of L1. @throws {ProtocolError} as `sync` */
  async locks(): Promise<readonly OpenLock[]> {
    await this.sync();
    return this.open;
  }

  async #read(view: EscrowView, range: BlockRange): Promise<void> {
    const logs = await readContracts(this.node.system.provider, { escrow: this.escrow }, range);
    for (const { event, log } of logs) {
      const shown = event.name === "ContentShown" ? await this.#contentShown(event, log, logs) : undefined;
      view.read(event, shown);
    }
  }

  /** The content of an answer: in the log `ContentPublished` of its transaction, else in the transaction's calldata. */
  async #contentShown(
    { args }: LogDescription,
    { transactionHash }: Log,
    logs: readonly ContractLog<"escrow">[],
  ): Promise<OrderedContent | undefined> {
    const published = logs.find(
      ({ event, log }) =>
        event.name === "ContentPublished" &&
        log.transactionHash === transactionHash &&
        event.args.getValue("proposer") === args.getValue("proposer") &&
        event.args.getValue("round") === args.getValue("round"),
    );
    if (published !== undefined) {
      return orderedContentOf(toPlain(published.event.args.getValue("content")) as BlockContentStruct);
    }
    const transaction = await findCall(this.node.system.provider, transactionHash);
    const fragment = this.escrow.interface.getFunction("answer");
    const isCall = isSameAddress(transaction?.to ?? "", this.domain.verifyingContract);
    if (transaction === undefined || !isCall || transaction.data.slice(0, 10) !== fragment.selector) return undefined;
    const [, content] = readCalldata(fragment, getBytes(transaction.data));
    return orderedContentOf(content as unknown as BlockContentStruct);
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

  /** Tokens of an account that a lock can take for a while: without those whose withdrawal is requested. */
  async kept(account: string): Promise<bigint> {
    const { balance, requested } = await this.escrow.accountOf(account);
    return balance > requested ? balance - requested : 0n;
  }

  /** Signs an offer for a commitment hash. */
  async sign(signer: Signer, id: string, offer: BuilderOffer): Promise<SignedOffer> {
    const { payment, cover, deadline } = offer;
    const signature = await signer.signTypedData({ ...this.domain }, OFFER_TYPES, { id, payment, cover, deadline });
    return { offer, signature };
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
    const [[round, height], kept, latest] = await Promise.all([
      consensus.openRound(),
      this.kept(builder),
      provider.getBlock("latest"),
    ]);
    const isOpened = (await consensus.roundOf(height)).id === round;
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
    block: OrderedContent,
    sending?: SendOptions,
  ): Promise<ContractTransactionReceipt> {
    return this.#send(signer, this.answerCall(lock, block), sending);
  }

  /** The call of `answer`. */
  answerCall({ struct }: OpenLock, { content, data, includeList }: OrderedContent): Promise<ContractTransaction> {
    const { salt, forcedCount, feeAccount, feeToken } = content;
    const shown = { salt, forcedCount, feeAccount, feeToken, data: hexlify(data), includeList: hexlify(includeList) };
    return this.escrow.answer.populateTransaction(struct, shown);
  }

  /** Ends a lock whose block has won or lost: the proposer's payment, or the builder's refund. Anybody may. */
  async resolve(signer: Signer, lock: OpenLock, sending?: SendOptions): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    return this.#send(signer, this.resolveCall(lock), sending);
  }

  /** The call of `resolve`, by the chain as the node has it. */
  resolveCall(lock: OpenLock): Promise<ContractTransaction> {
    return this.escrow.resolve.populateTransaction(lock.struct, this.#blocksAfter(lock));
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
