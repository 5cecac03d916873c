// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { parseEther, type JsonRpcProvider } from "ethers";
import { network } from "hardhat";

import { Aggregator, RollupNode, Sequencer, type ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import {
  B8,
  challenge,
  fastCrypto,
  installFastCrypto,
  poseidon,
  type Point,
  type Signer,
} from "../../src/crypto/index.ts";
import { findRollup } from "../../src/escape/index.ts";
import { L, toField } from "../../src/field.ts";
import { ETH, leafProofSignals, signTransaction, State } from "../../src/ledger/index.ts";
import { createFastCrypto, exportSnapshot, importSnapshot, openDatabase, RollupStore } from "../../src/node/index.ts";
import { createProfile } from "../../src/profile.ts";
import type { Prover } from "../../src/prover/index.ts";
import { numbersTable } from "../docs/markdown.ts";
import { deployProofOfEfficiency } from "../deployment/proofOfEfficiency.ts";
import { mockProof, putMock } from "./mockProofs.ts";
import { CHAIN, RecordedProvider, recording, timed, type Answers } from "./recordedProvider.ts";

/** Leaves of a batch. */
const LEAVES = 16;
/** Depth of the account tree: that of a production profile; the contracts are those of the development profile. */
const DEPTH = 16;
/** Accounts that send to each other: nearly as many as the contracts' tree has. */
const ACCOUNTS = 1_000;
/** L1 blocks of one query: the default of a node. */
const MAX_RANGE = 1_000;

/** Answers of L1 that were recorded, by request. */
interface Recording {
  /** Core of the rollup. */
  readonly rollup: string;
  readonly deploymentBlock: number;
  /** Batches, with those that create the accounts. */
  readonly batches: number;
  readonly answers: Answers;
}

/** How long a node takes to follow what was recorded. */
export interface SyncTimes {
  readonly batches: number;
  /** L2 transactions and forced operations. */
  readonly slots: number;
  readonly blocks: number;
  /** Of one core. */
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly diskMegabytes: number;
  /** From its database, up to the head of L1. Seconds of one core. */
  readonly restart: number;
  /** Of a snapshot, which is of an older block. Seconds of one core. */
  readonly importSeconds: number;
  readonly importedBatches: number;
}

/**
 * Measures how long a node takes to read batches of 16 leaves from L1, execute, compare and keep them. L1 is a recording
 * of an embedded chain with the real contracts, whose verifier is a mock, so its own time does not count.
 *
 * @param batches of 64 transfers
 * @param path of the recording; it is made if it is not there, which takes some minutes
 * @param isFast by WebAssembly; else by the library's own arithmetic
 */
export async function measureSync(batches: number, path: string, isFast = true): Promise<SyncTimes> {
  const before = fastCrypto();
  const fast = await createFastCrypto();
  installFastCrypto(fast);
  try {
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, gzipSync(JSON.stringify(await record(batches))));
    }
    const recording = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Recording;
    installFastCrypto(isFast ? fast : undefined);
    return await measure(recording);
  } finally {
    installFastCrypto(before);
  }
}

