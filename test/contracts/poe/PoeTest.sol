// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { ExitsModel } from "../rollup/ExitsModel.sol";
import { PoeJointModel } from "./PoeJointModel.sol";

/// @notice Two sequencers and two aggregators with money.
abstract contract PoeTest is PoeJointModel, ExitsModel {
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

    /// @param slot Counted from the first one of the leaf.
    function addExit(
        uint256 batch,
        uint256 leaf,
        uint256 slot,
        address recipient,
        uint16 tokenId,
        uint128 amount
    ) internal {
        uint256[2] memory words = entry(slot, recipient, tokenId, amount);
        effects[batch][leaf].exits.push(words[0]);
        effects[batch][leaf].exits.push(words[1]);
    }

    // ─── Joint proofs ────────────────────────────────────────────────────────────────────────────────────────────────

    function verifyJointly(address aggregator, uint256 from, uint256 to) internal {
        (IProofOfEfficiency.JointBatch[] memory batches, uint256 root, bytes memory proof) = proveJointly(
            aggregator,
            from,
            to
        );
        vm.prank(aggregator);
        poe.verifyJointly(from, batches, root, proof);
    }
}
