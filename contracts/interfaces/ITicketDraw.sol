// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ITicketDraw
 * @notice Draws the tickets whose votes count in a round (docs/b52.md §11): each round has a seed, from which the point
 *         follows at which tickets show their outputs, and a limit that the outputs must not exceed.
 * @dev Rounds are in groups of `SEED_ROUNDS`. When the first round of a group opens, the number of a block is fixed,
 *      `SEED_DELAY` blocks ahead. The `mixHash` of that block is the seed of the next group that begins after anybody
 *      sealed it; a group that begins before keeps the seed that is in use, and the block stays.
 */
interface ITicketDraw {
    /**
     * @notice Holds the state of the draw.
     * @param group Number of the group of the round that was opened last.
     * @param active Number of the tickets under the root.
     * @param isSealed True if the seed of the next group is known.
     * @param seedBlock Number of the block whose `mixHash` is the seed now; 0 before the first seed. Until then every
     *        ticket is elected.
     * @param nextBlock Number of the block whose `mixHash` is the seed of the next group; 0 before the first one is
     *        fixed.
     */
    struct DrawState {
        uint40 group; // slot 0
        uint8 active; // slot 0
        bool isSealed; // slot 0
        uint40 seedBlock; // slot 0
        uint40 nextBlock; // slot 0
    }

    /// @notice Logs the draw of a round that was opened; see `drawOf`.
    event RoundDrawn(uint256 indexed round, uint256 draw);

    /// @notice Logs the block whose `mixHash` will be the seed of the group after `group`.
    event SeedBlockFixed(uint256 indexed group, uint256 blockNumber);

    /// @notice Logs the seed of the group after the one at hand.
    event SeedSealed(uint256 indexed blockNumber, bytes32 mixHash);

    /// @notice Logs that a ticket has to wait for a seed of a block that is at least `SEED_DELAY` after `joinedAt`.
    event TicketWaits(uint256 indexed ticket, uint256 joinedAt);

    /// @notice Logs that a ticket that waited is under the root now.
    event TicketActivated(uint256 indexed ticket);

    /// @notice Rejects a ticket that does not wait.
    error TicketNotWaiting(uint256 ticket);

    /// @notice Rejects a key that is not the one with which the ticket joined.
    error WrongKey(uint256 ticket);

    /// @notice Rejects the activation of a ticket that joined less than `SEED_DELAY` blocks before that of the seed.
    error SeedTooOld(uint256 joinedAt, uint256 seedBlock);

    /// @notice Rejects a block that is not, or not yet, the one that was fixed; 0 if none was.
    error NotSeedBlock(uint256 blockNumber, uint256 nextBlock);

    /// @notice Rejects a header that is not the one of the fixed block.
    error WrongHeader(bytes32 computed, bytes32 expected);

    /// @notice Rejects a second seal.
    error AlreadySealed(uint256 nextBlock);

    /// @notice Rejects the opening of a round by a caller that is not the consensus.
    error NotConsensus(address caller);

    /**
     * @notice Puts a ticket under the root that joined at least `SEED_DELAY` blocks before that of the seed in use.
     *         Anyone may call.
     * @param keyX Affine x of the key with which it joined.
     * @param keyY Affine y of the key.
     */
    function activate(uint256 ticket, uint256 keyX, uint256 keyY) external;

    /// @notice Seals the seed of the next group, in the fixed block itself. Anyone may call.
    function seal() external;

    /**
     * @notice Seals the seed of the next group, after the fixed block. Anyone may call.
     * @param header RLP of the header of the fixed block, which must be one of the last 256, or, where EIP-2935 is
     *        active, of the last 8,191.
     */
    function sealByHeader(bytes calldata header) external;

    /**
     * @notice Opens a round. Only for the consensus.
     * @return votersRoot Poseidon hash of the root of the keys and of the draw of the round: `seed · 2^120 + limit`,
     *         where `seed` has 128 bits.
     */
    function openRound(uint256 round) external returns (uint256 votersRoot);

    /// @notice Returns the draw with which `openRound` would open a round now.
    function drawOf(uint256 round) external view returns (uint256 draw);

    /// @notice Returns the state of the draw.
    function drawState() external view returns (DrawState memory);

    /// @notice Returns the number of tickets that are elected in a round on average.
    function ELECTED_TICKETS() external view returns (uint8);

    /// @notice Returns the number of rounds in a group.
    function SEED_ROUNDS() external view returns (uint16);
}
