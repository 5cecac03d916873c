// SPDX-License-Identifier: MIT
import type { B52Node } from "../../../agents/index.ts";
import { BatchBuilder, ETH, type State } from "../../../ledger/index.ts";

/** The state after the chain and all forced operations that wait: it judges transactions that come now. */
export class ExpectedState {
  readonly #node: B52Node;
  readonly #sequencer: bigint;
  #known: { readonly base: State; readonly forced: number; readonly state: State } | undefined;

  /** @param sequencer address of the proposer, 160 bits */
  constructor(node: B52Node, sequencer: bigint) {
    this.#node = node;
    this.#sequencer = sequencer;
  }

  get expectedState(): State {
    const { virtualState: base, forcedOperations, executedForced, baseFee, system, domain, migrations } = this.#node;
    const forced = forcedOperations.length;
    if (this.#known?.base === base && this.#known.forced === forced) return this.#known.state;
    const terms = { baseFee, feeToken: ETH, feeAccount: 0 };
    const environment = { sequencer: this.#sequencer, domain, arrivals: migrations.arrivals };
    const builder = new BatchBuilder(system.profile, base, terms, environment);
    for (const slot of forcedOperations.slice(executedForced)) builder.force(slot);
    this.#known = { base, forced, state: builder.result };
    return builder.result;
  }
}
