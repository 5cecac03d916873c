// SPDX-License-Identifier: MIT
import { fail, partOf, RATE_UNIT } from "./seats.ts";

/** Times in seconds, rates in 1/10,000. The names are those of `IGovernedSlashing.SlashingTerms`. */
export interface SlashingTerms {
  readonly detectionTime: bigint;
  readonly votingTime: bigint;
  readonly notice: bigint;
  readonly lifetime: bigint;
  readonly period: bigint;
  readonly maxRate: bigint;
  readonly capRate: bigint;
}

/** A party of the election, as `ISlashable` shows it. */
export interface Party {
  readonly owner: string;
  stake: bigint;
  /** In the current epoch. */
  readonly votes: bigint;
}

/** The election whose stakes are slashed. */
export interface Stakes {
  readonly parties: ReadonlyMap<number, Party>;
  readonly epoch: bigint;
  readonly exitTime: bigint;
  /** Seconds of an epoch, in whose first half the parties have votes. */
  readonly epochTime: bigint;
}

interface Charge {
  readonly number: bigint;
  readonly accused: number;
  readonly rate: bigint;
  readonly owner: string;
  readonly stake: bigint;
  stage: "None" | "Charged" | "Convicted";
  /** Of the charge, or of the conviction. */
  since: bigint;
  /** Votes of each epoch and stage. */
  readonly ballots: Map<string, Map<number, bigint>>;
}

const least = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a < b ? a : b));

/** Slashing by votes as in docs/elections/governedSlashing.md. The election is given, and changes by itself. */
export class GovernedSlashingModel {
  readonly terms: SlashingTerms;
  /** Of the core. */
  readonly escapeDelay: bigint;
  readonly charges = new Map<number, Charge>();
  readonly lastSlashes = new Map<number, { readonly owner: string; readonly at: bigint }>();
  period = { since: 0n, slashed: 0n, cap: 0n };
  burned = 0n;
  #charged = 0n;

  constructor(terms: SlashingTerms, escapeDelay: bigint) {
    [this.terms, this.escapeDelay] = [terms, escapeDelay];
  }

  get lockTime(): bigint {
    return this.escapeDelay + this.terms.notice;
  }

  get neededExitTime(): bigint {
    return this.terms.detectionTime + this.terms.votingTime + this.lockTime + this.terms.lifetime;
  }

  /**
   * @returns its number
   * @throws {Refusal} `ExitTooShort`, `EpochTooLong`, `NotParty`, `NoVotes`, `ChargeOpen`, `RateOutOfRange`, `NothingToSlash`
   */
  charge(caller: string, accuser: number, accused: number, rate: bigint, stakes: Stakes, now: bigint): bigint {
    if (stakes.exitTime < this.neededExitTime) fail("ExitTooShort");
    if (stakes.epochTime > least(this.terms.votingTime, this.lockTime)) fail("EpochTooLong");
    this.#votesOf(caller, accuser, stakes);
    const last = this.charges.get(accuser);
    if (last !== undefined && last.stage !== "None" && now <= this.#endOf(last)) fail("ChargeOpen");
    if (rate === 0n || rate > this.terms.maxRate) fail("RateOutOfRange");
    const party = stakes.parties.get(accused);
    if (party === undefined || party.stake === 0n) return fail("NothingToSlash");
    const number = ++this.#charged;
    const { owner, stake } = party;
    this.charges.set(accuser, {
      ...{ number, accused, rate, owner, stake },
      ...{ stage: "Charged", since: now, ballots: new Map() },
    });
    return number;
  }

  /** @throws {Refusal} `WrongStage`, `VotingOver`, `OwnCharge`, `NotParty`, `NoVotes`, `AlreadyVoted` */
  convict(caller: string, accuser: number, number: bigint, voter: number, stakes: Stakes, now: bigint): void {
    const open = this.#inStage(accuser, number, "Charged");
    if (this.#vote(caller, open, voter, stakes, now)) [open.stage, open.since] = ["Convicted", now];
  }

  /** @throws {Refusal} `WrongStage`, `VotingOver`, `OwnCharge`, `NotParty`, `NoVotes`, `AlreadyVoted` */
  acquit(caller: string, accuser: number, number: bigint, voter: number, stakes: Stakes, now: bigint): void {
    const open = this.#inStage(accuser, number, "Convicted");
    if (this.#vote(caller, open, voter, stakes, now)) open.stage = "None";
  }

  /**
   * Takes the amount from the stake of the party.
   * @throws {Refusal} `WrongStage`, `Locked`, `Expired`, `SlashedInPeriod`, `CapReached`
   */
  execute(accuser: number, number: bigint, stakes: Stakes, now: bigint): void {
    const open = this.#inStage(accuser, number, "Convicted");
    if (now < open.since + this.lockTime) fail("Locked");
    if (now > this.#endOf(open)) fail("Expired");
    const party = stakes.parties.get(open.accused);
    if (party?.owner === open.owner) this.#slash(open, party, stakes, now);
    open.stage = "None";
  }

  #slash(open: Charge, party: Party, stakes: Stakes, now: bigint): void {
    const last = this.lastSlashes.get(open.accused);
    if (last?.owner === open.owner && now < last.at + this.terms.period) fail("SlashedInPeriod");
    let { period } = this;
    if (now >= period.since + this.terms.period) {
      const total = [...stakes.parties.values()].reduce((sum, { stake }) => sum + stake, 0n);
      period = { since: now, slashed: 0n, cap: (total * this.terms.capRate) / RATE_UNIT };
    }
    const room = period.cap - period.slashed;
    if (room === 0n) fail("CapReached");
    const amount = least(partOf(least(open.stake, party.stake), open.rate), room);
    party.stake -= amount;
    this.burned += amount;
    this.period = { ...period, slashed: period.slashed + amount };
    this.lastSlashes.set(open.accused, { owner: open.owner, at: now });
  }

  /** Last second in which a charge can be voted on, or a conviction executed. */
  #endOf({ stage, since }: Charge): bigint {
    return since + (stage === "Charged" ? this.terms.votingTime : this.lockTime + this.terms.lifetime);
  }

  #inStage(accuser: number, number: bigint, stage: Charge["stage"]): Charge {
    const open = this.charges.get(accuser);
    return open?.number === number && open.stage === stage ? open : fail("WrongStage");
  }

  #votesOf(caller: string, id: number, { parties }: Stakes): bigint {
    const party = parties.get(id);
    if (party?.owner !== caller) return fail("NotParty");
    return party.votes === 0n ? fail("NoVotes") : party.votes;
  }

  /** Whether more than half of all votes of this epoch agree. */
  #vote(caller: string, open: Charge, voter: number, stakes: Stakes, now: bigint): boolean {
    if (now > this.#endOf(open)) fail("VotingOver");
    if (voter === open.accused) fail("OwnCharge");
    const votes = this.#votesOf(caller, voter, stakes);
    const ballot = `${open.stage}/${stakes.epoch}`;
    const cast = open.ballots.get(ballot) ?? new Map<number, bigint>();
    if (cast.has(voter)) fail("AlreadyVoted");
    open.ballots.set(ballot, cast.set(voter, votes));
    const agreed = [...cast.values()].reduce((sum, each) => sum + each, 0n);
    const total = [...stakes.parties.values()].reduce((sum, each) => sum + each.votes, 0n);
    return 2n * agreed > total;
  }
}
