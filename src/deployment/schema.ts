// SPDX-License-Identifier: MIT
import { getAddress, isAddress, ZeroAddress } from "ethers";

import { ProtocolError } from "../errors.ts";

import { ELECTION_RELATIONS, ELECTION_SCHEMA, type ElectionName } from "./elections.ts";
import { bits, DAYS_30, integer, RATE, type ParameterValue, type Relation, type Rule } from "./rules.ts";

/** Modules of Ignition that have parameters. */
export type ParameterModule = "Shared" | "ProofOfEfficiency" | "B52" | ElectionName;

export type { ParameterValue } from "./rules.ts";

/** The lowest fee and slope for which rounding does not matter. */
const LOWEST = 10n ** 9n;

/** `IRollup.CoreParameters` */
const CORE: Readonly<Record<string, Rule>> = {
  tokenFee: integer("wei", 0n, bits(256)),
  forcedDeadline: integer("s", 1n, bits(32)),
  escapeDelay: integer("s", 1n, bits(32)),
  forcedFeeBase: integer("wei", 0n, bits(64)),
  forcedFeeStep: integer("wei", 0n, bits(48)),
};

const CORE_RELATIONS: readonly Relation[] = [
  {
    about: "escapeDelay",
    limit: "above forcedDeadline",
    holds: (integer) => integer("escapeDelay") > integer("forcedDeadline"),
  },
];

/** The limits of the contracts' constructors; for addresses, of what can be known without a chain. */
export const SCHEMA: Readonly<Record<ParameterModule, Readonly<Record<string, Rule>>>> = {
  Shared: {
    tokenName: { kind: "text", bytes: 31 },
    tokenSymbol: { kind: "text", bytes: 31 },
    // B52 keeps sums of amounts in 96 bits.
    tokenSupply: integer("token", 1n, bits(96)),
    tokenHolder: { kind: "address", zero: false, optional: true },
  },
  ProofOfEfficiency: {
    ...CORE,
    selector: { kind: "address", zero: true, optional: false },
    minFee: integer("token", LOWEST, bits(96)),
    maxFee: integer("token", LOWEST, bits(96)),
    initialFee: integer("token", LOWEST, bits(96)),
    leafBond: integer("token", 0n, bits(96)),
    baseFee: integer("wei", 0n, bits(96)),
    targetTime: integer("s", 1n, DAYS_30),
    doublingTime: integer("s", 1n, DAYS_30),
    halvingTime: integer("s", 1n, DAYS_30),
    // In the production profile 43 (`BatchSize`); the constructor knows the profile.
    maxLeavesPerBatch: integer("leaves", 1n, 120n),
    maxPendingLeaves: integer("leaves", 1n, bits(16)),
  },
  B52: {
    ...CORE,
    proposalWindow: integer("s", 1n, DAYS_30),
    proofWindow: integer("s", 1n, DAYS_30),
    // A third each for demands for votes, for answers, and for proofs after these.
    defenceWindow: integer("s", 3n, DAYS_30),
    pipelined: { kind: "flag" },
    fairPay: { kind: "flag" },
    maxUncles: integer("blocks", 0n, 3n),
    maxLeaves: { kind: "choice", unit: "leaves", choices: [2n, 4n, 8n] },
    baseFee: integer("wei", 0n, bits(96)),
    minBid: integer("token", 1n, bits(88)),
    blockReward: integer("token", 0n, bits(96)),
    uncleReward: integer("token", 0n, bits(96)),
    tip: integer("token", 0n, bits(96)),
    voteDeposit: integer("token", 0n, bits(96)),
    bounty: integer("token", 0n, bits(96)),
    lostBurnRate: integer("1/10,000", 0n, RATE),
    unprovenBurnRate: integer("1/10,000", 0n, RATE),
    maxShare: integer("1/10,000", 0n, RATE / 2n),
    targetProvers: integer("provers", 1n, 15n),
    minSlope: integer("1e-18", LOWEST, bits(64)),
    maxSlope: integer("1e-18", LOWEST, bits(64)),
    stake: integer("token", 1n, bits(96)),
    exitDelay: integer("s", 1n, bits(32)),
    slashRate: integer("1/10,000", 1n, RATE),
    maxSlashRate: integer("1/10,000", 1n, RATE),
    forgiveness: integer("s", 0n, bits(32)),
    electedTickets: integer("tickets", 0n, 247n),
    seedRounds: integer("rounds", 0n, bits(16)),
  },
  ...ELECTION_SCHEMA,
};

