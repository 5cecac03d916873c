// SPDX-License-Identifier: MIT
import type { ParamType } from "ethers";

import { ProtocolError } from "../errors.ts";
import { bits, DAYS_30, integer, RATE, type ParameterValue, type Relation, type Rule } from "./rules.ts";

const DAY = 86_400n;

/** The role that an election decides on; the other one is open to everybody. */
type ElectedRole = "sequencer" | "aggregator";

/** An election, which is a contract of the same name (docs/elections.md). */
interface ElectionRules {
  readonly role: ElectedRole;
  /** Rules for the fields of its constructor's structs, by name. The native token is no parameter. */
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
    holds: (integer) => integer("opensAfter") > 12n * integer("silenceBlocks"),
  },
];

/** `Proceeds.Shares` */
const SHARES: Readonly<Record<string, Rule>> = {
  aggregators: integer("1/10,000", 0n, RATE),
  fund: integer("1/10,000", 0n, RATE),
  fundAccount: { kind: "address", zero: true, optional: false },
  poolBatches: integer("batches", 1n, bits(16)),
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

const ELECTIONS = {
  SlotAuction: {
    role: "sequencer",
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
    role: "sequencer",
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
  OutsourcedProving: {
    role: "aggregator",
    schema: {
      ...CLOCK,
      minDeposit: integer("token", 1n, bits(96)),
      cap: integer("token", 1n, bits(96)),
      fine: integer("token", 1n, bits(96)),
      reportRate: integer("1/10,000", 0n, RATE / 2n),
      reputationStep: integer("points", 1n, 100n),
      rangeBatches: integer("batches", 1n, 1_024n),
      provingTime: integer("s", 1n, DAYS_30 / 2n),
      opensAfter: integer("s", 2n, DAYS_30),
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
        about: "epochSlots",
        limit: "at least 384 blocks: half an epoch has room for the seed block and for those who seal it",
        holds: (integer) => (integer("epochSlots") / 2n) * integer("slotBlocks") >= 192n,
      },
    ],
  },
  MultiWinnerAuction: {
    role: "sequencer",
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
} as const satisfies Readonly<Record<string, ElectionRules>>;

/** An election that can be deployed: the name of its contract. */
export type ElectionName = keyof typeof ELECTIONS;

export const ELECTION_NAMES = Object.keys(ELECTIONS) as ElectionName[];

const byName = <Value>(of: (rules: ElectionRules) => Value): Readonly<Record<ElectionName, Value>> =>
  Object.fromEntries(ELECTION_NAMES.map((name) => [name, of(ELECTIONS[name])])) as Record<ElectionName, Value>;

/** Rules for the parameters of each election. */
export const ELECTION_SCHEMA = byName(({ schema }) => schema);

/** Conditions that the parameters of each election have to fulfil together. */
export const ELECTION_RELATIONS = byName(({ relations }) => relations);

/**
 * Reads the choice of elections of a deployment: one of them, or one of sequencers and one of aggregators, joined by a
 * plus sign, which a `PairedElection` joins on L1.
 *
 * @param given as `SlotAuction` or `SlotAuction+OutsourcedProving`; undefined and "" are none
 * @throws {ProtocolError} `UNKNOWN_ELECTION`, which names those there are
 */
export function readElections(given: string | undefined): readonly ElectionName[] {
  if (given === undefined || given === "") return [];
  const names = given.split("+");
  const known = names.filter((name): name is ElectionName => Object.hasOwn(ELECTIONS, name));
  const [first, second] = known;
  const fit =
    known.length === names.length &&
    (known.length === 1 || (known.length === 2 && roleOf(first!) === "sequencer" && roleOf(second!) === "aggregator"));
  if (fit) return known;
  const ofRole = (role: ElectedRole): string => ELECTION_NAMES.filter((name) => roleOf(name) === role).join(", ");
  throw new ProtocolError(
    "UNKNOWN_ELECTION",
    { election: given },
    `${given}: must be one of the elections of sequencers (${ofRole("sequencer")}), one of those of aggregators ` +
      `(${ofRole("aggregator")}), or one of each in this order, joined by +`,
  );
}

const roleOf = (name: ElectionName): ElectedRole => ELECTIONS[name].role;

/**
 * Refuses parameters of a consensus and its elections that the consensus would refuse: everybody may prove before the
 * fee rises; and in the worst case an operation waits for its deadline, for a silent sequencer, and twice for a silent
 * aggregator.
 *
 * @param poe validated parameters of `ProofOfEfficiency`
 * @param elections validated parameters of its elections, by name
 * @throws {ProtocolError} `BAD_PARAMETER`
 */
export function requireTimeForElections(
  poe: Readonly<Record<string, ParameterValue>>,
  elections: readonly (readonly [ElectionName, Readonly<Record<string, ParameterValue>>])[],
): void {
  const of = (name: string): bigint => poe[name] as bigint;
  let silence = 0n;
  for (const [name, values] of elections) {
    const opensAfter = values["opensAfter"] as bigint;
    silence += roleOf(name) === "aggregator" ? 2n * opensAfter : opensAfter;
    if (roleOf(name) === "aggregator" && opensAfter > of("targetTime")) {
      throw new ProtocolError(
        "BAD_PARAMETER",
        { name: `${name}.opensAfter`, value: opensAfter, limit: `at most ${of("targetTime")}` },
        `${name}.opensAfter = ${opensAfter}: must be at most ${of("targetTime")}, the targetTime of ProofOfEfficiency`,
      );
    }
  }
  const least = of("forcedDeadline") + 2n * of("targetTime") + of("doublingTime") + silence;
  if (of("escapeDelay") >= least) return;
  throw new ProtocolError(
    "BAD_PARAMETER",
    { name: "ProofOfEfficiency.escapeDelay", value: of("escapeDelay"), limit: `at least ${least}` },
    `ProofOfEfficiency.escapeDelay = ${of("escapeDelay")}: must be at least ${least}, which is forcedDeadline + ` +
      `2 targetTime + doublingTime + the silence of elected parties (${silence} s)`,
  );
}

/**
 * Arguments of an election's constructor.
 *
 * @param inputs of the constructor
 * @param valueOf value of a field or argument by its name; the native token is `token`
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
