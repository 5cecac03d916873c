// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import { batchFeeAt, type BatchFeeRule, type BatchFeeState } from "../../../src/agents/poe/batchFee.ts";
import { RollupNode, Sequencer } from "../../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../../tools/deployment/proofOfEfficiency.ts";

const HOUR = 3600;

const RULE: BatchFeeRule = {
  minFee: 10n ** 16n,
  maxFee: 10n ** 21n,
  targetTime: HOUR / 2,
  doublingTime: HOUR,
  halvingTime: 4 * HOUR,
};

const expectClose = (computed: bigint, recorded: bigint): void => {
  const difference = computed > recorded ? computed - recorded : recorded - computed;
  expect(difference * 10n ** 13n <= recorded, `${computed} instead of ${recorded}`).to.equal(true);
};

describe("batchFeeAt", () => {
  it("halves the fee while nothing waits, and doubles it while the oldest batch is late", () => {
    const fee = parseEther("1");
    const idle = { fee, updatedAt: 0, oldestPending: undefined };
    expect(batchFeeAt(RULE, idle, 4 * HOUR)).to.equal(fee / 2n);
    const waiting = { ...idle, oldestPending: 3.5 * HOUR };
    expect(batchFeeAt(RULE, waiting, 4 * HOUR)).to.equal(fee / 2n);
    expect(batchFeeAt(RULE, waiting, 6 * HOUR)).to.equal(2n * fee);
    // A batch that was late before the last proof is late from the proof on.
    expect(batchFeeAt(RULE, { fee, updatedAt: 10 * HOUR, oldestPending: 0 }, 12 * HOUR)).to.equal(4n * fee);
  });

  it("stays between the limits", () => {
    const idle = { fee: parseEther("1"), updatedAt: 0, oldestPending: undefined };
    expect(batchFeeAt(RULE, idle, 1000 * HOUR)).to.equal(RULE.minFee);
    expect(batchFeeAt(RULE, { ...idle, oldestPending: 0 }, 1000 * HOUR)).to.equal(RULE.maxFee);
  });

  it("gives what the contract asks, idle, waiting and late", async () => {
    const connection = await network.create();
    const { ethers, networkHelpers } = connection;
    const system = await deployProofOfEfficiency(connection);
    const { consensus, token } = system;
    const rule: BatchFeeRule = {
      minFee: await consensus.MIN_FEE(),
      maxFee: await consensus.MAX_FEE(),
      targetTime: Number(await consensus.TARGET_TIME()),
      doublingTime: Number(await consensus.DOUBLING_TIME()),
      halvingTime: Number(await consensus.HALVING_TIME()),
    };
    const [deployed] = await consensus.queryFilter(consensus.filters.BatchFeeUpdated());
    const state: BatchFeeState = {
      fee: deployed!.args.fee,
      updatedAt: (await deployed!.getBlock()).timestamp,
      oldestPending: undefined,
    };
    const compare = async (current: BatchFeeState, seconds: number): Promise<void> => {
      await networkHelpers.time.increase(seconds);
      expectClose(batchFeeAt(rule, current, await networkHelpers.time.latest()), await consensus.batchFee());
    };
    await compare(state, 1_000);
    await compare(state, 2 * HOUR);

    const [operator] = (await ethers.getSigners()) as unknown as [Signer];
    await token.approve(consensus, parseEther("100"));
    await consensus.deposit(parseEther("100"));
    const node = await RollupNode.open(system);
    await new Sequencer(node, operator, { feeAccount: 0, feeToken: 0n }).post({});
    const waiting = { ...state, oldestPending: await networkHelpers.time.latest() };
    await compare(waiting, rule.targetTime - 60);
    await compare(waiting, HOUR);
    await compare(waiting, 3 * HOUR);
  });
});
