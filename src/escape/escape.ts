import { getBytes, type ContractTransactionReceipt, type Signer } from "ethers";

import {
  addressToUint,
  exitClaim,
  isDeparture,
  minedTransaction,
  NO_RESULT,
  uintToAddress,
  type B52Node,
  type LedgerNode,
  type RollupNode,
} from "../agents/index.ts";
import { readForcedSlot } from "../codec/index.ts";
import { decodeArrivals, escapeCircuitInput, unpackTokens } from "../migration/index.ts";
import { toProofWords, type Prover } from "../prover/index.ts";
import type { OpenedRollup } from "./openRollup.ts";

/** One transaction that takes something out. */
export interface EscapeAction {
  readonly what: string;
  /** Makes what it needs, sends it, and waits. */
  run(signer: Signer, prover: Prover): Promise<ContractTransactionReceipt>;
}

/** What an escape did, or for what it has to wait. */
export interface EscapeReport {
  /** The transactions that were sent, in order. */
  readonly done: readonly { readonly what: string; readonly hash: string; readonly gasUsed: bigint }[];
  /**
   * If the rollup may not be frozen yet: from this second on, in unix time, unless its operators serve the queue
   * before.
   */
  readonly frozenFrom?: bigint;
}

/**
 * Takes everything out of a rollup that belongs to the signer's address, with L1 alone. While the rollup lives, that
 * means exits through the queue; once the queue's head is too old the rollup is frozen, and everything that is left is
 * taken out: balances by proof, what was queued and not executed, what a migration did not deliver, fees and bids of
 * the consensus, settled exits. Can be called again at any time: what was done before is left out.
 *
 * @param onAction told of each transaction before it is sent
 */
export async function escape(
  rollup: OpenedRollup,
  signer: Signer,
  prover: Prover,
  onAction: (what: string) => void = () => undefined,
): Promise<EscapeReport> {
  const { node } = rollup;
  const owner = await signer.getAddress();
  const done: EscapeReport["done"][number][] = [];
  const perform = async (actions: readonly EscapeAction[]): Promise<void> => {
    for (const action of actions) {
      onAction(action.what);
      const { hash, gasUsed } = await action.run(signer, prover);
      done.push({ what: action.what, hash, gasUsed });
    }
    await node.sync();
  };

  await node.sync();
  if (!node.isFrozen) {
    await perform(await forcedExits(node, owner));
    const frozenFrom = await earliestFreeze(node);
    const latest = await node.system.provider.getBlock("latest");
    const now = BigInt(latest?.timestamp ?? 0);
    if (frozenFrom === undefined || now < frozenFrom) {
      await perform(await claims(node, owner));
      await perform(await withdrawals(rollup, owner));
      return frozenFrom === undefined ? { done } : { done, frozenFrom };
    }
    await perform([
      { what: "freeze the rollup", run: (by) => minedTransaction(node.system.rollup.connect(by).freeze()) },
    ]);
  }
  await perform([
    ...(await escapes(node, owner)),
    ...(await refunds(node, owner)),
    ...(await undelivered(node, owner)),
    ...(await consensusRefunds(rollup, owner)),
    ...(await claims(node, owner)),
  ]);
  await perform(await withdrawals(rollup, owner));
  return { done };
}

/** From when on the rollup may be frozen if nobody serves the queue; undefined if nothing waits in it. */
export async function earliestFreeze(node: LedgerNode): Promise<bigint | undefined> {
  const { rollup } = node.system;
  const executed = await rollup.executedOperations();
  if (executed === (await rollup.queuedOperations())) return undefined;
  const [, queuedAt] = await rollup.forcedOperation(executed + 1n);
  return queuedAt + (await rollup.ESCAPE_DELAY()) + 1n;
}

/** Forced exits of all accounts that have none in the queue. */
async function forcedExits(node: LedgerNode, owner: string): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  const executed = Number(await rollup.executedOperations());
  const waiting = node.forcedOperations.slice(executed).map(readForcedSlot);
  return accountsOf(node, owner)
    .filter(({ index }) => !waiting.some(({ from, to, flags }) => from === index && to === 0 && flags === 0n))
    .map(({ index, token, balance }) => ({
      what: `force the exit of account ${index}: ${balance} of token ${token}`,
      run: async (by) =>
        minedTransaction(
          rollup.connect(by).forceExit(index, token, (1n << 128n) - 1n, { value: await rollup.forcedFee() }),
        ),
    }));
}

/** Balances in the last proven state of a frozen rollup. */
async function escapes(node: LedgerNode, owner: string): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  const actions: EscapeAction[] = [];
  for (const { index, token, balance } of accountsOf(node, owner)) {
    if (await rollup.hasLeft(index)) continue;
    actions.push({
      what: `escape with account ${index}: ${balance} of token ${token}`,
      run: async (by, prover) => {
        const { proof } = await prover.prove("escape", { ...escapeCircuitInput(node.finalState, index) });
        const words = [...toProofWords(proof)] as Parameters<typeof rollup.escape>[4];
        return minedTransaction(rollup.connect(by).escape(index, owner, token, balance, words));
      },
    });
  }
  return actions;
}

