// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import {
  AbiCoder,
  concat,
  Contract,
  dataLength,
  dataSlice,
  encodeBytes32String,
  getAddress,
  getCreateAddress,
  id,
  Interface,
  keccak256,
  TypedDataEncoder,
  ZeroAddress,
  zeroPadValue,
  type InterfaceAbi,
  type ParamType,
  type Provider,
  type Result,
} from "ethers";

import { findCall, findLog, readLogs } from "../../src/chain/index.ts";
import { roundsKept } from "../../src/b52/index.ts";
import { encodeDomain, SLOT_BYTES } from "../../src/codec/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { ToolError } from "../errors.ts";
import { State } from "../../src/ledger/index.ts";
import { createProfile } from "../../src/profile.ts";
import {
  findCircuit,
  keyLibrary,
  readVerificationKey,
  renderKeyLibrary,
  verifyingKeyWords,
  type CircuitArtifacts,
} from "../../src/setup/index.ts";
import { link, pushedWords, readCode, readCompiled } from "./bytecode.ts";
import {
  electionArguments,
  escrowParametersOf,
  linksOf,
  officeOf,
  readEscrowArguments,
  selectorOf,
  type CoreCode,
  type DeployedEscrow,
  type ElectionName,
  type EscrowParameters,
} from "../../src/deployment/index.ts";
import { coreCode } from "./core.ts";
import type { Deployment } from "./ignition.ts";
import type { Verifier } from "./local.ts";
import type { SystemParameters } from "./parameters.ts";
import type { ParameterValue } from "../../src/deployment/index.ts";

