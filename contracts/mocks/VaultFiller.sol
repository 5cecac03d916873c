// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { DelegatedStake } from "../elections/DelegatedStake.sol";

/// @title VaultFiller
/// @notice Takes many ids of a delegated stake: an attacker with many small vaults.
contract VaultFiller {
    DelegatedStake public immutable ELECTION;

    constructor(DelegatedStake election) {
        ELECTION = election;
        election.TOKEN().approve(address(election), type(uint256).max);
    }

    /// @notice Opens vaults for the ids `from … to`. The contract holds the tokens.
    function fill(uint256 from, uint256 to, uint96 stake) external {
        ELECTION.deposit((to - from + 1) * stake);
        for (uint256 id = from; id <= to; ++id) ELECTION.open(id, stake, 0);
    }
}
