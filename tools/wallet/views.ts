// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import { isSameAddress, uintToAddress, type LedgerNode } from "../../src/agents/index.ts";
import { statusOf, waitForStatus, type TransactionStatus } from "../../src/client/index.ts";
import type { Point } from "../../src/crypto/index.ts";
import { isProtocolError } from "../../src/errors.ts";
import { openRollup, type OpenOptions } from "../../src/escape/index.ts";
import { requirePayeeAccount, type Account, type Payee } from "../../src/ledger/index.ts";
import type { NodeClient, NodeTransactionStatus } from "../../src/nodeClient/index.ts";
import { ToolError } from "../errors.ts";

/** A signed L2 transaction, 93 bytes, or the number of a forced operation. */
export type Subject = Uint8Array | number;

/** An account and its place in the tree. */
export interface Owned {
  readonly index: number;
  readonly account: Account;
}

/** Whose accounts are meant: those with the key, the owner (L1 address), or both. */
export interface Whose {
  readonly key?: Point | undefined;
  readonly owner?: string | undefined;
}

/** Status of a transaction, for people. */
export interface Outcome {
  readonly text: string;
  /** Why it did nothing, if it has its place and did nothing. */
  readonly noEffect?: string;
  /** Whether L1 has its proof. Only a view of L1 says it. */
  readonly isFinal?: boolean;
}

/** A rollup's state, from L1 or by the word of a node. */
export interface View {
  /** Whose word it is, for people. */
  readonly source: string;
  readonly chainId: bigint;
  /** L1 address of the core. */
  readonly rollup: string;
  /** Ties signatures to the rollup. */
  readonly domain: bigint;
  /** How far the rollup is, a line each. */
  summary(): Promise<string[]>;
  isFrozen(): Promise<boolean>;
  /** Base fee of an L2 transaction in ETH, in wei. */
  baseFee(): Promise<bigint>;
  account(index: number): Promise<Account | undefined>;
  accounts(whose: Whose): Promise<Owned[]>;
  /** Nonce for the next transaction of an account. */
  nextNonce(owned: Owned): Promise<bigint>;
  status(subject: Subject): Promise<Outcome>;
  /** @param patience milliseconds without an answer of a node, after which the wait fails */
  waitFor(subject: Subject, wanted: "virtual" | "final", patience?: number): Promise<Outcome>;
}

/** Checks a payee by a view. @throws {ProtocolError} `WRONG_PAYEE` */
export const requirePayeeOf = async (view: View, payee: Payee): Promise<number> =>
  requirePayeeAccount(await view.account(payee.index), payee);

/** A view by the word of a node. @throws {ProtocolError} as `NodeClient.identity` */
export async function viewOfNode(client: NodeClient): Promise<View> {
  const { chainId, rollup, domain } = await client.identity();
  const nonces = new Map<number, bigint>();
  return {
    ...{ source: `the node ${new URL(client.url).host}`, chainId, rollup, domain },
    summary: async () => {
      const { l1Block, batches, finalBatches, accounts, isFrozen, waiting, finalRoot } = await client.status();
      return [
        `L1 block ${l1Block}, ${batches} batches, ${finalBatches} of them final, accounts up to ${accounts}`,
        `${isFrozen ? "frozen" : "alive"}; ${waiting} transactions wait at this node; final state root ${finalRoot}`,
      ];
    },
    isFrozen: async () => (await client.status()).isFrozen,
    baseFee: async () => (await client.fees()).baseFee,
    account: async (index) => (await client.account(index))?.account,
    accounts: async ({ key, owner }) => {
      const filter = key === undefined ? { owner: owner ?? "" } : { key, ...(owner === undefined ? {} : { owner }) };
      const found = await client.accounts(filter);
      for (const { index, nextNonce } of found) nonces.set(index, nextNonce);
      return found;
    },
    nextNonce: async ({ index, account }) =>
      nonces.get(index) ?? (await client.account(index))?.nextNonce ?? account.nonce,
    status: async (subject) => outcomeOfNode(await client.transaction(subject)),
    waitFor: async (subject, wanted, patience) =>
      outcomeOfNode(await client.waitFor(subject, wanted, patience === undefined ? {} : { patience })),
  };
}

/** A view of L1 alone. */
export interface L1View extends View {
  /** Has read L1 up to its head, at the last call of the view. */
  readonly node: LedgerNode;
  readonly consensus: string;
}

