// SPDX-License-Identifier: MIT
import type { Wallet } from "ethers";

import { addressToUint, type B52Node } from "../../agents/index.ts";
import type { Signer } from "../../crypto/index.ts";
import type { Prover } from "../../prover/index.ts";
import { B52Store } from "../b52Store/index.ts";
import type { NodeConfiguration } from "../configuration/index.ts";
import type { Mempool } from "../mempool/index.ts";
import type { Gossip } from "../network/index.ts";
import type { Outbox } from "../outbox/index.ts";
import {
  ClosingRole,
  CourtRole,
  Desk,
  ExpectedState,
  GossipBook,
  NodeProverRole,
  ProposerRole,
  Turn,
  VoterRole,
  Workshop,
  type B52Decision,
  type B52Setting,
  type ClosingRoleOptions,
  type OutboxSigner,
} from "../roles/index.ts";
import type { Database } from "../storage/index.ts";
import {
  COURT_STRATEGY,
  NODE_PROVING_STRATEGY,
  PROPOSING_STRATEGY,
  SUBMITTING_STRATEGY,
  VOTING_STRATEGY,
} from "../strategies/index.ts";

/** Parts of a node that the roles of B52 work with. */
export interface B52Parts {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly key: Wallet;
  readonly mempool: Mempool;
  readonly gossip: Gossip;
  /** Sends the proofs of departures, and nothing else. */
  readonly departer: OutboxSigner;
  readonly sending: NonNullable<ClosingRoleOptions["departing"]>["sending"];
  /** Undefined if the node proves nothing. */
  readonly prover: Prover | undefined;
  /** Of the ticket; undefined if the node has none. */
  readonly ticketKey: Signer | undefined;
}

/** The roles of B52 that a node's configuration asks for. */
export class B52Roles {
  /** Each looks once, and acts if it is time; its name is for the log. */
  readonly steps: readonly (readonly [name: string, step: () => Promise<B52Decision>])[];
  /** The state by which a proposer judges transactions; undefined if the node proposes nothing. */
  readonly ordering: ExpectedState | undefined;
  /** Tells the network of a transaction that came by the API. */
  readonly onAccepted: ((transaction: Uint8Array) => void) | undefined;
  readonly #book: GossipBook;
  readonly #end: () => void;

  constructor(node: B52Node, configuration: NodeConfiguration, parts: B52Parts) {
    const { database, outbox, key, mempool, gossip, departer, sending, prover, ticketKey } = parts;
    const { maxFee, maxGasPrice, tokenPrice, secondCost, margin } = configuration;
    const { proposer: proposes, prover: proves, ticket } = configuration;
    const store = new B52Store(database);
    const book = new GossipBook(gossip, node.domain);
    this.#book = book;
    const setting: B52Setting = {
      ...{ node, gossip, book, store, workshop: new Workshop(node, book, store) },
      desk: new Desk(outbox, key.address, { maxFee }),
    };
    const proving = new Turn();
    const steps: (typeof this.steps)[number][] = [];
    const add = (name: string, role: { step(): Promise<B52Decision> }): void => {
      steps.push([name, () => role.step()]);
    };
    if (proposes) {
      const { bid: maxBid, bidPercent, share, gatherPercent, emptyBlocks, feeAccount = 0 } = configuration;
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
      add("proposer", new ProposerRole(setting, key, { strategy, feeAccount, mempool, maxGasPrice }));
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
    this.ordering = proposes ? new ExpectedState(node, addressToUint(key.address)) : undefined;
    const { ordering } = this;
    this.onAccepted = proposes
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
    this.#book.close();
  }
}
