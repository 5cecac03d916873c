// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, concat, Interface, ZeroAddress } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  ELECTION_NAMES,
  electionArguments,
  readElections,
  requireTimeForElections,
  SCHEMA,
  validateParameters,
  type ElectionName,
  type ParameterValue,
} from "../../src/deployment/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { readCompiled } from "../../tools/deployment/bytecode.ts";
import { checkDeployment } from "../../tools/deployment/check.ts";
import { deploySystem, type Deployment } from "../../tools/deployment/ignition.ts";
import { readParameters } from "../../tools/deployment/parameters.ts";

type Values = Record<string, ParameterValue>;

/** In place of the native token: an address with code. */
const TOKEN = `0x${"11".repeat(20)}`;

const valuesOf = (name: ElectionName): Values => ({
  ...readParameters("ProofOfEfficiency", { election: name })[name],
});

describe("Elections in a deployment", () => {
  it("are chosen by the name of their contract", () => {
    expect(readElections(undefined)).to.deep.equal([]);
    expect(readElections("")).to.deep.equal([]);
    for (const name of ELECTION_NAMES) expect(readElections(name)).to.deep.equal([name]);
  });

  for (const given of [
    "slotAuction",
    "SlotAuction+",
    "+",
    "SlotAuction+SlotAuction",
    "SlotAuction,Authority",
    "toString",
  ]) {
    it(`rejects the choice ${given}, and names those there are`, () => {
      expect(() => readElections(given))
        .to.throw()
        .that.satisfies((error: { readonly code: string; readonly message: string }) => {
          expect(error.code).to.equal("UNKNOWN_ELECTION");
          expect(error.message).to.match(/^.*: must be one of the elections of sequencers \(SlotAuction/u);
          return true;
        });
    });
  }

  it("need an escape delay that is longer than their silence", () => {
    const { ProofOfEfficiency: poe } = readParameters("ProofOfEfficiency");
    const values = valuesOf("SlotAuction");
    const least = 86_400n + 2n * 1_800n + 3_600n + (values["opensAfter"] as bigint);
    requireTimeForElections({ ...poe, escapeDelay: least }, [["SlotAuction", values]]);
    expect(() => requireTimeForElections({ ...poe, escapeDelay: least - 1n }, [["SlotAuction", values]]))
      .to.throw()
      .that.satisfies((error: { readonly code: string; readonly message: string }) => {
        expect(error.code).to.equal("BAD_PARAMETER");
        expect(error.message).to.match(new RegExp(`escapeDelay = ${least - 1n}: must be at least ${least}, `, "u"));
        return true;
      });
  });

  it("have a section of their own in the file of parameters", () => {
    expect(readParameters("ProofOfEfficiency")).not.to.have.property("SlotAuction");
    const { SlotAuction } = readParameters("ProofOfEfficiency", {
      election: "SlotAuction",
      overrides: { minBid: "7n" },
    });
    expect(SlotAuction).to.have.property("minBid", 7n);
  });

  describe("the schema against the constructors", () => {
    let connection: NetworkConnection;

    before(async () => {
      connection = await network.create();
      await connection.networkHelpers.setCode(TOKEN, "0x00");
    });

    after(() => connection.close());

    for (const name of ELECTION_NAMES) {
      it(`${name}: both have the same names`, async () => {
        const names: string[] = [];
        electionArguments(new Interface((await readCompiled(name)).abi).deploy.inputs, (field) => names.push(field));
        expect(names.filter((field) => field !== "token").sort()).to.deep.equal(Object.keys(SCHEMA[name]).sort());
      });

      for (const field of Object.keys(SCHEMA[name])) {
        it(`${name}.${field}: what the schema accepts, the constructor does, and one more or less neither`, async () => {
          const rule = SCHEMA[name][field];
          if (rule?.kind !== "integer") return;
          const { abi, creation } = await readCompiled(name);
          const { inputs } = new Interface(abi).deploy;
          const accepts = async (value: bigint): Promise<readonly [boolean, boolean]> => {
            const values: Values = { ...valuesOf(name), [field]: value };
            const call = async (): Promise<string> => {
              const args = electionArguments(inputs, (of) => (of === "token" ? TOKEN : values[of]));
              const data = concat([creation.code, AbiCoder.defaultAbiCoder().encode(inputs, args)]);
              return connection.ethers.provider.call({ data });
            };
            const bySchema = succeeds(() => validateParameters(name, values));
            return [
              bySchema,
              await call().then(
                () => true,
                () => false,
              ),
            ];
          };
          for (const value of [rule.min - 1n, rule.min, rule.max, rule.max + 1n].filter((each) => each >= 0n)) {
            const [bySchema, byConstructor] = await accepts(value);
            // The least time of silence is the consensus's rule, not the election's.
            if (field === "opensAfter" && value < rule.min) expect(bySchema).to.equal(false);
            else expect(bySchema, `${field} = ${value}`).to.equal(byConstructor);
          }
        });
      }
    }
  });

  describe("on a chain", () => {
    let connection: NetworkConnection;
    let deployment: Deployment;

    before(async () => {
      connection = await network.create();
      deployment = await deploySystem(connection, "ProofOfEfficiency", { election: "SlotAuction" });
    });

    after(() => connection.close());

    const findings = async (changed: Partial<Deployment> = {}) => {
      const keys = await prepareAll("development");
      const { findings: all } = await checkDeployment(connection.ethers.provider, { ...deployment, ...changed }, keys);
      return all;
    };
    const differences = async (changed: Partial<Deployment>): Promise<string[]> =>
      (await findings(changed)).filter(({ expected, actual }) => expected !== actual).map(({ what }) => what);

    it("are deployed before their consensus, which binds them", async () => {
      const { ethers } = connection;
      const consensus = await ethers.getContractAt("ProofOfEfficiency", deployment.consensus.ProofOfEfficiency ?? "");
      const election = await ethers.getContractAt("SlotAuction", deployment.elections["SlotAuction"] ?? "");
      expect(await consensus.SELECTOR()).to.equal(await election.getAddress());
      expect(await election.binder()).to.equal(await consensus.getAddress());
      expect(await election.MIN_BID()).to.equal(deployment.parameters.SlotAuction?.["minBid"]);
      expect((await consensus.roleTerms(0)).opensAfter).to.equal(deployment.parameters.SlotAuction?.["opensAfter"]);
    });

    it("are as the parameters say, with every immutable and the binder", async () => {
      const all = await findings();
      expect(all.filter(({ expected, actual }) => expected !== actual)).to.deep.equal([]);
      const checked = all.filter(({ contract }) => contract === "SlotAuction").map(({ what }) => what);
      expect(checked).to.include.members(["MIN_BID", "SLOT_BLOCKS", "OPENS_AFTER", "TOKEN", "binder", "consensus"]);
    });

    it("differ if a parameter does", async () => {
      const { SlotAuction } = deployment.parameters;
      const parameters = { ...deployment.parameters, SlotAuction: { ...SlotAuction, minBid: 7n } };
      expect(await differences({ parameters })).to.deep.equal(["MIN_BID"]);
    });

    it("are not taken for an address without code", async () => {
      const elections = { SlotAuction: ZeroAddress };
      await findings({ elections }).then(
        () => expect.fail("an address without code was accepted"),
        (error: unknown) => expect(error).to.have.property("code", "CODE_DIFFERS"),
      );
    });
  });
});

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
