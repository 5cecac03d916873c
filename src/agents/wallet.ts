// SPDX-License-Identifier: MIT
import type { ContractTransaction, ContractTransactionReceipt, Signer as L1Signer } from "ethers";

import type { IExits } from "../../typechain-types/contracts/interfaces/IExits.ts";
import type { NativeToken } from "../../typechain-types/index.ts";
import type { Signer } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import {
  requirePayeeAccount,
  signTransaction,
  type Account,
  type Payee,
  type TransactionRequest,
} from "../ledger/index.ts";
import { signMove } from "../migration/index.ts";
import type { LedgerNode } from "./ledgerNode.ts";
import { exitPath, settlementPath, type Settlement } from "./settlement.ts";
import { addressToUint, isSameAddress, requireAddress, uintToAddress } from "./system.ts";
import { FOREIGN_GAS, sendTransaction, type SendOptions } from "../chain/index.ts";

/** An exit that L1 has settled: where it is. */
export interface ExitPlace {
  /** Number of the batch, or height of the block. */
  readonly batch: number;
  /** Index of the leaf in the batch, from 0. */
  readonly leaf: number;
  /** Index of the slot in the leaf, from 0. */
  readonly slot: number;
}

/** Fields of an L2 transaction that the caller gives; the wallet knows the others. */
export type Transfer = Omit<TransactionRequest, "from" | "to" | "domain" | "nonce" | "token" | "boundTo"> & {
  /**
   * The receiver. A `Payee` is checked before the transaction is signed. An account's index is not checked: use it for
   * accounts that the caller knows. 0 means an exit to L1.
   */
  readonly to: Payee | number;
  /** Index of the account that pays, if the wallet has several of the token. Default: as `Wallet.account`. */
  readonly from?: number;
  /** Default: the account's, in the virtual state. */
  readonly nonce?: bigint;
  /** L1 address of the one sequencer who may include it. */
  readonly boundTo?: string;
};

/** An account and its place in the tree. */
export interface OwnAccount {
  /** Index of the account in the tree, from 1. */
  readonly index: number;
  /** The account in the virtual state. */
  readonly account: Account;
}

/** How a wallet sends, and whose it is. */
export interface WalletOptions {
  /** L1 address of the signer. Default: its property `address`, which all signers but wrappers have. */
  readonly owner?: string;
  /** Limits of its transactions. */
  readonly sending?: SendOptions;
}

/**
 * A user's keys on L1 and L2, and what they do with them. Balances and nonces are those of the node's state when it was
 * last synced: call `node.sync()` before. Every call to L1 waits until it is mined; it throws `REVERTED` with the reason
 * if L1 refuses it, and otherwise as `sendTransaction`.
 *
 * @example
 * ```ts
 * const wallet = new Wallet(node, l1, createSigner(secret));
 * const deposit = operationOf(node, await wallet.deposit(ETH, parseEther("1")));
 * await waitForStatus(node, deposit, "virtual");
 * const transaction = wallet.transfer(ETH, { to: payee, amount: parseEther("0.25"), tip: roundTipDown(10n ** 14n) });
 * ```
 */
export class Wallet {
  /** Node whose state the wallet reads. */
  readonly node: LedgerNode;
  /** Sends and pays on L1. */
  readonly l1: L1Signer;
  /** Signs transactions on L2. */
  readonly l2: Signer;
  /** L1 address of `l1`. */
  readonly owner: string;
  readonly #sending: SendOptions;

  /** @throws {ProtocolError} `UNKNOWN_OWNER` if the signer does not say its address: `Wallet.open` asks for it */
  constructor(node: LedgerNode, l1: L1Signer, l2: Signer, { owner, sending = {} }: WalletOptions = {}) {
    this.node = node;
    this.l1 = l1;
    this.l2 = l2;
    this.owner = requireAddress(l1, owner);
    this.#sending = sending;
  }

  /** A wallet of any signer, such as a `NonceManager`, which has to be asked for its address. */
  static async open(node: LedgerNode, l1: L1Signer, l2: Signer, sending: SendOptions = {}): Promise<Wallet> {
    return new Wallet(node, l1, l2, { owner: await l1.getAddress(), sending });
  }

  /**
   * All accounts of this user in the virtual state, by index: those with this wallet's key *and* its L1 address as
   * their owner. One that has the key alone belongs to whoever can force its exit, one that has the owner alone to
   * whoever holds its key.
   */
  accounts(): OwnAccount[] {
    return [...this.node.virtualState.accounts.entries()].flatMap(([index, account]) =>
      this.#isOwn(account) ? [{ index, account }] : [],
    );
  }

  /**
   * This wallet's account of a token in the virtual state. If it has several, as anybody may open one for it, the one
   * that holds most; the first of equals.
   *
   * @param from index of another one
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT`
   */
  account(token: bigint, from?: number): OwnAccount {
    let found: OwnAccount | undefined;
    for (const own of this.accounts()) {
      if (own.account.token !== token || (from ?? own.index) !== own.index) continue;
      if (found === undefined || own.account.balance > found.account.balance) found = own;
    }
    if (found === undefined) {
      const which = from === undefined ? "no account" : `account ${from} is none`;
      throw new ProtocolError(
        "UNKNOWN_ACCOUNT",
        { index: from, token },
        `${which} of token ${token} with this key and this owner`,
      );
    }
    return found;
  }

