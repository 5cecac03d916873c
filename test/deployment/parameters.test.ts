// SPDX-License-Identifier: MIT
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect } from "chai";
import { AbiCoder, dataLength, dataSlice, ZeroAddress, type Interface } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { readCompiled } from "../../tools/deployment/bytecode.ts";
import { deploySystem, type Deployment } from "../../tools/deployment/ignition.ts";
import { MODULES_OF, readParameters, SYSTEMS } from "../../tools/deployment/parameters.ts";
import { SCHEMA, validateParameters, type ParameterValue } from "../../src/deployment/schema.ts";
import { inWords } from "../../tools/docs/parameterTables.ts";
import { CodedError } from "../../src/errors.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { constructs } from "../helpers/constructs.ts";

type Values = Record<string, ParameterValue>;
type Consensus = "ProofOfEfficiency" | "B52";

const FOLDER = join(PROJECT_ROOT, "deploy", "parameters");
/** Parameters that the modules fill in themselves. */
const CONTRACTS = ["enforcementVerifier", "token", "verifier"];

describe("Parameters of a deployment", () => {
  for (const file of readdirSync(FOLDER)) {
    for (const system of SYSTEMS) {
      it(`${file} is good for ${system}`, () => {
        expect(readParameters(system, { parameters: join(FOLDER, file) })).to.have.property("Shared");
      });
    }
  }

  it("are all explained in the documentation, each with its range, its effect and a reason", () => {
    const documentation = readFileSync(join(PROJECT_ROOT, "docs", "parameters.md"), "utf8");
    const items = documentation.split(/\n(?=- |\n)/).filter((item) => item.startsWith("- **`"));
    const unexplained = MODULES_OF.Pair.flatMap((module) => Object.keys(SCHEMA[module])).filter(
      (name) => !items.some((item) => item.split("**")[1]!.includes(`\`${name}\``) && item.length > 60),
    );
    expect(unexplained).to.deep.equal([]);
  });

  it("are shown to people with their units", () => {
    expect(inWords("B52", "stake", 15n * 10n ** 17n)).to.equal("1.5 SEQ");
    expect(inWords("B52", "tokenFee", 10n ** 13n)).to.equal("0.00001 ETH");
    expect(inWords("B52", "slashRate", 525n)).to.equal("5.25 %");
    expect(inWords("B52", "exitDelay", 86_400n)).to.equal("86,400 s");
    expect(inWords("B52", "minSlope", 10n ** 17n)).to.equal("0.1");
    expect(inWords("B52", "fairPay", false)).to.equal("no");
    expect(inWords("ProofOfEfficiency", "selector", ZeroAddress)).to.equal("zero");
    expect(inWords("Shared", "tokenHolder", undefined)).to.equal("–");
  });

  it("are replaced by overrides in every module that has them", () => {
    const { ProofOfEfficiency, B52 } = readParameters("Pair", { overrides: { tokenFee: 5, stake: "7n" } });
    expect([ProofOfEfficiency?.["tokenFee"], B52?.["tokenFee"], B52?.["stake"]]).to.deep.equal([5n, 5n, 7n]);
  });

  describe("errors name parameter, value and limit", () => {
    const poe = (): Values => ({ ...readParameters("ProofOfEfficiency").ProofOfEfficiency });
    const b52 = (): Values => ({ ...readParameters("B52").B52 });
    const shared = (): Values => ({ ...readParameters("B52").Shared });
    const rows: readonly [string, () => unknown, string, string][] = [
      [
        "an unknown one",
        () => validateParameters("ProofOfEfficiency", { ...poe(), minfee: 5 }),
        "UNKNOWN_PARAMETER",
        "ProofOfEfficiency.minfee = 5: there are tokenFee,",
      ],
      [
        "a missing one",
        () => {
          const { stake: _, ...rest } = b52();
          return validateParameters("B52", rest);
        },
        "MISSING_PARAMETER",
        "B52.stake is missing; it must be an integer from 1 to 79228162514264337593543950335 (token)",
      ],
      ...(
        [
          ["minFee", 999_999_999, "= 999999999: must be an integer from 1000000000 to 7922"],
          ["minFee", "5", '= "5": must be an integer'],
          ["minFee", 0.5, "= 0.5: must be an integer"],
          ["minFee", 2 ** 53, "= 9007199254740992: must be an integer"],
          ["minFee", null, "= null: must be an integer"],
          ["minFee", "-5n", '= "-5n": must be an integer'],
          ["selector", "0x12", '= "0x12": must be an address'],
          ["selector", "0xABcdefABcdEFaBcdEFabcdefAbCdefabcdEFABCD", "must be an address"],
          ["maxFee", 10n ** 16n - 1n, "= 9999999999999999: must be at least minFee"],
          ["initialFee", 10n ** 21n + 1n, "= 1000000000000000000001: must be from minFee to maxFee"],
          ["escapeDelay", 86_400, "= 86400: must be above forcedDeadline"],
          ["escapeDelay", 93_599, "= 93599: must be at least forcedDeadline + 2 targetTime + doublingTime"],
          ["halvingTime", 3_599, "= 3599: must be at least doublingTime"],
          ["maxPendingLeaves", 15, "= 15: must be at least maxLeavesPerBatch"],
        ] as const
      ).map(([name, value, message]): (typeof rows)[number] => [
        `${name} = ${String(value)}`,
        () => validateParameters("ProofOfEfficiency", { ...poe(), [name]: value }),
        "BAD_PARAMETER",
        message.startsWith("=") ? `ProofOfEfficiency.${name} ${message}` : message,
      ]),
      ...(
        [
          ["pipelined", 1, "= 1: must be true or false"],
          ["maxLeaves", 16, "= 16: must be one of 2, 4, 8 (leaves)"],
          ["forcedDeadline", 1_199, "= 1199: must be at least proposalWindow + proofWindow"],
          ["escapeDelay", 89_999, "= 89999: must be at least forcedDeadline + 3 (proposalWindow + proofWindow)"],
          ["exitDelay", 9_599, "= 9599: must be at least 2 (proposalWindow + proofWindow + defenceWindow)"],
          ["maxSlope", 10n ** 17n - 1n, "= 99999999999999999: must be at least minSlope"],
          ["maxSlashRate", 499, "= 499: must be at least slashRate"],
          ["electedTickets", 248, "= 248: must be an integer from 0 to 247 (tickets)"],
          [
            "seedRounds",
            2,
            "= 2: must be 0 if electedTickets is 0, else at least 2, and 1536 / (proposalWindow + proofWindow) pairs of rounds",
          ],
        ] as const
      ).map(([name, value, message]): (typeof rows)[number] => [
        `${name} = ${value}`,
        () => validateParameters("B52", { ...b52(), [name]: value }),
        "BAD_PARAMETER",
        `B52.${name} ${message}`,
      ]),
      // The windows of local.json are 600 seconds each: a pair of rounds is 1200 seconds, two pairs are enough.
      ...[0, 1, 2, 3].map((seedRounds): (typeof rows)[number] => [
        `a draw with groups of ${seedRounds} rounds`,
        () => validateParameters("B52", { ...b52(), electedTickets: 15, seedRounds }),
        "BAD_PARAMETER",
        `B52.seedRounds = ${seedRounds}: must be 0 if electedTickets is 0, else at least 2, and 1536 / (proposalWindow + proofWindow) pairs of rounds`,
      ]),
      [
        "windows that overlap too much",
        () => validateParameters("B52", { ...b52(), pipelined: true, proposalWindow: 599 }),
        "BAD_PARAMETER",
        "B52.proposalWindow = 599: must be at least proofWindow if pipelined",
      ],
      [
        "a long name",
        () => validateParameters("Shared", { ...shared(), tokenName: "é".repeat(16) }),
        "BAD_PARAMETER",
        `Shared.tokenName = "${"é".repeat(16)}": must be a text of 1 to 31 bytes`,
      ],
      [
        "nobody as the holder",
        () => validateParameters("Shared", { ...shared(), tokenHolder: `0x${"0".repeat(40)}` }),
        "BAD_PARAMETER",
        "must be an address other than zero",
      ],
      [
        "an override of nothing",
        () => readParameters("ProofOfEfficiency", { overrides: { stake: 1 } }),
        "UNKNOWN_PARAMETER",
        "no module of ProofOfEfficiency has a parameter stake",
      ],
      ["no file", () => readParameters("B52", { parameters: "nowhere" }), "BAD_PARAMETERS_FILE", "nowhere.json"],
      ["no JSON", () => readParameters("B52", { parameters: written("{") }), "BAD_PARAMETERS_FILE", "JSON"],
      ["a list", () => readParameters("B52", { parameters: written("[]") }), "BAD_PARAMETERS_FILE", "not an object"],
      [
        "an unknown section",
        () => readParameters("B52", { parameters: written('{"B53":{}}') }),
        "BAD_PARAMETERS_FILE",
        "has sections B53; there are Shared, ProofOfEfficiency, B52",
      ],
      [
        "a missing section",
        () => readParameters("B52", { parameters: written('{"B52":{}}') }),
        "BAD_PARAMETERS_FILE",
        "has no section Shared",
      ],
    ];
    for (const [what, action, code, message] of rows) {
      it(what, () => {
        expect(action)
          .to.throw(CodedError)
          .that.satisfies((error: { readonly code: string; readonly message: string }) => {
            expect(error.code).to.equal(code);
            expect(error.message).to.include(message);
            return true;
          });
      });
    }
  });
});

