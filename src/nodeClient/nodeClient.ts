// SPDX-License-Identifier: MIT
import { encodeDomain } from "../codec/index.ts";
import { isOnCurve, type Point, type Signer } from "../crypto/index.ts";
import { isProtocolError, ProtocolError } from "../errors.ts";
import { toUint, type Field } from "../field.ts";
import { requirePayeeAccount, signTransaction, type Account, type Payee } from "../ledger/index.ts";
import { sleep } from "../sleep.ts";
import type { Answer } from "./answer.ts";
import { NodeEndpoint, type NodeEndpointOptions } from "./endpoint.ts";
import {
  readPeers,
  readProofTree,
  readRound,
  readRounds,
  readTickets,
  type NodePeers,
  type NodeProofTree,
  type NodeRound,
  type NodeRounds,
  type NodeTicket,
} from "./rounds.ts";

/** How a client talks to its node, and which rollup it wants. */
export interface NodeClientOptions extends NodeEndpointOptions {
  /** L1 address of the rollup's core. If it is given, a node of another rollup is refused. */
  readonly rollup?: string;
  /** Id of the L1 chain. If it is given, a node of another chain is refused. */
  readonly chainId?: bigint;
}

/** The rollup that a node follows. */
export interface NodeIdentity {
  /** Of L1. */
  readonly chainId: bigint;
  /** L1 address of the core. */
  readonly rollup: string;
  /** L1 address of the consensus contract. */
  readonly consensus: string;
  /** L1 block of the deployment. */
  readonly deploymentBlock: number;
  /** Ties signatures to this rollup; computed from chain id and address. */
  readonly domain: Field;
}

/** How far a node has followed the rollup. */
export interface NodeStatus {
  /** Last L1 block that was read. */
  readonly l1Block: number;
  readonly batches: number;
  /** Batches that are proven: the first ones. */
  readonly finalBatches: number;
  readonly virtualRoot: Field;
  readonly finalRoot: Field;
  /** Highest index of an account. */
  readonly accounts: number;
  readonly isFrozen: boolean;
  /** Transactions that wait for a batch at this node. */
  readonly waiting: number;
}

/** An account as a node has it, after all batches that are posted. */
export interface NodeAccount {
  /** From 1. */
  readonly index: number;
  readonly account: Account;
  /** The nonce for the next transaction: that of the account, or the one behind transactions that wait at this node. */
  readonly nextNonce: bigint;
}

/** Accounts that are looked for: those with a key, with an owner (L1 address), or with both. */
export type AccountFilter =
  { readonly key: Point; readonly owner?: string } | { readonly key?: undefined; readonly owner: string };

/** A place in a batch: the batch's number from 1, and leaf and slot from 0. */
interface Place {
  readonly batch: number;
  readonly leaf: number;
  readonly slot: number;
}

/** A transaction that has its place in a batch, by the word of a node. */
export type PlacedByNode =
  | { readonly status: "virtual" | "final"; readonly place: Place; readonly l1Block: number }
  /** It has its place, and does nothing: `reason` says why. */
  | {
      readonly status: "void";
      readonly reason: string;
      readonly isFinal: boolean;
      readonly place: Place;
      readonly l1Block: number;
    };

/** Status of a transaction, by the word of a node. `waiting`: it is in the node's mempool. */
export type NodeTransactionStatus =
  | { readonly status: "unknown" | "removed"; readonly reason: string }
  | { readonly status: "waiting"; readonly nonce: bigint }
  | { readonly status: "pending"; /** Of a forced operation, in unix seconds. */ readonly dueBy?: bigint }
  | PlacedByNode;

/** Fields of an L2 transaction that is signed with a node's word for the others. */
export interface NodeTransfer {
  /** Index of the account that pays. */
  readonly from: number;
  /**
   * The receiver. A `Payee` is checked before the transaction is signed. An account's index is not checked: use it for
   * accounts that the caller knows. 0 means an exit to L1.
   */
  readonly to: Payee | number;
  /** In the smallest unit of the account's token, 128 bits. */
  readonly amount: bigint;
  /** As in `TransactionRequest`. Default 0. */
  readonly tip?: bigint;
  /** Default: `nextNonce` of the account. */
  readonly nonce?: bigint;
  /** L1 address of the one sequencer who may include it. */
  readonly boundTo?: string;
}

