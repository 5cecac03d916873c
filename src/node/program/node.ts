// SPDX-License-Identifier: MIT
import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Provider, Wallet } from "ethers";

import { addressToUint, Aggregator, B52Node, Migrator, RollupNode, Sequencer } from "../../agents/index.ts";
import { ask, reasonOf } from "../../chain/index.ts";
import { isProtocolError, ProtocolError } from "../../errors.ts";
import {
  findProofOfEfficiency,
  openProvider,
  openRollup,
  requireStateOfL1,
  type OpenedRollup,
} from "../../escape/index.ts";
import { ETH, type State } from "../../ledger/index.ts";
import type { Profile } from "../../profile.ts";
import type { Prover } from "../../prover/index.ts";
import { AccountIndex } from "../accountIndex/index.ts";
import { Api, EXPLORER_FOLDER, type FollowedNode } from "../api/index.ts";
import { needsKey, usesNetwork, type NodeConfiguration } from "../configuration/index.ts";
import { Mempool } from "../mempool/index.ts";
import { createOutboxL1, Outbox, type OutboxReport } from "../outbox/index.ts";
import { B52Network } from "./b52Network.ts";
import { B52Roles } from "./b52Roles.ts";
import { openKey, openTicketKey } from "./key.ts";
import { databaseOf } from "./snapshots.ts";
import type { Signer } from "../../crypto/index.ts";
import type { Gossip, ProofVerifier } from "../network/index.ts";
import {
  AggregatorRole,
  DeliveryRole,
  isWantedByB52,
  isWantedByL1,
  LoneGossip,
  OutboxSigner,
  SequencerRole,
  Turn,
} from "../roles/index.ts";
import { openDatabase, RollupStore, type Database } from "../storage/index.ts";
import { DELIVERY_STRATEGY, POSTING_STRATEGY, PROVING_STRATEGY } from "../strategies/index.ts";

