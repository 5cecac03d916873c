// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { HDNodeWallet, id, parseEther, Wallet as L1Wallet, type JsonRpcProvider } from "ethers";
import { network } from "hardhat";

import { b52Example } from "../../docs/examples/b52.ts";
import { eventsExample } from "../../docs/examples/events.ts";
import { forcedExample } from "../../docs/examples/forced.ts";
import { proverExample } from "../../docs/examples/prover.ts";
import { sequencerExample } from "../../docs/examples/sequencer.ts";
import { walletExample } from "../../docs/examples/wallet.ts";
import type { ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { FIXED_START, fixTimestamps } from "../bench/timestamps.ts";
import { deployB52 } from "../deployment/b52.ts";
import { deployProofOfEfficiency } from "../deployment/proofOfEfficiency.ts";
import { startEndpoint } from "../testing/endpoint.ts";
import {
  createSigner,
  openProvider,
  openRollup,
  RollupNode,
  Wallet,
  type EventPlace,
  type OpenedRollup,
  type Payee,
  type Prover,
  type TransactionStatus,
} from "../../src/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** Results of the examples, and the rollup in its state after them. */
export interface ExamplesResult {
  /** Statuses of the wallet's deposit, first, and then of its transfer. */
  readonly transfer: readonly TransactionStatus["status"][];
  /** Taken out by force, in wei. */
  readonly forced: bigint;
  readonly posted: number;
  readonly proven: number;
  readonly events: readonly string[];
  /** Where a reader of events would go on. */
  readonly next: EventPlace | undefined;
  /** The same example, run twice. */
  readonly b52: readonly Awaited<ReturnType<typeof b52Example>>[];
  readonly lines: readonly string[];
  readonly poe: OpenedRollup;
}

/** Key of one of the accounts that a local chain of Hardhat or anvil has. */
const localKey = (index: number): string =>
  HDNodeWallet.fromPhrase(
    "test test test test test test test test test test test junk",
    undefined,
    `m/44'/60'/0'/0/${index}`,
  ).privateKey;

/** The sequencer's key on L2. */
const SEQUENCER = createSigner(Buffer.from("sequencer"));

type Log = (line: string) => void;

/** By the rollup that its proofs are for. */
export interface ExamplesProvers {
  /** Of statements that are new in every run: sequencer and prover go by the clock. */
  readonly poe: Prover;
  /** Of statements that are the same in every run. */
  readonly b52: Prover;
}

/** Runs all examples of docs/examples, each rollup on a chain of its own. */
export async function runExamples(provers: ExamplesProvers, log: Log): Promise<ExamplesResult> {
  const lines: string[] = [];
  const logAs =
    (name: string): Log =>
    (line) => {
      lines.push(`${name}: ${line}`);
      log(`${name.padEnd(9)} ${line}`);
    };
  const ofPoe = await runProofOfEfficiency(provers.poe, logAs);
  const b52 = await runB52(provers.b52, logAs("b52"));
  const events = lines.filter((line) => line.startsWith("events: ")).map((line) => line.slice("events: ".length));
  return { ...ofPoe, b52, events, lines };
}

/** A sequencer and a prover beside the users, by the clock. */
async function runProofOfEfficiency(
  prover: Prover,
  logAs: (name: string) => Log,
): Promise<Omit<ExamplesResult, "b52" | "events" | "lines">> {
  const server = await network.createServer();
  const { address, port } = await server.listen();
  const rpc = `http://${address}:${port}`;
  const chain = openProvider(rpc);
  const deploymentId = `test-examples-${process.pid}`;
  const end = new AbortController();
  try {
    const poe = await deploy(rpc, deploymentId);
    const rollup = await poe.rollup.getAddress();
    const [keyOfUser, keyOfSequencer, keyOfProver] = [1, 2, 3].map(localKey) as [string, string, string];

    const sequencerPort = await freePort();
    const setting = { rpc, rollup, signal: end.signal };
    const sequencing = sequencerExample({
      ...setting,
      key: keyOfSequencer,
      port: sequencerPort,
      feeAccount: 1,
      log: logAs("sequencer"),
    });
    const proving = proverExample({ ...setting, key: keyOfProver, prover, log: logAs("prover") });
    const reading = eventsExample({ ...setting, log: logAs("events") });
    const background = Promise.all([sequencing, proving, reading]);

    const foreground = async () => {
      const user = { rpc, rollup, key: keyOfUser };
      const url = `http://127.0.0.1:${sequencerPort}`;
      const receiver: Payee = {
        ...{ index: 1, token: 0n, key: SEQUENCER.publicKey },
        owner: new L1Wallet(keyOfSequencer).address,
      };
      const transfer = await walletExample({ ...user, sequencer: url, receiver, log: logAs("wallet") });
      const forced = await forcedExample({ ...user, log: logAs("forced") });
      end.abort();
      return { transfer, forced };
    };
    // If one of those in the background fails, nobody has to wait for the users.
    const [{ transfer, forced }, [posted, proven, next]] = await Promise.all([foreground(), background]);
    return { transfer, forced, posted, proven, next, poe: await openRollup(chain, rollup) };
  } finally {
    end.abort();
    chain.destroy();
    await server.close();
    rmSync(join(PROJECT_ROOT, "deploy", "deployments", deploymentId), { recursive: true, force: true });
  }
}

/** The rollup, the native token where the examples need it, and a deposit of the sequencer's: it has account 1. */
async function deploy(rpc: string, deploymentId: string): Promise<ProofOfEfficiencySystem> {
  const connection = await network.create({ network: "localhost", override: { url: rpc } });
  try {
    const signers = await connection.ethers.getSigners();
    const poe = await deployProofOfEfficiency(connection, { deploymentId });
    await mined(poe.token.transfer(signers[2]!, parseEther("100")));
    const node = await RollupNode.open(poe);
    await new Wallet(node, signers[2]!, SEQUENCER).deposit(0n, parseEther("0.1"));
    return poe;
  } finally {
    await connection.close();
  }
}

/** Two heights on a chain whose time depends on its transactions alone, so that statements are the same in every run. */
async function runB52(prover: Prover, log: Log): Promise<ExamplesResult["b52"]> {
  const connection = await network.create(FIXED_START);
  fixTimestamps(connection);
  const endpoint = await startEndpoint(connection);
  const chain = openProvider(endpoint.url);
  try {
    const signers = await connection.ethers.getSigners();
    const { rollup, consensus, registry, token } = await deployB52(connection);
    for (const party of [5, 6, 7, 8]) await mined(token.transfer(signers[party]!, parseEther("2000")));
    // Somebody else has the first ticket.
    const stranger = signers[8]!;
    await mined(token.connect(stranger).approve(registry, await registry.STAKE()));
    const { x, y } = createSigner(Buffer.from("stranger")).publicKey;
    await mined(registry.connect(stranger).join(1, x, y, stranger));
    await mined(token.approve(consensus, parseEther("1000")));
    await mined(consensus.fundPool(parseEther("1000")));

    const setting = {
      rpc: endpoint.url,
      rollup: await rollup.getAddress(),
      keys: { user: localKey(4), proposer: localKey(5), provers: [localKey(6), localKey(7)] as const },
      prover,
      waitUntil: (time: bigint) => moveTo(chain, time),
      salt: id("examples"),
      log,
    };
    // Long after the first round, which opened at the deployment; and again, when a head is there.
    await moveTo(chain, BigInt(await now(chain)) + 86_400n);
    return [await b52Example(setting), await b52Example(setting)];
  } finally {
    chain.destroy();
    await endpoint.stop();
    await connection.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const now = async (chain: JsonRpcProvider): Promise<number> => (await chain.getBlock("latest"))?.timestamp ?? 0;

/** A local chain need not be waited for. */
async function moveTo(chain: JsonRpcProvider, time: bigint): Promise<void> {
  if (BigInt(await now(chain)) >= time) return;
  await chain.send("evm_setNextBlockTimestamp", [Number(time)]);
  await chain.send("evm_mine", []);
}