/** One thing that was read back from the chain. It is as it should be if both values are the same. */
export interface Finding {
  readonly contract: string;
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** A contract or library of a deployment, with what it was deployed with. */
export interface DeployedContract {
  readonly name: string;
  readonly address: string;
  /** Arguments of the constructor. */
  readonly args: readonly unknown[];
  /** Addresses by name. */
  readonly libraries: Readonly<Record<string, string>>;
}

export interface Inspection {
  readonly findings: readonly Finding[];
  /** Everything that was found, each once. */
  readonly contracts: readonly DeployedContract[];
}

/** Circuits of a verifier, by their ids. */
const CIRCUITS_OF: Readonly<Record<Verifier, readonly string[]>> = {
  LeafVerifier: ["leaf"],
  RollupVerifier: ["leaf", "merge"],
  DrawnRollupVerifier: ["leaf", "drawnMerge"],
  EnforcementVerifier: ["escape", "migration"],
};

/** In an expectation: an address that is followed, and what is behind it compared. */
const FOLLOWED = Symbol("followed");

/** Immutables of an election that hold block and time of its deployment. */
const BORN: ReadonlySet<string> = new Set(["GENESIS_BLOCK", "GENESIS_TIME"]);

/** Of an exit as L1 is shown it. */
const EXIT_BYTES = 64;
type Expected = ParameterValue | typeof FOLLOWED;

/**
 * Reads a deployment back from the chain: code of every contract and linked library against the compiler's, every
 * immutable and every constructor argument against the parameters, links between contracts, verifying keys against
 * those of the build folder.
 *
 * The journal gives only the addresses of the consensus contracts. The other contracts and libraries are found from
 * there.
 *
 * @param provider an L1 endpoint that has the events since the deployment
 * @param deployment the deployed consensus contracts, with the parameters that they should have
 * @param keys of the build folder
 * @param firstBlock L1 block before which nothing of it was deployed
 * @throws {ToolError} `CODE_DIFFERS` if a contract's code is so different that nothing can be read in it
 */
export async function checkDeployment(
  provider: Provider,
  { parameters, consensus, elections, escrow }: Deployment,
  keys: readonly CircuitArtifacts[],
  firstBlock = 0,
): Promise<Inspection> {
  const check = new Check(provider, (await provider.getNetwork()).chainId, keys, firstBlock);
  const shared = parameters.Shared ?? {};
  const cores: { readonly name: string; readonly core: Core }[] = [];
  if (consensus.ProofOfEfficiency !== undefined) {
    const selector = selectorOf(elections);
    const poe = { ...parameters.ProofOfEfficiency, ...(selector === undefined ? {} : { selector }) };
    const core = await check.proofOfEfficiency(consensus.ProofOfEfficiency, poe, shared);
    cores.push({ name: "ProofOfEfficiency", core });
    await check.elections(elections, parameters, consensus.ProofOfEfficiency, core.token);
  }
  if (consensus.B52 !== undefined) {
    cores.push({ name: "B52", core: await check.b52(consensus.B52, parameters.B52 ?? {}, shared) });
  }
  if (escrow !== undefined && consensus.B52 !== undefined) {
    const b52 = parameters.B52 ?? {};
    const of = (name: string): bigint => integerAt(b52, name);
    const basis = {
      proposalWindow: of("proposalWindow"),
      proofWindow: of("proofWindow"),
      voteDeposit: of("voteDeposit"),
    };
    await check.builderEscrow(escrow, escrowParametersOf(basis), consensus.B52, b52);
    const given = await readEscrowArguments(provider, { consensus: consensus.B52, deploymentBlock: firstBlock });
    const args = [given.consensus, given.core, given.params, given.staking, given.parameters];
    check.contracts.set(escrow, { name: "BuilderEscrow", address: escrow, args, libraries: {} });
  }
  const [first, second] = cores;
  if (first !== undefined && second !== undefined) {
    // Conditions for migrations between two rollups: docs/enforcement.md §5.
    check.compare("Pair", "token of both", first.core.token, second.core.token);
    check.compare("Pair", "verifier of migrations", first.core.enforcement, second.core.enforcement);
    for (const { name, core } of cores) {
      const tokenId = (await check.ask("Rollup", core.rollup, "tokenId", core.token)) as bigint;
      check.compare("Pair", `native token is registered under ${name}`, true, tokenId !== 0n);
    }
  }
  return { findings: check.findings, contracts: [...check.contracts.values()] };
}

/**
 * Reads an escrow of builders back from the chain: its code, and every immutable, against its parameters and those of the
 * B52 that it is for. That B52 is compared by `checkDeployment`.
 *
 * @param b52 parameters of the module B52
 */
export async function checkBuilderEscrow(
  provider: Provider,
  { escrow, parameters }: Pick<DeployedEscrow, "escrow" | "parameters">,
  consensus: string,
  b52: Readonly<Record<string, ParameterValue>>,
): Promise<readonly Finding[]> {
  const check = new Check(provider, (await provider.getNetwork()).chainId, [], 0);
  await check.builderEscrow(escrow, parameters, consensus, b52);
  return check.findings;
}

/** @throws {ToolError} `DEPLOYMENT_DIFFERS`, which names every difference with both values */
export function requireSame(findings: readonly Finding[]): void {
  const differences = findings.filter(({ expected, actual }) => expected !== actual);
  if (differences.length === 0) return;
  throw new ToolError(
    "DEPLOYMENT_DIFFERS",
    { differences },
    differences
      .map(({ contract, what, expected, actual }) => `${contract}: ${what} is ${actual}, and should be ${expected}`)
      .join("\n"),
  );
}

interface Core {
  readonly rollup: string;
  readonly token: string;
  readonly enforcement: string;
}

class Check {
  readonly findings: Finding[] = [];
  readonly #provider: Provider;
  readonly #chainId: bigint;
  readonly #keys: readonly CircuitArtifacts[];
  readonly #firstBlock: number;
  readonly contracts = new Map<string, DeployedContract>();

  constructor(provider: Provider, chainId: bigint, keys: readonly CircuitArtifacts[], firstBlock: number) {
    this.#provider = provider;
    this.#chainId = chainId;
    this.#keys = keys;
    this.#firstBlock = firstBlock;
  }

