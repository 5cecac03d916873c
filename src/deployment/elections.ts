// SPDX-License-Identifier: MIT
import { ZeroAddress, type ParamType } from "ethers";

import { ProtocolError } from "../errors.ts";
import { bits, DAYS_30, integer, RATE, type ParameterValue, type Relation, type Rule } from "./rules.ts";

const DAY = 86_400n;
/** Seconds between two blocks of L1. */
const BLOCK_TIME = 12n;

/** Office of a contract: it decides on one role, and the other one is open; or, as a slasher, on stakes. */
type Office = "sequencer" | "aggregator" | "slasher";

/** An election, which is a contract of the same name (docs/elections.md). */
interface ElectionRules {
  readonly office: Office;
  /** True if a slasher can decide on its stakes. */
  readonly isSlashable?: true;
  /**
   * Rules for the fields of its constructor's structs, by name. The native token and the slasher are no parameters: the
   * deployment knows their addresses.
   */
  readonly schema: Readonly<Record<string, Rule>>;
  readonly relations: readonly Relation[];
}

/** `EpochClock.ClockParameters` */
const CLOCK: Readonly<Record<string, Rule>> = {
  slotBlocks: integer("blocks", 8n, 7_200n),
  // A multiple of 4.
  epochSlots: integer("slots", 4n, 1_024n),
};

const CLOCK_RELATIONS: readonly Relation[] = [
  { about: "epochSlots", limit: "a multiple of 4", holds: (integer) => integer("epochSlots") % 4n === 0n },
];

/** `SlotElection.SlotParameters` */
const SLOTS: Readonly<Record<string, Rule>> = {
  ...CLOCK,
  silenceBlocks: integer("blocks", 1n, 7_200n),
  // The consensus asks for more than the age that a header may have.
  opensAfter: integer("s", 3_601n, DAYS_30),
};

const SLOT_RELATIONS: readonly Relation[] = [
  ...CLOCK_RELATIONS,
  {
    about: "silenceBlocks",
    limit: "at most slotBlocks",
    holds: (integer) => integer("silenceBlocks") <= integer("slotBlocks"),
  },
  {
    about: "opensAfter",
    limit: "above 12 s · silenceBlocks",
    holds: (integer) => integer("opensAfter") > BLOCK_TIME * integer("silenceBlocks"),
  },
];

/** `Proceeds.Shares` */
const SHARES: Readonly<Record<string, Rule>> = {
  aggregators: integer("1/10,000", 0n, RATE),
  fund: integer("1/10,000", 0n, RATE),
  fundAccount: { kind: "address", zero: true, optional: false },
  poolLeaves: integer("leaves", 1n, bits(16)),
};

const SHARE_RELATIONS: readonly Relation[] = [
  {
    about: "aggregators",
    limit: `at most ${RATE} − fund`,
    holds: (integer) => integer("aggregators") + integer("fund") <= RATE,
  },
  {
    about: "fundAccount",
    limit: "an address other than zero if fund is above 0",
    holds: (integer) => integer("fund") === 0n || integer("fundAccount") !== 0n,
  },
];

/** Of an election with a seed. */
const SEED_RELATION: Relation = {
  about: "epochSlots",
  limit: "at least 384 blocks: half an epoch has room for the seed block and for those who seal it",
  holds: (integer) => (integer("epochSlots") / 2n) * integer("slotBlocks") >= 192n,
};

/** `SeatElection.SeatParameters`, and its slots */
const SEATS: Readonly<Record<string, Rule>> = {
  ...SLOTS,
  minStake: integer("token", 20_000n, 2n ** 82n - 16n),
  seats: integer("seats", 1n, 8n),
  maxMisses: integer("misses", 1n, bits(8)),
  leakRate: integer("1/10,000", 1n, RATE),
  exitEpochs: integer("epochs", 2n, bits(16)),
};

const SEAT_RELATIONS: readonly Relation[] = [
  ...SLOT_RELATIONS,
  SEED_RELATION,
  {
    about: "silenceBlocks",
    limit: "below half of slotBlocks",
    holds: (integer) => 2n * integer("silenceBlocks") < integer("slotBlocks"),
  },
  { about: "minStake", limit: "a multiple of 16", holds: (integer) => integer("minStake") % 16n === 0n },
  {
    about: "seats",
    limit: "a divisor of epochSlots",
    holds: (integer) => integer("epochSlots") % integer("seats") === 0n,
  },
];

