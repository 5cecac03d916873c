// SPDX-License-Identifier: MIT
import { B52Node, type RollupNode } from "../../agents/index.ts";
import { ask } from "../../chain/index.ts";
import { once } from "./l1Answers.ts";
import { method, type FollowedNode, type Method } from "./method.ts";
import { AMOUNT, BOOLEAN, HEX, INTEGER, object } from "./parameters.ts";

/** Rules of both consensuses. */
const ANY_RULES = {
  ...{ chainId: AMOUNT, rollup: HEX, consensus: HEX, slots: INTEGER, baseFee: AMOUNT, forcedDeadline: INTEGER },
  escapeDelay: INTEGER,
} as const;

const EFFICIENCY_RULES = object({
  ...{ ...ANY_RULES, kind: { const: "Proof of Efficiency" }, minFee: AMOUNT, maxFee: AMOUNT, targetTime: INTEGER },
  ...{ doublingTime: INTEGER, halvingTime: INTEGER, maxPendingLeaves: INTEGER },
});

const B52_RULES = object({
  ...{ ...ANY_RULES, kind: { const: "B52" }, proposalWindow: INTEGER, proofWindow: INTEGER, defenceWindow: INTEGER },
  ...{ roundsKept: INTEGER, isPipelined: BOOLEAN, isFairPay: BOOLEAN, maxUncles: INTEGER, maxLeaves: INTEGER },
  ...{ minBid: AMOUNT, blockReward: AMOUNT, uncleReward: AMOUNT, tip: AMOUNT, voteDeposit: AMOUNT, bounty: AMOUNT },
  ...{ lostBurnRate: INTEGER, unprovenBurnRate: INTEGER, maxShare: INTEGER, targetProvers: INTEGER },
  ...{ minSlope: AMOUNT, maxSlope: AMOUNT, stake: AMOUNT, exitDelay: INTEGER, slashRate: INTEGER },
  ...{ maxSlashRate: INTEGER, forgiveness: INTEGER, electedTickets: INTEGER, seedRounds: INTEGER },
});

/** The method that says what never changes. */
export const RULES: readonly Method[] = [
  method(
    "rollup_rules",
    "Addresses and parameters of the rollup, which never change. Times are in seconds, amounts in wei or the native " +
      "token's smallest unit, rates and shares in 1/10,000.",
    [],
    { name: "rules", schema: { oneOf: [EFFICIENCY_RULES, B52_RULES] } },
    async ({ node }) => ({
      ...(await commonRules(node)),
      ...(node instanceof B52Node ? rulesOfB52(node) : await rulesOfEfficiency(node)),
    }),
  ),
];

/** A parameter of a contract. */
const rule = async (node: FollowedNode, name: string, question: () => Promise<bigint>): Promise<bigint> =>
  (await once(node, name, () => ask(name, question))) ?? 0n;

async function commonRules(node: FollowedNode): Promise<Readonly<Record<string, unknown>>> {
  const { consensus, rollup, provider, profile } = node.system;
  const [chainId, deadline, escape, core, of] = await Promise.all([
    rule(node, "chainId", async () => (await provider.getNetwork()).chainId),
    rule(node, "FORCED_DEADLINE", () => rollup.FORCED_DEADLINE()),
    rule(node, "ESCAPE_DELAY", () => rollup.ESCAPE_DELAY()),
    rollup.getAddress(),
    consensus.getAddress(),
  ]);
  return {
    ...{ chainId: String(chainId), rollup: core.toLowerCase(), consensus: of.toLowerCase(), slots: profile.slots },
    ...{ baseFee: String(node.baseFee), forcedDeadline: Number(deadline), escapeDelay: Number(escape) },
  };
}

async function rulesOfEfficiency(node: RollupNode): Promise<Readonly<Record<string, unknown>>> {
  const { consensus } = node.system;
  const [minFee, maxFee, target, doubling, halving, pending] = await Promise.all([
    rule(node, "MIN_FEE", () => consensus.MIN_FEE()),
    rule(node, "MAX_FEE", () => consensus.MAX_FEE()),
    rule(node, "TARGET_TIME", () => consensus.TARGET_TIME()),
    rule(node, "DOUBLING_TIME", () => consensus.DOUBLING_TIME()),
    rule(node, "HALVING_TIME", () => consensus.HALVING_TIME()),
    rule(node, "MAX_PENDING_LEAVES", () => consensus.MAX_PENDING_LEAVES()),
  ]);
  return {
    ...{ kind: "Proof of Efficiency", minFee: String(minFee), maxFee: String(maxFee), targetTime: Number(target) },
    ...{ doublingTime: Number(doubling), halvingTime: Number(halving), maxPendingLeaves: Number(pending) },
  };
}

function rulesOfB52({ parameters, staking, roundsKept }: B52Node): Readonly<Record<string, unknown>> {
  const { pipelined, fairPay } = parameters;
  const whole = <Name extends string>(of: Readonly<Record<Name, bigint>>, ...names: Name[]) =>
    Object.fromEntries(names.map((name) => [name, Number(of[name])]));
  const amounts = <Name extends string>(of: Readonly<Record<Name, bigint>>, ...names: Name[]) =>
    Object.fromEntries(names.map((name) => [name, String(of[name])]));
  return {
    ...{ kind: "B52", isPipelined: pipelined, isFairPay: fairPay, roundsKept: Number(roundsKept) },
    ...whole(parameters, "proposalWindow", "proofWindow", "defenceWindow", "maxUncles", "maxLeaves", "lostBurnRate"),
    ...whole(parameters, "unprovenBurnRate", "maxShare", "targetProvers"),
    ...amounts(parameters, "minBid", "blockReward", "uncleReward", "tip", "voteDeposit", "bounty", "minSlope"),
    ...amounts(parameters, "maxSlope"),
    ...amounts(staking, "stake"),
    ...whole(staking, "exitDelay", "slashRate", "maxSlashRate", "forgiveness", "electedTickets", "seedRounds"),
  };
}
