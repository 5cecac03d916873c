// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IExits
 * @notice Pays what left L2, once for each (batch, leaf, slot).
 * @dev A proven leaf has a binary Poseidon tree of exits over its slots (docs/protocol.md §5.3). A transition stores one keccak
 *      root over the nodes `keccak256(abi.encode(batch, leaf, exitsRoot))` of its leaves that have exits.
 *      Invariants: INV-EXIT-01, INV-EXIT-02.
 */
interface IExits {
    /**
     * A leaf that has exits.
     * @param batch Number of the batch or height of the block.
     * @param leaf Position in it.
     */
    struct LeafExits {
        uint64 batch;
        uint32 leaf;
        uint256 exitsRoot;
    }

    /**
     * @param slot Position in the leaf.
     * @param amount In the token's smallest unit.
     * @param exitPath Siblings from the exit up to `exitsRoot`.
     * @param settlementPath Siblings from the leaf's node up to the stored root.
     */
    struct ExitClaim {
        uint64 batch;
        uint32 leaf;
        uint16 slot;
        uint16 token;
        address recipient;
        uint128 amount;
        uint256 exitsRoot;
        uint256[] exitPath;
        bytes32[] settlementPath;
    }

    /// @notice A transition with exits was accepted. `root` is the keccak root over `exits`.
    event ExitsSettled(bytes32 indexed root, LeafExits[] exits);

    /// @notice An exit was paid.
    event ExitClaimed(
        uint64 indexed batch,
        uint256 position,
        address indexed recipient,
        uint16 indexed token,
        uint256 amount
    );

    /// @notice A leaf has only `slots` slots.
    error SlotOutOfRange(uint256 slot, uint256 slots);

    /// @notice The Poseidon path has another length than the exits tree.
    error WrongPathLength(uint256 length, uint256 expected);

    /// @notice The exit was paid before.
    error ExitAlreadyClaimed(uint256 batch, uint256 leaf, uint256 slot);

    /// @notice The settlement path leads to a root that was never stored.
    error ExitsNotSettled(bytes32 root);

    /// @notice The Poseidon path leads to another root than that of the leaf.
    error WrongExitsRoot(uint256 computed, uint256 expected);

    /**
     * @notice Pays an exit to its recipient. Anyone may call.
     * @dev Requirements
     *      - The leaf was settled, the exit is in it, and was not claimed.
     *      Effects
     *      - It is marked as claimed before money moves. A recipient that cannot receive fails this call and no other.
     */
    function claim(ExitClaim calldata exit) external;

    /// @notice Whether the exit of this slot was paid.
    function isClaimed(uint64 batch, uint32 leaf, uint16 slot) external view returns (bool);

    /// @notice Whether a transition stored this root.
    function isSettled(bytes32 root) external view returns (bool);

    /// @notice Slots of a leaf, a power of two.
    function SLOTS() external view returns (uint256);
}
