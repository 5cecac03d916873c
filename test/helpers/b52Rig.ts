// SPDX-License-Identifier: MIT
import { HDNodeWallet, id, parseEther, type Wallet } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { B52Node, EscrowClient, type B52System } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { OutputSigner } from "../../src/crypto/index.ts";
import { isProtocolError, ProtocolError } from "../../src/errors.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployBuilderEscrow } from "../../src/deployment/index.ts";
import { B52Store, TradeStore } from "../../src/node/b52Store/index.ts";
import { Mempool } from "../../src/node/mempool/index.ts";
import type { Gossip, Message } from "../../src/node/network/index.ts";
import { createOutboxL1, Outbox } from "../../src/node/outbox/index.ts";
import {
  BuilderRole,
  Buyer,
  ClosingRole,
  CourtRole,
  Desk,
  EscrowRole,
  GossipBook,
  isWantedByB52,
  NodeProverRole,
  ProposerRole,
  Teller,
  Turn,
  VoterRole,
  Workshop,
  type B52Decision,
  type B52Setting,
  type TradeSetting,
} from "../../src/node/roles/index.ts";
import { B52RollupStore, openDatabase, type Database } from "../../src/node/storage/index.ts";
import {
  BUILDING_STRATEGY,
  BUYING_STRATEGY,
  COURT_STRATEGY,
  NODE_PROVING_STRATEGY,
  PROPOSING_STRATEGY,
  SUBMITTING_STRATEGY,
  VOTING_STRATEGY,
  type BuildingStrategy,
  type ProposingStrategy,
  type VotingStrategy,
} from "../../src/node/strategies/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { createFastSigner } from "./fastSigner.ts";
import { LocalNetwork } from "./localGossip.ts";

/** The mnemonic of the accounts of every local chain. */
const MNEMONIC = "test test test test test test test test test test test junk";
const BID_MONEY = parseEther("1000");
const ESCROW_MONEY = parseEther("100");

/** Names of the roles of a party; a party that is not to do something leaves its role out. */
export type RoleName = "proposer" | "builder" | "escrow" | "voter" | "prover" | "closing" | "court";

export interface PartyOptions {
  readonly name: string;
  /** Index of its account on the local chain. */
  readonly account: number;
  readonly roles: readonly RoleName[];
  readonly ticket?: number;
  readonly proposing?: Partial<ProposingStrategy>;
  readonly voting?: Partial<VotingStrategy>;
  /** L2 account that gets the tips of its blocks. Default: none. */
  readonly feeAccount?: number;
  readonly building?: Partial<BuildingStrategy>;
  /** Tokens that it has for the escrow, and keeps there. Default 100. */
  readonly funds?: bigint;
}

/** A node of a B52 rollup in this process, with a disk, an account and a place in the network of its own. */
export interface Party {
  readonly options: PartyOptions;
  readonly wallet: HDNodeWallet | Wallet;
  readonly key: OutputSigner;
  readonly database: Database;
  readonly store: B52Store;
  readonly outbox: Outbox;
  readonly setting: B52Setting;
  /** Undefined without an escrow. */
  readonly trades: TradeStore | undefined;
  readonly mempool: Mempool;
  readonly steps: readonly (readonly [role: RoleName, step: () => Promise<B52Decision>])[];
}

