// SPDX-License-Identifier: GPL-3.0-or-later
import { readFile } from "node:fs/promises";

import { type WitnessCalculator, WitnessCalculatorBuilder } from "circom_runtime";

import { ProtocolError } from "../errors.ts";
import { P } from "../field.ts";
import { readWitness } from "../setup/index.ts";

/** A signal's value: an element of the field, or an array of values for an array of signals. */
export type SignalValue = bigint | readonly SignalValue[];

/** Values of a circuit's inputs, public and private, by name. */
export type CircuitInput = Readonly<Record<string, SignalValue>>;

/** Facts about a circuit that the witness generator needs. */
export interface WitnessSource {
  readonly name: string;
  /** Path of circom's WebAssembly file. */
  readonly wasm: string;
  readonly publicSignals: number;
}

/** All wires of a circuit. */
export interface Witness {
  /** Outputs, then public inputs. */
  readonly publicSignals: readonly bigint[];
  /** Value of every wire; wire 0 is the constant one. */
  readonly values: readonly bigint[];
}

/** A constraint or assertion failed while the witness was computed. */
export class WitnessError extends ProtocolError<"WITNESS_FAILED"> {
  constructor(message: string, templates: readonly string[]) {
    super("WITNESS_FAILED", { templates }, message);
  }

  /** Templates in which it failed, from the innermost to the main component. */
  get templates(): readonly string[] {
    return this.data.templates;
  }
}

/**
 * Computes all wires of a circuit without making a proof. Repeated calls share one instance of the generator.
 *
 * @throws {ProtocolError} `INVALID_INPUT` if a signal is missing, unknown, of another size, or not in [0, p);
 *   `WITNESS_FAILED` (a `WitnessError`) if the circuit does not accept the input.
 */
export async function calculateWitness(circuit: WitnessSource, input: CircuitInput): Promise<Witness> {
  const file = Buffer.from(await calculateWitnessFile(circuit, input));
  let values: readonly bigint[] | undefined;
  return {
    publicSignals: readWitness(file, circuit.publicSignals + 1).slice(1),
    // A hundred thousand values take a quarter of the time of the witness, and most callers ask for none.
    get values() {
      return (values ??= readWitness(file));
    },
  };
}

/** As `calculateWitness`, but gives the content of a `.wtns` file. */
export async function calculateWitnessFile(circuit: WitnessSource, input: CircuitInput): Promise<Uint8Array> {
  return generate(circuit, input, (calculator) => calculator.calculateWTNSBin(input));
}

/** circom's words for `exceptionHandler` codes; see `witness_calculator.js` of its code producers. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "signal not found",
  2: "too many signals set",
  3: "signal already set",
  4: "assertion failed",
  5: "not enough memory",
  6: "input signal array access exceeds the size",
};
const ASSERTION_FAILED = 4;

/** One line of circom's trace: `Error in template Name_12 line: 34`. */
const TRACE_LINE = /template (\w+?)_\d+ line: (\d+)/g;

interface Generator {
  readonly calculator: WitnessCalculator;
  /** Error of the last exception, if there was one. */
  readonly failure: ProtocolError | undefined;
}

/** So many circuits keep an instance: each reserves gigabytes of addresses, of which V8 has a terabyte. */
const KEPT_INSTANCES = 16;

const modules = new Map<string, Promise<WebAssembly.Module>>();
/** By the path of the module; those that were used last are last. */
const idle = new Map<string, Generator>();

async function generate<T>(
  { name, wasm }: WitnessSource,
  input: CircuitInput,
  use: (calculator: WitnessCalculator) => Promise<T>,
): Promise<T> {
  for (const [signal, value] of Object.entries(input)) assertInField(signal, value);
  const generator = idle.get(wasm) ?? (await instantiate(wasm));
  idle.delete(wasm);
  try {
    const result = await use(generator.calculator);
    idle.set(wasm, generator);
    if (idle.size > KEPT_INSTANCES) idle.delete(idle.keys().next().value!);
    return result;
  } catch (error) {
    // A generator that failed halfway keeps memory of the failed run, so it is thrown away.
    const { failure } = generator;
    const message = error instanceof Error ? error.message.trim() : String(error);
    if (failure === undefined) throw new ProtocolError("INVALID_INPUT", { reason: message }, `${name}: ${message}`);
    if (failure instanceof WitnessError) throw new WitnessError(`${name}: ${failure.message}`, failure.templates);
    throw failure;
  }
}

function assertInField(signal: string, value: SignalValue): void {
  if (typeof value === "bigint") {
    if (value < 0n || value >= P) {
      throw new ProtocolError(
        "INVALID_INPUT",
        { reason: "not in [0, p)", signal, value },
        `signal ${signal} is not in [0, p): ${value}`,
      );
    }
  } else {
    for (const item of value) assertInField(signal, item);
  }
}

async function instantiate(wasm: string): Promise<Generator> {
  let module = modules.get(wasm);
  if (module === undefined) {
    module = readFile(wasm).then((code) => WebAssembly.compile(code));
    modules.set(wasm, module);
  }

  let trace = "";
  let failure: ProtocolError | undefined;
  const instance: WebAssembly.Instance = await WebAssembly.instantiate(await module, {
    runtime: {
      exceptionHandler: (code: number) => {
        failure = describeFailure(code, trace);
        throw failure;
      },
      printErrorMessage: () => {
        trace += `${readMessage(instance)}\n`;
      },
      // Output of `log()` in circuits.
      writeBufferMessage: () => {
        readMessage(instance);
      },
      showSharedRWMemory: () => undefined,
    },
  });
  const calculator = await WitnessCalculatorBuilder(instance);
  return {
    calculator,
    get failure() {
      return failure;
    },
  };
}

function describeFailure(code: number, trace: string): ProtocolError {
  const reason = EXCEPTIONS[code] ?? `exception ${code}`;
  if (code !== ASSERTION_FAILED) return new ProtocolError("INVALID_INPUT", { reason }, reason);
  const lines = [...trace.matchAll(TRACE_LINE)];
  const places = lines.map(([, template, line]) => `${template}:${line}`);
  const templates = lines.map(([, template]) => template!);
  return new WitnessError(`${reason} in ${places.join(" < ")}`, templates);
}

/** Reads the text that circom's runtime has ready, character by character. */
function readMessage(instance: WebAssembly.Instance): string {
  const nextCharacter = instance.exports["getMessageChar"] as () => number;
  let message = "";
  for (let character = nextCharacter(); character !== 0; character = nextCharacter()) {
    message += String.fromCharCode(character);
  }
  return message;
}
