import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { getCurveFromName } from "ffjavascript";
import { groth16, powersOfTau, zKey } from "snarkjs";

import { calculateWitnessFile } from "../../src/prover/witness.ts";
import { requireSection, readSections } from "../../src/setup/binaryFile.ts";
import { Ceremony } from "../../src/setup/ceremony.ts";
import { type CompiledCircuit } from "../../src/setup/compile.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import { ZKEY_SECTION } from "../../src/setup/zkey.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { compileFixture, HASH_TIMES, PRODUCT, PRODUCT_INPUT, temporaryFolder } from "./fixtures.ts";

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

  before(async () => {
    circuit = await compileFixture(PRODUCT);
    const curve = await getCurveFromName("bn128");
    await powersOfTau.newAccumulator(curve, 4, path("empty.ptau"));
    await powersOfTau.contribute(path("empty.ptau"), path("unprepared.ptau"), "test", "entropy");
    await powersOfTau.preparePhase2(path("unprepared.ptau"), path("phase1.ptau"));
    hash = createHash("blake2b512")
      .update(readFileSync(path("phase1.ptau")))
      .digest("hex");
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
      const unprepared = createHash("blake2b512")
        .update(readFileSync(path("unprepared.ptau")))
        .digest("hex");
      await expectRejection(
        new Ceremony(path("unprepared")).importPhase1(path("unprepared.ptau"), unprepared),
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
      expect((await ceremony.verify(circuit)).contributions).to.deep.equal([]);

      await ceremony.contribute(circuit, "Alice");
      await ceremony.contribute(circuit, "Bob");
      await expectRejection(ceremony.finish(circuit), "CEREMONY_INCOMPLETE");

      await ceremony.applyBeacon(circuit, BEACON, 10);
      const { contributions, phase1Blake2b, zkey } = await ceremony.finish(circuit);
      expect(phase1Blake2b).to.equal(hash);
      expect(zkey).to.equal(path("phase2/product_0003.zkey"));
      expect(contributions).to.deep.equal([
        { kind: "participant", name: "Alice" },
        { kind: "participant", name: "Bob" },
        { kind: "beacon", name: "final beacon" },
      ]);
    });

    it("gives a key that proves and verifies", async () => {
      const { zkey } = await ceremony.finish(circuit);
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
      await expectRejection(alone.finish(circuit), "CEREMONY_INCOMPLETE");
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
        const zkey = await tampered.contribute(circuit, "Mallory");
        const file = readFileSync(zkey);
        const points = requireSection(readSections(file, "zkey"), ZKEY_SECTION[section]);
        points.copyWithin(0, 64, 128);
        writeFileSync(zkey, file);
        await expectRejection(tampered.verify(circuit), "CEREMONY_INVALID");
      });
    }
  });
});
