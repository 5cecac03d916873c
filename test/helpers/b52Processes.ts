// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { HDNodeWallet, Mnemonic, NonceManager, parseEther, Wallet as Key, type JsonRpcProvider } from "ethers";

import { Wallet, type B52Node, type RoundStart } from "../../src/agents/index.ts";
import { commitmentHash, type Proposal } from "../../src/b52/index.ts";
import type { Signer } from "../../src/crypto/index.ts";
import { deployB52, deployBuilderEscrow, type DeployedRollup } from "../../src/deployment/index.ts";
import { openProvider, openRollup } from "../../src/escape/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { startAnvil, type Anvil } from "../../tools/devnet/anvil.ts";
import { Children } from "../../tools/devnet/children.ts";
import { jsonRpc } from "../../tools/devnet/jsonRpc.ts";
import { NodeProcess } from "../../tools/devnet/nodeProcess.ts";
import { freePorts } from "../../tools/devnet/ports.ts";
import type { NodePlan } from "../../tools/devnet/topology.ts";
import { createFastSigner } from "./fastSigner.ts";

const PHRASE = "test test test test test test test test test test test junk";
const keyAt = (account: number): string =>
  HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(PHRASE), `m/44'/60'/0'/0/${account}`).privateKey;

/** The processes, with the account of each on L1; 0 is the deployer's, and the user has one more. */
export const PARTIES = { A: 1, B: 2, builder: 3, P1: 4, P2: 5, P3: 6, P4: 7, P5: 8, follower: 9 } as const;
export type PartyName = keyof typeof PARTIES;
const NAMES = Object.keys(PARTIES) as readonly PartyName[];
const USER = 10;

/** Seconds of L1. A proof takes a minute where nine processes share two cores. */
export const WINDOWS = { proposalWindow: 600n, proofWindow: 1_200n, defenceWindow: 1_800n };
/** Seconds before the end of a proof window that are not skipped: those who fill gaps begin three proofs before it. */
const LAST = 700;

/** A round with its commitments; the window of its proofs in unix seconds. */
export interface OpenRound extends Omit<RoundStart, "opensAt"> {
  readonly opensAt: number;
  readonly closesAt: number;
  readonly proposals: readonly Proposal[];
}

/** A B52 rollup on anvil whose nodes are processes: two proposers, a builder, five provers and a follower. */
export class B52Processes {
  readonly node: B52Node;
  readonly provider: JsonRpcProvider;
  readonly escrow: string;
  /** Of the user, on L1 and L2; the builder has the L2 account after it. */
  readonly user: Wallet;
  readonly #children: Children;
  readonly #anvil: Anvil;
  readonly #processes: ReadonlyMap<PartyName, NodeProcess>;
  readonly #say: (line: string) => void;

  private constructor(parts: {
    readonly node: B52Node;
    readonly provider: JsonRpcProvider;
    readonly escrow: string;
    readonly children: Children;
    readonly anvil: Anvil;
    readonly processes: ReadonlyMap<PartyName, NodeProcess>;
    readonly say: (line: string) => void;
  }) {
    [this.node, this.provider, this.escrow] = [parts.node, parts.provider, parts.escrow];
    [this.#children, this.#anvil, this.#processes, this.#say] = [
      parts.children,
      parts.anvil,
      parts.processes,
      parts.say,
    ];
    this.user = this.#wallet(USER, createFastSigner("user"));
  }

  static async start(folder: string, say: (line: string) => void): Promise<B52Processes> {
    const children = new Children();
    try {
      const [l1Port, ...ports] = await freePorts(Array.from({ length: 2 * NAMES.length + 1 }, () => 0));
      const anvil = await startAnvil(children, l1Port!, folder);
      const provider = openProvider(anvil.url);
      const deployer = new NonceManager(new Key(keyAt(0), provider));
      const deployed = await deployB52(deployer, { parameters: WINDOWS });
      const { escrow } = await deployBuilderEscrow(deployer, deployed);
      const opened = await openRollup(provider, deployed.rollup, { deploymentBlock: deployed.deploymentBlock });
      if (opened.consensus !== "B52") throw new Error("another consensus");
      const { node } = opened;
      await fund(node, deployer);
      const place = { folder, l1: anvil.url, deployed, escrow, ports };
      const processes = new Map(NAMES.map((name, i) => [name, new NodeProcess(children, planOf(name, i, place))]));
      const made = new B52Processes({ node, provider, escrow, children, anvil, processes, say });
      await anvil.beat(1);
      for (const name of NAMES) {
        say(`process ${name}`);
        await made.run(name);
      }
      return made;
    } catch (error) {
      await children.stop(2_000);
      throw error;
    }
  }

  process(name: PartyName): NodeProcess {
    return this.#processes.get(name)!;
  }

  /** Starts a process, or starts it again, and waits until it has read L1. */
  async run(name: PartyName): Promise<void> {
    const process = this.process(name);
    process.start();
    await process.ready();
  }

  addressOf(name: PartyName): string {
    return new Key(keyAt(PARTIES[name])).address;
  }

  urlOf(name: PartyName): string {
    return this.process(name).plan.url;
  }

  /** Deposits ETH of the user's on L2: work for the next block. */
  async deposit(signer: Signer = this.user.l2): Promise<void> {
    await this.#wallet(USER, signer).deposit(ETH, parseEther("1"));
    await this.node.sync();
  }

