// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { NonceManager, parseEther, Wallet as Key, type TransactionResponse } from "ethers";

import type { B52Node } from "../../src/agents/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { writeJson } from "../../src/files.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { Child, Children } from "../devnet/children.ts";
import { keyOf, TICKETS } from "../devnet/topology.ts";
import type { HostileConfig, HostileLine } from "./hostile.ts";
import { FileTail } from "./fileTail.ts";

/** The ticket of the hostile process, behind those of the honest provers. */
export const HOSTILE_TICKET = Math.max(...Object.values(TICKETS)) + 1;
/** Its tokens for bids, and the secret of its ticket. */
const [BIDS, SECRET] = [parseEther("2000"), `0x${"e5".repeat(32)}`] as const;

const mined = async (sent: Promise<TransactionResponse>): Promise<unknown> => (await sent).wait();

/** The hostile process, as a child of this one. */
export class HostileChild {
  readonly #child: Child;
  readonly #tail: FileTail;
  readonly #lines: HostileLine[] = [];

  private constructor(child: Child, journal: string) {
    this.#child = child;
    this.#tail = new FileTail(journal);
  }

  /** Gives it a deposit and a ticket. */
  static async fund({ system }: B52Node): Promise<void> {
    const { provider, token, consensus, registry } = system;
    const deployer = new NonceManager(new Key(keyOf("deployer"), provider));
    const own = new NonceManager(new Key(keyOf("hostile"), provider));
    const stake = await registry.STAKE();
    await mined(token.connect(deployer).transfer(own, BIDS + stake));
    await mined(token.connect(own).approve(consensus, BIDS));
    await mined(consensus.connect(own).deposit(BIDS));
    await mined(token.connect(own).approve(registry, stake));
    const { x, y } = createSigner(Buffer.from(SECRET.slice(2), "hex")).publicKey;
    await mined(registry.connect(own).join(HOSTILE_TICKET, x, y, await own.getAddress()));
  }

  /** @param folder for its journal and log */
  static start(
    children: Children,
    folder: string,
    known: Pick<HostileConfig, "l1" | "rollup" | "deploymentBlock" | "addresses" | "seed">,
  ): HostileChild {
    const journal = join(folder, "hostile.jsonl");
    const configPath = join(folder, "hostile.json");
    const config: HostileConfig = {
      ...{ ...known, chainId: 31_337, journal, key: keyOf("hostile") },
      ...{ ticket: HOSTILE_TICKET, ticketSecret: SECRET },
    };
    writeJson(configPath, config);
    const child = children.start({
      program: process.execPath,
      args: [join(PROJECT_ROOT, "tools", "chaos", "hostileProcess.ts"), configPath],
      log: join(folder, "hostile.log"),
    });
    return new HostileChild(child, journal);
  }

  /** Whether it runs: one that has ended does no harm, and the run shows nothing. */
  get isRunning(): boolean {
    return this.#child.end === undefined;
  }

  /** The last characters of its log. */
  get log(): string {
    return this.#child.tail();
  }

  /** All that it has heard and done. */
  lines(): readonly HostileLine[] {
    for (const line of this.#tail.read()) this.#lines.push(JSON.parse(line) as HostileLine);
    return this.#lines;
  }

  /** Waits until it hears a kind of message. @returns whether it did, within so many milliseconds */
  async hears(kind: "proposal" | "block", patience: number, signal: AbortSignal): Promise<boolean> {
    const [from, end] = [Date.now(), Date.now() + patience];
    while (Date.now() < end && !signal.aborted) {
      if (this.lines().some((line) => "heard" in line && line.heard === kind && line.at >= from)) return true;
      await sleep(50);
    }
    return false;
  }

  async stop(): Promise<void> {
    await this.#child.stop(3_000);
  }
}