  /**
   * Payment details of this user. Send them to payers: a payer's wallet checks all of them before it signs.
   *
   * @param from as for `account`
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT`
   */
  payee(token: bigint, from?: number): Payee {
    const { index, account } = this.account(token, from);
    return { index, token, key: { x: account.ax, y: account.ay }, owner: uintToAddress(account.owner) };
  }

  /** Allows the core to take `amount` of an ERC-20 in deposits, in its smallest unit. @param token its id, not 0 */
  async approve(token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    // Every ERC-20 can be asked as the native token can.
    const { token: native } = this.node.system as unknown as { readonly token: NativeToken };
    const erc20 = native.attach(await rollup.tokenAddress(token)) as NativeToken;
    return this.#sendForeign(erc20.approve.populateTransaction(rollup, amount));
  }

  /** Deposits into a new account that this wallet owns. ERC-20s must be approved. */
  async deposit(token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const value = (await rollup.forcedFee()) + (token === 0n ? amount : 0n);
    const { x, y } = this.l2.publicKey;
    return this.#sendForeign(rollup.deposit.populateTransaction(token, amount, x, y, this.owner, { value }));
  }

  /**
   * Deposits into an account that exists, whoever owns it. If it has another token, the money returns as an exit to
   * this wallet.
   *
   * @param to as in `Transfer`
   * @throws {ProtocolError} `WRONG_PAYEE`
   */
  async topUp(to: Payee | number, token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const account = this.#receiver(to, token);
    const value = (await rollup.forcedFee()) + (token === 0n ? amount : 0n);
    return this.#sendForeign(rollup.topUp.populateTransaction(token, amount, account, this.owner, { value }));
  }

  /**
   * Moves `amount` from the account of a token to another one, by L1 alone. A no-op if the account has less.
   *
   * @param to as in `Transfer`
   * @param from as for `account`
   * @throws {ProtocolError} `WRONG_PAYEE`, `UNKNOWN_ACCOUNT`
   */
  async forceTransfer(
    token: bigint,
    to: Payee | number,
    amount: bigint,
    from?: number,
  ): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const { index } = this.account(token, from);
    const receiver = this.#receiver(to, token);
    const value = await rollup.forcedFee();
    return this.#send(rollup.forceTransfer.populateTransaction(index, receiver, token, amount, { value }));
  }

  /**
   * Takes up to `amount` out of the account of a token, by L1 alone.
   *
   * @param from as for `account`
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT`
   */
  async forceExit(token: bigint, amount: bigint, from?: number): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const { index } = this.account(token, from);
    const value = await rollup.forcedFee();
    return this.#send(rollup.forceExit.populateTransaction(index, token, amount, { value }));
  }

  /**
   * A signed transaction from the account of a token, 93 bytes for a sequencer.
   *
   * @param token of the account
   * @param request receiver, amount and other fields
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT`; `WRONG_PAYEE` if the payee's account is not what the payee says;
   *   `TIP_NOT_REPRESENTABLE` (see `roundTipDown`), `OUT_OF_RANGE`
   */
  transfer(token: bigint, { from, to, nonce, boundTo, ...request }: Transfer): Uint8Array {
    const { index, account } = this.account(token, from);
    return signTransaction(this.l2, {
      ...request,
      from: index,
      to: this.#receiver(to, token),
      token,
      nonce: nonce ?? account.nonce,
      domain: this.node.domain,
      ...(boundTo === undefined ? {} : { boundTo: addressToUint(boundTo) }),
    });
  }

  /**
   * A signed move of the account of a token, whatever it holds then, to another rollup (docs/enforcement.md §5.1).
   *
   * @param to address of the other rollup's core, and id of the token there; `from` as for `account`
   */
  move(
    token: bigint,
    to: { readonly target: string; readonly targetToken: bigint; readonly from?: number },
  ): Uint8Array {
    const { target, targetToken } = to;
    const { index, account } = this.account(token, to.from);
    return signMove(this.l2, {
      from: index,
      token,
      targetToken,
      nonce: account.nonce,
      domain: this.node.domain,
      target: addressToUint(target),
    });
  }

  /** Exits in proven batches that L1 has not paid to this wallet's L1 address yet. */
  async openExits(): Promise<ExitPlace[]> {
    const recipient = addressToUint(this.owner);
    const open: ExitPlace[] = [];
    for (const { number, result } of this.node.batches.slice(0, this.node.verifiedBatches)) {
      for (const [leaf, { exits }] of result.leaves.entries()) {
        for (const exit of exits.filter((candidate) => candidate.recipient === recipient)) {
          const place = { batch: number, leaf, slot: exit.slot };
          if (!(await this.node.system.rollup.isClaimed(exitNumber(this.node, place)))) open.push(place);
        }
      }
    }
    return open;
  }

  /** Has L1 pay an exit, whoever its recipient is. @throws {ProtocolError} `UNKNOWN_EXIT`, `NOT_SETTLED` */
  async claim(place: ExitPlace): Promise<ContractTransactionReceipt> {
    return this.#sendForeign(this.node.system.rollup.claim.populateTransaction(exitClaim(this.node, place)));
  }

  /**
   * Credit of this wallet's L1 address in the core: fees, refunds, escaped balances. Exits are not part of it. In the
   * token's smallest unit.
   */
  async credit(token: bigint): Promise<bigint> {
    return this.node.system.rollup.credits(token, this.owner);
  }

  /** Takes the whole credit of a token out of the core. */
  async withdraw(token: bigint): Promise<ContractTransactionReceipt> {
    return this.#sendForeign(this.node.system.rollup.withdraw.populateTransaction(token));
  }

  #isOwn({ ax, ay, owner }: Account): boolean {
    const { x, y } = this.l2.publicKey;
    return ax === x && ay === y && owner === addressToUint(this.owner);
  }

  #receiver(to: Payee | number, token: bigint): number {
    if (typeof to === "number") return to;
    if (to.token !== token) {
      throw new ProtocolError(
        "WRONG_PAYEE",
        { index: to.index, reason: "token" },
        `account ${to.index} is to have token ${to.token}, not ${token}`,
      );
    }
    return requirePayee(this.node, to);
  }

  #send(call: Promise<ContractTransaction>): Promise<ContractTransactionReceipt> {
    return sendTransaction(this.l1, call, this.#sending);
  }

  /** A call in which a token, or whoever an exit is for, takes part. */
  #sendForeign(call: Promise<ContractTransaction>): Promise<ContractTransactionReceipt> {
    return sendTransaction(this.l1, call, { maxGas: FOREIGN_GAS, ...this.#sending });
  }
}

