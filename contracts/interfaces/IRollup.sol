// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "./ICustody.sol";
import { IEscapeHatch } from "./IEscapeHatch.sol";
import { IExits } from "./IExits.sol";
import { IForcedQueue } from "./IForcedQueue.sol";
import { IL2State } from "./IL2State.sol";
import { IMigration } from "./IMigration.sol";

/**
 * @title IRollup
 * @notice The core: holds the state root, the money, the forced queue and the exits. Its consensus, fixed at
 *         deployment, alone may advance it. No owner, no proxy, no setter.
 * @dev The consensus is part of the trusted base: that a transition was proven, and that its forced operations passed
 *      `previewForced`, is its duty.
 *      Invariants: INV-STATE-01, INV-STATE-02.
 */
interface IRollup is ICustody, IL2State, IForcedQueue, IExits, IEscapeHatch, IMigration {
    /**
     * What whoever deploys a rollup chooses of the core.
     * @param tokenFee Wei burned for registering a token.
     * @param forcedDeadline Seconds that a forced operation may wait until it is taken, at least 1.
     * @param escapeDelay Seconds that it may wait until it is executed, before anyone may freeze the rollup; more than
     *        `forcedDeadline`.
     * @param forcedFeeBase Wei for a forced operation if none is waiting.
     * @param forcedFeeStep Wei that each waiting operation adds. The widths keep every fee below 2^90.
     * @param enforcementVerifier The `IBatchVerifier` of the circuits `escape` and `migration`.
     */
    struct CoreParameters {
        uint256 tokenFee;
        uint32 forcedDeadline;
        uint32 escapeDelay;
        uint64 forcedFeeBase;
        uint48 forcedFeeStep;
        address enforcementVerifier;
    }

    /// @param amount In the token's smallest unit; a payment of 0 is skipped.
    struct Payment {
        address recipient;
        uint16 token;
        uint256 amount;
    }

    /**
     * @param newStateRoot State after the transition.
     * @param forcedCount Number of forced operations that it executes.
     * @param exitsRoot Root over its exits (`ExitNode`), zero if there are none.
     * @param exitCount Number of its exits.
     * @param payments Fees that left L2 and fees of forced operations.
     */
    struct Transition {
        uint256 newStateRoot;
        uint256 forcedCount;
        bytes32 exitsRoot;
        uint256 exitCount;
        Payment[] payments;
    }

    /// @notice The state advanced. `executed` is the number of forced operations executed so far.
    event StateAdvanced(uint256 indexed stateRoot, uint256 executed);

    /// @notice The caller is not the consensus.
    error NotConsensus(address caller);

    /// @notice A parameter is out of its range.
    error InvalidParameter(string name, uint256 value);

    /**
     * @notice Accepts a proven transition.
     * @dev Requirements
     *      - The caller is the consensus.
     *      - The forced operations it executes were queued.
     *      - The rollup is not frozen, and no departure is due.
     *      Effects
     *      - The state root, the executed operations, the root of the exits and the credits are written; nothing is
     *        paid out.
     */
    function advance(Transition calldata transition) external;

    /// @notice The contract that may advance the state: the one that deployed this.
    function CONSENSUS() external view returns (address);
}
