// SPDX-License-Identifier: MIT
import { GovernedSlashingModel, type Party } from "../../../test/model/elections/governedSlashing.ts";
import { Refusal } from "../../../test/model/b52/refusal.ts";
import { Chance } from "../chance.ts";
import { sum } from "../maths.ts";
import {
  BLOCK_TIME,
  ElectionWorld,
  inSeq,
  PLACES,
  seq,
  SLOT_HOURS,
  type Entry,
  type SlotElectionName,
} from "./elections.ts";

/** Elections that sell slots to the highest bid. */
export const SELLING: readonly SlotElectionName[] = ["SlotAuction", "MultiWinnerAuction", "ProposerSale"];
const BUYER = "buyer";
const isBuyer = (account: string | undefined): boolean => account?.startsWith(BUYER) ?? false;

export interface TakeoverOptions {
  readonly election: SlotElectionName;
  readonly share: number;
  readonly stake: number;
  readonly slotValue: number;
  /** Epochs after the first slot of the buyer. */
  readonly epochs: number;
}

export interface TakeoverResult {
  /** Capital that it brings, and that others bring for it, in SEQ. */
  readonly capital: number;
  readonly delegated: number;
  /** Price of an hour, in SEQ. */
  readonly hourly: number;
  /** Hours from the purchase to the first slot. */
  readonly warning: number;
  /** Part of the slots that it then holds. */
  readonly held: number;
  /** Hours from the decision to leave until the capital is back. */
  readonly exit: number;
}

const hoursOf = (blocks: bigint): number => (Number(blocks) * BLOCK_TIME) / 3_600;

/** A buyer that comes in a block of epoch 2 and wants a share of all slots from then on. */
export function runTakeover(options: TakeoverOptions, run: number, seed: number): TakeoverResult {
  const { election, share, stake, slotValue, epochs } = options;
  const chance = new Chance(seed, `takeover ${election} ${share} ${run}`);
  const wishes = new Chance(seed, `wishes ${election} ${share} ${run}`);
  const isSelling = SELLING.includes(election);
  const comesAt = 1_000n + 2n * 1_600n + BigInt(chance.below(1_600));
  const honest = Array.from({ length: PLACES }, (_, i) => `honest ${i}`);
  const seats = Math.round(share * PLACES);
  const buyers = Array.from({ length: election === "MultiWinnerAuction" ? seats : 1 }, (_, i) => `${BUYER} ${i}`);
  const wanted = new Map<bigint, boolean>();
  const wants = (slot: bigint): boolean => {
    if (election === "MultiWinnerAuction") return true;
    if (!wanted.has(slot)) wanted.set(slot, wishes.happens(share));
    return wanted.get(slot)!;
  };
  let end = comesAt + 100_000n;
  const world: ElectionWorld = new ElectionWorld(election, {
    ...{ parties: isSelling ? [...honest, ...buyers] : honest, stake, chance, provesService: () => true },
    worthOf: (party, slot) => {
      if (world.model.clock.slotStart(slot) >= end || slot < 64n) return 0;
      if (isBuyer(party)) return world.now.block >= comesAt && wants(slot) ? 1.2 * slotValue : 0;
      return election === "ProposerSale" ? (party === "honest 0" ? slotValue : 0) : slotValue;
    },
  });
  const { model, consensus } = world;
  let entry: Entry | undefined;
  let [first, held, slots] = [0n, 0, 0];
  let most = 0;
  while (first === 0n || world.now.block < end) {
    world.next();
    const { block } = world.now;
    if (block === comesAt && !isSelling) entry = world.course.enterAs?.(BUYER, share, world.now);
    const slot = model.clock.slotAt(world.now);
    const holder = model.holderOf(slot);
    if (block === model.clock.slotStart(slot)) {
      if (isSelling) most = Math.max(most, world.lockedBy(buyers));
      if (first === 0n && isBuyer(holder)) {
        first = block;
        end = model.clock.epochStart(model.clock.epochOf(slot) + BigInt(epochs) + 1n);
      }
      if (first > 0n) [slots, held] = [slots + 1, held + (isBuyer(holder) ? 1 : 0)];
    }
    if (block % 10n === 0n && holder !== undefined) consensus.post(holder, [1n], world.now);
    world.proveAll();
  }
  if (entry !== undefined) {
    const back = entry.leave(world.now);
    return {
      ...{ capital: inSeq(entry.own), delegated: inSeq(entry.others), hourly: 0, warning: hoursOf(first - comesAt) },
      ...{ held: held / slots, exit: hoursOf(back - world.now.block) },
    };
  }
  // Nothing is bought any more. The money is back once all that is open is settled.
  const stopped = world.now.block;
  while (world.lockedBy(buyers) > 0) world.next();
  const price = inSeq(buyers.reduce((total, party) => total - world.course.worth(party), 0n));
  return {
    ...{ capital: most, delegated: 0, hourly: price / (held * SLOT_HOURS), warning: hoursOf(first - comesAt) },
    ...{ held: held / slots, exit: hoursOf(world.now.block - stopped) },
  };
}

