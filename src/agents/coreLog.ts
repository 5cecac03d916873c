import { getBytes, type LogDescription } from "ethers";

import type { Profile } from "../profile.ts";
import { MigrationLog } from "./migrations.ts";
import type { SettledLeaf } from "./settlement.ts";

/** What the core of a rollup has published, event by event; the same under any consensus. */
export class CoreLog {
  readonly migrations: MigrationLog;
  readonly #forcedOperations: Uint8Array[] = [];
  readonly #settlements: (readonly SettledLeaf[])[] = [];
  #isFrozen = false;

  constructor(profile: Profile) {
    this.migrations = new MigrationLog(profile);
  }

  /** The forced queue: 93 bytes each, operation i at i − 1. */
  get forcedOperations(): readonly Uint8Array[] {
    return this.#forcedOperations;
  }

  /** The leaves that have exits, by transition. */
  get settlements(): readonly (readonly SettledLeaf[])[] {
    return this.#settlements;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Takes an event, if it is one of the core's. */
  read(event: Pick<LogDescription, "name" | "args">): void {
    const { name, args } = event;
    switch (name) {
      case "ForcedOperationQueued":
        this.#forcedOperations.push(getBytes(args["slot"] as string));
        break;
      case "ExitsSettled":
        this.#settlements.push(
          (args["exits"] as SettledLeaf[]).map(({ batch, leaf, exitsRoot }) => ({ batch, leaf, exitsRoot })),
        );
        break;
      case "Frozen":
        this.#isFrozen = true;
        break;
      default:
        this.migrations.read(event, this.#forcedOperations);
    }
  }
}
