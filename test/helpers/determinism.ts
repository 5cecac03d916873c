// SPDX-License-Identifier: MIT
import { P } from "../../src/field.ts";
import type { Combination } from "../../src/setup/r1cs.ts";
import { F } from "./field.ts";
import type { R1csSystem } from "./r1csSystem.ts";

/** Sums of bits that reach p have two sets of bits for a few values: one that is a number below p, and that plus p. */
export interface WideSum {
  readonly constraint: number;
  /** Whether the second set exists for the value that the sum has, and violates some constraint. */
  readonly otherBits: "refused" | "none" | "accepted";
}

export interface Determinism {
  /** Wires that the constraints do not fix, ascending. */
  readonly free: readonly number[];
  readonly wideSums: readonly WideSum[];
}

type Conclusion = ReadonlyMap<number, bigint>;
/** The news of a constraint about wires that are not known: values of some, nothing yet, or that there are none. */
type Reading = Conclusion | readonly Conclusion[] | "nothing" | "contradiction";

/**
 * Finds the wires that are not determined by the inputs: beginning with these alone, it computes what the constraints
 * leave only one value for, by three rules.
 *
 * 1. A constraint that is linear in one unknown wire, with another coefficient than 0, gives it.
 * 2. A constraint that is linear in bits, whose coefficients are different powers of two, plus or minus, times one
 *    number, gives all of them, if there is one set of bits only.
 * 3. If there are two sets of bits, since the sum reaches p, each is tried: one that leads to a contradiction by the
 *    first two rules is none.
 *
 * So every wire that is not free has one value in all witnesses with these inputs. A free one may have only one as well:
 * the rules are not complete.
 *
 * @param inputs value by wire, without wire 0
 */
export function determine(system: R1csSystem, inputs: ReadonlyMap<number, bigint>): Determinism {
  return new Solver(system).solve(inputs);
}

class Solver {
  readonly #system: R1csSystem;
  readonly #values: (bigint | undefined)[];
  readonly #isBit: readonly boolean[];
  readonly #queue: number[] = [];
  readonly #queued: boolean[];
  readonly #wide = new Map<number, readonly Conclusion[]>();

  constructor(system: R1csSystem) {
    this.#system = system;
    // Filled: methods of arrays leave holes out.
    this.#values = new Array<bigint | undefined>(system.wires).fill(undefined);
    this.#queued = new Array<boolean>(system.constraints.length).fill(false);
    const isBit = new Array<boolean>(system.wires).fill(false);
    for (const { A, B, C } of system.constraints) {
      const wires = new Set([...A, ...B, ...C].map(([wire]) => wire).filter((wire) => wire !== 0));
      const [wire] = wires;
      if (wires.size !== 1 || wire === undefined) continue;
      const holds = (value: bigint): boolean => {
        const [a, b, c] = [A, B, C].map((side) => sumOf(side, (w) => (w === 0 ? 1n : value))) as [
          bigint,
          bigint,
          bigint,
        ];
        return F.create(a * b - c) === 0n;
      };
      // A polynomial of degree two with these roots has no others, or is zero.
      if (holds(0n) && holds(1n) && !holds(2n)) isBit[wire] = true;
    }
    this.#isBit = isBit;
  }