/** Opens a view of L1. @throws {ProtocolError} as `openRollup` */
export async function viewOfL1(provider: Provider, address: string, options: OpenOptions): Promise<L1View> {
  let { node, consensus } = await openRollup(provider, address, options);
  const [{ chainId }, rollup] = await Promise.all([provider.getNetwork(), node.system.rollup.getAddress()]);
  const { domain } = node;

  /** After a reorganisation a node is worth nothing. */
  async function synced<Result>(work: (current: LedgerNode) => Promise<Result> | Result): Promise<Result> {
    for (;;) {
      try {
        await node.sync();
        return await work(node);
      } catch (error) {
        if (!isProtocolError(error, "REORGANISED")) throw error;
        ({ node, consensus } = await openRollup(provider, address, options));
      }
    }
  }
  return {
    ...{ source: "L1", chainId, rollup: rollup.toLowerCase(), domain },
    get node() {
      return node;
    },
    get consensus() {
      return consensus;
    },
    summary: () =>
      synced(({ batches, verifiedBatches, virtualState, isFrozen, finalState, forcedOperations }) => [
        `${consensus}, ${batches.length} batches, ${verifiedBatches} of them final, ` +
          `accounts up to ${virtualState.nextIndex - 1}`,
        `${isFrozen ? "frozen" : "alive"}; ${forcedOperations.length} forced operations so far; ` +
          `final state root ${finalState.root}`,
      ]),
    isFrozen: () => synced((current) => current.isFrozen),
    baseFee: () => Promise.resolve(node.baseFee),
    account: (index) => synced(({ virtualState }) => virtualState.account(index)),
    accounts: ({ key, owner }) =>
      synced(({ virtualState }) =>
        [...virtualState.accounts.entries()].flatMap(([index, account]) => {
          const hasKey = key === undefined || (account.ax === key.x && account.ay === key.y);
          const hasOwner = owner === undefined || isSameAddress(uintToAddress(account.owner), owner);
          return hasKey && hasOwner ? [{ index, account }] : [];
        }),
      ),
    nextNonce: ({ account }) => Promise.resolve(account.nonce),
    status: (subject) => synced(async (current) => outcomeOfL1(await statusOf(current, subject))),
    waitFor: (subject, wanted) => synced(async (current) => outcomeOfL1(await waitForStatus(current, subject, wanted))),
  };
}

const placeOf = ({ batch, leaf, slot }: { batch: number; leaf: number; slot: number }, l1Block: number): string =>
  `batch ${batch}, leaf ${leaf}, slot ${slot}; L1 block ${l1Block}`;

const dueText = (dueBy: bigint | undefined): string =>
  // A node's number may be beyond what a date can be.
  dueBy === undefined || dueBy > 8_640_000_000_000n
    ? "pending: no batch has it yet"
    : `pending: no batch may leave it out from ${new Date(Number(dueBy) * 1_000).toISOString()} on`;

function outcomeOfNode(status: NodeTransactionStatus): Outcome {
  switch (status.status) {
    case "unknown":
    case "removed":
      return { text: `${status.status}: ${status.reason}` };
    case "waiting":
      return { text: `waiting at this node, with nonce ${status.nonce}` };
    case "pending":
      return { text: dueText(status.dueBy) };
    case "void": {
      const far = status.isFinal ? "final" : "virtual";
      const text = `void (${far}): ${status.reason}; ${placeOf(status.place, status.l1Block)}`;
      return { text, noEffect: status.reason };
    }
    default:
      return { text: `${status.status}: ${placeOf(status.place, status.l1Block)}` };
  }
}

function outcomeOfL1(status: TransactionStatus): Outcome {
  if (status.status === "unknown") return { text: `unknown: ${status.reason}` };
  if (status.status === "pending") return { text: dueText(status.dueBy) };
  const { place, outcome, l1Block } = status;
  const isFinal = status.status === "final";
  return "reason" in outcome
    ? {
        isFinal,
        text: `${outcome.status} (${status.status}): ${outcome.reason}; ${placeOf(place, l1Block)}`,
        noEffect: outcome.reason,
      }
    : { isFinal, text: `${status.status}: ${placeOf(place, l1Block)}` };
}

/** @throws {ToolError} `OTHER_ROLLUP` */
export function requireRollup(
  { source, chainId, rollup }: View,
  wanted: { readonly chainId?: bigint | undefined; readonly rollup?: string | undefined },
): void {
  for (const [what, expected, found] of [
    ["chain id", wanted.chainId?.toString(), String(chainId)],
    ["rollup", wanted.rollup?.toLowerCase(), rollup],
  ] as const) {
    if (expected === undefined || expected === found) continue;
    throw new ToolError("OTHER_ROLLUP", { what, expected, found }, `${source} is of ${what} ${found}, not ${expected}`);
  }
}
