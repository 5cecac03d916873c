// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { PerformanceRotation } from "../../../contracts/elections/PerformanceRotation.sol";
import { IPerformanceRotation } from "../../../contracts/interfaces/IPerformanceRotation.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { IStakeRotation } from "../../../contracts/interfaces/IStakeRotation.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { SeatsUnderPoe } from "./SeatsUnderPoe.sol";

/// @notice Runs Proof of Efficiency under rotation by performance.
contract PerformanceRotationTest is SeatsUnderPoe {
    uint96 private constant FEE_FLOOR = 1e9;

    function createElection() internal override returns (ISelector) {
        IStakeRotation.RotationParameters memory rotation = IStakeRotation.RotationParameters(2_000, 200);
        IPerformanceRotation.PerformanceParameters memory params = IPerformanceRotation.PerformanceParameters({
            window: 16,
            evidenceSlots: 4,
            feeFloor: FEE_FLOOR
        });
        bytes memory arguments = abi.encode(slotParameters(), seatParameters(), rotation, params);
        return ISelector(Deploy.create("PerformanceRotation.sol:PerformanceRotation", arguments));
    }

    function stakeFor(address account) internal override {
        vm.prank(account);
        PerformanceRotation(address(election)).join(1, STAKE);
    }

    /// @dev The record of a real batch, proven by another account, is evidence.
    function test_underPoe_aProvenBatchRaisesTheScore() public {
        elect(alice, bob);
        PerformanceRotation rotation = PerformanceRotation(address(election));
        uint256 slot = rotation.currentSlot();
        sequence(alice, inputOf(1, 1));
        assertGe(posted[1].record.fee, FEE_FLOOR);
        wait(BLOCK_TIME);
        verify(bob, 1, 1);
        rotation.creditSlot(slot, 1, 1, posted[1].record, posted[1].openings);
        assertEq(rotation.scoreOf(1), 625);
    }
}
