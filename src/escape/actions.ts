// SPDX-License-Identifier: MIT
import { getBytes, type ContractTransactionReceipt, type Signer } from "ethers";

import {
  addressToUint,
  exitClaim,
  exitNumber,
  isDeparture,
  NO_RESULT,
  uintToAddress,
  type B52Node,
  type LedgerNode,
  type RollupNode,
} from "../agents/index.ts";
import { ask, minedTransaction, reverts } from "../chain/index.ts";
import { readForcedSlot, toProofWords, type ForcedSlot } from "../codec/index.ts";
import { decodeArrivals, escapeCircuitInput, unpackTokens } from "../migration/index.ts";
import type { Prover } from "../prover/index.ts";
import type { OpenedRollup } from "./openRollup.ts";

/** A token by its id in the rollup, 0 being ETH; or the native token of the consensus, which needs none. */
export type TokenId = bigint | "native";

/** One transaction that takes something out. */
export interface EscapeAction {
  readonly what: string;
  /** Amount that it takes out, in the token's smallest unit; undefined if that is not known before. */
  readonly brings: { readonly token: TokenId; readonly amount: bigint } | undefined;
  /**
   * Gas of the transaction, and of those that have to follow until the money is there.
   *
   * @throws {Error} the contract's revert, if it would revert
   */
  gas(signer: Signer): Promise<bigint>;
  /** Wei that it costs beside gas. */
  fee?(): Promise<bigint>;
  /** Makes what it needs, sends it, and waits. */
  run(signer: Signer, prover: Prover): Promise<ContractTransactionReceipt>;
}

/**
 * Gas of calls that cannot be estimated, as they need a proof or another transaction first. Measured:
 * docs/benchmarks.md.
 */
export const GAS = {
  escape: 350_000n,
  refund: 80_000n,
  claim: 130_000n,
  withdraw: 45_000n,
} as const;

/** Told of each thing that could not be looked up; the others are. */
export type OnFailure = (what: string, error: unknown) => void;

/** Looks each item up by itself: one that fails stops no other. */
async function lookUp<Item>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string,
  onFailure: OnFailure,
  find: (item: Item) => Promise<EscapeAction | undefined>,
): Promise<EscapeAction[]> {
  const actions: EscapeAction[] = [];
  for (const item of items) {
    try {
      const action = await find(item);
      if (action !== undefined) actions.push(action);
    } catch (error) {
      onFailure(nameOf(item), error);
    }
  }
  return actions;
}

/** Ends the rollup. */
export function freezing({ system: { rollup } }: LedgerNode): EscapeAction {
  return {
    what: "freeze the rollup",
    brings: undefined,
    gas: (by) => rollup.connect(by).freeze.estimateGas(),
    run: (by) => minedTransaction(rollup.connect(by).freeze()),
  };
}

/**
 * Forced exits of all accounts that have none in the queue which takes everything. Only the owner's own one with the
 * account's token does: anybody may queue an exit of any account, and another one does nothing (docs/protocol.md).
 */
export async function forcedExits(node: LedgerNode, owner: string): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  const executed = Number(await ask("executedOperations", () => rollup.executedOperations()));
  const waiting = node.forcedOperations.slice(executed).map(readForcedSlot);
  const takesAll = (slot: ForcedSlot, { index, token, balance }: OwnAccount): boolean =>
    slot.from === index &&
    slot.to === 0 &&
    slot.flags === 0n &&
    slot.l1Address === addressToUint(owner) &&
    slot.token === token &&
    slot.amount >= balance;
  return accountsOf(node, owner)
    .filter((account) => !waiting.some((slot) => takesAll(slot, account)))
    .map(({ index, token, balance }) => {
      const arguments_ = [index, token, (1n << 128n) - 1n] as const;
      const value = (): Promise<bigint> => ask("forcedFee", () => rollup.forcedFee());
      return {
        what: `force the exit of account ${index}: ${balance} of token ${token}`,
        brings: { token, amount: balance },
        gas: async (by) =>
          (await rollup.connect(by).forceExit.estimateGas(...arguments_, { value: await value() })) + GAS.claim,
        fee: value,
        run: async (by) => minedTransaction(rollup.connect(by).forceExit(...arguments_, { value: await value() })),
      };
    });
}

/** Balances in the last proven state; they leave once the rollup is frozen. */
export function escapes(node: LedgerNode, owner: string, onFailure: OnFailure): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  return lookUp(
    accountsOf(node, owner),
    ({ index }) => `escape with account ${index}`,
    onFailure,
    async ({ index, token, balance }) => {
      if (await ask("hasLeft", () => rollup.hasLeft(index))) return undefined;
      return {
        what: `escape with account ${index}: ${balance} of token ${token}`,
        brings: { token, amount: balance },
        gas: () => Promise.resolve(GAS.escape + GAS.withdraw),
        run: async (by, prover) => {
          const { proof } = await prover.prove("escape", { ...escapeCircuitInput(node.finalState, index) });
          const words = [...toProofWords(proof)] as Parameters<typeof rollup.escape>[4];
          return minedTransaction(rollup.connect(by).escape(index, owner, token, balance, words));
        },
      };
    },
  );
}

