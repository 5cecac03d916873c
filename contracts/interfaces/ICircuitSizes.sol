// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ICircuitSizes
 * @notice Returns the sizes of the circuits whose keys a verifier has. Contracts compare them with the sizes of their
 *         own keys at deployment: a verifier of another profile would accept proofs about other trees (`CircuitSizes`).
 */
interface ICircuitSizes {
    /// @notice Returns the levels of the account tree, of arity 4, that the circuits prove about.
    function DEPTH() external view returns (uint256);

    /// @notice Returns the levels of the subtree of an arrival, which has 4^LEVELS accounts.
    function LEVELS() external view returns (uint256);
}

/**
 * @title ILeafSizes
 * @notice Returns the sizes of a verifier that has the key of the leaf circuit.
 */
interface ILeafSizes is ICircuitSizes {
    /// @notice Returns the slots of a leaf.
    function SLOTS() external view returns (uint256);
}

/**
 * @title IMergeSizes
 * @notice Returns the sizes of a verifier that has the keys of the leaf circuit and of the merge circuit.
 */
interface IMergeSizes is ILeafSizes {
    /// @notice Returns the bits of a ticket's id: the levels of the registry's tree.
    function TICKET_BITS() external view returns (uint256);

    /// @notice Returns the bits of a node's number: the levels of the tree of votes.
    function TREE_BITS() external view returns (uint256);

    /// @notice Returns 1 if the merge circuit counts votes of elected tickets alone (docs/b52.md §11), else 0.
    function DRAWS() external view returns (uint256);
}
