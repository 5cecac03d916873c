// SPDX-License-Identifier: GPL-3.0-or-later
import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";

import { siblingModule } from "./paths.ts";

/** One call of the compiler: its arguments, with paths relative to the folder that it sees. */
export interface CircomTask {
  readonly folder: string;
  readonly args: readonly string[];
}

export interface CircomAnswer {
  /** Whether the exit code was 0. */
  readonly isGood: boolean;
  /** All that circom printed. */
  readonly output: string;
  /** Bytes of memory that the call took. */
  readonly memory: number;
}

const WORKER = siblingModule("circomWorker", import.meta.url);

/** A process waits so long for another circuit: half the time of a small one is the start of the compiler. */
const IDLE_MS = 20_000;

/**
 * A process that took more memory than this is not kept: it gives the memory back later, and the next one needs a second
 * to make the compiler fast.
 */
const MAX_KEPT_MEMORY = 1 << 29;

/** Processes that wait, with the timers that end them. */
const idle = new Map<ChildProcess, NodeJS.Timeout>();
const waiting: (() => void)[] = [];
let running = 0;

/**
 * Runs circom in a process that is kept for the next call, at most one on each core. Each call has a new instance of the
 * compiler, with a memory of its own; they share the machine code. An idle process keeps no program alive.
 *
 * @throws {Error} if the process ends
 */
export async function runCircom(task: CircomTask): Promise<CircomAnswer> {
  while (running >= availableParallelism()) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  const child = takeIdle() ?? fork(WORKER, { execArgv: [] });
  try {
    const answer = await ask(child, task);
    if (answer.memory > MAX_KEPT_MEMORY) child.kill();
    else keep(child);
    return answer;
  } finally {
    running--;
    waiting.shift()?.();
  }
}

/** The one that worked last. */
function takeIdle(): ChildProcess | undefined {
  const [child, timer] = [...idle].at(-1) ?? [];
  if (child === undefined) return undefined;
  clearTimeout(timer);
  idle.delete(child);
  child.removeAllListeners();
  child.ref();
  child.channel?.ref();
  return child;
}

function ask(child: ChildProcess, task: CircomTask): Promise<CircomAnswer> {
  return new Promise((resolve, reject) => {
    child.once("message", (answer) => {
      child.removeAllListeners();
      resolve(answer as CircomAnswer);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new Error(`circom's process ended (${signal ?? `exit code ${code}`})`));
    });
    child.send(task);
  });
}

function keep(child: ChildProcess): void {
  const end = (): void => {
    idle.delete(child);
    child.kill();
  };
  idle.set(child, setTimeout(end, IDLE_MS).unref());
  child.once("exit", end);
  child.once("error", end);
  child.unref();
  child.channel?.unref();
}
