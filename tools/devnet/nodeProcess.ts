// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { writeJson } from "../../src/files.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { ToolError } from "../errors.ts";
import type { Child, Children, Ended } from "./children.ts";
import type { NodePlan } from "./topology.ts";

/** Milliseconds that a node has to stop within (docs/node.md). */
const STOP = 10_000;

/** A node, and the process that it is at present. */
export class NodeProcess {
  readonly plan: NodePlan;
  readonly #children: Children;
  #child: Child | undefined;
  #starts = 0;
  #isWanted = false;
  #onEnd: (ended: Ended) => void = () => undefined;

  constructor(children: Children, plan: NodePlan) {
    this.#children = children;
    this.plan = plan;
    writeJson(plan.configPath, plan.configuration);
  }

  get pid(): number | undefined {
    return this.#child?.end === undefined ? this.#child?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.pid !== undefined;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Whether the process that runs, or ran last, has come to the end of its start: it had read L1 up to its head. */
  get hasStarted(): boolean {
    return this.#child?.output.includes('"msg":"started"') ?? false;
  }

  /** The last lines of its log. */
  tail(): string {
    return this.#child?.tail() ?? "";
  }

  /** Starts the process, unless it runs. */
  start(): void {
    if (this.isRunning) return;
    const { log, environment, configPath } = this.plan;
    this.#isWanted = true;
    this.#starts += 1;
    const child = this.#children.start({
      program: process.execPath,
      args: [join(PROJECT_ROOT, "scripts", "node.ts"), "--config", configPath],
      ...{ log, environment },
    });
    this.#child = child;
    void child.ended.then((ended) => {
      if (this.#isWanted && this.#child === child) this.#onEnd(ended);
    });
  }

  /** Told when the process ends and nobody called `stop`. */
  onEnd(listener: (ended: Ended) => void): void {
    this.#onEnd = listener;
  }

  /** Sends a signal; the process that ends by it has ended when this returns. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.end !== undefined || child === undefined) return;
    child.kill(signal);
    if (signal === "SIGKILL") await child.ended;
  }

  /** Ends the process, which is not to run any more. */
  async stop(): Promise<Ended | undefined> {
    this.#isWanted = false;
    return this.#child?.end ?? (await this.#child?.stop(STOP));
  }

  /** Whether it has read L1 up to its head. */
  async isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.plan.url}/ready`, { signal: AbortSignal.timeout(2_000) });
      return response.ok;
    } catch {
      return false;
    }
  }

  /** @throws {ToolError} `NOT_READY` if it ends before, or takes longer than `patience` milliseconds */
  async ready(patience = 300_000): Promise<void> {
    const { name } = this.plan;
    const deadline = Date.now() + patience;
    while (!(await this.isReady())) {
      if (!this.isRunning || Date.now() > deadline) {
        const why = this.isRunning ? "is not ready in time" : "has ended";
        throw new ToolError("NOT_READY", { name }, `${name} ${why}:\n${this.tail()}`);
      }
      await sleep(200);
    }
  }
}
