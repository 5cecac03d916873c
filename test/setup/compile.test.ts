// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { expect } from "chai";

import { calculateWitness } from "../../src/prover/witness.ts";
import { type CircuitDefinition, findCircuit, loadCircuits } from "../../src/setup/circuits.ts";
import { compileCircuit, compileConstraints } from "../../src/setup/compile.ts";
import { sha256OfFile, writeFileAtomically } from "../../src/files.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { readR1csHeader, readSymbols, violatedConstraints } from "../../src/setup/r1cs.ts";
import { readSources } from "../../src/setup/sources.ts";
import { DEVELOPMENT, PRODUCTION } from "../../src/profile.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { compileFixture, HASH_TIMES, HASH_TIMES_INPUT, POSEIDON_1_2, PRODUCT } from "./fixtures.ts";

/** circom only sees files inside the project, so these tests work in its build folder. */
const FOLDER = join(BUILD, "test", "compile");

describe("circuit compilation", () => {
  it("counts constraints and public signals", async () => {
    const { constraints, publicSignals } = await compileFixture(HASH_TIMES);
    expect({ constraints, publicSignals }).to.deep.equal({ constraints: 242, publicSignals: 2 });
  });

  it("gives the same constraint system every time", async () => {
    const one = await compileFixture(HASH_TIMES);
    const other = await compileCircuit(HASH_TIMES, join(FOLDER, String(process.hrtime.bigint())));
    expect(other.r1cs).to.not.equal(one.r1cs);
    expect(sha256OfFile(other.r1cs)).to.equal(sha256OfFile(one.r1cs));
  });

  it("gives the same constraint system without a witness generator, which it makes when it is asked for", async () => {
    const folder = join(FOLDER, `constraints-${process.hrtime.bigint()}`);
    const whole = await compileFixture(HASH_TIMES);
    const { r1cs, sym, constraints } = await compileConstraints(HASH_TIMES, folder);
    expect(constraints).to.equal(whole.constraints);
    expect(sha256OfFile(r1cs)).to.equal(sha256OfFile(whole.r1cs));
    expect(sha256OfFile(sym)).to.equal(sha256OfFile(whole.sym));
    expect(readdirSync(folder).filter((name) => name.endsWith(".wasm"))).to.deep.equal([]);
    const { wasm } = await compileCircuit(HASH_TIMES, folder);
    expect(sha256OfFile(wasm)).to.equal(sha256OfFile(whole.wasm));
  });

  it("gives in one process of the compiler what a process of its own gives, also after a failure", async () => {
    const folder = join(FOLDER, `one-${process.hrtime.bigint()}`);
    await Promise.all([
      expectRejection(
        compileCircuit({ ...PRODUCT, template: "Quotient" }, join(folder, "failing")),
        "CIRCUIT_COMPILATION_FAILED",
      ),
      ...Array.from({ length: 4 }, (_, i) => compileCircuit(PRODUCT, join(folder, `${i}`))),
    ]);
    const again = await compileCircuit(HASH_TIMES, join(folder, "again"));
    const cli = createRequire(import.meta.url).resolve("circom2/cli.js");
    const alone = join(folder, "alone");
    mkdirSync(alone);
    const sources = new Map([...readSources(resolve(PROJECT_ROOT, HASH_TIMES.file))]);
    sources.set("hash_times.circom", readFileSync(join(folder, "again", `${HASH_TIMES.name}.circom`), "utf8"));
    for (const [name, content] of sources) writeFileAtomically(join(alone, name), content);
    const options = ["--r1cs", "--wasm", "--sym", "--O2", "-l", "node_modules", "-l", "./"];
    execFileSync(process.execPath, [cli, "hash_times.circom", "-o", ".", ...options], { cwd: alone });
    expect(sha256OfFile(again.r1cs)).to.equal(sha256OfFile(join(alone, "hash_times.r1cs")));
    expect(sha256OfFile(again.sym)).to.equal(sha256OfFile(join(alone, "hash_times.sym")));
    const made = join(alone, "hash_times_js", "hash_times.wasm");
    expect(sha256OfFile(again.wasm)).to.equal(sha256OfFile(made));
  });

  it("fails, and leaves nothing that passes for a circuit, when the disk is full", async () => {
    const folder = join(FOLDER, `full-${process.hrtime.bigint()}`);
    const module = new URL("../../src/setup/compile.ts", import.meta.url).href;
    const script = `
      import { compileCircuit } from ${JSON.stringify(module)};
      const circuit = JSON.parse(process.argv[1]);
      await compileCircuit(circuit, process.argv[2]).catch(({ code }) => console.log(code));`;
    // Larger than the main component, smaller than the witness generator.
    const limited = `ulimit -f 8 && exec "$0" "$@"`;
    const args = ["--input-type=module", "-e", script, JSON.stringify(PRODUCT), folder];
    const output = execFileSync("sh", ["-c", limited, process.execPath, ...args], { encoding: "utf8" });
    expect(output.trim()).to.equal("CIRCUIT_COMPILATION_FAILED");
    expect(readdirSync(folder)).to.deep.equal(["product.circom"]);
    expect((await compileCircuit(PRODUCT, folder)).constraints).to.equal(5);
  });

  it("keeps linear constraints when it does not optimise", async () => {
    const optimised = await compileFixture(HASH_TIMES);
    const plain = await compileCircuit(HASH_TIMES, join(FOLDER, "O0"), "O0");
    expect(plain.constraints).to.be.greaterThan(optimised.constraints);
  });

  it("runs the compiler again only if a source or a parameter has changed", async () => {
    const folder = join(FOLDER, "cache");
    mkdirSync(folder, { recursive: true });
    const library = join(folder, "Square.circom");
    const circuit: CircuitDefinition = {
      name: "power",
      file: "build/test/compile/cache/Power.circom",
      template: "Power",
      params: [2],
      publicInputs: [],
    };
    writeFileSync(join(folder, "Power.circom"), POWER);
    writeFileSync(library, SQUARE);

    const runs: string[] = [];
    const compile = (definition: CircuitDefinition): Promise<{ constraints: number }> =>
      compileCircuit(definition, join(folder, "out"), "O2", (message) => runs.push(message));
    const fresh = `// ${process.hrtime.bigint()}\n`;

    writeFileSync(library, fresh + SQUARE);
    expect((await compile(circuit)).constraints).to.equal(2);
    expect(runs).to.have.length(1);
    await compile(circuit);
    expect(runs).to.have.length(1);
    writeFileSync(library, `${fresh}${SQUARE}// changed\n`);
    await compile(circuit);
    expect(runs).to.have.length(2);
    expect((await compile({ ...circuit, params: [5] })).constraints).to.equal(5);
    expect(runs).to.have.length(3);
  });

  it("reports circom's own message", async () => {
    const error = await expectRejection(
      compileCircuit({ ...PRODUCT, template: "Quotient" }, join(FOLDER, "failing")),
      "CIRCUIT_COMPILATION_FAILED",
    );
    expect(error.message).to.contain("Quotient");
  });

  it("names an include that does not exist", () => {
    mkdirSync(FOLDER, { recursive: true });
    const path = join(FOLDER, "Missing.circom");
    writeFileSync(path, '// include "commented/out.circom";\ninclude "missing/template.circom";\n');
    expect(() => readSources(path))
      .to.throw("missing/template.circom")
      .with.property("code", "CIRCUIT_INCLUDE_NOT_FOUND");
  });
});

