// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, keccak256, parseEther } from "ethers";

import { deployB52, type B52Harness, type B52Options } from "../../helpers/b52Harness.ts";

const UINT32 = (1n << 32n) - 1n;
const UINT96 = (1n << 96n) - 1n;
const DAYS_30 = 30n * 86_400n;

describe("B52: parameters", () => {
  let h: B52Harness;
  before(async () => {
    h = await deployB52();
  });

  const refused = async (options: B52Options, name: string, value: bigint): Promise<void> => {
    await expect(deployB52(options)).to.be.revertedWithCustomError(h.b52, "InvalidParameter").withArgs(name, value);
  };

  it("are what was deployed", async () => {
    const [event] = await h.b52.queryFilter(h.b52.filters.ConsensusDeployed(), h.startBlock);
    const { core, params, staking } = event!.args;
    expect(params.token).to.equal(await h.token.getAddress());
    expect(params.verifier).to.equal(await h.verifier.getAddress());
    expect(await h.b52.VERIFIER()).to.equal(params.verifier);
    expect(await h.b52.TOKEN()).to.equal(params.token);
    for (const [shown, expected] of [
      [params, h.params],
      [core, h.core],
      [staking, h.staking],
    ] as const) {
      for (const [name, value] of Object.entries(expected)) {
        expect((shown as unknown as Record<string, unknown>)[name], name).to.equal(value);
      }
    }
    const encoded = AbiCoder.defaultAbiCoder().encode(h.b52.interface.deploy.inputs.slice(0, 3), [
      core,
      params,
      staking,
    ]);
    expect(await h.b52.PARAMETERS_HASH()).to.equal(keccak256(encoded));
    expect(await h.rollup.CONSENSUS()).to.equal(await h.b52.getAddress());
    expect(await h.rollup.FORCED_DEADLINE()).to.equal(h.core.forcedDeadline);
    expect(await h.rollup.TOKEN_FEE()).to.equal(h.core.tokenFee);
    expect(await h.registry.CONSENSUS()).to.equal(await h.b52.getAddress());
    expect(await h.registry.TOKEN()).to.equal(await h.token.getAddress());
    expect(await h.registry.STAKE()).to.equal(h.staking.stake);
    expect(await h.registry.EXIT_DELAY()).to.equal(h.staking.exitDelay);
    expect(await h.registry.SLASH_RATE()).to.equal(h.staking.slashRate);
    expect(await h.registry.MAX_SLASH_RATE()).to.equal(h.staking.maxSlashRate);
    expect(await h.registry.FORGIVENESS()).to.equal(h.staking.forgiveness);
  });

  it("begin with height 0, a head of its own, and round 1 open", async () => {
    expect(await h.b52.height()).to.equal(0n);
    expect(await h.b52.head()).to.equal(keccak256(AbiCoder.defaultAbiCoder().encode(["uint256"], [h.domain])));
    expect(await h.b52.openRound()).to.deep.equal([1n, 1n, true]);
    const [, toBurn, slope] = await h.b52.treasury();
    expect([toBurn, slope]).to.deep.equal([0n, h.params.minSlope]);
    const [event] = await h.b52.queryFilter(h.b52.filters.ConsensusDeployed(), h.startBlock);
    expect(event?.args.rollup).to.equal(await h.rollup.getAddress());
    expect(event?.args.registry).to.equal(await h.registry.getAddress());
    const { opensAt } = await h.windows();
    await expect(h.b52.deploymentTransaction())
      .to.emit(h.b52, "RoundOpened")
      .withArgs(1n, 1n, opensAt, await h.registry.root());
  });

  // Windows are changed together with what depends on them, so that each row breaks one rule only.
  const long = { core: { forcedDeadline: UINT32 - 1n, escapeDelay: UINT32 }, staking: { exitDelay: UINT32 } };
  const outOfRange: readonly [string, bigint, B52Options][] = [
    ["proposalWindow", 0n, { params: { proposalWindow: 0n } }],
    ["proposalWindow", DAYS_30 + 1n, { params: { proposalWindow: DAYS_30 + 1n }, ...long }],
    ["proofWindow", 0n, { params: { proofWindow: 0n } }],
    ["proofWindow", DAYS_30 + 1n, { params: { proofWindow: DAYS_30 + 1n }, ...long }],
    ["defenceWindow", 2n, { params: { defenceWindow: 2n } }],
    ["defenceWindow", DAYS_30 + 1n, { params: { defenceWindow: DAYS_30 + 1n }, ...long }],
    ["proposalWindow", 99n, { params: { proposalWindow: 99n, proofWindow: 100n, pipelined: true } }],
    ["forcedDeadline", 219n, { core: { forcedDeadline: 219n } }],
    ["escapeDelay", 1_059n, { core: { escapeDelay: 1_059n } }],
    ["escapeDelay", 401n, { core: { escapeDelay: 401n } }],
    ["exitDelay", 539n, { staking: { exitDelay: 539n } }],
    ["maxUncles", 4n, { params: { maxUncles: 4n } }],
    ...[0n, 1n, 3n, 5n, 16n].map((maxLeaves): [string, bigint, B52Options] => [
      "maxLeaves",
      maxLeaves,
      { params: { maxLeaves } },
    ]),
    ["minBid", 0n, { params: { minBid: 0n } }],
    ["lostBurnRate", 10_001n, { params: { lostBurnRate: 10_001n } }],
    ["unprovenBurnRate", 10_001n, { params: { unprovenBurnRate: 10_001n } }],
    ["maxShare", 5_001n, { params: { maxShare: 5_001n } }],
    ["targetProvers", 0n, { params: { targetProvers: 0n } }],
    ["targetProvers", 16n, { params: { targetProvers: 16n } }],
    ["targetProvers", 4n, { params: { targetProvers: 4n, maxLeaves: 2n } }],
    // 1,500 − 600 for the provers are 900 for the proposer: 60 for each of 15 nodes, 300 for each of 3.
    ["bounty", 61n, { params: { blockReward: 1_500n, maxShare: 4_000n, bounty: 61n } }],
    ["bounty", 301n, { params: { blockReward: 1_500n, maxShare: 4_000n, maxLeaves: 2n, bounty: 301n } }],
    ["minSlope", 10n ** 9n - 1n, { params: { minSlope: 10n ** 9n - 1n } }],
    ["minSlope", parseEther("2"), { params: { minSlope: parseEther("2"), maxSlope: parseEther("2") - 1n } }],
  ];
  for (const [name, value, options] of outOfRange) {
    it(`refuse ${name} = ${value}`, () => refused(options, name, value));
  }

  for (const name of ["token", "verifier"] as const) {
    it(`refuse a ${name} without code`, () =>
      refused({ params: { [name]: h.address(1) } }, name, BigInt(h.address(1))));
  }

  const atTheEdge: readonly [string, B52Options][] = [
    ["the shortest windows", { params: { proposalWindow: 1n, proofWindow: 1n, defenceWindow: 3n } }],
    [
      "the longest windows",
      {
        params: { proposalWindow: DAYS_30, proofWindow: DAYS_30, defenceWindow: DAYS_30, pipelined: true },
        core: { forcedDeadline: 2n * DAYS_30, escapeDelay: 8n * DAYS_30 },
        staking: { exitDelay: 6n * DAYS_30 },
      },
    ],
    ["a proposal window that is shorter than the proof window", { params: { proposalWindow: 99n, proofWindow: 100n } }],
    ["three rounds between deadline and freeze", { core: { escapeDelay: 1_060n } }],
    ["a deadline of one round", { core: { forcedDeadline: 220n } }],
    ["an exit of two rounds", { staking: { exitDelay: 540n } }],
    ["the lowest numbers", { params: { maxUncles: 0n, maxLeaves: 2n, minBid: 1n, targetProvers: 1n, maxShare: 0n } }],
    ["the highest numbers", { params: { maxUncles: 3n, maxLeaves: 8n, targetProvers: 15n } }],
    ["a bounty of all that a node costs", { params: { blockReward: 1_500n, maxShare: 4_000n, bounty: 60n } }],
    ["all pay", { params: { lostBurnRate: 10_000n, unprovenBurnRate: 10_000n } }],
    ["one slope", { params: { minSlope: 10n ** 9n, maxSlope: 10n ** 9n } }],
    ["slashing everything at once", { staking: { slashRate: 10_000n, maxSlashRate: 10_000n, stake: 1n } }],
    ["rewards that no pool can pay", { params: { blockReward: UINT96, uncleReward: UINT96, tip: UINT96 } }],
  ];
  for (const [name, options] of atTheEdge) {
    it(`allow ${name}`, async () => {
      expect(await (await deployB52(options)).b52.height()).to.equal(0n);
    });
  }

  const staking: readonly [string, bigint, NonNullable<B52Options["staking"]>][] = [
    ["stake", 0n, { stake: 0n }],
    ["slashRate", 0n, { slashRate: 0n }],
    ["slashRate", 501n, { slashRate: 501n, maxSlashRate: 500n }],
    ["maxSlashRate", 10_001n, { maxSlashRate: 10_001n }],
  ];
  for (const [name, value, params] of staking) {
    it(`refuse a registry with ${name} = ${value}`, async () => {
      await expect(deployB52({ staking: params }))
        .to.be.revertedWithCustomError(h.registry, "InvalidStakingParameter")
        .withArgs(name, value);
    });
  }
});
