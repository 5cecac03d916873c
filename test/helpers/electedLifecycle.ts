// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, dataSlice, keccak256, MaxUint256, ZeroAddress, ZeroHash, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { revertOf } from "../../demo/revertOf.ts";
import type { ElectedParties, Stage } from "../../demo/stage.ts";
import { Aggregator, RollupNode, Sequencer, type ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { ETH, leafProofSignals } from "../../src/ledger/index.ts";
import type { CircuitInput, Prover } from "../../src/prover/index.ts";
import { mockProof, putMock } from "../../tools/bench/mockProofs.ts";
import type {
  Authority,
  DelegatedStake,
  MultiWinnerAuction,
  OutsourcedProving,
  RandomPriority,
  SlotAuction,
  StakeRotation,
} from "../../typechain-types/index.ts";

/*
 * Runs a lifecycle of the demo under elections: has its parties elected, waits for their turns, and sees at the end that
 * the elections were asked or told of everything, that all money is there, and that the chain goes on without the
 * elected parties.
 */

const BLOCK_TIME = 12;
const ROLES = { sequencer: 0, aggregator: 1 } as const;
type RoleName = keyof typeof ROLES;

/** Slots of 12 blocks, and the whole life in one epoch of 768 blocks. */
const CLOCK = { slotBlocks: 12, epochSlots: 64 } as const;
const SLOTS = { ...CLOCK, silenceBlocks: 5 } as const;
const STAKES = { ...SLOTS, seats: 8 } as const;

/** Slots after which a turn has to come. */
const MOST_SLOTS = 16n;

/** `mixHash` of seed blocks. Under it each sequencer gets a seat, and the second aggregator the first range. */
const SEED = `0x${"62".repeat(32)}`;

/** An election that a lifecycle runs under. */
export interface ElectedLifecycle {
  /** As `--election` has it. */
  readonly election: string;
  /** Parameters of the deployment. */
  readonly overrides: (sequencers: readonly string[]) => Readonly<Record<string, unknown>>;
}

/** Batches of the longest proof: of `poe`, which has two sequencers, or of `escape`. So it is within one range. */
const longestProof = (sequencers: readonly string[]): number => (sequencers.length === 2 ? 3 : 1);

/** The ten elections, and a pair of an election of sequencers and one of aggregators. */
export const ELECTED_LIFECYCLES: readonly ElectedLifecycle[] = [
  { election: "Authority", overrides: (parties) => ({ ...SLOTS, parties, seats: parties.length }) },
  {
    election: "SlotAuction",
    overrides: () => ({ ...SLOTS, closeBlocks: 24, finalBlocks: 12, extensionBlocks: 2 }),
  },
  {
    election: "MultiWinnerAuction",
    overrides: (parties) => ({ ...SLOTS, winners: parties.length, reserves: 1 }),
  },
  { election: "StakeRotation", overrides: () => STAKES },
  { election: "DelegatedStake", overrides: () => STAKES },
  { election: "PerformanceRotation", overrides: () => ({ ...STAKES, evidenceSlots: 4 }) },
  { election: "ProposerSale", overrides: () => ({ ...STAKES, closeBlocks: 5 }) },
  // A stake leaves after 23 days.
  { election: "StakeRotation/GovernedSlashing", overrides: () => ({ ...STAKES, exitEpochs: 220 }) },
  { election: "OutsourcedProving", overrides: (parties) => ({ ...CLOCK, rangeBatches: longestProof(parties) }) },
  { election: "RandomPriority", overrides: () => ({ slotBlocks: 12, epochSlots: 32, claimBlocks: 5 }) },
  {
    election: "Authority+OutsourcedProving",
    overrides: (parties) => ({ ...SLOTS, parties, seats: parties.length, rangeBatches: longestProof(parties) }),
  },
];

/** Chain, rollup and parties of a lifecycle. */
interface Run {
  readonly connection: NetworkConnection;
  readonly system: ProofOfEfficiencySystem;
  readonly sequencers: readonly Signer[];
  readonly aggregators: readonly Signer[];
}

/** An election of one role under a lifecycle. */
interface Elected {
  readonly role: RoleName;
  readonly address: string;
  /** Has the parties elected, and waits until their terms have begun. */
  elect(): Promise<void>;
  /** Waits until the next block is in a turn of the party. */
  waitFor(party: Signer): Promise<void>;
  /** Throws unless the election has a record of what its role did. */
  expectRecords(): Promise<void>;
  /** Native tokens that the election holds besides the parties' balances. Nothing else happens afterwards. */
  locked(): Promise<bigint>;
}

const PENDING = { blockTag: "pending" } as const;
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** The next transaction will be in this block. */
async function mineTo({ connection }: Run, block: bigint): Promise<void> {
  const { ethers, networkHelpers } = connection;
  const next = BigInt(await ethers.provider.getBlockNumber()) + 1n;
  if (block > next) await networkHelpers.mine(block - next, { interval: BLOCK_TIME });
}

/** Adds to the balance of a party in an election. */
async function deposit({ connection, system }: Run, party: Signer, election: string, amount: bigint): Promise<void> {
  const balances = await connection.ethers.getContractAt("INativeBalances", election);
  await mined(system.token.transfer(party, amount));
  await mined(system.token.connect(party).approve(election, amount));
  await mined(balances.connect(party).deposit(amount));
}

// ── Elections of sequencers ──────────────────────────────────────────────────────────────────────────────────────────

type OfSlots = Authority | SlotAuction | MultiWinnerAuction | StakeRotation | DelegatedStake;

/** Each batch of a slot is in the record of its slot, and each party posted in slots of its own. */
async function expectSlotRecords(run: Run, election: OfSlots): Promise<void> {
  const { consensus } = run.system;
  const posted = await consensus.queryFilter(consensus.filters.BatchSequenced());
  const genesis = await election.GENESIS_BLOCK();
  const slotBlocks = await election.SLOT_BLOCKS();
  const batchesOf = new Map<bigint, bigint>();
  for (const { blockNumber } of posted) {
    const slot = (BigInt(blockNumber) - genesis) / slotBlocks;
    batchesOf.set(slot, (batchesOf.get(slot) ?? 0n) + 1n);
  }
  const served = new Set<string>();
  for (const [slot, batches] of batchesOf) {
    const record = await election.slotRecord(slot);
    expect(record.holderBatches + record.otherBatches, `slot ${slot}`).to.equal(batches);
    if (record.holderBatches > 0n) served.add(await election.holderOf(slot));
  }
  const parties = await Promise.all(run.sequencers.map((party) => party.getAddress()));
  expect([...served].sort(), "holders that posted").to.deep.equal(parties.sort());
}

abstract class Slots<Contract extends OfSlots> implements Elected {
  readonly role = "sequencer";
  readonly address: string;
  protected readonly run: Run;
  protected readonly election: Contract;

  constructor(run: Run, election: Contract, address: string) {
    [this.run, this.election, this.address] = [run, election, address];
  }

  abstract elect(): Promise<void>;
  abstract locked(): Promise<bigint>;

  async waitFor(party: Signer): Promise<void> {
    const address = await party.getAddress();
    const from = await this.nextSlot();
    let slot = from;
    while ((await this.election.holderOf(slot)) !== address) {
      if (++slot > from + MOST_SLOTS) throw new Error(`no slot of ${address} from ${from} on`);
    }
    await mineTo(this.run, await this.election.slotStart(slot));
  }

  /** Slot of the next block. */
  protected async nextSlot(): Promise<bigint> {
    const block = BigInt(await this.run.connection.ethers.provider.getBlockNumber()) + 1n;
    return (block - (await this.election.GENESIS_BLOCK())) / (await this.election.SLOT_BLOCKS());
  }

  expectRecords(): Promise<void> {
    return expectSlotRecords(this.run, this.election);
  }

  protected deposit(party: Signer, amount: bigint): Promise<void> {
    return deposit(this.run, party, this.address, amount);
  }

  protected async beginEpoch(): Promise<void> {
    await mineTo(this.run, await this.election.epochStart(1));
  }
}

class AuthoritySlots extends Slots<Authority> {
  async elect(): Promise<void> {
    const bond = await this.election.BOND();
    for (const [seat, party] of this.run.sequencers.entries()) {
      await this.deposit(party, bond);
      await mined(this.election.connect(party).takeSeat(seat));
    }
    await this.beginEpoch();
  }

  async locked(): Promise<bigint> {
    const bonds = await Promise.all(this.run.sequencers.map((party) => this.election.bondOf(party)));
    return sum(bonds.map(({ amount }) => amount));
  }
}

class AuctionSlots extends Slots<SlotAuction> {
  readonly #bids: bigint[] = [];

  async elect(): Promise<void> {
    for (const party of this.run.sequencers) await this.deposit(party, 1_000n * 10n ** 18n);
  }

  /** Buys the next slot that is not closed yet, unless the party holds this one. */
  override async waitFor(party: Signer): Promise<void> {
    const current = await this.nextSlot();
    if ((await this.election.holderOf(current)) !== (await party.getAddress())) {
      const slot = current + 4n;
      await mined(this.election.connect(party).bid(slot, await this.election.minimumFor(slot)));
      this.#bids.push(slot);
    }
    await super.waitFor(party);
  }

  /** Every slot that was bought is settled: a part of the price is in the pool, the rest is marked for burning. */
  async locked(): Promise<bigint> {
    await mineTo(this.run, await this.election.slotStart((this.#bids.at(-1) ?? 0n) + 1n));
    for (const slot of this.#bids) {
      if ((await this.election.entryOf(slot)).bid > 0n) await mined(this.election.settle(slot));
    }
    const { pool, toBurn } = await this.election.undivided();
    return pool + toBurn;
  }
}

class WinnerSlots extends Slots<MultiWinnerAuction> {
  async elect(): Promise<void> {
    const price = (await this.election.minimumBid()) * 2n;
    for (const party of this.run.sequencers) await this.deposit(party, price + (await this.election.BOND()));
    await mineTo(this.run, await this.election.changesFrom(1));
    for (const [rank, party] of this.run.sequencers.entries()) {
      await mined(this.election.connect(party).bid(price, rank));
    }
    await this.beginEpoch();
  }

  async locked(): Promise<bigint> {
    // Its misses can be counted until then.
    await mineTo(this.run, await this.election.changesFrom(3));
    await mined(this.election.settleEpoch(1));
    const { pool, toBurn } = await this.election.undivided();
    return pool + toBurn;
  }
}

/** Elections of stakes: `StakeRotation` and those that are one, and `DelegatedStake`. */
class StakedSlots extends Slots<StakeRotation | DelegatedStake> {
  async elect(): Promise<void> {
    const { connection, sequencers } = this.run;
    const lowest = await this.election.MIN_STAKE();
    for (const [i, party] of sequencers.entries()) {
      // The first one has more than half of all votes.
      const stake = lowest * (i === 0 ? 10n : 8n);
      await this.deposit(party, stake);
      await this.#join(party, i + 1, stake);
    }
    await mineTo(this.run, await this.election.seedBlock(1));
    await connection.networkHelpers.setPrevRandao(SEED);
    await mined(this.election.seal());
    await mined(this.election.drawSeats());
    await this.beginEpoch();
    await this.#accuse();
  }

  async locked(): Promise<bigint> {
    await this.#punish();
    const stakes = await Promise.all(this.run.sequencers.map((_, i) => this.election.stakeOf(i + 1)));
    return sum(stakes.map(({ stake }) => stake));
  }

  async #join(party: Signer, id: number, stake: bigint): Promise<void> {
    if ("open" in this.election) {
      await mined(this.election.connect(party).open(id, stake, 1_000));
    } else {
      await mined(this.election.connect(party).join(id, stake));
    }
  }

  async #slasher() {
    const address = await this.election.SLASHER();
    const isUsed = address !== ZeroAddress && this.run.sequencers.length > 1;
    return isUsed ? this.run.connection.ethers.getContractAt("GovernedSlashing", address) : undefined;
  }

  /** If the parties decide on slashes: the first party charges and convicts the second one. */
  async #accuse(): Promise<void> {
    const slasher = await this.#slasher();
    if (slasher === undefined) return;
    const by = slasher.connect(this.run.sequencers[0]);
    await mined(by.charge(1, 2, await slasher.MAX_RATE(), ZeroHash));
    await mined(by.convict(1, 1, 1));
  }

  /** After the lock anybody executes. */
  async #punish(): Promise<void> {
    const slasher = await this.#slasher();
    if (slasher === undefined) return;
    const before = (await this.election.stakeOf(2)).stake;
    const { since, stake } = await slasher.chargeOf(1);
    await this.run.connection.networkHelpers.time.increaseTo(since + (await slasher.lockTime()));
    await mined(slasher.execute(1, 1));
    const taken = before - (await this.election.stakeOf(2)).stake;
    expect(taken, "slashed").to.equal((stake * (await slasher.MAX_RATE())) / 10_000n);
  }
}