/** Where a node says what it does: a logger of pino, for instance. */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

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
  readonly mempool: Mempool;
  /** Orders transactions; of B52 a proposer's view of what comes. */
  readonly sequencer: Sequencer | { readonly expectedState: State } | undefined;
  /** Tells others of a transaction that came by the API. */
  readonly onAccepted?: (transaction: Uint8Array) => void;
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
  readonly #ticketKey: Signer | undefined;
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
      readonly ticketKey: Signer | undefined;
      readonly network: B52Network | undefined;
      readonly node: FollowedNode;
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
    this.#roles = this.#rolesOn(parts.node);
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
      let store: RollupStore | undefined;
      const onClear = (): void => AccountIndex.forget(database);
      const storage: Storage = {
        database,
        of: ({ depth }) => (store ??= new RollupStore(database, depth, { onClear })),
      };
      const node = await openPatiently(provider, storage, configuration, surroundings);
      const isWanted = (purpose: string, block: number): Promise<boolean> => {
        const followed = started.node?.node ?? node;
        return followed instanceof B52Node
          ? isWantedByB52(followed, purpose, block)
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
        ...{ provider, database, storage, outbox, key, ticketKey, network, node },
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
    const { node, mempool } = this.#roles;
    if (this.#network === undefined || !(node instanceof B52Node)) return;
    await this.#network.join(node, mempool);
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

  #rolesOn(node: FollowedNode): Roles {
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
    if (key === undefined || outbox === undefined) return { node, mempool, sequencer: undefined, steps: [] };
    const newSigner = (): OutboxSigner => new OutboxSigner(outbox, key.address, this.#provider, { maxFee });
    const sending = { maxFee, pollingInterval: this.#polling, timeout: 120 };
    const steps: Roles["steps"][number][] = [];
    const { prover } = this.#surroundings;
    if (configuration.deliver) {
      const signer = newSigner();
      const migrator = new Migrator(node, signer, NO_PROVER, undefined, sending);
      const strategy = { ...DELIVERY_STRATEGY, maxCost: configuration.maxDelivery };
      const role = new DeliveryRole(node, migrator, outbox, signer, strategy);
      steps.push(["deliver", () => role.step()]);
    }
    if (node instanceof B52Node) {
      const roles = new B52Roles(node, this.configuration, {
        ...{ database: this.#database, outbox, key, mempool, gossip: this.#gossip, departer: newSigner(), sending },
        ...{ prover, ticketKey: this.#ticketKey },
      });
      const { ordering, onAccepted } = roles;
      const all = [...steps, ...roles.steps];
      return {
        ...{ node, mempool, sequencer: ordering, steps: all, end: () => roles.close() },
        ...(onAccepted === undefined ? {} : { onAccepted }),
      };
    }
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
    return { node, mempool, sequencer, steps };
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
    const { node, mempool } = this.#roles;
    try {
      if (!this.#isLost) {
        await node.sync();
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
      const again = await openNode(this.#provider, this.#storage, this.configuration, this.#surroundings);
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
  const { rollup, dataDir, p2pListen, p2pAnnounce, p2pPeers, p2pBootstrap } = configuration;
  const addresses = { listen: p2pListen, announce: p2pAnnounce, peers: p2pPeers, bootstrap: p2pBootstrap };
  const identity = { chainId, rollup };
  return new B52Network({ ...addresses, identity, database, log, keyPath: join(dataDir, "peer.key") }, verifier);
}

/** How often a node that starts begins to read again, as L1 went back meanwhile. */
const OPENINGS = 20;

/** As `openNode`, and again if L1 goes back while it is read. */
async function openPatiently(...parameters: Parameters<typeof openNode>): Promise<FollowedNode> {
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

/** The database, and what it keeps of a rollup of this profile. */
interface Storage {
  readonly database: Database;
  readonly of: (profile: Profile) => RollupStore;
}

/** Opens the rollup where the database has left it, or from its deployment on. */
async function openNode(
  provider: Provider,
  { database, of: storage }: Storage,
  { rollup, deploymentBlock: given, confirmations, maxRange, ...roles }: NodeConfiguration,
  { onProgress }: NodeSurroundings,
): Promise<FollowedNode> {
  let isOpen = false;
  const onRead = (block: number, last: number): void => {
    if (!isOpen) onProgress?.(block, last);
  };
  const reading = { confirmations, maxRange, onProgress: onRead };
  const known = RollupStore.deploymentBlock(database);
  // The deployment need not be looked up again, in logs that an endpoint may not have any more.
  if (known !== undefined && (await hasBlockOfL1(provider, database))) {
    const system = await findProofOfEfficiency(provider, rollup, known, reading);
    requireRolesOf("Proof of Efficiency", { rollup, ...roles });
    const node = await RollupNode.open(system, storage(system.profile));
    await requireStateOfL1(node);
    isOpen = true;
    return node;
  }
  const openFrom = (deploymentBlock: number | undefined): Promise<OpenedRollup> =>
    openRollup(provider, rollup, {
      ...{ ...reading, storage },
      ...(deploymentBlock === undefined ? {} : { deploymentBlock }),
    });
  const opened = await openFrom(known ?? given).catch((error: unknown) => {
    // A reorganisation of L1 can move the deployment.
    if (known === undefined || !isProtocolError(error, "WRONG_DEPLOYMENT_BLOCK")) throw error;
    return openFrom(given);
  });
  requireRolesOf(opened.consensus, { rollup, ...roles });
  const { deploymentBlock } = opened.node.system;
  if (deploymentBlock !== known) RollupStore.rememberDeployment(database, deploymentBlock);
  isOpen = true;
  return opened.node;
}

/** @throws {ProtocolError} `UNSUPPORTED_CONSENSUS` if a configuration has roles of another consensus */
function requireRolesOf(
  consensus: OpenedRollup["consensus"],
  {
    rollup,
    sequencer,
    aggregator,
    boot,
    proposer,
    prover,
  }: Pick<NodeConfiguration, "rollup" | "sequencer" | "aggregator" | "boot" | "proposer" | "prover">,
): void {
  const isB52 = consensus === "B52";
  if (!(isB52 ? sequencer || aggregator || boot : proposer || prover)) return;
  const own = isB52 ? "--proposer and --prover" : "--sequencer, --aggregator and --boot";
  throw new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus },
    `the rollup ${rollup} is of ${consensus}, which has ${own}`,
  );
}

/** Whether L1 still has one of the blocks after which a database has a view. */
async function hasBlockOfL1(provider: Provider, database: Database): Promise<boolean> {
  for (const { number, hash } of RollupStore.blocks(database)) {
    const found = await ask("eth_getBlockByNumber", () => provider.getBlock(number));
    if (found?.hash === hash) return true;
  }
  return false;
}

const isOfDatabase = (error: unknown): error is ProtocolError =>
  isProtocolError(error, "DATABASE_FULL", "DATABASE_FAILED", "DATABASE_CORRUPT", "DATABASE_LOCKED");
