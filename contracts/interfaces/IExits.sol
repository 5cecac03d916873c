// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IExits
 * @notice Pays what left L2, each exit once.
 * @dev Exits are shown to L1 when their transition is proven. Each has a number, counted over all transitions from 0. A
 *      transition with exits is one leaf of an append-only tree, of which L1 keeps a bounded number of nodes
 *      (docs/protocol.md §5.3). Example: transition 4 has three exits, and 20 were settled before it; they have the numbers
 *      20, 21 and 22, `settlement` is the number of transitions with exits before it, and `first` is 20.
 *      Invariants: INV-EXIT-01, INV-EXIT-02.
 */
interface IExits {
    /**
     * @param settlement Number of the transition among those with exits, from 0.
     * @param first Number of its first exit.
     * @param index Of the exit in its transition, from 0: its number is `first + index`.
     * @param amount In the token's smallest unit.
     * @param exitPath Siblings from the exit up to the transition's root, a commutative keccak tree.
     * @param settlementPath Siblings from the transition up to a node that is kept, see `SettlementTree`.
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

    /// @notice A transition with `count` exits was accepted; `root` is the keccak root over them.
    event ExitsSettled(uint256 indexed settlement, uint256 first, uint256 count, bytes32 root);

    /// @notice An exit was paid.
    event ExitClaimed(uint256 indexed number, address indexed recipient, uint16 indexed token, uint256 amount);

    /// @notice The exit was paid before.
    error ExitAlreadyClaimed(uint256 number);

    /// @notice The transition with this root over its exits is not the one that was settled, or the path does not lead to
    ///         a node that is kept.
    error ExitNotSettled(uint256 number, uint256 settlement, bytes32 root);

    /**
     * @notice Pays an exit to its recipient. Anyone may call.
     * @dev Requirements
     *      - The transition was settled, the exit is in it, and was not claimed.
     *      Effects
     *      - It is marked as claimed before money moves. A recipient that cannot receive fails this call and no other.
     */
    function claim(ExitClaim calldata exit) external;

    /// @notice Whether the exit with this number was paid.
    function isClaimed(uint256 number) external view returns (bool);

    /// @notice Numbers of transitions with exits and of exits, settled so far.
    function settledExits() external view returns (uint256 settlements, uint256 exits);

    /// @notice Slots of a leaf, a power of two.
    function SLOTS() external view returns (uint256);
}
