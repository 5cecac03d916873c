// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, keccak256, toBeHex, ZeroHash } from "ethers";

import { NO_LIMIT, packDraw, RegistryTree, votersRoot } from "../../../src/b52/index.ts";
import { minedTransaction as mined, readBlockHeader } from "../../../src/chain/index.ts";
import type { Point } from "../../../src/crypto/index.ts";
import type { DrawnProverRegistry } from "../../../typechain-types/index.ts";
import { deployB52, freshB52, type B52Harness } from "../../helpers/b52Harness.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { Random, seedFor } from "../../helpers/random.ts";
import { DrawModel, Refusal, SEED_DELAY, type ModelDraw } from "../../model/b52/index.ts";

const STEPS = 600;
const TICKETS = [1, 2, 3, 4, 5, 246, 247];
const PARAMETERS = { electedTickets: 3, seedRounds: 2 };

const keyOf = (ticket: number): Point => createFastSigner(`ticket ${ticket}`).publicKey;

/** `TicketDraw._draw`, of a draw of the model. */
async function packed({ mixHash, limit }: ModelDraw, registry: DrawnProverRegistry, round: number): Promise<bigint> {
  const types = ["bytes32", "address", "uint256"];
  const values = [mixHash ?? ZeroHash, await registry.getAddress(), round];
  return packDraw({ seed: BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, values))) >> 128n, limit });
}

