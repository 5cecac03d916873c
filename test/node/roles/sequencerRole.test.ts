// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { makeError } from "ethers";

import { SequencerRole, Turn } from "../../../src/node/roles/index.ts";
import { POSTING_STRATEGY, type PostingDecision } from "../../../src/node/strategies/index.ts";
import { ProtocolError } from "../../../src/errors.ts";
import { ROLES } from "../../../src/node/roles/l1.ts";

const NOW = 1_800_000_000;
const MARGIN = POSTING_STRATEGY.forcedMargin;

/** Of a view that a contract refused. */
const revert = (): Error =>
  makeError("execution reverted", "CALL_EXCEPTION", {
    ...{ action: "call", data: "0x", reason: null, transaction: { to: null, data: "0x" } },
    ...{ invocation: null, revert: null },
  });

describe("The sequencer role", () => {
  /** A node that also proves, with one transaction that pays for everything, and forced operations with a deadline. */
  const world = ({ deadline, maxGasPrice }: { readonly deadline?: number; readonly maxGasPrice?: bigint } = {}) => {
    const state = {
      fails: false,
      calls: [] as string[],
      elected: (_role: number): Promise<boolean> => Promise.resolve(true),
    };
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
      system: { provider, rollup, consensus: { isAllowed: (_: string, role: number) => state.elected(role) } },
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

  it("posts nothing while another account is elected, and asks L1 before it estimates gas", async () => {
    const { role, state } = world({ deadline: NOW });
    state.elected = (of) => Promise.resolve(of === ROLES.aggregator);
    expect(words(await role.step())).to.equal("wait notElected");
    state.elected = () => Promise.reject(revert());
    expect(words(await role.step()), "an election that fails").to.equal("wait notElected");
    expect(state.calls).to.deep.equal([]);
    state.elected = () => Promise.resolve(true);
    expect(words(await role.step())).to.equal("post deadline");
  });

  it("posts without a proof while another aggregator is elected", async () => {
    const { role, state } = world();
    state.elected = (of) => Promise.resolve(of === ROLES.sequencer);
    expect(words(await role.step())).to.equal("post value");
    state.elected = () => Promise.resolve(true);
    expect(words(await role.step())).to.equal("postProven value");
  });

  it("takes trouble with the endpoint for no answer", async () => {
    const { role, state } = world();
    state.elected = () => Promise.reject(new Error("connection refused"));
    let failure: unknown;
    await role.step().catch((error: unknown) => (failure = error));
    expect(failure).to.have.property("message", "connection refused");
    expect(state.calls).to.deep.equal([]);
  });

  it("posts an operation that falls due without a proof, also if gas is too dear for all else", async () => {
    expect(words(await world({ deadline: NOW + MARGIN }).role.step())).to.equal("post deadline");
    expect(words(await world({ deadline: NOW + MARGIN, maxGasPrice: 9n }).role.step())).to.equal("post deadline");
    expect(words(await world({ deadline: NOW + MARGIN + 1, maxGasPrice: 9n }).role.step())).to.equal("wait dear");
    expect(words(await world({ maxGasPrice: 9n }).role.step())).to.equal("wait dear");
    expect(words(await world({ maxGasPrice: 10n }).role.step())).to.equal("postProven value");
  });
});
