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
export interface World {
  /** Reads L1 for the operators; the explorer's node is another one. */
  readonly observer: RollupNode;
  readonly wallet: Wallet;
  readonly sequencers: readonly [Sequencer, Sequencer];
  /** Starts the node that follows. @param port of its API. @returns the address of its API */
  start(port?: number): Promise<string>;
  stop(): Promise<void>;
  /** Posts transfers of 0.001 ETH each, and what waits in the queue unless `forced` is 0. */
  post(sequencer: 0 | 1, transfers: number, forced?: "all" | 0): Promise<void>;
  /** Proves the batches that wait. */
  prove(aggregator: 0 | 1): Promise<void>;
  /** Lets time go by on L1. */
  pass(seconds: number): Promise<void>;
  /** Waits until the node has read as much as the observer. */
  settle(): Promise<void>;
  /** Ends node and chain. */
  close(): Promise<void>;
}

/** Makes one. */
export async function createWorld(): Promise<World> {
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
    async start(port = 0) {
      const flags = {
        ...{ "data-dir": join(directory, "data"), l1: chain.url, rollup: deployed.rollup, "api-port": String(port) },
        "deployment-block": String(deployed.deploymentBlock),
      };
      const configuration = readConfiguration({ flags, environment: {} });
      node = await Node.start(configuration, { environment: {}, log: QUIET, pollingInterval: 50 });
      return node.apiUrl!;
    },
    async stop() {
      await node?.stop();
      node = undefined;
    },
    async post(sequencer, transfers, forced = "all") {
      await observer.sync();
      const { nonce } = observer.virtualState.account(1) ?? { nonce: 0n };
      const transactions = Array.from({ length: transfers }, (_, i) =>
        wallet.transfer(ETH, { from: 1, to: 1, amount: 10n ** 15n, nonce: nonce + BigInt(i) }),
      );
      await sequencers[sequencer].post({ transactions, forced });
      await observer.sync();
    },
    async prove(aggregator) {
      // A node that starts reads the sizes of the circuits in the real verifier.
      await rpc(chain.url, "anvil_setCode", target, mock);
      await aggregators[aggregator].step();
      await rpc(chain.url, "anvil_setCode", target, code);
      await observer.sync();
    },
    async pass(seconds) {
      await rpc(chain.url, "evm_increaseTime", seconds);
      await rpc(chain.url, "anvil_mine", "0x1");
    },
    async settle() {
      await observer.sync();
      const deadline = Date.now() + 30_000;
      while (node !== undefined && node.node.block < observer.block) {
        if (Date.now() > deadline) throw new Error("the node does not follow");
        await sleep(20);
      }
    },
    async close() {
      await node?.stop();
      provider.destroy();
      await chain.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