/** Operations that were queued and never executed, arrivals included. */
async function refunds(node: LedgerNode, owner: string): Promise<EscapeAction[]> {
  const { rollup, profile } = node.system;
  const executed = Number(await rollup.executedOperations());
  // A departure that was executed but did not happen has a fee left.
  const due = node.dueDeparture?.request.id ?? executed + 1;
  const actions: EscapeAction[] = [];
  for (const [i, slot] of node.forcedOperations.entries()) {
    const id = i + 1;
    if (id < due) continue;
    const { l1Address } = readForcedSlot(slot);
    const isWaiting = id > executed || isDeparture(slot);
    if (isWaiting && l1Address === addressToUint(owner) && !(await rollup.isRefunded(id))) {
      actions.push({
        what: `refund operation ${id}`,
        run: (by) => minedTransaction(rollup.connect(by).refund(id, slot)),
      });
    }
    const arrivals = node.migrations.arrivalData.get(id);
    if (arrivals === undefined || id <= executed) continue;
    for (const [position, account] of decodeArrivals(getBytes(arrivals), profile).entries()) {
      if (account?.owner !== addressToUint(owner)) continue;
      if (await reverts(rollup.refundArrival.staticCall(id, arrivals, position))) continue;
      actions.push({
        what: `refund arrival ${position} of operation ${id}: ${account.balance} of token ${account.token}`,
        run: (by) => minedTransaction(rollup.connect(by).refundArrival(id, arrivals, position)),
      });
    }
  }
  return actions;
}

/** Accounts that departed, and that nobody delivered in time. */
async function undelivered(node: LedgerNode, owner: string): Promise<EscapeAction[]> {
  const { rollup, profile } = node.system;
  const actions: EscapeAction[] = [];
  for (const { number, signals, arrivals } of node.migrations.undelivered) {
    const values = [...signals] as Parameters<typeof rollup.reclaim>[1];
    for (const [position, account] of decodeArrivals(getBytes(arrivals), profile).entries()) {
      if (account?.owner !== addressToUint(owner)) continue;
      if (await reverts(rollup.reclaim.staticCall(number, values, arrivals, position))) continue;
      const pairs = unpackTokens(signals[13] ?? 0n);
      const token = pairs.find(({ target }) => target === account.token)?.source;
      actions.push({
        what: `reclaim account ${position} of departure ${number}: ${account.balance} of token ${token}`,
        run: (by) => minedTransaction(rollup.connect(by).reclaim(number, values, arrivals, position)),
      });
    }
  }
  return actions;
}

/** Exits that L1 has settled. */
async function claims(node: LedgerNode, owner: string): Promise<EscapeAction[]> {
  const { rollup } = node.system;
  const actions: EscapeAction[] = [];
  for (const { number, result } of node.batches.slice(0, node.verifiedBatches)) {
    for (const [leaf, { exits }] of result.leaves.entries()) {
      for (const { slot, recipient, token, amount } of exits) {
        if (recipient !== addressToUint(owner) || (await rollup.isClaimed(number, leaf, slot))) continue;
        actions.push({
          what: `claim the exit in slot ${slot} of leaf ${leaf} of batch ${number}: ${amount} of token ${token}`,
          run: (by) => minedTransaction(rollup.connect(by).claim(exitClaim(node, { batch: number, leaf, slot }))),
        });
      }
    }
  }
  return actions;
}

/** What the consensus holds for a batch or bid that came to nothing. */
const consensusRefunds = (rollup: OpenedRollup, owner: string): Promise<EscapeAction[]> =>
  rollup.consensus === "B52" ? bids(rollup.node, owner) : unprovenBatches(rollup.node, owner);

async function unprovenBatches(node: RollupNode, owner: string): Promise<EscapeAction[]> {
  const { consensus } = node.system;
  const actions: EscapeAction[] = [];
  for (const { number, record, openings } of node.batches.slice(node.verifiedBatches)) {
    if (record.sequencer !== owner || (await consensus.isRefunded(number))) continue;
    actions.push({
      what: `refund the bond of batch ${number}`,
      run: (by) => minedTransaction(consensus.connect(by).refundBatch(number, record, openings)),
    });
  }
  return actions;
}

async function bids(node: B52Node, owner: string): Promise<EscapeAction[]> {
  const { consensus } = node.system;
  const actions: EscapeAction[] = [];
  for (const proposal of node.proposalsBy(owner)) {
    const result = node.resultOf(proposal.round) ?? NO_RESULT;
    if (await reverts(consensus.settle.staticCall(proposal, result))) continue;
    actions.push({
      what: `settle the bid of round ${proposal.round}`,
      run: (by) => minedTransaction(consensus.connect(by).settle(proposal, result)),
    });
  }
  return actions;
}

/** Credits of the core, and the balance in the consensus. */
async function withdrawals({ node }: OpenedRollup, owner: string): Promise<EscapeAction[]> {
  const { rollup, consensus } = node.system;
  const actions: EscapeAction[] = [];
  for (let token = 0n; token < (await rollup.tokenCount()); token++) {
    const credit = await rollup.credits(token, owner);
    if (credit === 0n) continue;
    actions.push({
      what: `withdraw ${credit} of token ${token}`,
      run: (by) => minedTransaction(rollup.connect(by).withdraw(token)),
    });
  }
  // Both consensus contracts keep balances in the same way; the union of their types cannot be called.
  const balances = consensus as RollupNode["system"]["consensus"];
  const balance = await balances.balances(owner);
  if (balance > 0n) {
    actions.push({
      what: `withdraw ${balance} of the native token`,
      run: (by) => minedTransaction(balances.connect(by).withdraw(balance)),
    });
  }
  return actions;
}

/** Accounts of an L1 address in the last proven state that hold something. */
const accountsOf = (
  node: LedgerNode,
  owner: string,
): { readonly index: number; readonly token: bigint; readonly balance: bigint }[] =>
  [...node.finalState.accounts.entries()].flatMap(([index, account]) =>
    uintToAddress(account.owner) === owner.toLowerCase() && account.balance > 0n
      ? [{ index, token: account.token, balance: account.balance }]
      : [],
  );

/** Whether a call reverts now: done before, or not possible yet. */
const reverts = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => false,
    () => true,
  );