describe("constraint systems", () => {
  it("have the values of a witness by name, and are violated by any other", async () => {
    const circuit = await compileFixture(HASH_TIMES);
    const r1cs = readFileSync(circuit.r1cs);
    const { values } = await calculateWitness(circuit, HASH_TIMES_INPUT);
    const out = readSymbols(circuit.sym).get("main.out")!;

    expect(values[out]).to.equal(2n * POSEIDON_1_2);
    expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
    const forged = values.with(out, values[out]! + 1n);
    expect(violatedConstraints(r1cs, forged)).to.have.length(1);
  });

  it("are refused if they are cut off", async () => {
    const circuit = await compileFixture(PRODUCT);
    const { size } = statSync(circuit.r1cs);
    const cut = readFileSync(circuit.r1cs).subarray(0, size - 1);
    expect(() => readR1csHeader(cut))
      .to.throw()
      .with.property("code", "MALFORMED_BINARY_FILE");
  });
});

describe("circuits.json", () => {
  it("has the ledger's sizes", () => {
    for (const [name, { depth, slots, levels }] of [
      ["development", DEVELOPMENT],
      ["production", PRODUCTION],
    ] as const) {
      expect(findCircuit("leaf", name).params).to.deep.equal([depth, slots, levels]);
      expect(findCircuit("escape", name).params).to.deep.equal([depth]);
      expect(findCircuit("migration", name).params).to.deep.equal([depth, levels]);
    }
  });

  it("names files that exist and have the template", () => {
    for (const { file, template, name } of loadCircuits("development")) {
      expect(readFileSync(file, "utf8"), name).to.match(new RegExp(`template ${template}\\(`));
    }
  });

  it("does not know other circuits", () => {
    expect(() => findCircuit("root", "development"))
      .to.throw()
      .with.property("code", "UNKNOWN_CIRCUIT");
  });
});

const POWER = `pragma circom 2.2.2;
include "Square.circom";
template Power(N) {
    signal input base;
    signal output out;
    component squares[N];
    for (var i = 0; i < N; i++) {
        squares[i] = Square();
        if (i == 0) { squares[i].in <== base; } else { squares[i].in <== squares[i - 1].out; }
    }
    out <== squares[N - 1].out;
}
`;

const SQUARE = `pragma circom 2.2.2;
template Square() {
    signal input in;
    signal output out;
    out <== in * in;
}
`;
