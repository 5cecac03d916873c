// SPDX-License-Identifier: MIT
import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Provider, Wallet } from "ethers";

import {
  addressToUint,
  Aggregator,
  B52Node,
  EscrowClient,
  Migrator,
  Sequencer,
  type Consensus,
} from "../../agents/index.ts";
import { ask, reasonOf } from "../../chain/index.ts";
import { isProtocolError, ProtocolError } from "../../errors.ts";
import {
  findRollup,
  openFound,
  openProvider,
  openRollup,
  type FoundRollup,
  type NodeStorages,
  type OpenedRollup,
} from "../../escape/index.ts";
import { ETH, type State } from "../../ledger/index.ts";
import type { Prover } from "../../prover/index.ts";
import { AccountIndex } from "../accountIndex/index.ts";
import { Api, EXPLORER_FOLDER, isLoopback, type FollowedNode } from "../api/index.ts";
import { B52Store } from "../b52Store/index.ts";
import { needsKey, usesNetwork, type NodeConfiguration } from "../configuration/index.ts";
import { Mempool } from "../mempool/index.ts";
import { createOutboxL1, Outbox, type OutboxReport } from "../outbox/index.ts";
import { B52Network } from "./b52Network.ts";
import { B52Roles } from "./b52Roles.ts";
import { openKey, openTicketKey } from "./key.ts";
import type { Log } from "./log.ts";
import { databaseOf } from "./snapshots.ts";
import type { OutputSigner } from "../../crypto/index.ts";
import type { Gossip, ProofVerifier } from "../network/index.ts";
import {
  AggregatorRole,
  DeliveryRole,
  GossipBook,
  isWantedByB52,
  isWantedByL1,
  LoneGossip,
  OutboxSigner,
  RoundWatch,
  SequencerRole,
  Turn,
  WatcherRole,
  Workshop,
} from "../roles/index.ts";
import {
  B52RollupStore,
  openDatabase,
  RollupStore,
  ViewStore,
  type Database,
  type Deployment,
} from "../storage/index.ts";
import { DELIVERY_STRATEGY, POSTING_STRATEGY, PROVING_STRATEGY } from "../strategies/index.ts";

/** Inputs of a node besides its configuration. */
export interface NodeSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Makes the proofs of an aggregator or a prover. */
  readonly prover?: Prover;
  /** Verifies the proofs that peers send; needed if the configuration names addresses of a network. */
  readonly verifier?: ProofVerifier;
  /** A network of B52 in the place of the one that the configuration names: of a test. */
  readonly gossip?: Gossip;
  /** Told how far L1 was read, while the node starts and reads again. */
  readonly onProgress?: (block: number, last: number) => void;
  /** Milliseconds between two looks at L1. Default 1,000. */
  readonly pollingInterval?: number;
}

/** Milliseconds. */
const POLLING = 1_000;
/** A node that is told to stop leaves what is not done after so many milliseconds to its next start. */
const STOP = 8_000;
/** L2 transactions of a node that posts nothing are judged as if this address posted them: none is bound to it. */
const NOBODY = 0n;

/** Of one who delivers what others have proven. */
const NO_PROVER: Prover = {
  prove: () => Promise.reject(new ProtocolError("NO_PROVER", {}, "a delivery proves nothing")),
  dispose: () => Promise.resolve(),
};

interface Roles {
  readonly node: FollowedNode;
  readonly escrow: EscrowClient | undefined;
  readonly mempool: Mempool;
  /** Orders transactions; of B52 a proposer's view of what comes. */
  readonly sequencer: Sequencer | { readonly expectedState: State } | undefined;
  /** Tells others of a transaction that came by the API. */
  readonly onAccepted?: (transaction: Uint8Array) => void;
  /** Of B52: messages of peers about rounds, as the node has heard them. */
  readonly heard?: RoundWatch;
  /** Ends what listens to the network. */
  readonly end?: () => void;
  /** Each looks once, and acts if it is time; its name is for the log. */
  readonly steps: readonly (readonly [name: string, step: () => Promise<{ readonly do: string }>])[];
}

/**
 * A node that follows a rollup of either consensus and plays the roles of its configuration. All that may not be lost
 * is on its disk, so the process may end at any moment.
 */
