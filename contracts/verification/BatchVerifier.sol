// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import { IBatchVerifier, Statement } from "../interfaces/IBatchVerifier.sol";
import { BN254, G1Point, G2Point } from "../libraries/BN254.sol";
import { VerifyingKey } from "../types/VerifyingKey.sol";

/**
 * @title BatchVerifier
 * @notice Groth16 verification of many proofs of several circuits in one pairing check. A concrete verifier names the keys.
 * @dev A proof (A, B, C) of the inputs x is valid iff e(A, B) = e(α, β) · e(vkₓ, γ) · e(C, δ), where vkₓ = IC₀ + Σⱼ xⱼ·ICⱼ. As the
 *      keys come from one phase 1, α, β and γ are common, and with random rᵢ all equations are checked by
 *
 *        Π e(−rᵢAᵢ, Bᵢ) · e(Σ rᵢ·α, β) · e(Σ rᵢ·vkₓᵢ, γ) · Π_circuit e(Σ rᵢCᵢ, δ_circuit) = 1.
 *
 *      Inputs are summed as scalars before the curve is touched, per circuit: a further one costs no curve operation.
 *
 *      Soundness. Let Dᵢ be the right side of equation i divided by its left side, in the group of prime order p; the check says
 *      Π Dᵢ^rᵢ = 1. If some Dᵢ ≠ 1, then for any choice of the other r at most one value of rᵢ fulfils it. rᵢ has 2^128 values
 *      and is a hash of every circuit id, proof word and input of the call, and of the keys: so changing anything draws all
 *      of them anew, and each attempt passes with probability at most 2^-128. Neither rᵢ = 0, nor one proof given twice, nor
 *      a point at infinity is a special case.
 *
 *      Points. `ecMul` rejects an A or C, and the pairing a B, that is not a point of its group or has a coordinate that is not
 *      below the base field's prime (see `BN254`); the points of the keys are constants.
 *
 *      What a caller has to know. Anyone can turn a valid proof into others of the same statement: proofs are malleable, the
 *      statement is not. So a proof must never serve as an identifier, and what must not be taken from its maker has to be
 *      among the inputs. A call with an invalid point consumes nearly all the gas it was given.
 */
