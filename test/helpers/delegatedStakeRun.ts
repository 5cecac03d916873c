// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { DelegatedStake } from "../../typechain-types/index.ts";
import { DelegatedStakeModel, type Vault, type VaultParameters } from "../model/elections/delegatedStake.ts";
import { ConsensusModel, type SlotParameters } from "../model/elections/parts/index.ts";
import { MAX_ID, type SeatParameters } from "../model/elections/seats.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { Random } from "./random.ts";
import { openSeats, seatArguments, SeatRun, SHORT_SLOTS, type SeatWorld } from "./seatRun.ts";

const MIN_STAKE = 160_000n;
const RULES: SeatParameters = { minStake: MIN_STAKE, seats: 2n, maxMisses: 2n, leakRate: 4_000n, exitEpochs: 2n };
const VAULTS: VaultParameters = { maxRatio: 3n };
const MAX_PENDING = 40n;

export const VAULT_ACTIONS = [
  ...["open", "close", "free", "announceCommission", "delegate", "undelegate", "collect", "switchTo", "transferShares"],
  ...["reward", "weigh", "outbid"],
] as const;

/** Ids that one transaction takes. */
const FILLED_AT_ONCE = 40;

/** Ids that the calls are about. */
const IDS = [1, 2, 3, 4] as const;

export const openDelegatedStake = (
  slots: SlotParameters,
  rules: SeatParameters,
  vaults: VaultParameters,
): Promise<SeatWorld<DelegatedStake>> =>
  openSeats(MAX_PENDING, true, ({ connection: { ethers }, token }, slasher) =>
    ethers.deployContract("DelegatedStake", [slots, seatArguments(token, slasher, rules), vaults]),
  );

/** Gives all ids above the first ones to one account, with a vault of the lowest stake each. */
export async function fillVaults({ world, election }: SeatWorld<DelegatedStake>): Promise<string> {
  const stake = await election.MIN_STAKE();
  const filler = await world.connection.ethers.deployContract("VaultFiller", [election]);
  await mined(world.token.transfer(filler, stake * BigInt(MAX_ID)));
  for (let id = IDS.length + 1; id <= MAX_ID; id += FILLED_AT_ONCE) {
    await mined(filler.fill(id, Math.min(id + FILLED_AT_ONCE - 1, MAX_ID), stake));
  }
  return filler.getAddress();
}

/** Random calls to a delegated stake and its model. */
export class DelegatedStakeRun extends SeatRun<DelegatedStake, DelegatedStakeModel> {
  /** Vaults that were there before the first call. */
  #filled = 0;

  /** @param isFull whether all ids but four are taken for good */
  static async start(random: Random, isFull: boolean): Promise<DelegatedStakeRun> {
    const opened = await openDelegatedStake(SHORT_SLOTS, RULES, VAULTS);
    const { world, election } = opened;
    const genesisBlock = await election.GENESIS_BLOCK();
    const randoms = new Map<bigint, bigint>();
    const startsAt = { block: 0n, time: await world.consensus.timeOf(0) };
    const consensus = new ConsensusModel(MAX_PENDING, startsAt, (bound) => {
      const randomOf = (block: bigint): bigint => randoms.get(block)!;
      const surroundings = { genesisBlock, consensus: bound, randomOf, hasSlasher: true };
      return new DelegatedStakeModel(SHORT_SLOTS, RULES, VAULTS, surroundings);
    });
    const model = consensus.selector;
    if (isFull) {
      const first = await world.next();
      const filler = await fillVaults(opened);
      model.balances.credit(filler, MIN_STAKE * BigInt(MAX_ID));
      for (let id = IDS.length + 1; id <= MAX_ID; id++) model.open(filler, id, MIN_STAKE, 0n, first);
    }
    const views = await BatchedViews.open(world.connection);
    const run = new DelegatedStakeRun(opened, model, random, views, await world.next(), IDS, randoms);
    run.#filled = model.vaults.size;
    await run.openBalances();
    if (!isFull) return run;
    // There are bids only when no id is free, and only for vaults that are small.
    for (const id of IDS) await run.#open(run.accounts[id - 1]!, id, MIN_STAKE, 0n);
    for (let i = 0; i < 6; i++) await run._outbid();
    return run;
  }

