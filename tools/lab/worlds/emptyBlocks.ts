// SPDX-License-Identifier: MIT
import { Chance } from "../chance.ts";
import { sum } from "../maths.ts";
import { CENSORS, type CensorName } from "../strategies/censoring.ts";
import {
  BLOCK_TIME,
  CLOCK,
  ElectionWorld,
  inSeq,
  momentOf,
  PLACES,
  SLOT_HOURS,
  type SlotElectionName,
} from "./elections.ts";

export interface CensorshipOptions {
  readonly election: SlotElectionName;
  readonly attack: CensorName;
  /** Of the seats, of the stake, or of the slots that the attacker buys. */
  readonly share: number;
  /** Epochs of the attack. */
  readonly epochs: number;
  /** Stake or bond of each party, and worth of a slot, in SEQ. */
  readonly stake: number;
  readonly slotValue: number;
  /** Blocks between two batches of an honest sequencer. */
  readonly postBlocks: number;
  /** Mean hours between two forced operations. */
  readonly forcedHours: number;
}

export interface CensorshipResult {
  /** Part of the slots that the attacker holds. */
  readonly held: number;
  /** Blocks between two batches that take transactions, in order. */
  readonly gaps: readonly number[];
  /** Hours that each forced operation waited. */
  readonly forced: readonly number[];
  /** Loss of the attacker in the election, in SEQ for an hour. */
  readonly lost: number;
  /** Batches of the attacker in an hour. */
  readonly batches: number;
  /** Capital of the attacker that is locked, in SEQ. */
  readonly locked: number;
}

/** Parties sell or stake, and the attacker has a part of the places; or it buys slots from those that have them. */
const BUYS_SLOTS: readonly SlotElectionName[] = ["SlotAuction", "ProposerSale"];
/** A buyer that is sure to win a slot. */
const DETERMINED = 1.2;

export const attackersOf = (election: SlotElectionName, share: number): string[] =>
  Array.from({ length: BUYS_SLOTS.includes(election) ? 1 : Math.round(share * PLACES) }, (_, i) => `attacker ${i}`);

/** Honest parties and the attacker's, in the order of their places: that of an authority's seats is chance. */
function partiesOf(election: SlotElectionName, attackers: readonly string[], chance: Chance): string[] {
  const sells = BUYS_SLOTS.includes(election) || election === "MultiWinnerAuction";
  const honest = Array.from({ length: sells ? PLACES : PLACES - attackers.length }, (_, i) => `honest ${i}`);
  return sells ? [...honest, ...attackers] : chance.shuffled([...honest, ...attackers]);
}

