// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IExits
 * @notice Pays the exits from L2, each once.
 * @dev A caller shows the exits of a transition to L1 when it proves the transition. Each exit has a number, counted
 *      over all transitions from 0. A transition with exits is one leaf of an append-only tree, of which L1 keeps a
 *      bounded number of nodes (docs/protocol.md §10). Example: transition 4 has three exits, and 20 exits were settled
 *      before it. They have the numbers 20, 21 and 22; `first` is 20, and `settlement` is the number of earlier
 *      transitions with exits.
 *      Invariants: INV-EXIT-01, INV-EXIT-02.
 */
interface IExits {
    /**
     * @notice Names an exit, and proves that it was settled.
     * @param settlement Number of the transition among the transitions with exits, from 0.
     * @param first Number of its first exit.
     * @param index Position of the exit in its transition, from 0. The exit's number is `first + index`.
     * @param token Id of the token.
     * @param recipient Account that is paid.
     * @param amount Amount in the token's smallest unit.
     * @param exitPath Siblings from the exit up to the transition's root, a commutative keccak tree.
     * @param settlementPath Siblings from the transition up to a kept node, see `SettlementTree`.
     */
    struct ExitClaim {
        uint64 settlement;
        uint64 first;
        uint32 index;
        uint16 token;
        address recipient;
        uint128 amount;
        bytes32[] exitPath;
        bytes32[] settlementPath;
    }

    /// @notice Logs a transition with `count` exits; `root` is the keccak root over them.
    event ExitsSettled(uint256 indexed settlement, uint256 first, uint256 count, bytes32 root);

    /// @notice Logs the payment of an exit.
    event ExitClaimed(uint256 indexed number, address indexed recipient, uint16 indexed token, uint256 amount);

    /// @notice Rejects a second claim of an exit.
    error ExitAlreadyClaimed(uint256 number);

    /// @notice Rejects an exit whose transition was not settled with this root over its exits, or whose path does not
    ///         lead to a kept node.
    error ExitNotSettled(uint256 number, uint256 settlement, bytes32 root);

    /**
     * @notice Pays an exit to its recipient. Anyone may call.
     * @dev Requirements
     *      - The transition was settled, the exit is in it, and the exit was not claimed.
     *      Effects
     *      - The exit is marked as claimed before money moves. If a recipient cannot receive, only this call fails.
     */
    function claim(ExitClaim calldata exit) external;

    /// @notice Returns whether the exit with this number was paid.
    function isClaimed(uint256 number) external view returns (bool);

    /// @notice Returns the numbers of settled transitions with exits, and of settled exits.
    function settledExits() external view returns (uint256 settlements, uint256 exits);

    /// @notice Returns the slots of a leaf, a power of two.
    function SLOTS() external view returns (uint256);
}
