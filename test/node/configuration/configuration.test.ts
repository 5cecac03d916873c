// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { isProtocolError } from "../../../src/errors.ts";
import {
  describeOptions,
  OPTIONS,
  readConfiguration,
  variableOf,
  type Sources,
} from "../../../src/node/configuration/index.ts";
import { expectError } from "../../helpers/expectError.ts";

const ROLLUP = `0x${"ab".repeat(20)}`;
const FLAGS = { "data-dir": "data", l1: "http://127.0.0.1:8545", rollup: ROLLUP };

const read = (changes: Partial<Sources> = {}) =>
  readConfiguration({ environment: {}, ...changes, flags: { ...FLAGS, ...changes.flags } });

const faultsOf = (changes: Partial<Sources>): readonly string[] =>
  expectError(() => read(changes), "BAD_CONFIGURATION").data.faults;

describe("The configuration of a node", () => {
  it("has defaults for all but the folder, the endpoint and the rollup", () => {
    const configuration = read();
    expect(configuration).to.include({
      dataDir: "data",
      rollup: ROLLUP,
      sequencer: false,
      apiHost: "127.0.0.1",
      log: "warn",
    });
    expect(configuration.l1).to.deep.equal(["http://127.0.0.1:8545"]);
    const several = ["http://a", "https://b/c"];
    for (const l1 of ["http://a,https://b/c", "http://a, https://b/c"]) {
      expect(read({ flags: { l1 } }).l1).to.deep.equal(several);
    }
    const file = readConfiguration({ flags: { ...FLAGS, l1: undefined }, environment: {}, file: { l1: several } });
    expect(file.l1).to.deep.equal(several);
    const missing = expectError(() => readConfiguration({ flags: {}, environment: {} }), "BAD_CONFIGURATION");
    expect(missing.data.faults).to.deep.equal(["--data-dir is missing", "--l1 is missing", "--rollup is missing"]);
  });

  it("is taken from the flags, then the environment, then the file", () => {
    const file = { apiPort: 1, maxAge: 2, poolTotal: 3 };
    const environment = { [variableOf("api-port")]: "4", [variableOf("max-age")]: "5" };
    expect(read({ flags: { "api-port": "6" }, environment, file })).to.include({ apiPort: 6, maxAge: 5, poolTotal: 3 });
  });

  it("may be in a file alone", () => {
    const file = {
      ...{ dataDir: "data", l1: "https://a.example/key", rollup: ROLLUP },
      ...{ sequencer: true, feeAccount: 7, maxLoss: "0.25", minValue: 150 },
    };
    expect(readConfiguration({ flags: {}, environment: {}, file })).to.include({
      ...{ sequencer: true, feeAccount: 7, maxLoss: 250_000_000_000_000_000n, minValue: 150 },
    });
  });

  it("reads amounts with decimals, exactly", () => {
    const flags = { "max-fee": "0.000000000000000001", "max-gas-price": "12.000000001", "max-loss": "3" };
    expect(read({ flags })).to.include({ maxFee: 1n, maxGasPrice: 12_000_000_001n, maxLoss: 3n * 10n ** 18n });
    for (const amount of ["1.", ".5", "-1", "1e3", "0x1", "0.0000000001", "9".repeat(28)]) {
      expect(faultsOf({ flags: { "max-gas-price": amount } }), amount).to.have.length(1);
    }
  });

  it("says each fault in one sentence, with the place of the value", () => {
    const faults = faultsOf({
      flags: { rollup: "0x12", l1: "ftp://a.example", "api-port": "70000", log: "loud" },
      environment: { NODE_MAX_AGE: "-1", NODE_MAX_FEE: "lots" },
      file: { poolTotal: 0, sequencer: "yes", "max-age": 1 },
    });
    expect(faults).to.deep.equal([
      'the configuration file: there is no option "max-age"',
      "--l1 ftp://a.example: must be a URL that begins with http:// or https://, or several with commas between them",
      "--rollup 0x12: must be an address, 0x and 40 hexadecimal digits",
      "sequencer of the configuration file yes: must be true or false",
      "NODE_MAX_FEE of the environment lots: must be an amount of ETH, as in 0.05",
      "NODE_MAX_AGE of the environment -1: must be a whole number from 0 to 31536000",
      "poolTotal of the configuration file 0: must be a whole number from 1 to 1000000",
      "--api-port 70000: must be a whole number from 0 to 65535",
      "--log loud: must be one of silent, error, warn, info, debug, trace",
    ]);
  });

  it("is refused if options do not fit together", () => {
    expect(faultsOf({ flags: { sequencer: true } })).to.deep.equal([
      "--sequencer needs --fee-account, the L2 account that gets the tips",
    ]);
    expect(faultsOf({ flags: { keystore: "key.json" } })).to.deep.equal([
      "--keystore is of no use without --sequencer, --aggregator, --boot, --deliver, --proposer, --prover or --builder",
    ]);
    expect(faultsOf({ flags: { prover: true } })).to.deep.equal(["--prover needs --ticket, the id of its ticket"]);
    expect(faultsOf({ flags: { ticket: "1", join: true } })).to.deep.equal([
      "--ticket is of no use without --prover",
      "--join is of no use without --prover",
    ]);
    expect(faultsOf({ flags: { proposer: true, boot: true } })).to.deep.equal([
      "--proposer, --prover and --builder are roles of B52, and --sequencer, --aggregator and --boot of Proof of Efficiency",
    ]);
    expect(faultsOf({ flags: { builder: true } })).to.deep.equal([
      "--builder needs --escrow, the address of the escrow",
      "--builder needs --fee-account, the L2 account that gets the tips",
    ]);
    const escrow = `0x${"ab".repeat(20)}`;
    const builder = { builder: true, escrow, "fee-account": "1" };
    expect(read({ flags: builder })).to.include({ escrow, payPercent: 50, escrowFunds: undefined });
    expect(faultsOf({ flags: { ...builder, proposer: true } })).to.deep.equal([
      "--builder and --proposer need two nodes, with two keys: a proposer orders blocks of its own",
    ]);
    expect(faultsOf({ flags: { escrow } })).to.deep.equal([
      "--escrow is of no use without --builder, --proposer or a network",
    ]);
    for (const use of [{ proposer: true }, { "p2p-listen": "/ip4/127.0.0.1/tcp/9252" }]) {
      expect(read({ flags: { escrow, ...use } }).escrow).to.equal(escrow);
    }
    expect(faultsOf({ flags: { proposer: true, private: true } })).to.deep.equal([
      "--private is of no use without --builder",
    ]);
    expect(faultsOf({ flags: { prover: true, ticket: "248" } })).to.have.length(1);
    const proven = { "proven-leaves": "1", sequencer: true, "fee-account": "1" };
    expect(faultsOf({ flags: proven })).to.deep.equal([
      "--proven-leaves needs --sequencer, and --aggregator or --boot",
    ]);
    expect(read({ flags: { ...proven, boot: true } }).provenLeaves).to.equal(1);
    const peer = "/ip4/127.0.0.1/tcp/9252";
    expect(faultsOf({ flags: { boot: true, "p2p-listen": peer } })).to.deep.equal([
      "--p2p-listen, --p2p-peers and --p2p-bootstrap are of B52; a node of Proof of Efficiency needs no peers",
    ]);
    expect(faultsOf({ flags: { "p2p-announce": peer, "p2p-bootstrap": `${peer},${peer}/p2p/abc` } })).to.deep.equal([
      "--p2p-announce is of no use without --p2p-listen",
      `--p2p-bootstrap ${peer}: must end with /p2p/ and the id of the peer`,
    ]);
    for (const address of ["", "127.0.0.1:9252", "/ip4/127.0.0.1/udp/9252", `${peer}/p2p/0O`, `${peer},`]) {
      expect(faultsOf({ flags: { "p2p-peers": address } }), address).to.have.length(1);
    }
    expect(read({ file: { p2pPeers: [peer, "/dns4/b52.example/tcp/1/p2p/abc"] } }).p2pPeers).to.have.length(2);
    expect(faultsOf({ file: [] })).to.deep.equal(["the configuration file: must have one JSON object"]);
  });

  it("of any JSON and any text is read, or refused with sentences", () => {
    let refused = 0;
    const names = Object.keys(OPTIONS);
    const environment = fc.dictionary(fc.constantFrom(...names.map(variableOf)), fc.string());
    const flags = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.boolean()));
    fc.assert(
      fc.property(flags, environment, fc.jsonValue(), (given, variables, file) => {
        try {
          readConfiguration({ flags: given, environment: variables, file });
        } catch (error) {
          if (!isProtocolError(error, "BAD_CONFIGURATION")) throw error;
          refused += 1;
          for (const fault of error.data.faults) expect(fault).to.match(/^[^\n]{5,200}$/u);
        }
      }),
      { seed: Number(process.env["SEED"] ?? 20), numRuns: 500 },
    );
    expect(refused).to.be.greaterThan(400);
  });

  it("is complete in --help", () => {
    const help = describeOptions();
    for (const name of Object.keys(OPTIONS)) expect(help).to.include(`  --${name} `);
    expect(help).to.include("Default: 0.1\n").and.include("Default: 127.0.0.1");
    // Of tokens and of gwei.
    expect(help).to.include("bids for a block. Default: 10\n").and.include("second of proving. Default: 1\n");
    for (const line of help.split("\n")) expect(line.length, line).to.be.at.most(130);
  });
});