/** An attacker that leaves users out in its slots, from epoch 2 on, for some epochs. */
export function runCensorship(options: CensorshipOptions, seed: number): CensorshipResult {
  const { election, attack, share, epochs, stake, slotValue, postBlocks } = options;
  const purpose = `${election} ${attack} ${share}`;
  const [chance, purchases] = [new Chance(seed, `censor ${purpose}`), new Chance(seed, `purchases ${purpose}`)];
  const operations = new Chance(seed, "operations");
  const [firstSlot, endSlot] = [2n * CLOCK.epochSlots, (2n + BigInt(epochs)) * CLOCK.epochSlots];
  const attackers = attackersOf(election, share);
  const isAttacker = new Set(attackers);
  const wanted = new Map<bigint, boolean>();
  const wants = (slot: bigint): boolean => {
    if (!BUYS_SLOTS.includes(election)) return true;
    if (!wanted.has(slot)) wanted.set(slot, purchases.happens(share));
    return wanted.get(slot)!;
  };
  const parties = partiesOf(election, attackers, chance);
  const world = new ElectionWorld(election, {
    ...{ parties, stake, chance },
    worthOf: (party, slot) => {
      if (slot < firstSlot || slot >= endSlot) return 0;
      if (isAttacker.has(party)) return wants(slot) ? DETERMINED * slotValue : 0;
      // Owners of slots that are for sale are no buyers of them.
      return election === "ProposerSale" ? (party === "honest 0" ? slotValue : 0) : slotValue;
    },
    provesService: (party) => !isAttacker.has(party),
  });
  const { consensus, model } = world;
  const worth = (): bigint => attackers.reduce((total, party) => total + world.course.worth(party), 0n);
  // A role that is open is open to those without a place too.
  const honest = [...parties.filter((party) => !isAttacker.has(party)), "outsider"];
  const [first, end] = [model.clock.slotStart(firstSlot), model.clock.slotStart(endSlot)];
  const nextOperation = (): number => operations.exponential((options.forcedHours * 3_600) / BLOCK_TIME);
  let operationAt = Number(first) + nextOperation();
  const posts = [first];
  const forced: number[] = [];
  const before = worth();
  let [lastHonest, heldSlots, batches, locked] = [0n, 0, 0, 0];
  const take = (isTaken: (time: bigint) => boolean): void => {
    for (const time of consensus.waiting.filter(isTaken)) forced.push(Number(world.now.time - time) / 3_600);
    consensus.waiting = consensus.waiting.filter((time) => !isTaken(time));
  };
  const post = (party: string): void => {
    consensus.post(party, [1n], world.now);
    const { time } = world.now;
    if (isAttacker.has(party)) {
      // Its batch takes no operation before it has to.
      take((since) => time > since + consensus.forcedDeadline);
      if (world.now.block >= first && world.now.block < end) batches++;
      return;
    }
    take(() => true);
    lastHonest = world.now.block;
    if (lastHonest > first && lastHonest < end) posts.push(lastHonest);
  };

  for (const last = model.clock.epochStart(BigInt(epochs) + 4n); world.now.block < last;) {
    world.next();
    const { block } = world.now;
    const isAttacking = block >= first && block < end;
    for (; isAttacking && operationAt < Number(block); operationAt += nextOperation()) {
      consensus.waiting.push(momentOf(BigInt(Math.floor(operationAt))).time);
    }
    const slot = model.clock.slotAt(world.now);
    const holder = model.holderOf(slot);
    const start = model.clock.slotStart(slot);
    if (isAttacking && block === start) locked = Math.max(locked, world.lockedBy(attackers));
    if (isAttacking && block === start && holder !== undefined && isAttacker.has(holder)) heldSlots++;
    if (isAttacking && holder !== undefined && isAttacker.has(holder)) {
      const { lastHolderBlock } = model.recordOf(slot);
      const silentFor = block - (lastHolderBlock > start ? lastHolderBlock : start);
      if (CENSORS[attack]({ silentFor, silenceBlocks: model.parameters.silenceBlocks })) post(holder);
    }
    if (block - lastHonest >= BigInt(postBlocks)) {
      const isServed = holder !== undefined && (!isAttacker.has(holder) || !isAttacking);
      const ready = isServed ? holder : honest.find((party) => consensus.mayPost(party, world.now));
      if (ready !== undefined) post(ready);
    }
    world.proveAll();
  }
  const blocks = [...posts, end];
  const hours = epochs * Number(CLOCK.epochSlots) * SLOT_HOURS;
  return {
    held: heldSlots / Number(endSlot - firstSlot),
    gaps: posts.length === 1 ? [] : blocks.slice(1).map((block, i) => Number(block - blocks[i]!)),
    ...{ forced, lost: inSeq(before - worth()) / hours, batches: batches / hours },
    locked,
  };
}

/** Expected wait of a user that comes at any time, if the gaps between batches are these: Σ g² / 2 Σ g. */
export const meanWait = (gaps: readonly number[]): number => sum(gaps.map((gap) => gap * gap)) / (2 * sum(gaps));

/** Wait that one user in a hundred exceeds. */
export function longWait(gaps: readonly number[], part = 0.01): number {
  const total = sum(gaps);
  const exceeding = (wait: number): number => sum(gaps.map((gap) => Math.max(0, gap - wait))) / total;
  let [low, high] = [0, Math.max(...gaps)];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (exceeding(middle) > part) low = middle;
    else high = middle;
  }
  return high;
}