  solve(inputs: ReadonlyMap<number, bigint>): Determinism {
    this.#assign(new Map([[0, 1n], ...inputs]), undefined);
    this.#system.constraints.forEach((_, i) => {
      this.#push(i);
    });
    if (!this.#propagate()) throw new Error("the inputs have no witness");

    const wideSums: WideSum[] = [];
    for (const [constraint, candidates] of this.#wide) {
      // Candidates refer to what was known when they were found; a later one may have made them known.
      const possible = candidates.filter((candidate) => this.#isPossible(candidate));
      wideSums.push({
        constraint,
        otherBits: candidates.length === 1 ? "none" : possible.length > 1 ? "accepted" : "refused",
      });
      const [first] = possible;
      if (first === undefined) throw new Error("the inputs have no witness");
      if (possible.length > 1) continue;
      this.#assign(first, undefined);
      if (!this.#propagate()) throw new Error("the inputs have no witness");
    }
    const free = this.#values.flatMap((value, wire) => (value === undefined ? [wire] : []));
    return { free, wideSums };
  }

  /** Whether wires can have these values, as far as the rules see; leaves everything as it was. */
  #isPossible(conclusion: Conclusion): boolean {
    const trail: number[] = [];
    const isPossible = this.#assign(conclusion, trail) && this.#propagate(trail);
    for (const wire of trail) this.#values[wire] = undefined;
    for (const constraint of this.#queue.splice(0)) this.#queued[constraint] = false;
    return isPossible;
  }

  /** @returns false if it contradicts what is known */
  #assign(conclusion: Conclusion, trail: number[] | undefined): boolean {
    for (const [wire, value] of conclusion) {
      const known = this.#values[wire];
      if (known !== undefined) {
        if (known !== value) return false;
        continue;
      }
      if (this.#isBit[wire] === true && value > 1n) return false;
      this.#values[wire] = value;
      trail?.push(wire);
      for (const constraint of this.#system.usedBy[wire]!) this.#push(constraint);
    }
    return true;
  }

  #push(constraint: number): void {
    if (this.#queued[constraint] === true) return;
    this.#queued[constraint] = true;
    this.#queue.push(constraint);
  }

  /** Follows what is known until nothing new comes. @returns false at a contradiction */
  #propagate(trail?: number[]): boolean {
    for (let constraint = this.#queue.pop(); constraint !== undefined; constraint = this.#queue.pop()) {
      this.#queued[constraint] = false;
      const reading = this.#read(constraint);
      if (reading === "contradiction") return false;
      if (reading === "nothing") continue;
      if (reading instanceof Map) {
        if (!this.#assign(reading as Conclusion, trail)) return false;
      } else if (trail === undefined) {
        this.#wide.set(constraint, reading as readonly Conclusion[]);
      }
    }
    return true;
  }

  #read(constraint: number): Reading {
    const { A, B, C } = this.#system.constraints[constraint]!;
    const isKnown = (side: Combination): boolean => side.every(([wire]) => this.#values[wire] !== undefined);
    const [knowsA, knowsB] = [isKnown(A), isKnown(B)];
    if (!knowsA && !knowsB) return "nothing";
    // Σ coefficient·unknown = total
    const unknown = new Map<number, bigint>();
    let total = 0n;
    const add = (side: Combination, factor: bigint): void => {
      for (const [wire, coefficient] of side) {
        const value = this.#values[wire];
        if (value === undefined) unknown.set(wire, F.create((unknown.get(wire) ?? 0n) + coefficient * factor));
        else total -= coefficient * factor * value;
      }
    };
    const valueOf = (side: Combination): bigint => F.create(sumOf(side, (wire) => this.#values[wire]!));
    if (knowsA) add(B, valueOf(A));
    else add(A, valueOf(B));
    add(C, P - 1n);
    for (const [wire, coefficient] of unknown) if (coefficient === 0n) unknown.delete(wire);
    total = F.create(total);

    const [first, ...others] = unknown;
    if (first === undefined) return total === 0n ? "nothing" : "contradiction";
    if (others.length === 0) return new Map([[first[0], F.div(total, first[1])]]);
    return [...unknown.keys()].every((wire) => this.#isBit[wire]) ? bitsFor(unknown, total) : "nothing";
  }
}

/** The sets of bits with `Σ coefficient·bit = total`, if the coefficients are such as rule 2 says. */
function bitsFor(unknown: ReadonlyMap<number, bigint>, total: bigint): Reading {
  const magnitude = (value: bigint): bigint => (value > P / 2n ? P - value : value);
  const smallest = [...unknown.values()].reduce((a, b) => (magnitude(a) < magnitude(b) ? a : b));
  const unit = F.inv(smallest);
  // An exponent for each bit, and whether the bit is subtracted: then its complement is added, and its power moved over.
  const places = new Map<bigint, { readonly wire: number; readonly isMinus: boolean }>();
  let sum = F.mul(total, unit);
  let reach = 0n;
  for (const [wire, coefficient] of unknown) {
    const scaled = F.mul(coefficient, unit);
    const isMinus = !isPowerOfTwo(scaled);
    const power = isMinus ? P - scaled : scaled;
    if (!isPowerOfTwo(power) || places.has(power)) return "nothing";
    places.set(power, { wire, isMinus });
    reach += power;
    if (isMinus) sum = F.add(sum, power);
  }
  const sets: Conclusion[] = [];
  for (let number = sum; number <= reach; number += P) {
    if ((number & ~reach) !== 0n) continue;
    const bits = [...places].map(([power, { wire, isMinus }]) => {
      const bit = (number & power) === 0n ? 0n : 1n;
      return [wire, isMinus ? 1n - bit : bit] as const;
    });
    sets.push(new Map(bits));
  }
  if (sets.length === 0) return "contradiction";
  return sets.length === 1 && reach < P ? sets[0]! : sets;
}

const isPowerOfTwo = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;

function sumOf(side: Combination, valueOf: (wire: number) => bigint): bigint {
  return side.reduce((sum, [wire, coefficient]) => sum + coefficient * valueOf(wire), 0n);
}
