// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "./ICustody.sol";
import { IExits } from "./IExits.sol";
import { IForcedQueue } from "./IForcedQueue.sol";

/**
 * @title IRollup
 * @notice The core: holds the state root, the money, the forced queue and the exits. Its consensus, fixed at deployment, alone
 *         may advance it. No owner, no proxy, no setter.
 * @dev The consensus is part of the trusted base: that a transition was proven, and that its forced operations passed
 *      `previewForced`, is its duty.
 *      Invariants: INV-STATE-01, INV-STATE-02.
 */
interface IRollup is ICustody, IForcedQueue, IExits {
    /**
     * @param genesisStateRoot Root of the empty state.
     * @param slots Slots of a leaf proof, a power of two.
     * @param tokenFee Wei burned for registering a token.
     * @param forcedDeadline Seconds that a forced operation may wait, at least 1.
     * @param forcedFeeBase Wei for a forced operation if none is waiting.
     * @param forcedFeeStep Wei that each waiting operation adds. The widths keep every fee below 2^90.
     */
    struct Parameters {
        uint256 genesisStateRoot;
        uint256 slots;
        uint256 tokenFee;
        uint32 forcedDeadline;
        uint64 forcedFeeBase;
        uint48 forcedFeeStep;
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
     * @param exits Leaves that have exits.
     * @param payments Fees that left L2 and fees of forced operations.
     */
    struct Transition {
        uint256 newStateRoot;
        uint256 forcedCount;
        LeafExits[] exits;
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
     *      Effects
     *      - The state root, the executed operations, the root of the exits and the credits are written; nothing is paid out.
     */
    function advance(Transition calldata transition) external;

    /// @notice Root of the last proven state.
    function stateRoot() external view returns (uint256);

    /// @notice The contract that may advance the state: the one that deployed this.
    function CONSENSUS() external view returns (address);

    /// @notice What ties signatures and proofs to this chain and this rollup, below 2^248 (docs/protocol.md §3).
    function DOMAIN() external view returns (uint256);
}
