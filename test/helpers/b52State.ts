// SPDX-License-Identifier: MIT
import { ZeroAddress, ZeroHash } from "ethers";

import type { B52Model, Entry, Round } from "../model/b52/index.ts";
import type { B52Harness } from "./b52Harness.ts";
import type { BatchedViews } from "./batchedViews.ts";

/*
 * The state of a B52 contract and its registry, by their views, and the state of their model, in the same form.
 */

/** Whose part of the state is looked at. */
export interface Observed {
  /** Addresses with a balance. */
  readonly accounts: readonly string[];
  /** Addresses that commit. */
  readonly proposers: readonly string[];
  readonly tickets: readonly number[];
}

export interface B52State {
  /** Pool, what is to be burned, slope. */
  readonly treasury: readonly bigint[];
  readonly head: string;
  readonly height: number;
  /** Proposers, and scores. */
  readonly ranking: readonly (readonly unknown[])[];
  readonly stateRoot: bigint;
  /** Tokens of the consensus, and of the registry. */
  readonly held: bigint;
  readonly stakes: bigint;
  /** Of the next height, and the one after. */
  readonly rounds: readonly (readonly number[])[];
  readonly lists: readonly string[];
  readonly balances: readonly bigint[];
  /** Owner, stake, when it can be withdrawn, and misses. */
  readonly tickets: readonly (readonly [string, bigint, number, bigint])[];
  /** Status of both commitments of each proposer. */
  readonly places: readonly number[];
}

/** @param height of the head, which the model knows without asking */
export async function stateOnChain(
  harness: B52Harness,
  views: BatchedViews,
  height: number,
  observed: Observed,
): Promise<B52State> {
  const { b52, registry, rollup, token } = harness;
  const next = height + 1;
  const [treasury, head, ranking, stateRoot, held, stakes, lists, rounds, balances, tickets, places] =
    await Promise.all([
      views.read(b52, "treasury"),
      views.read(b52, "head"),
      views.read(b52, "ranking"),
      views.read(rollup, "stateRoot"),
      views.read(token, "balanceOf", b52.target as string),
      views.read(token, "balanceOf", registry.target as string),
      Promise.all([views.read(b52, "listDue", next), views.read(b52, "listDue", next + 1)]),
      Promise.all([views.read(b52, "height"), views.read(b52, "roundOf", next), views.read(b52, "roundOf", next + 1)]),
      Promise.all(observed.accounts.map((account) => views.read(b52, "balances", account))),
      Promise.all(observed.tickets.map((ticket) => views.read(registry, "getTicket", ticket))),
      Promise.all(
        observed.proposers.flatMap((proposer) =>
          [0, 1].map((parity) => views.read(b52, "commitmentOf", proposer, parity)),
        ),
      ),
    ]);
  const [reached, ...open] = rounds;
  return {
    treasury: [...treasury],
    head,
    height: Number(reached),
    ranking: [...ranking].map((list) => [...list]),
    stateRoot,
    held,
    stakes,
    rounds: open.map(({ id, opensAt, hasCommitments, ranked, hasList, carriesList }) =>
      [id, opensAt, hasCommitments, ranked, hasList, carriesList].map(Number),
    ),
    lists,
    balances,
    tickets: tickets.map(({ owner, stake, withdrawableAt, misses }) => [owner, stake, Number(withdrawableAt), misses]),
    places: places.map(({ status }) => Number(status)),
  };
}

/** The model knows of no state root. */
export function stateOfModel(model: B52Model, observed: Observed): Omit<B52State, "stateRoot"> {
  const owed = model.owed();
  const ranking = model.current?.ranking ?? [];
  return {
    treasury: [model.pool, model.toBurn, model.slope],
    head: model.head,
    height: model.height,
    ranking: [ranking.map(({ proposal }) => proposal.proposer), ranking.map(({ block }) => block?.score)],
    // INV-B52-01 and INV-STAKE-01.
    held: owed.balances + owed.escrow + owed.deposits + owed.reserved + owed.pool + owed.toBurn,
    stakes: model.registry.stakes,
    rounds: [model.current, model.next].map((round) => (round === undefined ? [0, 0, 0, 0, 0, 0] : stateOf(round))),
    lists: [1, 2].map((ahead) => model.lists.get(model.height + ahead) ?? ZeroHash),
    balances: observed.accounts.map((account) => model.balanceOf(account)),
    tickets: observed.tickets.map((id) => {
      const ticket = model.registry.tickets.get(id);
      return [ticket?.owner ?? ZeroAddress, ticket?.stake ?? 0n, ticket?.withdrawableAt ?? 0, ticket?.misses ?? 0n];
    }),
    places: observed.proposers.flatMap((proposer) => [0, 1].map((parity) => statusOf(model.placeOf(proposer, parity)))),
  };
}

/** As the contract shows a round. */
function stateOf({ id, opensAt, entries, ranking, list }: Round): number[] {
  const carriesList = [...entries.values()].some(({ block, proposal }) => block && proposal.carries !== undefined);
  return [id, opensAt, Math.min(1, entries.size), ranking.length, Number(list !== undefined), Number(carriesList)];
}

/** As the contract counts them. */
function statusOf(entry: Entry | undefined): number {
  if (entry === undefined) return 0;
  if (entry.isSettled) return 3;
  return entry.block === undefined ? 1 : 2;
}