async function measure(recording: Recording): Promise<SyncTimes> {
  const directory = mkdtempSync(join(tmpdir(), "sync-times-"));
  const provider = new RecordedProvider(recording.answers);
  try {
    const system = await systemOf(provider, recording);
    const identity = { ...CHAIN, rollup: recording.rollup };
    const open = async (): Promise<{ node: RollupNode; close: () => number }> => {
      const database = openDatabase(join(directory, "node.sqlite"), identity);
      RollupStore.rememberDeployment(database, { block: recording.deploymentBlock, consensus: "Proof of Efficiency" });
      const node = await RollupNode.open(system, new RollupStore(database, DEPTH));
      const close = (): number => {
        const { page_count: pages } = database.prepare("PRAGMA page_count").get()!;
        database.close();
        return (Number(pages) * 4_096) / 2 ** 20;
      };
      return { node, close };
    };
    const [first, seconds] = await timed(open);
    const { batches, block } = first.node;
    if (batches.length !== recording.batches) throw new Error(`${batches.length} of ${recording.batches} batches`);
    const slots = batches.reduce((sum, { data }) => sum + data.length / 93, 0);
    const diskMegabytes = first.close();
    const peakMegabytes = process.resourceUsage().maxRSS / 1024;
    const [second, restart] = await timed(open);
    second.close();
    const database = openDatabase(join(directory, "node.sqlite"), identity);
    exportSnapshot(join(directory, "snapshot"), database, identity);
    database.close();
    const target = join(directory, "imported.sqlite");
    const [manifest, importSeconds] = await timed(() => importSnapshot(join(directory, "snapshot"), target, system));
    return {
      ...{ batches: batches.length, slots, blocks: block - recording.deploymentBlock, seconds },
      ...{ peakMegabytes, diskMegabytes, restart, importSeconds },
      importedBatches: manifest.batches,
    };
  } finally {
    provider.destroy();
    rmSync(directory, { recursive: true });
  }
}

async function systemOf(
  provider: JsonRpcProvider,
  { rollup, deploymentBlock }: Pick<Recording, "rollup" | "deploymentBlock">,
): Promise<ProofOfEfficiencySystem> {
  const { consensus, system } = await findRollup(provider, rollup, deploymentBlock, { maxRange: MAX_RANGE });
  if (consensus === "B52") throw new Error(`the rollup ${rollup} is of B52`);
  return system;
}

// ── The chain ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Posts and proves batches on an embedded chain, follows it, and gives all that the follower asked. */
async function record(count: number): Promise<Recording> {
  const connection = await network.create();
  const { ethers } = connection;
  const deployed = await deployProofOfEfficiency(connection);
  const { verifier, rollup, token, consensus, deploymentBlock } = deployed;
  await putMock(connection, await verifier.getAddress(), "MockVerifier");
  const mock = await ethers.getContractAt("MockVerifier", await verifier.getAddress());
  const profile = createProfile({ name: "bench", depth: DEPTH, slots: 4, levels: 2 });
  await mock.setSizes(profile.depth, profile.levels, profile.slots);
  // The contracts begin with the root of a tree of another depth (`Rollup.stateRoot`; snapshots/storageLayout.json).
  const root = `0x${State.genesis(profile).root.toString(16).padStart(64, "0")}`;
  await ethers.provider.send("hardhat_setStorageAt", [await rollup.getAddress(), "0x4", root]);
  await token.approve(consensus, parseEther("900000"));
  await consensus.deposit(parseEther("900000"));
  const [operator] = await ethers.getSigners();
  if (operator === undefined) throw new Error("the network has no account");

  const directory = mkdtempSync(join(tmpdir(), "sync-chain-"));
  const identity = { ...CHAIN, rollup: await rollup.getAddress() };
  const system: ProofOfEfficiencySystem = { ...deployed, profile };
  // Its states are on a disk, too: 16 leaves of 1,000 batches would need 1.6 GB.
  const database = openDatabase(join(directory, "node.sqlite"), identity);
  try {
    const node = await RollupNode.open(system, new RollupStore(database, DEPTH));
    const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH });
    const aggregator = new Aggregator(node, operator, prover(node));
    const signer = quickSigner();
    for (let i = 0; i < ACCOUNTS; i++) {
      const { x, y } = signer.publicKey;
      // The fee rises with the queue, and what is too much returns.
      const value = parseEther("2");
      await rollup.deposit(ETH, parseEther("1"), x, y, operator.address, { value });
    }
    const settle = async (): Promise<void> => {
      while ((await aggregator.step()) !== undefined);
      await node.sync();
    };
    await node.sync();
    while (node.sequencedForced < ACCOUNTS) {
      await sequencer.post({});
      await node.sync();
    }
    await settle();
    const created = node.batches.length;
    const draw = generator();
    for (let i = 1; i <= count; i++) {
      const nonces = new Map<number, bigint>();
      const transactions = Array.from({ length: LEAVES * profile.slots }, () => {
        const [from, to] = [1 + draw(ACCOUNTS), 1 + draw(ACCOUNTS)];
        const nonce = nonces.get(from) ?? node.virtualState.account(from)!.nonce;
        nonces.set(from, nonce + 1n);
        return signTransaction(signer, { from, to, token: ETH, amount: 1n, tip: 1n, nonce, domain: node.domain });
      });
      await sequencer.post({ transactions });
      await node.sync();
      if (i % 16 === 0 || i === count) await settle();
    }
    const { provider, answers } = recording(ethers.provider);
    const made = { rollup: identity.rollup, deploymentBlock, batches: created + count, answers };
    const reading = await systemOf(provider, made);
    // A first start, a restart, and the import of a snapshot.
    for (let start = 0; start < 2; start++) {
      const file = openDatabase(join(directory, "recording.sqlite"), identity);
      RollupStore.rememberDeployment(file, { block: deploymentBlock, consensus: "Proof of Efficiency" });
      await RollupNode.open(reading, new RollupStore(file, DEPTH));
      if (start === 1) exportSnapshot(join(directory, "snapshot"), file, identity);
      file.close();
    }
    await importSnapshot(join(directory, "snapshot"), join(directory, "imported.sqlite"), reading);
    provider.destroy();
    return made;
  } finally {
    database.close();
    rmSync(directory, { recursive: true });
    await connection.close();
  }
}

