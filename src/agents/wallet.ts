import type { Addressable, ContractTransactionReceipt, Signer as L1Signer } from "ethers";

import type { IExits } from "../../typechain-types/contracts/interfaces/IExits.ts";
import type { NativeToken } from "../../typechain-types/index.ts";
import type { Signer } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { proveExit, signTransaction, type Account, type TransactionRequest } from "../ledger/index.ts";
import { signMove } from "../migration/index.ts";
import { minedTransaction } from "./b52/system.ts";
import type { LedgerNode } from "./ledgerNode.ts";
import { settlementPath } from "./settlement.ts";
import { addressToUint, uintToAddress } from "./system.ts";

/** An exit that L1 has settled: where it is. */
export interface ExitPlace {
  readonly batch: number;
  readonly leaf: number;
  readonly slot: number;
}

/** What a wallet is told of an L2 transaction; the rest it knows. */
export type Transfer = Omit<TransactionRequest, "from" | "domain" | "nonce" | "token" | "boundTo"> & {
  /** Default: the account's, in the virtual state. */
  readonly nonce?: bigint;
  /** L1 address of the one sequencer who may include it. */
  readonly boundTo?: string;
};

/** An account and its place in the tree. */
export interface OwnAccount {
  readonly index: number;
  readonly account: Account;
}

/**
 * A user's keys on L1 and L2, and what they do with them. Balances and nonces are those of the node's state when it was
 * last synced: call `node.sync()` before. Every call to L1 waits until it is mined.
 */
export class Wallet {
  readonly node: LedgerNode;
  readonly l1: L1Signer;
  readonly l2: Signer;

  constructor(node: LedgerNode, l1: L1Signer, l2: Signer) {
    this.node = node;
    this.l1 = l1;
    this.l2 = l2;
  }

  /** All accounts with this wallet's key in the virtual state, by index. */
  accounts(): OwnAccount[] {
    const { x, y } = this.l2.publicKey;
    return [...this.node.virtualState.accounts.entries()].flatMap(([index, account]) =>
      account.ax === x && account.ay === y ? [{ index, account }] : [],
    );
  }

  /**
   * This wallet's account of a token in the virtual state: the first with its key.
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT`
   */
  account(token: bigint): OwnAccount {
    const found = this.accounts().find(({ account }) => account.token === token);
    if (found === undefined) {
      throw new ProtocolError("UNKNOWN_ACCOUNT", `no account of token ${token} with this key`);
    }
    return found;
  }

  /** Allows the core to take `amount` of an ERC-20 in deposits, in its smallest unit. @param token its id, not 0 */
  async approve(token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    // Every ERC-20 can be asked as the native token can.
    const { token: native } = this.node.system as unknown as { readonly token: NativeToken };
    const erc20 = native.attach(await rollup.tokenAddress(token)) as NativeToken;
    return minedTransaction(erc20.connect(this.l1).approve(rollup, amount));
  }

  /** Deposits into a new account that this wallet owns. ERC-20s must be approved. */
  async deposit(token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const value = (await rollup.forcedFee()) + (token === 0n ? amount : 0n);
    const { x, y } = this.l2.publicKey;
    const owner = await this.l1.getAddress();
    return minedTransaction(rollup.connect(this.l1).deposit(token, amount, x, y, owner, { value }));
  }

  /**
   * Deposits into an account that exists, whoever owns it. If it has another token, the money returns as an exit to
   * this wallet.
   */
  async topUp(account: number, token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const value = (await rollup.forcedFee()) + (token === 0n ? amount : 0n);
    const refundTo = await this.l1.getAddress();
    return minedTransaction(rollup.connect(this.l1).topUp(token, amount, account, refundTo, { value }));
  }

  /** Moves `amount` from the account of a token to account `to`, by L1 alone. A no-op if the account has less. */
  async forceTransfer(token: bigint, to: number, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const { index } = this.account(token);
    const value = await rollup.forcedFee();
    return minedTransaction(rollup.connect(this.l1).forceTransfer(index, to, token, amount, { value }));
  }

  /** Takes up to `amount` out of the account of a token, by L1 alone. */
  async forceExit(token: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const { index } = this.account(token);
    const value = await rollup.forcedFee();
    return minedTransaction(rollup.connect(this.l1).forceExit(index, token, amount, { value }));
  }

