// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Contract, hexlify, parseEther } from "ethers";

import type { BuilderEscrow } from "../../typechain-types/index.ts";
import { isSameAddress } from "../../src/agents/index.ts";
import { roundTipDown } from "../../src/codec/index.ts";
import { builderEscrowAbi } from "../../src/contracts/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { jsonRpc } from "../../tools/devnet/jsonRpc.ts";
import { B52Processes } from "../helpers/b52Processes.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";

/*
 * Nine processes of the real program on the loopback, with real proofs, and L1 on anvil. `npm run test:deep` runs it
 * (`DEEP=1`): it takes some hundred proofs. Its steps follow one another.
 */

describe("Five provers, two proposers, a builder and a follower, each a process, with real proofs", function () {
  this.timeout(4 * 60 * 60_000);
  let folder: string | undefined;
  let started: B52Processes | undefined;
  let all: B52Processes;
  const say = (line: string): void => console.log(`      ${new Date().toISOString().slice(11, 19)} ${line}`);

  before(async function () {
    if (process.env["DEEP"] !== "1") this.skip();
    folder = mkdtempSync(join(tmpdir(), "b52-processes-"));
    started = await B52Processes.start(folder, say);
    all = started;
  });

  after(async () => {
    await started?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const height = (): number => all.node.batches.length;
  const untilHeight = async (wanted: number, options: { commitments?: number } = {}): Promise<void> => {
    await all.until(`height ${wanted}`, () => height() >= wanted, options);
    say(`height ${wanted}`);
  };
  const committed = async (count: number): Promise<void> => {
    await all.until(`${count} commitments`, () => (all.round?.proposals.length ?? 0) >= count, { commitments: count });
  };
  const defaultsOf = (ticket: number) =>
    all.node.provenBlocks.flatMap((block) => all.node.defaultsOf(block).filter((missed) => missed.ticket === ticket));

  it("take their tickets", async () => {
    await all.until("five tickets", () => [1, 2, 3, 4, 5].every((ticket) => all.node.ownerOf(ticket) !== undefined));
    // The first round is open since the deployment, when there was no ticket: it has to fail without a commitment.
    const { round, opensAt, proposals } = all.round!;
    expect([round, proposals.length]).to.deep.equal([1n, 0]);
    await all.skipTo(opensAt);
  });

  it("take a height whose second block is an uncle, though a prover sleeps and another has ended: others fill", async () => {
    await all.deposit();
    await all.deposit(createFastSigner("builder's L2"));
    await committed(2);
    await all.process("P1").signal("SIGSTOP");
    await all.process("P2").signal("SIGKILL");
    const { round } = all.round!;
    await all.until("both blocks are proven", () =>
      all.node.proposalsOf(round).every((proposal) => all.isProven(proposal)),
    );
    await all.process("P1").signal("SIGCONT");
    await untilHeight(1);
    const result = all.node.resultOf(round)!;
    const [a, b] = [all.addressOf("A"), all.addressOf("B")];
    expect(isSameAddress(result.winner as string, a)).to.equal(true);
    expect(result.uncles.some((uncle) => isSameAddress(uncle as string, b))).to.equal(true);
    for (const ticket of [1, 2]) expect(defaultsOf(ticket).length, `defaults of ${ticket}`).to.be.above(0);
  });

  it("hear the defence of the prover that slept", async () => {
    await all.until("all defaults of ticket 1 are cleared", () => defaultsOf(1).every(({ isCleared }) => isCleared));
    expect(defaultsOf(1).every(({ isSlashed }) => !isSlashed)).to.equal(true);
  });

  it("begin a height again when both proposers end between commitment and block", async () => {
    await all.deposit();
    await committed(1);
    const { round, opensAt, closesAt } = all.round!;
    for (const name of ["A", "B"] as const) await all.process(name).signal("SIGKILL");
    await all.skipTo(opensAt);
    // Nothing was shown meanwhile.
    await all.skipTo(closesAt);
    for (const name of ["A", "B", "P2"] as const) await all.run(name);
    await untilHeight(2);
    expect(all.node.batch(2).proposal.round > round).to.equal(true);
    expect(all.node.proposalsOf(round).every((proposal) => !all.isProven(proposal))).to.equal(true);
  });

  it("take a height by the builder's block, with a transaction that it alone had, and pay for it", async () => {
    const escrow = new Contract(all.escrow, builderEscrowAbi, all.provider) as unknown as BuilderEscrow;
    const balances = async (): Promise<bigint> => {
      const accounts = (["A", "B"] as const).map((name) => escrow.accountOf(all.addressOf(name)));
      return (await Promise.all(accounts)).reduce((sum, { balance }) => sum + balance, 0n);
    };
    const before = await balances();
    const tip = roundTipDown(parseEther("0.018"));
    const transaction = all.user.transfer(ETH, { to: 2, amount: 5n, tip, from: 1 });
    await jsonRpc(all.urlOf("builder"), "rollup_sendTransaction", [hexlify(transaction)]);
    await untilHeight(3);
    expect(Buffer.from(all.node.batch(3).data).includes(Buffer.from(transaction))).to.equal(true);
    expect(all.node.batch(3).header.feeAccount).to.equal(2);
    await all.until("the payment", async () => (await balances()) > before);
    expect((await balances()) - before).to.equal(tip * 1_000n);
  });

  it("go on, and slash the prover that did not come back in time", async () => {
    for (const wanted of [4, 5]) {
      await all.deposit();
      await untilHeight(wanted);
    }
    const missed = (): boolean => defaultsOf(2).some(({ isSlashed }) => isSlashed);
    // Its defence is over by now, or soon.
    for (let i = 0; i < 6 && !missed(); i++) {
      await all.skipTo((await all.now()) + 600);
      await all.until("a look", () => true);
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      await all.node.sync();
    }
    expect(missed()).to.equal(true);
  });

  it("have one chain: the follower tells it as L1 has it", async () => {
    await all.until("the follower has read all", async () => {
      const status = (await jsonRpc(all.urlOf("follower"), "rollup_status")) as { finalBatches: number };
      return status.finalBatches >= 5;
    });
    for (const name of ["A", "B", "builder", "P1", "P2", "P3", "P4", "P5", "follower"] as const) {
      expect(all.process(name).isRunning, name).to.equal(true);
    }
  });
});