/** `StakeRotation`'s structs */
const ROTATION: Readonly<Record<string, Rule>> = {
  ...SEATS,
  floorRate: integer("1/10,000", 1n, RATE - 1n),
  absenceRate: integer("1/10,000", 1n, RATE),
};

const ROTATION_RELATIONS: readonly Relation[] = [
  ...SEAT_RELATIONS,
  {
    about: "floorRate",
    limit: "at least seats · maxMisses · leakRate",
    holds: (integer) => integer("floorRate") >= integer("seats") * integer("maxMisses") * integer("leakRate"),
  },
];

const ELECTIONS = {
  SlotAuction: {
    office: "sequencer",
    schema: {
      ...SLOTS,
      ...SHARES,
      minBid: integer("token", 1n, bits(96)),
      bondRate: integer("1/10,000", 0n, 10n * RATE),
      reach: integer("slots", 1n, 10_000n),
      closeBlocks: integer("blocks", 1n, bits(16)),
      finalBlocks: integer("blocks", 1n, bits(16)),
      extensionBlocks: integer("blocks", 0n, 10_000n),
    },
    relations: [
      ...SLOT_RELATIONS,
      ...SHARE_RELATIONS,
      {
        about: "closeBlocks",
        limit: "below reach · slotBlocks",
        holds: (integer) => integer("closeBlocks") < integer("reach") * integer("slotBlocks"),
      },
      {
        about: "finalBlocks",
        limit: "at most closeBlocks",
        holds: (integer) => integer("finalBlocks") <= integer("closeBlocks"),
      },
    ],
  },
  Authority: {
    office: "sequencer",
    schema: {
      ...SLOTS,
      bond: integer("token", 1n, bits(96)),
      seats: integer("seats", 1n, 32n),
      notice: integer("s", DAY, DAYS_30),
      lifetime: integer("s", DAY, DAYS_30),
      detectionTime: integer("s", DAY, 90n * DAY),
      firstCouncil: { kind: "address", zero: true, optional: false },
      parties: { kind: "addresses", most: 32 },
    },
    relations: SLOT_RELATIONS,
  },
  GovernedSlashing: {
    office: "slasher",
    schema: {
      detectionTime: integer("s", 3_600n, 90n * DAY),
      votingTime: integer("s", 3_600n, DAYS_30),
      notice: integer("s", DAY, DAYS_30),
      lifetime: integer("s", DAY, DAYS_30),
      period: integer("s", DAY, 365n * DAY),
      maxRate: integer("1/10,000", 1n, RATE / 5n),
      capRate: integer("1/10,000", 1n, RATE / 5n),
    },
    relations: [
      { about: "period", limit: "at least lifetime", holds: (integer) => integer("period") >= integer("lifetime") },
    ],
  },
  OutsourcedProving: {
    office: "aggregator",
    schema: {
      ...CLOCK,
      minDeposit: integer("token", 1n, bits(96)),
      cap: integer("token", 1n, bits(96)),
      fine: integer("token", 1n, bits(96)),
      reportRate: integer("1/10,000", 0n, RATE / 2n),
      reputationStep: integer("points", 1n, 100n),
      rangeBatches: integer("batches", 1n, 1_024n),
      provingTime: integer("s", 60n, DAYS_30 / 2n),
      opensAfter: integer("s", 120n, DAYS_30),
    },
    relations: [
      ...CLOCK_RELATIONS,
      {
        about: "minDeposit",
        limit: "at least fine",
        holds: (integer) => integer("minDeposit") >= integer("fine"),
      },
      {
        about: "cap",
        limit: "at least minDeposit, and at most 1,024 minDeposit",
        holds: (integer) => integer("cap") >= integer("minDeposit") && integer("cap") <= 1_024n * integer("minDeposit"),
      },
      {
        about: "opensAfter",
        limit: "at least 2 provingTime",
        holds: (integer) => integer("opensAfter") >= 2n * integer("provingTime"),
      },
      {
        about: "opensAfter",
        limit: "below half an epoch, of blocks of 12 s",
        holds: (integer) => integer("opensAfter") < (integer("epochSlots") * integer("slotBlocks") * BLOCK_TIME) / 2n,
      },
      SEED_RELATION,
    ],
  },
  MultiWinnerAuction: {
    office: "sequencer",
    schema: {
      ...SLOTS,
      ...SHARES,
      minBid: integer("token", 1n, bits(96)),
      bond: integer("token", 1n, bits(96)),
      winners: integer("seats", 1n, 16n),
      reserves: integer("bids", 1n, 16n),
    },
    relations: [
      ...SLOT_RELATIONS,
      ...SHARE_RELATIONS,
      {
        about: "winners",
        limit: "a divisor of epochSlots",
        holds: (integer) => integer("epochSlots") % integer("winners") === 0n,
      },
    ],
  },
  StakeRotation: { office: "sequencer", isSlashable: true, schema: ROTATION, relations: ROTATION_RELATIONS },
  DelegatedStake: {
    office: "sequencer",
    isSlashable: true,
    schema: { ...SEATS, maxRatio: integer("times", 1n, 1_000n) },
    relations: [
      ...SEAT_RELATIONS,
      {
        about: "exitEpochs",
        limit: "at most 2,147,483,647 blocks",
        holds: (integer) => integer("exitEpochs") * integer("epochSlots") * integer("slotBlocks") <= bits(31),
      },
    ],
  },
  // Its weights are no stakes.
  PerformanceRotation: {
    office: "sequencer",
    schema: {
      ...ROTATION,
      window: integer("slots", 2n, 256n),
      evidenceSlots: integer("slots", 1n, 512n),
      feeFloor: integer("token", 1n, bits(96)),
    },
    relations: [
      ...ROTATION_RELATIONS,
      {
        about: "evidenceSlots",
        limit: "at most half of epochSlots",
        holds: (integer) => 2n * integer("evidenceSlots") <= integer("epochSlots"),
      },
    ],
  },
  ProposerSale: {
    office: "sequencer",
    isSlashable: true,
    schema: {
      ...ROTATION,
      ...SHARES,
      keepRate: integer("1/10,000", 0n, RATE),
      minBond: integer("token", 0n, bits(96)),
      closeBlocks: integer("blocks", 1n, 7_200n),
    },
    relations: [
      ...ROTATION_RELATIONS,
      ...SHARE_RELATIONS,
      {
        about: "closeBlocks",
        limit: "at most slotBlocks",
        holds: (integer) => integer("closeBlocks") <= integer("slotBlocks"),
      },
    ],
  },
  RandomPriority: {
    office: "aggregator",
    schema: {
      ...CLOCK,
      ticket: integer("token", 2n, bits(96)),
      fine: integer("token", 1n, bits(95)),
      claimBlocks: integer("blocks", 1n, 7_200n),
      // Two slots of eight blocks, a claim of one, and five blocks for a report.
      opensAfter: integer("s", 264n, DAYS_30),
    },
    relations: [
      ...CLOCK_RELATIONS,
      SEED_RELATION,
      { about: "fine", limit: "at most half of ticket", holds: (integer) => 2n * integer("fine") <= integer("ticket") },
      {
        about: "claimBlocks",
        limit: "at most slotBlocks",
        holds: (integer) => integer("claimBlocks") <= integer("slotBlocks"),
      },
      {
        about: "opensAfter",
        limit: "at least 12 s · (2 slotBlocks + claimBlocks), and a tenth or five blocks more",
        holds: (integer) => {
          const waiting = 2n * integer("slotBlocks") + integer("claimBlocks");
          const slack = waiting / 10n > 5n ? waiting / 10n : 5n;
          return integer("opensAfter") >= BLOCK_TIME * (waiting + slack);
        },
      },
    ],
  },
} as const satisfies Readonly<Record<string, ElectionRules>>;

