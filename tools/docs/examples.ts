// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { HDNodeWallet, parseEther, Wallet as L1Wallet, type JsonRpcProvider } from "ethers";
import { network } from "hardhat";

import { b52Example } from "../../docs/examples/b52.ts";
import { eventsExample } from "../../docs/examples/events.ts";
import { forcedExample } from "../../docs/examples/forced.ts";
import { proverExample } from "../../docs/examples/prover.ts";
import { sequencerExample } from "../../docs/examples/sequencer.ts";
import { walletExample } from "../../docs/examples/wallet.ts";
import type { B52System, ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { deployB52 } from "../deployment/b52.ts";
import { deployProofOfEfficiency } from "../deployment/proofOfEfficiency.ts";
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

/** Runs all examples of docs/examples against a chain of its own, a sequencer and a prover beside the users. */
export async function runExamples(prover: Prover, log: (line: string) => void): Promise<ExamplesResult> {
  const lines: string[] = [];
  const logAs =
    (name: string) =>
    (line: string): void => {
      lines.push(`${name}: ${line}`);
      log(`${name.padEnd(9)} ${line}`);
    };
  const server = await network.createServer();
  const { address, port } = await server.listen();
  const rpc = `http://${address}:${port}`;
  const chain = openProvider(rpc);
  const deploymentId = `test-examples-${process.pid}`;
  const end = new AbortController();
  try {
    const { poe, b52 } = await deploy(rpc, deploymentId);
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

    const b52Setting = {
      rpc,
      rollup: await b52.rollup.getAddress(),
      keys: { user: localKey(4), proposer: localKey(5), provers: [localKey(6), localKey(7)] as const },
      prover,
      waitUntil: (time: bigint) => moveTo(chain, time),
      log: logAs("b52"),
    };
    // Long after the first round, which opened at the deployment; and again, when a head is there.
    await moveTo(chain, BigInt(await now(chain)) + 86_400n);
    const heights = [await b52Example(b52Setting), await b52Example(b52Setting)];
    const events = lines.filter((line) => line.startsWith("events: ")).map((line) => line.slice("events: ".length));
    return {
      transfer,
      forced,
      posted,
      proven,
      events,
      next,
      b52: heights,
      lines,
      poe: await openRollup(chain, rollup),
    };
  } finally {
    end.abort();
    chain.destroy();
    await server.close();
    rmSync(join(PROJECT_ROOT, "deploy", "deployments", deploymentId), { recursive: true, force: true });
  }
}

/**
 * Both rollups, their native tokens where the examples need them, and a deposit of the sequencer's: it has account 1.
 */
async function deploy(rpc: string, deploymentId: string): Promise<{ poe: ProofOfEfficiencySystem; b52: B52System }> {
  const connection = await network.create({ network: "localhost", override: { url: rpc } });
  try {
    const signers = await connection.ethers.getSigners();
    const poe = await deployProofOfEfficiency(connection, { deploymentId });
    await mined(poe.token.transfer(signers[2]!, parseEther("100")));
    const node = await RollupNode.open(poe);
    await new Wallet(node, signers[2]!, SEQUENCER).deposit(0n, parseEther("0.1"));
    const b52 = await deployB52(connection, { deploymentId });
    for (const party of [5, 6, 7, 8]) await mined(b52.token.transfer(signers[party]!, parseEther("2000")));
    // Somebody else has the first ticket.
    const stranger = signers[8]!;
    await mined(b52.token.connect(stranger).approve(b52.registry, await b52.registry.STAKE()));
    const { x, y } = createSigner(Buffer.from("stranger")).publicKey;
    await mined(b52.registry.connect(stranger).join(1, x, y, stranger));
    await mined(b52.token.approve(b52.consensus, parseEther("1000")));
    await mined(b52.consensus.fundPool(parseEther("1000")));
    return { poe, b52 };
  } finally {
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
