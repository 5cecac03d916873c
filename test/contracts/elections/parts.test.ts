// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined, readBlockHeader } from "../../../src/chain/index.ts";
import type { SlotElectionHarness } from "../../../typechain-types/index.ts";
import { BatchedViews } from "../../helpers/batchedViews.ts";
import { BLOCK_TIME, ElectionWorld, modelOutcomeOf, outcomeOf } from "../../helpers/electionWorld.ts";
import { Random } from "../../helpers/random.ts";
import {
  BalancesModel,
  CAPACITY,
  ConsensusModel,
  MAX_TOTAL,
  ProceedsModel,
  SeedsModel,
  SERVICES,
  SlotModel,
  WeightsModel,
  type Call,
  type Moment,
  type SlotParameters,
} from "../../model/elections/parts/index.ts";

const SLOTS = { clock: { slotBlocks: 48n, epochSlots: 8n }, silenceBlocks: 5n, opensAfter: 600n };
const MEMBERS = [1, 2, 3];
const FUND = 9;
const SHARES = { aggregators: 3_333n, fund: 1_111n, poolLeaves: 7n };
const MAX_PENDING = 20n;

describe("shared parts of elections", () => {
  describe("random calls", () => {
    for (const hasSets of [false, true]) {
      it(`slots, seeds and proceeds are those of the models${hasSets ? ", of an election with sets" : ""}`, async () => {
        const run = await PartsRun.start(new Random(`parts/${hasSets}`), hasSets);
        for (let step = 0; step < 600; step++) await run.step(step);
        const missing = [
          ...[
            "ok post",
            "ok prove",
            "ok countMiss",
            "ok seal",
            "ok sealByHeader",
            "ok earn",
            "ok markToBurn",
            "ok burn",
          ],
          ...["NotAllowed", "TooManyPendingLeaves", "NotSequenced", "NotMissed", "InsufficientBalance"],
          ...["NotSeedBlock", "WrongHeader", "AlreadySealed", "SetClosed", "ok openEpoch"],
          ...SERVICES.map((service) => `service ${service}`),
          ...["open by silence", "open by the consensus", "quota"],
        ].filter((event) => !run.counts.has(event));
        expect(missing, `${[...run.counts.keys()].join(", ")} happened`).to.deep.equal([]);
      });
    }

    it("the tree draws as a list of all weights does", async () => {
      const { harness, world } = await deploy(false);
      const random = new Random("tree");
      const model = new WeightsModel();
      let epoch = 1n;
      const outcomes = new Map<string, number>();
      for (let step = 0; step < 500; step++) {
        if (random.chance(0.05)) epoch += random.bigint(3n);
        // Few words, so that all cases of one word happen; sometimes far away.
        const member = random.chance(0.8) ? random.int(10) : random.int(CAPACITY + 1);
        const from = random.chance(0.05) ? epoch - 1n : epoch;
        const any = random.pick([0n, 1n, random.bigint(1_000n), random.bigint(MAX_TOTAL / 2n), MAX_TOTAL + 1n]);
        // Of two faults the tree names the one that is nearer to the leaf: one at a time.
        const weight = from < epoch ? 0n : any;
        const expected = modelOutcomeOf(() => model.set(member, weight, from));
        expect(await outcomeOf(() => harness.setWeight(member, weight, from)), `step ${step}`).to.equal(expected);
        outcomes.set(expected ?? "set", (outcomes.get(expected ?? "set") ?? 0) + 1);

        if (step % 3 > 0) continue;
        for (const asked of [epoch, epoch - 1n, ...(epoch > 1n ? [epoch - 2n] : [])]) {
          const randoms = Array.from({ length: 5 }, () => random.bigint(2n ** 216n));
          const drawn = viewOf(() => randoms.map((point) => BigInt(model.draw(point, asked))));
          expect(await viewOutcome(harness.drawAll(randoms, asked), harness), `draw, step ${step}`).to.deep.equal(
            drawn,
          );
          outcomes.set(`draw ${typeof drawn === "string" ? drawn : "ok"}`, 1);
          expect(await viewOutcome(harness.total(asked), harness)).to.deep.equal(viewOf(() => model.total(asked)));
          const other = random.int(10);
          expect(await viewOutcome(harness.weightOf(other, asked), harness)).to.deep.equal(
            viewOf(() => model.weightOf(other, asked)),
          );
        }
      }
      const events = ["set", "NoSuchMember", "TotalTooLarge", "WeightsForgotten", "draw ok"];
      expect([...outcomes.keys()]).to.include.members([...events, "draw NothingToDraw", "draw WeightsForgotten"]);
      await world.connection.close();
    });
  });

  it("a slot has a quarter of the ring, rounded down, and at least one leaf", async () => {
    for (const [ring, quota] of [
      [3n, 1n],
      [11n, 2n],
    ] as const) {
      const { harness, world } = await deploy(false, SLOTS, ring);
      expect(await harness.slotQuota(), `a ring of ${ring} leaves`).to.equal(quota);
      await world.connection.close();
    }
  });

  it("the tree draws each member as often as its weight says", async () => {
    const { harness } = await deploy(false);
    const weights = new Map([
      [0, 1n],
      [5, 2n],
      [77, 3n],
      [1_023, 4n],
    ]);
    for (const [member, weight] of weights) await mined(harness.setWeight(member, weight, 1n));
    const all = await harness.drawAll([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n], 1n);
    expect(all).to.deep.equal([0n, 5n, 5n, 77n, 77n, 77n, 1023n, 1023n, 1023n, 1023n, 0n]);
    await mined(harness.setWeight(77, 0n, 2n));
    expect(await harness.drawAll([3n], 1n)).to.deep.equal([77n]);
    expect(await harness.drawAll([3n], 2n)).to.deep.equal([1_023n]);
    for (const member of weights.keys()) await mined(harness.setWeight(member, 0n, 3n));
    await expect(harness.drawAll([3n], 3n))
      .to.be.revertedWithCustomError(harness, "NothingToDraw")
      .withArgs(3n);
  });

  describe("seed", () => {
    it("is that of the seed block, in whatever block it is sealed", async () => {
      for (const later of [0n, 1n, 40n]) {
        const { harness, world } = await deploy(true);
        const number = await harness.seedBlock(1n);
        if (later === 0n) {
          await world.mineBefore(number);
          await mined(harness.seal());
        } else {
          await world.mineBefore(number);
          await mineSeedBlock(world);
          await world.mine(later - 1n);
          await mined(harness.sealByHeader((await readBlockHeader(world.connection.ethers.provider, number))!));
        }
        const block: unknown = await world.connection.ethers.provider.send("eth_getBlockByNumber", [
          toHex(number),
          false,
        ]);
        const { mixHash } = block as { readonly mixHash: string };
        expect(await harness.seedOf(1n)).to.equal(mixHash.slice(0, 2 + 54));
        expect(await harness.seedOf(1n)).not.to.equal(`0x${"0".repeat(54)}`);
        await world.connection.close();
      }
    });

    it("cannot be sealed by the header of another block, or by a changed header", async () => {
      const { harness, world } = await deploy(true);
      const { provider } = world.connection.ethers;
      const number = await harness.seedBlock(1n);
      await world.mineBefore(number);
      await mineSeedBlock(world);
      await world.mine(2n);
      const header = (await readBlockHeader(provider, number))!;
      for (const wrong of [(await readBlockHeader(provider, number + 1n))!, `${header.slice(0, -2)}00`, "0x"]) {
        expect(await outcomeOf(() => harness.sealByHeader(wrong))).to.equal("WrongHeader");
      }
      await mined(harness.sealByHeader(header));
      expect(await outcomeOf(() => harness.sealByHeader(header))).to.equal("AlreadySealed");
    });

    it("cannot be sealed once its epoch has begun", async () => {
      const { harness, world } = await deploy(true);
      const number = await harness.seedBlock(1n);
      await world.mineBefore(await harness.epochStart(1n));
      const header = (await readBlockHeader(world.connection.ethers.provider, number))!;
      expect(await outcomeOf(() => harness.sealByHeader(header))).to.equal("NotSeedBlock");
      expect(await harness.seedOf(1n)).to.equal(`0x${"0".repeat(54)}`);
    });

    it("is proven by EIP-2935 after 256 blocks, and not at all without it", async () => {
      const long = { ...SLOTS, clock: { slotBlocks: 100n, epochSlots: 8n } };
      const { harness, world } = await deploy(true, long);
      const { provider } = world.connection.ethers;
      const number = await harness.seedBlock(1n);
      await world.mineBefore(number);
      await mineSeedBlock(world);
      await world.mine(299n);
      const header = (await readBlockHeader(provider, number))!;
      await provider.send("hardhat_setCode", [HISTORY, "0x"]);
      expect(await outcomeOf(() => harness.sealByHeader(header))).to.equal("WrongHeader");
      // Hardhat writes no history (NomicFoundation/hardhat 6226): the contract of the EIP, with the entry that it has.
      await provider.send("hardhat_setCode", [HISTORY, HISTORY_CODE]);
      const { hash } = (await provider.send("eth_getBlockByNumber", [toHex(number), false])) as {
        readonly hash: string;
      };
      await provider.send("hardhat_setStorageAt", [HISTORY, toHex(number % 8_191n), hash]);
      await mined(harness.sealByHeader(header));
      expect(await harness.seedOf(1n)).not.to.equal(`0x${"0".repeat(54)}`);
    });
  });

  describe("bad parameters", () => {
    const cases: readonly (readonly [string, Partial<SlotParameters>, string, readonly unknown[]])[] = [
      ["slots of seven blocks", { clock: { slotBlocks: 7n, epochSlots: 8n } }, "InvalidClock", ["slotBlocks", 7n]],
      [
        "a slot of a day and a block",
        { clock: { slotBlocks: 7_201n, epochSlots: 8n } },
        "InvalidClock",
        ["slotBlocks", 7_201n],
      ],
      ["no slots in an epoch", { clock: { slotBlocks: 10n, epochSlots: 0n } }, "InvalidClock", ["epochSlots", 0n]],
      ["six slots in an epoch", { clock: { slotBlocks: 10n, epochSlots: 6n } }, "InvalidClock", ["epochSlots", 6n]],
      [
        "1,028 slots in an epoch",
        { clock: { slotBlocks: 10n, epochSlots: 1_028n } },
        "InvalidClock",
        ["epochSlots", 1_028n],
      ],
      [
        "an epoch of which half is too short for a seed",
        { clock: { slotBlocks: 47n, epochSlots: 8n } },
        "InvalidClock",
        ["epochSlots", 8n],
      ],
      ["no silence", { silenceBlocks: 0n }, "InvalidParameter", ["silenceBlocks", 0n]],
      ["a silence longer than a slot", { silenceBlocks: 49n }, "InvalidParameter", ["silenceBlocks", 49n]],
      ["a backstop that is not behind the silence", { opensAfter: 60n }, "InvalidParameter", ["opensAfter", 60n]],
      ["no backstop", { opensAfter: 0n }, "InvalidParameter", ["opensAfter", 0n]],
      [
        "a backstop of 30 days and a second",
        { opensAfter: 2_592_001n },
        "InvalidParameter",
        ["opensAfter", 2_592_001n],
      ],
    ];
    for (const [name, change, error, args] of cases) {
      it(`rejects slots with ${name}`, async () => {
        const world = await ElectionWorld.open();
        const factory = await world.connection.ethers.getContractFactory("SlotElectionHarness");
        await expect(deployHarness(world, false, { ...SLOTS, ...change }))
          .to.be.revertedWithCustomError(factory, error)
          .withArgs(...args);
      });
    }

    it("takes slots and shares at the ends of their ranges", async () => {
      const world = await ElectionWorld.open();
      const ends: readonly Partial<SlotParameters>[] = [
        { clock: { slotBlocks: 8n, epochSlots: 1_024n } },
        { clock: { slotBlocks: 7_200n, epochSlots: 4n } },
        { clock: { slotBlocks: 48n, epochSlots: 8n }, silenceBlocks: 1n, opensAfter: 13n },
        { silenceBlocks: 48n, opensAfter: 577n },
        { opensAfter: 2_592_000n },
      ];
      for (const end of ends) {
        const harness = await deployHarness(world, false, { ...SLOTS, ...end });
        const { clock, silenceBlocks, opensAfter } = { ...SLOTS, ...end };
        expect(await harness.SLOT_BLOCKS()).to.equal(clock.slotBlocks);
        expect(await harness.EPOCH_SLOTS()).to.equal(clock.epochSlots);
        expect(await harness.SILENCE_BLOCKS()).to.equal(silenceBlocks);
        expect(await harness.OPENS_AFTER()).to.equal(opensAfter);
      }
      await deployHarness(world, false, SLOTS, { ...SHARES, aggregators: 9_000n, fund: 1_000n, poolLeaves: 1n });
    });

    it("rejects shares above the whole, a fund without an account, and a pool without parts", async () => {
      const world = await ElectionWorld.open();
      const factory = await world.connection.ethers.getContractFactory("SlotElectionHarness");
      const bad = [
        [{ ...SHARES, aggregators: 9_000n, fund: 1_001n }, "aggregators + fund", 10_001n],
        [{ ...SHARES, fundAccount: ZeroAddress }, "fundAccount", 0n],
        [{ ...SHARES, poolLeaves: 0n }, "poolLeaves", 0n],
      ] as const;
      for (const [shares, name, value] of bad) {
        const complete = { fundAccount: world.signer(FUND).address, ...shares };
        await expect(deployHarness(world, false, SLOTS, complete))
          .to.be.revertedWithCustomError(factory, "InvalidShares")
          .withArgs(name, value);
      }
    });
  });
});

const HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935";
/** Runtime code of EIP-2935. */
const HISTORY_CODE =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

const toHex = (value: bigint): string => `0x${value.toString(16)}`;

interface Deployed {
  readonly world: ElectionWorld;
  readonly harness: SlotElectionHarness;
}

async function deployHarness(
  world: ElectionWorld,
  hasSets: boolean,
  parameters: SlotParameters,
  shares: Record<string, unknown> = SHARES,
): Promise<SlotElectionHarness> {
  const members = [...MEMBERS.map((i) => world.signer(i).address), ZeroAddress];
  return world.connection.ethers.deployContract("SlotElectionHarness", [
    parameters,
    await world.token.getAddress(),
    { fundAccount: world.signer(FUND).address, ...shares } as never,
    members,
    hasSets,
  ]);
}

async function deploy(
  hasSets: boolean,
  parameters: SlotParameters = SLOTS,
  maxPending = MAX_PENDING,
): Promise<Deployed> {
  const world = await ElectionWorld.open(maxPending);
  const harness = await deployHarness(world, hasSets, parameters);
  await mined(world.consensus.bindTo(harness));
  return { world, harness };
}

/** Mines a block with a random value of its own. */
async function mineSeedBlock({ connection: { networkHelpers, ethers } }: ElectionWorld): Promise<void> {
  const number = await ethers.provider.getBlockNumber();
  await networkHelpers.setPrevRandao((BigInt(number) << 200n) + 0x5eedn);
  await networkHelpers.mine(1, { interval: Number(BLOCK_TIME) });
}