  protected override owed(): bigint {
    return this.model.owed();
  }

  protected override moments(): readonly bigint[] {
    return this.#vaults().flatMap(([, { exitEpoch, announced, holdings }]) =>
      [exitEpoch, announced?.epoch, ...[...holdings.values()].map((own) => own.exitEpoch)].flatMap((epoch) =>
        epoch === undefined ? [] : [this.model.clock.epochStart(epoch)],
      ),
    );
  }

  /** Vaults that the calls are about: the last ones. */
  #vaults(): [number, Vault][] {
    return [...this.model.vaults].slice(this.#filled).slice(-8);
  }

  /** Mostly a vault for which the call can succeed. */
  #vaultFor(isFit: (vault: Vault) => boolean): number {
    if (this.random.chance(0.03)) return this.random.pick([0, this.model.vaults.size + 1]);
    const known = this.#vaults();
    const fit = known.filter(([, vault]) => isFit(vault));
    return (fit.length > 0 && this.random.chance(0.8) ? this.random.pick(fit) : this.random.pick(known))[0];
  }

  /** Mostly a stake that is allowed. */
  #amount(): bigint {
    if (this.random.chance(0.08)) return this.random.pick([0n, MIN_STAKE - 1n, this.model.maxStake + 1n]);
    return MIN_STAKE + this.random.bigint(this.random.chance(0.3) ? MIN_STAKE : 12n * MIN_STAKE);
  }

  protected override async ofStakes(): Promise<void> {
    const known = this.#vaults().length > 0;
    const weighted = [...VAULT_ACTIONS, "open", "delegate", "delegate", "delegate", "undelegate", "collect"] as const;
    const isFull = IDS.every((id) => this.model.vaultAt(id) !== undefined) && this.#filled > 0;
    const bids = isFull ? (["outbid", "outbid", "outbid", "close", "close", "free"] as const) : [];
    const action = known ? this.random.pick([...weighted, "switchTo", "reward", ...bids] as const) : "open";
    await this[`_${action}`]();
  }

  #signer(address?: string) {
    const own = this.accounts.find((account) => account.address === address);
    return own !== undefined && this.random.chance(0.9) ? own : this.random.pick(this.accounts);
  }

  #ofOperator(number: number) {
    return this.#signer(this.model.vaults.get(number)?.operator);
  }

  /** An account with shares, or with leaving ones. */
  #holder(number: number, isLeaving: boolean) {
    const holdings = [...(this.model.vaults.get(number)?.holdings ?? [])];
    const fit = holdings.filter(([, { shares, leaving }]) => (isLeaving ? leaving.amount : shares) > 0n);
    return this.#signer(fit.length > 0 ? this.random.pick(fit)[0] : undefined);
  }

  #commission(): bigint {
    return this.random.chance(0.08) ? 10_001n : this.random.bigint(10_001n);
  }

  /** Mostly no more than the account has. */
  #shares(number: number, account: string): bigint {
    const vault = this.model.vaults.get(number);
    const own = vault?.holdings.get(account)?.shares ?? 0n;
    const isBound = vault?.operator === account && vault.exitEpoch === undefined;
    const spare = isBound ? own - MIN_STAKE : own;
    return this.random.pick([
      0n,
      spare,
      spare,
      spare + 1n,
      this.random.bigint(spare + 1n),
      this.random.bigint(spare + 1n),
    ]);
  }

  #minShares(): bigint {
    return this.random.chance(0.9) ? 0n : this.random.bigint(20n * MIN_STAKE);
  }

  async _open(): Promise<void> {
    const free = IDS.filter((id) => this.model.vaultAt(id) === undefined);
    const id =
      free.length > 0 && this.random.chance(0.8) ? this.random.pick(free) : this.random.pick([0, ...IDS, 1_024]);
    await this.#open(this.#signer(), id, this.#amount(), this.#commission());
  }

  async #open(caller: HardhatEthersSigner, id: number, amount: bigint, commission: bigint): Promise<void> {
    await this.both(
      `open ${id} ${amount} ${commission}`,
      () => this.model.open(caller.address, id, amount, commission, this.now),
      () => this.election.connect(caller).open(id, amount, commission),
    );
  }

  async _outbid(): Promise<void> {
    // Mostly a vault that is small enough, and that nobody has outbid.
    const worth = (id: number): bigint =>
      this.model.waitingAt(id) === undefined ? (this.model.stakeOf(id)?.stake ?? 0n) : this.model.maxStake;
    const [smallest] = [...IDS].sort((a, b) => (worth(a) < worth(b) ? -1 : 1));
    const any = this.random.chance(0.9) ? this.random.pick(IDS) : this.random.pick([0, 1_024]);
    const id = this.random.chance(0.5) ? smallest! : any;
    const [caller, amount, commission] = [this.#signer(), 3n * this.#amount(), this.#commission()];
    await this.both(
      `outbid ${id} ${amount} ${commission}`,
      () => this.model.outbid(caller.address, id, amount, commission, this.now),
      () => this.election.connect(caller).outbid(id, amount, commission),
    );
  }

  async _close(): Promise<void> {
    // Not too often: most calls need an open vault.
    if (this.random.chance(0.6)) return this._delegate();
    const vault = this.#vaultFor(({ state }) => state === "active" || state === "waiting");
    const caller = this.#ofOperator(vault);
    await this.both(
      `close ${vault}`,
      () => this.model.close(caller.address, vault, this.now),
      () => this.election.connect(caller).close(vault),
    );
  }

  async _free(): Promise<void> {
    const vault = this.#vaultFor(({ state }) => state === "closed");
    await this.both(
      `free ${vault}`,
      () => this.model.free(vault, this.now),
      () => this.election.free(vault),
    );
  }

  async _announceCommission(): Promise<void> {
    const vault = this.#vaultFor(({ state }) => state === "active");
    const [caller, commission] = [this.#ofOperator(vault), this.#commission()];
    await this.both(
      `announceCommission ${vault} ${commission}`,
      () => this.model.announceCommission(caller.address, vault, commission, this.now),
      () => this.election.connect(caller).announceCommission(vault, commission),
    );
  }

  async _delegate(): Promise<void> {
    const vault = this.#vaultFor(({ state }) => state === "active" || state === "waiting");
    const [caller, amount, minShares] = [this.#signer(), this.#amount(), this.#minShares()];
    await this.both(
      `delegate ${vault} ${amount} ${minShares}`,
      () => this.model.delegate(caller.address, vault, amount, minShares, this.now),
      () => this.election.connect(caller).delegate(vault, amount, minShares),
    );
  }

  async _undelegate(): Promise<void> {
    const vault = this.#vaultFor(() => true);
    const caller = this.#holder(vault, false);
    const shares = this.#shares(vault, caller.address);
    await this.both(
      `undelegate ${vault} ${shares}`,
      () => this.model.undelegate(caller.address, vault, shares, this.now),
      () => this.election.connect(caller).undelegate(vault, shares),
    );
  }

  async _collect(): Promise<void> {
    const vault = this.#vaultFor((each) => each.leaving > 0n);
    const { address } = this.#holder(vault, true);
    await this.both(
      `collect ${vault} ${address}`,
      () => this.model.collect(address, vault, this.now),
      () => this.election.collect(vault, address),
    );
  }

  async _switchTo(): Promise<void> {
    const from = this.#vaultFor((each) => each.leaving > 0n);
    const to = this.random.chance(0.2) ? from : this.#vaultFor(({ state }) => state === "active");
    const [caller, minShares] = [this.#holder(from, true), this.#minShares()];
    await this.both(
      `switchTo ${from} ${to} ${minShares}`,
      () => this.model.switchTo(caller.address, from, to, minShares, this.now),
      () => this.election.connect(caller).switchTo(from, to, minShares),
    );
  }

  async _transferShares(): Promise<void> {
    const vault = this.#vaultFor(() => true);
    const [caller, to] = [this.#holder(vault, false), this.random.pick(this.accounts).address];
    const shares = this.#shares(vault, caller.address);
    await this.both(
      `transferShares ${vault} ${to} ${shares}`,
      () => this.model.transferShares(caller.address, vault, to, shares, this.now),
      () => this.election.connect(caller).transferShares(vault, to, shares),
    );
  }

  async _reward(): Promise<void> {
    const vault = this.#vaultFor(({ state }) => state === "active");
    const amount = this.random.pick([0n, 1n, this.random.bigint(MIN_STAKE), this.random.bigint(8n * MIN_STAKE)]);
    const caller = this.random.pick(this.accounts);
    await this.both(
      `reward ${vault} ${amount}`,
      () => this.model.reward(caller.address, vault, amount, this.now),
      () => this.election.connect(caller).reward(vault, amount),
    );
  }

  async _weigh(): Promise<void> {
    const vault = this.#vaultFor(({ state }) => state === "active");
    await this.both(
      `weigh ${vault}`,
      () => this.model.weigh(vault, this.now),
      () => this.election.weigh(vault),
    );
  }

  protected override async compareStakes(): Promise<void> {
    const latest = await this.world.now();
    const vaults = this.#vaults().flatMap(([number, vault]) => [
      this.#compareVault(number, vault, latest),
      ...this.accounts.map(({ address }) => this.#compareHolding(number, vault, address)),
    ]);
    const places = IDS.map(async (id) => {
      const [vault, waiting] = await this.views.read(this.election, "vaultsAt", id);
      const expected = [this.model.vaultAt(id) ?? 0, this.model.waitingAt(id) ?? 0];
      expect([Number(vault), Number(waiting)], this.story()).to.deep.equal(expected);
    });
    await Promise.all([...vaults, ...places]);
    expect(Number(await this.views.read(this.election, "vaultCount"))).to.equal(this.model.vaults.size);
    const taken = [...this.model.vaults.values()].filter(({ state }) => state === "active" || state === "closed");
    expect(Number(await this.views.read(this.election, "takenIds")), this.story()).to.equal(taken.length);
  }

  async #compareVault(number: number, vault: Vault, latest: Awaited<ReturnType<typeof this.world.now>>): Promise<void> {
    const { model, election, views } = this;
    const { operator, assets, shares, leaving, exitEpoch, id } = await views.read(election, "vaultOf", number);
    expect(
      [operator, assets, shares, leaving, exitEpoch, Number(id)],
      `vault ${number}, ${this.story()}`,
    ).to.deep.equal([
      ...[vault.operator, vault.assets, model.sharesOf(vault), vault.leaving, vault.exitEpoch ?? 0n],
      vault.state === "over" ? 0 : vault.id,
    ]);
    expect(await views.read(election, "worthOf", number), this.story()).to.equal(model.worthOf(vault, latest));
    expect(await views.read(election, "commissionOf", number), this.story()).to.equal(
      model.commissionOf(vault, latest),
    );
    expect(operator).not.to.equal(ZeroAddress);
  }

  async #compareHolding(number: number, vault: Vault, address: string): Promise<void> {
    const { shares, exitEpoch } = await this.views.read(this.election, "delegationOf", number, address);
    const left = await this.views.read(this.election, "leavingOf", number, address);
    const expected = vault.holdings.get(address);
    expect([shares, exitEpoch, left], `${address} in ${number}, ${this.story()}`).to.deep.equal([
      ...[expected?.shares ?? 0n, expected?.exitEpoch ?? 0n, this.model.leavingOf(vault, address)],
    ]);
  }
}