// ─── Slashing by votes ───────────────────────────────────────────────────────────────────────────────────────────────

const DAY = 86_400;
const START_TIME = 1_000_000_000n;
export const SLASHING = {
  ...{
    detectionTime: BigInt(7 * DAY),
    votingTime: BigInt(4 * DAY),
    notice: BigInt(2 * DAY),
    lifetime: BigInt(3 * DAY),
  },
  ...{ period: BigInt(30 * DAY), maxRate: 1_000n, capRate: 1_000n },
};

/** Stakes of a side that charges whom it can, and of the other one, by day. */
export function runSlashing(
  share: number,
  stake: number,
  days: number,
): { readonly own: number; readonly others: number }[] {
  const model = new GovernedSlashingModel(SLASHING, BigInt(7 * DAY));
  const seats = Math.round(share * PLACES);
  const parties = new Map<number, Party>();
  const names = Array.from({ length: PLACES }, (_, i) => (i < seats ? "side" : "other"));
  const total = (owner: string): number =>
    sum([...parties.values()].filter((party) => party.owner === owner).map((party) => inSeq(party.stake)));
  names.forEach((owner, i) => parties.set(i + 1, { owner, stake: seq(stake), votes: 1n }));
  const victims = [...parties.keys()].filter((id) => parties.get(id)!.owner === "other");
  const [open, result] = [
    new Map<number, { number: bigint; isConvicted: boolean; since: bigint }>(),
    [] as { own: number; others: number }[],
  ];
  const attempt = (act: () => void): boolean => {
    try {
      act();
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  };
  for (let step = 0; step < days * 4; step++) {
    const now = START_TIME + BigInt(step * 6 * 3_600);
    const stakes = { parties, epoch: BigInt(step), exitTime: model.neededExitTime, epochTime: 6n * 3_600n };
    // Votes follow the stakes.
    for (const [id, { owner, stake: left }] of parties) {
      parties.set(id, { owner, stake: left, votes: left / 10n ** 15n });
    }
    const accusers = [...parties.keys()].filter((id) => parties.get(id)!.owner === "side");
    accusers.forEach((accuser, i) => {
      const charge = open.get(accuser);
      if (charge === undefined) {
        const victim = victims[i % victims.length];
        if (victim === undefined) return;
        attempt(() => {
          const number = model.charge("side", accuser, victim, SLASHING.maxRate, stakes, now);
          open.set(accuser, { number, isConvicted: false, since: now });
        });
        return;
      }
      if (!charge.isConvicted) {
        for (const voter of accusers) {
          const { stage } = model.charges.get(accuser)!;
          if (stage === "Charged") attempt(() => model.convict("side", accuser, charge.number, voter, stakes, now));
        }
        charge.isConvicted = model.charges.get(accuser)!.stage === "Convicted";
        if (!charge.isConvicted && now > charge.since + SLASHING.votingTime) open.delete(accuser);
        return;
      }
      const isOver = attempt(() => model.execute(accuser, charge.number, stakes, now));
      const isExpired = now > charge.since + model.lockTime + SLASHING.lifetime + BigInt(DAY);
      if (isOver || isExpired) open.delete(accuser);
    });
    if (step % 4 === 3) result.push({ own: total("side"), others: total("other") });
  }
  return result;
}

// ─── Users that leave ────────────────────────────────────────────────────────────────────────────────────────────────

export interface LeavingOptions {
  readonly users: number;
  /** Mean hours until a user decides. */
  readonly decide: number;
  /** Users for one call, and gas of it. */
  readonly group: number;
  readonly gas: number;
  /** Gas of a block of L1 that these calls have. */
  readonly blockGas: number;
  /** Hours before which no call is taken, and from the call until the money is there. */
  readonly opens: number;
  readonly takes: number;
}

/** Hours after which each user has its money, in order. */
export function runLeaving(options: LeavingOptions, chance: Chance): Float64Array {
  const { users, decide, group, gas, blockGas, opens, takes } = options;
  const decided = Float64Array.from({ length: users }, () => chance.exponential(decide)).sort();
  const hoursOfCall = (gas / blockGas) * (BLOCK_TIME / 3_600);
  let free = opens;
  for (let first = 0; first < users; first += group) {
    const last = Math.min(users, first + group);
    // A group calls once its last member has decided.
    const calledAt = Math.max(decided[last - 1]!, free);
    free = calledAt + hoursOfCall;
    decided.fill(free + takes, first, last);
  }
  return decided;
}
