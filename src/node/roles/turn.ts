// SPDX-License-Identifier: MIT

/** A thing that one role at a time may do, such as proving, which takes the whole machine. */
export class Turn {
  #isTaken = false;

  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Works while nobody else does. @returns undefined if somebody does */
  async take<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      this.#isTaken = false;
    }
  }
}
