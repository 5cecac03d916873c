// SPDX-License-Identifier: MIT
import type { ProofTreeBlock } from "../../src/agents/index.ts";
import {
  contextOf,
  NO_DRAW,
  nodesBitmap,
  padLeaves,
  RegistryTree,
  signVote,
  Transcript,
  type NodePromise,
} from "../../src/b52/index.ts";
import { SLOT_BYTES, type Header } from "../../src/codec/index.ts";
import type { Point } from "../../src/crypto/index.ts";
import {
  applyLeaf,
  evaluationPoint,
  newAccountSlot,
  signTransaction,
  State,
  type LeafResult,
} from "../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { createFastSigner } from "./fastSigner.ts";

const ALICE = createFastSigner("alice");
export const HEADER: Header = { baseFee: 1n, feeToken: 1n, feeAccount: 0, forcedCount: 1, timestamp: 1_800_000_000n };
export const ENVIRONMENT = { sequencer: 0x5e9n, domain: 0xd0a1n };
export const TICKETS = [1, 7, 100, 247];
const signerOf = (ticket: number) => createFastSigner(`ticket ${ticket}`);
export const REGISTRY = RegistryTree.of(TICKETS.map((ticket): [number, Point] => [ticket, signerOf(ticket).publicKey]));

/** A deposit in the first leaf, and an exit in each further one. */
export function leavesWithData(count: number): LeafResult[] {
  const leaves: LeafResult[] = [];
  for (let i = 0; i < count; i++) {
    const bytes = new Uint8Array(DEVELOPMENT.slots * SLOT_BYTES);
    const exit = { from: 1, to: 0, token: 1n, amount: 10n, nonce: BigInt(i - 1), domain: ENVIRONMENT.domain };
    bytes.set(
      i === 0
        ? newAccountSlot({ key: ALICE.publicKey, token: 1n, amount: 1000n, l1Address: 0xa11cen })
        : signTransaction(ALICE, exit),
    );
    const header = { ...HEADER, forcedCount: i === 0 ? 1 : 0 };
    leaves.push(
      applyLeaf(DEVELOPMENT, leaves.at(-1)?.state ?? State.genesis(DEVELOPMENT), { header, bytes }, ENVIRONMENT),
    );
  }
  return leaves;
}

/**
 * A block of leaves with data, filled up to a tree, with the votes for it.
 *
 * @param promised tickets by node; each signs one vote for all its nodes
 */
export function blockOf(proposal: bigint, dataLeaves: number, promised: ReadonlyMap<number, number>): ProofTreeBlock {
  const context = contextOf(proposal);
  const leaves = padLeaves(DEVELOPMENT, leavesWithData(dataLeaves), HEADER);
  const nodesOfTicket = (ticket: number): bigint =>
    nodesBitmap([...promised].filter(([, other]) => other === ticket).map(([node]) => node));
  const promises = [...promised].map(([node, ticket]): [number, NodePromise] => [
    node,
    { ticket, vote: signVote(signerOf(ticket), { context, ticket, nodes: nodesOfTicket(ticket) }) },
  ]);
  const z = evaluationPoint(
    `0x${"11".repeat(32)}`,
    leaves.map(({ c }) => c),
  );
  return { context, leaves, z, registry: REGISTRY, draw: NO_DRAW, transcript: new Transcript(promises) };
}
