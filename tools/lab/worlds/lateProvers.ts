// SPDX-License-Identifier: MIT
import { OutsourcedProvingModel } from "../../../test/model/elections/outsourcedProving.ts";
import { ConsensusModel } from "../../../test/model/elections/parts/index.ts";
import { RandomPriorityModel } from "../../../test/model/elections/randomPriority.ts";
import { Chance } from "../chance.ts";
import { BLOCK_TIME, inSeq, mixHashes, momentOf, PLACES, seq } from "./elections.ts";

/** Elections of provers. */
export const PROVER_ELECTIONS = ["OutsourcedProving", "RandomPriority"] as const;
export type ProverElectionName = (typeof PROVER_ELECTIONS)[number];

export interface LatenessOptions {
  readonly election: ProverElectionName;
  /** Of the deposits. */
  readonly share: number;
  readonly epochs: number;
  /** Deposit of each party, in SEQ. */
  readonly stake: number;
  /** Blocks between two batches, and of a proof. */
  readonly batchBlocks: number;
  readonly proofBlocks: number;
}

export interface LatenessResult {
  /** Part of the batches that the attacker alone could prove at first. */
  readonly held: number;
  /** Seconds from each batch to its proof, in order. */
  readonly delays: readonly number[];
  /** Fines of the attacker, in SEQ for an hour. */
  readonly lost: number;
  /** Capital of the attacker at the end, in SEQ: also places that it had to replace. */
  readonly locked: number;
}

const OTHERS = "anybody";

/** An attacker that never proves while it alone may, and always takes a new place for one that it lost. */
export const runLateness = (options: LatenessOptions, seed: number): LatenessResult =>
  options.election === "OutsourcedProving" ? runOutsourced(options, seed) : runPriority(options, seed);

/** The batch that waits for its proof, from the block on in which a proof that began with it can be ready. */
class Waiting {
  readonly delays: number[] = [];
  readonly #consensus: ConsensusModel;
  readonly #proofTime: bigint;
  held = 0;
  #seen = 0n;