  #wallet(account: number, signer: Signer): Wallet {
    return new Wallet(this.node, new Key(keyAt(account), this.provider), signer, { sending: { pollingInterval: 200 } });
  }

  /** Time of L1. */
  async now(): Promise<number> {
    return (await this.provider.getBlock("latest"))?.timestamp ?? 0;
  }

  /** The round of the next height, with its commitments; undefined before there is one. */
  get round(): OpenRound | undefined {
    const opened = this.node.lastRoundOf(this.node.batches.length + 1);
    if (opened === undefined) return undefined;
    const { opensAt, closesAt } = this.node.proofWindowOf(opened.round);
    const proposals = this.node.proposalsOf(opened.round);
    return { ...opened, opensAt: Number(opensAt), closesAt: Number(closesAt), proposals };
  }

  isProven({ round, proposer }: Proposal): boolean {
    return this.node.findProven(round, proposer) !== undefined;
  }

  idOf(proposal: Proposal): string {
    return commitmentHash(this.node.domain, proposal);
  }

  /**
   * Lets time pass until something holds. Nobody waits for the rest of a window in which nothing can happen any more:
   * when so many commitments are made as are expected, and when all that is committed is proven or nobody will prove it.
   */
  async until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    { commitments = 2, isDead = false, minutes = 90 } = {},
  ): Promise<void> {
    const [begin, seen] = [Date.now(), new Map<string, number>()];
    while (Date.now() - begin < minutes * 60_000) {
      await this.node.sync();
      if (await holds()) return;
      const round = this.round;
      const now = await this.now();
      const since = (key: string): number => {
        if (!seen.has(key)) seen.set(key, now);
        return now - seen.get(key)!;
      };
      if (round !== undefined && round.proposals.length > 0 && now < round.closesAt) {
        const { round: id, proposals, opensAt, closesAt } = round;
        const isFull = proposals.length >= commitments;
        // A commitment has to be four blocks deep.
        if (now < opensAt && since(`${isFull ? "all" : "first"} of ${id}`) >= (isFull ? 10 : 240)) {
          await this.skipTo(opensAt);
        } else if (now >= opensAt && (isDead || proposals.every((proposal) => this.isProven(proposal)))) {
          if (since(`proven ${id}`) >= 10) await this.skipTo(closesAt);
        } else if (now >= opensAt && now < closesAt - LAST && since(`proving ${id}`) >= 300) {
          await this.skipTo(closesAt - LAST);
        }
      }
      await sleep(2_000);
    }
    const logs = NAMES.map((name) => `--- ${name}\n${this.process(name).tail()}`).join("\n");
    throw new Error(`not in time: ${what}\n${logs}`);
  }

  /** Moves the clock of L1 ahead. */
  async skipTo(time: number): Promise<void> {
    const seconds = time - (await this.now());
    if (seconds <= 1) return;
    this.#say(`L1 goes ${seconds} seconds ahead`);
    await jsonRpc(this.#anvil.url, "evm_increaseTime", [seconds]);
    await jsonRpc(this.#anvil.url, "evm_mine");
  }

  async stop(): Promise<void> {
    for (const process of this.#processes.values()) await process.signal("SIGCONT");
    await Promise.all([...this.#processes.values()].map((process) => process.stop()));
    this.provider.destroy();
    await this.#children.stop(2_000);
  }
}

/** Gives each party the tokens of its role. */
async function fund({ system }: B52Node, deployer: NonceManager): Promise<void> {
  const { token, consensus, registry } = system;
  const stake = await registry.STAKE();
  const wait = async (sent: Promise<{ wait(): Promise<unknown> }>): Promise<unknown> => (await sent).wait();
  await wait(token.connect(deployer).approve(consensus, parseEther("10000")));
  await wait(consensus.connect(deployer).fundPool(parseEther("10000")));
  for (const [name, account] of Object.entries(PARTIES)) {
    const amount = name.startsWith("P") ? stake + parseEther("10") : parseEther("1000");
    await wait(token.connect(deployer).transfer(new Key(keyAt(account)).address, amount));
  }
}

function planOf(
  name: PartyName,
  index: number,
  place: {
    readonly folder: string;
    readonly l1: string;
    readonly deployed: DeployedRollup;
    readonly escrow: string;
    readonly ports: readonly number[];
  },
): NodePlan {
  const { folder, l1, deployed, escrow, ports } = place;
  const portsOf = (i: number): readonly [api: number, p2p: number] => [ports[2 * i]!, ports[2 * i + 1]!];
  const [api] = portsOf(index);
  const peer = (i: number): string => `/ip4/127.0.0.1/tcp/${portsOf(i)[1]}`;
  const ticket = /^P(\d)$/u.exec(name)?.[1];
  const roles =
    ticket !== undefined
      ? { prover: true, ticket: Number(ticket), join: true, load: 100 }
      : name === "builder"
        ? { builder: true, feeAccount: 2, private: true, payPercent: 100 }
        : name === "follower"
          ? {}
          : // The second one bids less.
            { proposer: true, bid: name === "A" ? "10" : "5" };
  const dataDir = join(folder, name);
  const configuration = {
    ...{ dataDir, l1, rollup: deployed.rollup, deploymentBlock: deployed.deploymentBlock, apiPort: api, log: "info" },
    ...{ p2pListen: peer(index), escrow, minFree: 8, ...roles },
    ...(index === 0 ? {} : { p2pPeers: index === 1 ? peer(0) : `${peer(0)},${peer(1)}` }),
  };
  const environment: Record<string, string> = name === "follower" ? {} : { NODE_PRIVATE_KEY: keyAt(PARTIES[name]) };
  if (ticket !== undefined) environment["NODE_TICKET_KEY"] = keyAt(100 + Number(ticket));
  return {
    ...{ name: name as NodePlan["name"], dataDir, configuration, environment, url: `http://127.0.0.1:${api}` },
    ...{ configPath: join(folder, `${name}.json`), log: join(folder, `${name}.log`) },
  };
}
