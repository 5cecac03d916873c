// SPDX-License-Identifier: MIT
import type { LogDescription } from "ethers";

import { NO_DRAW, RegistryTree } from "../../../b52/index.ts";
import type { Point } from "../../../crypto/index.ts";
import { ProtocolError } from "../../../errors.ts";
import { toField } from "../../../field.ts";
import type { TicketRecord } from "../blocks.ts";
import type { TicketChange } from "../savedView.ts";

/** The provers' registry, by its events. */
export class ProverKeys {
  readonly #stake: bigint;
  #changes: TicketChange[] = [];
  #registry = RegistryTree.empty();
  /** Draw of the round that was opened last, where tickets are drawn. */
  #drawn: { readonly round: bigint; readonly draw: bigint } | undefined;
  /** Tickets that somebody has or had. */
  #tickets = new Map<number, TicketRecord>();

  /** @param stake of a ticket when it is taken, fixed at deployment */
  constructor(stake: bigint) {
    this.#stake = stake;
  }

  clone(): ProverKeys {
    const copy = new ProverKeys(this.#stake);
    copy.#changes = [...this.#changes];
    copy.#registry = this.#registry;
    copy.#drawn = this.#drawn;
    copy.#tickets = new Map(this.#tickets);
    return copy;
  }

  /** @param stake as in the constructor */
  static restore(stake: bigint, changes: readonly TicketChange[]): ProverKeys {
    const keys = new ProverKeys(stake);
    keys.#changes = [...changes];
    keys.#registry = registryAfter(changes);
    for (const change of changes) keys.#record(change);
    return keys;
  }

  /** Draw of a round that L1 opens with the event at hand; 0 where tickets are not drawn. */
  drawOf(round: bigint): bigint {
    return this.#drawn?.round === round ? this.#drawn.draw : NO_DRAW;
  }

  /** Changes of tickets, the oldest first. */
  get changes(): readonly TicketChange[] {
    return this.#changes;
  }

  /** The keys now. */
  get registry(): RegistryTree {
    return this.#registry;
  }

  /** Tickets that somebody has or had, by their ids. */
  get tickets(): readonly TicketRecord[] {
    return [...this.#tickets.values()].sort((a, b) => a.ticket - b.ticket);
  }

  /** Owner of a ticket, also of one that has left; undefined if nobody ever joined with it. */
  ownerOf(ticket: number): string | undefined {
    return this.#tickets.get(ticket)?.owner;
  }

  /**
   * Takes an event of the registry.
   *
   * @throws {ProtocolError} `EVENTS_MISSING` for one of a ticket that nobody has; as `RegistryTree.set`
   */
  read({ name, args }: LogDescription): void {
    const ticket = Number(args["ticket"]);
    switch (name) {
      case "TicketJoined": {
        const key = { x: toField(args["keyX"] as bigint), y: toField(args["keyY"] as bigint) };
        this.#registry = this.#registry.set(ticket, key);
        const [owner, payout] = [args["owner"] as string, args["payout"] as string];
        this.#take({ kind: "join", ticket, key, owner, payout });
        break;
      }
      case "TicketWaits":
        this.#registry = this.#registry.remove(ticket);
        this.#take({ kind: "wait", ticket });
        break;
      case "TicketActivated":
        this.#take({ kind: "activate", ticket });
        this.#registry = registryAfter(this.#changes);
        break;
      case "RoundDrawn":
        this.#drawn = { round: args["round"] as bigint, draw: args["draw"] as bigint };
        break;
      case "TicketLeft":
        this.#registry = this.#registry.remove(ticket);
        this.#take({ kind: "leave", ticket, withdrawableAt: args["withdrawableAt"] as bigint });
        break;
      case "TicketSlashed":
        this.#take({ kind: "slash", ticket, amount: args["amount"] as bigint, misses: Number(args["misses"]) });
        break;
      case "StakeWithdrawn":
        this.#take({ kind: "withdraw", ticket });
        break;
      default:
    }
  }

  #take(change: TicketChange): void {
    this.#record(change);
    this.#changes.push(change);
  }

  #record(change: TicketChange): void {
    const { ticket } = change;
    if (change.kind === "join") {
      const { owner, payout } = change;
      this.#tickets.set(ticket, {
        ...{ ticket, owner, payout, state: "active", stake: this.#stake },
        ...{ withdrawableAt: undefined, misses: 0, slashes: 0, slashed: 0n },
      });
      return;
    }
    const known = this.#tickets.get(ticket);
    if (known === undefined) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "TicketJoined", expected: ticket },
        `the endpoint's logs have a change of ticket ${ticket} (${change.kind}), and not that somebody took it`,
      );
    }
    this.#tickets.set(ticket, changed(known, change));
  }
}

function changed(ticket: TicketRecord, change: Exclude<TicketChange, { readonly kind: "join" }>): TicketRecord {
  switch (change.kind) {
    case "wait":
      return { ...ticket, state: "waiting" };
    case "activate":
      return { ...ticket, state: "active" };
    case "leave":
      return { ...ticket, state: "leaving", withdrawableAt: change.withdrawableAt };
    case "slash": {
      const { amount, misses } = change;
      const [stake, slashed] = [ticket.stake - amount, ticket.slashed + amount];
      return { ...ticket, stake, misses, slashes: ticket.slashes + 1, slashed };
    }
    case "withdraw":
      return { ...ticket, state: "free", stake: 0n, withdrawableAt: undefined };
  }
}

/** The keys after changes of tickets. */
export function registryAfter(changes: readonly TicketChange[]): RegistryTree {
  const keys = new Map<number, Point>();
  const waiting = new Map<number, Point>();
  for (const { ticket, ...change } of changes) {
    const known = keys.get(ticket) ?? waiting.get(ticket);
    if (change.kind === "join") keys.set(ticket, change.key);
    if (change.kind === "activate" && known !== undefined) keys.set(ticket, known);
    if (change.kind === "wait" && known !== undefined) waiting.set(ticket, known);
    if (change.kind === "wait" || change.kind === "leave") keys.delete(ticket);
    if (change.kind === "leave" || change.kind === "activate") waiting.delete(ticket);
  }
  return RegistryTree.of(keys);
}