  constructor(consensus: ConsensusModel, proofBlocks: number) {
    [this.#consensus, this.#proofTime] = [consensus, BigInt(proofBlocks * BLOCK_TIME)];
  }

  /** Time of the next batch; undefined if none waits or no proof can be ready. */
  ready(time: bigint): bigint | undefined {
    const next = this.#consensus.batches[Number(this.#consensus.verified) + 1];
    return next === undefined || time < next.time + this.#proofTime ? undefined : next.time;
  }

  /** Counts the next batch once as one that the attacker holds. */
  hold(): void {
    const next = this.#consensus.verified + 1n;
    if (this.#seen !== next) this.held++;
    this.#seen = next;
  }

  prove(account: string, block: bigint): void {
    const now = momentOf(block);
    this.delays.push(Number(now.time - this.#consensus.batches[Number(this.#consensus.verified) + 1]!.time));
    this.#consensus.prove(account, 1n, now);
  }
}

function runOutsourced({ share, epochs, stake, batchBlocks, proofBlocks }: LatenessOptions, seed: number) {
  const chance = new Chance(seed, `late rollers ${share}`);
  const terms = {
    ...{ minDeposit: seq(2_000), cap: seq(20_000), fine: seq(500), reportRate: 1_000n, reputationStep: 5n },
    ...{ rangeBatches: 4n, provingTime: 900n, opensAfter: 1_800n },
  };
  const first = 1_000n;
  const consensus: ConsensusModel = new ConsensusModel(1_024n, momentOf(first), () => model);
  const clock = { slotBlocks: 50n, epochSlots: 32n };
  const model: OutsourcedProvingModel = new OutsourcedProvingModel(
    { terms, clock },
    first,
    consensus,
    mixHashes(chance),
  );
  const waiting = new Waiting(consensus, proofBlocks);
  const attackers = Math.round(share * PLACES);
  let places = 0;
  const join = (account: string, block: bigint): void => {
    model.balances.credit(account, seq(stake));
    model.join(account, ++places, seq(stake), momentOf(block));
  };
  for (let i = 0; i < PLACES; i++) join(i < attackers ? "attacker" : `honest ${i}`, first);
  let fines = 0;
  const end = first + BigInt(epochs + 1) * clock.slotBlocks * clock.epochSlots;
  const begin = model.clock.epochStart(1n);
  for (let block = first + 1n; block < end; block++) {
    const now = momentOf(block);
    const epoch = model.clock.epochAt(now);
    if (block === model.seeds.seedBlock(epoch + 1n)) model.seeds.seal(now);
    if (epoch > 0n && block === model.clock.epochStart(epoch)) model.convene(now);
    if (block >= begin && (block - begin) % BigInt(batchBlocks) === 0n) consensus.post("sequencer", [1n], now);
    while (waiting.ready(now.time) !== undefined) {
      const duty = model.dutyOf(model.next, now);
      const isHeld = duty.account === "attacker";
      if (isHeld) waiting.hold();
      const opensAt = consensus.opensAt("aggregator");
      const isOpen = !isHeld || model.isLate(now) || (opensAt !== undefined && now.time >= opensAt);
      if (!isOpen) break;
      const misses = isHeld ? model.rollers.get(duty.id)!.misses : 0n;
      waiting.prove(isHeld ? OTHERS : (duty.account ?? OTHERS), block);
      const roller = model.rollers.get(duty.id);
      if (!isHeld || roller === undefined || roller.misses === misses) continue;
      fines += 500;
      if (roller.withdrawableFrom !== 0n && misses + 1n === roller.misses) join("attacker", block);
    }
  }
  const hours = Number((end - begin) * BigInt(BLOCK_TIME)) / 3_600;
  const locked = [...model.rollers.values()].filter(({ account }) => account === "attacker");
  return {
    ...{ held: waiting.held / waiting.delays.length, delays: waiting.delays, lost: fines / hours },
    locked: locked.reduce((total, { deposit }) => total + inSeq(deposit), 0),
  };
}

function runPriority({ share, epochs, stake, batchBlocks, proofBlocks }: LatenessOptions, seed: number) {
  const chance = new Chance(seed, `late priority ${share}`);
  const clock = { slotBlocks: 25n, epochSlots: 32n };
  const first = 1_000n;
  const consensus: ConsensusModel = new ConsensusModel(1_024n, momentOf(first), () => model);
  const terms = { ticket: seq(stake), fine: seq(stake / 2), claimBlocks: 5n, opensAfter: 720n };
  const model: RandomPriorityModel = new RandomPriorityModel(clock, terms, {
    ...{ genesisBlock: first, consensus, randomOf: mixHashes(chance) },
  });
  const waiting = new Waiting(consensus, proofBlocks);
  const attackers = Math.round(share * PLACES);
  let members: string[] = [];
  let [joined, fines] = [0, 0];
  const join = (name: string, block: bigint): void => {
    const account = `${name} ${joined++}`;
    model.balances.credit(account, seq(stake));
    model.join(account, 1n, true, momentOf(block));
    members.push(account);
  };
  for (let i = 0; i < PLACES; i++) join(i < attackers ? "attacker" : "honest", first);
  const isAttacker = (account: string): boolean => account.startsWith("attacker");
  const end = first + BigInt(epochs + 2) * clock.slotBlocks * clock.epochSlots;
  const begin = model.clock.epochStart(2n);
  for (let block = first + 1n; block < end; block++) {
    const now = momentOf(block);
    const epoch = model.clock.epochAt(now);
    const slot = model.clock.slotAt(now);
    if (block === model.seeds.seedBlock(epoch + 1n)) model.seeds.seal(now);
    const start = model.clock.slotStart(slot);
    if (block >= begin && block === start) reportLast(slot, block);
    if (block >= begin - terms.claimBlocks && block === model.clock.slotStart(slot + 1n) - terms.claimBlocks) {
      // All have a draw, and the lowest one is claimed.
      const draws = members
        .filter((account) => (model.members.get(account)?.tickets ?? 0n) > 0n)
        .map((account) => ({ account, score: chance.unit() }))
        .filter(({ account }) => slot + 1n > model.members.get(account)!.slot);
      const best = draws.reduce<(typeof draws)[number] | undefined>(
        (least, draw) => (least === undefined || draw.score < least.score ? draw : least),
        undefined,
      );
      if (best !== undefined) {
        model.claim(best.account, slot + 1n, 0n, { isRight: true, score: best.score }, now);
      }
    }
    if (block >= begin && (block - begin) % BigInt(batchBlocks) === 0n) consensus.post("sequencer", [1n], now);
    while (waiting.ready(now.time) !== undefined) {
      const holder = model.claims.get(model.clock.slotAt(now))?.holder;
      const isHeld = holder !== undefined && isAttacker(holder);
      if (isHeld) waiting.hold();
      const opensAt = consensus.opensAt("aggregator");
      if (isHeld && !(opensAt !== undefined && now.time >= opensAt)) break;
      waiting.prove(isHeld ? OTHERS : (holder ?? OTHERS), block);
    }
  }
  const hours = Number((end - begin) * BigInt(BLOCK_TIME)) / 3_600;
  return {
    ...{ held: waiting.held / waiting.delays.length, delays: waiting.delays, lost: fines / hours },
    locked: members.filter(isAttacker).length * stake,
  };

  /** Reports the holder of the slot that is over, if a batch waited. */
  function reportLast(slot: bigint, block: bigint): void {
    const claim = model.claims.get(slot - 1n);
    const oldest = consensus.batches[Number(consensus.verified) + 1];
    if (claim === undefined || claim.isSettled || oldest === undefined || oldest.time >= claim.time) return;
    const { deposit } = model.members.get(claim.holder)!;
    model.report(OTHERS, slot - 1n, momentOf(block));
    const { deposit: left, tickets } = model.members.get(claim.holder)!;
    if (!isAttacker(claim.holder)) throw new Error(`${claim.holder} proved in time, and was fined`);
    fines += inSeq(deposit - left);
    if (tickets > 0n) return;
    members = members.filter((account) => account !== claim.holder);
    join("attacker", block);
  }
}