/** Result of a model's view, or the name of its error. */
function viewOf<Result>(view: () => Result): Result | string {
  let result: Result | undefined;
  const error = modelOutcomeOf(() => {
    result = view();
  });
  return error ?? (result as Result);
}

async function viewOutcome<Result>(view: Promise<Result>, contract: SlotElectionHarness): Promise<Result | string> {
  try {
    const result = await view;
    return Array.isArray(result) ? ([...(result as unknown[])] as Result) : result;
  } catch (error) {
    const { data } = error as { readonly data?: string };
    const name = data === undefined ? undefined : contract.interface.parseError(data)?.name;
    if (name === undefined) throw error;
    return name;
  }
}

/** Members hold slots in turn; in every fourth one nobody does. */
class TurnsModel extends SlotModel {
  readonly hasSets: boolean;
  readonly #holders: readonly (string | undefined)[];
  readonly proceeds: ProceedsModel;

  constructor(
    genesisBlock: bigint,
    consensus: ConsensusModel,
    holders: readonly (string | undefined)[],
    hasSets: boolean,
    proceeds: ProceedsModel,
  ) {
    super(SLOTS, genesisBlock, consensus);
    [this.#holders, this.hasSets, this.proceeds] = [holders, hasSets, proceeds];
  }

  holderOf(slot: bigint): string | undefined {
    return this.#holders[Number(slot) % this.#holders.length];
  }

  override oldestClaimable(current: bigint, moment: Moment): bigint {
    return this.hasSets ? this.oldestOfFrozenSets(current, moment) : super.oldestClaimable(current, moment);
  }

  override record(call: Call, moment: Moment): void {
    if (call.role === "aggregator") this.proceeds.payFromPool(call.account, call.leaves);
    super.record(call, moment);
  }
}

/** A harness beside a mock of its consensus, and the models of both. */
class PartsRun {
  readonly counts = new Map<string, number>();
  readonly #d: Deployed;
  readonly #views: BatchedViews;
  readonly #random: Random;
  readonly #model: TurnsModel;
  readonly #consensus: ConsensusModel<TurnsModel>;
  readonly #balances: BalancesModel;
  readonly #seeds: SeedsModel;
  readonly #deposited = 10n ** 6n;
  #mixHashes = new Map<bigint, bigint>();

