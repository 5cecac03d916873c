// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { parseEther, Wallet as Key, type JsonRpcProvider } from "ethers";
import { artifacts } from "hardhat";

import { Aggregator, Sequencer, Wallet, type RollupNode } from "../../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../../src/deployment/index.ts";
import { openProvider, openRollup } from "../../../src/escape/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { readConfiguration } from "../../../src/node/configuration/index.ts";
import { Node } from "../../../src/node/program/index.ts";
import { mockProver } from "../../../tools/bench/mockProofs.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { rpc, startNode } from "../../helpers/localNode.ts";

// Accounts of every local chain.
const KEYS = {
  deployer: "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  first: "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  second: "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  user: "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
} as const;

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Seconds; short, so that a test can show lateness. */
export const RULES = {
  targetTime: 600,
  doublingTime: 1_200,
  halvingTime: 4_800,
  forcedDeadline: 3_600,
  escapeDelay: 86_400,
};

/** A rollup on a local chain of its own, with two operators, a user, and a node that only follows. */
export async function createWorld() {
  const chain = await startNode("anvil");
  const provider: JsonRpcProvider = openProvider(chain.url);
  const [deployer, first, second, user] = Object.values(KEYS).map((key) => new Key(key, provider)) as [
    Key,
    Key,
    Key,
    Key,
  ];
  const deployed = await deployProofOfEfficiency(deployer, { parameters: RULES });
  const opened = await openRollup(provider, deployed.rollup, { deploymentBlock: deployed.deploymentBlock });
  if (opened.consensus !== "Proof of Efficiency") throw new Error("another consensus");
  const observer: RollupNode = opened.node;
  const { token, consensus, verifier } = observer.system;
  const sending = { pollingInterval: 20 };
  const wait = async (sent: Promise<{ wait(): Promise<unknown> }>): Promise<unknown> => (await sent).wait();
  for (const operator of [first, second]) {
    await wait(token.connect(deployer).transfer(operator.address, parseEther("100000")));
    await wait(token.connect(operator).approve(consensus, parseEther("100000")));
    await wait(consensus.connect(operator).deposit(parseEther("100000")));
  }
  const wallet = new Wallet(observer, user, createFastSigner("user"), { sending });
  const prover = await mockProver();
  const sequencers = [first, second].map(
    (signer) => new Sequencer(observer, signer, { feeAccount: 1, feeToken: ETH, sending }),
  ) as [Sequencer, Sequencer];
  const aggregators = [first, second].map(
    (signer) => new Aggregator(observer, signer, prover, undefined, { sending }),
  ) as [Aggregator, Aggregator];
  const target = await verifier.getAddress();
  const code = await provider.getCode(target);
  const { deployedBytecode: mock } = await artifacts.readArtifact("MockVerifier");
  const directory = mkdtempSync(join(tmpdir(), "explorer-"));
  let node: Node | undefined;

  return {
    observer,
    wallet,
    sequencers,
    addresses: [first.address, second.address] as const,
    get node(): Node {
      if (node === undefined) throw new Error("the node is not started");
      return node;
    },
    /** Starts the node that follows. @param port of its API */
    async start(port = 0): Promise<string> {
      const flags = {
        ...{ "data-dir": join(directory, "data"), l1: chain.url, rollup: deployed.rollup, "api-port": String(port) },
        "deployment-block": String(deployed.deploymentBlock),
      };
      const configuration = readConfiguration({ flags, environment: {} });
      node = await Node.start(configuration, { environment: {}, log: QUIET, pollingInterval: 50 });
      return node.apiUrl!;
    },
    async stop(): Promise<void> {
      await node?.stop();
      node = undefined;
    },
    /** Posts transfers of 1 wei each, and what waits in the queue if `forced` says so. */
    async post(sequencer: 0 | 1, transfers: number, forced: "all" | 0 = "all"): Promise<void> {
      await observer.sync();
      const { nonce } = observer.virtualState.account(1) ?? { nonce: 0n };
      const transactions = Array.from({ length: transfers }, (_, i) =>
        wallet.transfer(ETH, { from: 1, to: 1, amount: 10n ** 15n, nonce: nonce + BigInt(i) }),
      );
      await sequencers[sequencer].post({ transactions, forced });
      await observer.sync();
    },
    /** Proves what waits. The node reads the sizes of the circuits in the real verifier, when it starts. */
    async prove(aggregator: 0 | 1): Promise<void> {
      await rpc(chain.url, "anvil_setCode", target, mock);
      await aggregators[aggregator].step();
      await rpc(chain.url, "anvil_setCode", target, code);
      await observer.sync();
    },
    /** Lets time go by on L1. */
    async pass(seconds: number): Promise<void> {
      await rpc(chain.url, "evm_increaseTime", seconds);
      await rpc(chain.url, "anvil_mine", "0x1");
    },
    /** Waits until the node has read as much as the observer. */
    async settle(): Promise<void> {
      await observer.sync();
      const deadline = Date.now() + 30_000;
      while (node !== undefined && node.node.block < observer.block) {
        if (Date.now() > deadline) throw new Error("the node does not follow");
        await sleep(20);
      }
    },
    async close(): Promise<void> {
      await node?.stop();
      provider.destroy();
      await chain.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