/** An election that can be deployed, or a slasher of one: the name of its contract. */
export type ElectionName = keyof typeof ELECTIONS;

const RULES: Readonly<Record<ElectionName, ElectionRules>> = ELECTIONS;

export const ELECTION_NAMES = Object.keys(ELECTIONS) as ElectionName[];

const byName = <Value>(of: (rules: ElectionRules) => Value): Readonly<Record<ElectionName, Value>> =>
  Object.fromEntries(ELECTION_NAMES.map((name) => [name, of(RULES[name])])) as Record<ElectionName, Value>;

/** Rules for the parameters of each election. */
export const ELECTION_SCHEMA = byName(({ schema }) => schema);

/** Conditions that the parameters of each election have to fulfil together. */
export const ELECTION_RELATIONS = byName(({ relations }) => relations);

/**
 * Reads the choice of elections of a deployment: one of them, or one of sequencers and one of aggregators, joined by a
 * plus sign, which a `PairedElection` joins on L1. An election of stakes can be followed by a slash and the contract
 * that decides on slashes of its stakes.
 *
 * @param given as `SlotAuction`, `SlotAuction+OutsourcedProving` or `StakeRotation/GovernedSlashing`; undefined and ""
 *   are none
 * @returns contracts in the order of their deployment: a slasher is just before its election
 * @throws {ProtocolError} `UNKNOWN_ELECTION`, which names those there are
 */