  async proofOfEfficiency(consensus: string, params: Values, shared: Values): Promise<Core> {
    const name = "ProofOfEfficiency";
    const rollup = getCreateAddress({ from: consensus, nonce: 1 });
    const { enforcement, code } = await this.#core(rollup, consensus, params);
    const selector = String(at(params, "selector"));
    // Terms of a selector are those of its code.
    const terms = (open: ParameterValue): Expected => (selector === ZeroAddress ? open : FOLLOWED);
    const read = await this.#contract(name, consensus, {
      TOKEN: FOLLOWED,
      VERIFIER: FOLLOWED,
      ROLLUP: rollup,
      CORE_HASH: code.hash,
      SELECTOR: selector,
      SEQUENCER_OPENS_AFTER: terms(0n),
      AGGREGATOR_OPENS_AFTER: terms(0n),
      HEARS_OF_BATCHES: terms(false),
      HEARS_OF_PROOFS: terms(false),
      MIN_FEE: at(params, "minFee"),
      MAX_FEE: at(params, "maxFee"),
      LEAF_BOND: at(params, "leafBond"),
      BASE_FEE: at(params, "baseFee"),
      TARGET_TIME: at(params, "targetTime"),
      DOUBLING_TIME: at(params, "doublingTime"),
      MAX_LEAVES_PER_BATCH: at(params, "maxLeavesPerBatch"),
      MAX_LEAVES_LIMIT: this.#maxLeavesLimit,
      HALVING_TIME: at(params, "halvingTime"),
      MAX_PENDING_LEAVES: at(params, "maxPendingLeaves"),
      DOMAIN: encodeDomain({ chainId: this.#chainId, rollup }),
    });
    const [token, verifier] = [addressOf(read, "TOKEN"), addressOf(read, "VERIFIER")];
    const deployer = await this.#creation(name, consensus, rollup, [
      { ...params, enforcementVerifier: enforcement },
      { ...params, token, verifier },
      code.codeHash,
    ]);
    if (selector !== ZeroAddress) {
      this.compare(name, "SELECTOR has code", true, (await this.#provider.getCode(selector)) !== "0x");
    }
    await this.#verifier("LeafVerifier", verifier);
    await this.#token(token, shared, deployer);
    return { rollup, token, enforcement };
  }

  /**
   * Compares elections with their parameters, and whom they answer.
   *
   * @param elections addresses by name
   */
  async elections(
    elections: Readonly<Record<string, string>>,
    parameters: SystemParameters,
    consensus: string,
    token: string,
  ): Promise<void> {
    const selector = selectorOf(elections) ?? consensus;
    const names = Object.keys(elections).filter((name): name is ElectionName => name !== "PairedElection");
    const [sequencers = "", aggregators = ""] = names
      .filter((name) => officeOf(name) !== "slasher")
      .map((name) => elections[name]);
    const bound = async (name: string, address: string): Promise<void> => {
      const binder = (await this.ask(name, address, "binder")) as string;
      this.compare(name, "binder", address === selector ? consensus : selector, binder);
    };
    for (const name of names) {
      const address = elections[name]!;
      await this.#election(name, address, { ...parameters[name], ...linksOf(name, token, elections) });
      if (officeOf(name) === "slasher") {
        // An election of stakes binds its slasher, and it is one of sequencers.
        this.compare(name, "stakes", sequencers, (await this.ask(name, address, "stakes")) as string);
      } else {
        this.compare(name, "consensus", consensus, (await this.ask(name, address, "consensus")) as string);
        await bound(name, address);
      }
    }
    const pair = elections["PairedElection"];
    if (pair === undefined) return;
    await this.#contract("PairedElection", pair, { SEQUENCERS: sequencers, AGGREGATORS: aggregators });
    this.#describe(pair, { args: [sequencers, aggregators] });
    await bound("PairedElection", pair);
  }

  /**
   * Compares an election's code, and each of its immutables with what its constructor makes of the parameters.
   *
   * @param values parameters, `token` and `slasher`
   */
  async #election(name: string, address: string, values: Values): Promise<void> {
    const compiled = await readCompiled(name);
    const { libraries } = readCode(name, compiled.runtime, await this.#provider.getCode(address));
    const inputs = constructorInputs(compiled.abi);
    const argumentsOf = (given: Values): readonly unknown[] => electionArguments(inputs, (field) => at(given, field));
    // Without the slasher: it would refuse a second election.
    const encoded = AbiCoder.defaultAbiCoder().encode(inputs, argumentsOf({ ...values, slasher: ZeroAddress }));
    const data = concat([link(compiled, libraries), encoded]);
    const made = readCode(name, compiled.runtime, await this.#provider.call({ data }));
    const expected = Object.entries(made.immutables).map(([immutable, word]): [string, Expected] => {
      if (immutable === "SLASHER") return [immutable, at(values, "slasher")];
      return [immutable, BORN.has(immutable) ? FOLLOWED : BigInt(word)];
    });
    await this.#contract(name, address, Object.fromEntries(expected));
    this.#describe(address, { args: argumentsOf(values) });
  }

  async b52(consensus: string, params: Values, shared: Values): Promise<Core> {
    const registry = getCreateAddress({ from: consensus, nonce: 1 });
    const rollup = getCreateAddress({ from: consensus, nonce: 2 });
    const { enforcement, code } = await this.#core(rollup, consensus, params);
    const isDrawn = at(params, "electedTickets") !== 0n;
    const name = isDrawn ? "DrawnB52" : "B52";
    const read = await this.#contract(name, consensus, {
      TOKEN: FOLLOWED,
      VERIFIER: FOLLOWED,
      ROLLUP: rollup,
      CORE_HASH: code.hash,
      REGISTRY: registry,
      PARAMETERS_HASH: FOLLOWED,
      PROPOSAL_WINDOW: at(params, "proposalWindow"),
      PROOF_WINDOW: at(params, "proofWindow"),
      DEFENCE_WINDOW: at(params, "defenceWindow"),
      ROUNDS_KEPT: roundsKept({
        proposalWindow: integerAt(params, "proposalWindow"),
        proofWindow: integerAt(params, "proofWindow"),
        defenceWindow: integerAt(params, "defenceWindow"),
      }),
      PIPELINED: at(params, "pipelined"),
      FAIR_PAY: at(params, "fairPay"),
      IS_DRAWN: isDrawn,
      MAX_UNCLES: at(params, "maxUncles"),
      MAX_LEAVES: at(params, "maxLeaves"),
      BASE_FEE: at(params, "baseFee"),
      MIN_BID: at(params, "minBid"),
      BLOCK_REWARD: at(params, "blockReward"),
      UNCLE_REWARD: at(params, "uncleReward"),
      TIP: at(params, "tip"),
      VOTE_DEPOSIT: at(params, "voteDeposit"),
      BOUNTY: at(params, "bounty"),
      LOST_BURN_RATE: at(params, "lostBurnRate"),
      UNPROVEN_BURN_RATE: at(params, "unprovenBurnRate"),
      MAX_SHARE: at(params, "maxShare"),
      TARGET_PROVERS: at(params, "targetProvers"),
      MIN_SLOPE: at(params, "minSlope"),
      MAX_SLOPE: at(params, "maxSlope"),
      DOMAIN: encodeDomain({ chainId: this.#chainId, rollup }),
    });
    const [token, verifier] = [addressOf(read, "TOKEN"), addressOf(read, "VERIFIER")];
    const inParameters = [{ ...params, enforcementVerifier: enforcement }, { ...params, token, verifier }, params];
    const args = [...inParameters, code.codeHash];
    const { abi } = await readCompiled(name);
    const hashed = constructorInputs(abi).slice(0, inParameters.length);
    const encoded = AbiCoder.defaultAbiCoder().encode(hashed, inParameters);
    this.compare(name, "PARAMETERS_HASH", keccak256(encoded), read["PARAMETERS_HASH"] ?? "");
    await this.#contract(isDrawn ? "DrawnProverRegistry" : "ProverRegistry", registry, {
      CONSENSUS: consensus,
      TOKEN: token,
      STAKE: at(params, "stake"),
      EXIT_DELAY: at(params, "exitDelay"),
      SLASH_RATE: at(params, "slashRate"),
      MAX_SLASH_RATE: at(params, "maxSlashRate"),
      FORGIVENESS: at(params, "forgiveness"),
      ...(isDrawn ? { ELECTED_TICKETS: at(params, "electedTickets"), SEED_ROUNDS: at(params, "seedRounds") } : {}),
    });
    this.#describe(registry, { args: [token, params] });
    const deployer = await this.#creation(name, consensus, rollup, args);
    await this.#verifier(isDrawn ? "DrawnRollupVerifier" : "RollupVerifier", verifier);
    await this.#token(token, shared, deployer);
    return { rollup, token, enforcement };
  }