/** Operations that were queued and never executed; they come back once the rollup is frozen. */
export async function refunds(node: LedgerNode, owner: string, onFailure: OnFailure): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  const executed = Number(await ask("executedOperations", () => rollup.executedOperations()));
  // A departure that was executed but did not happen has a fee left.
  const due = node.dueDeparture?.request.id ?? executed + 1;
  const own = [...node.forcedOperations.entries()].flatMap(([i, slot]) => {
    const [id, { l1Address }] = [i + 1, readForcedSlot(slot)];
    const isWaiting = id >= due && (id > executed || isDeparture(slot));
    return isWaiting && l1Address === addressToUint(owner) ? [{ id, slot }] : [];
  });
  return lookUp(
    own,
    ({ id }) => `refund operation ${id}`,
    onFailure,
    async ({ id, slot }) => {
      if (await ask("isRefunded", () => rollup.isRefunded(id))) return undefined;
      const { from, flags, token, amount, fee } = readForcedSlot(slot);
      const isDeposit = from === 0 && flags === 0n;
      // The fees return in ETH: of a departure also what was left for its proof, of a deposit the amount.
      const fees = (id > executed ? fee : 0n) + (isDeparture(slot) ? amount : 0n);
      return {
        what: `refund operation ${id}`,
        brings: isDeposit && token !== 0n ? { token, amount } : { token: 0n, amount: fees + (isDeposit ? amount : 0n) },
        gas: () => Promise.resolve(GAS.refund + GAS.withdraw),
        run: (by) => minedTransaction(rollup.connect(by).refund(id, slot)),
      };
    },
  );
}

/** Accounts that were to arrive with an operation that was never executed. */
export async function lostArrivals(
  node: LedgerNode,
  owner: string,
  onFailure: OnFailure,
  isFrozen: boolean,
): Promise<EscapeAction[]> {
  const { rollup, profile } = node.system;
  const executed = Number(await ask("executedOperations", () => rollup.executedOperations()));
  const own = [...node.migrations.arrivalData].flatMap(([id, arrivals]) => {
    const slot = node.forcedOperations[id - 1];
    if (id <= executed || slot === undefined) return [];
    return [...decodeArrivals(getBytes(arrivals), profile).entries()].flatMap(([position, account]) =>
      account?.owner === addressToUint(owner) ? [{ id, slot, arrivals, position, account }] : [],
    );
  });
  return lookUp(
    own,
    ({ id, position }) => `refund arrival ${position} of operation ${id}`,
    onFailure,
    async ({ id, slot, arrivals, position, account: { token, balance } }) => {
      const what = `refund arrival ${position} of operation ${id}: ${balance} of token ${token}`;
      const call = (): Promise<unknown> => rollup.refundArrival.staticCall(id, slot, arrivals, position);
      if (isFrozen && (await reverts("refundArrival", call))) return undefined;
      return {
        what,
        brings: { token, amount: balance },
        gas: () => Promise.resolve(GAS.refund + GAS.withdraw),
        run: (by) => minedTransaction(rollup.connect(by).refundArrival(id, slot, arrivals, position)),
      };
    },
  );
}

/** Accounts that departed, and that nobody delivered in time. */
export function undelivered(node: LedgerNode, owner: string, onFailure: OnFailure): Promise<EscapeAction[]> {
  const { rollup, profile } = node.system;
  const own = node.migrations.undelivered.flatMap(({ number, signals, arrivals }) =>
    [...decodeArrivals(getBytes(arrivals), profile).entries()].flatMap(([position, account]) =>
      account?.owner === addressToUint(owner) ? [{ number, signals, arrivals, position, account }] : [],
    ),
  );
  return lookUp(
    own,
    ({ number, position }) => `reclaim account ${position} of departure ${number}`,
    onFailure,
    async ({ number, signals, arrivals, position, account }) => {
      const arguments_ = [number, [...signals] as Parameters<typeof rollup.reclaim>[1], arrivals, position] as const;
      if (await reverts("reclaim", () => rollup.reclaim.staticCall(...arguments_))) return undefined;
      const pairs = unpackTokens(signals[13] ?? 0n);
      const token = pairs.find(({ target }) => target === account.token)?.source;
      return {
        what: `reclaim account ${position} of departure ${number}: ${account.balance} of token ${token}`,
        brings: token === undefined ? undefined : { token, amount: account.balance },
        gas: async (by) => (await rollup.connect(by).reclaim.estimateGas(...arguments_)) + GAS.withdraw,
        run: (by) => minedTransaction(rollup.connect(by).reclaim(...arguments_)),
      };
    },
  );
}

