// SPDX-License-Identifier: MIT
import { hexlify, parseEther, Wallet as Key, type JsonRpcProvider } from "ethers";

import { RollupNode, Sequencer, Wallet, type B52Node, type BatchPlan } from "../../src/agents/index.ts";
import { reasonOf } from "../../src/chain/index.ts";
import { roundTipDown } from "../../src/codec/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { ToolError } from "../errors.ts";
import type { Random } from "../random.ts";
import { jsonRpc } from "./jsonRpc.ts";
import type { Observer } from "./observer.ts";
import { keyOf } from "./topology.ts";
import {
  nextAction,
  TRAFFIC_LIMITS,
  type Cast,
  type EntryName,
  type TrafficAction,
  type TrafficKind,
  type TrafficLimits,
  type UserView,
} from "./trafficPlan.ts";
import type { Account, UserName } from "./users.ts";

/** A transaction that a node has taken. */
export interface AcceptedTransaction {
  /** Unix milliseconds of the answer. */
  readonly at: number;
  readonly node: EntryName;
  readonly user: UserName;
  readonly kind: TrafficKind;
  readonly account: number;
  readonly nonce: bigint;
  /** 93 bytes, in hex. */
  readonly bytes: string;
}

/** A listener to the traffic. */
export interface TrafficListener {
  accepted(transaction: AcceptedTransaction): void;
  refused(kind: TrafficKind, code: string): void;
  /** Nobody answered: the transaction may have been taken. */
  unanswered(kind: TrafficKind): void;
  /** Something was done on L1, or `reason` says why not. */
  onL1(kind: TrafficKind, reason?: string): void;
}

export interface TrafficOptions {
  readonly cast: Cast;
  readonly observer: Observer;
  readonly provider: JsonRpcProvider;
  readonly accounts: readonly Account[];
  readonly urlOf: (node: EntryName) => string;
  readonly random: Random;
  readonly listener: TrafficListener;
  readonly limits?: TrafficLimits;
}

/** A transaction that was signed and is sent until there is an answer. */
interface Unanswered {
  readonly kind: TrafficKind;
  readonly via: EntryName;
  readonly nonce: bigint;
  readonly bytes: Uint8Array;
}

interface UserState {
  readonly account: Account;
  /** On the node object of the last `step`. */
  wallet: Wallet;
  /** Next nonce to sign with. */
  next: bigint;
  unanswered: Unanswered | undefined;
  /** The last that was taken. */
  last: (Unanswered & { readonly tip: bigint }) | undefined;
}

const AMOUNT = parseEther("0.001");
const TIP = roundTipDown(parseEther("0.0001"));
const EVERYTHING = parseEther("1000000");
/** Slots of a leaf of the development profile: a batch of one leaf costs one proof. */
const SLOTS = 4;