export const walletOf = (account: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${account}`);

/** The L2 key of a party's ticket. */
export const ticketKeyOf = (name: string): OutputSigner => createFastSigner(`ticket of ${name}`);

/** The end of a party's process at some moment. */
class Killed extends Error {}

/** A rollup, a network, and the parties that only step. */
export class B52Rig {
  readonly connection: NetworkConnection;
  readonly system: B52System;
  readonly network: LocalNetwork;
  readonly prover: Prover;
  readonly parties: Party[] = [];
  /**
   * Says whether a party's process ends before or after it tells somebody something: "before publish vote", or "after
   * send commit". It is started again on its disk.
   */
  kills: (party: string, moment: string) => boolean = () => false;
  /** Says whether the network takes a message of a party. */
  takes: (party: string, message: Message) => boolean = () => true;
  /** When parties were killed. */
  readonly killed: string[] = [];
  /** Salts that each party has drawn: another one each time, also after a restart. */
  readonly #salts = new Map<string, number>();
  /** Acts of the parties, with the time of L1. */
  readonly acts: {
    readonly party: string;
    readonly role: RoleName;
    readonly decision: B52Decision;
    readonly at: number;
  }[] = [];

  /** How often L1 went back. */
  reorganisations = 0;
  readonly #storage: B52RollupStore;
  #node: B52Node;
  #escrow: EscrowClient | undefined;

  private constructor(
    connection: NetworkConnection,
    system: B52System,
    prover: Prover,
    opened: {
      readonly node: B52Node;
      readonly storage: B52RollupStore;
      readonly escrow: EscrowClient | undefined;
    },
  ) {
    this.connection = connection;
    this.system = system;
    this.prover = prover;
    this.#node = opened.node;
    this.#storage = opened.storage;
    this.#escrow = opened.escrow;
    this.network = new LocalNetwork(this.node.domain, this.escrow?.domain);
  }

  /** Follows L1 for all parties, with its view on a disk; another one after L1 went back. */
  get node(): B52Node {
    return this.#node;
  }

  /** The escrow of builders; undefined if the rig has none. */
  get escrow(): EscrowClient | undefined {
    return this.#escrow;
  }

  static async create(
    connection: NetworkConnection,
    system: B52System,
    prover: Prover,
    { withEscrow = false } = {},
  ): Promise<B52Rig> {
    const { token, consensus } = system;
    await mined(token.approve(consensus, parseEther("10000")));
    await mined(consensus.fundPool(parseEther("10000")));
    const database = openDatabase(":memory:", { chainId: 31_337n, rollup: await system.rollup.getAddress() });
    const storage = new B52RollupStore(database, system.profile.depth);
    const node = await B52Node.open(system, storage);
    if (!withEscrow) return new B52Rig(connection, system, prover, { node, storage, escrow: undefined });
    const [deployer] = await connection.ethers.getSigners();
    const deployed = await deployBuilderEscrow(deployer!, {
      consensus: await consensus.getAddress(),
      deploymentBlock: system.deploymentBlock,
    });
    await node.sync();
    const escrow = await EscrowClient.open(node, deployed.escrow, deployed.deploymentBlock);
    return new B52Rig(connection, system, prover, { node, storage, escrow });
  }

  /** Gives a party its money and its ticket, and starts its node. */
  async add(options: PartyOptions): Promise<Party> {
    const { token, consensus, registry } = this.system;
    const wallet = walletOf(options.account);
    const l1 = (await this.connection.ethers.getSigners())[options.account]!;
    if (options.roles.includes("proposer")) await mined(token.transfer(wallet, BID_MONEY));
    if (options.roles.includes("escrow")) await mined(token.transfer(wallet, options.funds ?? ESCROW_MONEY));
    if (options.ticket !== undefined) {
      const stake = await registry.STAKE();
      await mined(token.transfer(wallet, stake));
      await mined(token.connect(l1).approve(registry, stake));
      const { x, y } = ticketKeyOf(options.name).publicKey;
      await mined(registry.connect(l1).join(options.ticket, x, y, wallet.address));
    }
    await mined(token.connect(l1).approve(consensus, parseEther("10")));
    const rollup = (await this.system.rollup.getAddress()).toLowerCase();
    const database = openDatabase(":memory:", { chainId: 31_337n, rollup });
    return this.start(options, database);
  }

  /** Starts a party's node on a database, for the first time or again. */
  async start(options: PartyOptions, database: Database): Promise<Party> {
    const { node, prover } = this;
    const { name, ticket, roles } = options;
    const wallet = walletOf(options.account);
    const key = ticketKeyOf(name);
    const provider = node.system.provider;
    const parts = { node, escrow: this.escrow, inFlight: (words: string): boolean => outbox.awaits(words) };
    const isWanted = (purpose: string, block: number): Promise<boolean> => isWantedByB52(parts, purpose, block);
    const outbox: Outbox = new Outbox(database, await createOutboxL1(provider), wallet, { isWanted });
    const store = new B52Store(database);
    const own = this.#mortal(name, this.network.join(name));
    const book = new GossipBook(own, node.domain);
    const workshop = new Workshop(node, book, store);
    const setting: B52Setting = {
      ...{ node, teller: new Teller(own), book, store, workshop },
      desk: this.#mortalDesk(name, new Desk(outbox, wallet.address.toLowerCase(), {})),
    };
    const terms = { domain: node.domain, sequencer: BigInt(wallet.address), baseFee: node.baseFee, feeToken: ETH };
    const mempool = new Mempool(database, terms);
    const proving = new Turn();
    const newSalt = (): string => {
      const drawn = this.#salts.get(name) ?? 0;
      this.#salts.set(name, drawn + 1);
      return id(`salt ${drawn} of ${name}`);
    };
    const { feeAccount = 0 } = options;
    const trades = this.escrow && new TradeStore(database);
    const trade: TradeSetting | undefined = this.escrow && trades && { ...setting, escrow: this.escrow, trades };
    const isProposer = roles.includes("proposer");
    const { revealDepth } = PROPOSING_STRATEGY;
    const proposer = new ProposerRole(setting, wallet, {
      strategy: { ...PROPOSING_STRATEGY, ...options.proposing },
      ...{ feeAccount, mempool, newSalt },
      buyer: trade && isProposer && roles.includes("escrow") ? new Buyer(trade, wallet, BUYING_STRATEGY) : undefined,
    });
    const building = { ...BUILDING_STRATEGY, ...options.building };
    const target = options.funds ?? ESCROW_MONEY;
    const trading: readonly (readonly [RoleName, () => Promise<B52Decision>])[] =
      trade === undefined
        ? []
        : [
            ...(isProposer
              ? []
              : [
                  [
                    "builder",
                    stepOf(
                      new BuilderRole(trade, wallet, {
                        ...{ strategy: building, revealDepth, feeAccount, mempool, newSalt },
                      }),
                    ),
                  ] as const,
                ]),
            [
              "escrow",
              stepOf(
                new EscrowRole(trade, {
                  ...{ isProposer, strategy: BUYING_STRATEGY, revealDepth, target },
                  least: isProposer ? trade.escrow.rules.demandBond : building.maxPayment + building.cover,
                }),
              ),
            ],
          ];
    const all: readonly (readonly [RoleName, () => Promise<B52Decision>])[] = [
      ["proposer", () => proposer.step()],
      ...trading,
      ...(ticket === undefined
        ? []
        : [
            [
              "voter",
              stepOf(
                new VoterRole(setting, {
                  ...{
                    strategy: { ...VOTING_STRATEGY, ...options.voting },
                    ticket,
                    key,
                    joins: false,
                    prover,
                    proving,
                  },
                }),
              ),
            ] as const,
          ]),
      ["prover", stepOf(new NodeProverRole(setting, { strategy: NODE_PROVING_STRATEGY, ticket, prover, proving }))],
      ["closing", stepOf(new ClosingRole(setting, { strategy: SUBMITTING_STRATEGY, ticket }))],
      ["court", stepOf(new CourtRole(setting, { strategy: COURT_STRATEGY, ticket, prover, proving }))],
    ];
    const steps = all.filter(([role]) => roles.includes(role));
    const party: Party = { options, wallet, key, database, store, outbox, setting, trades, mempool, steps };
    const place = this.parties.findIndex((other) => other.options.name === name);
    if (place < 0) this.parties.push(party);
    else this.parties[place] = party;
    return party;
  }

  #endIf(party: string, moment: string): void {
    if (!this.kills(party, moment)) return;
    this.killed.push(`${party} ${moment}`);
    throw new Killed(`${party} was killed ${moment}`);
  }

  #mortal(party: string, gossip: Gossip): Gossip {
    return {
      ...gossip,
      publish: async (message) => {
        this.#endIf(party, `before publish ${message.kind}`);
        if (!this.takes(party, message)) {
          const data = { kind: message.kind, reason: "OVERLOADED" };
          throw new ProtocolError("MESSAGE_REFUSED", data, `peers would not take this ${message.kind}: OVERLOADED`);
        }
        await gossip.publish(message);
        this.#endIf(party, `after publish ${message.kind}`);
      },
    };
  }

  #mortalDesk(party: string, desk: Desk): Desk {
    const send = desk.send.bind(desk);
    desk.send = async (name, now, call) => {
      const [what] = name.split(" ");
      this.#endIf(party, `before send ${what}`);
      const isSent = await send(name, now, call);
      if (isSent) this.#endIf(party, `after send ${what}`);
      return isSent;
    };
    return desk;
  }

  /** A party that has gone for good. */
  remove(name: string): void {
    this.parties.splice(
      this.parties.findIndex(({ options }) => options.name === name),
      1,
    );
  }

  /** Time of L1. */
  async now(): Promise<number> {
    return this.connection.networkHelpers.time.latest();
  }

  /** Reads L1. If it went back, so does the view, and the parties' roles begin anew, as in a node (`Node.start`). */
  async follow(): Promise<void> {
    try {
      await this.#sync();
    } catch (error) {
      if (!isProtocolError(error, "REORGANISED", "STATE_GONE")) throw error;
      this.reorganisations += 1;
      this.#node = await B52Node.open(this.system, this.#storage);
      this.#escrow &&= await EscrowClient.open(
        this.#node,
        await this.#escrow.escrow.getAddress(),
        this.system.deploymentBlock,
      );
      for (const { options, database, mempool } of [...this.parties]) {
        mempool.flush();
        await this.start(options, database);
      }
    }
  }

  /** All parties look once, one after the other. */
  async look(): Promise<void> {
    await this.follow();
    for (const party of [...this.parties]) {
      await party.outbox.step();
      party.mempool.follow(this.node.virtualState, this.node.block);
      for (const [role, step] of party.steps) {
        const decision = await step().catch(async (error: unknown) => {
          if (!(error instanceof Killed)) throw error;
          await this.start(party.options, party.database);
        });
        // The others of its roles are of a process that has ended.
        if (decision === undefined) break;
        if (decision.do === "wait") continue;
        this.acts.push({ party: party.options.name, role, decision, at: await this.now() });
        await this.#sync();
      }
    }
  }

  async #sync(): Promise<void> {
    await this.node.sync();
    await this.escrow?.sync();
  }

  /**
   * Lets the parties look, and time pass, until something holds.
   *
   * @param step seconds between two looks
   */
  async until(what: string, holds: () => boolean | Promise<boolean>, { step = 24, looks = 400 } = {}): Promise<void> {
    for (let i = 0; i < looks; i++) {
      await this.look();
      if (await holds()) return;
      await this.connection.networkHelpers.time.increase(step);
    }
    throw new Error(`not in time: ${what}\n${this.describe()}`);
  }

  /** Acts of the parties, a line each. */
  describe(): string {
    return this.acts
      .map(({ party, role, decision: { do: act, why = "" }, at }) => `${at} ${party} ${role}: ${act} ${why}`)
      .join("\n");
  }

  /** Acts of a party, as words. */
  actsOf(party: string): string[] {
    return this.acts.filter((act) => act.party === party).map(({ decision }) => decision.do);
  }
}

const stepOf = (role: { step(): Promise<B52Decision> }) => (): Promise<B52Decision> => role.step();
