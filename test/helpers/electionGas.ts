// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction } from "../../src/chain/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { newStateOf, type TracingProvider } from "../../tools/bench/newState.ts";

const SNAPSHOT = join(PROJECT_ROOT, "snapshots/electionGas.json");

/** Cost of a call. */
export interface ElectionCall {
  /** Gas of the whole transaction. */
  readonly gas: number;
  /** Storage slots that it took from zero to another value. */
  readonly newSlots: number;
}

/** Records what the calls of an election cost, and compares them with the snapshot. */
export class ElectionGas {
  readonly #calls = new Map<string, ElectionCall>();
  readonly #provider: TracingProvider;

  /** @param provider Of the network that the calls are sent to. */
  constructor(provider: TracingProvider) {
    this.#provider = provider;
  }

  /** Records a call under a name, the sentence by which the documents cite it. The last call of a name counts. */
  async record(name: string, sent: Promise<ContractTransactionResponse>): Promise<ElectionCall> {
    const receipt = await minedTransaction(sent);
    const { slots } = await newStateOf(this.#provider, receipt.hash);
    const call = { gas: Number(receipt.gasUsed), newSlots: slots };
    this.#calls.set(name, call);
    return call;
  }

  /** Compares all calls with the section of the election in `snapshots/electionGas.json`; `UPDATE_SNAPSHOTS=1` writes
   *  it first. */
  expectSnapshot(election: string): void {
    const calls = Object.fromEntries([...this.#calls].sort(([a], [b]) => (a < b ? -1 : 1)));
    const all = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Record<string, Record<string, ElectionCall>>;
    if (process.env["UPDATE_SNAPSHOTS"] === "1") {
      const sections = Object.entries({ ...all, [election]: calls }).sort(([a], [b]) => (a < b ? -1 : 1));
      writeFileSync(SNAPSHOT, `${JSON.stringify(Object.fromEntries(sections), null, 2)}\n`);
    } else {
      expect(calls).to.deep.equal(all[election]);
    }
  }
}
