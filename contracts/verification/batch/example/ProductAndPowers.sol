// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../IBatchVerifier.sol";

/**
 * @title ProductAndPowers
 * @notice Uses a batch verifier: accepts a product modulo the order of the field, and the powers of a number, from a
 *         caller who knows the factors and the number.
 * @dev An example. Each of the two proofs is of another circuit, and one pairing check verifies both.
 */
contract ProductAndPowers {
    /// @notice Rejects a proof whose `scale` is not the caller's address.
    error NotMadeForCaller(uint256 scale, address caller);

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Ids of the circuits in `ProductAndPowersVerifier`.
    uint256 private constant PRODUCT = 0;
    uint256 private constant POWERS = 1;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the verifier of both circuits.
    IBatchVerifier public immutable VERIFIER;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns how many products were accepted.
    uint256 public accepted;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(IBatchVerifier verifier) {
        VERIFIER = verifier;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Accepts a product. Reverts unless both proofs are valid.
     * @param productProof Proof of the circuit "product", as eight words (`Statements`).
     * @param product Public output of that circuit: factor · cofactor · scale, modulo the order of the field.
     * @param scale Public input of that circuit. Here it is the caller's address, so that the proof is of use to this
     *        caller only.
     * @param powersProof Proof of the circuit "powers".
     * @param powers Public outputs of that circuit: base², base³, …, base¹⁴.
     */
    function accept(
        uint256[8] calldata productProof,
        uint256 product,
        uint256 scale,
        uint256[8] calldata powersProof,
        uint256[13] calldata powers
    ) external {
        // Check: the proof was made for the caller. Anyone can change a valid proof into another one of its statement.
        if (scale != uint160(msg.sender)) revert NotMadeForCaller(scale, msg.sender);
        // Check: both proofs are valid. `abi.encode` of numbers and fixed arrays gives the form of statements.
        VERIFIER.verify(abi.encode(PRODUCT, productProof, product, scale, POWERS, powersProof, powers));
        // Effect.
        accepted += 1;
    }
}