/** `DrawnB52`: a group's seed is of the block 64 slots after it began, and as many slots are left to seal it. */
const MIN_GROUP_SECONDS = 2n * 64n * 12n;

const RELATIONS: Readonly<Record<ParameterModule, readonly Relation[]>> = {
  Shared: [],
  ProofOfEfficiency: [
    ...CORE_RELATIONS,
    { about: "maxFee", limit: "at least minFee", holds: (integer) => integer("maxFee") >= integer("minFee") },
    {
      about: "initialFee",
      limit: "from minFee to maxFee",
      holds: (integer) => integer("minFee") <= integer("initialFee") && integer("initialFee") <= integer("maxFee"),
    },
    {
      about: "halvingTime",
      limit: "at least doublingTime",
      holds: (integer) => integer("halvingTime") >= integer("doublingTime"),
    },
    {
      about: "maxPendingLeaves",
      limit: "at least maxLeavesPerBatch",
      holds: (integer) => integer("maxPendingLeaves") >= integer("maxLeavesPerBatch"),
    },
    {
      about: "escapeDelay",
      limit: "at least forcedDeadline + 2 targetTime + doublingTime",
      holds: (integer) =>
        integer("escapeDelay") >= integer("forcedDeadline") + 2n * integer("targetTime") + integer("doublingTime"),
    },
  ],
  B52: [
    ...CORE_RELATIONS,
    {
      about: "proposalWindow",
      limit: "at least proofWindow if pipelined",
      holds: (integer, flag) => !flag("pipelined") || integer("proposalWindow") >= integer("proofWindow"),
    },
    {
      about: "forcedDeadline",
      limit: "at least proposalWindow + proofWindow",
      holds: (integer) => integer("forcedDeadline") >= integer("proposalWindow") + integer("proofWindow"),
    },
    {
      about: "escapeDelay",
      limit: "at least forcedDeadline + 3 (proposalWindow + proofWindow)",
      holds: (integer) =>
        integer("escapeDelay") >= integer("forcedDeadline") + 3n * (integer("proposalWindow") + integer("proofWindow")),
    },
    {
      about: "exitDelay",
      limit: "at least 2 (proposalWindow + proofWindow + defenceWindow)",
      holds: (integer) =>
        integer("exitDelay") >= 2n * (integer("proposalWindow") + integer("proofWindow") + integer("defenceWindow")),
    },
    {
      about: "targetProvers",
      limit: "at most 2 maxLeaves − 1, the nodes of a full tree",
      holds: (integer) => integer("targetProvers") < 2n * integer("maxLeaves"),
    },
    {
      about: "bounty",
      limit: "at most (blockReward − the provers' share at maxShare) / (2 maxLeaves − 1)",
      holds: (integer) => {
        const reward = integer("blockReward");
        const toProposer = reward - (reward * integer("maxShare")) / RATE;
        return integer("bounty") <= toProposer / (2n * integer("maxLeaves") - 1n);
      },
    },
    {
      about: "seedRounds",
      limit: `0 if electedTickets is 0, else at least 2, and ${MIN_GROUP_SECONDS} / (proposalWindow + proofWindow) pairs of rounds`,
      holds: (integer) => {
        const rounds = integer("seedRounds");
        if (integer("electedTickets") === 0n) return rounds === 0n;
        return (rounds / 2n) * (integer("proposalWindow") + integer("proofWindow")) >= MIN_GROUP_SECONDS;
      },
    },
    { about: "maxSlope", limit: "at least minSlope", holds: (integer) => integer("maxSlope") >= integer("minSlope") },
    {
      about: "maxSlashRate",
      limit: "at least slashRate",
      holds: (integer) => integer("maxSlashRate") >= integer("slashRate"),
    },
  ],
  ...ELECTION_RELATIONS,
};