export class Node {
  readonly configuration: NodeConfiguration;
  readonly #surroundings: NodeSurroundings;
  readonly #provider: Provider;
  readonly #database: Database;
  readonly #storage: Storage;
  readonly #outbox: Outbox | undefined;
  readonly #key: Wallet | undefined;
  readonly #ticketKey: OutputSigner | undefined;
  readonly #network: B52Network | undefined;
  readonly #gossip: Gossip;
  readonly #stopping = new AbortController();
  readonly #working = new Map<string, Promise<void>>();
  #roles: Roles;
  #accountIndex: AccountIndex | undefined;
  #loop: Promise<void> = Promise.resolve();
  #synchronisedAt = 0;
  /**
   * Whether L1 has replaced what the node object has read. It stays so until another object is open, also if the endpoint
   * shows the old blocks again in the meantime: the disk may have gone back.
   */
  #isLost = false;
  #failure: Error | undefined;
  #ending: Promise<void> | undefined;
  #api: Api | undefined;

  private constructor(
    configuration: NodeConfiguration,
    surroundings: NodeSurroundings,
    parts: {
      readonly provider: Provider;
      readonly database: Database;
      readonly storage: Storage;
      readonly outbox: Outbox | undefined;
      readonly key: Wallet | undefined;
      readonly ticketKey: OutputSigner | undefined;
      readonly network: B52Network | undefined;
      readonly opened: OpenedNode;
    },
  ) {
    this.configuration = configuration;
    this.#surroundings = surroundings;
    this.#provider = parts.provider;
    this.#database = parts.database;
    this.#storage = parts.storage;
    this.#outbox = parts.outbox;
    this.#key = parts.key;
    this.#ticketKey = parts.ticketKey;
    this.#network = parts.network;
    this.#gossip = surroundings.gossip ?? parts.network ?? new LoneGossip();
    this.#roles = this.#rolesOn(parts.opened);
    this.#indexAccounts();
  }

  /**
   * Starts a node: opens the key and the database, reads L1 up to its head, and then follows it until `stop`.
   *
   * @throws {ProtocolError} `BAD_KEY` as `openKey`; `UNSUPPORTED_CONSENSUS` for roles of another consensus than the
   *   rollup's; `NO_PROVER` if one who proves has no prover; as `openDatabase` and `openRollup`
   */
  static async start(configuration: NodeConfiguration, surroundings: NodeSurroundings): Promise<Node> {
    const { dataDir, rollup, l1, maxFee, stallBlocks, aggregator, boot } = configuration;
    if ((aggregator || boot || configuration.prover) && surroundings.prover === undefined) {
      throw new ProtocolError("NO_PROVER", {}, "--aggregator, --boot and --prover need a prover");
    }
    const ticketKey = configuration.prover ? openTicketKey(surroundings.environment) : undefined;
    const key = needsKey(configuration) ? await openKey(configuration.keystore, surroundings.environment) : undefined;
    const provider = openProvider(l1);
    const { chainId } = await ask("eth_chainId", () => provider.getNetwork());
    mkdirSync(dataDir, { recursive: true });
    const database = openDatabase(databaseOf(configuration), { chainId, rollup });
    const started: { node?: Node } = {};
    try {
      const storage = storageIn(database, surroundings.log);
      const opened = await openPatiently(provider, storage, configuration, surroundings, key);
      const { node } = opened;
      const isWanted = (purpose: string, block: number): Promise<boolean> => {
        const current = started.node;
        const { node: followed, escrow } = current === undefined ? opened : current.#roles;
        const inFlight = (words: string): boolean => current?.awaits(words) ?? false;
        return followed instanceof B52Node
          ? isWantedByB52({ node: followed, escrow, inFlight }, purpose, block)
          : isWantedByL1(followed.system, purpose, block);
      };
      const network = networkOf(configuration, surroundings, { chainId, database });
      if (network !== undefined && !(node instanceof B52Node)) {
        throw new ProtocolError(
          "UNSUPPORTED_CONSENSUS",
          { consensus: "Proof of Efficiency" },
          `the rollup ${rollup} is of Proof of Efficiency, whose nodes have no network: leave out the options --p2p-…`,
        );
      }
      const outbox = key && new Outbox(database, await createOutboxL1(provider), key, { isWanted, stallBlocks });
      const current = new Node(configuration, surroundings, {
        ...{ provider, database, storage, outbox, key, ticketKey, network, opened },
      });
      started.node = current;
      await current.#join();
      await current.#listen();
      current.#loop = current.#run();
      surroundings.log.info(
        { block: node.block, rollup, address: key?.address, api: current.apiUrl, maxFee: String(maxFee) },
        "started",
      );
      return current;
    } catch (error) {
      started.node?.accountIndex?.stop();
      await started.node?.network?.leave();
      database.close();
      provider.destroy();
      throw error;
    }
  }

