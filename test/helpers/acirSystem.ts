// SPDX-License-Identifier: MIT
import { gunzipSync } from "node:zlib";

import { expect } from "chai";
import { unpack } from "msgpackr";

import { P } from "../../src/field.ts";
import { F } from "./field.ts";

/** `Σ c·a·b + Σ c·w + constant = 0` */
interface Equation {
  readonly products: readonly (readonly [bigint, number, number])[];
  readonly terms: readonly (readonly [bigint, number])[];
  readonly constant: bigint;
}

type PackedOpcode = Readonly<
  Record<string, readonly [products: [Buffer, number, number][], terms: [Buffer, number][], constant: Buffer]>
>;
type PackedFunction = readonly [
  name: string,
  opcodes: readonly PackedOpcode[],
  privateInputs: readonly number[],
  publicInputs: readonly number[],
  returned: readonly number[],
  messages: readonly unknown[],
];

function fieldOf(bytes: Buffer): bigint {
  // Plain code: there are a million of them.
  if (bytes.length !== 32) throw new Error(`${bytes.length} bytes for a field element`);
  let value = 0n;
  for (let i = 0; i < 32; i += 8) value = (value << 64n) | bytes.readBigUInt64BE(i);
  return value;
}

/**
 * A converted constraint system, read from the file that bb gets by another reader of msgpack than the library's, and
 * evaluated by its own rules. It knows of the conversion only this: equations that define a witness behind the wires
 * come before its use, and all others stand for the constraints, in their order.
 */
export class AcirSystem {
  /** Without the constant wire. */
  readonly wires: number;
  readonly publicWitnesses: readonly number[];
  /** By number of the constraint. */
  readonly equations: readonly Equation[];
  /** Of the witnesses behind the wires, in their order. */
  readonly definitions: readonly Equation[];
  /** @param wires circom's wires without the constant one */
  constructor(file: string, wires: number) {
    const { bytecode } = JSON.parse(file) as { readonly bytecode: string };
    const bytes = gunzipSync(Buffer.from(bytecode, "base64"));
    expect(bytes[0], "the format").to.equal(3);
    const program = unpack(bytes.subarray(1)) as readonly [readonly PackedFunction[], readonly unknown[]];
    expect(program).to.have.length(2);
    const [functions, unconstrained] = program;
    expect([functions.length, unconstrained.length]).to.deep.equal([1, 0]);
    const [name, opcodes, privateInputs, publicInputs, returned, messages] = functions[0]!;
    expect([name, privateInputs, returned, messages]).to.deep.equal(["main", [], [], []]);

    this.wires = wires;
    this.publicWitnesses = publicInputs;
    const equations: Equation[] = [];
    const definitions: Equation[] = [];
    for (const opcode of opcodes) {
      expect(Object.keys(opcode).join()).to.equal("AssertZero");
      const [products, terms, constant] = opcode["AssertZero"]!;
      const equation = {
        products: products.map(([c, left, right]) => [fieldOf(c), left, right] as const),
        terms: terms.map(([c, witness]) => [fieldOf(c), witness] as const),
        constant: fieldOf(constant),
      };
      const next = wires + definitions.length;
      const own = equation.terms.filter(([, witness]) => witness === next);
      if (own.length > 0) {
        expect(own, `the definition of witness ${next}`).to.have.length(1);
        expect(equation.products, `the definition of witness ${next}`).to.deep.equal([]);
        const others = equation.terms.filter(([, witness]) => witness >= wires && witness !== next);
        expect(others, `the definition of witness ${next}`).to.deep.equal([]);
        definitions.push(equation);
      } else {
        equations.push(equation);
      }
    }
    this.equations = equations;
    this.definitions = definitions;
  }

  /**
   * The values of all witnesses, those behind the wires from their definitions.
   *
   * @param values of circom's wires, with the constant one
   */
  extend(values: readonly bigint[]): bigint[] {
    const all = values.slice(1);
    this.definitions.forEach((definition, i) => {
      all.push(this.#solve(definition, this.wires + i, all));
    });
    return all;
  }

  /** Numbers of the constraints whose equations a witness violates, and of the definitions. */
  violated(all: readonly bigint[]): { readonly constraints: number[]; readonly definitions: number[] } {
    const of = (equations: readonly Equation[]): number[] =>
      equations.flatMap((equation, i) => (valueOf(equation, all) === 0n ? [] : [i]));
    return { constraints: of(this.equations), definitions: of(this.definitions) };
  }

  /**
   * Alters witnesses of one that satisfies everything, in several ways, and all that is defined by them.
   *
   * @param all is changed, and restored
   * @param alterations values by witness of ACIR
   * @returns for each, numbers of the constraints that are violated then, ascending
   */
  violatedByEach(all: bigint[], alterations: readonly ReadonlyMap<number, bigint>[]): number[][] {
    // Definitions name wires alone, so what an alteration reaches is two steps away at most.
    const altered = new Set(alterations.flatMap((changes) => [...changes.keys()]));
    const definitionsOf = usesOf(this.definitions, altered);
    const defined = [...definitionsOf.values()].flat().map((i) => this.wires + i);
    const equationsOf = usesOf(this.equations, new Set([...altered, ...defined]));
    return alterations.map((changes) => {
      const before = new Map<number, bigint>();
      const set = (witness: number, value: bigint): void => {
        if (!before.has(witness)) before.set(witness, all[witness]!);
        all[witness] = value;
      };
      for (const [witness, value] of changes) set(witness, value);
      const reached = new Set([...changes.keys()].flatMap((witness) => definitionsOf.get(witness)!));
      for (const i of reached) set(this.wires + i, this.#solve(this.definitions[i]!, this.wires + i, all));
      const touched = new Set([...before.keys()].flatMap((witness) => equationsOf.get(witness)!));
      const violated = [...touched].filter((i) => valueOf(this.equations[i]!, all) !== 0n);
      for (const [witness, value] of before) all[witness] = value;
      return violated.sort((a, b) => a - b);
    });
  }

  #solve({ terms, constant }: Equation, defined: number, all: readonly bigint[]): bigint {
    let [rest, coefficient] = [constant, 0n];
    for (const [c, witness] of terms) {
      if (witness === defined) coefficient = c;
      else rest += c * all[witness]!;
    }
    return coefficient === P - 1n ? F.create(rest) : F.div(F.neg(F.create(rest)), coefficient);
  }
}

function valueOf({ products, terms, constant }: Equation, all: readonly bigint[]): bigint {
  let sum = constant;
  for (const [c, left, right] of products) sum += c * all[left]! * all[right]!;
  for (const [c, witness] of terms) sum += c * all[witness]!;
  return F.create(sum);
}

/** By witness: numbers of the equations that name it. */
function usesOf(equations: readonly Equation[], witnesses: ReadonlySet<number>): ReadonlyMap<number, number[]> {
  const uses = new Map([...witnesses].map((witness): [number, number[]] => [witness, []]));
  equations.forEach(({ products, terms }, i) => {
    const add = (witness: number): void => {
      const numbers = uses.get(witness);
      if (numbers !== undefined && numbers.at(-1) !== i) numbers.push(i);
    };
    for (const [, witness] of terms) add(witness);
    for (const [, left, right] of products) {
      add(left);
      add(right);
    }
  });
  return uses;
}