export function readElections(given: string | undefined): readonly ElectionName[] {
  if (given === undefined || given === "") return [];
  const parts = given.split("+").map((part) => readElection(given, part));
  const offices = parts.map((part) => officeOf(part.at(-1)!)).join("+");
  if (parts.length === 1 || offices === "sequencer+aggregator") return parts.flat();
  throw unknownElection(given, `must be one election, or one of each role, as ${choices()}`);
}

/** @returns an election, after its slasher if it has one */
function readElection(given: string, part: string): readonly ElectionName[] {
  const [name = "", slasher, ...others] = part.split("/");
  if (!isElection(name) || others.length > 0) throw unknownElection(given, `must be ${choices()}`);
  if (officeOf(name) === "slasher") {
    throw unknownElection(given, `${name} elects nobody. It comes after the election of its stakes: ${slashed(name)}`);
  }
  if (slasher === undefined) return [name];
  if (!isElection(slasher) || officeOf(slasher) !== "slasher") {
    throw unknownElection(given, `after a slash there must be one of ${namesOf("slasher")}`);
  }
  if (RULES[name].isSlashable === true) return [slasher, name];
  throw unknownElection(given, `${name} has no stakes that ${slasher} can slash: ${slashed(slasher)} have`);
}

const unknownElection = (given: string, limit: string): ProtocolError =>
  new ProtocolError("UNKNOWN_ELECTION", { election: given }, `${given}: ${limit}`);

const isElection = (name: string): name is ElectionName => Object.hasOwn(ELECTIONS, name);

const namesOf = (office: Office): string => ELECTION_NAMES.filter((name) => officeOf(name) === office).join(", ");

const slashed = (slasher: ElectionName): string =>
  ELECTION_NAMES.filter((name) => RULES[name].isSlashable === true)
    .map((name) => `${name}/${slasher}`)
    .join(", ");

const choices = (): string =>
  `one of the elections of sequencers (${namesOf("sequencer")}), one of those of aggregators ` +
  `(${namesOf("aggregator")}), or one of each in this order, joined by +; and behind an election of stakes a slash and ` +
  `one of ${namesOf("slasher")}`;

/** Office of a contract: the role or the stakes that it decides on. */
export const officeOf = (name: ElectionName): Office => RULES[name].office;

/** Parameters of each election of a choice, in the order of `readElections`. */
type Chosen = readonly (readonly [ElectionName, Readonly<Record<string, ParameterValue>>])[];

/**
 * Refuses parameters of a consensus and its elections that do not fit together. The consensus would refuse to be
 * deployed: everybody may prove before the fee rises; and in the worst case an operation waits for its deadline, for a
 * silent sequencer, and twice for a silent aggregator. A slasher would take no charge: a stake must not leave before the
 * last second of its slash, and the time for votes must have a whole first half of an epoch in it.
 *
 * @param poe validated parameters of `ProofOfEfficiency`
 * @param elections validated parameters of its elections
 * @throws {ProtocolError} `BAD_PARAMETER`
 */