  /** Whether a call of a role whose purpose begins with these words may come into a block. */
  awaits(words: string): boolean {
    return this.#outbox?.awaits(words) ?? false;
  }

  /** Follows the rollup; another object after L1 has gone back. */
  get node(): FollowedNode {
    return this.#roles.node;
  }

  /** L2 transactions that wait. */
  get mempool(): Mempool {
    return this.#roles.mempool;
  }

  /** Orders transactions; undefined if this node takes none. */
  get sequencer(): Roles["sequencer"] {
    return this.#roles.sequencer;
  }

  /** Told of each transaction that is new and came by the API; undefined if nobody else is to know of it. */
  get onAccepted(): ((transaction: Uint8Array) => void) | undefined {
    return this.#roles.onAccepted;
  }

  /** Undefined if the configuration names no addresses of a network. */
  get network(): B52Network | undefined {
    return this.#network;
  }

  /** Messages of peers about rounds of B52, as this node has heard them; undefined under Proof of Efficiency. */
  get heard(): RoundWatch | undefined {
    return this.#roles.heard;
  }

  /** Whether others than users of this machine can ask the API. */
  get isPublic(): boolean {
    const { apiProxy, apiHost } = this.configuration;
    return apiProxy || !(apiHost === "localhost" || isLoopback(apiHost));
  }

  /** Undefined if this node has no API. */
  get accountIndex(): AccountIndex | undefined {
    return this.#accountIndex;
  }

  /** Undefined if this node has no role. */
  get outbox(): Outbox | undefined {
    return this.#outbox;
  }

  /** Milliseconds since the node was at L1's head and its state was that of L1. */
  get age(): number {
    return performance.now() - this.#synchronisedAt;
  }

  /** Where its API listens; undefined if it has none. */
  get apiUrl(): string | undefined {
    return this.#api?.url;
  }

  /** Refuses what a nearly full disk may not be able to keep. @throws {ProtocolError} `DISK_LOW` */
  readonly requireRoom = (): void => {
    const { dataDir, minFree } = this.configuration;
    const { bavail, bsize } = statfsSync(dataDir);
    const [free, minimum] = [bavail * bsize, minFree * 2 ** 20];
    if (free >= minimum) return;
    throw new ProtocolError(
      "DISK_LOW",
      { path: dataDir, free, minimum },
      `the disk of ${dataDir} has ${Math.floor(free / 2 ** 20)} MB free, less than the ${minFree} MB of --min-free`,
    );
  };

