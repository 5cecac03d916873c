// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, Interface, ZeroAddress } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  deployProofOfEfficiency,
  ELECTION_NAMES,
  electionArguments,
  officeOf,
  readElections,
  requireTimeForElections,
  SCHEMA,
  validateParameters,
  type ElectionName,
  type ParameterValue,
} from "../../src/deployment/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { readCompiled } from "../../tools/deployment/bytecode.ts";
import { checkDeployment, type Finding } from "../../tools/deployment/check.ts";
import { deploySystem, type Deployment } from "../../tools/deployment/ignition.ts";
import { readParameters } from "../../tools/deployment/parameters.ts";
import { constructs } from "../helpers/constructs.ts";

type Values = Record<string, ParameterValue>;

/** A slasher is chosen with an election of stakes. */
const choiceOf = (name: ElectionName): string => (officeOf(name) === "slasher" ? `StakeRotation/${name}` : name);
/** In place of the native token: an address with code. */
const TOKEN = `0x${"11".repeat(20)}`;

const valuesOf = (name: ElectionName): Values => ({
  ...readParameters("ProofOfEfficiency", { election: choiceOf(name) })[name],
});

describe("Elections in a deployment", () => {
  it("are the ten of the design", () => {
    expect([...ELECTION_NAMES].sort()).to.deep.equal([
      ...["Authority", "DelegatedStake", "GovernedSlashing", "MultiWinnerAuction", "OutsourcedProving"],
      ...["PerformanceRotation", "ProposerSale", "RandomPriority", "SlotAuction", "StakeRotation"],
    ]);
  });

  it("are chosen by the name of their contract", () => {
    expect(readElections(undefined)).to.deep.equal([]);
    expect(readElections("")).to.deep.equal([]);
    for (const name of ELECTION_NAMES.filter((each) => officeOf(each) !== "slasher")) {
      expect(readElections(name)).to.deep.equal([name]);
    }
    expect(readElections("Authority+OutsourcedProving")).to.deep.equal(["Authority", "OutsourcedProving"]);
  });

  it("of stakes come after the contract that decides on their slashes", () => {
    for (const name of ["StakeRotation", "DelegatedStake", "ProposerSale"] as const) {
      expect(readElections(`${name}/GovernedSlashing`)).to.deep.equal(["GovernedSlashing", name]);
    }
    expect(readElections("DelegatedStake/GovernedSlashing+RandomPriority")).to.deep.equal([
      ...["GovernedSlashing", "DelegatedStake", "RandomPriority"],
    ]);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["slotAuction", "must be one of the elections of sequencers (SlotAuction"],
    ["SlotAuction+", "must be one of the elections of sequencers (SlotAuction"],
    ["+", "must be one of the elections of sequencers (SlotAuction"],
    ["SlotAuction+SlotAuction", "must be one election, or one of each role, as one of the elections of sequencers"],
    [
      "OutsourcedProving+SlotAuction",
      "must be one election, or one of each role, as one of the elections of sequencers",
    ],
    ["SlotAuction+Authority+OutsourcedProving", "must be one election, or one of each role, as one of the elections"],
    ["SlotAuction,Authority", "must be one of the elections of sequencers (SlotAuction"],
    ["toString", "must be one of the elections of sequencers (SlotAuction"],
    ["GovernedSlashing", "GovernedSlashing elects nobody. It comes after the election of its stakes: StakeRotation/"],
    ["GovernedSlashing/StakeRotation", "GovernedSlashing elects nobody"],
    ["StakeRotation+GovernedSlashing", "GovernedSlashing elects nobody"],
    ["StakeRotation/", "after a slash there must be one of GovernedSlashing"],
    ["StakeRotation/Authority", "after a slash there must be one of GovernedSlashing"],
    ["StakeRotation/GovernedSlashing/GovernedSlashing", "must be one of the elections of sequencers (SlotAuction"],
    ["SlotAuction/GovernedSlashing", "SlotAuction has no stakes that GovernedSlashing can slash: StakeRotation/"],
    ["PerformanceRotation/GovernedSlashing", "PerformanceRotation has no stakes that GovernedSlashing can slash"],
    ["OutsourcedProving/GovernedSlashing", "OutsourcedProving has no stakes that GovernedSlashing can slash"],
  ];
  for (const [given, message] of wrong) {
    it(`rejects the choice ${given}, and says what fits`, () => {
      const error = errorOf(() => readElections(given));
      expect(error.code).to.equal("UNKNOWN_ELECTION");
      expect(error.message.startsWith(`${given}: ${message}`), error.message).to.equal(true);
    });
  }

  it("with a slasher keep stakes until the last second of a slash", () => {
    const { ProofOfEfficiency: poe } = readParameters("ProofOfEfficiency");
    const terms = valuesOf("GovernedSlashing");
    // 7 days to detect, 4 to vote, 7 of the escape delay, 2 of notice, and 3 to execute: 23 days.
    const clock = { slotBlocks: 50n, epochSlots: 32n };
    const seats = { ...valuesOf("StakeRotation"), ...clock };
    const least = (23n * 86_400n + 19_199n) / 19_200n + 1n;
    const check = (slashing: Values, rotation: Values): void => {
      requireTimeForElections(poe!, [
        ["GovernedSlashing", slashing],
        ["StakeRotation", rotation],
      ]);
    };
    check(terms, { ...seats, exitEpochs: least });
    const early = errorOf(() => {
      check(terms, { ...seats, exitEpochs: least - 1n });
    });
    expect(early.code).to.equal("BAD_PARAMETER");
    expect(early.message).to.match(
      new RegExp(`^StakeRotation.exitEpochs = ${least - 1n}: must be at least ${least}, `, "u"),
    );
    const short = errorOf(() => {
      check({ ...terms, votingTime: 28_799n }, { ...seats, exitEpochs: least });
    });
    expect(short.message).to.match(/^GovernedSlashing.votingTime = 28799: must be at least 28800, /u);
  });

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
        expect(names.filter((field) => field !== "token" && field !== "slasher").sort()).to.deep.equal(
          Object.keys(SCHEMA[name]).sort(),
        );
      });

      for (const field of Object.keys(SCHEMA[name])) {
        it(`${name}.${field}: the constructor accepts as much as the schema, and neither one more or less`, async () => {
          const rule = SCHEMA[name][field];
          if (rule?.kind !== "integer") return;
          const { abi, creation } = await readCompiled(name);
          const { inputs } = new Interface(abi).deploy;
          const accepts = async (value: bigint): Promise<readonly [boolean, boolean]> => {
            const values: Values = { ...valuesOf(name), [field]: value };
            const links: Values = { token: TOKEN, slasher: ZeroAddress };
            const encode = (): string =>
              AbiCoder.defaultAbiCoder().encode(
                inputs,
                electionArguments(inputs, (of) => links[of] ?? values[of]),
              );
            const bySchema = succeeds(() => validateParameters(name, values));
            return [bySchema, succeeds(encode) && (await constructs(connection, creation.code, encode()))];
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

  const PAIR = "StakeRotation/GovernedSlashing+OutsourcedProving";

  for (const name of ELECTION_NAMES.filter((each) => !readElections(PAIR).includes(each))) {
    it(`${name} is deployed and read back, with every immutable and link`, async () => {
      const connection = await network.create();
      try {
        await expectAsDeployed(
          connection,
          name,
          await deploySystem(connection, "ProofOfEfficiency", { election: name }),
        );
      } finally {
        await connection.close();
      }
    });
  }

  describe("on a chain", () => {
    let connection: NetworkConnection;
    let deployment: Deployment;

    before(async () => {
      connection = await network.create();
      deployment = await deploySystem(connection, "ProofOfEfficiency", { election: PAIR });
    });

    after(() => connection.close());

    const differences = async (changed: Partial<Deployment>): Promise<string[]> =>
      (await findingsOf(connection, { ...deployment, ...changed }))
        .filter(({ expected, actual }) => expected !== actual)
        .map(({ contract, what }) => `${contract}: ${what}`);

    it(`${PAIR} is deployed and read back, with every immutable and link`, async () => {
      await expectAsDeployed(connection, PAIR, deployment);
      const all = await findingsOf(connection, deployment);
      const checked = all.filter(({ contract }) => contract === "PairedElection").map(({ what }) => what);
      expect(checked).to.include.members(["SEQUENCERS", "AGGREGATORS", "binder"]);
    });

    it("are deployed before their consensus, which binds them", async () => {
      const { ethers } = connection;
      const at = (name: string): string => deployment.elections[name] ?? "";
      const consensus = await ethers.getContractAt("ProofOfEfficiency", deployment.consensus.ProofOfEfficiency ?? "");
      const pair = await ethers.getContractAt("PairedElection", at("PairedElection"));
      const rotation = await ethers.getContractAt("StakeRotation", at("StakeRotation"));
      const slashing = await ethers.getContractAt("GovernedSlashing", at("GovernedSlashing"));
      expect(await consensus.SELECTOR()).to.equal(at("PairedElection"));
      expect(await pair.binder()).to.equal(await consensus.getAddress());
      expect(await rotation.binder()).to.equal(at("PairedElection"));
      expect(await rotation.SLASHER()).to.equal(at("GovernedSlashing"));
      expect(await slashing.stakes()).to.equal(at("StakeRotation"));
      expect(await slashing.MAX_RATE()).to.equal(deployment.parameters.GovernedSlashing?.["maxRate"]);
      expect((await consensus.termsOf(0)).opensAfter).to.equal(deployment.parameters.StakeRotation?.["opensAfter"]);
      expect(await rotation.exitTime()).to.be.at.least(await slashing.neededExitTime());
    });

    it("are deployed by the library in the same way", async () => {
      const { ethers } = connection;
      const [signer] = await ethers.getSigners();
      const { elections, consensus } = await deployProofOfEfficiency(signer!, { election: PAIR });
      expect(Object.keys(elections ?? {})).to.deep.equal([...readElections(PAIR)]);
      const rotation = await ethers.getContractAt("StakeRotation", elections?.["StakeRotation"] ?? "");
      expect(await rotation.SLASHER()).to.equal(elections?.["GovernedSlashing"]);
      expect(await rotation.consensus()).to.equal(consensus);
      const selector = await (await ethers.getContractAt("ProofOfEfficiency", consensus)).SELECTOR();
      expect(await rotation.binder()).to.equal(selector);
      const pair = await ethers.getContractAt("PairedElection", selector);
      expect(await pair.AGGREGATORS()).to.equal(elections?.["OutsourcedProving"]);
    });

    it("differ if a parameter does", async () => {
      const { StakeRotation, GovernedSlashing } = deployment.parameters;
      const parameters = {
        ...deployment.parameters,
        StakeRotation: { ...StakeRotation, exitEpochs: 500n },
        GovernedSlashing: { ...GovernedSlashing, maxRate: 7n },
      };
      expect(await differences({ parameters })).to.deep.equal([
        "GovernedSlashing: MAX_RATE",
        "StakeRotation: EXIT_EPOCHS",
      ]);
    });

    it("differ if the slasher is another one", async () => {
      const { ethers } = connection;
      const { GovernedSlashing: values } = deployment.parameters;
      const other = await ethers.deployContract("GovernedSlashing", [values]);
      const elections = { ...deployment.elections, GovernedSlashing: await other.getAddress() };
      expect(await differences({ elections })).to.deep.equal(["GovernedSlashing: stakes", "StakeRotation: SLASHER"]);
    });

    it("are not taken for an address without code", async () => {
      await findingsOf(connection, { ...deployment, elections: { StakeRotation: ZeroAddress } }).then(
        () => expect.fail("an address without code was accepted"),
        (error: unknown) => expect(error).to.have.property("code", "CODE_DIFFERS"),
      );
    });
  });
});

/** Half a second of hashing. */
let keys: ReturnType<typeof prepareAll> | undefined;

async function findingsOf(connection: NetworkConnection, deployment: Deployment): Promise<readonly Finding[]> {
  return (await checkDeployment(connection.ethers.provider, deployment, await (keys ??= prepareAll("development"))))
    .findings;
}

async function expectAsDeployed(connection: NetworkConnection, choice: string, deployment: Deployment): Promise<void> {
  const names = Object.keys(deployment.elections).filter((name) => name !== "PairedElection");
  expect(names).to.deep.equal([...readElections(choice)]);
  const all = await findingsOf(connection, deployment);
  expect(all.filter(({ expected, actual }) => expected !== actual)).to.deep.equal([]);
  for (const name of readElections(choice)) {
    const checked = all.filter(({ contract }) => contract === name).map(({ what }) => what);
    const links = officeOf(name) === "slasher" ? ["stakes"] : ["TOKEN", "binder", "consensus"];
    expect(checked, name).to.include.members(links);
  }
}

function errorOf(action: () => unknown): { readonly code: string; readonly message: string } {
  try {
    action();
  } catch (error) {
    return error as { readonly code: string; readonly message: string };
  }
  return expect.fail("nothing was refused");
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