/**
 * Traffic of honest and dishonest users through the nodes' JSON-RPC and on L1, as much as the machine can prove. Users
 * remember what they signed, and send it again until they are answered.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #users = new Map<UserName, UserState>();
  /** Transactions that were bound to a sequencer, for those who copy. */
  readonly #bound: { readonly bytes: Uint8Array; readonly to: EntryName }[] = [];
  #onL1: Promise<void> | undefined;
  #node: RollupNode | B52Node;

  constructor(options: TrafficOptions) {
    this.#options = options;
    const { observer, provider, accounts } = options;
    this.#node = observer.node;
    for (const account of accounts) {
      const wallet = new Wallet(observer.node, new Key(account.l1, provider), account.l2);
      this.#users.set(account.name, { account, wallet, next: 0n, unanswered: undefined, last: undefined });
    }
  }

  /** Leaves that are posted and wait for a proof, as the last `step` saw it. Under B52 there are none. */
  get backlog(): number {
    if (!(this.#node instanceof RollupNode)) return 0;
    return this.#node.virtualBatches.reduce((sum, { result }) => sum + result.leaves.length, 0);
  }

  /** Reads L1, sends again what was not answered, and lets somebody do one thing. */
  async step(): Promise<void> {
    await this.#look();
    for (const user of this.#users.values()) if (user.unanswered !== undefined) await this.#send(user, user.unanswered);
    const { random, cast, limits = TRAFFIC_LIMITS } = this.#options;
    const users = [...this.#users.values()]
      .filter(({ account }) => this.#node.virtualState.account(account.index) !== undefined)
      .map((user) => this.#viewOf(user));
    const view = { backlog: this.backlog, isOnL1: this.#onL1 !== undefined, users };
    const action = nextAction(random, view, limits, cast);
    if (action !== undefined) await this.#do(action);
  }

  /** Sends again what was not answered. @returns whether all is answered, and nothing is on its way to L1 */
  async settle(): Promise<boolean> {
    await this.#look();
    const users = [...this.#users.values()];
    for (const user of users) if (user.unanswered !== undefined) await this.#send(user, user.unanswered);
    return this.#onL1 === undefined && users.every(({ unanswered }) => unanswered === undefined);
  }

  /**
   * Replaces a transaction that cannot be executed, by one that can.
   *
   * @returns whether the node took it
   */
  async replace({ user: name, node: via, nonce, kind }: AcceptedTransaction): Promise<boolean> {
    const user = this.#user(name);
    const bytes = user.wallet.transfer(ETH, {
      ...{ from: user.account.index, to: 1, amount: 1n, nonce, tip: 8n * TIP },
    });
    const sent: Unanswered = { kind, via, nonce, bytes };
    await this.#send(user, sent);
    return user.unanswered === undefined;
  }

  /** Number of the account's next transaction in the virtual state, as the last `step` saw it. */
  nonceOf(account: number): bigint {
    return this.#node.virtualState.account(account)?.nonce ?? 0n;
  }

  async #look(): Promise<void> {
    const { observer, provider } = this.#options;
    const node = await observer.sync();
    if (node !== this.#node) {
      this.#node = node;
      for (const user of this.#users.values()) {
        user.wallet = new Wallet(node, new Key(user.account.l1, provider), user.account.l2);
      }
    }
    for (const user of this.#users.values()) {
      const virtual = this.nonceOf(user.account.index);
      if (virtual > user.next) user.next = virtual;
    }
  }

  #viewOf({ account, next, unanswered }: UserState): UserView {
    const waiting = Number(next - this.nonceOf(account.index));
    return { name: account.name, waiting, isUnanswered: unanswered !== undefined };
  }

  #user(name: UserName): UserState {
    return this.#users.get(name)!;
  }

  async #do({ kind, user: name, to: receiver, via }: TrafficAction): Promise<void> {
    const user = this.#user(name);
    const { wallet, account, next: nonce } = user;
    const to = this.#user(receiver).account.index;
    const sign = (fields: Partial<Parameters<Wallet["transfer"]>[1]> = {}): Uint8Array =>
      wallet.transfer(ETH, { from: account.index, to, amount: AMOUNT, nonce, tip: TIP, ...fields });
    const send = (bytes: Uint8Array): Promise<void> => this.#send(user, { kind, via, nonce, bytes });
    switch (kind) {
      case "transfer":
        return send(sign());
      case "exit":
        return send(sign({ to: 0 }));
      case "overdraft":
        return send(sign({ amount: EVERYTHING }));
      case "bound": {
        const bytes = sign({ boundTo: new Key(keyOf(via)).address });
        this.#bound.push({ bytes, to: via });
        return send(bytes);
      }
      case "replacement": {
        const { last } = user;
        if (last === undefined || last.nonce < this.nonceOf(account.index)) return;
        const tip = roundTipDown((last.tip * 12n) / 10n);
        return this.#send(
          user,
          { kind, via: last.via, nonce: last.nonce, bytes: sign({ nonce: last.nonce, tip }) },
          tip,
        );
      }
      case "badSignature": {
        const bytes = sign();
        bytes[bytes.length - 1]! ^= 1;
        return this.#offer(kind, via, bytes);
      }
      case "replay": {
        const executed = this.#executed();
        return executed === undefined ? undefined : this.#offer(kind, via, executed);
      }
      case "copy": {
        const bound = this.#bound.at(-1);
        if (bound === undefined) return;
        const [first, second] = this.#options.cast.entries;
        return this.#offer(kind, bound.to === first ? second : first, bound.bytes);
      }
      default:
        this.#begin(kind, user, to);
    }
  }

  /** Some transaction of the last batch that has one. */
  #executed(): Uint8Array | undefined {
    const { batches } = this.#node;
    for (const { header, data } of batches.slice(-8)) {
      const start = header.forcedCount * 93;
      if (data.length >= start + 93) return data.slice(start, start + 93);
    }
    return undefined;
  }

  /** Sends what a user signed, and keeps it until there is an answer. */
  async #send(user: UserState, sent: Unanswered, tip = TIP): Promise<void> {
    const { kind, via, nonce, bytes } = sent;
    const { account } = user;
    user.unanswered = sent;
    const answer = await this.#ask(kind, via, bytes);
    if (answer === undefined) return;
    user.unanswered = undefined;
    if (answer === "refused") return;
    if (nonce >= user.next) user.next = nonce + 1n;
    user.last = { ...sent, tip };
    const at = Date.now();
    const taken = { at, node: via, user: account.name, kind, account: account.index, nonce, bytes: hexlify(bytes) };
    this.#options.listener.accepted(taken);
  }

  /** Sends what is not worth to be sent twice. */
  async #offer(kind: TrafficKind, via: EntryName, bytes: Uint8Array): Promise<void> {
    await this.#ask(kind, via, bytes);
  }

  /** @returns undefined if there is no answer */
  async #ask(kind: TrafficKind, via: EntryName, bytes: Uint8Array): Promise<"accepted" | "refused" | undefined> {
    const { listener, urlOf } = this.#options;
    try {
      await jsonRpc(urlOf(via), "rollup_sendTransaction", [hexlify(bytes)], 5_000);
      return "accepted";
    } catch (error) {
      if (error instanceof ToolError && error.code === "REFUSED") {
        const { code } = error.data as { readonly code: string };
        // It has too many requests: ask again later.
        if (code === "-32005") return undefined;
        listener.refused(kind, code);
        return "refused";
      }
      listener.unanswered(kind);
      return undefined;
    }
  }

  /** Begins something on L1; it goes on beside the rest. */
  #begin(kind: TrafficKind, { wallet, account }: UserState, to: number): void {
    const { listener } = this.#options;
    const work = async (): Promise<void> => {
      switch (kind) {
        case "topUp":
          await wallet.topUp(account.index, ETH, AMOUNT);
          return;
        case "forcedTransfer":
          await wallet.forceTransfer(ETH, to, AMOUNT, account.index);
          return;
        case "forcedExit":
          await wallet.forceExit(ETH, AMOUNT, account.index);
          return;
        case "claim": {
          const [open] = await wallet.openExits();
          if (open !== undefined) await wallet.claim(open);
          return;
        }
        default:
          return this.#postGarbage(kind);
      }
    };
    this.#onL1 = work()
      .then(
        () => listener.onL1(kind),
        (error: unknown) => listener.onL1(kind, reasonOf(error)),
      )
      .finally(() => (this.#onL1 = undefined));
  }

  /** A batch of a dishonest sequencer: one leaf with a replay, a copy, noise and nothing of value. */
  async #postGarbage(kind: TrafficKind): Promise<void> {
    const { provider, random, cast } = this.#options;
    if (!(this.#node instanceof RollupNode)) throw new TypeError("nobody posts a batch under B52");
    const { account } = this.#user(cast.dishonest);
    const key = new Key(account.l1, provider);
    const sequencer = new Sequencer(this.#node, key, { feeAccount: account.index, feeToken: ETH });
    const parts = [this.#executed(), this.#bound.at(-1)?.bytes].filter((bytes) => bytes !== undefined);
    const noise = Array.from({ length: SLOTS - parts.length }, () => random.bytes(93));
    const plan: BatchPlan = { transactions: [...parts, ...noise], forced: 0 };
    await sequencer.post(kind === "falseData" ? { ...plan, falseCommitments: [42n] } : plan);
  }
}
