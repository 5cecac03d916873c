// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { StakeRotation } from "../../../contracts/elections/StakeRotation.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { IStakeRotation } from "../../../contracts/interfaces/IStakeRotation.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { SeatsUnderPoe } from "./SeatsUnderPoe.sol";

/// @notice Runs Proof of Efficiency under rotation by stake.
contract StakeRotationTest is SeatsUnderPoe {
    function createElection() internal override returns (ISelector) {
        IStakeRotation.RotationParameters memory params = IStakeRotation.RotationParameters(2_000, 200);
        bytes memory arguments = abi.encode(slotParameters(), seatParameters(), params);
        return ISelector(Deploy.create("StakeRotation.sol:StakeRotation", arguments));
    }

    function stakeFor(address account) internal override {
        vm.prank(account);
        StakeRotation(address(election)).join(1, STAKE);
    }
}