  /**
   * A signed transaction from the account of a token, 93 bytes for a sequencer.
   *
   * @param token of the account
   * @param request `to`: an account's index, 0 to exit to L1
   * @throws {ProtocolError} `UNKNOWN_ACCOUNT`; `TIP_NOT_REPRESENTABLE` (see `roundTipDown`), `OUT_OF_RANGE`
   */
  transfer(token: bigint, { nonce, boundTo, ...request }: Transfer): Uint8Array {
    const { index, account } = this.account(token);
    return signTransaction(this.l2, {
      ...request,
      from: index,
      token,
      nonce: nonce ?? account.nonce,
      domain: this.node.domain,
      ...(boundTo === undefined ? {} : { boundTo: addressToUint(boundTo) }),
    });
  }

  /**
   * A signed move of the account of a token, whatever it holds then, to another rollup (docs/enforcement.md §5.1).
   *
   * @param to address of the other rollup's core, and id of the token there
   */
  move(token: bigint, to: { readonly target: string; readonly targetToken: bigint }): Uint8Array {
    const { target, targetToken } = to;
    const { index, account } = this.account(token);
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
    const recipient = addressToUint(await this.l1.getAddress());
    const open: ExitPlace[] = [];
    for (const { number, result } of this.node.batches.slice(0, this.node.verifiedBatches)) {
      for (const [leaf, { exits }] of result.leaves.entries()) {
        for (const exit of exits.filter((candidate) => candidate.recipient === recipient)) {
          const claimed = await this.node.system.rollup.isClaimed(number, leaf, exit.slot);
          if (!claimed) open.push({ batch: number, leaf, slot: exit.slot });
        }
      }
    }
    return open;
  }

  /** Has L1 pay an exit, whoever its recipient is. @throws {ProtocolError} `UNKNOWN_EXIT`, `NOT_SETTLED` */
  async claim(place: ExitPlace): Promise<ContractTransactionReceipt> {
    return minedTransaction(this.node.system.rollup.connect(this.l1).claim(exitClaim(this.node, place)));
  }

  /**
   * What the core owes to this wallet's L1 address beside exits: fees, refunds, escaped balances. In the token's
   * smallest unit.
   */
  async credit(token: bigint): Promise<bigint> {
    return this.node.system.rollup.credits(token, this.l1);
  }

  /** Takes the whole credit of a token out of the core. */
  async withdraw(token: bigint): Promise<ContractTransactionReceipt> {
    return minedTransaction(this.node.system.rollup.connect(this.l1).withdraw(token));
  }
}

/**
 * Id of the forced operation that an L1 transaction queued.
 *
 * @param node of the rollup
 * @param receipt of the transaction
 * @throws {ProtocolError} `NOT_QUEUED`
 */
export function operationOf({ system }: LedgerNode, receipt: ContractTransactionReceipt): number {
  for (const log of receipt.logs) {
    // What another contract logs is not the core's, whatever it looks like.
    if (!isSameAddress(log.address, system.rollup.target)) continue;
    const parsed = system.rollup.interface.parseLog(log);
    if (parsed?.name === "ForcedOperationQueued") return Number(parsed.args["id"]);
  }
  throw new ProtocolError("NOT_QUEUED", `transaction ${receipt.hash} queued no forced operation`);
}

const isSameAddress = (address: string, target: string | Addressable): boolean =>
  typeof target === "string" && address.toLowerCase() === target.toLowerCase();

/**
 * The argument of `IExits.claim`.
 *
 * @param node knows the batch
 * @param place of the exit
 * @throws {ProtocolError} `UNKNOWN_BATCH`, `UNKNOWN_EXIT`, `NOT_SETTLED`
 */
export function exitClaim(node: LedgerNode, { batch, leaf, slot }: ExitPlace): IExits.ExitClaimStruct {
  const result = node.batch(batch).result.leaves[leaf];
  if (result === undefined) throw new ProtocolError("UNKNOWN_EXIT", `batch ${batch} has no leaf ${leaf}`);
  const { exit, siblings } = proveExit(result.exits, node.system.profile.slots, slot);
  const isPlace = (settled: { batch: bigint; leaf: bigint }): boolean =>
    settled.batch === BigInt(batch) && settled.leaf === BigInt(leaf);
  const settlement = node.settlements.find((leaves) => leaves.some(isPlace));
  if (settlement === undefined) throw new ProtocolError("NOT_SETTLED", `batch ${batch} is not proven`);
  return {
    batch,
    leaf,
    slot,
    token: exit.token,
    recipient: uintToAddress(exit.recipient),
    amount: exit.amount,
    exitsRoot: result.exitsRoot,
    exitPath: [...siblings],
    settlementPath: settlementPath(settlement, settlement.findIndex(isPlace)),
  };
}