/** The path of a file with this content. */
function written(content: string): string {
  const path = join(BUILD, "test", `parameters-${process.pid}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe("Parameters: the schema against the constructors", () => {
  let connection: NetworkConnection;
  let deployment: Deployment;

  before(async () => {
    connection = await network.create();
    deployment = await deploySystem(connection, "Pair");
  });

  for (const consensus of ["ProofOfEfficiency", "B52"] as const) {
    describe(consensus, () => {
      it("has the names of the constructor's structs", async () => {
        const { inputs } = await constructorOf(consensus);
        const names = inputs.flatMap(({ components }) => (components ?? []).map(({ name }) => name));
        const asked = [...new Set(names)].filter((name) => !CONTRACTS.includes(name)).sort();
        expect(Object.keys(SCHEMA[consensus]).sort()).to.deep.equal(asked);
      });

      for (const name of Object.keys(SCHEMA[consensus])) {
        it(`${name}: both accept the same values`, async () => {
          const { head, inputs, given } = await constructorOf(consensus);
          const rule = SCHEMA[consensus][name];
          const type = inputs.flatMap(({ components }) => components ?? []).find((field) => field.name === name)?.type;
          const counts = [0, 0];
          const deployed = deployment.parameters[consensus] ?? {};
          for (const base of [deployed, { ...deployed, ...LOOSE }]) {
            const known = Object.fromEntries(Object.entries(base).filter(([key]) => key in SCHEMA[consensus]));
            const loose = name in LOOSE ? [LOOSE[name as keyof typeof LOOSE]] : [];
            for (const value of [...candidates(rule, type ?? ""), ...loose]) {
              // Whether there is a contract, and on which terms, only a chain knows (`Selector.t.sol`).
              if (name === "selector" && value !== ZeroAddress) continue;
              const values = { ...known, [name]: value };
              const bySchema = accepts(() => validateParameters(consensus, values));
              const encode = (): string =>
                AbiCoder.defaultAbiCoder().encode(
                  inputs,
                  given.map((argument) => (typeof argument === "string" ? argument : { ...argument, ...values })),
                );
              const byConstructor = accepts(encode) && (await constructs(connection, head, encode()));
              expect(bySchema, `${name} = ${String(value)}`).to.equal(byConstructor);
              counts[bySchema ? 1 : 0] = (counts[bySchema ? 1 : 0] ?? 0) + 1;
            }
          }
          expect(counts[1]).to.be.at.least(1);
          if (type?.startsWith("uint") === true) expect(counts[0]).to.be.at.least(1);
        });
      }
    });
  }

  /** Code and arguments of the transaction that deployed a consensus. */
  async function constructorOf(consensus: Consensus): Promise<{
    readonly head: string;
    readonly inputs: Interface["deploy"]["inputs"];
    readonly given: readonly (Values | string)[];
  }> {
    const { ethers } = connection;
    const address = deployment.consensus[consensus] ?? "";
    const contract = await ethers.getContractAt(consensus, address);
    const logs = await ethers.provider.getLogs({ address, fromBlock: 0, toBlock: "latest" });
    const transaction = await ethers.provider.getTransaction(logs[0]?.transactionHash ?? "");
    const size = dataLength((await readCompiled(consensus)).creation.code);
    const { inputs } = contract.interface.deploy;
    const given = AbiCoder.defaultAbiCoder().decode(inputs, dataSlice(transaction?.data ?? "0x", size));
    return {
      head: dataSlice(transaction?.data ?? "0x", 0, size),
      inputs,
      // Structs of parameters, and the hash of the core's code, which is no parameter.
      given: given.map((argument: { toObject(): Values } | string) =>
        typeof argument === "string" ? argument : argument.toObject(),
      ),
    };
  }
});

/** Values that leave every other one as much room as they can. */
const LOOSE = {
  forcedDeadline: 2n ** 31n,
  escapeDelay: 2n ** 32n - 1n,
  halvingTime: 30n * 86_400n,
  maxPendingLeaves: 2n ** 16n - 1n,
  exitDelay: 2n ** 32n - 1n,
  minFee: 10n ** 9n,
  maxFee: 2n ** 96n - 1n,
  minSlope: 10n ** 9n,
  maxSlope: 2n ** 64n - 1n,
  slashRate: 1n,
  maxSlashRate: 10_000n,
};

/** Both sides of the schema's limits and of the type's. */
function candidates(rule: (typeof SCHEMA)["B52"][string] | undefined, type: string): ParameterValue[] {
  if (type === "bool") return [true, false];
  if (type === "address") return [`0x${"0".repeat(40)}`, `0x${"11".repeat(20)}`];
  const size = 2n ** BigInt(type.slice("uint".length));
  const edges = [0n, size - 1n];
  if (rule?.kind === "integer") edges.push(rule.min, rule.max);
  if (rule?.kind === "choice") edges.push(...rule.choices, 16n);
  return [...new Set(edges.flatMap((edge) => [edge - 1n, edge, edge + 1n]))].filter((value) => value >= 0n);
}

function accepts(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
