// SPDX-License-Identifier: GPL-3.0-or-later
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import { ProtocolError, type ErrorCode } from "../errors.ts";
import { siblingModule } from "../setup/paths.ts";
import { WitnessError } from "./witness.ts";
import { type SentError, type WorkerAnswer, type WorkerResults, type WorkerTask } from "./workerProtocol.ts";

const WORKER = siblingModule("worker", import.meta.url);

interface Job {
  readonly task: WorkerTask;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A fixed number of child processes that take tasks in order. Processes start when they are first needed, and do not
 * keep this process alive while they are idle.
 */
export class WorkerPool {
  readonly #size: number;
  readonly #queue: Job[] = [];
  readonly #idle: ChildProcess[] = [];
  readonly #busy = new Map<ChildProcess, Job>();
  #isDisposed = false;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Runs a task in one of the processes.
   *
   * @throws {ProtocolError} `PROVER_FAILED` if snarkjs throws or the process dies;
   *   `PROVER_DISPOSED` if the pool is disposed before the task ends; as `calculateWitnessFile`
   */
  run<Task extends WorkerTask>(task: Task): Promise<WorkerResults[Task["kind"]]> {
    if (this.#isDisposed) return Promise.reject(disposedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, resolve, reject });
      this.#startNext();
    });
  }

  /** Ids of the processes that are there now. */
  get processIds(): readonly number[] {
    return [...this.#idle, ...this.#busy.keys()].flatMap(({ pid }) => pid ?? []);
  }

  /** Fails all tasks that have not ended, kills the processes and waits until they are gone. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const jobs = [...this.#queue.splice(0), ...this.#busy.values()];
    const children = [...this.#idle.splice(0), ...this.#busy.keys()];
    this.#busy.clear();
    for (const job of jobs) job.reject(disposedError());
    await Promise.all(children.map(stop));
  }

  #startNext(): void {
    const child = this.#idle.pop() ?? (this.#busy.size < this.#size ? this.#spawn() : undefined);
    if (child === undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) {
      this.#idle.push(child);
      return;
    }
    this.#busy.set(child, job);
    keepAlive(child, true);
    child.send(job.task);
  }

  #spawn(): ChildProcess {
    const child = fork(WORKER, { serialization: "advanced", execArgv: [] });
    child.on("message", (answer) => {
      const job = this.#release(child);
      keepAlive(child, false);
      this.#idle.push(child);
      settle(job, answer as WorkerAnswer);
      this.#startNext();
    });
    child.once("exit", (exitCode, signal) => {
      this.#abandon(child, `the prover's process ended (${signal ?? `exit code ${exitCode}`})`);
    });
    child.once("error", (error) => {
      this.#abandon(child, `the prover's process failed: ${error.message}`);
    });
    return child;
  }

  /** Fails the job of a process that is gone, and goes on with another. */
  #abandon(child: ChildProcess, reason: string): void {
    const index = this.#idle.indexOf(child);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#release(child)?.reject(new ProtocolError("PROVER_FAILED", { reason }, reason));
    if (this.#queue.length > 0) this.#startNext();
  }

  #release(child: ChildProcess): Job | undefined {
    const job = this.#busy.get(child);
    this.#busy.delete(child);
    return job;
  }
}

function settle(job: Job | undefined, answer: WorkerAnswer): void {
  if (answer.ok) job?.resolve(answer.result as never);
  else job?.reject(toError(answer.error));
}

function toError({ message, coded }: SentError): ProtocolError {
  if (coded === undefined) return new ProtocolError("PROVER_FAILED", { reason: message }, message);
  const { code, data } = coded;
  return code === "WITNESS_FAILED"
    ? new WitnessError(message, data.templates)
    : new ProtocolError<ErrorCode>(code, data, message);
}

function disposedError(): ProtocolError {
  return new ProtocolError("PROVER_DISPOSED", {}, "the prover was disposed");
}

function keepAlive(child: ChildProcess, yes: boolean): void {
  if (yes) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.ref();
  child.kill("SIGKILL");
  await exit;
}