  /** Ends when the node has stopped. @throws {Error} the reason, if nobody asked it to stop */
  async ended(): Promise<void> {
    await this.#loop;
    await this.#ending;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Stops the node within ten seconds. Transactions on their way to L1 are on the disk, and go on at the next start.
   */
  stop(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    // A client that keeps its connection open does not keep the node from its end either.
    const isDone = Promise.all([this.#api?.close(), this.#loop, this.#outbox?.idle(), this.#network?.leave()]);
    await Promise.race([isDone, sleep(STOP, undefined, { ref: false })]);
    this.#accountIndex?.stop();
    this.#roles.end?.();
    this.#database.close();
    if ("destroy" in this.#provider) (this.#provider as Provider & { destroy(): void }).destroy();
    this.#surroundings.log.info({}, "stopped");
  }

  async #join(): Promise<void> {
    const { node, mempool, escrow } = this.#roles;
    if (this.#network === undefined || !(node instanceof B52Node)) return;
    await this.#network.join(node, mempool, escrow);
    this.#surroundings.log.info({ addresses: this.#network.addresses }, "joined the network");
  }

  async #listen(): Promise<void> {
    const { noApi, apiHost: host, apiPort: port } = this.configuration;
    if (noApi) return;
    this.#synchronisedAt = performance.now();
    this.#api = await Api.listen(this, {
      ...{ host, port, explorer: EXPLORER_FOLDER },
      isBehindProxy: this.configuration.apiProxy,
      trouble: () => this.#trouble(),
      onFault: (error) => this.#surroundings.log.error({ reason: reasonOf(error) }, "the API could not answer"),
    });
  }

  /** Why the node is not healthy, in one sentence; undefined if it is. */
  #trouble(): string | undefined {
    if (this.#failure !== undefined) return reasonOf(this.#failure);
    try {
      this.requireRoom();
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  #rolesOn({ node, escrow }: OpenedNode): Roles {
    const {
      feeAccount = 0,
      poolPerSender,
      poolTotal,
      maxFee,
      maxGasPrice,
      tokenPrice,
      ...configuration
    } = this.configuration;
    const key = this.#key;
    const outbox = this.#outbox;
    const limits = { perSender: poolPerSender, total: poolTotal };
    const isOrdering = configuration.sequencer || configuration.proposer;
    const address = isOrdering && key !== undefined ? addressToUint(key.address) : NOBODY;
    const terms = { domain: node.domain, sequencer: address, baseFee: node.baseFee, feeToken: ETH };
    const mempool = new Mempool(this.#database, terms, limits);
    mempool.follow(node.virtualState, node.block);
    this.#accountIndex?.stop();
    if (!this.configuration.noApi) this.#accountIndex = new AccountIndex(this.#database);
    if (node instanceof B52Node) return this.#rolesOfB52(node, escrow, mempool);
    if (key === undefined || outbox === undefined) {
      return { node, escrow, mempool, sequencer: undefined, steps: [] };
    }
    const newSigner = (): OutboxSigner => new OutboxSigner(outbox, key.address, this.#provider, { maxFee });
    const sending = this.#sending;
    const steps: Roles["steps"][number][] = this.#delivery(node, outbox, key);
    const { prover } = this.#surroundings;
    const proving = new Turn();
    const proverSigner = newSigner();
    const aggregator = prover && new Aggregator(node, proverSigner, prover, undefined, { sending });
    const isProver = aggregator !== undefined && (configuration.aggregator || configuration.boot);
    let sequencer: Sequencer | undefined;
    if (configuration.sequencer) {
      const signer = newSigner();
      sequencer = new Sequencer(node, signer, { feeAccount, feeToken: ETH, pool: mempool, sending });
      const { minValue: minValuePercent, maxAge, maxLoss, forcedMargin, provenLeaves } = configuration;
      const strategy = { ...POSTING_STRATEGY, minValuePercent, maxAge, maxLoss, forcedMargin, provenLeaves };
      const role = new SequencerRole(sequencer, outbox, signer, {
        ...{ strategy, tokenPrice, maxGasPrice },
        ...(isProver ? { prover: { aggregator, signer: proverSigner, proving } } : {}),
      });
      steps.push(["sequencer", () => role.step()]);
    }
    if (isProver) {
      const { minProfit, leafCost, patience } = configuration;
      const strategy = {
        ...{ ...PROVING_STRATEGY, leafCost, tokenPrice },
        minProfit: configuration.aggregator ? minProfit : 2n ** 255n,
        patience: configuration.boot ? patience : undefined,
      };
      const role = new AggregatorRole(aggregator, outbox, proverSigner, { strategy, maxGasPrice, proving });
      steps.push([configuration.aggregator ? "aggregator" : "boot", () => role.step()]);
    }
    return { node, escrow, mempool, sequencer, steps };
  }

  #rolesOfB52(node: B52Node, escrow: EscrowClient | undefined, mempool: Mempool): Roles {
    const [gossip, outbox, key] = [this.#gossip, this.#outbox, this.#key];
    const book = new GossipBook(gossip, node.domain);
    const store = new B52Store(this.#database);
    const workshop = new Workshop(node, book, store);
    const heard = new RoundWatch(node, book, store);
    const { proposer, prover: proves, builder, maxFee } = this.configuration;
    if (key === undefined || outbox === undefined || !(proposer || proves || builder)) {
      const steps = key === undefined || outbox === undefined ? [] : this.#delivery(node, outbox, key);
      // Without a network there is nobody to ask.
      if (!(gossip instanceof LoneGossip)) {
        const watcher = new WatcherRole(node, book, workshop);
        steps.push(["watcher", () => watcher.step()]);
      }
      return { node, escrow, mempool, sequencer: undefined, heard, steps, end: () => book.close() };
    }
    const departer = new OutboxSigner(outbox, key.address, this.#provider, { maxFee });
    const roles = new B52Roles(node, this.configuration, {
      ...{ database: this.#database, store, book, workshop, outbox, key, mempool, gossip, escrow, departer },
      ...{ sending: this.#sending, prover: this.#surroundings.prover, ticketKey: this.#ticketKey },
      log: this.#surroundings.log,
    });
    const { ordering, onAccepted } = roles;
    const end = (): void => {
      roles.close();
      book.close();
    };
    const steps = [...this.#delivery(node, outbox, key), ...roles.steps];
    return {
      ...{ node, escrow, mempool, sequencer: ordering, heard, steps, end },
      ...(onAccepted === undefined ? {} : { onAccepted }),
    };
  }

  /** The delivery of departures, if the configuration asks for it. */
  #delivery(node: FollowedNode, outbox: Outbox, { address }: Wallet): Roles["steps"][number][] {
    const { deliver, maxDelivery, maxFee } = this.configuration;
    if (!deliver) return [];
    const signer = new OutboxSigner(outbox, address, this.#provider, { maxFee });
    const migrator = new Migrator(node, signer, NO_PROVER, undefined, this.#sending);
    const strategy = { ...DELIVERY_STRATEGY, maxCost: maxDelivery };
    const role = new DeliveryRole(node, migrator, outbox, signer, strategy);
    return [["deliver", () => role.step()]];
  }

  get #sending(): { readonly maxFee: bigint; readonly pollingInterval: number; readonly timeout: number } {
    return { maxFee: this.configuration.maxFee, pollingInterval: this.#polling, timeout: 120 };
  }

  get #polling(): number {
    return this.#surroundings.pollingInterval ?? POLLING;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      try {
        await this.#turn();
      } catch (error) {
        if (isStopped()) break;
        if (isOfDatabase(error)) {
          // Nothing can be kept any more: the next start finds what was.
          this.#failure = error;
          this.#surroundings.log.error({ reason: reasonOf(error) }, "the database failed");
          break;
        }
        this.#surroundings.log.warn({ reason: reasonOf(error) }, "L1 could not be followed");
      }
      await sleep(this.#polling, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Follows L1 to its head, looks after what was sent, and lets each role look that is not at work. */
  async #turn(): Promise<void> {
    await this.#follow();
    if (this.#outbox !== undefined) for (const report of await this.#outbox.step()) this.#logOutbox(report);
    for (const [name, step] of this.#roles.steps) {
      if (this.#working.has(name) || this.#stopping.signal.aborted) continue;
      const work = step()
        .then((decision) => {
          const level = decision.do === "wait" ? "debug" : "info";
          this.#surroundings.log[level]({ role: name, ...decision }, "decided");
        })
        .catch((error: unknown) => {
          if (isOfDatabase(error)) {
            this.#failure ??= error;
          } else if (!this.#stopping.signal.aborted) {
            this.#surroundings.log.warn({ role: name, reason: reasonOf(error) }, "a role failed, and will try again");
          }
        })
        .finally(() => this.#working.delete(name));
      this.#working.set(name, work);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #follow(): Promise<void> {
    const { node, escrow, mempool } = this.#roles;
    try {
      if (!this.#isLost) {
        await node.sync();
        await escrow?.sync();
        mempool.follow(node.virtualState, node.block);
        await this.#network?.follow();
      }
    } catch (error) {
      // `STATE_GONE`: the disk has gone back, and this object has not.
      if (!isProtocolError(error, "REORGANISED", "STATE_GONE")) throw error;
      this.#surroundings.log.warn({ reason: reasonOf(error) }, "L1 went back; going back to where it is the same");
      this.#isLost = true;
    }
    if (this.#isLost) {
      this.#accountIndex?.stop();
      const again = await openNode(this.#provider, this.#storage, this.configuration, this.#surroundings, this.#key);
      mempool.flush();
      this.#roles.end?.();
      this.#roles = this.#rolesOn(again);
      await this.#join();
      this.#isLost = false;
    }
    this.#indexAccounts();
    this.#synchronisedAt = performance.now();
  }

  /** Not waited for: after a start, many accounts may have to be read. */
  #indexAccounts(): void {
    const { node } = this.#roles;
    this.#accountIndex?.follow(node.virtualState, node.block).catch((error: unknown) => {
      if (isOfDatabase(error)) this.#failure ??= error;
      else this.#surroundings.log.warn({ reason: reasonOf(error) }, "accounts could not be written by key and owner");
    });
  }

  #logOutbox({ purpose, head, step, trouble, row }: OutboxReport): void {
    const isQuiet = step?.do === "wait" && (step.why === "mined" || step.why === "fresh" || step.why === "blocked");
    const level = trouble === undefined && isQuiet ? "debug" : trouble === undefined ? "info" : "warn";
    const { do: action = "undecided", ...details } = step ?? {};
    const facts = { purpose, head, nonce: row.nonce, action, why: "why" in details ? details.why : undefined, trouble };
    this.#surroundings.log[level](facts, "outbox");
  }
}

/** The network that a configuration asks for; undefined if it asks for none. @throws {ProtocolError} `NO_PROVER` */
function networkOf(
  configuration: NodeConfiguration,
  { verifier, log }: NodeSurroundings,
  { chainId, database }: { readonly chainId: bigint; readonly database: Database },
): B52Network | undefined {
  if (!usesNetwork(configuration)) return undefined;
  if (verifier === undefined) {
    throw new ProtocolError("NO_PROVER", {}, "the options --p2p-… need a verifier of proofs");
  }
  const { rollup, escrow, dataDir, p2pListen, p2pAnnounce, p2pPeers, p2pBootstrap } = configuration;
  const addresses = { listen: p2pListen, announce: p2pAnnounce, peers: p2pPeers, bootstrap: p2pBootstrap };
  const identity = { chainId, rollup, escrow };
  return new B52Network({ ...addresses, identity, database, log, keyPath: join(dataDir, "peer.key") }, verifier);
}

/** How often a node that starts begins to read again, as L1 went back meanwhile. */
const OPENINGS = 20;

/** As `openNode`, and again if L1 goes back while it is read. */
async function openPatiently(...parameters: Parameters<typeof openNode>): Promise<OpenedNode> {
  const [, , , { log, pollingInterval = POLLING }] = parameters;
  for (let opening = 1; ; opening++) {
    try {
      return await openNode(...parameters);
    } catch (error) {
      if (!isProtocolError(error, "REORGANISED") || opening === OPENINGS) throw error;
      log.warn({ reason: reasonOf(error) }, "L1 went back while it was read; reading it again");
      await sleep(pollingInterval);
    }
  }
}

/** The database, and what it keeps of a rollup. */
interface Storage {
  readonly database: Database;
  readonly storages: NodeStorages;
}

function storageIn(database: Database, log: Log): Storage {
  const onClear = (): void => {
    AccountIndex.forget(database);
    log.warn(
      { path: database.path },
      "L1 has replaced all blocks that were kept; reading again from the deployment on",
    );
  };
  let ofProofOfEfficiency: RollupStore | undefined;
  let ofB52: B52RollupStore | undefined;
  return {
    database,
    storages: {
      proofOfEfficiency: ({ depth }) => (ofProofOfEfficiency ??= new RollupStore(database, depth, { onClear })),
      b52: ({ depth }) => (ofB52 ??= new B52RollupStore(database, depth, { onClear })),
    },
  };
}

/** A node as it was opened, with the escrow of builders if its configuration names one. */
interface OpenedNode {
  readonly node: FollowedNode;
  readonly escrow: EscrowClient | undefined;
}

/** Opens the rollup, and the escrow of its builders, which is younger than the rollup. */
async function openNode(
  provider: Provider,
  storage: Storage,
  configuration: NodeConfiguration,
  surroundings: NodeSurroundings,
  key: Wallet | undefined,
): Promise<OpenedNode> {
  const node = await openFollowed(provider, storage, configuration, surroundings);
  const { escrow, rollup } = configuration;
  if (escrow === undefined) return { node, escrow: undefined };
  if (!(node instanceof B52Node)) {
    throw new ProtocolError(
      "UNSUPPORTED_CONSENSUS",
      { consensus: "Proof of Efficiency" },
      `the rollup ${rollup} is of Proof of Efficiency, which has no builders: leave out --escrow`,
    );
  }
  const accounts = key === undefined ? [] : [key.address];
  return { node, escrow: await EscrowClient.open(node, escrow, node.system.deploymentBlock, { accounts }) };
}

/** Opens the rollup where the database has left it, or from its deployment on. */
async function openFollowed(
  provider: Provider,
  { database, storages }: Storage,
  { rollup, deploymentBlock: given, confirmations, maxRange, ...roles }: NodeConfiguration,
  { onProgress }: NodeSurroundings,
): Promise<FollowedNode> {
  let isOpen = false;
  const onRead = (block: number, last: number): void => {
    if (!isOpen) onProgress?.(block, last);
  };
  const reading = { confirmations, maxRange, onProgress: onRead };
  const known = ViewStore.deployment(database);
  // The deployment need not be looked up again, in logs that an endpoint may not have any more.
  if (known !== undefined && (await hasBlockOfL1(provider, database))) {
    const found = await findRollup(provider, rollup, known.block, reading);
    requireSameConsensus(database, known, found);
    requireRolesOf(found.consensus, { rollup, ...roles });
    const { node } = await openFound(found, storages);
    isOpen = true;
    return node;
  }
  const openFrom = (deploymentBlock: number | undefined): Promise<OpenedRollup> =>
    openRollup(provider, rollup, {
      ...{ ...reading, storages },
      ...(deploymentBlock === undefined ? {} : { deploymentBlock }),
    });
  const opened = await openFrom(known?.block ?? given).catch((error: unknown) => {
    // A reorganisation of L1 can move the deployment.
    if (known === undefined || !isProtocolError(error, "WRONG_DEPLOYMENT_BLOCK")) throw error;
    return openFrom(given);
  });
  const { consensus, node } = opened;
  requireRolesOf(consensus, { rollup, ...roles });
  const { deploymentBlock: block } = node.system;
  if (block !== known?.block || consensus !== known.consensus) {
    ViewStore.rememberDeployment(database, { block, consensus });
  }
  isOpen = true;
  return node;
}

/** @throws {ProtocolError} `DATABASE_OF_ANOTHER_ROLLUP` if a database is of another consensus */
function requireSameConsensus({ path }: Database, known: Deployment, { consensus: expected }: FoundRollup): void {
  const found = known.consensus;
  if (found === expected) return;
  throw new ProtocolError(
    "DATABASE_OF_ANOTHER_ROLLUP",
    { path, what: "consensus", expected, found },
    `the database ${path} is of consensus ${found}, not ${expected}: choose another directory`,
  );
}

/** @throws {ProtocolError} `UNSUPPORTED_CONSENSUS` if a configuration has roles of another consensus */
function requireRolesOf(
  consensus: Consensus,
  {
    rollup,
    sequencer,
    aggregator,
    boot,
    proposer,
    prover,
    builder,
  }: Pick<NodeConfiguration, "rollup" | "sequencer" | "aggregator" | "boot" | "proposer" | "prover" | "builder">,
): void {
  const isB52 = consensus === "B52";
  if (!(isB52 ? sequencer || aggregator || boot : proposer || prover || builder)) return;
  const own = isB52 ? "--proposer, --prover and --builder" : "--sequencer, --aggregator and --boot";
  throw new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus },
    `the rollup ${rollup} is of ${consensus}, which has ${own}`,
  );
}

/** Whether L1 still has one of the blocks after which a database has a view. */
async function hasBlockOfL1(provider: Provider, database: Database): Promise<boolean> {
  for (const { number, hash } of ViewStore.blocks(database)) {
    const found = await ask("eth_getBlockByNumber", () => provider.getBlock(number));
    if (found?.hash === hash) return true;
  }
  return false;
}

const isOfDatabase = (error: unknown): error is ProtocolError =>
  isProtocolError(error, "DATABASE_FULL", "DATABASE_FAILED", "DATABASE_CORRUPT", "DATABASE_LOCKED");
