// SPDX-License-Identifier: MIT
import { formatEther, type Signer } from "ethers";

import type { NativeToken } from "../typechain-types/index.ts";
import { addressToUint, exitNumber, type B52Node, type RollupNode } from "../src/agents/index.ts";

export interface Party {
  readonly name: string;
  readonly signer: Signer;
}

export interface Currency {
  readonly name: string;
  readonly id: bigint;
}

export interface Money {
  /** By party, then by place: decimal amounts. */
  readonly balances: Record<string, Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Money of the core in a currency, and its debts: accounts, open exits, credits and the forced queue. */
  readonly conservation: readonly { readonly currency: string; readonly custody: bigint; readonly owed: bigint }[];
  /** Native token in the consensus contract, and the sum of the balances that it keeps (all batches being proven). */
  readonly consensusCustody: bigint;
  readonly consensusOwed: bigint;
}

/** Adds up everybody's money on L1 and L2, once every sequenced batch is proven. */
export async function moneyOf(
  node: RollupNode | B52Node,
  parties: readonly Party[],
  currencies: readonly Currency[],
): Promise<Money> {
  const { consensus, rollup, token, provider } = node.system;
  // Every ERC-20 can be asked as the native token can.
  const erc20 = token as unknown as { attach(address: string): NativeToken };
  const accounts = [...node.finalState.accounts.entries()].map(([, account]) => account);
  const columns = [
    ...currencies.flatMap(({ name }) => [`${name} on L2`, `${name} credited`]),
    "SEQ in consensus",
    "SEQ on L1",
  ];
  const balances: Record<string, Record<string, string>> = {};
  const rows: string[][] = [];
  const credited = currencies.map(() => 0n);
  let consensusOwed = 0n;
  for (const { name, signer } of parties) {
    const owner = addressToUint(await signer.getAddress());
    const amounts: bigint[] = [];
    for (const [i, { id }] of currencies.entries()) {
      const onL2 = sum(accounts.filter((a) => a.owner === owner && a.token === id).map((a) => a.balance));
      const credit = await rollup.credits(id, signer);
      credited[i] = (credited[i] ?? 0n) + credit;
      amounts.push(onL2, credit);
    }
    const deposited = await consensus.balances(signer);
    consensusOwed += deposited;
    amounts.push(deposited, await token.balanceOf(signer));
    const formatted = amounts.map(formatEther);
    rows.push([name, ...formatted]);
    balances[name] = Object.fromEntries(columns.map((column, i) => [column, formatted[i] ?? ""]));
  }

  const conservation = [];
  for (const [i, { name, id }] of currencies.entries()) {
    const onL2 = sum(accounts.filter((account) => account.token === id).map((account) => account.balance));
    const custody =
      id === 0n
        ? await provider.getBalance(rollup)
        : await erc20.attach(await rollup.tokenAddress(id)).balanceOf(rollup);
    const owed = onL2 + (credited[i] ?? 0n) + (await openExits(node, id));
    conservation.push({ currency: name, custody, owed });
  }
  return { balances, columns, rows, conservation, consensusCustody: await token.balanceOf(consensus), consensusOwed };
}

/** Exits of a token that L1 has not paid yet. */
async function openExits(node: RollupNode | B52Node, token: bigint): Promise<bigint> {
  let open = 0n;
  for (const { number, result } of node.batches.slice(0, node.verifiedBatches)) {
    for (const [leaf, { exits }] of result.leaves.entries()) {
      for (const exit of exits.filter((candidate) => candidate.token === token)) {
        const place = { batch: number, leaf, slot: exit.slot };
        if (!(await node.system.rollup.isClaimed(exitNumber(node, place)))) open += exit.amount;
      }
    }
  }
  return open;
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