/**
 * Checks that an account is what its user says: number, token, key and owner, in the virtual state. To be called after
 * `node.sync()`, before anything is paid to the account.
 *
 * @param node that the payer trusts
 * @param payee as the user gave it, by a channel that the payer trusts
 * @returns the index of the account
 * @throws {ProtocolError} `WRONG_PAYEE`
 */
export const requirePayee = (node: LedgerNode, payee: Payee): number =>
  requirePayeeAccount(node.virtualState.account(payee.index), payee);

/**
 * Id of the forced operation that an L1 transaction queued.
 *
 * @param node of the rollup
 * @param receipt of the transaction
 * @throws {ProtocolError} `NOT_QUEUED`
 */
export function operationOf({ system }: LedgerNode, receipt: ContractTransactionReceipt): number {
  const { target } = system.rollup;
  for (const log of receipt.logs) {
    // Another contract can log the same event; only a log at the core's address is the core's.
    if (typeof target !== "string" || !isSameAddress(log.address, target)) continue;
    const parsed = system.rollup.interface.parseLog(log);
    if (parsed?.name === "ForcedOperationQueued") return Number(parsed.args["id"]);
  }
  throw new ProtocolError(
    "NOT_QUEUED",
    { transaction: receipt.hash },
    `transaction ${receipt.hash} queued no forced operation`,
  );
}

/**
 * The argument of `IExits.claim`.
 *
 * @param node knows the batch
 * @param place of the exit
 * @throws {ProtocolError} `UNKNOWN_BATCH`, `UNKNOWN_EXIT`, `NOT_SETTLED`
 */
export function exitClaim(node: LedgerNode, place: ExitPlace): IExits.ExitClaimStruct {
  const { settlement, index } = settledAt(node, place);
  const { exit } = settlement.exits[index]!;
  return {
    settlement: settlement.number,
    first: settlement.first,
    index,
    token: exit.token,
    recipient: uintToAddress(exit.recipient),
    amount: exit.amount,
    exitPath: exitPath(settlement.exits, index),
    settlementPath: settlementPath(node.settlements, settlement.number),
  };
}

/**
 * Number of an exit on L1, counted over all that were settled.
 *
 * @throws {ProtocolError} `UNKNOWN_BATCH`, `UNKNOWN_EXIT`, `NOT_SETTLED`
 */
export function exitNumber(node: LedgerNode, place: ExitPlace): bigint {
  const { settlement, index } = settledAt(node, place);
  return settlement.first + BigInt(index);
}

function settledAt(
  node: LedgerNode,
  { batch, leaf, slot }: ExitPlace,
): { readonly settlement: Settlement; readonly index: number } {
  const exits = node.batch(batch).result.leaves[leaf]?.exits ?? [];
  if (!exits.some((exit) => exit.slot === slot)) {
    throw new ProtocolError(
      "UNKNOWN_EXIT",
      { batch, leaf, slot },
      `slot ${slot} of leaf ${leaf} of batch ${batch} emitted no exit`,
    );
  }
  for (const settlement of node.settlements) {
    const index = settlement.exits.findIndex(
      (settled) => settled.batch === batch && settled.leaf === leaf && settled.exit.slot === slot,
    );
    if (index >= 0) return { settlement, index };
  }
  throw new ProtocolError("NOT_SETTLED", { batch }, `batch ${batch} is not proven`);
}
