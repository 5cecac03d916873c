// SPDX-License-Identifier: MIT
import { mkdirSync } from "node:fs";

import { NonceManager, parseEther, Wallet as Key, type JsonRpcProvider, type TransactionResponse } from "ethers";

import { deployProofOfEfficiency, type DeployedRollup } from "../../src/deployment/index.ts";
import { openProvider } from "../../src/escape/index.ts";
import { startAnvil, type Anvil } from "./anvil.ts";
import { Children } from "./children.ts";
import { NodeProcess } from "./nodeProcess.ts";
import { Observer } from "./observer.ts";
import { freePorts } from "./ports.ts";
import { DEVNET_PACE, keyOf, NODES, planNodes, type NodeName, type Pace, type Party } from "./topology.ts";
import { openAccounts, USERS, type Account, type UserName } from "./users.ts";

/** How a network is made. */
export interface NetworkOptions {
  /** For all that it writes. */
  readonly folder: string;
  /** Told what is being done. */
  readonly say: (line: string) => void;
  /** Ports that it takes if they are free: of L1, and of the nodes in the order of `NODES`. */
  readonly ports?: readonly number[];
  readonly pace?: Pace;
  /** Called with the URL of anvil; gives the endpoint of each node. Default: anvil itself. */
  readonly wrapL1?: (anvil: string) => Promise<(name: NodeName) => string>;
  /** Nodes that are started. Default: all. */
  readonly nodes?: readonly NodeName[];
  /** Those who have accounts on L2, in the order of their numbers; a sequencer's is its own. Default: all. */
  readonly users?: readonly UserName[];
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

/** Ports that documents name. */
const PORTS = [8545, 8561, 8562, 8555, 8563, 8564] as const;
/** Native tokens of a sequencer in the consensus contract, for fees and bonds. */
const STAKE = parseEther("100000");
/** Seconds between two blocks of L1. */
export const BEAT = 1;

/**
 * Rules for a chain with a block a second whose readers want to see its clocks move. Times in seconds; the forced queue
 * is due after ten minutes.
 */
const PARAMETERS = { forcedDeadline: 600, targetTime: 60, doublingTime: 600, halvingTime: 1_200 };

/** A rollup on anvil, its nodes as processes, and the accounts of its users. */
export class Network {
  readonly children: Children;
  readonly anvil: Anvil;
  readonly deployed: DeployedRollup;
  readonly nodes: ReadonlyMap<NodeName, NodeProcess>;
  /** Follows L1 at anvil itself. */
  readonly observer: Observer;
  readonly users: readonly Account[];
  readonly provider: JsonRpcProvider;

  private constructor(
    parts: Pick<Network, "children" | "anvil" | "deployed" | "nodes" | "observer" | "users" | "provider">,
  ) {
    this.children = parts.children;
    this.anvil = parts.anvil;
    this.deployed = parts.deployed;
    this.nodes = parts.nodes;
    this.observer = parts.observer;
    this.users = parts.users;
    this.provider = parts.provider;
  }

  /**
   * Starts L1, deploys, opens the accounts, and starts the nodes. If that fails, everything ends that was started.
   *
   * @throws {ToolError} `NOT_READY`
   */
  static async start(options: NetworkOptions): Promise<Network> {
    const { folder, say, wrapL1, pace = DEVNET_PACE, nodes: wanted = NODES } = options;
    mkdirSync(folder, { recursive: true });
    const children = new Children();
    try {
      const [l1Port, ...ports] = await freePorts(options.ports ?? PORTS);
      say("L1: anvil");
      const anvil = await startAnvil(children, l1Port!, folder);
      const provider = openProvider(anvil.url);
      say("Contracts, with development keys");
      const deployer = new NonceManager(new Key(keyOf("deployer"), provider));
      const deployed = await deployProofOfEfficiency(deployer, { parameters: PARAMETERS });
      const { rollup, deploymentBlock } = deployed;
      const observer = await Observer.open(provider, rollup, deploymentBlock);
      await fund(observer, deployer);
      const who = options.users ?? USERS;
      say(`Deposits of ${who.length} users`);
      const users = await openAccounts(observer, provider, who);
      await anvil.beat(BEAT);
      const l1Of = wrapL1 === undefined ? () => anvil.url : await wrapL1(anvil.url);
      const place = { folder, rollup, deploymentBlock, ports, l1Of };
      const nodes = new Map<NodeName, NodeProcess>();
      for (const plan of planNodes(place, pace)) nodes.set(plan.name, new NodeProcess(children, plan));
      const network = new Network({ children, anvil, deployed, nodes, observer, users, provider });
      // One after another: each loads its program, and two cores do not do that five times at once.
      for (const name of wanted) {
        options.signal?.throwIfAborted();
        say(`Node: ${name}`);
        network.node(name).start();
        await network.node(name).ready();
      }
      return network;
    } catch (error) {
      await children.stop(2_000);
      throw error;
    }
  }

  node(name: NodeName): NodeProcess {
    return this.nodes.get(name)!;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    this.provider.destroy();
    await this.children.stop(2_000);
  }
}

/** Gives those who post what they pay batch fees and bonds with. */
async function fund({ node }: Observer, deployer: NonceManager): Promise<void> {
  const { token, consensus, provider } = node.system;
  const mined = async (sent: Promise<TransactionResponse>): Promise<unknown> => (await sent).wait();
  for (const party of ["sequencer-1", "sequencer-2", "mallory"] satisfies Party[]) {
    const key = new NonceManager(new Key(keyOf(party), provider));
    await mined(token.connect(deployer).transfer(key, STAKE));
    await mined(token.connect(key).approve(consensus, STAKE));
    await mined(consensus.connect(key).deposit(STAKE));
  }
}
