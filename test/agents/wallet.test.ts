import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import { operationOf, RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../src/deployment/proofOfEfficiency.ts";
import { mined } from "../../src/demo/gas.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const ETH = 0n;

async function deploy() {
  const connection = await network.create();
  const system = await deployProofOfEfficiency(connection, {
    overrides: { forcedDeadline: 600, escapeDelay: 7_800 },
  });
  const { consensus, token } = system;
  const [operator, user, other] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer, Signer];
  await token.approve(consensus, parseEther("1000"));
  await consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = (l1: Signer, name: string): Wallet => new Wallet(node, l1, createSigner(Buffer.from(name)));
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  const post = async (): Promise<void> => {
    await node.sync();
    await sequencer.post({});
    await node.sync();
  };
  return {
    connection,
    system,
    node,
    sequencer,
    post,
    operator,
    user: wallet(user, "user"),
    other: wallet(other, "other"),
  };
}

describe("A wallet", () => {
  it("deposits an ERC-20 that it approved, tops up, and moves by force", async () => {
    const { connection, system, node, post, user, other } = await deploy();
    const { rollup } = system;
    const dollar = await connection.ethers.deployContract("NativeToken", ["Dollar", "USD", 1_000n, user.l1]);
    await mined(rollup.registerToken(dollar, { value: await rollup.TOKEN_FEE() }));
    const USD = await rollup.tokenId(dollar);

    const approval = await user.approve(USD, 700n);
    expect(await dollar.allowance(user.l1, rollup)).to.equal(700n);
    await user.deposit(USD, 500n);
    await user.deposit(ETH, parseEther("1"));
    await other.deposit(ETH, parseEther("2"));
    await user.topUp(1, USD, 200n);
    await user.topUp(3, ETH, parseEther("3"));
    await post();
    expect(user.accounts().map(({ index, account }) => [index, account.token, account.balance])).to.deep.equal([
      [1, USD, 700n],
      [2, ETH, parseEther("1")],
    ]);
    expect(other.account(ETH).account.balance).to.equal(parseEther("5"));
    expectError(() => other.account(USD), "UNKNOWN_ACCOUNT");

    const receipt = await user.forceTransfer(ETH, 3, parseEther("0.4"));
    expect(operationOf(node, receipt)).to.equal(6);
    await post();
    expect(user.account(ETH).account.balance).to.equal(parseEther("0.6"));
    expect(other.account(ETH).account.balance).to.equal(parseEther("5.4"));
    expectError(() => operationOf(node, approval), "NOT_QUEUED");
  });

  it("withdraws what the core owes it", async () => {
    const { connection, system, node, user } = await deploy();
    await user.deposit(ETH, parseEther("1"));
    await connection.networkHelpers.time.increase(7_801);
    await system.rollup.freeze();
    await node.sync();
    const fee = await system.rollup.FORCED_FEE_BASE();
    expect(await user.credit(ETH)).to.equal(0n);
    await mined(system.rollup.refund(1, node.forcedOperations[0]!));
    expect(await user.credit(ETH)).to.equal(parseEther("1") + fee);
    const before = await connection.ethers.provider.getBalance(user.l1);
    const receipt = await user.withdraw(ETH);
    expect(await connection.ethers.provider.getBalance(user.l1)).to.equal(before - receipt.fee + parseEther("1") + fee);
    expect(await user.credit(ETH)).to.equal(0n);
  });
});

describe("A sequencer", () => {
  it("knows what a batch costs before it posts it", async () => {
    const { system, node, sequencer, operator, user } = await deploy();
    const { consensus } = system;
    for (let i = 0; i < 5; i++) await user.deposit(ETH, 1n);
    await node.sync();
    const fee = await consensus.batchFee();
    const bond = await consensus.LEAF_BOND();
    // Two leaves, one of them full of forced operations, which pay for it.
    expect(await sequencer.cost({})).to.deep.equal({ fee, bond: 2n * bond });
    // Three leaves of which only the first is; and none that is.
    const filler = Array.from({ length: 4 }, () => new Uint8Array(93));
    expect(await sequencer.cost({ transactions: filler })).to.deep.equal({ fee: 2n * fee, bond: 3n * bond });
    expect(await sequencer.cost({ forced: 0 })).to.deep.equal({ fee, bond });
    const before = await consensus.balances(operator);
    await sequencer.post({ transactions: filler });
    expect(before - (await consensus.balances(operator))).to.equal(2n * fee + 3n * bond);
  });

  it("refuses what is no transaction", async () => {
    const { sequencer, user } = await deploy();
    expectError(() => sequencer.submit(new Uint8Array(92)), "BAD_LENGTH");
    await expectRejection(user.claim({ batch: 1, leaf: 0, slot: 0 }), "UNKNOWN_BATCH");
  });
});
