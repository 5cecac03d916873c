// SPDX-License-Identifier: MIT
import { ask } from "../chain/index.ts";
import type { LedgerNode } from "../agents/index.ts";
import { ProtocolError, type Difference, type Recorded } from "../errors.ts";

/** Blocks that L1 may add while the two are compared, before it is given up. */
const ATTEMPTS = 10;

/**
 * Brings a node up to the head of L1 and compares it with L1 at the same block: the root of its final state, the length
 * of the forced queue, and whether the rollup is frozen. Nothing irreversible is done on a state that was not compared.
 *
 * The same endpoint gives both sides. It cannot leave out an event, or have forgotten it; one that invents a whole chain
 * is not found out (docs/security.md).
 *
 * @throws {ProtocolError} `STATE_MISMATCH` if they differ; `ENDPOINT_UNAVAILABLE`; as `sync`
 */
export async function requireStateOfL1(node: LedgerNode): Promise<void> {
  const { provider, rollup, reading } = node.system;
  const confirmations = reading?.confirmations ?? 0;
  const headOfL1 = (): Promise<number> => ask("eth_blockNumber", () => provider.getBlockNumber());
  for (let attempt = 1; ; attempt++) {
    const before = await headOfL1();
    await node.sync();
    const head = await headOfL1();
    const at = { blockTag: head - confirmations };
    const root = await ask("stateRoot", () => rollup.stateRoot(at));
    const queued = await ask("queuedOperations", () => rollup.queuedOperations(at));
    const isFrozen = await ask("isFrozen", () => rollup.isFrozen(at));

    const differences = [
      difference("the root of the proven state", node.finalState.root, root),
      difference("the length of the forced queue", BigInt(node.forcedOperations.length), queued),
      difference("whether the rollup is frozen", node.isFrozen, isFrozen),
    ].filter(({ expected, found }) => expected !== found);
    if (differences.length === 0) return;
    // If L1 has moved on, the two are not of the same block.
    if (before === head || attempt >= ATTEMPTS) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences },
        `the events of L1 do not give the state that L1 has in block ${at.blockTag}: ${differences.map(describe).join("; ")}`,
      );
    }
  }
}

const difference = <Value extends Recorded>(what: string, ofNode: Value, ofL1: Value): Difference => ({
  what,
  expected: ofL1,
  found: ofNode,
});

const describe = ({ what, expected, found }: Difference): string =>
  `${what} is ${found} by the events and ${expected} on L1`;
