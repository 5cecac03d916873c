// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { SequencerRole, Turn } from "../../../src/node/roles/index.ts";
import { POSTING_STRATEGY, type PostingDecision } from "../../../src/node/strategies/index.ts";
import { ProtocolError } from "../../../src/errors.ts";

const NOW = 1_800_000_000;
const MARGIN = POSTING_STRATEGY.forcedMargin;

describe("The sequencer role", () => {
  /** A node that also proves, with one transaction that pays for everything, and forced operations with a deadline. */
  const world = ({ deadline, maxGasPrice }: { readonly deadline?: number; readonly maxGasPrice?: bigint } = {}) => {
    const state = { fails: false, calls: [] as string[] };
    const rollup = {
      forcedOperation: () => Promise.resolve(["0x", BigInt(deadline ?? 0) - 3_600n]),
      FORCED_DEADLINE: () => Promise.resolve(3_600n),
    };
    const provider = {
      getBlock: () => Promise.resolve({ timestamp: NOW }),
      getFeeData: () => Promise.resolve({ gasPrice: 10n }),
    };
    const node = {
      ...{ block: 1, isFrozen: false, virtualBatches: [], batches: [], sequencedForced: 0, verifiedBatches: 0 },
      system: { provider, rollup },
    };
    const call = (name: string) => () => {
      state.calls.push(name);
      if (state.fails) return Promise.reject(new ProtocolError("REORGANISED", { block: 1 }, "somebody was faster"));
      return Promise.resolve({});
    };
    const forced = deadline === undefined ? 0 : 1;
    const sequencer = {
      ...{ node, nextBatch: () => Promise.resolve({}), cost: () => Promise.resolve({ fee: 0n }) },
      draft: { transactions: 1, tips: 10n ** 20n, forced, isFull: false, leaves: 1 },
      ...{ callFor: () => Promise.resolve({}), post: call("post"), postProven: call("postProven") },
    };
    const outbox = { inFlight: () => [], freshPurpose: (name: string) => name };
    const proving = new Turn();
    const signer = { estimateGas: () => Promise.resolve(1n), purpose: "" };
    const role = new SequencerRole(sequencer as never, outbox as never, signer as never, {
      ...{ strategy: { ...POSTING_STRATEGY, provenLeaves: 9 }, tokenPrice: 0n, maxGasPrice },
      prover: { aggregator: {} as never, signer: { purpose: "" } as never, proving },
    });
    return { role, proving, state };
  };
  const words = ({ do: action, why }: PostingDecision): string => `${action} ${why}`;

  it("posts without a proof after somebody was faster, and with one again after that", async () => {
    const { role, state } = world();
    expect(words(await role.step())).to.equal("postProven value");
    state.fails = true;
    let failure: unknown;
    await role.step().catch((error: unknown) => (failure = error));
    expect(failure).to.have.property("code", "REORGANISED");
    state.fails = false;
    expect(words(await role.step())).to.equal("post value");
    expect(words(await role.step())).to.equal("postProven value");
    expect(state.calls).to.deep.equal(["postProven", "postProven", "post", "postProven"]);
  });

  it("posts without a proof while another role proves", async () => {
    const { role, proving, state } = world();
    let finish = (): void => undefined;
    const other = proving.take(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(words(await role.step())).to.equal("post value");
    finish();
    await other;
    expect(state.calls).to.deep.equal(["post"]);
  });

  it("waits if another role begins to prove between its look and its turn, and posts later", async () => {
    const { role, proving, state } = world();
    const take = proving.take.bind(proving);
    proving.take = () => Promise.resolve(undefined);
    expect(words(await role.step())).to.equal("wait proving");
    proving.take = take;
    expect(words(await role.step())).to.equal("postProven value");
    expect(state.calls).to.deep.equal(["postProven"]);
  });

  it("posts an operation that falls due without a proof, also if gas is too dear for all else", async () => {
    expect(words(await world({ deadline: NOW + MARGIN }).role.step())).to.equal("post deadline");
    expect(words(await world({ deadline: NOW + MARGIN, maxGasPrice: 9n }).role.step())).to.equal("post deadline");
    expect(words(await world({ deadline: NOW + MARGIN + 1, maxGasPrice: 9n }).role.step())).to.equal("wait dear");
    expect(words(await world({ maxGasPrice: 9n }).role.step())).to.equal("wait dear");
    expect(words(await world({ maxGasPrice: 10n }).role.step())).to.equal("postProven value");
  });
});
