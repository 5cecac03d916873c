// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { getBytes, keccak256, type ContractTransactionResponse } from "ethers";

import { departureFee } from "../../../src/agents/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { toField } from "../../../src/field.ts";
import { encodeLeafData, evaluateLeafData, evaluationPoint } from "../../../src/ledger/index.ts";
import { mockEnforcementProof, numberFrom, slotsOf } from "../../helpers/b52Block.ts";
import {
  freshB52,
  type B52Harness,
  type B52Options,
  type Block,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

const MIGRATION = 1n;
/** All four pairs: ETH in the source and in the target. */
const TOKENS = 0n;
const HEADER = { baseFee: 0n, feeToken: 0n, feeAccount: 0, forcedCount: 0, timestamp: 0n };

/*
 * Departures that blocks take (docs/enforcement.md §5.4), with a verifier of migrations that accepts a proof for
 * exactly its public signals. That a departure is provable whatever it says: test/migration.
 */
describe("B52: departures", () => {
  let h: B52Harness;
  const deploy = async (options: B52Options = {}): Promise<void> => {
    h = await freshB52(options);
  };
  beforeEach(async () => {
    await deploy();
  });

  interface Request {
    readonly id: bigint;
    readonly slot: string;
    readonly moves: string;
  }

  const request = async (text: string): Promise<Request> => {
    const moves = slotsOf(text, 2);
    const value = await departureFee(h.rollup);
    const receipt = await mined(h.rollup.connect(h.signer(18)).requestDeparture(h.token, TOKENS, moves, { value }));
    const [event] = await h.rollup.queryFilter(h.rollup.filters.ForcedOperationQueued(), receipt.blockNumber);
    return { id: event!.args.id, slot: event!.args.slot, moves };
  };

  /** Commitment, evaluation and point of a migration's data. */
  const opened = (slots: string): [commitment: bigint, evaluation: bigint, point: bigint] => {
    const commitment = numberFrom(`commitment of ${slots}`);
    const point = evaluationPoint(keccak256(slots), [toField(commitment)]);
    return [commitment, evaluateLeafData(encodeLeafData(HEADER, getBytes(slots)), point), point];
  };

  /** Proves that nobody's move was valid: nobody arrives. */
  const sendDepart = async (
    { id, slot, moves }: Request,
    newStateRoot: bigint,
  ): Promise<ContractTransactionResponse> => {
    const worker = h.signer(17);
    const [commitment, evaluation, point] = opened(moves);
    const [noCommitment, noEvaluation, noPoint] = opened("0x");
    const signals = [
      ...[newStateRoot, numberFrom("nobody"), 0n, 0n, 0n, 0n],
      ...[commitment, evaluation, noCommitment, noEvaluation],
      ...[await h.rollup.stateRoot(), h.domain, BigInt(await h.token.getAddress()), TOKENS],
      ...[point, noPoint, BigInt(worker.address)],
    ];
    const [proof, inputs] = [mockEnforcementProof(MIGRATION, signals), signals] as unknown as [
      proof: Parameters<typeof h.rollup.depart>[2],
      inputs: Parameters<typeof h.rollup.depart>[3],
    ];
    return h.rollup.connect(worker).depart(id, slot, proof, inputs, moves, "0x");
  };

  /** A block that can be proven now. */
  const ready = async (claim: ProposalClaim): Promise<Block> => {
    const draft = await h.commit(claim);
    await h.moveTo((await h.windows()).proposalEnd);
    return h.prove(draft);
  };

  const refusedAsDue = async (sent: Promise<ContractTransactionResponse>, id: bigint): Promise<void> => {
    await expect(sent).to.be.revertedWithCustomError(h.rollup, "DepartureDue").withArgs(id);
  };

  it("the block after one that took a departure waits for it, and begins with the state that it leaves", async () => {
    const departure = await request("moves");
    const { winner } = await h.round({ forced: [departure.slot] });
    const block = await ready({ proposer: 2 });
    await refusedAsDue(h.sendSubmit(block), 1n);

    const root = numberFrom("after the migration");
    await mined(sendDepart(departure, root));
    expect(await h.rollup.stateRoot()).to.equal(root);
    // Proofs of the state before it are of no use.
    expect(block.list[0]!.inputs[6]).to.equal(winner.transition.newStateRoot);
    await expect(h.sendSubmit(block)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
    const next = await h.submit(block);
    expect(next.list[0]!.inputs[6]).to.equal(root);
    await h.advance(next);
    expect(await h.rollup.stateRoot()).to.equal(next.transition.newStateRoot);
    await h.expectSolvent();
  });

  it("a departure that the queue holds binds nobody until a block takes it, and the block itself goes through", async () => {
    const departure = await request("moves");
    await h.round({});
    const { winner } = await h.round({ proposer: 2, forced: [departure.slot] });
    expect(await h.rollup.executedOperations()).to.equal(1n);
    expect(await h.b52.head()).to.equal(winner.id);
    await refusedAsDue(h.sendSubmit(await ready({ proposer: 3 })), 1n);
  });

  it("of several in one block each has its turn", async () => {
    const [first, second] = [await request("first"), await request("second")];
    await h.round({ forced: [first.slot, second.slot] });
    const draft = await h.commit({ proposer: 2 });
    await h.moveTo((await h.windows()).proposalEnd);
    for (const [departure, root] of [
      [first, 7n],
      [second, 8n],
    ] as const) {
      await refusedAsDue(
        h.prove(draft).then((block) => h.sendSubmit(block)),
        departure.id,
      );
      await mined(sendDepart(departure, root));
    }
    const block = await h.submit(draft);
    expect(block.list[0]!.inputs[6]).to.equal(8n);
  });

  it("it may happen as soon as the state advanced: proposals lose no time", async () => {
    const departure = await request("moves");
    await h.round({ forced: [departure.slot] });
    await mined(sendDepart(departure, 7n));
    await h.round({ proposer: 2 });
    expect(await h.b52.height()).to.equal(2n);
  });

  it("pipelined, what was committed ahead is proven on the state after it", async () => {
    await deploy({ params: { pipelined: true } });
    const departure = await request("moves");
    const parent = await h.commit({ forced: [departure.slot] });
    await h.moveTo((await h.windows()).proposalEnd);
    const child = h.draftFor({ proposer: 2, round: 2n, height: 2n, parent: parent.id });
    await mined(h.sendCommit(child, parent.proposal.proposer));
    await h.advance(await h.submit(parent));
    await h.moveTo((await h.windows()).proposalEnd);
    await refusedAsDue(
      h.prove(child).then((block) => h.sendSubmit(block)),
      1n,
    );
    await mined(sendDepart(departure, 7n));
    await h.advance(await h.submit(child));
    expect(await h.b52.head()).to.equal(child.id);
  });
});
