// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { PoeModel } from "./PoeModel.sol";

/// @notice Two sequencers and two aggregators with money.
abstract contract PoeTest is PoeModel {
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal dave = makeAddr("dave");

    function setUp() public virtual {
        deploy(ISelector(address(0)));
        fund(alice, 10_000_000 ether);
        fund(bob, 10_000_000 ether);
    }

    /// @dev Accumulators, counters and times of all batches still in the ring are those of the model.
    function expectModel() internal view {
        assertEq(poe.sequencedBatches(), postedCount);
        assertEq(poe.pendingLeaves(), leavesFrom(poe.verifiedBatches() + 1), "leaves");
        (bytes27 accumulator, uint256 time) = poe.batchEntry(postedCount);
        assertEq(bytes32(accumulator), bytes32(bytes27(posted[postedCount].accumulator)), "accumulator");
        assertEq(time, this.clock(), "time");
    }
}
