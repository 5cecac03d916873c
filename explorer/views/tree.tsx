// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { TREE, type Tree, type TreeNode } from "../answers.ts";
import { useSubscription, useSurroundings } from "../hooks.ts";
import { Clock, Hex, Shown } from "../parts.tsx";

/** Each state has a word and a sign of its own: colours only repeat them. */
const STATES: Readonly<Record<TreeNode["state"], readonly [sign: string, word: string]>> = {
  unknown: ["?", "votes not known"],
  unpromised: ["–", "promised by nobody"],
  promised: ["…", "promised"],
  delivered: ["↑", "delivered"],
  credited: ["✓", "credited"],
  defaulted: ["✗", "defaulted"],
  defended: ["⚖", "defended"],
  cleared: ["○", "cleared"],
  slashed: ["✂", "slashed"],
};

const ROOT = 1;

/** The proof tree of a commitment, with those who promised, delivered and defaulted, and the clocks of its court. */
export function ProofTree({
  round,
  proposer,
  heading: Heading,
}: {
  readonly round: number;
  readonly proposer: string;
  readonly heading: "h2" | "h3";
}): JSX.Element {
  const answer = useSubscription("rollup_proofTree", [round, proposer], TREE);
  return (
    <>
      <Heading>
        Proof tree of <Hex of={proposer} />
      </Heading>
      <Shown of={answer}>
        {(tree) =>
          tree === null ? (
            <p class="quiet">L1 does not have this commitment any more.</p>
          ) : (
            <>
              <p>{sentenceOf(tree)}</p>
              <div class="scroll" role="region" aria-label={`Proof tree of ${proposer}`} tabIndex={0}>
                <ul class={`tree of-${tree.leaves}`}>
                  <Branch tree={tree} at={ROOT} />
                </ul>
              </div>
              <Court tree={tree} heading={Heading} />
            </>
          )
        }
      </Shown>
    </>
  );
}

function sentenceOf({ isProven, isTranscriptKnown, isContentKnown, nodes }: Tree): string {
  const count = (state: TreeNode["state"]): number => nodes.filter((node) => node.state === state).length;
  if (isProven) {
    const missing = nodes.length - count("credited") - count("unpromised");
    return `L1 has the block. ${count("credited")} of ${nodes.length} nodes are credited, ${missing} that were promised are not.`;
  }
  if (!isTranscriptKnown) return "The proposer has not shown the votes, or this node has not heard them.";
  if (!isContentKnown) return "The votes are shown. The block is hidden until its proof window begins.";
  return `The block is shown. This node knows proofs of ${count("delivered")} of ${nodes.length} nodes.`;
}

function Branch({ tree, at }: { readonly tree: Tree; readonly at: number }): JSX.Element | null {
  const node = tree.nodes.find((candidate) => candidate.node === at);
  if (node === undefined) return null;
  const [sign, word] = STATES[node.state];
  const children = [2 * at, 2 * at + 1].filter((child) => child < 2 * tree.leaves);
  return (
    <li>
      <div class={`node ${node.state}`}>
        <strong>
          Node {at} <span class="quiet">{at === ROOT ? "root" : node.kind}</span>
        </strong>
        <span class="tag">
          <span aria-hidden="true">{sign} </span>
          {word}
        </span>
        {linesOf(node).map((line) => (
          <span key={line}>{line}</span>
        ))}
        {node.demand !== undefined && (
          <span>
            votes demanded by <Hex of={node.demand.asker} />
            {node.demand.answerer === undefined ? (
              ", not shown"
            ) : (
              <>
                , shown by <Hex of={node.demand.answerer} />
              </>
            )}
          </span>
        )}
      </div>
      {children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Branch key={child} tree={tree} at={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

const makerOf = (ticket: number): string => (ticket === 0 ? "somebody without a ticket" : `ticket ${ticket}`);

function linesOf({ state, ticket, worker, known }: TreeNode): readonly string[] {
  const lines: string[] = [];
  if (ticket !== undefined) lines.push(`promised by ticket ${ticket}`);
  // The accepted proof is of the one who promised it, or somebody else filled the gap.
  if (worker !== undefined && (state !== "credited" || worker !== ticket)) lines.push(`proof of ${makerOf(worker)}`);
  if (worker === undefined && known.length > 0) lines.push(`proof of ${known.map(makerOf).join(", ")}`);
  return lines;
}

/** The ends of what can be done about defaults (docs/b52.md §8), while it can be done. */
function Court({
  tree: { court, nodes, round, isLiable },
  heading: Heading,
}: {
  readonly tree: Tree;
  readonly heading: "h2" | "h3";
}): JSX.Element {
  const { now } = useSurroundings();
  const isOpen = nodes.some(({ state }) => state === "defaulted");
  if (court === undefined || !isOpen || now === undefined || now >= court.slashesEnd) return <></>;
  if (isLiable === false) return <p>The block is not paid, so nobody is slashed for it.</p>;
  const of = `round ${round}`;
  const clocks = [
    ["Demands for votes end", court.demandsEnd],
    ["Answers end", court.answersEnd],
    ["Defences end, slashes begin", court.defencesEnd],
    ["Slashes end", court.slashesEnd],
  ] as const;
  return (
    <>
      <Heading>Defaults</Heading>
      <p>A prover that promised a node and did not deliver it may show its proof. Else its stake is slashed.</p>
      {clocks.map(([name, at]) => (
        <Clock key={name} name={name} label={`${name}: ${of}`} at={at} />
      ))}
    </>
  );
}
