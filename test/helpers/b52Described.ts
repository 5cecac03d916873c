// SPDX-License-Identifier: MIT
/* eslint-disable @typescript-eslint/explicit-module-boundary-types -- the types are those of long objects of tests */
import type { B52Node, ChainBlock, RoundStart } from "../../src/agents/index.ts";
import { MAX_TICKET, type RegistryTree } from "../../src/b52/index.ts";
import { replace } from "../node/storage/rollupWorld.ts";

/** Everything that a role can ask a node of B52, as text, so that a difference is a difference of lines. */
export const describedB52 = (node: B52Node): string => JSON.stringify(b52Facts(node), sorted, 1);

/** As `replace`, with properties in the order of their names. */
function sorted(this: Record<string, unknown>, key: string, shown: unknown): unknown {
  const value = replace.call(this, key, shown);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function b52Facts(node: B52Node) {
  const rounds = allRounds(node);
  const heights = Array.from({ length: node.batches.length + 3 }, (_, i) => i);
  const proposals = rounds.flatMap(({ round }) => node.proposalsOf(round));
  return {
    ...{ block: node.block, now: node.now, head: node.head, verified: node.verifiedBatches, isFrozen: node.isFrozen },
    ...{ parameters: [...(node.parameters as unknown as Iterable<unknown>)], roundsKept: node.roundsKept },
    chain: node.batches.map(blockFacts),
    decided: node.virtualBatches.map(blockFacts),
    candidates: node.candidates,
    roots: [node.virtualState.root, node.finalState.root],
    accounts: [...node.virtualState.accounts.entries()],
    ...{ forced: node.forcedOperations, executedForced: node.executedForced, settlements: node.settlements },
    due: node.dueDeparture?.request,
    migrations: {
      ...{ departures: node.migrations.departures, undelivered: node.migrations.undelivered },
      ...{ arrivals: [...node.migrations.arrivals], arrivalData: [...node.migrations.arrivalData] },
    },
    registry: keysOf(node.registry),
    owners: Array.from({ length: MAX_TICKET }, (_, i) => node.ownerOf(i + 1) ?? ""),
    tickets: node.tickets,
    rounds: rounds.map(({ registry, ...round }) => ({
      ...{ ...round, registry: registry.root, window: node.proofWindowOf(round.round) },
      result: node.resultOf(round.round),
    })),
    lastRounds: heights.map((height) => node.lastRoundOf(height)?.round),
    lists: heights.map((height) => node.listDue(BigInt(height))),
    proposals: proposals.map((proposal) => ({
      ...{ proposal, committedAt: node.committedAt(proposal), isSettled: node.isSettled(proposal) },
    })),
    proven: node.provenBlocks.map((block) => ({ block, defaults: node.defaultsOf(block) })),
    chores: node.chores,
  };
}

const blockFacts = ({ execution: _, departures, ...block }: ChainBlock) => ({
  ...block,
  departures: departures.map(({ request }) => request),
});

const keysOf = (registry: RegistryTree) => ({
  root: registry.root,
  keys: Array.from({ length: MAX_TICKET }, (_, i) => registry.get(i + 1)).flatMap((key, i) => (key ? [[i, key]] : [])),
});

const allRounds = (node: B52Node): RoundStart[] =>
  Array.from({ length: node.rounds }, (_, i) => node.round(BigInt(i + 1)));