/** How `NodeClient.waitFor` waits. */
export interface NodeWaitOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two questions. Default 1,000. */
  readonly pollingInterval?: number;
  /** Milliseconds for which the node may be unavailable, such as while it starts again. Default 60,000. */
  readonly patience?: number;
}

const MAX_INDEX = 2 ** 32 - 1;
/** Rounds of one answer. */
const ROUNDS = 50;
/** Accounts of one answer; a node may give fewer. */
const PAGE = 100;
/** Pages without an account in a row: a node skips accounts that a reorganisation of L1 has taken back. */
const MAX_EMPTY_PAGES = 100;
const POLLING = 1_000;
const PATIENCE = 60_000;
/** JSON-RPC code of a node that was asked too often. */
const LIMITED = -32_005;
const STATUSES = ["unknown", "waiting", "pending", "virtual", "final", "void", "removed"] as const;

/**
 * A client of a node's JSON-RPC API (docs/node.md), by `fetch` alone: for wallets that have a node's URL and no L1
 * endpoint. Answers are bounded in size and time, and each value is checked.
 *
 * WARNING: it believes its node. A node can invent balances, hide a payment, say that something is final which is not,
 * and keep a transaction back to have it executed later. It cannot spend: it has no key. It cannot change what was
 * signed either. A client that was given `rollup` and `chainId` signs for that rollup alone. To believe nobody, follow
 * L1 with `openRollup` of `/node`.
 *
 * Every method throws a `ProtocolError`: `NODE_UNAVAILABLE`, `ANSWER_TOO_LARGE`, `BAD_NODE_ANSWER`, or `NODE_REFUSED` if
 * the node answers with an error.
 *
 * @example
 * ```ts
 * const node = new NodeClient("http://127.0.0.1:8555", { chainId: 1n, rollup: "0x…" });
 * const [own] = await node.accounts({ key: signer.publicKey, owner: "0x…" });
 * const transaction = await node.transfer(signer, { from: own.index, to: parsePayee(text), amount: 10n ** 18n });
 * await node.send(transaction);
 * await node.waitFor(transaction, "final");
 * ```
 */
export class NodeClient {
  readonly #endpoint: NodeEndpoint;
  readonly #expected: Pick<NodeClientOptions, "rollup" | "chainId">;
  #identity: Promise<NodeIdentity> | undefined;

  /** @throws {ProtocolError} `INVALID_URL` */
  constructor(url: string, { rollup, chainId, ...limits }: NodeClientOptions = {}) {
    this.#endpoint = new NodeEndpoint(url, limits);
    this.#expected = { ...(rollup === undefined ? {} : { rollup }), ...(chainId === undefined ? {} : { chainId }) };
  }

  /** Of the node. */
  get url(): string {
    return this.#endpoint.url;
  }

