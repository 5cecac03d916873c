// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";
import { getCurveFromName } from "ffjavascript";
import { groth16, powersOfTau, zKey } from "snarkjs";

import { calculateWitnessFile } from "../../src/prover/witness.ts";
import { requireSection, readSections } from "../../src/setup/binaryFile.ts";
import { Ceremony } from "../../src/setup/ceremony.ts";
import { type CompiledCircuit } from "../../src/setup/compile.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import { deriveSecret } from "../../src/setup/developmentKey.ts";
import { readTranscript } from "../../src/setup/transcript.ts";
import { readContributions, ZKEY_SECTION } from "../../src/setup/zkey.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { compileFixture, HASH_TIMES, PRODUCT, PRODUCT_INPUT, temporaryFolder } from "./fixtures.ts";
import { writePhase1FromSecret } from "./knownPhase1.ts";

const BEACON = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

describe("ceremony", () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let circuit: CompiledCircuit;
  let hash: string;

  /** A ceremony in a folder of its own, with phase 1 imported. */
  async function ceremonyWithPhase1(name: string): Promise<Ceremony> {
    const ceremony = new Ceremony(path(name));
    await ceremony.importPhase1(path("phase1.ptau"), hash);
    return ceremony;
  }

  const hashOf = (file: string): string => createHash("blake2b512").update(readFileSync(file)).digest("hex");
  const published = (name: string) => ({ phase1: hash, transcript: readTranscript(path(`${name}/transcript.json`)) });

  before(async () => {
    circuit = await compileFixture(PRODUCT);
    const curve = await getCurveFromName("bn128");
    await powersOfTau.newAccumulator(curve, 4, path("empty.ptau"));
    await powersOfTau.contribute(path("empty.ptau"), path("unprepared.ptau"), "test", "entropy");
    await powersOfTau.preparePhase2(path("unprepared.ptau"), path("phase1.ptau"));
    hash = hashOf(path("phase1.ptau"));
  });

  after(async () => {
    folder.remove();
    await terminateCurve();
  });

  describe("phase 1", () => {
    it("is imported by its published hash, in any spelling, with its power", async () => {
      const spelling = `0x${hash.toUpperCase().replace(/(.{8})/g, "$1 ")}`;
      const phase1 = await new Ceremony(path("import")).importPhase1(path("phase1.ptau"), spelling);
      expect(phase1).to.deep.equal({ file: path("phase1.ptau"), blake2b: hash, power: 4 });
    });

    it("is refused if one bit differs from what was published", async () => {
      const altered = readFileSync(path("phase1.ptau"));
      altered[altered.length - 1]! ^= 1;
      writeFileSync(path("altered.ptau"), altered);
      await expectRejection(
        new Ceremony(path("altered")).importPhase1(path("altered.ptau"), hash),
        "PHASE1_HASH_MISMATCH",
      );
    });

    it("is refused if it changes after the import", async () => {
      copyFileSync(path("phase1.ptau"), path("changing.ptau"));
      const ceremony = new Ceremony(path("changing"));
      await ceremony.importPhase1(path("changing.ptau"), hash);
      writeFileSync(path("changing.ptau"), "another file");
      await expectRejection(ceremony.start(circuit), "PHASE1_HASH_MISMATCH");
    });

    it("is refused if it is not prepared for phase 2", async () => {
      await expectRejection(
        new Ceremony(path("unprepared")).importPhase1(path("unprepared.ptau"), hashOf(path("unprepared.ptau"))),
        "PHASE1_NOT_PREPARED",
      );
    });

    it("is refused for a circuit that is too large, naming both powers", async () => {
      const ceremony = await ceremonyWithPhase1("small");
      const error = await expectRejection(ceremony.start(await compileFixture(HASH_TIMES)), "PHASE1_TOO_SMALL");
      expect(error.message).to.contain("2^8").and.to.contain("2^4");
    });

    it("must be imported before phase 2", async () => {
      await expectRejection(new Ceremony(path("none")).start(circuit), "PHASE1_MISSING");
    });
  });

  describe("phase 2", () => {
    let ceremony: Ceremony;

    before(async () => {
      ceremony = await ceremonyWithPhase1("phase2");
    });

    it("cannot be contributed to before it is started", async () => {
      await expectRejection(ceremony.contribute(circuit, "Alice"), "CEREMONY_NOT_STARTED");
    });

    it("takes contributions and a beacon, and verifies after each", async () => {
      await ceremony.start(circuit);
      expect((await ceremony.verify(circuit, { phase1: hash })).contributions).to.deep.equal([]);

      await ceremony.contribute(circuit, "Alice");
      await ceremony.contribute(circuit, "Bob");
      await expectRejection(ceremony.finish(circuit, published("phase2")), "CEREMONY_INCOMPLETE");

      await ceremony.applyBeacon(circuit, BEACON, 10);
      const { contributions, phase1Blake2b, zkey } = await ceremony.finish(circuit, published("phase2"));
      expect(phase1Blake2b).to.equal(hash);
      expect(zkey).to.equal(path("phase2/product_0003.zkey"));
      expect(contributions.map(({ kind, name, beacon }) => ({ kind, name, beacon }))).to.deep.equal([
        { kind: "participant", name: "Alice", beacon: undefined },
        { kind: "participant", name: "Bob", beacon: undefined },
        { kind: "beacon", name: "final beacon", beacon: { value: BEACON, iterationsExponent: 10 } },
      ]);
    });

    it("gives each contributor the hash that snarkjs shows, and records all of them with the beacon", async () => {
      const { contributions } = await ceremony.finish(circuit, published("phase2"));
      const [first] = readdirSync(path("phase2")).filter((file) => file.endsWith("_0000.zkey"));
      const shown = await zKey.contribute(path(`phase2/${first}`), path("shown.zkey"), "Dave", "entropy");
      const [read] = readContributions(readFileSync(path("shown.zkey")));
      expect(read?.hash).to.equal(Buffer.from(shown).toString("hex"));
      const beaconShown = await zKey.beacon(path("shown.zkey"), path("beacon.zkey"), "b", BEACON, 10);
      expect(readContributions(readFileSync(path("beacon.zkey"))).at(-1)?.hash).to.equal(
        Buffer.from(beaconShown).toString("hex"),
      );
      const { phase1Blake2b, circuits } = published("phase2").transcript;
      expect(phase1Blake2b).to.equal(hash);
      expect(circuits["product"]?.contributions).to.deep.equal(contributions);
    });

    it("gives a key that proves and verifies", async () => {
      const { zkey } = await ceremony.finish(circuit, published("phase2"));
      const data = await calculateWitnessFile(circuit, PRODUCT_INPUT);
      const { proof, publicSignals } = await groth16.prove(zkey, { type: "mem", data });
      const verificationKey = await zKey.exportVerificationKey(zkey);
      expect(publicSignals).to.deep.equal(["720"]);
      expect(await groth16.verify(verificationKey, publicSignals, proof)).to.equal(true);
      expect(await groth16.verify(verificationKey, ["721"], proof)).to.equal(false);
    });

    it("is closed by the beacon", async () => {
      await expectRejection(ceremony.contribute(circuit, "Carol"), "CEREMONY_FINISHED");
      await expectRejection(ceremony.applyBeacon(circuit, BEACON, 10), "CEREMONY_FINISHED");
    });

    it("cannot be started over an existing one", async () => {
      await expectRejection(ceremony.start(circuit), "CEREMONY_STARTED");
    });

    it("is not finished with a beacon alone", async () => {
      const alone = await ceremonyWithPhase1("alone");
      await alone.start(circuit);
      await alone.applyBeacon(circuit, BEACON, 10);
      await expectRejection(alone.finish(circuit, published("alone")), "CEREMONY_INCOMPLETE");
    });

    it("refuses a beacon that is not hexadecimal or not iterated", async () => {
      const beaconless = await ceremonyWithPhase1("beaconless");
      await beaconless.start(circuit);
      await expectRejection(beaconless.applyBeacon(circuit, "no hex", 10), "INVALID_BEACON");
      await expectRejection(beaconless.applyBeacon(circuit, BEACON, 9), "INVALID_BEACON");
    });

    for (const section of ["ic", "c", "h"] as const) {
      it(`does not verify if a point of section ${section} is replaced`, async () => {
        const tampered = await ceremonyWithPhase1(`tampered-${section}`);
        await tampered.start(circuit);
        await tampered.contribute(circuit, "Mallory");
        const zkey = path(`tampered-${section}/product_0001.zkey`);
        const file = readFileSync(zkey);
        const points = requireSection(readSections(file, "zkey"), ZKEY_SECTION[section]);
        points.copyWithin(0, 64, 128);
        writeFileSync(zkey, file);
        await expectRejection(tampered.verify(circuit, { phase1: hash }), "CEREMONY_INVALID");
      });
    }
  });

  describe("with a last participant who has the folder, and forges everything in it", () => {
    /** Mallory makes all contributions; "Alice (honest)" among them never saw the folder. */
    async function forge(name: string, ptau: string): Promise<Ceremony> {
      const forged = new Ceremony(path(name));
      await forged.importPhase1(ptau, hashOf(ptau));
      await forged.start(circuit);
      await forged.contribute(circuit, "Alice (honest)");
      await forged.applyBeacon(circuit, BEACON, 10);
      return forged;
    }
    let alice: ReturnType<typeof published>;

    before(async () => {
      const honest = await ceremonyWithPhase1("honest");
      await honest.start(circuit);
      await honest.contribute(circuit, "Alice (honest)");
      alice = published("honest");
    });

    it("notices another phase 1, whose secret the forger knows", async () => {
      const ptau = path("swapped.ptau");
      await writePhase1FromSecret(ptau, 4, deriveSecret("Mallory's", ""));
      const forged = await forge("swapped", ptau);
      // All is consistent within the folder.
      const { contributions } = await forged.verify(circuit, { phase1: hashOf(ptau) });
      expect(contributions[0]?.name).to.equal("Alice (honest)");

      await expectRejection(forged.verify(circuit, { phase1: hash }), "PHASE1_HASH_MISMATCH");
      await expectRejection(forged.finish(circuit, alice), "PHASE1_HASH_MISMATCH");
      await expectRejection(forged.finish(circuit, { ...alice, phase1: hashOf(ptau) }), "CEREMONY_TRANSCRIPT_DIFFERS");
    });

    it("notices contributions in another's name, by the transcript that the other published", async () => {
      const forged = await forge("renamed", path("phase1.ptau"));
      await forged.finish(circuit, published("renamed"));
      const error = await expectRejection(forged.finish(circuit, alice), "CEREMONY_TRANSCRIPT_DIFFERS");
      expect(error.message).to.include(alice.transcript.circuits["product"]!.contributions[0]!.hash);
      await expectRejection(forged.verify(circuit, alice), "CEREMONY_TRANSCRIPT_DIFFERS");
    });

    it("does not take a transcript without a contribution for proof of one", async () => {
      const forged = await forge("unattested", path("phase1.ptau"));
      const transcript = { phase1Blake2b: hash, circuits: {} };
      await expectRejection(forged.finish(circuit, { phase1: hash, transcript }), "CEREMONY_INCOMPLETE");
    });

    it("accepts a ceremony that went on from what Alice published", async () => {
      const honest = new Ceremony(path("honest"));
      await honest.contribute(circuit, "Bob");
      await honest.applyBeacon(circuit, BEACON, 10);
      const { contributions } = await honest.finish(circuit, alice);
      expect(contributions.map(({ name }) => name)).to.deep.equal(["Alice (honest)", "Bob", "final beacon"]);
    });

    it("refuses to contribute to keys that are not those of the folder's transcript", async () => {
      const ceremony = await ceremonyWithPhase1("mixed");
      await ceremony.start(circuit);
      await ceremony.contribute(circuit, "Bob");
      copyFileSync(path("renamed/product_0001.zkey"), path("mixed/product_0001.zkey"));
      await expectRejection(ceremony.contribute(circuit, "Carol"), "CEREMONY_TRANSCRIPT_DIFFERS");
    });
  });

  describe("after a step that was cut short", () => {
    const CONTRIBUTE = fileURLToPath(new URL("fixtures/contribute.ts", import.meta.url));
    /** Ends the process at the worst moment: all is written, and not in its place. */
    const KILL_BEFORE_RENAME = `
      import fs from "node:fs";
      import { syncBuiltinESMExports } from "node:module";
      const { renameSync } = fs;
      fs.renameSync = (from, to) => String(to).endsWith(".zkey") ? process.kill(process.pid, "SIGKILL") : renameSync(from, to);
      syncBuiltinESMExports();`;
    const run = promisify(execFile);

    async function started(name: string): Promise<Ceremony> {
      const ceremony = await ceremonyWithPhase1(name);
      await ceremony.start(circuit);
      await ceremony.contribute(circuit, "Alice");
      return ceremony;
    }

    it("goes on when a contribution was killed", async () => {
      const ceremony = await started("killed");
      const preload = `data:text/javascript,${encodeURIComponent(KILL_BEFORE_RENAME)}`;
      const child = run(process.execPath, ["--import", preload, CONTRIBUTE, path("killed")]);
      const error = await child.then(
        () => undefined,
        (reason: unknown) => reason as { signal: string },
      );
      expect(error?.signal).to.equal("SIGKILL");
      expect(readdirSync(path("killed")).filter((file) => file.endsWith(".tmp"))).to.have.lengthOf(1);

      const { contributions } = await ceremony.verify(circuit, { phase1: hash });
      expect(contributions.map(({ name }) => name)).to.deep.equal(["Alice"]);
      expect((await ceremony.contribute(circuit, "Bob")).map(({ name }) => name)).to.deep.equal(["Alice", "Bob"]);
    });

    it("leaves nothing behind when the disk is full", async () => {
      const ceremony = await started("full");
      const before = readdirSync(path("full"));
      // One block of 512 or 1,024 bytes: every larger file fails to be written.
      const limited = `ulimit -f 1 && exec "$0" "$@"`;
      const child = run("sh", ["-c", limited, process.execPath, CONTRIBUTE, path("full")]);
      const error = await child.then(
        () => undefined,
        (reason: unknown) => reason as { stderr: string },
      );
      // snarkjs itself does not notice.
      expect(error?.stderr).to.include("CEREMONY_FAILED");
      expect(readdirSync(path("full"))).to.deep.equal(before);
      await ceremony.contribute(circuit, "Bob");
    });

    it("names a key that is cut off, and what to do", async () => {
      const ceremony = await started("cut");
      cpSync(path("cut"), path("whole"), { recursive: true });
      truncateSync(path("cut/product_0001.zkey"), 1_000);
      const error = await expectRejection(ceremony.contribute(circuit, "Bob"), "CEREMONY_KEY_DAMAGED");
      expect(error.message).to.include("product_0001.zkey").and.to.include("remove it");
      await expectRejection(ceremony.verify(circuit, { phase1: hash }), "CEREMONY_KEY_DAMAGED");
    });
  });
});