/**
 * Checks the parameters of one module: that each is there, known, of its type and in its range, and that they fit each
 * other.
 *
 * @param values integers as numbers up to 2^53 or as decimal strings with an `n`, which is Ignition's form; or as
 *   bigints
 * @returns the parameters, integers as bigints and addresses with their checksum
 * @throws {ProtocolError} `MISSING_PARAMETER`, `UNKNOWN_PARAMETER`, `BAD_PARAMETER`; each names parameter, value and
 *   limit
 */
export function validateParameters(
  module: ParameterModule,
  values: Readonly<Record<string, unknown>>,
): Record<string, ParameterValue> {
  const rules = SCHEMA[module];
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(rules, name)) {
      throw new ProtocolError(
        "UNKNOWN_PARAMETER",
        { name: `${module}.${name}`, value: values[name] },
        `${module}.${name} = ${show(values[name])}: there are ${Object.keys(rules).join(", ")}`,
      );
    }
  }
  const validated: Record<string, ParameterValue> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = values[name];
    if (value === undefined) {
      if (rule.kind === "address" && rule.optional) continue;
      throw new ProtocolError(
        "MISSING_PARAMETER",
        { name: `${module}.${name}` },
        `${module}.${name} is missing; it must be ${limitOf(rule)}`,
      );
    }
    const read = readValue(rule, value);
    if (read === undefined) throw badParameter(module, name, value, limitOf(rule));
    validated[name] = read;
  }
  for (const { about, limit, holds } of RELATIONS[module]) {
    const holding = holds(
      (name) => BigInt(validated[name] as bigint | string),
      (name) => validated[name] as boolean,
    );
    if (!holding) throw badParameter(module, about, validated[about], limit);
  }
  return validated;
}

/** The value in the form of the modules; undefined if it is not what the rule asks for. */
function readValue(rule: Rule, value: unknown): ParameterValue | undefined {
  switch (rule.kind) {
    case "flag":
      return typeof value === "boolean" ? value : undefined;
    case "text": {
      if (typeof value !== "string") return undefined;
      const length = Buffer.byteLength(value, "utf8");
      return length >= 1 && length <= rule.bytes ? value : undefined;
    }
    case "address": {
      const address = readAddress(value);
      return address === ZeroAddress && !rule.zero ? undefined : address;
    }
    case "addresses": {
      if (!Array.isArray(value) || value.length > rule.most) return undefined;
      const addresses = value.map(readAddress).filter((address) => address !== undefined && address !== ZeroAddress);
      return new Set(addresses).size === value.length ? (addresses as string[]) : undefined;
    }
    case "integer": {
      const read = readInteger(value);
      return read !== undefined && read >= rule.min && read <= rule.max ? read : undefined;
    }
    case "choice": {
      const read = readInteger(value);
      return read !== undefined && rule.choices.includes(read) ? read : undefined;
    }
  }
}

function readAddress(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/u.test(value) || !isAddress(value)) return undefined;
  return getAddress(value);
}

function readInteger(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value === "string" && /^-?\d+n$/u.test(value)) return BigInt(value.slice(0, -1));
  return undefined;
}

function limitOf(rule: Rule): string {
  switch (rule.kind) {
    case "flag":
      return "true or false";
    case "text":
      return `a text of 1 to ${rule.bytes} bytes`;
    case "address":
      return `an address${rule.zero ? "" : " other than zero"}`;
    case "addresses":
      return `a list of at most ${rule.most} different addresses other than zero`;
    case "integer":
      return `an integer from ${rule.min} to ${rule.max} (${rule.unit})`;
    case "choice":
      return `one of ${rule.choices.join(", ")} (${rule.unit})`;
  }
}

const show = (value: unknown): string =>
  typeof value === "bigint"
    ? String(value)
    : JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));

const badParameter = (module: string, name: string, value: unknown, limit: string): ProtocolError =>
  new ProtocolError(
    "BAD_PARAMETER",
    { name: `${module}.${name}`, value, limit },
    `${module}.${name} = ${show(value)}: must be ${limit}`,
  );
