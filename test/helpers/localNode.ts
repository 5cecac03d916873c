// SPDX-License-Identifier: MIT
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { FIXED_START } from "../../tools/bench/timestamps.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** Clients that can run a chain on this machine, independent of each other. */
export type Client = "hardhat" | "anvil";

export interface NodeOptions {
  /** Default: 31337. */
  readonly chainId?: number;
  /** Mine a block for each transaction. Default: true. */
  readonly automine?: boolean;
  /** Default: Osaka's, and anvil knows no others. */
  readonly rules?: L1Rules;
}

export interface LocalNode {
  readonly url: string;
  stop(): Promise<void>;
}

const START_MS = 60_000;
const GENESIS = Date.parse(FIXED_START.override.initialDate) / 1000;

/** Processes that run. This process must not leave them behind, even if it ends without stopping them. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) kill(child);
});

/** Runs a client as a process of its own, on a free port of the loopback device, and waits until it answers. */
export async function startNode(client: Client, options: NodeOptions = {}): Promise<LocalNode> {
  const port = await freePort();
  const { chainId = 31337, automine = true, rules = "osaka" } = options;
  const [program, ...args] = commandOf(client, port, { chainId, automine, rules });
  // In a process group of its own, as both are started by a wrapper that does not pass SIGKILL on.
  const child = spawn(join(PROJECT_ROOT, "node_modules", ".bin", program ?? ""), args, {
    cwd: PROJECT_ROOT,
    env: { ...process.env, TEST_NODE: JSON.stringify({ chainId, automine, rules }) },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2_000)));
  }
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const node: LocalNode = {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      kill(child);
      await ended;
      running.delete(child);
    },
  };
  const deadline = Date.now() + START_MS;
  while (!(await answers(node.url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await node.stop();
      throw new Error(`${client} does not answer at ${node.url}:\n${output}`);
    }
    await sleep(100);
  }
  return node;
}

function commandOf(client: Client, port: number, { chainId, automine, rules }: Required<NodeOptions>): string[] {
  if (client === "hardhat") {
    const config = join("test", "helpers", "nodeConfig.ts");
    return ["hardhat", "--config", config, "node", "--port", `${port}`, "--hostname", "127.0.0.1"];
  }
  const flags = { port, host: "127.0.0.1", "chain-id": chainId, timestamp: GENESIS, hardfork: rules, accounts: 20 };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return ["anvil", "--silent", ...args, ...(automine ? [] : ["--no-mining"])];
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

const answers = (url: string): Promise<boolean> =>
  rpc(url, "eth_chainId").then(
    () => true,
    () => false,
  );

/** Asks a node. */
export async function rpc(url: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("no port"));
      });
    });
  });
}
