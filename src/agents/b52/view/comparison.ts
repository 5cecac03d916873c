// SPDX-License-Identifier: MIT
import { requireRecorded } from "../../../chain/index.ts";
import { ProtocolError } from "../../../errors.ts";
import { outranks, type ProvenBlock } from "../blocks.ts";
import type { B52System } from "../system.ts";
import type { B52View } from "./b52View.ts";
import { listHash } from "./encoding.ts";

/**
 * Compares a view with L1's state after a block.
 *
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if the logs begin after the deployment; `EVENTS_MISSING`,
 *   `STATE_MISMATCH`
 */
export async function compareWithL1(
  view: B52View,
  { consensus, registry, rollup }: B52System,
  block: number,
): Promise<void> {
  const { core, rounds, keys, isDeployed } = view;
  if (isDeployed && !core.isDeployed) return core.requireNoCore(rollup, block);
  const at = { blockTag: block };
  const next = view.chain.length + 1;
  const [height, head, root, ranking, ...coming] = await Promise.all([
    consensus.height(at),
    consensus.head(at),
    registry.root(at),
    consensus.ranking(at),
    ...[next, next + 1].map(async (ahead) => ({
      ahead,
      round: (await consensus.roundOf(ahead, at)).id,
      list: await consensus.listDue(ahead, at),
    })),
    core.compare(rollup, block).then(() => undefined),
  ]);
  requireRecorded(block, [
    ["height", view.chain.length, height],
    ["head", view.head, head],
    ["root of the provers' keys", keys.registry.root, root],
  ]);
  for (const found of coming) {
    if (found === undefined) continue;
    const { ahead, round, list } = found;
    requireRecorded(block, [[`include list of height ${ahead}`, listHash(rounds.listDue(BigInt(ahead))), list]]);
    // A round that is closed without an event is shown as 0.
    if (round === 0n) continue;
    requireRecorded(block, [[`round of height ${ahead}`, rounds.lastOf(ahead)?.round ?? 0n, round]]);
  }
  requireRanking(view, block, ranking);
  if (!isDeployed) {
    throw new ProtocolError(
      "UNKNOWN_DEPLOYMENT",
      { address: await rollup.getAddress() },
      "the logs that were read begin after the rollup's deployment",
    );
  }
  if (view.finalState.root !== core.stateRoot) {
    throw new ProtocolError(
      "STATE_MISMATCH",
      { differences: [{ what: "state root", expected: core.stateRoot, found: view.finalState.root }] },
      `L1 has another state than that of height ${view.chain.length}`,
    );
  }
}

/** The best blocks of the round at hand, which L1 keeps: so no `BlockProven` of them is missing. */
function requireRanking(
  view: B52View,
  block: number,
  { proposers, scores }: { readonly proposers: string[]; readonly scores: bigint[] },
): void {
  const best = ranked(view.provenNext);
  for (const [i, proposer] of proposers.entries()) {
    requireRecorded(block, [
      [`proposer of rank ${i}`, best[i]?.proposal.proposer ?? "unknown", proposer],
      [`score of rank ${i}`, best[i]?.score ?? 0n, scores[i] ?? 0n],
    ]);
  }
}

/** The best block first: by score; ties go to the smaller commitment hash (docs/b52.md §6). */
export const ranked = (blocks: readonly ProvenBlock[]): ProvenBlock[] =>
  [...blocks].sort((a, b) => (outranks(a, b) ? -1 : 1));
