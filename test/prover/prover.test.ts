// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { groth16 } from "snarkjs";

import { toProofWords } from "../../src/codec/index.ts";
import {
  artifactsByName,
  createProver,
  type Groth16Proof,
  NativeProver,
  type Prover,
  type ProofResult,
  SnarkjsProver,
  WitnessError,
} from "../../src/prover/index.ts";
import { ProofCache } from "../../src/prover/proofCache.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import { type CircuitArtifacts, prepareCircuit, readVerificationKey } from "../../src/setup/keys.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import {
  HASH_TIMES,
  HASH_TIMES_INPUT,
  POSEIDON_1_2,
  PRODUCT,
  PRODUCT_INPUT,
  temporaryFolder,
} from "../setup/fixtures.ts";

const PUBLIC_SIGNALS = [2n * POSEIDON_1_2, 2n];

describe("provers", () => {
  const folder = temporaryFolder();
  let artifacts: readonly CircuitArtifacts[];
  let prover: Prover | undefined;

  before(async () => {
    artifacts = [await prepareCircuit(HASH_TIMES, "development"), await prepareCircuit(PRODUCT, "development")];
  });

  afterEach(async () => {
    await prover?.dispose();
    prover = undefined;
  });

  after(async () => {
    folder.remove();
    await terminateCurve();
  });

  function snarkjsProver(cacheFolder: string | false = false, processes = 1): Prover {
    prover = new SnarkjsProver(artifactsByName(artifacts), { cacheFolder, processes });
    return prover;
  }

  describe("SnarkjsProver", () => {
    it("makes proofs that verify", async () => {
      const { proof, publicSignals, cached, seconds } = await snarkjsProver().prove("hashTimes", HASH_TIMES_INPUT);
      expect(publicSignals).to.deep.equal(PUBLIC_SIGNALS);
      expect(cached).to.equal(false);
      expect(seconds).to.be.greaterThan(0);
      const key = readVerificationKey(artifacts[0]!);
      expect(await groth16.verify(key, publicSignals.map(String), proof)).to.equal(true);
      expect(await groth16.verify(key, ["1", "2"], proof)).to.equal(false);
    });

    it("proves several at once, in several processes", async () => {
      const pool = snarkjsProver(false, 2);
      const results = await Promise.all([
        pool.prove("hashTimes", HASH_TIMES_INPUT),
        pool.prove("product", PRODUCT_INPUT),
        pool.prove("product", { factors: [1n, 1n, 1n, 1n, 1n, 7n] }),
      ]);
      expect(results.map(({ publicSignals }) => publicSignals)).to.deep.equal([PUBLIC_SIGNALS, [720n], [7n]]);
    });

    it("passes on why there is no witness, and goes on", async () => {
      const failing = snarkjsProver();
      const error = await expectRejection(
        failing.prove("hashTimes", { ...HASH_TIMES_INPUT, inverse: 1n }),
        "WITNESS_FAILED",
      );
      expect(error instanceof WitnessError && error.templates).to.deep.equal(["HashTimes"]);
      await expectRejection(failing.prove("hashTimes", { ...HASH_TIMES_INPUT, factor: -1n }), "INVALID_INPUT");
      expect((await failing.prove("product", PRODUCT_INPUT)).publicSignals).to.deep.equal([720n]);
    });

    it("knows only the circuits that were prepared", async () => {
      await expectRejection(snarkjsProver().prove("root", {}), "UNKNOWN_CIRCUIT");
    });

    it("does not keep the program running if it is not disposed", () => {
      const script = `
        import { prepareCircuit } from "./src/setup/keys.ts";
        import { artifactsByName, SnarkjsProver } from "./src/prover/index.ts";
        const circuit = ${JSON.stringify(PRODUCT)};
        const artifacts = [await prepareCircuit(circuit, "development")];
        const prover = new SnarkjsProver(artifactsByName(artifacts), { cacheFolder: false });
        console.log(String((await prover.prove("product", { factors: [1n, 2n, 3n, 4n, 5n, 6n] })).publicSignals));
      `;
      const args = ["--input-type=module-typescript", "--eval", script];
      const output = execFileSync(process.execPath, args, { cwd: PROJECT_ROOT, timeout: 30_000, encoding: "utf8" });
      expect(output.trim()).to.equal("720");
    });
  });

  describe("cache", () => {
    it("keeps a proof for the same key and input, and no other", async () => {
      const caching = snarkjsProver(join(folder.path, "cache"));
      const made = await caching.prove("hashTimes", HASH_TIMES_INPUT);
      const { inverse, factor, preimage } = HASH_TIMES_INPUT;
      const kept = await caching.prove("hashTimes", { inverse, factor, preimage });
      expect(kept).to.deep.equal({ ...made, cached: true });
      const other = await caching.prove("hashTimes", { ...HASH_TIMES_INPUT, preimage: [2n, 1n] });
      expect(other.cached).to.equal(false);
      const otherKey = await caching.prove("product", PRODUCT_INPUT);
      expect(otherKey.cached).to.equal(false);
    });

    it("makes a proof anew if the one on disk does not verify", async () => {
      const cacheFolder = join(folder.path, "damaged");
      const caching = snarkjsProver(cacheFolder);
      await caching.prove("hashTimes", HASH_TIMES_INPUT);
      const [file] = readdirSync(cacheFolder);
      const path = join(cacheFolder, file!);
      const stored = JSON.parse(readFileSync(path, "utf8")) as { publicSignals: string[] };
      writeFileSync(path, JSON.stringify({ ...stored, publicSignals: ["1", "2"] }));

      const again = await caching.prove("hashTimes", HASH_TIMES_INPUT);
      expect(again.cached).to.equal(false);
      expect(again.publicSignals).to.deep.equal(PUBLIC_SIGNALS);
      // A good one is found good again, and a damaged one is not, for all that is known of the good one.
      for (let i = 0; i < 2; i++) expect((await caching.prove("hashTimes", HASH_TIMES_INPUT)).cached).to.equal(true);
      const { proof } = JSON.parse(readFileSync(path, "utf8")) as { proof: Groth16Proof };
      writeFileSync(path, JSON.stringify({ ...stored, proof: { ...proof, pi_a: proof.pi_c } }));
      expect((await caching.prove("hashTimes", HASH_TIMES_INPUT)).cached).to.equal(false);
    });

    describe("knowing a good proof", () => {
      let cache: ProofCache;
      let caching: Prover;
      let good: ProofResult;
      const hashTimes = (): CircuitArtifacts => artifacts[0]!;
      const product = (): CircuitArtifacts => artifacts[1]!;

      beforeEach(async () => {
        const cacheFolder = mkdtempSync(join(folder.path, "known-"));
        cache = new ProofCache(cacheFolder);
        caching = snarkjsProver(cacheFolder);
        good = await caching.prove("hashTimes", HASH_TIMES_INPUT);
        // A new proof is checked when it is first read.
        for (let i = 0; i < 2; i++) expect((await caching.prove("hashTimes", HASH_TIMES_INPUT)).cached).to.equal(true);
      });

      it("does not vouch for other public signals", async () => {
        cache.store(hashTimes().manifest.zkeySha256, HASH_TIMES_INPUT, { ...good, publicSignals: [1n, 2n] });
        const again = await caching.prove("hashTimes", HASH_TIMES_INPUT);
        expect(again).to.deep.include({ cached: false, publicSignals: PUBLIC_SIGNALS });
      });

      it("does not vouch for another input", async () => {
        const other = { ...HASH_TIMES_INPUT, preimage: [3n, 4n] };
        cache.store(hashTimes().manifest.zkeySha256, other, good);
        const again = await caching.prove("hashTimes", other);
        expect(again.cached).to.equal(false);
        expect(again.publicSignals).not.to.deep.equal(PUBLIC_SIGNALS);
      });

      it("does not vouch for a proof that was refused", async () => {
        const { pi_c } = good.proof;
        for (let i = 0; i < 2; i++) {
          const proof = { ...good.proof, pi_a: pi_c };
          cache.store(hashTimes().manifest.zkeySha256, HASH_TIMES_INPUT, { ...good, proof });
          expect((await caching.prove("hashTimes", HASH_TIMES_INPUT)).cached).to.equal(false);
        }
      });

      it("does not vouch for the same file with another key", async () => {
        const { manifest, ...files } = hashTimes();
        const zkeySha256 = product().manifest.zkeySha256;
        const { verificationKey } = product();
        const otherKey = { ...files, verificationKey, manifest: { ...manifest, zkeySha256 } };
        const folderOfOther = mkdtempSync(join(folder.path, "known-"));
        new ProofCache(folderOfOther).store(zkeySha256, HASH_TIMES_INPUT, good);
        prover = new SnarkjsProver(artifactsByName([otherKey]), { cacheFolder: folderOfOther });
        await expectRejection(prover.prove("hashTimes", HASH_TIMES_INPUT), "PROVER_FAILED");
        await caching.dispose();
      });

      it("does not vouch for the same file with another circuit", async () => {
        const folderOfOther = mkdtempSync(join(folder.path, "known-"));
        new ProofCache(folderOfOther).store(hashTimes().manifest.zkeySha256, HASH_TIMES_INPUT, good);
        const otherCircuit = { ...hashTimes(), wasm: product().wasm };
        prover = new SnarkjsProver(artifactsByName([otherCircuit]), { cacheFolder: folderOfOther });
        await expectRejection(prover.prove("hashTimes", HASH_TIMES_INPUT), "INVALID_INPUT");
        await caching.dispose();
      });
    });

    it("makes a proof anew if the one on disk is of another statement", async () => {
      const cacheFolder = join(folder.path, "swapped");
      const caching = snarkjsProver(cacheFolder);
      await caching.prove("hashTimes", { ...HASH_TIMES_INPUT, preimage: [3n, 4n] });
      const [other] = readdirSync(cacheFolder);
      await caching.prove("hashTimes", HASH_TIMES_INPUT);
      const file = readdirSync(cacheFolder).find((name) => name !== other);
      copyFileSync(join(cacheFolder, other!), join(cacheFolder, file!));

      const again = await caching.prove("hashTimes", HASH_TIMES_INPUT);
      expect(again.cached).to.equal(false);
      expect(again.publicSignals).to.deep.equal(PUBLIC_SIGNALS);
      copyFileSync(join(cacheFolder, other!), join(cacheFolder, file!));
      await expectRejection(caching.prove("hashTimes", { nonsense: 42n }), "INVALID_INPUT");
    });
  });

  describe("NativeProver", () => {
    /** A program with rapidsnark's arguments, in a few lines of JavaScript. */
    function writeProgram(name: string, body: string): string {
      const path = join(folder.path, name);
      writeFileSync(
        path,
        `#!${process.execPath}\nconst [zkey, wtns, proof, signals] = process.argv.slice(2);\n${body}`,
      );
      chmodSync(path, 0o755);
      return path;
    }

    function nativeProver(binary: string): Prover {
      prover = createProver(artifacts, { cacheFolder: false }, { PROVER_BINARY: binary });
      expect(prover).to.be.instanceOf(NativeProver);
      return prover;
    }

    const SNARKJS = join(PROJECT_ROOT, "node_modules/snarkjs/build/cli.cjs");

    it("runs the program that PROVER_BINARY names, with zkey, witness, proof and public signals", async () => {
      const program = writeProgram(
        "honest.cjs",
        `const { execFileSync } = require("node:child_process");
         execFileSync(process.execPath, [${JSON.stringify(SNARKJS)}, "groth16", "prove", zkey, wtns, proof, signals]);`,
      );
      const { publicSignals, cached } = await nativeProver(program).prove("hashTimes", HASH_TIMES_INPUT);
      expect(publicSignals).to.deep.equal(PUBLIC_SIGNALS);
      expect(cached).to.equal(false);
    });

    it("does not give back a proof that does not verify", async () => {
      const { proof } = await snarkjsProver().prove("hashTimes", { ...HASH_TIMES_INPUT, preimage: [3n, 4n] });
      await prover?.dispose();
      const program = writeProgram(
        "wrong.cjs",
        `const { writeFileSync } = require("node:fs");
         writeFileSync(proof, ${JSON.stringify(JSON.stringify(proof))});
         writeFileSync(signals, ${JSON.stringify(JSON.stringify(PUBLIC_SIGNALS.map(String)))});`,
      );
      await expectRejection(nativeProver(program).prove("hashTimes", HASH_TIMES_INPUT), "PROVER_FAILED");
    });

    it("does not give back a valid proof of another statement", async () => {
      const other = await snarkjsProver().prove("hashTimes", { ...HASH_TIMES_INPUT, preimage: [3n, 4n] });
      await prover?.dispose();
      const program = writeProgram(
        "other.cjs",
        `const { writeFileSync } = require("node:fs");
         writeFileSync(proof, ${JSON.stringify(JSON.stringify(other.proof))});
         writeFileSync(signals, ${JSON.stringify(JSON.stringify(other.publicSignals.map(String)))});`,
      );
      const error = await expectRejection(nativeProver(program).prove("hashTimes", HASH_TIMES_INPUT), "PROVER_FAILED");
      expect(error.message).to.contain("another statement");
    });

    it("reports a program that fails or is missing", async () => {
      const failing = writeProgram("failing.cjs", "console.error('out of memory'); process.exit(3);");
      const error = await expectRejection(nativeProver(failing).prove("hashTimes", HASH_TIMES_INPUT), "PROVER_FAILED");
      expect(error.message).to.contain("out of memory");
      await expectRejection(
        nativeProver(join(folder.path, "missing")).prove("hashTimes", HASH_TIMES_INPUT),
        "PROVER_FAILED",
      );
    });

    it("is not chosen unless the environment names a program", () => {
      prover = createProver(artifacts, {}, {});
      expect(prover).to.be.instanceOf(SnarkjsProver);
    });
  });

  describe("toProofWords", () => {
    it("puts the imaginary parts of B first", () => {
      const proof = {
        pi_a: ["1", "2", "1"] as [string, string, string],
        pi_b: [
          ["3", "4"],
          ["5", "6"],
          ["1", "0"],
        ] as [[string, string], [string, string], [string, string]],
        pi_c: ["7", "8", "1"] as [string, string, string],
        protocol: "groth16",
        curve: "bn128",
      };
      expect(toProofWords(proof)).to.deep.equal([1n, 2n, 4n, 3n, 6n, 5n, 7n, 8n]);
      expect(() => toProofWords({ ...proof, pi_a: ["0", "1", "0"] }))
        .to.throw()
        .with.property("code", "INVALID_PROOF");
    });
  });
});
