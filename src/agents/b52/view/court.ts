// SPDX-License-Identifier: MIT
import type { LogDescription } from "ethers";

import type { OpenedVoteStructOutput } from "../../../../typechain-types/contracts/interfaces/IB52.ts";
import { ticketOf, TREE_NODES, type ShownVote } from "../../../b52/index.ts";
import type { NodeDefault, ProvenBlock } from "../blocks.ts";
import { toPlain } from "../plain.ts";
import type { CourtEvent } from "../savedView.ts";
import { entryKey, toShownVote } from "./encoding.ts";

/** The later fate of promises that were not kept: demands for votes, answers, defences and slashes (docs/b52.md §8). */
export class Court {
  #events: CourtEvent[] = [];
  /** Open demands for votes: who asked, and who answered, by node, of each block. */
  #demands = new Map<string, ReadonlyMap<number, readonly string[]>>();
  /** Nodes whose default was cleared: by a defence, or as the votes were demanded and never shown. */
  #cleared = new Map<string, ReadonlySet<number>>();
  /** Those of them that were defended. */
  #defended = new Map<string, ReadonlySet<number>>();
  /** Votes that were shown on L1, by node, of each block. */
  #shown = new Map<string, ReadonlyMap<number, readonly ShownVote[]>>();
  /** Tickets that were slashed, by round. */
  #slashed = new Map<bigint, ReadonlySet<number>>();

  clone(): Court {
    const copy = new Court();
    copy.#events = [...this.#events];
    copy.#demands = new Map(this.#demands);
    copy.#cleared = new Map(this.#cleared);
    copy.#defended = new Map(this.#defended);
    copy.#shown = new Map(this.#shown);
    copy.#slashed = new Map(this.#slashed);
    return copy;
  }

  static restore(events: readonly CourtEvent[]): Court {
    const court = new Court();
    for (const event of events) court.#take(event);
    return court;
  }

  /** All events, the oldest first. */
  get events(): readonly CourtEvent[] {
    return this.#events;
  }

  /** Open demands about a block: by node the one who asks, and the one who answered. @param key `entryKey` */
  demandsOf(key: string): ReadonlyMap<number, readonly string[]> {
    return this.#demands.get(key) ?? new Map<number, readonly string[]>();
  }

  /** Promised nodes of a proven block that nobody has delivered, with what became of each since. */
  defaultsOf({ proposal, record }: ProvenBlock): readonly NodeDefault[] {
    const key = entryKey(proposal.round, proposal.proposer);
    const nodes = BigInt(record.nodes);
    const defaults: NodeDefault[] = [];
    for (let node = 1; node < 2 * Number(record.leaves); node++) {
      if (((nodes >> BigInt(TREE_NODES + node)) & 1n) === 0n) continue;
      const ticket = ticketOf(BigInt(record.promised), node);
      const parties = this.#demands.get(key)?.get(node);
      defaults.push({
        ...{ node, ticket, isCleared: this.#cleared.get(key)?.has(node) ?? false },
        isDefended: this.#defended.get(key)?.has(node) ?? false,
        isSlashed: this.#slashed.get(proposal.round)?.has(ticket) ?? false,
        demand: parties?.[0] === undefined ? undefined : { asker: parties[0], answerer: parties[1] },
        shown: this.#shown.get(key)?.get(node),
      });
    }
    return defaults;
  }

  /**
   * Takes an event of the consensus, if it is about a default.
   *
   * @param isDrawn whether tickets are drawn in the round that it is about
   */
  read({ name, args }: LogDescription, isDrawn: (round: bigint) => boolean): void {
    const block = (): string => entryKey(args["round"] as bigint, args["proposer"] as string);
    const node = (): number => Number(args["node"]);
    switch (name) {
      case "VotesDemanded":
        this.#take({ kind: "demand", block: block(), node: node(), asker: args["asker"] as string });
        break;
      case "VotesShown": {
        const shown = toPlain(args["openings"]) as OpenedVoteStructOutput[];
        const openings = shown.map((opening) => toShownVote(opening, isDrawn(args["round"] as bigint)));
        this.#take({ kind: "show", block: block(), node: node(), answerer: args["answerer"] as string, openings });
        break;
      }
      case "DemandClosed":
        this.#take({ kind: "close", block: block(), node: node() });
        break;
      case "Defended":
        this.#take({ kind: "defend", block: block(), node: node() });
        break;
      case "Slashed":
        this.#take({ kind: "slash", round: args["round"] as bigint, ticket: Number(args["ticket"]) });
        break;
      default:
    }
  }

  #take(event: CourtEvent): void {
    this.#events.push(event);
    switch (event.kind) {
      case "demand":
        this.#setDemand(event, [event.asker]);
        break;
      case "show":
        this.#setDemand(event, [...this.#partiesOf(event), event.answerer]);
        this.#shown.set(event.block, new Map(this.#shown.get(event.block)).set(event.node, event.openings));
        break;
      case "close":
        // Without an answer nobody could make the proof: the default stays void.
        if (this.#partiesOf(event).length < 2) add(this.#cleared, event);
        this.#setDemand(event, undefined);
        break;
      case "defend":
        add(this.#cleared, event);
        add(this.#defended, event);
        break;
      case "slash":
        this.#slashed.set(event.round, new Set(this.#slashed.get(event.round)).add(event.ticket));
    }
  }

  #partiesOf({ block, node }: NodeOfBlock): readonly string[] {
    return this.#demands.get(block)?.get(node) ?? [];
  }

  #setDemand({ block, node }: NodeOfBlock, parties: readonly string[] | undefined): void {
    const demands = new Map(this.#demands.get(block));
    if (parties === undefined) demands.delete(node);
    else demands.set(node, parties);
    this.#demands.set(block, demands);
  }
}

function add(sets: Map<string, ReadonlySet<number>>, { block, node }: NodeOfBlock): void {
  sets.set(block, new Set(sets.get(block)).add(node));
}

interface NodeOfBlock {
  readonly block: string;
  readonly node: number;
}
