// SPDX-License-Identifier: MIT
import { hexlify, toBeHex, Wallet as Key } from "ethers";
import { setTimeout as sleep } from "node:timers/promises";

import { moneyOf } from "../../demo/money.ts";
import type { B52Node, RollupNode } from "../../src/agents/index.ts";
import { SLOT_BYTES } from "../../src/codec/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { jsonRpc } from "../devnet/jsonRpc.ts";
import { keyOf, PARTIES, type NodeName, type Party } from "../devnet/topology.ts";
import type { AcceptedFact, ChainFact, ChaosFacts, SentFact } from "./checks.ts";
import type { Journal } from "./journal.ts";

type Place = AcceptedFact["places"][number];

/** Places of all L2 transactions in the batches, by their bytes in hex. */
export function placesOf(node: RollupNode | B52Node): ReadonlyMap<string, readonly Place[]> {
  const { slots } = node.system.profile;
  const places = new Map<string, Place[]>();
  for (const { number, header, data, result } of node.batches) {
    for (let position = header.forcedCount; (position + 1) * SLOT_BYTES <= data.length; position++) {
      const bytes = hexlify(data.subarray(position * SLOT_BYTES, (position + 1) * SLOT_BYTES));
      const outcome = result.leaves[Math.floor(position / slots)]!.outcomes[position % slots]!;
      const isFinal = number <= node.verifiedBatches;
      const place = { batch: number, isFinal, ...("reason" in outcome ? { reason: outcome.reason } : {}) };
      places.set(bytes, [...(places.get(bytes) ?? []), place]);
    }
  }
  return places;
}

/** A node answers so many questions a second at most (docs/node.md). */
const BETWEEN_QUESTIONS = 25;

async function answerOf(url: string, bytes: string): Promise<AcceptedFact["answer"]> {
  await sleep(BETWEEN_QUESTIONS);
  try {
    return (await jsonRpc(url, "rollup_transaction", [bytes])) as AcceptedFact["answer"];
  } catch (error) {
    return { status: `no answer: ${(error as Error).message}` };
  }
}

/** How far a node is, by its own words. */
export async function chainFactOf(name: string, url: string): Promise<ChainFact> {
  const status = (await jsonRpc(url, "rollup_status")) as Omit<ChainFact, "name">;
  const { batches, finalBatches, finalRoot } = status;
  return { name, batches, finalBatches, finalRoot };
}

/**
 * Gathers what the checks look at, when all is quiet.
 *
 * @param node read from L1 alone, just now
 * @param besides tokens that the consensus owes besides the balances of the parties
 */
export async function gatherFacts(
  node: RollupNode | B52Node,
  journal: Pick<Journal, "accepted" | "sent">,
  nodes: readonly { readonly name: NodeName; readonly url: string }[],
  ends: ChaosFacts["ends"],
  besides = 0n,
): Promise<ChaosFacts> {
  const { rollup, provider } = node.system;
  const urls = new Map<string, string>(nodes.map(({ name, url }) => [name, url]));
  const places = placesOf(node);
  const accepted: AcceptedFact[] = [];
  for (const { bytes, node: name, account, nonce } of journal.accepted) {
    const answer = await answerOf(urls.get(name)!, bytes);
    accepted.push({ bytes, node: name, account, nonce, places: places.get(bytes) ?? [], answer });
  }
  const sent: SentFact[] = [];
  for (const transaction of journal.sent) {
    const receipt = await provider.getTransactionReceipt(transaction.hash);
    sent.push({ ...transaction, ...(receipt === null ? {} : { succeeded: receipt.status === 1 }) });
  }
  const parties = (Object.keys(PARTIES) as Party[]).map((name) => ({
    name,
    signer: new Key(keyOf(name), provider),
  }));
  const { conservation, consensusCustody, consensusOwed } = await moneyOf(node, parties, [{ name: "ETH", id: ETH }]);
  return {
    ...{ accepted, sent, ends },
    nonces: new Map([...node.finalState.accounts.entries()].map(([index, account]) => [index, account.nonce])),
    l1: {
      ...{ name: "L1", batches: node.batches.length, finalBatches: node.verifiedBatches, isFrozen: node.isFrozen },
      finalRoot: toBeHex(await rollup.stateRoot(), 32),
    },
    nodes: await Promise.all(nodes.map(({ name, url }) => chainFactOf(name, url))),
    money: [...conservation, { currency: "native token", custody: consensusCustody, owed: consensusOwed + besides }],
  };
}
