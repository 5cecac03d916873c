// SPDX-License-Identifier: MIT
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { NonceManager, Wallet as Key, type JsonRpcProvider } from "ethers";

import { openProvider } from "../../src/escape/index.ts";
import { startAnvil, type Anvil } from "./anvil.ts";
import { Children } from "./children.ts";
import { electedPace } from "./elections.ts";
import { NodeProcess } from "./nodeProcess.ts";
import { freePorts } from "./ports.ts";
import {
  measureProofs,
  startB52,
  startProofOfEfficiency,
  type B52Devnet,
  type PoeDevnet,
  type ProvingTimes,
} from "./rollups.ts";
import { ROLLUPS, type RollupName } from "./rollupNames.ts";
import {
  DEVNET_PACE,
  keyOf,
  NODES,
  planB52Nodes,
  planNodes,
  type B52NodeName,
  type NodeName,
  type NodeOptions,
  type NodePlan,
  type Pace,
} from "./topology.ts";
import { USERS, type UserName } from "./users.ts";

/** How a network is made. */
export interface NetworkOptions {
  /** For all that it writes. */
  readonly folder: string;
  /** Told what is being done. */
  readonly say: (line: string) => void;
  /** Default: both. */
  readonly rollups?: readonly RollupName[];
  /** Elections of Proof of Efficiency. Default: everybody may sequence and prove. */
  readonly election?: string | undefined;
  /** Take whatever ports are free, and not those that documents name if they are. Default: false. */
  readonly anyPorts?: boolean;
  readonly pace?: Pace;
  /** Called with the URL of anvil; gives the endpoint of each node. Default: anvil itself. */
  readonly wrapL1?: (anvil: string) => Promise<(name: NodeName) => string>;
  /** Called with the ports at which the nodes of B52 listen for peers; gives the options of each. Default: bootstrap. */
  readonly wrapPeers?: (portOf: (name: B52NodeName) => number) => Promise<(name: B52NodeName) => NodeOptions>;
  /** Nodes that are started. Default: all of the rollups. */
  readonly nodes?: readonly NodeName[];
  /** Those who have accounts on L2, in the order of their numbers; one who orders has its own. Default: all. */
  readonly users?: Partial<Readonly<Record<RollupName, readonly UserName[]>>>;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

/** Ports that documents name: of L1, of the APIs, and of the network of B52. */
const PORTS = {
  l1: 8_545,
  ...{ follower: 8_555, "sequencer-1": 8_561, "sequencer-2": 8_562, boot: 8_563, aggregator: 8_564 },
  ...{ "b52-follower": 8_556, "proposer-1": 8_571, "proposer-2": 8_572 },
  ...{ "prover-1": 8_573, "prover-2": 8_574, "prover-3": 8_575, builder: 8_576 },
} as const satisfies Record<NodeName | "l1", number>;
const PEER_PORTS: Readonly<Record<B52NodeName, number>> = {
  ...{ "proposer-1": 9_252, "proposer-2": 9_253, "b52-follower": 9_254 },
  ...{ "prover-1": 9_255, "prover-2": 9_256, "prover-3": 9_257, builder: 9_258 },
};

/** Seconds between two blocks of L1. */
export const BEAT = 1;

/** Rollups on anvil, their nodes as processes, and the accounts of their users. */
export class Network {
  readonly children: Children;
  readonly anvil: Anvil;
  readonly provider: JsonRpcProvider;
  readonly nodes: ReadonlyMap<NodeName, NodeProcess>;
  /** Undefined if it is not wanted, as the next. */
  readonly poe: PoeDevnet | undefined;
  readonly b52: B52Devnet | undefined;
  /** Of the proofs of B52, on this machine alone. */
  readonly times: ProvingTimes | undefined;
  /** Ends what goes on beside the nodes. */
  readonly #ending: AbortController;
  #electing: Promise<void> = Promise.resolve();

  private constructor(
    parts: Pick<Network, "children" | "anvil" | "provider" | "nodes" | "poe" | "b52" | "times">,
    ending: AbortController,
  ) {
    this.#ending = ending;
    this.children = parts.children;
    this.anvil = parts.anvil;
    this.provider = parts.provider;
    this.nodes = parts.nodes;
    this.poe = parts.poe;
    this.b52 = parts.b52;
    this.times = parts.times;
  }

