// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  AbiCoder,
  Contract,
  dataSlice,
  id as hashOf,
  keccak256,
  MaxUint256,
  parseEther,
  Wallet as Key,
  type InterfaceAbi,
  type Provider,
  type Signer,
  type TransactionResponse,
} from "ethers";

import { minedTransaction, readBlockHeader, reasonOf } from "../../src/chain/index.ts";
import {
  ELECTION_NAMES,
  officeOf,
  readElections,
  type DeployedRollup,
  type ElectionName,
} from "../../src/deployment/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type {
  Authority,
  DelegatedStake,
  MultiWinnerAuction,
  NativeToken,
  OutsourcedProving,
  RandomPriority,
  Seed,
  SlotAuction,
  StakeRotation,
} from "../../typechain-types/index.ts";
import { ToolError } from "../errors.ts";
import { keyOf, type Pace, type Party } from "./topology.ts";

/*
 * Has the sequencers and the aggregators of a devnet elected, by the calls that anybody can make: they join, stake and
 * bid with their own keys, and the first of them does what is left to anybody: it seals seeds and draws seats.
 */

/** Those who are elected. */
const SEQUENCERS = ["sequencer-1", "sequencer-2"] as const satisfies readonly Party[];
const AGGREGATORS = ["aggregator", "boot"] as const satisfies readonly Party[];

/**
 * Parameters of an election on a chain with a block a second: a slot is a minute, and an epoch eight minutes. The names
 * that two elections of a pair share have the same values.
 */
const CLOCK = { slotBlocks: 60, epochSlots: 8 };
const SLOTS = { ...CLOCK, silenceBlocks: 25 };
/** A slasher needs 23 days, of epochs of 480 blocks that L1's rules count as 12 seconds: 346 epochs. */
const SEATS = { ...SLOTS, seats: 8, exitEpochs: 400 };

const addressOf = (party: Party): string => new Key(keyOf(party)).address;

const PARAMETERS: Readonly<Record<ElectionName, Readonly<Record<string, unknown>>>> = {
  Authority: { ...SLOTS, seats: SEQUENCERS.length, parties: SEQUENCERS.map(addressOf) },
  SlotAuction: { ...SLOTS, reach: 16, closeBlocks: 60, finalBlocks: 30, extensionBlocks: 5 },
  MultiWinnerAuction: { ...SLOTS, winners: SEQUENCERS.length, reserves: SEQUENCERS.length },
  StakeRotation: SEATS,
  DelegatedStake: SEATS,
  PerformanceRotation: { ...SEATS, evidenceSlots: 4 },
  ProposerSale: { ...SEATS, closeBlocks: 5 },
  GovernedSlashing: {},
  OutsourcedProving: CLOCK,
  // Its silence has to be longer than two slots, of blocks of 12 seconds; of a sequencer L1 asks for more than an hour.
  RandomPriority: { ...CLOCK, claimBlocks: 15, opensAfter: 3_900 },
};

/** Seconds in which an aggregator proves, at least as long as the silence of an elected one. */
const TARGET_TIMES: Partial<Readonly<Record<ElectionName, number>>> = {
  OutsourcedProving: 1_800,
  RandomPriority: 3_900,
};

/**
 * Parameters of a rollup of a devnet whose parties are elected.
 *
 * @param election as `readElections`; undefined for none
 * @throws {ProtocolError} `UNKNOWN_ELECTION`
 */
export function electionParameters(election: string | undefined): Readonly<Record<string, unknown>> {
  const names = readElections(election);
  const targetTime = Math.max(0, ...names.map((name) => TARGET_TIMES[name] ?? 0));
  return Object.assign({}, ...names.map((name) => PARAMETERS[name]), targetTime > 0 ? { targetTime } : {}) as Readonly<
    Record<string, unknown>
  >;
}

/** Where aggregators are elected, the boot aggregator proves in its own turns, and not only what others leave. */
export function electedPace(election: string | undefined, pace: Pace): Pace {
  const isElected = readElections(election).some((name) => officeOf(name) === "aggregator");
  return isElected ? { ...pace, patience: pace.maxAge } : pace;
}

// ── Elections ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where the elections of a devnet are, and how its L1 is told to go on. */
export interface ElectionsOptions {
  readonly provider: Provider;
  readonly deployed: Pick<DeployedRollup, "token" | "elections">;
  /** Holder of the native tokens. It sends nothing after `join`. */
  readonly deployer: Signer;
}

