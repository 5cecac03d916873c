import { concat, getBytes } from "ethers";

import { draftContext, leafContext } from "../../b52/index.ts";
import { encodeHeader, toBytes } from "../../codec/index.ts";
import { toField } from "../../field.ts";
import { batchDataHash, evaluateData, evaluationPoint, splitBatch } from "../../ledger/index.ts";
import { addressToUint } from "../system.ts";
import type { B52View, ProvenBlock } from "./view.ts";

const LEAF_CIRCUIT = 0n;
const MERGE_CIRCUIT = 1n;

/**
 * What L1 verified with a block, in the encoding of `Statements.sol`, leaves first. `BlockVerification.sol` derives the
 * same from the submission; a record holds its hash.
 */
export function statementsOf(
  block: Pick<ProvenBlock, "proposal" | "submission" | "oldStateRoot">,
  node: Pick<B52View, "system" | "domain" | "headerOf" | "round">,
): string {
  const { leaves, merges } = block.submission;
  const inputs = statementInputsOf(block, node);
  const statements = [
    ...leaves.map(({ proof }, i) => [LEAF_CIRCUIT, ...proof.map(BigInt), ...(inputs.leaves[i] ?? [])]),
    ...merges.map(({ proof }, i) => [MERGE_CIRCUIT, ...proof.map(BigInt), ...(inputs.merges[i] ?? [])]),
  ];
  return concat(statements.flat().map((word) => toBytes(word, 32)));
}

/** Public signals of the proofs of a block: of its leaves in order, and of the nodes 1, 2, …; from L1 alone. */
export function statementInputsOf(
  { proposal, submission, oldStateRoot }: Pick<ProvenBlock, "proposal" | "submission" | "oldStateRoot">,
  node: Pick<B52View, "system" | "domain" | "headerOf" | "round">,
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
      BigInt(leaf.exitsRoot),
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
    ]);
    stateRoot = BigInt(leaf.newStateRoot);
  }
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
      node.round(proposal.round).registry.root,
      BigInt(submission.votesRoot),
      BigInt(submission.promised),
      BigInt(2 * number + (isBottom ? 1 : 0)),
      BigInt(merge.worker),
    ];
  });
  return { leaves: leafInputs, merges: mergeInputs };
}
