// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { L1Rules } from "../../src/l1Rules.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { RuleGas } from "../bench/ruleGas.ts";

/** Snapshots of gas in `snapshots`, that the tests compare with what they measure. */
export type GasSnapshot = "gas" | "b52Gas" | "builderGas";

const read = <T>(snapshot: string): Readonly<Record<string, T>> =>
  JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots", `${snapshot}.json`), "utf8")) as Record<string, T>;

const kept = new Map<GasSnapshot, Readonly<Record<string, RuleGas>>>();

/**
 * Gas of a call, as the snapshots have it: without the price of its calldata.
 *
 * @throws {RangeError} for a call that was not measured
 */
export function gasOf(snapshot: GasSnapshot, call: string, rules: L1Rules = "osaka"): number {
  const calls = kept.get(snapshot) ?? read<RuleGas>(snapshot);
  kept.set(snapshot, calls);
  const gas = calls[call];
  if (gas === undefined) throw new RangeError(`snapshots/${snapshot}.json has no call ${call}`);
  return gas[rules].execution + gas[rules].state;
}

/** Gas of the submission of a block of B52 with two leaves, where no slot is new: the least of the demo's. */
export const submissionGas = (rules: L1Rules = "osaka"): number =>
  Math.min(...(read<readonly RuleGas[]>("b52DemoGas")["submit"] ?? []).map((gas) => gas[rules].execution));

let allIn: ReadonlyMap<string, readonly [osaka: number, amsterdam: number]> | undefined;

/**
 * Gas of a call with its calldata, as `docs/benchmarks.md` has it ("Gas: every call").
 *
 * @throws {RangeError} for a call that was not measured
 */
export function allInGasOf(call: string, rules: L1Rules = "osaka"): number {
  allIn ??= new Map(
    readFileSync(join(PROJECT_ROOT, "docs", "benchmarks.md"), "utf8")
      .split("## Gas: every call")[1]!
      .split("Without the price of the calldata")[0]!
      .split("\n")
      .flatMap((line) => {
        const [, name, ...cells] = line.split("|").map((cell) => cell.trim());
        const numbers = cells.slice(0, 2).map((cell) => Number(cell.replace(/,/g, "")));
        return name === undefined || numbers.length < 2 || numbers.some((value) => !(value > 0))
          ? []
          : [[name, numbers as [number, number]] as const];
      }),
  );
  const gas = allIn.get(call);
  if (gas === undefined) throw new RangeError(`docs/benchmarks.md has no call ${call}`);
  return gas[rules === "osaka" ? 0 : 1];
}

/**
 * Gas of a call of an election with its calldata, as `snapshots/electionGas.json` has it.
 *
 * @throws {RangeError} for a call that was not measured
 */
export function electionGasOf(election: string, call: string): number {
  const gas = read<Readonly<Record<string, { readonly gas: number } | undefined>>>("electionGas")[election]?.[call];
  if (gas === undefined) throw new RangeError(`snapshots/electionGas.json has no call ${call} of ${election}`);
  return gas.gas;
}

interface GroupGas {
  readonly requestDeparture: RuleGas;
  readonly depart: RuleGas;
  readonly deliver: RuleGas;
}

/** Gas of the departure and the delivery of a group, with the largest path of the snapshots, and without calldata. */
export function migrationGasOf(rules: L1Rules = "osaka"): number {
  const groups = JSON.parse(
    readFileSync(join(PROJECT_ROOT, "snapshots", "migrationGas.json"), "utf8"),
  ) as readonly GroupGas[];
  const { requestDeparture, depart, deliver } = groups.at(-1)!;
  return [requestDeparture, depart, deliver].reduce((sum, gas) => sum + gas[rules].execution + gas[rules].state, 0);
}
