// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { DelegatedStake } from "../../../contracts/elections/DelegatedStake.sol";
import { IDelegatedStake } from "../../../contracts/interfaces/IDelegatedStake.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { SeatsUnderPoe } from "./SeatsUnderPoe.sol";

/// @notice Runs Proof of Efficiency under delegated stake.
contract DelegatedStakeTest is SeatsUnderPoe {
    function createElection() internal override returns (ISelector) {
        bytes memory arguments = abi.encode(slotParameters(), seatParameters(), IDelegatedStake.VaultParameters(10));
        return ISelector(Deploy.create("DelegatedStake.sol:DelegatedStake", arguments));
    }

    function stakeFor(address account) internal override {
        vm.prank(account);
        DelegatedStake(address(election)).open(1, STAKE, 1_000);
    }
}
