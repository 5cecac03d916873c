// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseEther, type JsonRpcProvider } from "ethers";
import { network } from "hardhat";

import { B52Node, Proposer, Wallet, type B52System } from "../../src/agents/index.ts";
import { createSigner, fastCrypto, installFastCrypto } from "../../src/crypto/index.ts";
import { findRollup } from "../../src/escape/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { B52RollupStore, createFastCrypto, openDatabase } from "../../src/node/index.ts";
import { numbersTable } from "../docs/markdown.ts";
import { deployB52 } from "../deployment/b52.ts";
import { takeHeight } from "./b52Height.ts";
import { putMock } from "./mockProofs.ts";
import { CHAIN, RecordedProvider, recording, timed, type Answers } from "./recordedProvider.ts";
import { FIXED_START, fixTimestamps } from "./timestamps.ts";

/** L2 transfers of a block: two leaves of four slots. */
const TRANSFERS = 8;

/** How long a node of B52 takes to open. Seconds of one core, without L1's own time. */
export interface OpenTimes {
  readonly rounds: number;
  readonly blocks: number;
  /** From L1 into memory. */
  readonly inMemory: number;
  /** From L1 onto the disk. */
  readonly ontoDisk: number;
  /** From the disk, up to the head of L1. */
  readonly fromDisk: number;
  readonly diskMegabytes: number;
}

/**
 * Measures how long a node of B52 takes to open from L1 and from its disk, by WebAssembly. L1 is a recording of an
 * embedded chain with the real contracts, whose verifier is a mock.
 *
 * @param rounds each with one block of 8 transfers
 */
export async function measureB52Open(rounds: number): Promise<OpenTimes> {
  const before = fastCrypto();
  installFastCrypto(await createFastCrypto());
  const directory = mkdtempSync(join(tmpdir(), "b52-open-"));
  try {
    const { rollup, deploymentBlock, answers } = await record(rounds, join(directory, "recording.sqlite"));
    const provider = new RecordedProvider(answers);
    const system = await systemOf(provider, rollup, deploymentBlock);
    const path = join(directory, "node.sqlite");
    const [{ block }, inMemory] = await timed(() => B52Node.open(system));
    const [, ontoDisk] = await timed(() => openFrom(path, system));
    const [{ node, megabytes }, fromDisk] = await timed(() => openFrom(path, system));
    if (node.batches.length !== rounds) throw new Error(`${node.batches.length} of ${rounds} heights`);
    provider.destroy();
    return { rounds, blocks: block - deploymentBlock, inMemory, ontoDisk, fromDisk, diskMegabytes: megabytes };
  } finally {
    installFastCrypto(before);
    rmSync(directory, { recursive: true });
  }
}

async function openFrom(
  path: string,
  system: B52System,
): Promise<{ readonly node: B52Node; readonly megabytes: number }> {
  const database = openDatabase(path, { ...CHAIN, rollup: await system.rollup.getAddress() });
  const node = await B52Node.open(system, new B52RollupStore(database, system.profile.depth));
  const { page_count: pages } = database.prepare("PRAGMA page_count").get()!;
  database.close();
  return { node, megabytes: (Number(pages) * 4_096) / 2 ** 20 };
}

async function systemOf(provider: JsonRpcProvider, rollup: string, deploymentBlock: number): Promise<B52System> {
  const { consensus, system } = await findRollup(provider, rollup, deploymentBlock, { maxRange: 1_000 });
  if (consensus !== "B52") throw new Error(`the rollup ${rollup} is of ${consensus}`);
  return system;
}

/** Takes heights on an embedded chain, and gives all that a node asks to follow them. */
async function record(
  rounds: number,
  path: string,
): Promise<{ readonly rollup: string; readonly deploymentBlock: number; readonly answers: Answers }> {
  const connection = await network.create(FIXED_START);
  fixTimestamps(connection);
  const { ethers } = connection;
  const system = await deployB52(connection);
  const { consensus, token, verifier, deploymentBlock } = system;
  await putMock(connection, await verifier.getAddress(), "MockVerifier");
  const { depth, levels, slots } = system.profile;
  await (await ethers.getContractAt("MockVerifier", await verifier.getAddress())).setSizes(depth, levels, slots);
  await token.approve(consensus, parseEther("900000"));
  await consensus.fundPool(parseEther("500000"));
  await consensus.deposit(parseEther("300000"));
  const [operator] = await ethers.getSigners();
  if (operator === undefined) throw new Error("the network has no account");
  const node = await B52Node.open(system);
  const proposer = new Proposer(node, operator, { feeAccount: 0, feeToken: ETH });
  const wallet = new Wallet(node, operator, createSigner(Buffer.from("bench")));
  await wallet.deposit(ETH, parseEther("10"));
  for (let height = 1; height <= rounds; height++) {
    await node.sync();
    const transactions =
      height === 1 ? [] : Array.from({ length: TRANSFERS }, () => wallet.transfer(ETH, { to: 1, amount: 1n, tip: 0n }));
    await takeHeight(connection, proposer, transactions);
  }
  const rollup = await system.rollup.getAddress();
  const { provider, answers } = recording(ethers.provider);
  const reading = await systemOf(provider, rollup, deploymentBlock);
  // A first start, and a restart.
  await openFrom(path, reading);
  await openFrom(path, reading);
  provider.destroy();
  await connection.close();
  return { rollup, deploymentBlock, answers };
}

/** The measurements. */
export function openTable({ rounds, blocks, inMemory, ontoDisk, fromDisk, diskMegabytes }: OpenTimes): string {
  return numbersTable(
    [`B52, ${rounds} rounds in ${blocks} L1 blocks, ${TRANSFERS} transfers each`, ""],
    [
      ["opened from L1 into memory, seconds of one core", inMemory.toFixed(2)],
      ["opened from L1 onto the disk", ontoDisk.toFixed(2)],
      ["opened from the disk", fromDisk.toFixed(2)],
      ["disk, MB", diskMegabytes.toFixed(1)],
    ],
  );
}