  private constructor(
    deployed: Deployed,
    views: BatchedViews,
    random: Random,
    startedAt: Moment,
    genesisBlock: bigint,
    hasSets: boolean,
  ) {
    [this.#d, this.#views, this.#random] = [deployed, views, random];
    const { world } = deployed;
    this.#balances = new BalancesModel();
    const proceeds = new ProceedsModel({ ...SHARES, fundAccount: world.signer(FUND).address }, this.#balances);
    const holders = [...MEMBERS.map((i) => world.signer(i).address), undefined];
    this.#consensus = new ConsensusModel(
      MAX_PENDING,
      startedAt,
      (consensus) => new TurnsModel(genesisBlock, consensus, holders, hasSets, proceeds),
    );
    this.#model = this.#consensus.selector;
    this.#seeds = new SeedsModel(this.#model.clock, (block) => this.#mixHashes.get(block) ?? 0n);
  }

  static async start(random: Random, hasSets: boolean): Promise<PartsRun> {
    const deployed = await deploy(hasSets);
    const { world, harness } = deployed;
    const parties = MEMBERS.map((i) => world.signer(i));
    await world.fund(parties, 10n ** 6n, await harness.getAddress());
    const views = await BatchedViews.open(world.connection);
    const startedAt = { block: 0n, time: await world.consensus.timeOf(0) };
    const genesis = await harness.GENESIS_BLOCK();
    const run = new PartsRun(deployed, views, random, startedAt, genesis, hasSets);
    for (const party of parties) {
      await mined(harness.connect(party).deposit(run.#deposited));
      run.#balances.credit(party.address, run.#deposited);
    }
    return run;
  }

  async step(step: number): Promise<void> {
    const { world, harness } = this.#d;
    const random = this.#random;
    if (random.chance(0.4)) await this.#mine(random.bigint(random.chance(0.1) ? 120n : 12n));
    if (step === 570) {
      await mined(world.consensus.freeze());
      this.#consensus.isFrozen = true;
    }
    const party = world.signer(random.pick([...MEMBERS, 4]));
    const { address } = party;
    switch (random.pick(["post", "post", "post", "prove", "countMiss", "money", "seal", "openEpoch"])) {
      case "post": {
        const leaves = Array.from(
          { length: 1 + random.int(2) },
          () => 1n + random.bigint(random.chance(0.1) ? 8n : 3n),
        );
        await this.#both(
          "post",
          () => world.consensus.post(address, leaves),
          (at) => {
            this.#countWhy(address, leaves, at);
            this.#consensus.post(address, leaves, at);
          },
        );
        break;
      }
      case "prove": {
        // Most of what waits, so that the ring is full at times, and empty at times.
        const waiting = this.#consensus.sequenced - this.#consensus.verified;
        const batches = 1n + random.bigint(waiting + 2n);
        await this.#both(
          "prove",
          () => world.consensus.prove(address, batches),
          (at) => this.#consensus.prove(address, batches, at),
        );
        break;
      }
      case "countMiss": {
        const current = this.#model.clock.slotAt(await world.next());
        const back = random.bigint(random.chance(0.2) ? 40n : 6n);
        const slot = back > current ? 0n : current - back;
        await this.#both(
          "countMiss",
          () => harness.countMiss(slot),
          (at) => void this.#model.countMiss(slot, at),
        );
        break;
      }
      case "money":
        await this.#money(address, party);
        break;
      case "seal":
        await this.#seal();
        break;
      case "openEpoch": {
        const at = await world.now();
        const expected = viewOf(() => this.#model.clock.openEpoch(at));
        expect(await viewOutcome(harness.openEpoch(), harness)).to.equal(expected);
        this.#count(typeof expected === "string" ? expected : "ok openEpoch");
        break;
      }
    }
    await this.#compare(step);
  }

  async #money(address: string, party: Parameters<ElectionWorld["fund"]>[0][number]): Promise<void> {
    const harness = this.#d.harness.connect(party);
    const amount = this.#random.bigint(this.#random.chance(0.05) ? 10n ** 7n : 1_000n);
    switch (this.#random.pick(["earn", "earn", "markToBurn", "burn", "withdraw"])) {
      case "earn":
        return this.#both(
          "earn",
          () => harness.earn(amount),
          () => {
            this.#balances.debit(address, amount);
            this.#model.proceeds.divide(amount);
          },
        );
      case "markToBurn":
        return this.#both(
          "markToBurn",
          () => harness.markToBurn(amount),
          () => {
            this.#balances.debit(address, amount);
            this.#model.proceeds.markToBurn(amount);
          },
        );
      case "burn":
        return this.#both(
          "burn",
          () => harness.burn(),
          () => void this.#model.proceeds.burn(this.#model.consensus.isFrozen),
        );
      default:
        return this.#both(
          "withdraw",
          () => harness.withdraw(amount),
          () => this.#balances.debit(address, amount),
        );
    }
  }

  async #seal(): Promise<void> {
    const { world, harness } = this.#d;
    const { provider } = world.connection.ethers;
    const at = await world.next();
    const target = this.#seeds.seedBlock(this.#model.clock.epochAt(at) + 1n);
    if (this.#random.chance(0.5) && target > at.block && target < at.block + 100n) {
      await world.mineBefore(target);
      await this.#both(
        "seal",
        () => harness.seal(),
        (moment) => this.#seeds.seal(moment),
        target,
      );
      return;
    }
    if (this.#random.chance(0.2)) {
      await this.#both(
        "seal",
        () => harness.seal(),
        (moment) => this.#seeds.seal(moment),
      );
      return;
    }
    const shown = this.#random.chance(0.8) && target < at.block ? target : at.block - 1n;
    const header = (await readBlockHeader(provider, shown))!;
    await this.#learn(shown);
    await this.#both(
      "sealByHeader",
      () => harness.sealByHeader(header),
      (moment) => this.#seeds.sealByHeader(shown, moment),
    );
  }

  /** Mines empty blocks. Hardhat gives those that it does not mine one by one no random value. */
  async #mine(blocks: bigint): Promise<void> {
    const { world } = this.#d;
    const now = await world.now();
    const target = this.#seeds.seedBlock(this.#model.clock.epochAt(now) + 1n);
    if (target <= now.block || target > now.block + blocks) return world.mine(blocks);
    await world.mine(target - now.block - 1n);
    await mineSeedBlock(world);
    await world.mine(now.block + blocks - target);
  }

  /** @param learns block whose `mixHash` the model is told before it answers */
  async #both(
    action: string,
    send: () => Promise<ContractTransactionResponse>,
    call: (at: Moment) => void,
    learns?: bigint,
  ): Promise<void> {
    const at = await this.#d.world.next();
    const actual = await outcomeOf(send);
    if (learns !== undefined) await this.#learn(learns);
    const expected = modelOutcomeOf(() => call(at));
    expect(actual, action).to.equal(expected);
    this.#count(expected ?? `ok ${action}`);
    // A transaction that reverts may not be mined.
    expect((await this.#d.world.now()).block, "blocks").to.be.oneOf([at.block, at.block - 1n]);
  }

  async #learn(block: bigint): Promise<void> {
    const { provider } = this.#d.world.connection.ethers;
    const { mixHash } = (await provider.send("eth_getBlockByNumber", [toHex(block), false])) as { mixHash: string };
    this.#mixHashes.set(block, BigInt(mixHash));
  }

  /** Counts why a batch is, or is not, allowed. */
  #countWhy(account: string, leaves: readonly bigint[], at: Moment): void {
    const sum = leaves.reduce((total, ofBatch) => total + ofBatch, 0n);
    const call = { account, role: "sequencer", first: 0n, last: 0n, leaves: sum } as const;
    const holder = this.#model.holderOf(this.#model.clock.slotAt(at));
    const opensAt = this.#consensus.opensAt("sequencer") ?? 0n;
    if (opensAt <= at.time) this.#count("open by the consensus");
    else if (this.#model.decide(call, at) && holder !== undefined && holder !== account) this.#count("open by silence");
    else if (account === holder && !this.#model.decide(call, at)) this.#count("quota");
  }

  #count(event: string): void {
    this.counts.set(event, (this.counts.get(event) ?? 0) + 1);
  }

  async #compare(step: number): Promise<void> {
    const { world, harness } = this.#d;
    const now = await world.now();
    const current = this.#model.clock.slotAt(now);
    const epoch = this.#model.clock.epochOf(current);
    const read = this.#views.read.bind(this.#views);
    const back = this.#random.bigint(20n);
    const slot = back > current ? 0n : current - back;
    const parties = [...MEMBERS, 4, FUND].map((i) => world.signer(i).address);
    const [allowed, service, record, ring, undivided, seeds, balances, held, clock] = await Promise.all([
      Promise.all(parties.map((party) => read(harness, "isAllowed", party, 0, 0))),
      read(harness, "serviceOf", slot),
      read(harness, "slotRecord", current),
      read(harness, "ring"),
      read(harness, "undivided"),
      Promise.all([epoch, epoch + 1n].map((asked) => read(harness, "seedOf", asked))),
      Promise.all(parties.map((party) => read(harness, "balances", party))),
      read(world.token, "balanceOf", harness.target as string),
      Promise.all([
        read(harness, "currentSlot"),
        read(harness, "currentEpoch"),
        read(harness, "epochStart", epoch),
        read(harness, "changesFrom", epoch + 1n),
        read(harness, "freezeBlock", epoch + 1n),
        read(harness, "seedBlock", epoch + 1n),
      ]),
    ]);
    const model = this.#model;
    const decisions = parties.map((account) =>
      model.decide({ account, role: "sequencer", first: 0n, last: 0n, leaves: 1n }, now),
    );
    expect(allowed, `allowed, step ${step}`).to.deep.equal(decisions);
    const expectedService = model.serviceOf(slot, now);
    this.#count(`service ${expectedService}`);
    expect(SERVICES[Number(service)], `service of ${slot}, step ${step}`).to.equal(expectedService);
    const { holderBatches, otherBatches, holderLeaves, otherLeaves, lastHolderBlock, isMissed } =
      model.recordOf(current);
    expect([...record], `record, step ${step}`).to.deep.equal([
      ...[current, holderBatches, otherBatches, holderLeaves, otherLeaves, lastHolderBlock],
      isMissed,
    ]);
    const fullTimes = BigInt(model.fullTimes.length);
    expect([...ring], "ring").to.deep.equal([model.firstBlock, model.lastBlock, fullTimes, model.forgottenUntil]);
    expect([...undivided], "undivided").to.deep.equal([model.proceeds.pool, model.proceeds.toBurn]);
    expect(seeds.map(BigInt), "seeds").to.deep.equal([epoch, epoch + 1n].map((asked) => this.#seeds.seedOf(asked)));
    expect(balances, "balances").to.deep.equal(parties.map((party) => this.#balances.of(party)));
    expect(held, "conservation").to.equal(this.#balances.sum() + model.proceeds.pool + model.proceeds.toBurn);
    expect(clock, "clock").to.deep.equal([
      ...[current, epoch, model.clock.epochStart(epoch), model.clock.changesFrom(epoch + 1n)],
      ...[model.clock.freezeBlock(epoch + 1n), this.#seeds.seedBlock(epoch + 1n)],
    ]);
  }
}
