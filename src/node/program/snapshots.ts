// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import type { JsonRpcProvider } from "ethers";

import { ask } from "../../chain/index.ts";
import { ProtocolError } from "../../errors.ts";
import { findRollup, openProvider } from "../../escape/index.ts";
import type { NodeConfiguration } from "../configuration/index.ts";
import {
  exportSnapshot,
  importSnapshot,
  noSnapshotOfB52,
  type ImportOptions,
  type SnapshotManifest,
} from "../snapshot/index.ts";
import { openDatabase } from "../storage/index.ts";

/** Of the database in `--data-dir`. */
export const databaseOf = ({ dataDir }: Pick<NodeConfiguration, "dataDir">): string => join(dataDir, "node.sqlite");

type Of = Pick<NodeConfiguration, "dataDir" | "l1" | "rollup" | "confirmations" | "maxRange">;

/**
 * Writes a snapshot of the node in `--data-dir`, which does not run meanwhile.
 *
 * @param path of the file
 * @throws {ProtocolError} `NOTHING_TO_EXPORT`; `UNSUPPORTED_CONSENSUS` for a rollup of B52; `ENDPOINT_UNAVAILABLE`; as
 *   `openDatabase`, such as `DATABASE_LOCKED`
 */
export const exportNode = (configuration: Of, path: string): Promise<SnapshotManifest> =>
  withProvider(configuration, async (provider) => {
    const database = databaseOf(configuration);
    if (!existsSync(database)) {
      throw new ProtocolError("NOTHING_TO_EXPORT", { path: database }, `there is no database ${database} to export`);
    }
    const { chainId } = await ask("eth_chainId", () => provider.getNetwork());
    const identity = { chainId, rollup: configuration.rollup };
    const opened = openDatabase(database, identity);
    try {
      return exportSnapshot(path, opened, identity);
    } finally {
      opened.close();
    }
  });

/**
 * Fills `--data-dir` from a snapshot, so that a node starts from there.
 *
 * @param path of the file
 * @throws {ProtocolError} `UNSUPPORTED_CONSENSUS` for a rollup of B52; as `importSnapshot` and `findRollup`
 */
export const importNode = (configuration: Of, path: string, options: ImportOptions = {}): Promise<SnapshotManifest> =>
  withProvider(configuration, async (provider) => {
    const { rollup, confirmations, maxRange, dataDir } = configuration;
    const { consensus, system } = await findRollup(provider, rollup, 0, { confirmations, maxRange });
    if (consensus === "B52") throw noSnapshotOfB52(rollup);
    mkdirSync(dataDir, { recursive: true });
    return importSnapshot(path, databaseOf(configuration), system, options);
  });

async function withProvider<Result>({ l1 }: Of, work: (provider: JsonRpcProvider) => Promise<Result>): Promise<Result> {
  const provider = openProvider(l1);
  try {
    return await work(provider);
  } finally {
    provider.destroy();
  }
}
