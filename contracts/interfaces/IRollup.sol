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
 * @notice Holds the state root, the money, the forced queue and the exits of a rollup: its core. Only the consensus,
 *         which is fixed at deployment, may advance the state. There is no owner, no proxy and no setter.
 * @dev WARNING: The consensus is part of the trusted base. It must advance the state only by proven transitions whose
 *      forced operations passed `previewForced`.
 *      Invariants: INV-STATE-01, INV-STATE-02.
 */
interface IRollup is ICustody, IL2State, IForcedQueue, IExits, IEscapeHatch, IMigration {
    /**
     * @notice Sets the rules of the core at its deployment. They never change.
     * @param tokenFee Wei that the registration of a token burns.
     * @param forcedDeadline Seconds that a forced operation may wait until it is taken, at least 1.
     * @param escapeDelay Seconds that a forced operation may wait until it is executed, before anyone may freeze the
     *        rollup; more than `forcedDeadline`.
     * @param forcedFeeBase Wei for a forced operation while no operation waits.
     * @param forcedFeeStep Wei that each waiting operation adds. The widths keep every fee below 2^90.
     * @param enforcementVerifier `IBatchVerifier` of the circuits `escape` and `migration`.
     */
    struct CoreParameters {
        uint256 tokenFee;
        uint32 forcedDeadline;
        uint32 escapeDelay;
        uint64 forcedFeeBase;
        uint48 forcedFeeStep;
        address enforcementVerifier;
    }

    /// @notice Credits a fee to its recipient.
    /// @param amount Amount in the token's smallest unit; a payment of 0 is skipped.
    struct Payment {
        address recipient;
        uint16 token;
        uint256 amount;
    }

    /**
     * @notice Describes a step of the state: the effect of batches or of a block.
     * @param newStateRoot State root after the transition.
     * @param forcedCount Number of forced operations that it executes.
     * @param exitsRoot Root over its exits (`ExitNode`); zero if it has no exit.
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

    /// @notice Logs a new state. `executed` is the number of forced operations executed so far.
    event StateAdvanced(uint256 indexed stateRoot, uint256 executed);

    /// @notice Rejects a caller that is not the consensus.
    error NotConsensus(address caller);

    /// @notice Rejects a parameter out of its range.
    error InvalidParameter(string name, uint256 value);

    /**
     * @notice Accepts a proven transition.
     * @dev Requirements
     *      - The caller is the consensus.
     *      - The forced operations it executes were queued.
     *      - The rollup is not frozen, and no departure is due.
     *      Effects
     *      - The state root, the executed operations, the root of the exits and the credits are written. No money
     *        leaves the core.
     */
    function advance(Transition calldata transition) external;

    /// @notice Returns the contract that may advance the state: the one that deployed the core.
    function CONSENSUS() external view returns (address);
}