  async builderEscrow(
    escrow: string,
    { answerWindow, withdrawalDelay, demandBond }: EscrowParameters,
    consensus: string,
    b52: Values,
  ): Promise<void> {
    const name = "BuilderEscrow";
    await this.#contract(name, escrow, {
      CONSENSUS: consensus,
      ROLLUP: getCreateAddress({ from: consensus, nonce: 2 }),
      TOKEN: (await this.ask("B52", consensus, "TOKEN")) as string,
      ANSWER_WINDOW: answerWindow,
      WITHDRAWAL_DELAY: withdrawalDelay,
      DEMAND_BOND: demandBond,
      PROPOSAL_WINDOW: at(b52, "proposalWindow"),
      PROOF_WINDOW: at(b52, "proofWindow"),
      MAX_LEAVES: at(b52, "maxLeaves"),
      ...this.#eip712(name, escrow),
    });
  }

  compare(contract: string, what: string, expected: ParameterValue, actual: ParameterValue): void {
    this.findings.push({ contract, what, expected: String(expected), actual: String(actual) });
  }

  /** Calls a view. */
  async ask(name: string, address: string, view: string, ...args: readonly unknown[]): Promise<unknown> {
    const { abi } = await readCompiled(name);
    return (await new Contract(address, abi, this.#provider).getFunction(view)(...args)) as unknown;
  }

  /** `BatchSize.maxLeaves`: as many as the answer to a false commitment has room for in a public transaction. */
  get #maxLeavesLimit(): bigint {
    const [, slots = 0] = findCircuit("leaf", this.#keyOf("leaf").manifest.profile).params;
    return BigInt(Math.min(128, Math.floor((128 * 1024 - 1024) / (14 * 32 + slots * (SLOT_BYTES + EXIT_BYTES)))));
  }

  /** @returns address of the verifier of escapes and migrations, and the code that the core was deployed of */
  async #core(
    rollup: string,
    consensus: string,
    params: Values,
  ): Promise<{ readonly enforcement: string; readonly code: CoreCode }> {
    const { profile } = this.#keyOf("leaf").manifest;
    const [depth = 0, slots = 0, levels = 0] = findCircuit("leaf", profile).params;
    const read = await this.#contract("Rollup", rollup, {
      CONSENSUS: consensus,
      ENFORCEMENT_VERIFIER: FOLLOWED,
      CHAIN_ID: this.#chainId,
      DOMAIN: encodeDomain({ chainId: this.#chainId, rollup }),
      TOKEN_FEE: at(params, "tokenFee"),
      FORCED_DEADLINE: at(params, "forcedDeadline"),
      ESCAPE_DELAY: at(params, "escapeDelay"),
      FORCED_FEE_BASE: at(params, "forcedFeeBase"),
      FORCED_FEE_STEP: at(params, "forcedFeeStep"),
      SLOTS: BigInt(slots),
    });
    const enforcement = addressOf(read, "ENFORCEMENT_VERIFIER");
    const sizes = createProfile({ name: profile, depth, slots, levels });
    const core = { ...params, enforcementVerifier: enforcement };
    this.#describe(rollup, { args: [State.genesis(sizes).root, slots, core] });
    await this.#verifier("EnforcementVerifier", enforcement);
    // With the libraries that its code at the address has, which are compared by themselves.
    const code = await coreCode(sizes, core, this.contracts.get(rollup)?.libraries ?? {});
    return { enforcement, code };
  }

  async #token(address: string, shared: Values, deployer: string): Promise<void> {
    const name = String(at(shared, "tokenName"));
    if (this.#isKnown("NativeToken", address)) return;
    await this.#contract("NativeToken", address, this.#eip712(name, address));
    this.compare("NativeToken", "name", name, (await this.ask("NativeToken", address, "name")) as string);
    const symbol = (await this.ask("NativeToken", address, "symbol")) as string;
    this.compare("NativeToken", "symbol", at(shared, "tokenSymbol"), symbol);
    const mints = { address, topics: [id("Transfer(address,address,uint256)"), zeroPadValue(ZeroAddress, 32)] };
    const minted: string[] = [];
    for await (const { topics, data } of readLogs(this.#provider, mints, this.#firstBlock)) {
      minted.push(`${BigInt(data)} to ${getAddress(dataSlice(topics[2] ?? "", 12))}`);
    }
    const holder = shared["tokenHolder"] ?? deployer;
    this.#describe(address, { args: [name, at(shared, "tokenSymbol"), at(shared, "tokenSupply"), holder] });
    this.compare(
      "NativeToken",
      "minted",
      `${integerAt(shared, "tokenSupply")} to ${String(holder)}`,
      minted.join(", "),
    );
  }

  /** Immutables of OpenZeppelin's `EIP712`. */
  #eip712(name: string, address: string): Readonly<Record<string, Expected>> {
    const domain = { name, version: "1", chainId: this.#chainId, verifyingContract: address };
    return {
      _cachedDomainSeparator: BigInt(TypedDataEncoder.hashDomain(domain)),
      _cachedChainId: this.#chainId,
      _cachedThis: address,
      _hashedName: BigInt(id(name)),
      _hashedVersion: BigInt(id("1")),
      _name: shortString(name),
      _version: shortString("1"),
    };
  }

  async #verifier(name: Verifier, address: string): Promise<void> {
    if (this.#isKnown(name, address)) return;
    await this.#contract(name, address, {});
    const words = pushedWords(await this.#provider.getCode(address));
    for (const circuit of CIRCUITS_OF[name]) {
      const artifacts = this.#keyOf(circuit);
      const key = verifyingKeyWords(readVerificationKey(artifacts));
      const missing = key.filter((word) => !words.has(word)).length;
      const hash = keccak256(`0x${key.join("")}`);
      this.compare(
        name,
        `key of ${circuit}`,
        hash,
        missing === 0 ? hash : `another: ${missing} words of ${key.length} are missing`,
      );
      // The compiler may push the words in any order: their order is that of the source, whose hash is in the code.
      const library = keyLibrary(circuit);
      const [rendered, source] = [renderKeyLibrary(artifacts), readFileSync(library, "utf8")].map(id);
      this.compare(name, `source ${basename(library)}`, rendered ?? "", source ?? "");
    }
  }

  /**
   * Compares a contract's code, and each of its immutables; and the code of the libraries that it is linked with.
   *
   * @returns its immutables
   */
  async #contract(
    name: string,
    address: string,
    expected: Readonly<Record<string, Expected>>,
  ): Promise<Readonly<Record<string, string>>> {
    const { runtime } = await readCompiled(name);
    const { hash, expectedHash, immutables, libraries } = readCode(
      name,
      runtime,
      await this.#provider.getCode(address),
    );
    this.compare(name, `code at ${address}`, expectedHash, hash);
    const [known, found] = [Object.keys(expected).sort(), Object.keys(immutables).sort()];
    if (known.join() !== found.join()) {
      throw new ToolError(
        "CODE_DIFFERS",
        { contract: name, address },
        `${name} at ${address} has code ${hash} with immutables (${found.join(", ")}), not ${expectedHash} with (${known.join(", ")})`,
      );
    }
    for (const [what, value] of Object.entries(expected)) {
      if (value !== FOLLOWED) this.compare(name, what, value, wordAs(value, immutables[what] ?? "0x"));
    }
    this.contracts.set(address, { name, address, args: [], libraries });
    await this.#libraries(libraries);
    return immutables;
  }

  #isKnown(name: string, address: string): boolean {
    return this.contracts.get(address)?.name === name;
  }

  /** Notes what a contract that was read already was deployed with. */
  #describe(address: string, deployed: Partial<DeployedContract>): void {
    const known = this.contracts.get(address);
    if (known !== undefined) this.contracts.set(address, { ...known, ...deployed });
  }

  async #libraries(libraries: Readonly<Record<string, string>>): Promise<void> {
    for (const [library, address] of Object.entries(libraries)) {
      if (this.#isKnown(library, address)) continue;
      const { runtime } = await readCompiled(library);
      const own = Object.fromEntries(Object.keys(runtime.immutables).map((what) => [what, address]));
      await this.#contract(library, address, own);
    }
  }

  /**
   * Compares the transaction that deployed a consensus: its code, and every argument of the constructor.
   *
   * @returns who sent it
   */
  async #creation(
    name: string,
    consensus: string,
    rollup: string,
    expected: readonly (Values | string)[],
  ): Promise<string> {
    const announcement = { address: consensus, topics: [null, zeroPadValue(rollup, 32)] };
    const log = await findLog(this.#provider, announcement, this.#firstBlock);
    const transaction = log === undefined ? undefined : await findCall(this.#provider, log.transactionHash);
    if (transaction?.to !== null) {
      throw new ToolError(
        "UNKNOWN_DEPLOYMENT",
        { address: consensus },
        `${name} at ${consensus} was not deployed by a transaction of its own`,
      );
    }
    const { creation, abi } = await readCompiled(name);
    const size = dataLength(creation.code);
    const head = dataSlice(transaction.data, 0, Math.min(size, dataLength(transaction.data)));
    const { hash, expectedHash, libraries } = readCode(`creation of ${name}`, creation, head);
    this.compare(name, "creation code", expectedHash, hash);
    await this.#libraries(libraries);

    const inputs = constructorInputs(abi);
    const given = AbiCoder.defaultAbiCoder().decode(inputs, dataSlice(transaction.data, size));
    for (const [i, { name: argument, components }] of inputs.entries()) {
      const should = expected[i] ?? {};
      if (typeof should === "string") {
        this.compare(name, `constructor: ${argument}`, should, String(given[i]));
      } else {
        for (const field of components ?? []) {
          const actual = (given[i] as Result).getValue(field.name) as ParameterValue;
          this.compare(name, `constructor: ${field.name}`, at(should, field.name), actual);
        }
      }
    }
    this.#describe(consensus, { args: expected, libraries });
    return transaction.from;
  }

  #keyOf(circuit: string): CircuitArtifacts {
    const artifacts = this.#keys.find(({ name }) => name === circuit);
    if (artifacts === undefined) {
      throw new ProtocolError("UNKNOWN_CIRCUIT", { circuit }, `no key of ${circuit} was prepared`);
    }
    return artifacts;
  }
}

type Values = Readonly<Record<string, ParameterValue>>;

function at(values: Values, name: string): ParameterValue {
  const value = values[name];
  if (value === undefined) throw new ProtocolError("MISSING_PARAMETER", { name }, `${name} is missing`);
  return value;
}

const integerAt = (values: Values, name: string): bigint => at(values, name) as bigint;

/** A word of code in the form of what it is compared with. */
function wordAs(expected: ParameterValue, word: string): ParameterValue {
  const value = BigInt(word);
  if (typeof expected === "boolean") return value === 1n ? true : value === 0n ? false : value;
  if (typeof expected === "bigint") return value;
  return value < 1n << 160n ? getAddress(`0x${value.toString(16).padStart(40, "0")}`) : word;
}

const addressOf = (immutables: Readonly<Record<string, string>>, name: string): string =>
  getAddress(dataSlice(immutables[name] ?? "0x", 12));

function constructorInputs(abi: InterfaceAbi): readonly ParamType[] {
  return new Interface(abi).deploy.inputs;
}

/** OpenZeppelin's `ShortString`: the bytes, and their number in the last one. */
const shortString = (text: string): bigint => BigInt(encodeBytes32String(text)) | BigInt(Buffer.byteLength(text));