abstract contract BatchVerifier is IBatchVerifier {
    // ─── Types ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev What the statements of one circuit add up to.
    struct Sum {
        uint256[] scalars; // Σ rᵢ, then Σ rᵢ·xᵢⱼ for each input j, mod p: the factors of the key's `ic`
        G1Point c; // Σ rᵢCᵢ
    }

    // ─── Constants ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Pairs beside those of the proofs and circuits: (Σ rᵢ·α, β) and (Σ rᵢ·vkₓᵢ, γ).
    uint256 private constant COMMON_PAIRS = 2;

    // ─── Constructor ────────────────────────────────────────────────────────────────────────────────────────────────────

    constructor() {
        VerifyingKey[] memory keys = _verifyingKeys();
        for (uint256 circuit = 1; circuit < keys.length; ++circuit) {
            if (_phase1Of(keys[circuit]) != _phase1Of(keys[0])) revert KeyOfAnotherSetup(circuit);
        }
    }

    // ─── External ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBatchVerifier
    function verify(Statement[] calldata statements) external view {
        if (statements.length == 0) revert NoStatements();

        VerifyingKey[] memory keys = _verifyingKeys();
        Sum[] memory sums = _emptySums(keys);
        bytes memory pairs = BN254.allocatePairs(statements.length + COMMON_PAIRS + keys.length);
        bytes32 transcript = _transcript(keys);

        for (uint256 i = 0; i < statements.length; ++i) {
            Statement calldata statement = statements[i];
            if (statement.circuit >= keys.length) revert UnknownCircuit(i, statement.circuit);
            Sum memory sum = sums[statement.circuit];
            uint256 r = uint128(uint256(Hashes.efficientKeccak256(transcript, bytes32(i))));

            _addInputs(sum.scalars, i, statement.inputs, r);
            BN254.setPair(pairs, i, _negatedA(i, statement.proof, r), _b(statement.proof));
            if (!BN254.mulAdd(sum.c, statement.proof[6], statement.proof[7], r)) revert InvalidPoint(i, 6);
        }

        uint256 pairCount = _setKeyPairs(pairs, statements.length, keys, sums);
        (bool areValid, bool isOne) = BN254.pairing(pairs, pairCount);
        if (!areValid) revert InvalidG2Point();
        if (!isOne) revert ProofsRejected();
    }

    // ─── Internal ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The keys of all circuits, by the circuits' ids. At least one, and all from one phase 1.
    function _verifyingKeys() internal pure virtual returns (VerifyingKey[] memory);

    // ─── Private ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function _emptySums(VerifyingKey[] memory keys) private pure returns (Sum[] memory sums) {
        sums = new Sum[](keys.length);
        for (uint256 circuit = 0; circuit < keys.length; ++circuit) {
            sums[circuit].scalars = new uint256[](keys[circuit].ic.length);
        }
    }

    /// @dev Binds all statements, since `verify` is external and has no other source than its calldata, and all keys.
    function _transcript(VerifyingKey[] memory keys) private pure returns (bytes32 transcript) {
        transcript = keccak256(msg.data);
        for (uint256 circuit = 0; circuit < keys.length; ++circuit) {
            transcript = Hashes.efficientKeccak256(transcript, keys[circuit].digest);
        }
    }

    /// @dev scalars += r · (1, inputs), after checking the inputs of statement `i`.
    function _addInputs(uint256[] memory scalars, uint256 i, uint256[] calldata inputs, uint256 r) private pure {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 count = scalars.length - 1;
        if (inputs.length != count) revert WrongInputCount(i, inputs.length, count);
        scalars[0] = addmod(scalars[0], r, p);
        for (uint256 j = 0; j < count; ++j) {
            uint256 input = inputs[j];
            if (input >= p) revert InputNotInField(i, j, input);
            scalars[j + 1] = addmod(scalars[j + 1], mulmod(r, input, p), p);
        }
    }

    /// @dev −rA of statement `i`. The other side of the equation would do as well, but this needs one negation for each proof only.
    function _negatedA(uint256 i, uint256[8] calldata proof, uint256 r) private view returns (G1Point memory) {
        (bool isValid, G1Point memory a) = BN254.mul(proof[0], proof[1], BN254.SCALAR_FIELD - r);
        if (!isValid) revert InvalidPoint(i, 0);
        return a;
    }

    function _b(uint256[8] calldata proof) private pure returns (G2Point memory) {
        return G2Point(proof[2], proof[3], proof[4], proof[5]);
    }

    /// @dev Appends the pairs with the keys' points to the `count` pairs that are there. Returns the number of all pairs.
    function _setKeyPairs(
        bytes memory pairs,
        uint256 count,
        VerifyingKey[] memory keys,
        Sum[] memory sums
    ) private view returns (uint256) {
        G1Point memory alpha; // Σ rᵢ·α
        G1Point memory vkX; // Σ rᵢ·vkₓᵢ
        for (uint256 circuit = 0; circuit < keys.length; ++circuit) {
            uint256[] memory scalars = sums[circuit].scalars;
            // The sum of all rᵢ: it is zero if no statement is of this circuit, and then all terms of the circuit vanish.
            if (scalars[0] == 0) continue;
            VerifyingKey memory key = keys[circuit];
            _mulAddKeyPoint(alpha, key.alpha, scalars[0]);
            for (uint256 j = 0; j < scalars.length; ++j) {
                _mulAddKeyPoint(vkX, key.ic[j], scalars[j]);
            }
            BN254.setPair(pairs, count++, sums[circuit].c, key.delta);
        }
        BN254.setPair(pairs, count++, alpha, keys[0].beta);
        BN254.setPair(pairs, count++, vkX, keys[0].gamma);
        return count;
    }

    function _mulAddKeyPoint(G1Point memory sum, G1Point memory point, uint256 scalar) private view {
        if (!BN254.mulAdd(sum, point.x, point.y, scalar)) revert InvalidKeyPoint();
    }

    function _phase1Of(VerifyingKey memory key) private pure returns (bytes32) {
        return keccak256(abi.encode(key.alpha, key.beta, key.gamma));
    }
}
