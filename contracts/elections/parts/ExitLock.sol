// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../interfaces/IProofOfEfficiency.sol";

/**
 * @title ExitLock
 * @notice Puts a time lock between a decision of people and its effect. It is longer than a user's exit by
 *         construction.
 * @dev A user who learns of the decision forces an exit. It is executed, or anybody freezes the rollup,
 *      `ESCAPE_DELAY` seconds later at the latest (`IEscapeHatch`); then the user claims, or escapes with a proof. The
 *      lock is that delay plus `NOTICE`: the time to learn of the decision, and to claim. It is computed from the core,
 *      so no parameter makes it too short.
 *
 *      decided            ready                     expired
 *         +------------------+-------------------------+
 *         |    lockTime()    |  anybody may execute,   |
 *         |                  |  for `LIFETIME`         |
 */
abstract contract ExitLock {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant SHORTEST = 1 days;
    uint256 private constant LONGEST = 30 days;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the seconds that users have to learn of a decision and to claim, beside their exit.
    uint256 public immutable NOTICE;

    /// @notice Returns the seconds for which a decision can be executed.
    uint256 public immutable LIFETIME;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a lock whose field `name` is out of its range.
    error InvalidLock(string name, uint256 value);

    /// @notice Rejects an execution before the lock is over.
    error Locked(uint256 readyAt, uint256 timestamp);

    /// @notice Rejects an execution after the lifetime of the decision.
    error Expired(uint256 expiredAt, uint256 timestamp);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param notice Seconds of notice, 1 … 30 days.
     * @param lifetime Seconds of the lifetime, 1 … 30 days.
     */
    constructor(uint256 notice, uint256 lifetime) {
        if (notice < SHORTEST || notice > LONGEST) revert InvalidLock("notice", notice);
        if (lifetime < SHORTEST || lifetime > LONGEST) revert InvalidLock("lifetime", lifetime);
        (NOTICE, LIFETIME) = (notice, lifetime);
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the seconds between a decision and its effect. It never changes once the core is deployed.
    function lockTime() public view returns (uint256) {
        return _lockedConsensus().ROLLUP().ESCAPE_DELAY() + NOTICE;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the consensus whose users can leave.
    function _lockedConsensus() internal view virtual returns (IProofOfEfficiency);

    /// @dev Reverts unless a decision can be executed now. Its first second is `readyAt`, its last one
    ///      `readyAt + LIFETIME`.
    function _requireExecutable(uint256 readyAt) internal view {
        if (block.timestamp < readyAt) revert Locked(readyAt, block.timestamp);
        if (_isExpired(readyAt)) revert Expired(readyAt + LIFETIME, block.timestamp);
    }

    function _isExpired(uint256 readyAt) internal view returns (bool) {
        return block.timestamp > readyAt + LIFETIME;
    }
}
