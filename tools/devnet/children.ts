// SPDX-License-Identifier: MIT
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { ifExists } from "../../src/files.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** A program that runs as a process of its own. */
export interface ChildSpec {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the variables of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** File that its output is appended to. */
  readonly log: string;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process, and what it starts. */
export class Child {
  readonly spec: ChildSpec;
  /** Settles when the process has ended. */
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  /** Bytes of the log that are of earlier processes. */
  readonly #logBefore: number;
  #end: Ended | undefined;

  /** Use `Children.start`. */
  constructor(spec: ChildSpec) {
    this.spec = spec;
    mkdirSync(dirname(spec.log), { recursive: true });
    const log = openSync(spec.log, "a");
    this.#logBefore = fstatSync(log).size;
    try {
      // In a group of its own: a Ctrl-C in the terminal reaches this program alone, which ends its children in order.
      this.#process = spawn(spec.program, spec.args, {
        ...{ cwd: PROJECT_ROOT, detached: true, stdio: ["ignore", log, log] },
        env: { ...process.env, ...spec.environment },
      });
    } finally {
      closeSync(log);
    }
    this.ended = new Promise((resolve) => {
      const end = (ended: Ended): void => {
        this.#end ??= ended;
        resolve(this.#end);
      };
      this.#process.once("exit", (code, signal) => end({ code, signal }));
      this.#process.once("error", () => end({ code: 127, signal: null }));
    });
  }

  /** Undefined if the program could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Undefined as long as it runs. */
  get end(): Ended | undefined {
    return this.#end;
  }

  /** Sends a signal to the process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends the process and all that it started, at once; those that it left behind as well. */
  killGroup(): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // Nothing of it is there any more.
    }
  }

  /** Ends the process: asks it to, and kills it if that takes too long. @param patience in milliseconds */
  async stop(patience: number): Promise<Ended> {
    this.kill("SIGCONT");
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), patience);
    const ended = await this.ended;
    clearTimeout(timer);
    this.killGroup();
    return ended;
  }

  /** Its output so far. */
  get output(): string {
    return ifExists(() => readFileSync(this.spec.log).subarray(this.#logBefore).toString()) ?? "";
  }

  /** The last characters of its output. */
  tail(characters = 2_000): string {
    return this.output.slice(-characters);
  }
}

/** The processes of this program. Whatever ends the program, except SIGKILL, ends them. */
export class Children {
  readonly #all = new Set<Child>();
  readonly #killAll = (): void => {
    for (const child of this.#all) child.killGroup();
  };

  constructor() {
    process.on("exit", this.#killAll);
  }

  start(spec: ChildSpec): Child {
    const child = new Child(spec);
    this.#all.add(child);
    return child;
  }

  /** Ends all of them, the last one first. @param patience in milliseconds */
  async stop(patience: number): Promise<void> {
    const running = [...this.#all].reverse().filter(({ end }) => end === undefined);
    await Promise.all(running.map((child) => child.stop(patience)));
    this.#killAll();
    process.off("exit", this.#killAll);
  }
}
