// SPDX-License-Identifier: MIT
import { concat, getBytes } from "ethers";

import { draftContext, leafContext, votersRoot } from "../../b52/index.ts";
import { encodeHeader, toBytes, type Header } from "../../codec/index.ts";
import { toField, type Field } from "../../field.ts";
import { batchDataHash, evaluateData, evaluationPoint, splitBatch } from "../../ledger/index.ts";
import { addressToUint } from "../system.ts";
import type { ProvenBlock, RoundStart } from "./blocks.ts";
import type { B52System } from "./system.ts";

const LEAF_CIRCUIT = 0n;
const MERGE_CIRCUIT = 1n;

/** Signals of a leaf's statement; the words of its exits follow. */
const LEAF_SIGNALS = 13;

/** Of the first word of an exit; the slot is above. */
const TO_BITS = 176n;

/** Facts that a block's statements depend on, apart from the block. */
export interface StatementSetting {
  readonly system: Pick<B52System, "profile">;
  readonly domain: Field;
  /** The header of a block of a round. */
  headerOf(round: bigint, content: Pick<Header, "feeToken" | "feeAccount" | "forcedCount">): Header;
  /** @throws {ProtocolError} `UNKNOWN_ROUND` */
  round(id: bigint): RoundStart;
}

/**
 * The statements that L1 verified with a block, in the encoding of `Statements.sol`, leaves first.
 * `BlockVerification.sol` derives the same bytes from the submission; a record holds their hash.
 */
export function statementsOf(
  block: Pick<ProvenBlock, "proposal" | "submission" | "oldStateRoot">,
  node: StatementSetting,
): string {
  const { leaves, merges } = block.submission;
  const inputs = statementInputsOf(block, node);
  const statements = [
    ...leaves.map(({ proof }, i) => {
      const words = inputs.leaves[i] ?? [];
      // `Statements.head`: the number of further words stands from bit 8 on.
      const head = LEAF_CIRCUIT + (BigInt(words.length - LEAF_SIGNALS) << 8n);
      return [head, ...proof.map(BigInt), ...words];
    }),
    ...merges.map(({ proof }, i) => [MERGE_CIRCUIT, ...proof.map(BigInt), ...(inputs.merges[i] ?? [])]),
  ];
  return concat(statements.flat().map((word) => toBytes(word, 32)));
}

/**
 * Words of the statements about a block: of its leaves in order, each with two words for each of its exits, and of the
 * nodes 1, 2, …; from L1 alone.
 */
export function statementInputsOf(
  { proposal, submission, oldStateRoot }: Pick<ProvenBlock, "proposal" | "submission" | "oldStateRoot">,
  node: StatementSetting,
): { readonly leaves: readonly (readonly bigint[])[]; readonly merges: readonly (readonly bigint[])[] } {
  const { profile } = node.system;
  const { leaves, merges } = submission;
  const data = getBytes(submission.data);
  const forcedCount = Number(submission.forcedCount);
  const header = node.headerOf(proposal.round, {
    feeToken: BigInt(submission.feeToken),
    feeAccount: Number(submission.feeAccount),
    forcedCount,
  });
  const headers = splitBatch(profile, { header, data }).map((leaf) => encodeHeader(leaf.header));
  const emptyHeader = encodeHeader({ ...header, forcedCount: 0 });
  const z = evaluationPoint(
    batchDataHash(data),
    leaves.map(({ commitment }) => toField(BigInt(commitment))),
  );
  const evaluations = evaluateData(profile, data, z);
  const context = draftContext(node.domain, proposal);

  const leafInputs: bigint[][] = [];
  let stateRoot: bigint = oldStateRoot;
  for (const [i, leaf] of leaves.entries()) {
    leafInputs.push([
      BigInt(leaf.newStateRoot),
      BigInt(leaf.exitsHash),
      BigInt(leaf.proverFees),
      BigInt(leaf.commitment),
      evaluations[i] ?? 0n,
      BigInt(leaf.digest),
      stateRoot,
      headers[i] ?? emptyHeader,
      z,
      addressToUint(proposal.proposer),
      node.domain,
      leafContext(context, leaves.length + i),
      BigInt(leaf.worker),
      ...exitsOf(submission, i, profile.slots),
    ]);
    stateRoot = BigInt(leaf.newStateRoot);
  }
  const registryRoot = votersRoot(node.round(proposal.round));
  const mergeInputs = merges.map((merge, i) => {
    const number = i + 1;
    const isBottom = 2 * number >= leaves.length;
    const digestOf = (child: number): bigint =>
      BigInt((isBottom ? leaves[child - leaves.length]?.digest : merges[child - 1]?.digest) ?? 0n);
    return [
      BigInt(merge.digest),
      BigInt(merge.delivered),
      BigInt(merge.nodes),
      digestOf(2 * number),
      digestOf(2 * number + 1),
      context,
      registryRoot,
      BigInt(submission.votesRoot),
      BigInt(submission.promised),
      BigInt(2 * number + (isBottom ? 1 : 0)),
      BigInt(merge.worker),
    ];
  });
  return { leaves: leafInputs, merges: mergeInputs };
}

/** The exits of one leaf as its statement has them: their slots are counted from the leaf's first one. */
function exitsOf({ exits }: ProvenBlock["submission"], leaf: number, slots: number): bigint[] {
  const words: bigint[] = [];
  for (let i = 0; i + 1 < exits.length; i += 2) {
    const [head, amount] = [BigInt(exits[i]!), BigInt(exits[i + 1]!)];
    const slot = head >> TO_BITS;
    if (slot / BigInt(slots) !== BigInt(leaf)) continue;
    words.push(head - (BigInt(leaf * slots) << TO_BITS), amount);
  }
  return words;
}
