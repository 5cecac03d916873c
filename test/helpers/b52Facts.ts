// SPDX-License-Identifier: MIT
import type { BlockFacts, Proposal } from "../model/b52/index.ts";
import { listOf } from "./b52Block.ts";
import type { Block, Draft } from "./b52Harness.ts";

/** The model's input for a commitment. */
export const proposalOf = ({ id, proposal, content }: Draft): Proposal => ({
  ...proposal,
  id,
  round: Number(proposal.round),
  height: Number(proposal.height),
  leaves: Number(proposal.leaves),
  promisedProvers: Number(proposal.promisedProvers),
  ...(content.includeList === "0x" ? {} : { carries: listOf(content.includeList) }),
  ...(content.claim.included === undefined ? {} : { includes: listOf(content.claim.included) }),
});

/** The model's input for a block, by docs/b52.md §2: from the promises and the workers. */
export function factsOf({ content, submission }: Block): BlockFacts {
  const { promised = {}, workers = {}, invalidVotes = [] } = content.claim;
  const leaves = submission.leaves.length;
  const inTree = Object.entries(promised).map(([node, ticket]) => [Number(node), ticket] as const);
  const valid = inTree.filter(([node]) => !invalidVotes.includes(node));
  const credited = valid.filter(([node, ticket]) => (workers[node] ?? ticket) === ticket);
  const defaulted = valid.filter(([node, ticket]) => (workers[node] ?? ticket) !== ticket);
  return {
    leaves,
    promised: new Map(inTree),
    credited: new Set(credited.map(([node]) => node)),
    defaulted: new Set(defaulted.map(([node]) => node)),
  };
}
