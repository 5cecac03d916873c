// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { RegistryTree } from "../../../src/b52/index.ts";
import { P } from "../../../src/field.ts";
import { freshB52, type B52Harness } from "../../helpers/b52Harness.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../../helpers/smallOrder.ts";

const KEY = createFastSigner("a prover").publicKey;

describe("B52: staking", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  const approve = async (from: number): Promise<void> => {
    await h.token.transfer(h.signer(from), h.staking.stake);
    await h.token.connect(h.signer(from)).approve(h.registry, h.staking.stake);
  };
  const join = (from: number, ticket: number | bigint, { x, y } = KEY, payout = h.address(from)) =>
    h.registry.connect(h.signer(from)).join(ticket, x, y, payout);

  // ─── Joining ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("takes the stake, and shows the ticket", async () => {
    await approve(10);
    const before = await h.token.balanceOf(h.signer(10));
    await expect(join(10, 7, KEY, h.address(11)))
      .to.emit(h.registry, "TicketJoined")
      .withArgs(7n, h.address(10), h.address(11), KEY.x, KEY.y);
    expect(await h.token.balanceOf(h.signer(10))).to.equal(before - h.staking.stake);
    expect(await h.token.balanceOf(h.registry)).to.equal(h.staking.stake);
    const ticket = await h.registry.getTicket(7);
    expect([ticket.owner, ticket.stake, ticket.payout]).to.deep.equal([h.address(10), h.staking.stake, h.address(11)]);
    expect([ticket.withdrawableAt, ticket.misses, ticket.lastMissAt]).to.deep.equal([0n, 0n, 0n]);
    expect(await h.registry.payoutOf(7)).to.equal(h.address(11));
    expect(await h.registry.payoutOf(8)).to.equal(ZeroAddress);
  });

  it("has the root of the model, through joining and leaving", async () => {
    let tree = RegistryTree.empty();
    expect(await h.registry.root()).to.equal(tree.root);
    for (const ticket of [1, 2, 247, 100, 3]) {
      await h.join(ticket);
      tree = tree.set(ticket, createFastSigner(`ticket ${ticket}`).publicKey);
      expect(await h.registry.root()).to.equal(tree.root);
    }
    for (const ticket of [247, 2, 1, 3, 100]) {
      await h.registry.connect(h.owner(ticket)).leaveRegistry(ticket);
      tree = tree.remove(ticket);
      expect(await h.registry.root()).to.equal(tree.root);
    }
    expect(tree.root).to.equal(RegistryTree.empty().root);
  });

  it("only tickets 1 … 247", async () => {
    await approve(10);
    for (const ticket of [0n, 248n, 255n, 256n, (1n << 256n) - 1n]) {
      await expect(join(10, ticket)).to.be.revertedWithCustomError(h.registry, "UnknownTicket").withArgs(ticket, 247n);
    }
    await join(10, 247);
    await approve(10);
    await join(10, 1);
  });

  it("only a ticket that is free", async () => {
    await h.join(5);
    await approve(11);
    const taken = async (): Promise<void> => {
      await expect(join(11, 5))
        .to.be.revertedWithCustomError(h.registry, "TicketTaken")
        .withArgs(5n, h.owner(5).address);
    };
    await taken();
    await h.registry.connect(h.owner(5)).leaveRegistry(5);
    await taken();
    await h.moveTo((await h.now()) + h.staking.exitDelay);
    await taken();
    await h.registry.withdrawStake(5);
    await join(11, 5);
    expect((await h.registry.getTicket(5)).owner).to.equal(h.address(11));
  });

  it("only with a payout address", async () => {
    await approve(10);
    await expect(join(10, 5, KEY, ZeroAddress))
      .to.be.revertedWithCustomError(h.registry, "NoPayout")
      .withArgs();
  });

  it("only with the stake", async () => {
    await h.token.connect(h.signer(10)).approve(h.registry, h.staking.stake);
    await expect(join(10, 5))
      .to.be.revertedWithCustomError(h.token, "ERC20InsufficientBalance")
      .withArgs(h.address(10), 0n, h.staking.stake);
    await h.token.transfer(h.signer(10), h.staking.stake);
    await h.token.connect(h.signer(10)).approve(h.registry, h.staking.stake - 1n);
    await expect(join(10, 5))
      .to.be.revertedWithCustomError(h.token, "ERC20InsufficientAllowance")
      .withArgs(await h.registry.getAddress(), h.staking.stake - 1n, h.staking.stake);
    expect(await h.registry.root()).to.equal(RegistryTree.empty().root);
  });

  it("only with a key that nobody else can sign for", async () => {
    await approve(10);
    const keys = await h.network.connection.ethers.getContractAt("BabyJubJub", await h.registry.getAddress());
    for (const { x, y } of SMALL_ORDER_POINTS) {
      await expect(h.registry.connect(h.signer(10)).join(5, x, y, h.address(10)))
        .to.be.revertedWithCustomError(keys, "KeyOfSmallOrder")
        .withArgs(x, y);
    }
    await expect(h.registry.connect(h.signer(10)).join(5, KEY.x + P, KEY.y, h.address(10)))
      .to.be.revertedWithCustomError(keys, "KeyNotCanonical")
      .withArgs(KEY.x + P, KEY.y);
    await expect(h.registry.connect(h.signer(10)).join(5, KEY.x, KEY.y + P, h.address(10)))
      .to.be.revertedWithCustomError(keys, "KeyNotCanonical")
      .withArgs(KEY.x, KEY.y + P);
    await expect(h.registry.connect(h.signer(10)).join(5, KEY.x + 1n, KEY.y, h.address(10)))
      .to.be.revertedWithCustomError(keys, "KeyNotOnCurve")
      .withArgs(KEY.x + 1n, KEY.y);
    // Outside the subgroup, but of large order.
    await join(10, 5, createFastSigner("torsion", ORDER_8).publicKey);
  });

  it("one key may have several tickets, of several owners", async () => {
    await approve(10);
    await approve(11);
    await join(10, 5);
    await join(11, 6);
    expect(await h.registry.root()).to.equal(
      RegistryTree.of([
        [5, KEY],
        [6, KEY],
      ]).root,
    );
    // Each is on its own: leaving with one leaves the other.
    await h.registry.connect(h.signer(10)).leaveRegistry(5);
    expect(await h.registry.root()).to.equal(RegistryTree.of([[6, KEY]]).root);
  });

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("only the owner leaves, once", async () => {
    await h.join(5);
    const { address } = h.owner(5);
    await expect(h.registry.connect(h.signer(3)).leaveRegistry(5))
      .to.be.revertedWithCustomError(h.registry, "NotTicketOwner")
      .withArgs(5n, h.address(3), address);
    await expect(h.registry.connect(h.signer(3)).leaveRegistry(6))
      .to.be.revertedWithCustomError(h.registry, "NotTicketOwner")
      .withArgs(6n, h.address(3), ZeroAddress);
    const at = (await h.now()) + h.staking.exitDelay;
    await expect(h.registry.connect(h.owner(5)).leaveRegistry(5))
      .to.emit(h.registry, "TicketLeft")
      .withArgs(5n, at);
    await expect(h.registry.connect(h.owner(5)).leaveRegistry(5))
      .to.be.revertedWithCustomError(h.registry, "TicketNotActive")
      .withArgs(5n);
  });

  it("the stake can be withdrawn by anybody, to the owner, when the delay is over", async () => {
    await h.join(5);
    await expect(h.registry.withdrawStake(5)).to.be.revertedWithCustomError(h.registry, "StakeLocked").withArgs(5n, 0n);
    await h.registry.connect(h.owner(5)).leaveRegistry(5);
    const at = (await h.now()) + h.staking.exitDelay;
    h.at(at - 1n);
    await expect(h.registry.withdrawStake(5)).to.be.revertedWithCustomError(h.registry, "StakeLocked").withArgs(5n, at);
    await h.moveTo(at);
    const before = await h.token.balanceOf(h.owner(5));
    await expect(h.registry.connect(h.signer(3)).withdrawStake(5))
      .to.emit(h.registry, "StakeWithdrawn")
      .withArgs(5n, h.owner(5).address, h.staking.stake);
    expect(await h.token.balanceOf(h.owner(5))).to.equal(before + h.staking.stake);
    expect((await h.registry.getTicket(5)).owner).to.equal(ZeroAddress);
    await expect(h.registry.withdrawStake(5)).to.be.revertedWithCustomError(h.registry, "StakeLocked").withArgs(5n, 0n);
  });

  it("only the consensus slashes", async () => {
    await h.join(5);
    for (const caller of [h.owner(5), h.signer(0)]) {
      await expect(h.registry.connect(caller).slash(5))
        .to.be.revertedWithCustomError(h.registry, "NotSlasher")
        .withArgs(caller.address);
    }
  });
});