/** Proofs that the mock accepts: of what the ledger says, without the circuits. */
const prover = (node: RollupNode): Prover => ({
  prove: (_, input) => {
    const { context, z, worker, oldStateRoot } = input as Record<string, bigint>;
    const batch = node.batches.findLast((candidate) => candidate.context === context)!;
    const leaf = batch.execution!.result.leaves.find((candidate) => candidate.oldStateRoot === oldStateRoot)!;
    const publicSignals = leafProofSignals(leaf, { z: z!, context: context!, worker: worker! });
    return Promise.resolve({ proof: mockProof("leaf", publicSignals), publicSignals, seconds: 0, cached: false });
  },
  dispose: () => Promise.resolve(),
});

/** Signs by WebAssembly: 64,000 signatures of the library would take minutes. WARNING: its secret is public. */
function quickSigner(): Signer {
  const secret = L / 7n;
  const timesBase = (scalar: bigint): Point => {
    const { x, y } = fastCrypto()!.challengePoint(scalar, 0n, B8);
    return { x: toField(x), y: toField(y) };
  };
  const publicKey = timesBase(secret);
  return {
    publicKey,
    sign(message) {
      const r = poseidon([secret, message]) % L;
      const h = challenge(timesBase(r), publicKey, message);
      return { h, s: (r + 8n * h * secret) % L };
    },
  };
}

/** Numbers below a limit, the same ones each time. */
function generator(): (limit: number) => number {
  let seed = 1;
  return (limit) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
}

/** The measurements beside the targets. */
export function syncTable(times: SyncTimes): string {
  const { batches, slots, blocks, seconds, restart, importSeconds, peakMegabytes, diskMegabytes } = times;
  const thousand = (seconds * 1_000) / batches;
  return numbersTable(
    [`${batches} batches with ${slots} slots in ${blocks} L1 blocks, depth ${DEPTH}`, "", "target"],
    [
      ["synchronised, seconds of one core", seconds.toFixed(1), ""],
      ["… for 1,000 batches", thousand.toFixed(1), `120 ${thousand <= 120 ? "✔" : "✘"}`],
      ["slots a second", (slots / seconds).toFixed(0), ""],
      ["restart, seconds of one core", restart.toFixed(2), `3 ${restart <= 3 ? "✔" : "✘"}`],
      [`import of a snapshot with ${times.importedBatches} batches, seconds of one core`, importSeconds.toFixed(1), ""],
      ["memory, MB", peakMegabytes.toFixed(0), `1,024 ${peakMegabytes <= 1_024 ? "✔" : "✘"}`],
      ["disk, MB", diskMegabytes.toFixed(0), ""],
    ],
  );
}