// The registry alone, opened by the test in the place of a consensus.
describe("B52: the draw of tickets, against the model", () => {
  it(`agrees after each of ${STEPS} random steps, and every error is met`, async () => {
    const random = new Random(seedFor("draw"));
    const h = await freshB52();
    const { ethers } = h.network.connection;
    const { provider } = ethers;
    const { networkHelpers } = h.network.connection;
    const staking = { ...h.staking, exitDelay: 1n, ...PARAMETERS };
    const libraries = { Poseidon: h.network.libraries["Poseidon"]! };
    const registry = await ethers.deployContract("DrawnProverRegistry", [h.token, staking], { libraries });
    const owner = h.signer(0);
    await h.token.approve(registry, h.staking.stake * BigInt(STEPS));
    const model = new DrawModel(PARAMETERS);
    const state = new Set<number>();
    const outcomes = new Map<string, number>();
    let round = 0;

    const next = async (): Promise<number> => (await provider.getBlockNumber()) + 1;
    const mixHashOf = async (number: number): Promise<string> =>
      (
        (await provider.send("eth_getBlockByNumber", [toBeHex(number).replace("0x0", "0x"), false])) as {
          mixHash: string;
        }
      ).mixHash;
    /** Makes the call, and expects of it what the model says. */
    const both = async (
      name: string,
      act: () => void,
      call: () => Promise<{ wait(): Promise<unknown> }>,
    ): Promise<void> => {
      let refusal: string | undefined;
      try {
        act();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refusal = error.code;
      }
      const outcome = `${name}: ${refusal ?? "ok"}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (refusal === undefined) await (await call()).wait();
      else await expect(call(), outcome).to.be.revertedWithCustomError(registry, refusal);
    };

    const steps: Readonly<Record<string, () => Promise<void>>> = {
      join: async () => {
        const ticket = random.pick(TICKETS);
        if (state.has(ticket)) return;
        state.add(ticket);
        const block = await next();
        const { x, y } = keyOf(ticket);
        let waits = false as boolean;
        await both(
          "join",
          () => (waits = model.join(ticket, block)),
          () => registry.join(ticket, x, y, owner),
        );
        const events = await registry.queryFilter(registry.filters.TicketWaits(ticket), block);
        expect(events).to.have.lengthOf(waits ? 1 : 0);
      },
      leave: async () => {
        const ticket = random.pick(TICKETS);
        if (!state.delete(ticket)) return;
        await both(
          "leave",
          () => model.leave(ticket),
          () => registry.leaveRegistry(ticket),
        );
        await networkHelpers.time.increase(2);
        h.network.clock.reset();
        await registry.withdrawStake(ticket);
      },
      activate: async () => {
        const ticket = random.pick(TICKETS);
        const isWaiting = model.waiting.has(ticket);
        const { x, y } = keyOf(isWaiting && random.chance(0.1) ? 99 : ticket);
        if (isWaiting && x !== keyOf(ticket).x) {
          outcomes.set("activate: WrongKey", 1);
          await expect(registry.activate(ticket, x, y))
            .to.be.revertedWithCustomError(registry, "WrongKey")
            .withArgs(ticket);
          return;
        }
        await both(
          "activate",
          () => model.activate(ticket),
          () => registry.activate(ticket, x, y),
        );
      },
      open: async () => {
        round += random.chance(0.8) ? 1 : 2;
        const expected = await packed(model.drawOf(round), registry, round);
        expect(await registry.drawOf(round)).to.equal(expected);
        const block = await next();
        const root = RegistryTree.of([...model.active].map((ticket): [number, Point] => [ticket, keyOf(ticket)]));
        expect(await registry.openRound.staticCall(round)).to.equal(votersRoot({ registry: root, draw: expected }));
        await both(
          "open",
          () => model.open(round, block),
          () => registry.openRound(round),
        );
        const [event] = await registry.queryFilter(registry.filters.RoundDrawn(round), block);
        expect(event?.args.draw).to.equal(expected);
      },
      mine: async () => {
        const block = await provider.getBlockNumber();
        const target = (model.next?.block ?? block) - 1;
        await networkHelpers.mine(target > block && random.chance(0.7) ? target - block : random.int(5) + 1);
      },
      seal: async () => {
        const block = await next();
        const mixHash = toBeHex(random.bigint(1n << 256n), 32);
        await networkHelpers.setPrevRandao(BigInt(mixHash));
        await both(
          "seal",
          () => model.seal(block, mixHash),
          () => registry.seal(),
        );
      },
      sealByHeader: async () => {
        const block = await next();
        const right = model.next?.block;
        const shown = right !== undefined && right < block && random.chance(0.8) ? right : block - 1 - random.int(3);
        const header = (await readBlockHeader(provider, BigInt(shown)))!;
        const mixHash = await mixHashOf(shown);
        await both(
          "sealByHeader",
          () => model.seal(block, "", { block: shown, mixHash }),
          () => registry.sealByHeader(header),
        );
      },
    };
    const weights = { join: 3, leave: 1, activate: 4, open: 3, mine: 4, seal: 3, sealByHeader: 2 };
    const bag = Object.entries(weights).flatMap(([name, weight]) => new Array<string>(weight).fill(name));
    for (let i = 0; i < STEPS; i++) {
      await steps[random.pick(bag)]!();
      const keys = [...model.active].map((ticket): [number, Point] => [ticket, keyOf(ticket)]);
      expect(await registry.root(), `step ${i}`).to.equal(RegistryTree.of(keys).root);
      const { group, active, isSealed, seedBlock, nextBlock } = await registry.drawState();
      expect({ group, active, isSealed, seedBlock, nextBlock }, `step ${i}`).to.deep.equal({
        group: BigInt(model.group),
        active: BigInt(model.active.size),
        isSealed: model.next?.mixHash !== undefined,
        seedBlock: BigInt(model.seed?.block ?? 0),
        nextBlock: BigInt(model.next?.block ?? 0),
      });
    }
    expect([...outcomes.keys()]).to.include.members([
      ...["join: ok", "leave: ok", "open: ok", "activate: ok", "seal: ok", "sealByHeader: ok"],
      ...["activate: TicketNotWaiting", "activate: SeedTooOld", "activate: WrongKey"],
      "seal: NotSeedBlock",
      ...["sealByHeader: NotSeedBlock", "sealByHeader: WrongHeader", "sealByHeader: AlreadySealed"],
    ]);
  });
});

/** Windows with which groups of two rounds last just long enough. */
const LONG = {
  params: { proposalWindow: 1_436n, proofWindow: 100n },
  core: { forcedDeadline: 1_536n, escapeDelay: 10_000n },
} as const;

describe("B52: the draw of tickets", () => {
  const STAKING = { electedTickets: 2n, seedRounds: 2n, exitDelay: 4_000n } as const;
  const ON = { ...LONG, staking: STAKING, tickets: [1, 2, 4] } as const;
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52(ON);
  });

  it("is off by default: a round's root is that of the keys, and the registry has no code of a draw", async () => {
    const off = await freshB52({ tickets: [1, 2] });
    await off.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    await expect(off.registry.drawOf(2)).to.revert(off.network.connection.ethers);
    await expect(off.registry.openRound(2)).to.revert(off.network.connection.ethers);
    expect(await off.registry.queryFilter(off.registry.filters.RoundDrawn(), off.startBlock)).to.deep.equal([]);
    expect(await off.b52.registryRootOf(2)).to.equal(await off.registry.root());
  });

  it("reaches the statements of a block, all tickets elected before the first seed", async () => {
    const draw = await h.drawOf(1n);
    expect(draw & NO_LIMIT).to.equal(NO_LIMIT);
    expect(draw >> 120n).not.to.equal(0n);
    const registry = RegistryTree.of([1, 2, 4].map((ticket): [number, Point] => [ticket, keyOf(ticket)]));
    expect(await h.b52.registryRootOf(1)).to.equal(votersRoot({ registry: RegistryTree.empty(), draw }));
    // The verifier accepts a proof for exactly its public inputs, which the harness derives from the voters' root.
    const { winner } = await h.round({ promised: { 2: 1, 3: 2 }, workers: { 2: 1, 3: 2 } });
    expect(await h.b52.head()).to.equal(winner.id);
    expect(await h.b52.registryRootOf(2)).to.equal(votersRoot({ registry, draw: await h.drawOf(2n) }));
  });

  it("has the limit of the tickets under the root, from the first seed on", async () => {
    const heads: bigint[] = [];
    for (let round = 1n; round < 7n; round++) {
      expect(await h.drawOf(round)).not.to.equal(0n);
      await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
      const { nextBlock, isSealed } = await h.registry.drawState();
      const block = BigInt(await h.network.connection.ethers.provider.getBlockNumber());
      if (nextBlock !== 0n && !isSealed) {
        if (block < nextBlock) await h.network.connection.networkHelpers.mine(nextBlock - block);
        const header = await readBlockHeader(h.network.connection.ethers.provider, nextBlock);
        await expect(h.registry.sealByHeader(header!)).to.emit(h.registry, "SeedSealed");
      }
      heads.push((await h.drawOf(round + 1n)) & NO_LIMIT);
    }
    // Rounds 2 and 3 have no seed yet. 2 of 3 tickets are elected on average.
    expect(heads.slice(0, 2)).to.deep.equal([NO_LIMIT, NO_LIMIT]);
    expect(heads.slice(2)).to.deep.equal(new Array(heads.length - 2).fill(((NO_LIMIT + 1n) * 2n) / 3n - 1n));
  });

  it("opens a round for the consensus alone", async () => {
    await expect(h.registry.openRound(2))
      .to.be.revertedWithCustomError(h.registry, "NotConsensus")
      .withArgs(h.address(0));
  });

  // Trap: a seed of the caller's block (interfold #1715).
  it("has one seed, however late it is sealed, and by whomever", async () => {
    await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    const { nextBlock } = await h.registry.drawState();
    const { provider } = h.network.connection.ethers;
    const { networkHelpers } = h.network.connection;
    await networkHelpers.mine(nextBlock - BigInt(await provider.getBlockNumber()));
    const header = (await readBlockHeader(provider, nextBlock))!;
    const snapshot = await networkHelpers.takeSnapshot();
    const draws = new Set<bigint>();
    for (const [blocks, from] of [
      [1, 1],
      [50, 2],
      [200, 3],
    ] as const) {
      await networkHelpers.mine(blocks);
      await h.registry.connect(h.signer(from)).sealByHeader(header);
      draws.add(await h.registry.drawOf(4));
      await snapshot.restore();
      h.network.clock.reset();
    }
    expect(draws.size).to.equal(1);
    await networkHelpers.mine(257);
    await expect(h.registry.sealByHeader(header)).to.be.revertedWithCustomError(h.registry, "WrongHeader");
  });

  // A key that is chosen after the seed is known could be tried until it is elected in each round of the group.
  it("gives a key no round whose seed was known when it was registered", async () => {
    await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    const { provider } = h.network.connection.ethers;
    const { networkHelpers } = h.network.connection;
    const { nextBlock } = await h.registry.drawState();
    await networkHelpers.mine(nextBlock - BigInt(await provider.getBlockNumber()));
    await h.registry.sealByHeader((await readBlockHeader(provider, nextBlock))!);
    const before = await h.registry.root();
    await h.join(9);
    expect(await h.registry.root()).to.equal(before);
    const { x, y } = createFastSigner("ticket 9").publicKey;
    const joinedAt = BigInt(await provider.getBlockNumber());
    for (let i = 0; i < 2; i++) await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    await expect(h.registry.activate(9, x, y))
      .to.be.revertedWithCustomError(h.registry, "SeedTooOld")
      .withArgs(joinedAt, nextBlock);
    const { nextBlock: later } = await h.registry.drawState();
    expect(later).to.be.above(joinedAt);
    const block = BigInt(await provider.getBlockNumber());
    if (block < later) await networkHelpers.mine(later - block);
    await h.registry.sealByHeader((await readBlockHeader(provider, later))!);
    for (let i = 0; i < 2; i++) await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    await expect(h.registry.activate(9, x, y))
      .to.emit(h.registry, "TicketActivated")
      .withArgs(9n);
    const keys = [1, 2, 4, 9].map((ticket): [number, Point] => [ticket, keyOf(ticket)]);
    expect(await h.registry.root()).to.equal(RegistryTree.of(keys).root);
  });

  // Else an owner could register many keys for one stake, and take the one that is elected.
  it("lets a ticket join again with another key, which waits for a seed of its own", async () => {
    await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    const { provider } = h.network.connection.ethers;
    const { networkHelpers } = h.network.connection;
    const registry = h.registry.connect(h.owner(9));
    await h.join(9);
    await registry.leaveRegistry(9);
    await h.moveTo((await h.now()) + STAKING.exitDelay);
    await registry.withdrawStake(9);
    await mined(h.token.connect(h.owner(9)).approve(h.registry, h.staking.stake));
    const [first, second] = [keyOf(9), keyOf(99)];
    await registry.join(9, second.x, second.y, h.payout(9));
    const rejoined = BigInt(await provider.getBlockNumber());
    const { nextBlock } = await h.registry.drawState();
    // The first key would count with the seed of this block, the second one was registered too late for it.
    if (rejoined < nextBlock) await networkHelpers.mine(nextBlock - rejoined);
    await h.registry.sealByHeader((await readBlockHeader(provider, nextBlock))!);
    for (let i = 0; i < 2; i++) await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    await expect(h.registry.activate(9, first.x, first.y))
      .to.be.revertedWithCustomError(h.registry, "WrongKey")
      .withArgs(9n);
    await expect(h.registry.activate(9, second.x, second.y))
      .to.be.revertedWithCustomError(h.registry, "SeedTooOld")
      .withArgs(rejoined, nextBlock);
  });

  it("lets a ticket leave that waits", async () => {
    await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    const before = await h.registry.root();
    await h.join(9);
    await expect(h.registry.connect(h.owner(9)).leaveRegistry(9)).to.emit(h.registry, "TicketLeft");
    const { x, y } = createFastSigner("ticket 9").publicKey;
    await expect(h.registry.activate(9, x, y))
      .to.be.revertedWithCustomError(h.registry, "TicketNotWaiting")
      .withArgs(9n);
    expect(await h.registry.root()).to.equal(before);
    expect((await h.registry.drawState()).active).to.equal(3n);
  });

  it("is deployed with parameters that fit each other", async () => {
    for (const [staking, name, value] of [
      [{ electedTickets: 248n, seedRounds: 2n }, "electedTickets", 248n],
      [{ electedTickets: 1n, seedRounds: 1n }, "seedRounds", 1n],
      [{ electedTickets: 1n, seedRounds: 0n }, "seedRounds", 0n],
      [{ electedTickets: 0n, seedRounds: 2n }, "seedRounds", 2n],
    ] as const) {
      await expect(deployB52({ ...LONG, staking: { ...STAKING, ...staking } }))
        .to.be.revertedWithCustomError(h.registry, "InvalidStakingParameter")
        .withArgs(name, value);
    }
    for (const staking of [
      { electedTickets: 247n, seedRounds: 65_535n },
      { electedTickets: 1n, seedRounds: 2n },
    ]) {
      await deployB52({ ...LONG, staking: { ...STAKING, ...staking } });
    }
  });

  // Else the opener of a group could know two seeds, and take the older one by opening before anybody seals the other.
  it("is not deployed with groups that can end before their seed is sealed", async () => {
    for (const [proposalWindow, seedRounds] of [
      [1_435n, 2n],
      [1_435n, 3n],
      [667n, 4n],
    ] as const) {
      const options = { ...LONG, params: { ...LONG.params, proposalWindow }, staking: { ...STAKING, seedRounds } };
      await expect(deployB52(options))
        .to.be.revertedWithCustomError(h.b52, "InvalidParameter")
        .withArgs("seedRounds", seedRounds);
    }
    await deployB52({
      ...LONG,
      params: { ...LONG.params, proposalWindow: 668n },
      staking: { ...STAKING, seedRounds: 4n },
    });
  });

  // 64 slots from the first round of a group to the block of its seed, and 64 in which anybody seals it.
  it("gives the opener of a group no choice: once its seed is sealed, each block opens it with the same draw", async () => {
    await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    const { provider } = h.network.connection.ethers;
    const { networkHelpers } = h.network.connection;
    const { nextBlock } = await h.registry.drawState();
    await networkHelpers.mine(nextBlock - BigInt(await provider.getBlockNumber()));
    await h.registry.sealByHeader((await readBlockHeader(provider, nextBlock))!);
    const [third, fourth] = [await h.registry.drawOf(3), await h.registry.drawOf(4)];
    const snapshot = await networkHelpers.takeSnapshot();
    for (const blocks of [0, 1, 100, 300]) {
      if (blocks > 0) await networkHelpers.mine(blocks);
      h.network.clock.reset();
      // Round 3 is the last one of its group, and not opened with the seed that is known already.
      await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
      expect(await h.drawOf(3n)).to.equal(third);
      expect(third & NO_LIMIT).to.equal(NO_LIMIT);
      await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
      expect(await h.drawOf(4n)).to.equal(fourth);
      await snapshot.restore();
      h.network.clock.reset();
    }
  });

  // With e^-electedTickets nobody is elected at a height.
  it("takes a block for which nobody voted, as nobody was elected: its proposer proves alone", async () => {
    const { winner } = await h.round({ promised: {}, workers: {} });
    expect(await h.b52.head()).to.equal(winner.id);
    expect(winner.record.nodes).to.equal(0n);
  });

  it("has a seed of its own for each registry, so that no output of one deployment is one of another", async () => {
    const other = await deployB52(ON, h.network);
    for (const round of [1, 2]) expect(await other.registry.drawOf(round)).not.to.equal(await h.registry.drawOf(round));
  });

  it("is not deployed with a verifier of joint proofs, which has the other merge; its own takes no joint proof", async () => {
    const { ethers } = h.network.connection;
    const honk = await ethers.deployContract("MockToken");
    const joint = await ethers.deployContract("JointRollupVerifier", [honk, 1n, true]);
    await expect(deployB52({ ...ON, params: { ...ON.params, verifier: await joint.getAddress() } }, h.network))
      .to.be.revertedWithCustomError(h.b52, "CircuitSizeMismatch")
      .withArgs("verifier.DRAWS", 0n, 1n);
    const drawn = await ethers.deployContract("DrawnRollupVerifier");
    await expect(drawn.verifyJointly("0x", "0x")).to.be.revertedWithCustomError(drawn, "NoJointProofs");
  });

  it("is of one registry, and the other one refuses its parameters", async () => {
    const { ethers } = h.network.connection;
    const libraries = { Poseidon: h.network.libraries["Poseidon"]! };
    for (const [name, staking, of, value] of [
      ["ProverRegistry", PARAMETERS, "electedTickets", 3n],
      ["DrawnProverRegistry", { electedTickets: 0, seedRounds: 0 }, "electedTickets", 0n],
    ] as const) {
      await expect(ethers.deployContract(name, [h.token, { ...h.staking, ...staking }], { libraries }))
        .to.be.revertedWithCustomError(h.registry, "InvalidStakingParameter")
        .withArgs(of, value);
    }
  });

  it("is refused with a verifier of the other merge circuit", async () => {
    const { ethers } = h.network.connection;
    const plain = await ethers.deployContract("MockVerifier");
    await expect(deployB52({ ...ON, params: { verifier: await plain.getAddress() } }, h.network))
      .to.be.revertedWithCustomError(h.b52, "CircuitSizeMismatch")
      .withArgs("verifier.DRAWS", 0n, 1n);
    await plain.setDraws(1n);
    await expect(deployB52({ params: { verifier: await plain.getAddress() } }, h.network))
      .to.be.revertedWithCustomError(h.b52, "CircuitSizeMismatch")
      .withArgs("verifier.DRAWS", 1n, 0n);
  });

  it("fixes a seed's block two epochs of L1 ahead", async () => {
    await h.round({ promised: { 2: 1 }, workers: { 2: 1 } });
    const [event] = await h.registry.queryFilter(h.registry.filters.SeedBlockFixed(), h.startBlock);
    expect(event?.args.blockNumber).to.equal(BigInt(event!.blockNumber + SEED_DELAY));
  });
});

// A registry alone, with the test in the place of a consensus.
describe("B52: the seed of a draw", () => {
  const open = async (): Promise<{
    h: B52Harness;
    registry: DrawnProverRegistry;
    mineTo: (block: bigint) => Promise<void>;
  }> => {
    const h = await freshB52();
    const { ethers, networkHelpers } = h.network.connection;
    const staking = { ...h.staking, ...PARAMETERS };
    const libraries = { Poseidon: h.network.libraries["Poseidon"]! };
    const registry = await ethers.deployContract("DrawnProverRegistry", [h.token, staking], { libraries });
    await h.token.approve(registry, h.staking.stake * 10n);
    const mineTo = async (block: bigint): Promise<void> =>
      networkHelpers.mine(block - BigInt(await ethers.provider.getBlockNumber()));
    return { h, registry, mineTo };
  };
  const join = async (h: B52Harness, registry: DrawnProverRegistry, ticket: number): Promise<bigint> => {
    const { x, y } = keyOf(ticket);
    const { blockNumber } = (await (await registry.join(ticket, x, y, h.signer(0))).wait())!;
    return BigInt(blockNumber);
  };
  const seal = async (h: B52Harness, registry: DrawnProverRegistry, block: bigint): Promise<void> => {
    await registry.sealByHeader((await readBlockHeader(h.network.connection.ethers.provider, block))!);
  };

  // L1's proposer of the block before a seed's knows the seed: it could try keys, and join in its own block.
  it("counts for a key that was registered 64 blocks before, and for none that was registered later", async () => {
    const { h, registry, mineTo } = await open();
    await registry.openRound(2);
    const { nextBlock: first } = await registry.drawState();
    await mineTo(first);
    await seal(h, registry, first);
    const early = await join(h, registry, 1);
    await registry.openRound(4);
    const late = await join(h, registry, 2);
    const { nextBlock: second } = await registry.drawState();
    expect([early, late]).to.deep.equal([second - BigInt(SEED_DELAY) - 1n, second - BigInt(SEED_DELAY) + 1n]);
    await mineTo(second);
    await seal(h, registry, second);
    await registry.openRound(6);
    const [own, other] = [keyOf(1), keyOf(2)];
    await expect(registry.activate(2, other.x, other.y))
      .to.be.revertedWithCustomError(registry, "SeedTooOld")
      .withArgs(late, second);
    await expect(registry.activate(1, own.x, own.y))
      .to.emit(registry, "TicketActivated")
      .withArgs(1n);
    const keys = RegistryTree.of([[1, own]]);
    expect(await registry.root()).to.equal(keys.root);
  });

  // To open a round early, or not to seal, must give nobody the choice of another block.
  it("stays that of its block while it can be sealed, whoever opens groups before", async () => {
    const { h, registry, mineTo } = await open();
    await registry.openRound(2);
    const { nextBlock } = await registry.drawState();
    await expect(registry.openRound(4)).not.to.emit(registry, "SeedBlockFixed");
    await mineTo(nextBlock + 200n);
    await expect(registry.openRound(6)).not.to.emit(registry, "SeedBlockFixed");
    expect((await registry.drawState()).nextBlock).to.equal(nextBlock);
    await seal(h, registry, nextBlock);
    await registry.openRound(8);
    const { seedBlock, nextBlock: next } = await registry.drawState();
    expect(seedBlock).to.equal(nextBlock);
    // Nobody sealed this one while its hash was at hand: a new block is fixed, and the seed stays.
    await mineTo(next + 256n);
    await registry.openRound(10);
    const after = await registry.drawState();
    expect(after.nextBlock).to.equal(next + 257n + BigInt(SEED_DELAY));
    expect(after.seedBlock).to.equal(nextBlock);
  });
});
