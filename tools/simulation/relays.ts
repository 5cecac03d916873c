// SPDX-License-Identifier: MIT
import type { MessageKind, NetworkIdentity, TransactionMessage } from "../../src/node/index.ts";
import { Clock, MILLISECOND, seconds } from "./clock.ts";
import { Dice } from "./dice.ts";
import { Internet, type InternetOptions } from "./internet.ts";
import { Relay, type RelayWorld } from "./relay.ts";
import { Wire } from "./wire.ts";

/** Relays alone, which accept every message: for comparisons with gossipsub and with formulas. */
export interface RelayPlan {
  readonly seed: number;
  readonly identity: NetworkIdentity;
  readonly internet: Omit<InternetOptions, "partitions">;
  /** Milliseconds that a decision takes. */
  readonly decision: number;
  /** The connections, by the host that dials. */
  readonly dials: readonly (readonly [from: number, to: number])[];
  readonly published: readonly {
    /** Seconds. */
    readonly at: number;
    readonly host: number;
    readonly kind: MessageKind;
    readonly bytes: number;
  }[];
  /** Seconds after the last publication. */
  readonly after: number;
}

export interface RelayOutcome {
  /** Messages received by all hosts, duplicates among them. */
  readonly received: Readonly<Partial<Record<MessageKind, number>>>;
  /** Messages that were pulled by IWANT. */
  readonly pulled: number;
  /** By message: seconds until each host had it, 0 for the author; `Infinity` if it never came. */
  readonly delays: readonly (readonly number[])[];
  /** Bytes that all hosts sent. */
  readonly bytes: number;
}

export function simulateRelays(plan: RelayPlan): RelayOutcome {
  const clock = new Clock();
  const { identity, published, decision } = plan;
  const count = plan.internet.hosts;
  const internet = new Internet(clock, new Dice(plan.seed, "internet"), { ...plan.internet, partitions: [] });
  const world: RelayWorld = { clock, internet, wire: new Wire(identity), dice: new Dice(plan.seed, "relays") };
  const relays: Relay[] = [];
  const delays = published.map(() => Array.from({ length: count }, () => Number.POSITIVE_INFINITY));
  for (let host = 0; host < count; host++) {
    const owner = {
      admit: <T>(_from: number, rpc: T): T => rpc,
      judge: (_from: number, { id }: { readonly id: number }, accepted: () => void): void => {
        clock.after(decision * MILLISECOND, () => {
          delays[id]![host] = clock.now / seconds(1) - published[id]!.at;
          accepted();
        });
      },
    };
    relays.push(new Relay(host, world, owner, (other) => relays[other]!));
  }
  for (const [from, to] of plan.dials) {
    relays[from]!.connect(to, true);
    relays[to]!.connect(from, false);
  }
  const message: TransactionMessage = { kind: "transaction", slot: new Uint8Array(0) };
  published.forEach(({ at, host, kind, bytes }, id) => {
    clock.at(seconds(at), () => {
      delays[id]![host] = 0;
      relays[host]!.publish({ id, kind, bytes, message });
    });
  });
  const first = Math.min(...published.map(({ at }) => at));
  let before = 0;
  clock.at(seconds(first) - 1, () => (before = sentBy(internet)));
  clock.run(seconds(Math.max(...published.map(({ at }) => at)) + plan.after));
  const kinds = [...new Set(published.map(({ kind }) => kind))];
  return {
    received: Object.fromEntries(
      kinds.map((kind) => [kind, relays.reduce((sum, { counts }) => sum + counts.received[kind], 0)]),
    ),
    pulled: relays.reduce((sum, { counts }) => sum + counts.pulled, 0),
    delays,
    bytes: sentBy(internet) - before,
  };
}

const sentBy = ({ traffic }: Internet): number => traffic.reduce((sum, { sent }) => sum + sent, 0);
