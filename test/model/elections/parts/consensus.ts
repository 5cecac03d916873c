// SPDX-License-Identifier: MIT
import { Refusal } from "../../b52/refusal.ts";
import type { Moment } from "./clock.ts";

export type Role = "sequencer" | "aggregator";

/** Parameters of `ISelector.admit`. */
export interface Call {
  readonly account: string;
  readonly role: Role;
  readonly first: bigint;
  readonly last: bigint;
  /** Of a proof those that waited before the call. */
  readonly leaves: bigint;
}

/** `ISelector.RoleTerms`. */
export interface RoleTerms {
  /** Seconds; 0 if the role is always open. */
  readonly opensAfter: bigint;
  readonly isHeard: boolean;
}

/** A selector in two steps: `admit` on L1 is both, and what it records is undone if the answer is no and counts. */
export interface SelectorModel {
  readonly terms: Readonly<Record<Role, RoleTerms>>;
  decide(call: Call, moment: Moment): boolean;
  record(call: Call, moment: Moment): void;
}

interface Batch {
  readonly leaves: bigint;
  readonly time: bigint;
}

/** Batches of a consensus and who may add and prove them, as in `MockConsensus` and Proof of Efficiency. */
export class ConsensusModel<Selector extends SelectorModel = SelectorModel> {
  readonly maxPendingLeaves: bigint;
  readonly batches: Batch[];
  readonly #bind: () => Selector;
  #bound: Selector | undefined;
  verified = 0n;
  isFrozen = false;
  /** Then nothing can be proven. */
  isDepartureDue = false;

  /** @param selector called once, with the consensus that it is bound to */
  constructor(maxPendingLeaves: bigint, startsAt: Moment, selector: (consensus: ConsensusModel) => Selector) {
    this.maxPendingLeaves = maxPendingLeaves;
    this.batches = [{ leaves: 0n, time: startsAt.time }];
    this.#bind = () => selector(this);
  }

  get selector(): Selector {
    return (this.#bound ??= this.#bind());
  }

  get sequenced(): bigint {
    return BigInt(this.batches.length - 1);
  }

  get pendingLeaves(): bigint {
    return this.batches.slice(Number(this.verified) + 1).reduce((sum, { leaves }) => sum + leaves, 0n);
  }

  get isFull(): boolean {
    return this.pendingLeaves >= this.maxPendingLeaves;
  }

  /** Time from which everybody has the role; undefined while no batch waits for an aggregator. */
  opensAt(role: Role): bigint | undefined {
    const { opensAfter } = this.selector.terms[role];
    if (opensAfter === 0n) return 0n;
    const since = role === "sequencer" ? this.batches.at(-1) : this.batches[Number(this.verified) + 1];
    return since === undefined ? undefined : since.time + opensAfter;
  }

  /** @throws {Refusal} `NotAllowed`, `TooManyPendingLeaves` */
  post(account: string, leaves: readonly bigint[], moment: Moment): void {
    const sum = leaves.reduce((total, ofBatch) => total + ofBatch, 0n);
    const [first, last] = [this.sequenced + 1n, this.sequenced + BigInt(leaves.length)];
    const admit = this.#admission({ account, role: "sequencer", first, last, leaves: sum }, moment);
    if (this.pendingLeaves + sum > this.maxPendingLeaves) throw new Refusal("TooManyPendingLeaves", `${sum} leaves`);
    admit();
    for (const ofBatch of leaves) this.batches.push({ leaves: ofBatch, time: moment.time });
  }

  /** @throws {Refusal} `NotAllowed`, `NotSequenced` */
  prove(account: string, batches: bigint, moment: Moment): void {
    const [first, last] = [this.verified + 1n, this.verified + batches];
    const leaves = this.batches.slice(Number(first), Number(last) + 1).reduce((sum, batch) => sum + batch.leaves, 0n);
    const admit = this.#admission({ account, role: "aggregator", first, last, leaves }, moment);
    if (last > this.sequenced) throw new Refusal("NotSequenced", `batch ${last}`);
    if (this.isDepartureDue) throw new Refusal("DepartureDue", `batch ${last}`);
    admit();
    this.verified = last;
  }

  /** Returns what records the call, which comes before the call's own effects. */
  #admission(call: Call, moment: Moment): () => void {
    const opensAt = this.opensAt(call.role);
    const isOpen = opensAt !== undefined && moment.time >= opensAt;
    if (!isOpen && !this.selector.decide(call, moment)) {
      throw new Refusal("NotAllowed", `${call.account} as ${call.role}`);
    }
    const isTold = !isOpen || this.selector.terms[call.role].isHeard;
    return () => {
      if (isTold) this.selector.record(call, moment);
    };
  }
}
