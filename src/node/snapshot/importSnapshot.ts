// SPDX-License-Identifier: MIT
import { existsSync, linkSync, rmSync } from "node:fs";

import { concat, dataSlice, keccak256 } from "ethers";

import {
  accumulate,
  blockOfBatch,
  EMPTY_QUEUE,
  firstAccumulator,
  Replay,
  truncate,
  type BatchRecord,
  type ProofOfEfficiencySystem,
} from "../../agents/index.ts";
import { ask, requireRecorded } from "../../chain/index.ts";
import { SLOT_BYTES } from "../../codec/index.ts";
import { isProtocolError, ProtocolError, type Recorded } from "../../errors.ts";
import { toField } from "../../field.ts";
import { openDatabase, RollupStore, type Database, type DatabaseIdentity } from "../storage/index.ts";
import { decodeItem, decodeManifest, type SnapshotItem, type SnapshotManifest } from "./format.ts";
import { bad, readLines } from "./lines.ts";

export interface ImportOptions {
  /** Told how many batches were executed, and how many there are. */
  readonly onProgress?: (batch: number, last: number) => void;
}

/** Slots after which the nodes of the state are written: so many changes are in memory. */
const SLOTS_AT_ONCE = 8_192;
/** Questions to L1 at a time. */
const AT_ONCE = 8;

/**
 * Makes the database of a node from a snapshot. Nothing of the snapshot is believed:
 *
 * - hashes of the forced queue and of the batches are computed, and compared with L1's state before anything is executed;
 * - every batch is executed, so every outcome, exit, account and node of the tree is computed here;
 * - the root, all counters, the tree of settled exits and the departures are compared with L1's state.
 *
 * The database is written aside, and gets its name when all of it was compared.
 *
 * @param path of the snapshot
 * @param database path at which there is no file
 * @param system the rollup that the node follows
 * @throws {ProtocolError} `BAD_SNAPSHOT` with one sentence; `DATABASE_EXISTS`; `ENDPOINT_UNAVAILABLE`; as `openDatabase`.
 *   There is no database then
 */
export async function importSnapshot(
  path: string,
  database: string,
  system: ProofOfEfficiencySystem,
  { onProgress = () => undefined }: ImportOptions = {},
): Promise<SnapshotManifest> {
  requireNoDatabase(database);
  const [{ chainId }, rollup, domain] = await Promise.all([
    ask("eth_chainId", () => system.provider.getNetwork()),
    system.rollup.getAddress(),
    ask("DOMAIN", () => system.rollup.DOMAIN()),
  ]);
  const identity = { chainId, rollup };
  const aside = `${database}.importing`;
  requireNobodyAtWork(aside, identity);
  try {
    const summary = summarise(path, domain, identity);
    const { manifest } = summary;
    await requireBlock(path, system, manifest);
    await compareHashes(system, summary);
    const postedAt = await blocksOfBatches(path, system, summary);
    await execute(path, aside, { system, identity, domain, manifest, postedAt, onProgress });
    // Fails if a node has been started in the meantime.
    linkSync(aside, database);
    return manifest;
  } catch (error) {
    requireNoDatabase(database);
    throw isProtocolError(error) && !isOwn(error) ? refusal(path, error) : error;
  } finally {
    removeDatabase(aside);
  }
}

/** Numbers and hashes of a snapshot, without the execution of its batches. */
interface Summary {
  readonly manifest: SnapshotManifest;
  readonly rollingHash: string;
  readonly accumulator: string;
  /** Each with the block that is said to be its own. */
  readonly posted: readonly { readonly record: Pick<BatchRecord, "header" | "fee">; readonly hint: number }[];
}

