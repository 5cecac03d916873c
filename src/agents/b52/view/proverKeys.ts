// SPDX-License-Identifier: MIT
import type { LogDescription } from "ethers";

import { RegistryTree } from "../../../b52/index.ts";
import type { Point } from "../../../crypto/index.ts";
import { toField } from "../../../field.ts";
import type { TicketChange } from "../savedView.ts";

/** The provers' registry, by its events. */
export class ProverKeys {
  #changes: TicketChange[] = [];
  #registry = RegistryTree.empty();
  /** By ticket, since the last time that somebody took it. */
  #owners = new Map<number, string>();

  clone(): ProverKeys {
    const copy = new ProverKeys();
    copy.#changes = [...this.#changes];
    copy.#registry = this.#registry;
    copy.#owners = new Map(this.#owners);
    return copy;
  }

  static restore(changes: readonly TicketChange[]): ProverKeys {
    const keys = new ProverKeys();
    keys.#changes = [...changes];
    keys.#registry = registryAfter(changes);
    for (const { ticket, taken } of changes) if (taken !== undefined) keys.#owners.set(ticket, taken.owner);
    return keys;
  }

  /** Changes of tickets, the oldest first. */
  get changes(): readonly TicketChange[] {
    return this.#changes;
  }

  /** The keys now. */
  get registry(): RegistryTree {
    return this.#registry;
  }

  /** Owner of a ticket, also of one that has left; undefined if nobody ever joined with it. */
  ownerOf(ticket: number): string | undefined {
    return this.#owners.get(ticket);
  }

  /** Takes an event of the registry. @throws {ProtocolError} as `RegistryTree.set` */
  read({ name, args }: LogDescription): void {
    if (name === "TicketJoined") {
      const [ticket, owner] = [Number(args["ticket"]), args["owner"] as string];
      const key = { x: toField(args["keyX"] as bigint), y: toField(args["keyY"] as bigint) };
      this.#registry = this.#registry.set(ticket, key);
      this.#owners.set(ticket, owner);
      this.#changes.push({ ticket, taken: { key, owner } });
    }
    if (name === "TicketLeft") {
      const ticket = Number(args["ticket"]);
      this.#registry = this.#registry.remove(ticket);
      this.#changes.push({ ticket, taken: undefined });
    }
  }
}

/** The keys after changes of tickets. */
export function registryAfter(changes: readonly TicketChange[]): RegistryTree {
  const keys = new Map<number, Point>();
  for (const { ticket, taken } of changes) {
    if (taken === undefined) keys.delete(ticket);
    else keys.set(ticket, taken.key);
  }
  return RegistryTree.of(keys);
}