export function requireTimeForElections(poe: Readonly<Record<string, ParameterValue>>, elections: Chosen): void {
  const of = (name: string): bigint => poe[name] as bigint;
  let silence = 0n;
  for (const [name, values] of elections) {
    if (officeOf(name) === "slasher") continue;
    const opensAfter = values["opensAfter"] as bigint;
    silence += officeOf(name) === "aggregator" ? 2n * opensAfter : opensAfter;
    if (officeOf(name) === "aggregator" && opensAfter > of("targetTime")) {
      throw misfit(
        `${name}.opensAfter`,
        opensAfter,
        "at most",
        of("targetTime"),
        "the targetTime of ProofOfEfficiency",
      );
    }
  }
  const least = of("forcedDeadline") + 2n * of("targetTime") + of("doublingTime") + silence;
  if (of("escapeDelay") < least) {
    const sum = `forcedDeadline + 2 targetTime + doublingTime + the silence of elected parties (${silence} s)`;
    throw misfit("ProofOfEfficiency.escapeDelay", of("escapeDelay"), "at least", least, sum);
  }
  for (const [i, [name, values]] of elections.entries()) {
    if (officeOf(name) === "slasher") requireTimeToSlash(of("escapeDelay"), [name, values], elections[i + 1]!);
  }
}

/** `GovernedSlashing.neededExitTime` against `SeatElection.exitTime`. */
function requireTimeToSlash(
  escapeDelay: bigint,
  [slasher, terms]: Chosen[number],
  [name, seats]: Chosen[number],
): void {
  const term = (field: string): bigint => terms[field] as bigint;
  const seat = (field: string): bigint => seats[field] as bigint;
  const epoch = seat("epochSlots") * seat("slotBlocks") * BLOCK_TIME;
  const votingTime = (3n * epoch) / 2n;
  if (term("votingTime") < votingTime) {
    const why = `one and a half epochs of ${name}: votes count in the first half of an epoch`;
    throw misfit(`${slasher}.votingTime`, term("votingTime"), "at least", votingTime, why);
  }
  const exit = term("detectionTime") + term("votingTime") + escapeDelay + term("notice") + term("lifetime");
  const least = (exit + epoch - 1n) / epoch + 1n;
  if (seat("exitEpochs") >= least) return;
  const why = `a slash by ${slasher} comes up to ${exit} s after the deed, and an epoch has ${epoch} s`;
  throw misfit(`${name}.exitEpochs`, seat("exitEpochs"), "at least", least, why);
}

function misfit(name: string, value: bigint, bound: "at least" | "at most", limit: bigint, why: string): ProtocolError {
  return new ProtocolError(
    "BAD_PARAMETER",
    { name, value, limit: `${bound} ${limit}` },
    `${name} = ${value}: must be ${bound} ${limit}, ${why}`,
  );
}

/**
 * Addresses that the constructor of an election asks for by these names, besides its parameters.
 *
 * @param deployed addresses by name, of what the choice has before it
 */
export function linksOf(
  name: ElectionName,
  token: string,
  deployed: Readonly<Record<string, string>>,
): { readonly token: string; readonly slasher: string } {
  const slasher = ELECTION_NAMES.find((candidate) => officeOf(candidate) === "slasher" && candidate in deployed);
  const isSlashed = RULES[name].isSlashable === true && slasher !== undefined;
  return { token, slasher: isSlashed ? deployed[slasher]! : ZeroAddress };
}

/** The election that a consensus binds, by the addresses of those deployed; undefined if there is none. */
export function selectorOf(deployed: Readonly<Record<string, string>>): string | undefined {
  const name = ELECTION_NAMES.find((candidate) => officeOf(candidate) !== "slasher" && candidate in deployed);
  return deployed["PairedElection"] ?? (name === undefined ? undefined : deployed[name]);
}

/**
 * Arguments of an election's constructor.
 *
 * @param inputs of the constructor
 * @param valueOf value of a field or argument by its name; the native token is `token`, the slasher `slasher`
 */
export function electionArguments<Value>(
  inputs: readonly ParamType[],
  valueOf: (name: string) => Value,
): (Value | Readonly<Record<string, unknown>>)[] {
  const argument = ({ name, components, baseType }: ParamType): Value | Readonly<Record<string, unknown>> =>
    baseType === "tuple" && components !== null
      ? Object.fromEntries(components.map((component) => [component.name, argument(component)]))
      : valueOf(name);
  return inputs.map(argument);
}