/** Reads a snapshot to its end. @throws {ProtocolError} `BAD_SNAPSHOT` */
function summarise(path: string, domain: bigint, identity: DatabaseIdentity): Summary {
  const lines = readLines(path);
  const first = lines.next();
  const manifest = decodeManifest(path, first.done === true ? undefined : first.value);
  for (const [what, expected, found] of [
    ["chain id", identity.chainId, manifest.chainId],
    ["rollup", identity.rollup.toLowerCase(), manifest.rollup],
  ] as const) {
    if (expected !== found) throw bad(path, `its ${what} is ${found}, not ${expected}`);
  }
  let rollingHash = EMPTY_QUEUE;
  let accumulator = firstAccumulator(domain);
  let [forced, verified, departures] = [0, 0, 0];
  const posted: { record: Pick<BatchRecord, "header" | "fee">; hint: number }[] = [];
  for (const line of lines) {
    const item = decodeItem(path, line);
    for (const slot of slotsOf(item)) {
      rollingHash = dataSlice(keccak256(concat([rollingHash, slot])), 0, 27);
      forced += 1;
    }
    if (item.kind === "batch") {
      const { record, openings, postedAt: hint } = item;
      accumulator = truncate(accumulate(accumulator, record, openings));
      posted.push({ record: { header: record.header, fee: record.fee }, hint });
    }
    if (item.kind === "proof") verified = item.to;
    if (item.kind === "departure") departures += 1;
    const counts = { forced, batches: posted.length, verified, departures };
    for (const name of COUNTS) {
      if (counts[name] > manifest[name]) {
        throw bad(path, `it has more ${NAMES[name]} than the ${manifest[name]} of its manifest`);
      }
    }
  }
  const counts = { forced, batches: posted.length, verified, departures };
  for (const name of COUNTS) {
    if (counts[name] !== manifest[name]) {
      throw bad(path, `it has ${counts[name]} of the ${manifest[name]} ${NAMES[name]} of its manifest`);
    }
  }
  return { manifest, rollingHash, accumulator, posted };
}

const NAMES = {
  forced: "forced operations",
  batches: "batches",
  verified: "proven batches",
  departures: "departures",
} as const;
const COUNTS = Object.keys(NAMES) as (keyof typeof NAMES)[];

const slotsOf = (item: SnapshotItem): readonly Uint8Array[] =>
  item.kind === "forced" ? item.slots : "slot" in item ? [item.slot] : [];

/** Requires that a snapshot's block is on L1, with the confirmations that are asked for. */
async function requireBlock(
  path: string,
  { provider, reading }: ProofOfEfficiencySystem,
  { block }: Pick<SnapshotManifest, "block">,
): Promise<void> {
  const confirmations = reading?.confirmations ?? 0;
  const head = (await ask("eth_blockNumber", () => provider.getBlockNumber())) - confirmations;
  if (head < block.number) {
    const why = confirmations === 0 ? "" : `, less ${confirmations} confirmations`;
    throw bad(path, `its block is ${block.number}, and L1's head${why} is ${head}`);
  }
  const found = await ask("eth_getBlockByNumber", () => provider.getBlock(block.number));
  if (found?.hash !== block.hash) throw bad(path, `L1 has another block ${block.number}: it was reorganised away`);
}

/** Compares what can be compared without executing anything, if the endpoint has the state of the snapshot's block. */
async function compareHashes(
  { consensus, rollup }: ProofOfEfficiencySystem,
  { manifest, rollingHash, accumulator }: Summary,
): Promise<void> {
  const { block, forced, batches, verified, departures, isFrozen } = manifest;
  const at = { blockTag: block.number };
  let found;
  try {
    found = await Promise.all([
      rollup.queuedOperations(at),
      consensus.sequencedBatches(at),
      consensus.verifiedBatches(at),
      rollup.departureCount(at),
      rollup.isFrozen(at),
    ]);
  } catch {
    // Then all of it is compared after the execution, at a later block.
    return;
  }
  const [l1Forced, l1Batches, l1Verified, l1Departures, l1Frozen] = found;
  requireRecorded(block.number, [
    ["number of forced operations", forced, l1Forced],
    ["number of batches", batches, l1Batches],
    ["number of proven batches", verified, l1Verified],
    ["number of departures", departures, l1Departures],
    ["freeze", isFrozen, l1Frozen],
  ]);
  const [[l1Rolling], [l1Accumulator]] = await Promise.all([
    ask("forcedOperation", () => rollup.forcedOperation(forced, at)),
    ask("batchEntry", () => consensus.batchEntry(batches, at)),
  ]);
  requireRecorded(block.number, [
    ["rolling hash of the forced operations", rollingHash, l1Rolling],
    ["accumulator of the batches", accumulator, l1Accumulator],
  ]);
}

/** The L1 block of each batch. */
async function blocksOfBatches(
  path: string,
  system: ProofOfEfficiencySystem,
  { manifest, posted }: Summary,
): Promise<number[]> {
  const blocks: number[] = [];
  for (let first = 0; first < posted.length; first += AT_ONCE) {
    const found = await Promise.all(
      posted
        .slice(first, first + AT_ONCE)
        .map(({ record, hint }, i) => blockOfBatch(system, first + i + 1, record, hint)),
    );
    for (const block of found) {
      if (block > manifest.block.number) {
        throw bad(path, `batch ${blocks.length + 1} is of block ${block}, after its own`);
      }
      blocks.push(block);
    }
  }
  return blocks;
}

