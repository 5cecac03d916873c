// SPDX-License-Identifier: MIT
import type { Wallet } from "ethers";

import { addressToUint, type B52Node, type EscrowClient } from "../../agents/index.ts";
import type { OutputSigner } from "../../crypto/index.ts";
import type { Prover } from "../../prover/index.ts";
import { TradeStore, type B52Store } from "../b52Store/index.ts";
import type { NodeConfiguration } from "../configuration/index.ts";
import type { Mempool } from "../mempool/index.ts";
import type { Gossip } from "../network/index.ts";
import type { Outbox } from "../outbox/index.ts";
import {
  BuilderRole,
  Buyer,
  ClosingRole,
  CourtRole,
  Desk,
  EscrowRole,
  ExpectedState,
  NodeProverRole,
  ProposerRole,
  Teller,
  Turn,
  VoterRole,
  type Workshop,
  type B52Decision,
  type B52Setting,
  type ClosingRoleOptions,
  type GossipBook,
  type OutboxSigner,
  type TradeSetting,
} from "../roles/index.ts";
import type { Database } from "../storage/index.ts";
import {
  BUILDING_STRATEGY,
  BUYING_STRATEGY,
  COURT_STRATEGY,
  NODE_PROVING_STRATEGY,
  PROPOSING_STRATEGY,
  SUBMITTING_STRATEGY,
  VOTING_STRATEGY,
} from "../strategies/index.ts";
import type { Log } from "./log.ts";

/** Parts of a node that the roles of B52 work with. */
export interface B52Parts {
  readonly database: Database;
  readonly store: B52Store;
  readonly book: GossipBook;
  readonly workshop: Workshop;
  readonly outbox: Outbox;
  readonly key: Wallet;
  readonly mempool: Mempool;
  readonly gossip: Gossip;
  readonly log: Pick<Log, "warn">;
  /** The escrow of builders; undefined if the node trades with nobody. */
  readonly escrow: EscrowClient | undefined;
  /** Sends the proofs of departures, and nothing else. */
  readonly departer: OutboxSigner;
  readonly sending: NonNullable<ClosingRoleOptions["departing"]>["sending"];
  /** Undefined if the node proves nothing. */
  readonly prover: Prover | undefined;
  /** Of the ticket; undefined if the node has none. */
  readonly ticketKey: OutputSigner | undefined;
}

/** The roles of B52 that a node's configuration asks for. */
export class B52Roles {
  /** Each looks once, and acts if it is time; its name is for the log. */
  readonly steps: readonly (readonly [name: string, step: () => Promise<B52Decision>])[];
  /** The state by which a proposer or a builder judges transactions; undefined if the node orders nothing. */
  readonly ordering: ExpectedState | undefined;
  /** Tells the network of a transaction that came by the API. */
  readonly onAccepted: ((transaction: Uint8Array) => void) | undefined;
  readonly #end: () => void;

  constructor(node: B52Node, configuration: NodeConfiguration, parts: B52Parts) {
    const { database, store, book, workshop, outbox, key, mempool } = parts;
    const { gossip, escrow, departer, sending, prover, ticketKey, log } = parts;
    const { maxFee, maxGasPrice, tokenPrice, secondCost, margin, ticket } = configuration;
    const { proposer: proposes, prover: proves, builder: builds, feeAccount = 0 } = configuration;
    const setting: B52Setting = {
      ...{ node, book, store, workshop },
      teller: new Teller(gossip, (message, reason) =>
        log.warn({ message, reason }, "the network did not take a message"),
      ),
      desk: new Desk(outbox, key.address, { maxFee }),
    };
    const proving = new Turn();
    const steps: (typeof this.steps)[number][] = [];
    const add = (name: string, role: { step(): Promise<B52Decision> }): void => {
      steps.push([name, () => role.step()]);
    };
    const trade: TradeSetting | undefined = escrow && { ...setting, escrow, trades: new TradeStore(database) };
    const buying = { ...BUYING_STRATEGY, tokenPrice };
    const { revealDepth } = PROPOSING_STRATEGY;
    if (builds && trade !== undefined) {
      const { payPercent, maxPayment, cover, escrowFunds } = configuration;
      const strategy = { ...BUILDING_STRATEGY, payPercent, maxPayment, cover, tokenPrice };
      add("builder", new BuilderRole(trade, key, { strategy, revealDepth, feeAccount, mempool }));
      const least = maxPayment + cover;
      const target = escrowFunds ?? 2n * least;
      add("escrow", new EscrowRole(trade, { isProposer: false, strategy: buying, revealDepth, least, target }));
    }
    if (proposes) {
      const { bid: maxBid, bidPercent, share, gatherPercent, emptyBlocks } = configuration;
      const chosen = {
        maxBid,
        bidPercent,
        share: 100n * BigInt(share),
        gatherPercent,
        emptyBlocks,
        margin,
        tokenPrice,
      };
      const strategy = { ...PROPOSING_STRATEGY, ...chosen };
      const buyer = trade && new Buyer(trade, key, buying);
      add("proposer", new ProposerRole(setting, key, { strategy, feeAccount, mempool, maxGasPrice, buyer }));
    }
    if (proposes && trade !== undefined) {
      const { demandBond: least } = trade.escrow.rules;
      const target = configuration.escrowFunds ?? 2n * least;
      add("escrow", new EscrowRole(trade, { isProposer: true, strategy: buying, revealDepth, least, target }));
    }
    if (proves && prover !== undefined && ticketKey !== undefined && ticket !== undefined) {
      const { load: loadPercent, maxNodes, join: joins } = configuration;
      const strategy = { ...VOTING_STRATEGY, loadPercent, maxNodes, secondCost, tokenPrice };
      add("voter", new VoterRole(setting, { strategy, ticket, key: ticketKey, joins, prover, proving }));
    }
    const ownTicket = proves ? ticket : undefined;
    if (prover !== undefined && proves) {
      const strategy = { ...NODE_PROVING_STRATEGY, margin, secondCost, tokenPrice };
      add("prover", new NodeProverRole(setting, { strategy, ticket: ownTicket, prover, proving }));
    }
    if (proposes || proves) {
      const departing =
        prover === undefined ? {} : { departing: { prover, outbox, signer: departer, proving, sending } };
      const strategy = { ...SUBMITTING_STRATEGY, margin, tokenPrice };
      add("closing", new ClosingRole(setting, { strategy, ticket: ownTicket, ...departing }));
      const court = { ...COURT_STRATEGY, margin, tokenPrice };
      add("court", new CourtRole(setting, { strategy: court, ticket: ownTicket, prover, proving }));
    }
    this.steps = steps;
    // A builder's block is of whoever buys it, so no transaction is bound to its proposer.
    const orders = proposes || builds;
    this.ordering = orders ? new ExpectedState(node, proposes ? addressToUint(key.address) : 0n) : undefined;
    const { ordering } = this;
    const isTold = orders && !(builds && configuration.private);
    this.onAccepted = isTold
      ? (slot) => {
          // That nobody hears of it is no reason to refuse it.
          gossip.publish({ kind: "transaction", slot }).catch(() => undefined);
        }
      : undefined;
    this.#end = gossip.subscribe((message) => {
      if (message.kind !== "transaction" || ordering === undefined) return;
      // One that does not fit the pool is the sender's trouble.
      mempool.submit(message.slot, ordering.expectedState).catch(() => undefined);
    });
  }

  /** Ends what listens to the network. */
  close(): void {
    this.#end();
  }
}
