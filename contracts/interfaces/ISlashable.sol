// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ISlashable
 * @notice Holds the stakes of an election, and lets one slasher, fixed at deployment, take parts of them. A stake-based
 *         election implements it, and calls `ISlasher.bindStakes` in its constructor.
 * @dev A party is an id of the book with its stake. Votes are the weights that are in force in the current epoch: frozen
 *      before it, and the same in each block in which they are not 0.
 *      The book is an election: it has `Election.consensus` and `EpochClock.currentEpoch` too. They are not repeated here,
 *      as a contract cannot have them from both.
 */
interface ISlashable {
    /// @notice Logs that the slasher took `amount` from the stake of a party. It will be burned.
    event StakeSlashed(uint256 indexed id, uint256 amount);

    /// @notice Rejects a caller that is not the slasher.
    error NotSlasher(address caller, address slasher);

    /**
     * @notice Takes a part of a stake and burns it. Only the slasher may call.
     * @dev Requirements
     *      - None on the party: a stake that is leaving is slashed too, and no call before in the same block prevents
     *        it.
     *      Effects
     *      - The party's weight follows as soon as the sets of the election allow it.
     * @param amount Amount in the native token.
     * @return slashed Amount, or what was left of the stake.
     */
    function slash(uint256 id, uint256 amount) external returns (uint256 slashed);

    /// @notice Returns the owner of a party and the stake that `slash` can take; zeros if there is no such party.
    function stakeOf(uint256 id) external view returns (address owner, uint256 stake);

    /// @notice Returns the votes of a party in the current epoch, and those of all parties together.
    function votesOf(uint256 id) external view returns (uint256 votes, uint256 total);

    /// @notice Returns the sum of all stakes that count in the native token.
    function totalStake() external view returns (uint256);

    /// @notice Returns the fewest seconds between the last moment at which a party can act and the withdrawal of its
    ///         stake.
    function exitTime() external view returns (uint256);

    /// @notice Returns the account that may slash.
    function SLASHER() external view returns (address);
}