// ── Elections of aggregators ─────────────────────────────────────────────────────────────────────────────────────────

/** Each of the aggregators is a roller; a batch is proven by its roller, or by anybody once the roller is late. */
class Rollers implements Elected {
  readonly role = "aggregator";
  readonly address: string;
  readonly #run: Run;
  readonly #election: OutsourcedProving;

  constructor(run: Run, election: OutsourcedProving, address: string) {
    [this.#run, this.#election, this.address] = [run, election, address];
  }

  async elect(): Promise<void> {
    const [run, election] = [this.#run, this.#election];
    const cap = await election.CAP();
    for (const [i, party] of run.aggregators.entries()) {
      await deposit(run, party, this.address, cap);
      await mined(election.connect(party).join(i + 1, cap));
    }
    const epoch = (await election.currentEpoch()) + 1n;
    await mineTo(run, await election.seedBlock(epoch));
    await run.connection.networkHelpers.setPrevRandao(SEED);
    await mined(election.seal());
    await mineTo(run, await election.epochStart(epoch));
    await mined(election.convene());
  }

  /** Until the range is the party's own, or its roller is late. */
  async waitFor(party: Signer): Promise<void> {
    const { connection, system } = this.#run;
    while (!(await system.consensus.isAllowed(party, ROLES.aggregator, PENDING))) {
      await connection.networkHelpers.mine(5, { interval: BLOCK_TIME });
    }
  }

  /** The election follows the consensus, and every range that began with its committee was served or fined. */
  async expectRecords(): Promise<void> {
    const { consensus } = this.#run.system;
    expect((await this.#election.due()).next, "next batch").to.equal((await consensus.verifiedBatches()) + 1n);
    const served = await this.#election.queryFilter(this.#election.filters.RangeServed());
    const missed = await this.#election.queryFilter(this.#election.filters.TermMissed());
    expect(served.length + missed.length, "ranges that were served or missed").to.be.above(0);
  }

  async locked(): Promise<bigint> {
    const rollers = await Promise.all(this.#run.aggregators.map((_, i) => this.#election.rollerOf(i + 1)));
    const { pool, toBurn } = await this.#election.undivided();
    return sum(rollers.map(({ deposit }) => deposit)) + pool + toBurn;
  }
}

/** A ticket of each aggregator: it claims a slot in which it alone may prove. */
class Priorities implements Elected {
  readonly role = "aggregator";
  readonly address: string;
  readonly #run: Run;
  readonly #election: RandomPriority;
  /** First slot that can be claimed. */
  #first = 0n;
  #settled = 0;
  readonly #claimed: bigint[] = [];

  constructor(run: Run, election: RandomPriority, address: string) {
    [this.#run, this.#election, this.address] = [run, election, address];
  }

  async elect(): Promise<void> {
    const [run, election] = [this.#run, this.#election];
    const ticket = await election.TICKET();
    for (const [i, party] of run.aggregators.entries()) {
      // It is fined for a turn in which it only tries to use the proof of somebody else.
      await deposit(run, party, this.address, TICKETS * ticket);
      await mined(election.connect(party).join(link(i, 0), TICKETS));
    }
    const { slot } = await election.keyOf(run.aggregators[0]!);
    this.#first = slot + 1n;
    const epoch = await election.epochOf(this.#first);
    await mineTo(run, await election.seedBlock(epoch));
    await run.connection.networkHelpers.setPrevRandao(SEED);
    await mined(election.seal());
    await mineTo(run, await election.epochStart(epoch));
  }

  /** Claims the next slot, unless the party holds this one. */
  async waitFor(party: Signer): Promise<void> {
    await this.#count();
    const election = this.#election;
    const block = BigInt(await this.#run.connection.ethers.provider.getBlockNumber()) + 1n;
    const current = await this.#slotOf(block);
    if ((await election.holderOf(current)) === (await party.getAddress())) return;
    const slot = current + 1n;
    await mineTo(this.#run, (await election.slotStart(slot)) - 1n);
    const number = slot - this.#first + 1n;
    await mined(election.connect(party).claim(slot, 0, link(this.#run.aggregators.indexOf(party), Number(number))));
    this.#claimed.push(slot);
  }

  /** A holder that proved in its slot has served it. */
  async expectRecords(): Promise<void> {
    await this.#count();
    expect(this.#settled, "slots that were claimed and served").to.be.above(0);
  }

  async locked(): Promise<bigint> {
    const deposits = await Promise.all(this.#run.aggregators.map((party) => this.#election.depositOf(party)));
    return sum(deposits.map(({ amount }) => amount));
  }

  async #slotOf(block: bigint): Promise<bigint> {
    return (block - (await this.#election.GENESIS_BLOCK())) / (await this.#election.SLOT_BLOCKS());
  }

  async #count(): Promise<void> {
    const slot = this.#claimed.at(-1);
    if (slot === undefined || !(await this.#election.claimOf(slot)).isSettled) return;
    this.#claimed.pop();
    this.#settled++;
  }
}

const LINKS = 200;
const TICKETS = 8n;

/** Link of an aggregator's chain: link 0 is its anchor, and link n is the hash of link n + 1. */
function link(aggregator: number, number: number): string {
  let shown = dataSlice(keccak256(Buffer.from(`aggregator ${aggregator}`)), 0, 25);
  const coder = AbiCoder.defaultAbiCoder();
  for (let i = number; i < LINKS; i++) shown = dataSlice(keccak256(coder.encode(["bytes25"], [shown])), 0, 25);
  return shown;
}

// ── Lifecycles ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The election of a name that is deployed. */
async function open(run: Run, name: string, address: string): Promise<Elected> {
  const { ethers } = run.connection;
  switch (name) {
    case "Authority":
      return new AuthoritySlots(run, await ethers.getContractAt(name, address), address);
    case "SlotAuction":
      return new AuctionSlots(run, await ethers.getContractAt(name, address), address);
    case "MultiWinnerAuction":
      return new WinnerSlots(run, await ethers.getContractAt(name, address), address);
    case "DelegatedStake":
      return new StakedSlots(run, await ethers.getContractAt(name, address), address);
    case "OutsourcedProving":
      return new Rollers(run, await ethers.getContractAt(name, address), address);
    case "RandomPriority":
      return new Priorities(run, await ethers.getContractAt(name, address), address);
    default:
      // Each of the others is a rotation.
      return new StakedSlots(run, await ethers.getContractAt("StakeRotation", address), address);
  }
}

/** A lifecycle of the demo under elections. */
export class ElectedRun {
  readonly stage: Stage;
  readonly #connection: NetworkConnection;
  readonly #election: string;
  readonly #prover: Prover;
  #run: Run | undefined;
  #node: RollupNode | undefined;
  #elected: readonly Elected[] = [];
  /** Roles in which a stranger was refused while a party had its turn. */
  readonly #refused = new Set<RoleName>();

  /** @param areMocked whether the proofs of `prover` are mock proofs */
  constructor(connection: NetworkConnection, election: string, prover: Prover, areMocked: boolean) {
    [this.#connection, this.#election] = [connection, election];
    this.#prover = areMocked ? this.#withoutWitnesses(prover) : prover;
    this.stage = {
      prover: this.#prover,
      elect: (system, parties) => this.#elect(system, parties),
      turnOf: (role, party) => this.#turnOf(role, party),
      ...(areMocked ? { begin: (verifiers) => this.#mock(verifiers) } : {}),
    };
  }

  /**
   * Throws unless each election was asked, and holds what it owes. Then the elected parties are silent for ever: while
   * the rollup lives, strangers bring it forward.
   */
  async expectSound(): Promise<void> {
    const run = this.#theRun;
    for (const elected of this.#elected) {
      expect(this.#refused, "roles in which a stranger was refused").to.include(elected.role);
      await elected.expectRecords();
    }
    const { system } = run;
    if (!(await system.rollup.isFrozen())) await this.#expectProgress();
    for (const elected of this.#elected) {
      const locked = await elected.locked();
      const balances = await this.#connection.ethers.getContractAt("INativeBalances", elected.address);
      const parties = [...run.sequencers, ...run.aggregators, await this.#stranger(0), await this.#stranger(1)];
      const owed = sum(await Promise.all(parties.map((party) => balances.balances(party))));
      expect(await system.token.balanceOf(elected.address), "tokens of the election").to.equal(owed + locked);
    }
  }

  get #theRun(): Run {
    if (this.#run === undefined) throw new Error("the lifecycle has not begun");
    return this.#run;
  }

  /** An account that has no part in the lifecycle or the election. */
  async #stranger(i: number): Promise<HardhatEthersSigner> {
    const signers = await this.#connection.ethers.getSigners();
    return signers[17 + i]!;
  }

  /** Puts mocks of the same sizes in the place of the verifiers of a rollup. */
  async #mock({ batches, enforcement }: { batches: string; enforcement: string }): Promise<void> {
    const { ethers } = this.#connection;
    const sizes = await ethers.getContractAt("LeafVerifier", batches);
    const [depth, levels, slots] = [await sizes.DEPTH(), await sizes.LEVELS(), await sizes.SLOTS()];
    await putMock(this.#connection, batches, "MockVerifier");
    await putMock(this.#connection, enforcement, "MockEnforcementVerifier");
    await mined((await ethers.getContractAt("MockVerifier", batches)).setSizes(depth, levels, slots));
    await mined((await ethers.getContractAt("MockEnforcementVerifier", enforcement)).setSizes(depth, levels));
  }

  /**
   * A prover that computes no witness for a leaf of a posted batch: it has the public signals of a node of its own. The
   * circuit is half of the time of a lifecycle, and other tests run it.
   */
  #withoutWitnesses(prover: Prover): Prover {
    return {
      dispose: () => prover.dispose(),
      prove: async (circuit, input) => {
        const signals = circuit === "leaf" ? await this.#signalsOf(input) : undefined;
        if (signals === undefined) return prover.prove(circuit, input);
        return { proof: mockProof("leaf", signals), publicSignals: signals, seconds: 0, cached: false };
      },
    };
  }

  /** @returns undefined if the leaf is of no batch of the rollup */
  async #signalsOf({ z, context, worker, oldStateRoot }: CircuitInput): Promise<readonly bigint[] | undefined> {
    const node = (this.#node ??= await RollupNode.open(this.#theRun.system));
    await node.sync();
    const leaves = node.batches.find((batch) => batch.context === context)?.execution?.result.leaves;
    const leaf = leaves?.find((each) => each.oldStateRoot === oldStateRoot);
    if (leaf === undefined) return undefined;
    return leafProofSignals(leaf, { z: z as bigint, context: context as bigint, worker: worker as bigint });
  }

  async #elect(system: ProofOfEfficiencySystem, parties: ElectedParties): Promise<void> {
    const run = { connection: this.#connection, system, ...parties };
    this.#run = run;
    const selector = await system.consensus.SELECTOR();
    const names = this.#election.split("+").map((part) => part.split("/")[0]!);
    const pair = await this.#connection.ethers.getContractAt("PairedElection", selector);
    const addresses = names.length === 1 ? [selector] : [await pair.SEQUENCERS(), await pair.AGGREGATORS()];
    this.#elected = await Promise.all(names.map((name, i) => open(run, name, addresses[i]!)));
    for (const elected of this.#elected) await elected.elect();
  }

  async #turnOf(role: RoleName, party: Signer): Promise<void> {
    const elected = this.#elected.find((each) => each.role === role);
    if (elected === undefined) return;
    const { consensus } = this.#theRun.system;
    await elected.waitFor(party);
    expect(await consensus.isAllowed(party, ROLES[role], PENDING), `a ${role} in its turn`).to.equal(true);
    const stranger = await this.#stranger(0);
    if (!this.#refused.has(role) && !(await consensus.isAllowed(stranger, ROLES[role], PENDING))) {
      this.#refused.add(role);
      expect(await this.#attempt(role, stranger)).to.equal(`NotAllowed(${stranger.address}, ${ROLES[role]})`);
    }
  }

  /** A stranger's call. @returns the error that it reverted with */
  async #attempt(role: RoleName, stranger: HardhatEthersSigner): Promise<string> {
    const node = await RollupNode.open(this.#theRun.system);
    if (role === "sequencer") {
      return revertOf(new Sequencer(node, stranger, { feeAccount: 0, feeToken: ETH }).post({ forced: 0 }));
    }
    const aggregator = new Aggregator(node, stranger, this.#prover);
    const next = node.verifiedBatches + 1;
    return revertOf(aggregator.submit(await aggregator.prove(next, next)));
  }

  /** The elected parties are silent. One stranger posts a batch and another one proves it. */
  async #expectProgress(): Promise<void> {
    const { consensus, token } = this.#theRun.system;
    const { time } = this.#connection.networkHelpers;
    const [sequencer, prover] = [await this.#stranger(0), await this.#stranger(1)];
    await mined(token.transfer(sequencer, 1_000n * 10n ** 18n));
    await mined(token.connect(sequencer).approve(consensus, MaxUint256));
    await mined(consensus.connect(sequencer).deposit(1_000n * 10n ** 18n));
    const node = await RollupNode.open(this.#theRun.system);
    const opensAt = async (role: RoleName): Promise<void> => {
      const at = await consensus.opensAt(ROLES[role]);
      if (at > BigInt(await time.latest())) await time.increaseTo(at);
    };
    await opensAt("sequencer");
    await new Sequencer(node, sequencer, { feeAccount: 0, feeToken: ETH }).post({});
    await node.sync();
    await opensAt("aggregator");
    const aggregator = new Aggregator(node, prover, this.#prover);
    await aggregator.submit(await aggregator.prove());
    await node.sync();
    expect(node.verifiedBatches, "batches that are final without the elected parties").to.equal(node.batches.length);
  }
}
