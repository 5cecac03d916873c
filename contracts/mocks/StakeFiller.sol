// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { StakeRotation } from "../elections/StakeRotation.sol";

/// @title StakeFiller
/// @notice Takes many ids of a stake rotation: an attacker with many small identities.
contract StakeFiller {
    StakeRotation public immutable ELECTION;

    constructor(StakeRotation election) {
        ELECTION = election;
        election.TOKEN().approve(address(election), type(uint256).max);
    }

    /// @notice Stakes for the ids `from … to`. The contract holds the tokens.
    function fill(uint256 from, uint256 to, uint96 stake) external {
        ELECTION.deposit((to - from + 1) * stake);
        for (uint256 id = from; id <= to; ++id) ELECTION.join(id, stake);
    }
}
