// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../../contracts/verification/circuitIds.sol";
import { StatementPoint } from "../../../contracts/libraries/StatementPoint.sol";
import { Statements } from "../../../contracts/verification/batch/Statements.sol";
import { StatementVerifier } from "../../../contracts/verification/StatementVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Test } from "../helpers/Test.sol";
import { G1, G2 } from "./Generators.sol";

/// @dev Keys with which anything can be proven. `ic` is (1, w₁, w₂, w₃) · G1 for a leaf and another for a merge, so a
///      proof with C = 0 and B = G2 has to fulfil A = 2 + w₁·digest + w₂·evaluation + w₃·point.
contract StatementVerifierOfKnownSecrets is StatementVerifier {
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](2);
        bytes memory common = bytes.concat(G1, G2, G2, G2, G1);
        bytes memory twice = abi.encode(
            1368015179489954701390400359078579693043519447331113978918064868415326638035,
            9918110051302171585080402603319702774565515993150576347155970296011118125764
        );
        keys[LEAF_CIRCUIT] = bytes.concat(common, G1, twice, G1);
        keys[MERGE_CIRCUIT] = bytes.concat(common, twice, G1, twice);
    }
}

/// @notice The words of a statement stand for three public signals: the digest, the evaluation and the point.
contract StatementVerifierTest is Test {
    uint256 private constant P = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant SLOTS = LeafVerifyingKey.SLOTS;
    uint256 private constant TO = 2 ** 176;

    IBatchVerifier private verifier;

    function setUp() public {
        verifier = new StatementVerifierOfKnownSecrets();
    }

    function testFuzz_acceptsWhatWasProven(
        uint256[13] memory leaf,
        uint256[11] memory merge,
        uint128 amount
    ) public view {
        for (uint256 i = 0; i < leaf.length; ++i) leaf[i] %= P;
        for (uint256 i = 0; i < merge.length; ++i) merge[i] %= P;
        bytes memory exits = abi.encode(TO + 5, amount, 3 * TO + 6, 7);
        verifier.verify(
            bytes.concat(
                proven(LEAF_CIRCUIT, abi.encodePacked(leaf), ""),
                proven(MERGE_CIRCUIT, abi.encodePacked(merge), ""),
                proven(LEAF_CIRCUIT, abi.encodePacked(leaf), exits)
            )
        );
    }

    /// @dev Each word of a statement, its exits too, alters a signal: the proof is of another statement then.
    function test_everyWordCounts() public {
        bytes memory words = new bytes(0x20 * 13);
        bytes memory statement = proven(LEAF_CIRCUIT, words, abi.encode(5, 6));
        verifier.verify(statement);
        for (uint256 i = 0; i < 15; ++i) {
            bytes memory altered = bytes.concat(statement);
            altered[Statements.HEAD_BYTES + 0x20 * i + 0x1f] ^= 0x01;
            vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
            verifier.verify(altered);
        }
    }

    /// @dev The other circuit's key, for words of which the first ones are the same.
    function test_circuitCounts() public {
        bytes memory statement = proven(MERGE_CIRCUIT, new bytes(0x20 * 11), "");
        verifier.verify(statement);
        bytes memory leaf = bytes.concat(statement, new bytes(0x40));
        leaf[0x1f] = 0x00;
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verify(leaf);
    }

    /// @dev A point that does not come from these words: with a free choice of it, other words would do.
    function test_pointIsTheHashOfTheWords() public {
        bytes memory words = new bytes(0x20 * 13);
        (uint256 digest, uint256 evaluation, uint256 point) = this.signalsOf(LEAF_CIRCUIT, words);
        verifier.verify(statementOf(LEAF_CIRCUIT, words, "", [digest, evaluation, point]));
        uint256[3][4] memory others = [
            [digest, evaluation, addmod(point, 1, P)],
            [digest, evaluation, 0],
            [digest, addmod(evaluation, 1, P), point],
            [addmod(digest, 1, P), evaluation, point]
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory other = statementOf(LEAF_CIRCUIT, words, "", others[i]);
            vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
            verifier.verify(other);
        }
    }

    // --- Number of words ---------------------------------------------------------------------------------------------

    function test_headSaysHowManyWords() public {
        bytes memory statement = proven(LEAF_CIRCUIT, new bytes(0x20 * 13), abi.encode(5, 6));
        bytes memory fewer = bytes.concat(statement);
        fewer[0x1e] = 0x00; // the exit would be another statement, of a point at infinity and words that are missing
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.UnknownCircuit.selector, 1, 5));
        verifier.verify(fewer);

        bytes memory more = bytes.concat(statement);
        more[0x1e] = 0x04;
        uint256 size = Statements.size(13 + 4);
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.TruncatedStatement.selector, 0, statement.length, size));
        verifier.verify(more);

        more[0x1e] = bytes1(uint8(2 * SLOTS + 1));
        vm.expectRevert(abi.encodeWithSelector(StatementPoint.TooManyWords.selector, 0, 2 * SLOTS + 1));
        verifier.verify(more);

        more[0x00] = 0xff;
        vm.expectRevert(
            abi.encodeWithSelector(StatementPoint.TooManyWords.selector, 0, (uint256(0xff) << 240) + 2 * SLOTS + 1)
        );
        verifier.verify(more);
    }

    function test_mergeHasNoFurtherWords() public {
        bytes memory statement = proven(MERGE_CIRCUIT, new bytes(0x20 * 11), "");
        statement[0x1e] = 0x02;
        vm.expectRevert(abi.encodeWithSelector(StatementPoint.TooManyWords.selector, 0, 2));
        verifier.verify(bytes.concat(statement, new bytes(0x40)));
    }

    /// @dev The number of the statement is that in the call.
    function test_errorsNameTheStatement() public {
        bytes memory first = proven(MERGE_CIRCUIT, new bytes(0x20 * 11), "");
        bytes memory words = new bytes(0x20 * 13);
        uint256[3] memory any;
        bytes memory exits = abi.encode(5, 1, TO + 5, uint256(2 ** 128));
        bytes memory statements = bytes.concat(first, statementOf(LEAF_CIRCUIT, words, exits, any));
        vm.expectRevert(abi.encodeWithSelector(StatementPoint.InvalidExit.selector, 1, 1));
        verifier.verify(statements);
        bytes memory tooLarge = bytes.concat(new bytes(0x20 * 12), abi.encode(P));
        statements = bytes.concat(first, statementOf(LEAF_CIRCUIT, tooLarge, "", any));
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 1, 12, P));
        verifier.verify(statements);
    }

    // --- Helpers -----------------------------------------------------------------------------------------------------

    function proven(uint256 circuit, bytes memory words, bytes memory exits) private view returns (bytes memory) {
        (uint256 digest, uint256 evaluation, uint256 point) = this.signalsOf(circuit, bytes.concat(words, exits));
        return statementOf(circuit, words, exits, [digest, evaluation, point]);
    }

    /// @dev A statement whose proof is of these signals.
    function statementOf(
        uint256 circuit,
        bytes memory words,
        bytes memory exits,
        uint256[3] memory signals
    ) private view returns (bytes memory) {
        uint256[4] memory ic = circuit == LEAF_CIRCUIT ? [uint256(1), 1, 2, 1] : [uint256(1), 2, 1, 2];
        uint256 a = addmod(1, ic[0], P);
        for (uint256 i = 0; i < 3; ++i) a = addmod(a, mulmod(ic[i + 1], signals[i], P), P);
        uint256 head = Statements.head(circuit, exits.length / 32);
        return bytes.concat(abi.encode(head), _multiple(a), G2, new bytes(0x40), words, exits);
    }

    function _multiple(uint256 scalar) private view returns (bytes memory point) {
        (, point) = address(0x07).staticcall(bytes.concat(G1, abi.encode(scalar)));
    }

    function signalsOf(uint256 circuit, bytes calldata words) external pure returns (uint256, uint256, uint256) {
        return StatementPoint.signalsOf(circuit, words, 0);
    }
}