  /**
   * Starts L1, deploys, opens the accounts, and starts the nodes. If that fails, everything ends that was started.
   *
   * @throws {ToolError} `NOT_READY`
   */
  static async start(options: NetworkOptions): Promise<Network> {
    const { folder, say, wrapL1, election, rollups = ROLLUPS, users = {} } = options;
    const wrapPeers = options.wrapPeers ?? ((portOf) => peersByBootstrap(folder, portOf));
    mkdirSync(folder, { recursive: true });
    const children = new Children();
    const ending = new AbortController();
    try {
      const ports = await choosePorts(options.anyPorts ?? false);
      let times: ProvingTimes | undefined;
      if (rollups.includes("b52")) {
        say("Measuring a proof of each circuit: the windows of B52 follow from it");
        times = await measureProofs();
        say(`A leaf takes ${times.leaf.toFixed(1)} s, and a merge ${times.merge.toFixed(1)} s`);
      }
      say("L1: anvil");
      const anvil = await startAnvil(children, ports.of("l1"), folder);
      const provider = openProvider(anvil.url);
      const deployer = new NonceManager(new Key(keyOf("deployer"), provider));
      let poe: Network["poe"];
      let b52: Network["b52"];
      for (const name of rollups) {
        const who = users[name] ?? USERS[name];
        say(`${name}: contracts with development keys, and deposits of ${who.length} users`);
        if (name === "poe") {
          const elected = election === undefined ? undefined : { election, mine: anvil.mine };
          if (elected !== undefined) {
            say(`poe: the parties of ${election} join, and blocks pass until they are elected`);
          }
          poe = await startProofOfEfficiency(provider, deployer, who, elected);
        } else {
          b52 = await startB52(provider, deployer, who, times!);
        }
      }
      await anvil.beat(BEAT);
      const l1Of = wrapL1 === undefined ? () => anvil.url : await wrapL1(anvil.url);
      const place = { folder, l1Of, portOf: ports.of };
      const plans: NodePlan[] = [
        ...(poe === undefined
          ? []
          : planNodes({ ...place, ...poe.deployed }, electedPace(election, options.pace ?? DEVNET_PACE))),
        ...(b52 === undefined
          ? []
          : planB52Nodes({ ...place, ...b52.deployed, escrow: b52.escrow, networkOf: await wrapPeers(ports.ofPeer) })),
      ];
      const nodes = new Map(plans.map((plan) => [plan.name, new NodeProcess(children, plan)]));
      const network = new Network({ children, anvil, provider, nodes, poe, b52, times }, ending);
      network.#elect(say);
      // One after another: each loads its program, and two cores do not do that many times at once.
      for (const name of options.nodes ?? rollups.flatMap((rollup): readonly NodeName[] => NODES[rollup])) {
        options.signal?.throwIfAborted();
        say(`Node: ${name}`);
        network.node(name).start();
        await network.node(name).ready();
      }
      return network;
    } catch (error) {
      ending.abort();
      await children.stop(2_000);
      throw error;
    }
  }

  node(name: NodeName): NodeProcess {
    return this.nodes.get(name)!;
  }

  /** Has the parties of the elections act for as long as the network is there. */
  #elect(say: (line: string) => void): void {
    const { signal } = this.#ending;
    this.#electing = this.poe?.elections?.run(signal, say) ?? Promise.resolve();
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#electing;
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    this.provider.destroy();
    await this.children.stop(2_000);
  }
}

interface Ports {
  readonly of: (name: NodeName | "l1") => number;
  readonly ofPeer: (name: B52NodeName) => number;
}

/** Ports that are free, all different. */
async function choosePorts(any: boolean): Promise<Ports> {
  const wished = [...Object.values(PORTS), ...Object.values(PEER_PORTS)];
  const found = await freePorts(any ? wished.map(() => 0) : wished);
  const names = Object.keys(PORTS);
  const peers = Object.keys(PEER_PORTS);
  return {
    of: (name) => found[names.indexOf(name)]!,
    ofPeer: (name) => found[names.length + peers.indexOf(name)]!,
  };
}

/** The first proposer is the one that all others ask for peers. Its key is made here, as its name is in the addresses. */
async function peersByBootstrap(folder: string, portOf: Ports["ofPeer"]): Promise<(name: B52NodeName) => NodeOptions> {
  const { openPeerKey } = await import("../../src/node/index.ts");
  const [first] = NODES.b52;
  mkdirSync(join(folder, first), { recursive: true });
  const id = (await openPeerKey(join(folder, first, "peer.key"))).publicKey.toString();
  const addressOf = (name: B52NodeName): string => `/ip4/127.0.0.1/tcp/${portOf(name)}`;
  return (name) => ({
    p2pListen: [addressOf(name)],
    ...(name === first ? {} : { p2pBootstrap: [`${addressOf(first)}/p2p/${id}`] }),
  });
}
