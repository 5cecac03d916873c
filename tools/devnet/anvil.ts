// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { toQuantity } from "ethers";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { ToolError } from "../errors.ts";
import type { Child, Children } from "./children.ts";
import { answers, jsonRpc } from "./jsonRpc.ts";

/** Milliseconds within which anvil has to answer. */
const START = 60_000;

/**
 * States of past blocks that anvil keeps, in its memory. Without a limit it moves old ones to the disk, and after some
 * two thousand blocks a reorganisation leaves a chain without contracts (anvil 1.7.1).
 */
const STATES = 1_000;

/** A chain of anvil. It mines a block for each transaction until `beat` is called. */
export interface Anvil {
  readonly url: string;
  readonly child: Child;
  /** Mines so many empty blocks, a second apart. */
  readonly mine: (blocks: number) => Promise<void>;
  /** From now on it mines a block every so many seconds, and at no other time. */
  beat(seconds: number): Promise<void>;
}

/**
 * Starts anvil.
 *
 * @param folder for its log
 * @throws {ToolError} `NOT_READY`
 */
export async function startAnvil(children: Children, port: number, folder: string): Promise<Anvil> {
  const url = `http://127.0.0.1:${port}`;
  const flags = { port, host: "127.0.0.1", "chain-id": 31337, accounts: 21, hardfork: "osaka" };
  const args = Object.entries({ ...flags, "prune-history": STATES }).flatMap(([name, value]) => [
    `--${name}`,
    `${value}`,
  ]);
  const child = children.start({
    program: join(PROJECT_ROOT, "node_modules", ".bin", "anvil"),
    args: ["--silent", ...args],
    log: join(folder, "anvil.log"),
  });
  const deadline = Date.now() + START;
  while (!(await answers(url, "eth_chainId"))) {
    if (child.end !== undefined || Date.now() > deadline) {
      throw new ToolError("NOT_READY", { name: "anvil" }, `anvil does not answer at ${url}:\n${child.tail()}`);
    }
    await sleep(100);
  }
  return {
    ...{ url, child },
    mine: async (blocks) => {
      await jsonRpc(url, "anvil_mine", [toQuantity(blocks), toQuantity(1)]);
    },
    beat: async (seconds) => {
      await jsonRpc(url, "evm_setIntervalMining", [seconds]);
    },
  };
}
