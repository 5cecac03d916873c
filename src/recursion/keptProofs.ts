// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Proofs of a tree's leaves, which do not depend on the tree. They are kept until the next one, so that a tree that fails,
 * or that a competitor made worthless in part, is cheaper to repeat.
 */
export class KeptProofs<Child> {
  #made = new Map<bigint, Child>();

  /**
   * The proofs of a list, in its order. Forgets all others in the end.
   *
   * @param names hashes of what is to be proven
   * @param prove makes the proof at a place of the list; one that fails ends the work, and what was made is kept
   */
  async take(names: readonly bigint[], prove: (place: number) => Promise<Child>): Promise<Child[]> {
    const proofs: Child[] = [];
    for (const [place, name] of names.entries()) {
      const proof = this.#made.get(name) ?? (await prove(place));
      this.#made.set(name, proof);
      proofs.push(proof);
    }
    this.#made = new Map(names.map((name, place) => [name, proofs[place]!]));
    return proofs;
  }

  /** Forgets all: one of them may be bad. */
  forget(): void {
    this.#made.clear();
  }
}
