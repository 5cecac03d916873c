// SPDX-License-Identifier: MIT
import type { SavedFacts, SavedItem } from "../../agents/index.ts";
import { ProtocolError } from "../../errors.ts";
import { ViewStore, type Database, type DatabaseIdentity } from "../storage/index.ts";
import { encodeSnapshot, type SnapshotManifest } from "./format.ts";
import { writeLines } from "./lines.ts";

/**
 * Writes a snapshot of a node's view of L1 after the oldest block that its database keeps: L1 hardly takes that one back.
 * The file has nothing of the operator: no waiting transactions, nothing that was sent to L1.
 *
 * @param path of the file; one that is there is replaced when the new one is whole
 * @throws {ProtocolError} `NOTHING_TO_EXPORT`, `DATABASE_CORRUPT`; `UNSUPPORTED_CONSENSUS` for a rollup of B52
 */
export function exportSnapshot(path: string, database: Database, identity: DatabaseIdentity): SnapshotManifest {
  const deployment = ViewStore.deployment(database);
  if (deployment?.consensus === "B52") throw noSnapshotOfB52(identity.rollup);
  const view = ViewStore.oldest<SavedFacts, SavedItem>(database);
  if (view?.facts.isCoreDeployed !== true || deployment === undefined) {
    throw new ProtocolError(
      "NOTHING_TO_EXPORT",
      { path: database.path },
      `the database ${database.path} has no view of L1 yet: start the node, and stop it when it is synchronised`,
    );
  }
  const { facts, lists, block } = view;
  const manifest = {
    ...{ ...identity, block, deploymentBlock: deployment.block, isFrozen: facts.isFrozen, forced: lists.forced.length },
    ...{ batches: lists.batch.length, verified: facts.verified, departures: lists.departure.length },
  };
  writeLines(path, encodeSnapshot(manifest, view));
  return manifest;
}

/** The error for a rollup of which there are no snapshots (docs/adr/0070). */
export const noSnapshotOfB52 = (rollup: string): ProtocolError =>
  new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus: "B52" },
    `there are no snapshots of the rollup ${rollup}, as L1 keeps too little of a round of B52 to check one: let a new node read L1`,
  );
