import { poseidon } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Field } from "../field.ts";
import { accountCapacity, type Profile } from "../profile.ts";
import { accountHash, type Account } from "./account.ts";
import { AccountTree, ARITY, rootOfPath, type AccountPath } from "./accountTree.ts";

/** The state of the rollup (docs/protocol.md §2). Immutable: keeping an old one is a snapshot. */
export class State {
  /** All accounts, by index. */
  readonly accounts: AccountTree;
  /** Index that the next new account gets; 1 … 4^depth, the latter if the tree is full. */
  readonly nextIndex: number;
  #root: Field | undefined;

  /** @throws {ProtocolError} `OUT_OF_RANGE` for a `nextIndex` that the tree does not have */
  constructor(accounts: AccountTree, nextIndex: number) {
    if (!Number.isInteger(nextIndex) || nextIndex < 1 || nextIndex > accounts.capacity) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "nextIndex", value: nextIndex, minimum: 1, maximum: accounts.capacity },
        `nextIndex ${nextIndex} is not in 1 … ${accounts.capacity}`,
      );
    }
    this.accounts = accounts;
    this.nextIndex = nextIndex;
  }

  /**
   * The state of a rollup that was just deployed: no accounts.
   *
   * @param profile of the rollup
   */
  static genesis({ depth }: Pick<Profile, "depth">): State {
    return new State(AccountTree.empty(depth), 1);
  }

  /** `stateRoot = Poseidon(accountsRoot, nextIndex)` */
  get root(): Field {
    this.#root ??= poseidon([this.accounts.root, BigInt(this.nextIndex)]);
    return this.#root;
  }

  /** Undefined if there is no account at the index. */
  account(index: number): Account | undefined {
    return this.accounts.get(index);
  }

  /** The state with this account instead of the one at an index that is taken. */
  withAccount(index: number, account: Account): State {
    return new State(this.accounts.set(index, account), this.nextIndex);
  }

  /** The state with one more account, at `nextIndex`. @throws {ProtocolError} `OUT_OF_RANGE` if the tree is full */
  withNewAccount(account: Account): State {
    return new State(this.accounts.set(this.nextIndex, account), this.nextIndex + 1);
  }

  /** Index at which the next subtree of `levels` levels arrives: `nextIndex`, rounded up to a multiple of 4^levels. */
  nextSubtree(levels: number): number {
    const width = ARITY ** levels;
    return Math.ceil(this.nextIndex / width) * width;
  }

  /**
   * The state with these accounts at the next subtree of their tree's height, and `nextIndex` behind it
   * (docs/enforcement.md §5.7).
   *
   * @throws {ProtocolError} `OUT_OF_RANGE` if the tree has no room for it
   */
  withArrivals(arrivals: AccountTree): State {
    const base = this.nextSubtree(arrivals.depth);
    return new State(this.accounts.withSubtree(base, arrivals), base + arrivals.capacity);
  }

  /** @throws {ProtocolError} `UNKNOWN_ACCOUNT` */
  proveAccount(index: number): AccountProof {
    const account = this.account(index);
    if (account === undefined) {
      throw new ProtocolError("UNKNOWN_ACCOUNT", { index }, `there is no account ${index}`);
    }
    return { index, account, path: this.accounts.path(index), nextIndex: this.nextIndex };
  }
}

/** Shows an account under a state root, for instance to the escape hatch of a frozen rollup. */
export interface AccountProof {
  readonly index: number;
  readonly account: Account;
  readonly path: AccountPath;
  readonly nextIndex: number;
}

/** Whether the proof shows the account under `stateRoot` in a tree of the profile's depth. */
export function verifyAccountProof(
  { index, account, path, nextIndex }: AccountProof,
  stateRoot: bigint,
  profile: Pick<Profile, "depth">,
): boolean {
  if (path.length !== profile.depth || index >= accountCapacity(profile)) {
    return false;
  }
  const accountsRoot = rootOfPath(index, accountHash(account), path);
  return accountsRoot !== undefined && poseidon([accountsRoot, BigInt(nextIndex)]) === stateRoot;
}
