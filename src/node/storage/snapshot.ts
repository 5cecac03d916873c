// SPDX-License-Identifier: MIT
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";

import type { BlockPlace } from "../../chain/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { Account, State } from "../../ledger/index.ts";
import type { DatabaseIdentity } from "./database.ts";
import { ACCOUNT_BYTES, decodeAccount, encodeAccount } from "./nodeRow.ts";
import type { StateStore } from "./stateStore.ts";

/** The first line of a snapshot: the rollup, the block, and facts about the state. */
export interface SnapshotManifest extends DatabaseIdentity {
  /** Levels of the account tree. */
  readonly depth: number;
  /** Block of L1 after which the state is. */
  readonly block: BlockPlace;
  readonly stateRoot: bigint;
  readonly nextIndex: number;
  /** Number of accounts. */
  readonly accounts: number;
}

const FORMAT = "rollup accounts 1";
/** Before each account: its index, 4 bytes, the lowest first. */
const RECORD_BYTES = 4 + ACCOUNT_BYTES;
/** Records that are read or written at once. */
const RECORDS = 8_192;
const LONGEST_MANIFEST = 4_096;

/**
 * Writes all accounts of a state to a file: the manifest as one line of JSON, then one record for each account, by
 * ascending index. It has nothing that is secret. The file is there when it is whole.
 *
 * @param path of the file; one that is there is replaced
 * @param block of L1 after which the state is
 */
export function exportSnapshot(
  path: string,
  { chainId, rollup }: DatabaseIdentity,
  block: BlockPlace,
  state: State,
): SnapshotManifest {
  let accounts = 0;
  for (const _ of state.accounts.entries()) accounts += 1;
  const { root: stateRoot, nextIndex } = state;
  const manifest = { chainId, rollup, depth: state.accounts.depth, block, stateRoot, nextIndex, accounts };
  const partial = `${path}.partial`;
  const file = openSync(partial, "w");
  try {
    writeFileSync(file, encodeManifest(manifest));
    let records: Buffer[] = [];
    for (const [index, account] of state.accounts.entries()) {
      const place = Buffer.allocUnsafe(4);
      place.writeUInt32LE(index);
      records.push(place, encodeAccount(account));
      if (records.length < 2 * RECORDS) continue;
      writeFileSync(file, Buffer.concat(records));
      records = [];
    }
    writeFileSync(file, Buffer.concat(records));
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(partial, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(partial, path);
  return manifest;
}

/** The first line of a snapshot. @throws {ProtocolError} `BAD_SNAPSHOT` */
export function readManifest(path: string): SnapshotManifest {
  const file = openSync(path, "r");
  try {
    return readHead(path, file).manifest;
  } finally {
    closeSync(file);
  }
}

/**
 * Fills an empty store from a snapshot. Every node is hashed again: nothing is taken from the file but accounts, and
 * they are the right ones if the root is L1's.
 *
 * @param path of the snapshot
 * @param identity the rollup that the node follows
 * @param rootOfL1 the state root that L1 has after the snapshot's block
 * @throws {ProtocolError} `BAD_SNAPSHOT` if it is of another rollup or depth, or damaged; `STATE_MISMATCH` if L1 has
 *   another root, or the store is not empty. Nothing is written then
 */
export function importSnapshot(path: string, store: StateStore, identity: DatabaseIdentity, rootOfL1: bigint): void {
  const file = openSync(path, "r");
  try {
    const { manifest, length } = readHead(path, file);
    for (const [what, expected, found] of [
      ["chain id", identity.chainId, manifest.chainId],
      ["rollup", identity.rollup.toLowerCase(), manifest.rollup.toLowerCase()],
      ["depth", store.depth, manifest.depth],
    ] as const) {
      if (expected !== found) throw bad(path, `its ${what} is ${found}, not ${expected}`);
    }
    const size = length + manifest.accounts * RECORD_BYTES;
    if (fstatSync(file).size !== size) throw bad(path, `it has ${fstatSync(file).size} bytes instead of ${size}`);
    store.fill(manifest.block, readAccounts(path, file, length, manifest.accounts), manifest.nextIndex, ({ root }) => {
      if (root === rootOfL1) return;
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences: [{ what: "state root", expected: rootOfL1, found: root }] },
        `the accounts of ${path} have the state root ${root}, and L1 has ${rootOfL1} after block ${manifest.block.number}`,
      );
    });
  } finally {
    closeSync(file);
  }
}

function* readAccounts(
  path: string,
  file: number,
  start: number,
  count: number,
): Generator<readonly [number, Account], void, undefined> {
  const buffer = Buffer.allocUnsafe(RECORDS * RECORD_BYTES);
  let last = -1;
  for (let first = 0; first < count; first += RECORDS) {
    const length = Math.min(RECORDS, count - first) * RECORD_BYTES;
    if (readSync(file, buffer, 0, length, start + first * RECORD_BYTES) !== length) throw bad(path, "it is cut off");
    for (let position = 0; position < length; position += RECORD_BYTES) {
      const index = buffer.readUInt32LE(position);
      if (index <= last) throw bad(path, `account ${index} follows on account ${last}`);
      last = index;
      yield [index, decodeAccount(buffer.subarray(position + 4, position + RECORD_BYTES))];
    }
  }
}

function encodeManifest({ chainId, stateRoot, ...rest }: SnapshotManifest): string {
  return `${JSON.stringify({ format: FORMAT, chainId: String(chainId), stateRoot: String(stateRoot), ...rest })}\n`;
}

function readHead(path: string, file: number): { readonly manifest: SnapshotManifest; readonly length: number } {
  const buffer = Buffer.alloc(LONGEST_MANIFEST);
  readSync(file, buffer, 0, LONGEST_MANIFEST, 0);
  const end = buffer.indexOf("\n");
  if (end < 0) throw bad(path, "it does not begin with a line of JSON");
  let value: unknown;
  try {
    value = JSON.parse(buffer.toString("utf8", 0, end));
  } catch {
    throw bad(path, "its first line is not JSON");
  }
  const manifest = decodeManifest(value);
  if (manifest === undefined) throw bad(path, `its first line is not the manifest of "${FORMAT}"`);
  return { manifest, length: end + 1 };
}

/** Undefined if it is not one. */
function decodeManifest(value: unknown): SnapshotManifest | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { format, chainId, rollup, depth, block, stateRoot, nextIndex, accounts } = value as Record<string, unknown>;
  const { number, hash } = (block ?? {}) as Record<string, unknown>;
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;
  const isNumeral = (text: unknown): text is string => typeof text === "string" && /^[0-9]{1,78}$/u.test(text);
  if (format !== FORMAT || typeof rollup !== "string" || typeof hash !== "string") return undefined;
  if (!isNumeral(chainId) || !isNumeral(stateRoot)) return undefined;
  if (!isCount(depth) || !isCount(number) || !isCount(nextIndex) || !isCount(accounts)) return undefined;
  return {
    chainId: BigInt(chainId),
    rollup,
    depth,
    block: { number, hash },
    stateRoot: BigInt(stateRoot),
    nextIndex,
    accounts,
  };
}

const bad = (path: string, reason: string): ProtocolError =>
  new ProtocolError("BAD_SNAPSHOT", { path, reason }, `${path} is not a snapshot of this rollup: ${reason}`);
