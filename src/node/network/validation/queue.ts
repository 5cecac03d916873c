// SPDX-License-Identifier: MIT

interface Job {
  readonly run: () => Promise<void>;
  readonly drop: () => void;
}

/**
 * A queue for each topic, of bounded length: one job of each topic at a time, and each topic in its turn. So a flood on
 * one topic delays the others by one job at most (lodestar 5353).
 */
export class TopicQueues<Topic extends string> {
  readonly #limits: Readonly<Record<Topic, number>>;
  readonly #jobs = new Map<Topic, Job[]>();
  readonly #running = new Set<Topic>();
  #isScheduled = false;
  #isClosed = false;

  /** @param limits jobs that wait, by topic */
  constructor(limits: Readonly<Record<Topic, number>>) {
    this.#limits = limits;
  }

  /** Whether a job of this topic would be taken now, after `others` that come before it. */
  hasRoom(topic: Topic, others = 0): boolean {
    return !this.#isClosed && (this.#jobs.get(topic)?.length ?? 0) + others < this.#limits[topic];
  }

  /**
   * @param isFirst whether it goes before all that wait, and counts for no place: for work that nobody else can cause
   * @returns undefined if the queue is full: the job was not done
   */
  add<Result>(topic: Topic, work: () => Promise<Result>, isFirst = false): Promise<Result | undefined> {
    if (isFirst ? this.#isClosed : !this.hasRoom(topic)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const run = (): Promise<void> => work().then(resolve, reject);
      const jobs = this.#jobs.get(topic) ?? [];
      this.#jobs.set(topic, jobs);
      const job = { run, drop: (): void => resolve(undefined) };
      if (isFirst) jobs.unshift(job);
      else jobs.push(job);
      this.#schedule();
    });
  }

  /** Drops what waits. */
  close(): void {
    this.#isClosed = true;
    for (const jobs of this.#jobs.values()) for (const { drop } of jobs.splice(0)) drop();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After what came from the network meanwhile: a job may take the processor for a while.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#startNext();
    });
  }

  /** Starts the first job of one topic, and puts the topic behind the others. */
  #startNext(): void {
    for (const [topic, jobs] of this.#jobs) {
      if (this.#running.has(topic) || jobs.length === 0) continue;
      const job = jobs.shift()!;
      this.#jobs.delete(topic);
      this.#jobs.set(topic, jobs);
      this.#running.add(topic);
      void job.run().finally(() => {
        this.#running.delete(topic);
        this.#schedule();
      });
      this.#schedule();
      return;
    }
  }
}