  /**
   * The rollup that the node follows; asked once.
   *
   * @throws {ProtocolError} `NODE_OF_ANOTHER_ROLLUP` if it is not the one of the options
   */
  identity(): Promise<NodeIdentity> {
    this.#identity ??= this.#askIdentity().catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  /** How far the node has followed the rollup. */
  async status(): Promise<NodeStatus> {
    const answer = await this.#endpoint.ask("rollup_status", []);
    const batches = answer.field("batches").whole();
    return {
      ...{ l1Block: answer.field("l1Block").whole(), batches },
      finalBatches: answer.field("finalBatches").whole(0, batches),
      virtualRoot: answer.field("virtualRoot").fieldElement(),
      finalRoot: answer.field("finalRoot").fieldElement(),
      accounts: answer.field("accounts").whole(0, MAX_INDEX),
      isFrozen: answer.field("isFrozen").boolean(),
      waiting: answer.field("waiting").whole(),
    };
  }

  /** An account by its number, 1 … 2^32 − 1; undefined if there is none. @throws {ProtocolError} `OUT_OF_RANGE` */
  async account(index: number): Promise<NodeAccount | undefined> {
    const answer = await this.#endpoint.ask("rollup_account", [requireWhole("index", index, MAX_INDEX)]);
    return answer.isPresent ? readAccount(answer, index, index) : undefined;
  }

  /**
   * All accounts with a key, an owner, or both, by index. Those of a user are those with both: anybody may open an
   * account with the key or the owner of somebody else.
   *
   * @param maximum accounts; more are an error, as a stranger may open any number
   * @throws {ProtocolError} `OUT_OF_RANGE` if there are more than `maximum`
   */
  async accounts(filter: AccountFilter, maximum = 1_000): Promise<NodeAccount[]> {
    const found: NodeAccount[] = [];
    for await (const account of this.eachAccount(filter)) {
      if (found.length >= maximum) {
        throw new ProtocolError(
          "OUT_OF_RANGE",
          { name: "accounts", value: found.length + 1, minimum: 0, maximum },
          `the node knows more than ${maximum} accounts with this key or owner`,
        );
      }
      found.push(account);
    }
    return found;
  }

  /** As `accounts`, one after the other and as many as there are. @param after index before the first one */
  async *eachAccount({ key, owner }: AccountFilter, after = 0): AsyncGenerator<NodeAccount, void, undefined> {
    const ownerOf = owner === undefined ? undefined : toUint(BigInt(owner), 160, "owner");
    const wanted = [key && toHex((key.x << 256n) | key.y, 64), ownerOf === undefined ? null : toHex(ownerOf, 20)];
    let emptyPages = 0;
    for (let last = after; ;) {
      const answer = await this.#endpoint.ask("rollup_accounts", [...wanted.map((text) => text ?? null), last]);
      const page = answer.field("accounts").list(PAGE);
      emptyPages = page.length > 0 ? 0 : emptyPages + 1;
      for (const item of page) {
        const found = readAccount(item, last + 1, MAX_INDEX);
        const { ax, ay, owner: ownerFound } = found.account;
        if (key !== undefined && (ax !== key.x || ay !== key.y)) throw item.refuse("an account with this key");
        if (ownerOf !== undefined && ownerFound !== ownerOf) throw item.refuse("an account with this owner");
        last = found.index;
        yield found;
      }
      const next = answer.field("after");
      if (!next.isPresent) return;
      // Each page begins behind the one before, and few are empty: else a node could give pages for ever.
      last = next.whole(page.length > 0 ? last : last + 1, MAX_INDEX);
      if (emptyPages >= MAX_EMPTY_PAGES) throw answer.field("accounts").refuse("a page with an account after so many");
    }
  }

  /** Base fee of a transaction in ETH, in wei: it pays for the proof. */
  async fees(): Promise<{ readonly baseFee: bigint }> {
    const answer = await this.#endpoint.ask("rollup_fees", []);
    return { baseFee: answer.field("baseFee").amount(128) };
  }

  /**
   * B52: rounds, the newest first.
   *
   * @param before rounds with smaller numbers; default: the newest; @param count at most, 1 … 50
   * @throws {ProtocolError} `OUT_OF_RANGE`
   */
  async rounds(before = MAX_INDEX, count = 10): Promise<NodeRounds> {
    const params = [requireWhole("before", before, MAX_INDEX), requireWhole("count", count, ROUNDS)];
    return readRounds(await this.#endpoint.ask("rollup_rounds", params));
  }

  /** B52: a round, 1, 2, 3, …; undefined if L1 has no such round. @throws {ProtocolError} `OUT_OF_RANGE` */
  async round(round: number): Promise<NodeRound | undefined> {
    const answer = await this.#endpoint.ask("rollup_round", [requireWhole("round", round, MAX_INDEX)]);
    return answer.isPresent ? readRound(answer) : undefined;
  }

  /**
   * B52: the proof tree of a commitment; undefined if there is no such commitment.
   *
   * @param proposer L1 address
   * @throws {ProtocolError} `OUT_OF_RANGE`
   */
  async proofTree(round: number, proposer: string): Promise<NodeProofTree | undefined> {
    const address = toHex(toUint(BigInt(proposer), 160, "proposer"), 20);
    const params = [requireWhole("round", round, MAX_INDEX), address];
    const answer = await this.#endpoint.ask("rollup_proofTree", params);
    return answer.isPresent ? readProofTree(answer) : undefined;
  }

  /** B52: all tickets that somebody has or had, by their numbers. */
  async tickets(): Promise<NodeTicket[]> {
    const found: NodeTicket[] = [];
    // Each page begins behind the one before, and there are 247 tickets at most.
    for (let last: number | undefined = 0; last !== undefined;) {
      const { tickets, after }: ReturnType<typeof readTickets> = readTickets(
        await this.#endpoint.ask("rollup_tickets", [last]),
        last,
      );
      found.push(...tickets);
      last = after;
    }
    return found;
  }

  /** B52: the network of the node. */
  async peers(): Promise<NodePeers> {
    return readPeers(await this.#endpoint.ask("rollup_peers", []));
  }

  /**
   * Checks that an account is what its user says, by the node's word.
   *
   * @returns the index of the account
   * @throws {ProtocolError} `WRONG_PAYEE`
   */
  async requirePayee(payee: Payee): Promise<number> {
    return requirePayeeAccount((await this.account(payee.index))?.account, payee);
  }

  /**
   * A signed transaction, 93 bytes; it is not sent. Token and nonce are the node's word.
   *
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT` if there is no account `from`, or it has another key than the signer;
   *   `WRONG_PAYEE`; `NODE_OF_ANOTHER_ROLLUP`; `TIP_NOT_REPRESENTABLE` (see `roundTipDown`), `OUT_OF_RANGE`
   */
  async transfer(signer: Signer, { from, to, nonce, boundTo, ...request }: NodeTransfer): Promise<Uint8Array> {
    const { domain } = await this.identity();
    const sender = await this.account(from);
    const { x, y } = signer.publicKey;
    if (sender === undefined || sender.account.ax !== x || sender.account.ay !== y) {
      const why = sender === undefined ? "does not exist" : "has another key";
      throw new ProtocolError("UNKNOWN_ACCOUNT", { index: from }, `account ${from} ${why}`);
    }
    const { token } = sender.account;
    if (typeof to !== "number" && to.token !== token) {
      const reason = `is to have token ${to.token}, not ${token}`;
      throw new ProtocolError("WRONG_PAYEE", { index: to.index, reason }, `account ${to.index} ${reason}`);
    }
    return signTransaction(signer, {
      ...request,
      ...{ from, to: typeof to === "number" ? to : await this.requirePayee(to), token, domain },
      nonce: nonce ?? sender.nextNonce,
      ...(boundTo === undefined ? {} : { boundTo: BigInt(boundTo) }),
    });
  }

  /**
   * Gives the node a signed transaction, 93 bytes. When this returns, it is on the node's disk. It can be called again
   * with the same transaction.
   *
   * @returns the nonce that it was signed for, and whether the node had it already
   * @throws {ProtocolError} `NODE_REFUSED`, whose `reason` is that of the node's mempool: `NONCE_USED`, `TIP_TOO_LOW`,
   *   `POOL_FULL`, …; `NOT_A_SEQUENCER` if this node orders no transactions
   */
  async send(transaction: Uint8Array): Promise<{ readonly nonce: bigint; readonly isKnown: boolean }> {
    const answer = await this.#endpoint.ask("rollup_sendTransaction", [bytesToHex(transaction)]);
    return { nonce: answer.field("nonce").amount(254), isKnown: answer.field("isKnown").boolean() };
  }

  /** Status of a signed transaction, 93 bytes, or of a forced operation, by its number: 1, 2, 3, … */
  async transaction(transaction: Uint8Array | number, signal?: AbortSignal): Promise<NodeTransactionStatus> {
    return readStatus(
      typeof transaction === "number"
        ? await this.#endpoint.ask("rollup_operation", [requireWhole("operation", transaction, MAX_INDEX)], signal)
        : await this.#endpoint.ask("rollup_transaction", [bytesToHex(transaction)], signal),
    );
  }

  /**
   * Asks until a transaction has its place, or until that is final. A node that is unavailable for a while, or limits
   * requests, is asked again.
   *
   * @param transaction as for `transaction`
   * @param wanted how far it is to get; `final` is further than `virtual`
   * @returns its place; `void` if it does nothing there
   * @throws {ProtocolError} `NOT_EXECUTABLE` if no batch will execute it as things stand, or the node has removed it;
   *   `ABORTED` if the signal ends the wait; `NODE_UNAVAILABLE` after `patience`
   */
  async waitFor(
    transaction: Uint8Array | number,
    wanted: "virtual" | "final",
    { signal, pollingInterval = POLLING, patience = PATIENCE }: NodeWaitOptions = {},
  ): Promise<PlacedByNode> {
    let answeredAt = performance.now();
    while (signal?.aborted !== true) {
      try {
        const status = await this.transaction(transaction, signal);
        answeredAt = performance.now();
        if (status.status === "unknown" || status.status === "removed") {
          const { reason } = status;
          throw new ProtocolError("NOT_EXECUTABLE", { reason }, `no batch will execute it: ${reason}`);
        }
        if ("place" in status && (wanted === "virtual" || status.status === "final" || isFinalVoid(status))) {
          return status;
        }
      } catch (error) {
        const isLimited = isProtocolError(error, "NODE_REFUSED") && error.data.rpcCode === LIMITED;
        if (!isLimited && !isProtocolError(error, "NODE_UNAVAILABLE")) throw error;
        if (performance.now() - answeredAt > patience) throw error;
      }
      await sleep(pollingInterval, signal);
    }
    throw new ProtocolError("ABORTED", {}, `the wait ended before the transaction was ${wanted}`);
  }

  async #askIdentity(): Promise<NodeIdentity> {
    const answer = await this.#endpoint.ask("rollup_identity", []);
    const chainId = answer.field("chainId").amount(256);
    const rollup = toHex(answer.field("rollup").hex(20), 20);
    const { rollup: wanted, chainId: wantedChain } = this.#expected;
    if (wantedChain !== undefined && wantedChain !== chainId) {
      throw ofAnotherRollup("chain id", String(wantedChain), String(chainId));
    }
    if (wanted !== undefined && wanted.toLowerCase() !== rollup) {
      throw ofAnotherRollup("rollup", wanted.toLowerCase(), rollup);
    }
    return {
      ...{ chainId, rollup, domain: encodeDomain({ chainId, rollup }) },
      consensus: toHex(answer.field("consensus").hex(20), 20),
      deploymentBlock: answer.field("deploymentBlock").whole(),
    };
  }
}

const isFinalVoid = (status: PlacedByNode): boolean => status.status === "void" && status.isFinal;

const ofAnotherRollup = (what: "chain id" | "rollup", expected: string, found: string): ProtocolError =>
  new ProtocolError(
    "NODE_OF_ANOTHER_ROLLUP",
    { what, expected, found },
    `the node follows ${what} ${found}, not ${expected}`,
  );

function readAccount(answer: Answer, minimum: number, maximum: number): NodeAccount {
  const [x, y] = [answer.field("x").fieldElement(), answer.field("y").fieldElement()];
  if (!isOnCurve({ x, y })) throw answer.refuse("an account whose key is on BabyJubJub");
  const nonce = answer.field("nonce").amount(254);
  const nextNonce = answer.field("nextNonce").amount(254);
  if (nextNonce < nonce) throw answer.field("nextNonce").refuse(`${nonce} or more, as the account's nonce is`);
  return {
    index: answer.field("index").whole(minimum, maximum),
    account: {
      ...{ ax: x, ay: y, nonce },
      token: answer.field("token").amount(16),
      balance: answer.field("balance").amount(128),
      owner: answer.field("owner").hex(20),
    },
    nextNonce,
  };
}

function readStatus(answer: Answer): NodeTransactionStatus {
  const status = answer.field("status").oneOf(STATUSES);
  switch (status) {
    case "unknown":
    case "removed":
      return { status, reason: answer.field("reason").text() };
    case "waiting":
      return { status, nonce: answer.field("nonce").amount(254) };
    case "pending": {
      const dueBy = answer.field("dueBy");
      return dueBy.isPresent ? { status, dueBy: BigInt(dueBy.whole()) } : { status };
    }
    default: {
      const place = {
        batch: answer.field("batch").whole(1),
        leaf: answer.field("leaf").whole(0, MAX_INDEX),
        slot: answer.field("slot").whole(0, MAX_INDEX),
      };
      const l1Block = answer.field("l1Block").whole();
      if (status !== "void") return { status, place, l1Block };
      const isFinal = answer.field("isFinal").boolean();
      return { status, reason: answer.field("reason").text(), isFinal, place, l1Block };
    }
  }
}

function requireWhole(name: string, value: number, maximum: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw new ProtocolError(
    "OUT_OF_RANGE",
    { name, value, minimum: 1, maximum },
    `${name} ${value} is not a whole number from 1 to ${maximum}`,
  );
}

const toHex = (value: bigint, bytes: number): string => `0x${value.toString(16).padStart(2 * bytes, "0")}`;

const bytesToHex = (bytes: Uint8Array): string =>
  `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