/** Exits that L1 has settled. */
export function claims(node: LedgerNode, owner: string, onFailure: OnFailure): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  const own = node.batches
    .slice(0, node.verifiedBatches)
    .flatMap(({ number, result }) =>
      result.leaves.flatMap(({ exits }, leaf) =>
        exits.flatMap((exit) => (exit.recipient === addressToUint(owner) ? [{ batch: number, leaf, exit }] : [])),
      ),
    );
  return lookUp(
    own,
    ({ batch, leaf, exit }) => `claim the exit in slot ${exit.slot} of leaf ${leaf} of batch ${batch}`,
    onFailure,
    async ({ batch, leaf, exit: { slot, token, amount } }) => {
      const place = { batch, leaf, slot };
      if (await ask("isClaimed", () => rollup.isClaimed(exitNumber(node, place)))) return undefined;
      // Made when it is needed: a path is good for a number of further settlements only.
      const claim = (): ReturnType<typeof exitClaim> => exitClaim(node, place);
      return {
        what: `claim the exit in slot ${slot} of leaf ${leaf} of batch ${batch}: ${amount} of token ${token}`,
        brings: { token, amount },
        gas: (by) => rollup.connect(by).claim.estimateGas(claim()),
        run: (by) => minedTransaction(rollup.connect(by).claim(claim())),
      };
    },
  );
}

/** Bonds of batches that were not proven; they come back once the rollup is frozen. */
export function unprovenBatches(node: RollupNode, owner: string, onFailure: OnFailure): Promise<EscapeAction[]> {
  const { consensus } = node.system;
  return lookUp(
    node.batches.slice(node.verifiedBatches).filter(({ record }) => record.sequencer === owner),
    ({ number }) => `refund the bond of batch ${number}`,
    onFailure,
    async ({ number, record, openings }) => {
      if (await ask("isRefunded", () => consensus.isRefunded(number))) return undefined;
      return {
        what: `refund the bond of batch ${number}`,
        brings: { token: "native", amount: record.bond },
        gas: () => Promise.resolve(GAS.refund + GAS.withdraw),
        run: (by) => minedTransaction(consensus.connect(by).refundBatch(number, record, openings)),
      };
    },
  );
}

/** Bids of rounds that are over, or that a freeze has ended. */
export function bids(node: B52Node, owner: string, onFailure: OnFailure): Promise<EscapeAction[]> {
  const { consensus } = node.system;
  return lookUp(
    node.proposalsBy(owner),
    ({ round }) => `settle the bid of round ${round}`,
    onFailure,
    async (proposal) => {
      const result = node.resultOf(proposal.round) ?? NO_RESULT;
      if (await reverts("settle", () => consensus.settle.staticCall(proposal, result))) return undefined;
      return {
        what: `settle the bid of round ${proposal.round}`,
        // The winner's was counted when the state advanced; of the others' something may be burned.
        brings: { token: "native", amount: result.winner === owner ? 0n : proposal.bid },
        gas: async (by) => (await consensus.connect(by).settle.estimateGas(proposal, result)) + GAS.withdraw,
        run: (by) => minedTransaction(consensus.connect(by).settle(proposal, result)),
      };
    },
  );
}

/** Credits of the core, and the balance in the consensus. */
export async function withdrawals(
  { node }: OpenedRollup,
  owner: string,
  onFailure: OnFailure,
): Promise<EscapeAction[]> {
  const { rollup, consensus } = node.system;
  const count = await ask("tokenCount", () => rollup.tokenCount());
  const tokens = Array.from({ length: Number(count) }, (_, token) => BigInt(token));
  const credits = await lookUp(
    tokens,
    (token) => `withdraw token ${token}`,
    onFailure,
    async (token) => {
      const credit = await ask("credits", () => rollup.credits(token, owner));
      if (credit === 0n) return undefined;
      return {
        what: `withdraw ${credit} of token ${token}`,
        brings: { token, amount: credit },
        gas: (by) => rollup.connect(by).withdraw.estimateGas(token),
        run: (by) => minedTransaction(rollup.connect(by).withdraw(token)),
      };
    },
  );
  // Both consensus contracts keep balances in the same way; the union of their types cannot be called.
  const balances = consensus as RollupNode["system"]["consensus"];
  const balance = await lookUp(
    [owner],
    () => "withdraw the native token",
    onFailure,
    async () => {
      const amount = await ask("balances", () => balances.balances(owner));
      if (amount === 0n) return undefined;
      return {
        what: `withdraw ${amount} of the native token`,
        brings: { token: "native", amount },
        gas: (by) => balances.connect(by).withdraw.estimateGas(amount),
        run: (by) => minedTransaction(balances.connect(by).withdraw(amount)),
      };
    },
  );
  return [...credits, ...balance];
}

interface OwnAccount {
  readonly index: number;
  readonly token: bigint;
  readonly balance: bigint;
}

/** Accounts of an L1 address in the last proven state that hold something. */
const accountsOf = (node: LedgerNode, owner: string): OwnAccount[] =>
  [...node.finalState.accounts.entries()].flatMap(([index, account]) =>
    uintToAddress(account.owner) === owner.toLowerCase() && account.balance > 0n
      ? [{ index, token: account.token, balance: account.balance }]
      : [],
  );
