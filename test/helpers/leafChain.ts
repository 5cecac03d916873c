// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { encodeHeader, encodeLeafChain } from "../../src/codec/index.ts";
import { evaluateLeafData, exitEntries, leafCircuitInput, openLeaf } from "../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import type { ChainWork } from "../../src/recursion/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { ENVIRONMENT, HEADER, leavesWithData } from "./treeBlock.ts";

const WORKER = 7n;

/** Leaves with what L1 knows of them, and the states around them. */
export interface LeafChain extends ChainWork {
  readonly oldStateRoot: bigint;
  readonly newStateRoot: bigint;
}

/** Three leaves in two batches: a deposit by a forced operation, and two exits. */
export function leafChain(): LeafChain {
  const results = leavesWithData(3);
  const batches = [results.slice(0, 2), results.slice(2)].map((leaves, i) => {
    const binding = { z: 1_000n + BigInt(i), context: 77n + BigInt(i), worker: WORKER };
    return {
      leaves: leaves.map((leaf) => ({ ...openLeaf(leaf, binding), input: { ...leafCircuitInput(leaf, binding) } })),
      chained: {
        ...{ z: binding.z, context: binding.context, sequencer: ENVIRONMENT.sequencer },
        header: encodeHeader({ ...HEADER, forcedCount: i === 0 ? 1 : 0 }),
        proverFees: leaves.map(({ proverFees }) => proverFees),
        openings: [...leaves.map(({ c }) => c), ...leaves.map(({ data }) => evaluateLeafData(data, binding.z))],
        exits: exitEntries(leaves, DEVELOPMENT.slots),
      },
    };
  });
  return {
    leaves: batches.flatMap(({ leaves }) => leaves),
    chain: encodeLeafChain(
      ENVIRONMENT.domain,
      WORKER,
      batches.map(({ chained }) => chained),
    ),
    oldStateRoot: results[0]!.oldStateRoot,
    newStateRoot: results[2]!.state.root,
  };
}

/** A proof that `npm run test:deep -- --only recursion` made and compares with today's keys; `UPDATE_SNAPSHOTS=1` writes it. */
export const CHAIN_FIXTURE = join(PROJECT_ROOT, "test", "verification", "fixtures", "chain.json");

/** A proof of `leafChain`. */
export interface ChainFixture {
  /** Creation code of the contract that bb writes. */
  readonly honkCode: string;
  readonly nodeKeyHash: string;
  readonly chain: string;
  readonly oldStateRoot: string;
  readonly newStateRoot: string;
  readonly proof: string;
}