interface Execution {
  readonly system: ProofOfEfficiencySystem;
  readonly identity: DatabaseIdentity;
  readonly domain: bigint;
  readonly manifest: SnapshotManifest;
  /** L1 block of each batch. */
  readonly postedAt: readonly number[];
  readonly onProgress: (batch: number, last: number) => void;
}

/** Executes all of a snapshot into a database of its own, and compares it with L1. */
async function execute(path: string, aside: string, execution: Execution): Promise<void> {
  const database = openDatabase(aside, execution.identity);
  try {
    await executeInto(database, path, execution);
  } finally {
    database.close();
  }
}

async function executeInto(database: Database, path: string, execution: Execution): Promise<void> {
  const { system, domain, manifest, postedAt, onProgress } = execution;
  const store = new RollupStore(database, system.profile.depth);
  const replay = new Replay(system, toField(domain), manifest.block);
  const keep = (): void => replay.release(store.absorb(replay.settled));
  let [batches, slots] = [0, 0];
  const lines = readLines(path);
  lines.next();
  for (const line of lines) {
    const item = decodeItem(path, line);
    switch (item.kind) {
      case "forced":
        for (const slot of item.slots) replay.force(slot);
        break;
      case "request":
        replay.force(item.slot, item.request);
        break;
      case "arrival":
        replay.force(item.slot, item.arrivals);
        break;
      case "batch": {
        const { data, openings, record } = item;
        replay.sequence({ data, openings }, record, postedAt[batches]!);
        batches += 1;
        slots += data.length;
        onProgress(batches, manifest.batches);
        break;
      }
      case "proof":
        replay.prove(item.to);
        if (slots < SLOTS_AT_ONCE * SLOT_BYTES) break;
        keep();
        slots = 0;
        break;
      case "departure":
        if (item.id === 0 && manifest.isFrozen && !replay.isFrozen) replay.freeze();
        replay.depart(item.id, item.open);
        break;
      default:
    }
  }
  if (manifest.isFrozen && !replay.isFrozen) replay.freeze();
  await replay.compare();
  await requireBlock(path, system, manifest);
  keep();
  store.begin(manifest.block, (after) => replay.save(after));
  RollupStore.rememberDeployment(database, { block: manifest.deploymentBlock, consensus: "Proof of Efficiency" });
}

/** @throws {ProtocolError} `DATABASE_EXISTS` */
function requireNoDatabase(path: string): void {
  if (!existsSync(path)) return;
  throw new ProtocolError(
    "DATABASE_EXISTS",
    { path },
    `there is a database ${path} already: import a snapshot into another folder, or remove that one`,
  );
}

/** Removes what an import left that was killed. @throws {ProtocolError} `DATABASE_LOCKED` if one is at work */
function requireNobodyAtWork(path: string, identity: DatabaseIdentity): void {
  if (!existsSync(path)) return;
  try {
    openDatabase(path, identity, { lockTimeout: 0 }).close();
  } catch (error) {
    if (isProtocolError(error, "DATABASE_LOCKED")) throw error;
  }
  removeDatabase(path);
}

/** With the files that SQLite puts beside it. */
function removeDatabase(path: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(path + end, { force: true });
}

/** Errors that are not about the snapshot. */
const isOwn = (error: unknown): boolean =>
  isProtocolError(
    error,
    ...(["BAD_SNAPSHOT", "ENDPOINT_UNAVAILABLE", "ENDPOINT_REFUSED_RANGE", "SQLITE_MISSING"] as const),
    ...(["DATABASE_EXISTS", "DATABASE_LOCKED", "DATABASE_FULL", "DATABASE_FAILED", "DATABASE_CORRUPT"] as const),
  );

/** The sentence for what does not fit. Others say "the endpoint's logs", which here are the snapshot. */
function refusal(path: string, error: ProtocolError): ProtocolError {
  const { what, expected, found } = error.data as { what?: string; expected?: Recorded; found?: Recorded };
  if (what === undefined || expected === undefined || found === undefined) return bad(path, error.message);
  return bad(path, `its ${what.replace(/^the /u, "")} is ${String(found)}, and ${String(expected)} is right`);
}
