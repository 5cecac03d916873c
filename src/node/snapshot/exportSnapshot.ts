// SPDX-License-Identifier: MIT
import { ProtocolError } from "../../errors.ts";
import { RollupStore, type Database, type DatabaseIdentity } from "../storage/index.ts";
import { encodeSnapshot, type SnapshotManifest } from "./format.ts";
import { writeLines } from "./lines.ts";

/**
 * Writes a snapshot of a node's view of L1 after the oldest block that its database keeps: L1 hardly takes that one back.
 * The file has nothing of the operator: no waiting transactions, nothing that was sent to L1.
 *
 * @param path of the file; one that is there is replaced when the new one is whole
 * @throws {ProtocolError} `NOTHING_TO_EXPORT`, `DATABASE_CORRUPT`
 */
export function exportSnapshot(path: string, database: Database, identity: DatabaseIdentity): SnapshotManifest {
  const view = RollupStore.oldest(database);
  const deploymentBlock = RollupStore.deploymentBlock(database);
  if (view?.facts.isCoreDeployed !== true || deploymentBlock === undefined) {
    throw new ProtocolError(
      "NOTHING_TO_EXPORT",
      { path: database.path },
      `the database ${database.path} has no view of L1 yet: start the node, and stop it when it is synchronised`,
    );
  }
  const { facts, lists, block } = view;
  const manifest = {
    ...{ ...identity, block, deploymentBlock, isFrozen: facts.isFrozen, forced: lists.forced.length },
    ...{ batches: lists.batch.length, verified: facts.verified, departures: lists.departure.length },
  };
  writeLines(path, encodeSnapshot(manifest, view));
  return manifest;
}