/** Blocks between two looks while time is made to pass: fewer than any window in which somebody has to act. */
const STRIDE = 10;
/** Epochs after which everybody has to be elected: `RandomPriority` begins with the second one. */
const MOST_EPOCHS = 4;
/** Milliseconds between two looks. */
const STEP = 2_000;
/** A transaction that is not mined in so many seconds has lost its nonce to one of a node with the same key. */
const PATIENCE = 30;

/** The elections of a devnet, and their parties. */
export class Elections {
  readonly #offices: readonly Office[];

  private constructor(offices: readonly Office[]) {
    this.#offices = offices;
  }

  /** Joins with the keys of the devnet. L1 mines a block for each transaction. */
  static async join({ provider, deployed, deployer }: ElectionsOptions): Promise<Elections> {
    const { elections = {}, token } = deployed;
    const offices = ELECTION_NAMES.filter((name) => name in elections && officeOf(name) !== "slasher").map((name) => {
      const address = elections[name]!;
      const desk = new Desk(provider, address, at<NativeToken>("token/NativeToken", token, deployer));
      return OFFICES[name]!(address, desk);
    });
    for (const office of offices) await office.join();
    return new Elections(offices);
  }

  /** Does what is due. */
  async step(): Promise<void> {
    for (const office of this.#offices) await office.act();
  }

  /** Whether somebody is elected for each role now. */
  async areBegun(): Promise<boolean> {
    for (const office of this.#offices) if (!(await office.isBegun())) return false;
    return true;
  }

  /**
   * Lets blocks pass until everybody is elected.
   *
   * @param mine mines so many empty blocks, a second apart
   * @throws {ToolError} `NOT_READY`
   */
  async begin(mine: (blocks: number) => Promise<unknown>): Promise<void> {
    const most = MOST_EPOCHS * CLOCK.epochSlots * CLOCK.slotBlocks;
    for (let mined = 0; !(await this.areBegun()); mined += STRIDE) {
      if (mined > most) {
        throw new ToolError("NOT_READY", { name: "elections" }, `not everybody is elected after ${most} blocks`);
      }
      await this.step();
      await mine(STRIDE);
    }
  }

  /**
   * Acts until it is told to end.
   *
   * @param say told what failed; it is tried again
   */
  async run(signal: AbortSignal, say: (line: string) => void): Promise<void> {
    const isEnded = (): boolean => signal.aborted;
    while (!isEnded()) {
      try {
        await this.step();
      } catch (error) {
        // A node has the same key: one of two transactions with the same nonce is lost.
        if (!isEnded()) say(`elections: ${reasonOf(error)}`);
      }
      await sleep(STEP, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Tokens that a party has in an election: for the bids of many hours, and more than any stake. */
const FUNDS = parseEther("60000");

/** Keys, and the money of the parties of an election. */
class Desk {
  readonly provider: Provider;
  readonly #address: string;
  readonly #token: NativeToken;

  constructor(provider: Provider, address: string, token: NativeToken) {
    [this.provider, this.#address, this.#token] = [provider, address, token];
  }

  signer(party: Party): Signer {
    return new Key(keyOf(party), this.provider);
  }

  async fund(party: Party): Promise<void> {
    const signer = this.signer(party);
    await mined(this.#token.transfer(await signer.getAddress(), FUNDS));
    await mined(this.#token.connect(signer).approve(this.#address, MaxUint256));
    await mined(at<SlotAuction>("elections/SlotAuction", this.#address, signer).deposit(FUNDS));
  }

  /** Number of the next block. */
  async next(): Promise<bigint> {
    return BigInt(await this.provider.getBlockNumber()) + 1n;
  }
}

const mined = (sent: Promise<TransactionResponse>): Promise<unknown> =>
  minedTransaction(sent, { timeout: PATIENCE, pollingInterval: 50 });

/** A contract of the project, of the type that the caller names. @param path of its source, without its ending */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function at<Of>(path: string, address: string, runner: Signer | Provider): Of {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const file = join(PROJECT_ROOT, "artifacts", "contracts", `${path}.sol`, `${name}.json`);
  const { abi } = JSON.parse(readFileSync(file, "utf8")) as { readonly abi: InterfaceAbi };
  return new Contract(address, abi, runner) as unknown as Of;
}

/** The acts of the parties of one election. */
interface Office {
  /** Once. */
  join(): Promise<void>;
  /** Does all that is due in the next block. */
  act(): Promise<void>;
  /** Whether somebody is elected now. */
  isBegun(): Promise<boolean>;
}

/** By the name of the election; a slasher has nobody who acts. */
const OFFICES: Partial<Readonly<Record<ElectionName, (address: string, desk: Desk) => Office>>> = {
  Authority: (address, desk) => ({
    ...slots(at<Authority>("elections/Authority", address, desk.provider)),
    join: async () => {
      for (const [seat, party] of SEQUENCERS.entries()) {
        await desk.fund(party);
        await mined(at<Authority>("elections/Authority", address, desk.signer(party)).takeSeat(seat));
      }
    },
    act: () => Promise.resolve(),
  }),
  SlotAuction: (address, desk) => {
    const election = at<SlotAuction>("elections/SlotAuction", address, desk.provider);
    let bought = 0n;
    return {
      ...slots(election),
      join: () => fundAll(desk, SEQUENCERS),
      // They take turns, and nobody bids against them. Each bid is the lowest one.
      act: async () => {
        const last = (await election.currentSlot()) + (await election.REACH());
        for (let slot = bought + 1n; slot <= last; slot++) {
          const isOpen = (await desk.next()) < (await election.closesAt(slot));
          if (isOpen && (await election.entryOf(slot)).bid === 0n) {
            const bidder = election.connect(desk.signer(SEQUENCERS[Number(slot % 2n)]!));
            await mined(bidder.bid(slot, await election.minimumFor(slot)));
          }
          bought = slot;
        }
      },
    };
  },
  MultiWinnerAuction: (address, desk) => {
    const election = at<MultiWinnerAuction>("elections/MultiWinnerAuction", address, desk.provider);
    return {
      ...slots(election),
      join: () => fundAll(desk, SEQUENCERS),
      // A bid each in the second quarter of an epoch, for the next one.
      act: async () => {
        const epoch = (await election.currentEpoch()) + 1n;
        const next = await desk.next();
        if (next < (await election.changesFrom(epoch)) || next >= (await election.freezeBlock(epoch))) return;
        const bidders = (await election.entriesOf(epoch)).map(({ bidder }) => bidder);
        for (const [rank, party] of SEQUENCERS.entries()) {
          if (bidders.includes(addressOf(party))) continue;
          await mined(election.connect(desk.signer(party)).bid(await election.minimumBid(), rank));
        }
      },
    };
  },
  StakeRotation: rotation,
  PerformanceRotation: rotation,
  ProposerSale: rotation,
  DelegatedStake: (address, desk) =>
    seats(address, desk, async (party, id, stake) => {
      const election = at<DelegatedStake>("elections/DelegatedStake", address, desk.signer(party));
      await mined(election.open(id, stake, 1_000));
    }),
  OutsourcedProving: (address, desk) => {
    const election = at<OutsourcedProving>("elections/OutsourcedProving", address, desk.provider);
    const seal = sealer(address, desk.signer(AGGREGATORS[0]), desk.provider);
    return {
      join: async () => {
        for (const [i, party] of AGGREGATORS.entries()) {
          await desk.fund(party);
          await mined(election.connect(desk.signer(party)).join(i + 1, await election.CAP()));
        }
      },
      act: async () => {
        await seal();
        const epoch = await election.currentEpoch();
        if ((await election.committeeOf(epoch)).epoch === epoch || (await election.seedOf(epoch)) === NO_SEED) return;
        if ((await desk.next()) >= (await election.freezeBlock(epoch + 1n))) return;
        await mined(election.connect(desk.signer(AGGREGATORS[0])).convene());
      },
      isBegun: async () => {
        const epoch = await election.currentEpoch();
        return epoch > 0n && (await election.committeeOf(epoch)).epoch === epoch;
      },
    };
  },
  RandomPriority: (address, desk) => {
    const election = at<RandomPriority>("elections/RandomPriority", address, desk.provider);
    const seal = sealer(address, desk.signer(AGGREGATORS[0]), desk.provider);
    return {
      join: async () => {
        for (const party of AGGREGATORS) {
          await desk.fund(party);
          await mined(election.connect(desk.signer(party)).join(linksOf(party)[0]!, TICKETS));
        }
      },
      act: async () => {
        await seal();
        const slot = (await election.currentSlot()) + 1n;
        const from = (await election.slotStart(slot)) - (await election.CLAIM_BLOCKS());
        const next = await desk.next();
        if (next < from || next >= from + (await election.CLAIM_BLOCKS())) return;
        if ((await election.seedOf(await election.epochOf(slot))) === NO_SEED) return;
        for (const party of AGGREGATORS) await claim(election.connect(desk.signer(party)), party, slot);
      },
      isBegun: async () => isHeld(await election.holderOf(await election.currentSlot())),
    };
  },
};

const NO_SEED = `0x${"00".repeat(27)}`;
const isHeld = (holder: string): boolean => BigInt(holder) !== 0n;

async function fundAll(desk: Desk, parties: readonly Party[]): Promise<void> {
  for (const party of parties) await desk.fund(party);
}

/** Of an election of sequencers by slots. */
const slots = (election: Pick<SlotAuction, "holderOf" | "currentSlot">): Pick<Office, "isBegun"> => ({
  isBegun: async () => isHeld(await election.holderOf(await election.currentSlot())),
});

/** Seals the seed of the next epoch once its block is there. */
function sealer(address: string, signer: Signer, provider: Provider): () => Promise<void> {
  const election = at<Seed>("elections/parts/Seed", address, signer);
  return async () => {
    const epoch = (await election.currentEpoch()) + 1n;
    const number = await election.seedBlock(epoch);
    const isThere = (await provider.getBlockNumber()) >= number;
    if (!isThere || (await election.seedOf(epoch)) !== NO_SEED) return;
    await mined(election.sealByHeader((await readBlockHeader(provider, number))!));
  };
}

/** An election of seats by stake. @param stakeFor stakes so much for a party with an id */
function seats(
  address: string,
  desk: Desk,
  stakeFor: (party: Party, id: number, stake: bigint) => Promise<void>,
): Office {
  const anybody = desk.signer(SEQUENCERS[0]);
  const election = at<StakeRotation>("elections/StakeRotation", address, anybody);
  const seal = sealer(address, anybody, desk.provider);
  return {
    ...slots(election),
    join: async () => {
      for (const [i, party] of SEQUENCERS.entries()) {
        await desk.fund(party);
        await stakeFor(party, i + 1, await election.MIN_STAKE());
      }
    },
    act: async () => {
      await seal();
      const epoch = (await election.currentEpoch()) + 1n;
      if ((await election.seedOf(epoch)) === NO_SEED || (await election.isDrawn(epoch))) return;
      await mined(election.drawSeats());
    },
  };
}

/** `StakeRotation` and the elections that are one. */
function rotation(address: string, desk: Desk): Office {
  return seats(address, desk, async (party, id, stake) => {
    await mined(at<StakeRotation>("elections/StakeRotation", address, desk.signer(party)).join(id, stake));
  });
}

// ── Random priority ──────────────────────────────────────────────────────────────────────────────────────────────────

const TICKETS = 4;
/** Slots of a minute that a chain of links has: a week. */
const LINKS = 10_080;

const chains = new Map<Party, readonly string[]>();

/** Links of a party: the first one is its anchor, and each is the hash of the next one. As public as its key. */
function linksOf(party: Party): readonly string[] {
  const known = chains.get(party);
  if (known !== undefined) return known;
  const links = [dataSlice(hashOf(`devnet links of ${party}`), 0, 25)];
  const coder = AbiCoder.defaultAbiCoder();
  for (let i = 0; i < LINKS; i++) links.push(dataSlice(keccak256(coder.encode(["bytes25"], [links[i]!])), 0, 25));
  links.reverse();
  chains.set(party, links);
  return links;
}

/** Claims a slot with the best ticket of a party, unless it is claimed by a lower number. */
async function claim(election: RandomPriority, party: Party, slot: bigint): Promise<void> {
  const account = addressOf(party);
  const [{ slot: used, tickets, link }, best] = await Promise.all([election.keyOf(account), election.claimOf(slot)]);
  if (slot <= used) return;
  const links = linksOf(party);
  const shown = links[links.indexOf(link) + Number(slot - used)];
  if (shown === undefined) return;
  const scores = await Promise.all(
    Array.from({ length: Number(tickets) }, (_, ticket) => election.scoreOf(account, slot, ticket, shown)),
  );
  const lowest = scores.reduce<bigint | undefined>(
    (low, score) => (low === undefined || score < low ? score : low),
    undefined,
  );
  if (lowest === undefined || (isHeld(best.holder) && lowest >= best.score)) return;
  await mined(election.claim(slot, scores.indexOf(lowest), shown));
}
