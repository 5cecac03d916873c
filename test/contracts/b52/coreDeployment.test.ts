// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { deployB52, WINDOWS, type B52Harness } from "../../helpers/b52Harness.ts";

describe("B52: deployment of the core", () => {
  let h: B52Harness;
  before(async () => {
    h = await deployB52({ isCoreMissing: true });
    await h.fund(1, 1_000n * 10n ** 18n);
  });

  it("is awaited by the first proposal", async () => {
    const proposer = h.signers[1]!;
    const proposal = {
      proposer,
      round: 1n,
      height: 1n,
      parent: ZeroHash,
      contentHash: ZeroHash,
      bid: h.params.minBid,
      share: 0n,
      leaves: 2n,
      promisedProvers: 0n,
      transcript: ZeroHash,
    };
    const commit = () => h.b52.connect(proposer).commit(proposal, proposer);
    await expect(commit()).to.be.revertedWithCustomError(h.b52, "CoreMissing").withArgs();
    expect(await h.network.connection.ethers.provider.getCode(await h.b52.ROLLUP())).to.equal("0x");

    // The window of the first round passes.
    await h.moveTo((await h.now()) + WINDOWS.proposal);
    await expect(commit()).to.be.revertedWithCustomError(h.b52, "WrongRound").withArgs(1n, 1n, 2n, 1n);
    await expect(h.b52.connect(proposer).deployCore("0x1234"))
      .to.be.revertedWithCustomError(h.b52, "WrongCoreCode")
      .withArgs((given: string) => given !== ZeroHash, await h.b52.CORE_HASH());
    await expect(h.b52.connect(proposer).deployCore(h.coreInitCode))
      .to.emit(h.b52, "CoreDeployed")
      .withArgs(await h.b52.ROLLUP());
    expect(await h.rollup.CONSENSUS()).to.equal(await h.b52.getAddress());
    const head = await h.b52.head();
    // The deployer's own call comes late, and does nothing.
    await expect(h.b52.deployCore(h.coreInitCode)).not.to.emit(h.b52, "CoreDeployed");
    expect(await h.b52.head()).to.equal(head);

    await expect(h.b52.connect(proposer).commit({ ...proposal, round: 2n, parent: await h.b52.head() }, proposer))
      .to.emit(h.b52, "RoundOpened")
      .to.emit(h.b52, "ProposalCommitted");
  });
});
