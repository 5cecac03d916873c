// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ICircuitSizes
 * @notice Sizes of the circuits whose keys a verifier has. Contracts compare them with those of their own keys when
 *         they are deployed: a verifier of another profile would accept proofs about other trees (`CircuitSizes`).
 */
interface ICircuitSizes {
    /// @notice Levels of the account tree, of arity 4, that the circuits prove about.
    function DEPTH() external view returns (uint256);

    /// @notice Levels of the subtree of an arrival, which has 4^LEVELS accounts.
    function LEVELS() external view returns (uint256);
}

/**
 * @title ILeafSizes
 * @notice Sizes of a verifier that has the key of the leaf circuit.
 */
interface ILeafSizes is ICircuitSizes {
    /// @notice Slots of a leaf.
    function SLOTS() external view returns (uint256);
}

/**
 * @title IMergeSizes
 * @notice Sizes of a verifier that has the keys of the leaf circuit and of the merge circuit.
 */
interface IMergeSizes is ILeafSizes {
    /// @notice Bits of a ticket's id: levels of the registry's tree.
    function TICKET_BITS() external view returns (uint256);

    /// @notice Bits of a node's number: levels of the tree of votes.
    function TREE_BITS() external view returns (uint256);
}
