// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../../contracts/verification/circuitIds.sol";
import { StatementPoint } from "../../../contracts/libraries/StatementPoint.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Test } from "../helpers/Test.sol";
import { StatementModel } from "./StatementModel.sol";

contract StatementPointTest is Test, StatementModel {
    uint256 private constant SLOTS = LeafVerifyingKey.SLOTS;

    // --- Number of words ---------------------------------------------------------------------------------------------

    function test_wordCount() public {
        assertEq(this.wordCount(LEAF_CIRCUIT, 0, 0), LEAF_WORDS);
        assertEq(this.wordCount(LEAF_CIRCUIT, 2 * SLOTS, 0), LEAF_WORDS + 2 * SLOTS);
        assertEq(this.wordCount(MERGE_CIRCUIT, 0, 0), MERGE_WORDS);
    }

    /// @dev The largest number that a head can hold does not wrap.
    function test_wordCount_isBounded() public {
        uint256[3] memory tooMany = [2 * SLOTS + 1, type(uint64).max, type(uint256).max >> 8];
        for (uint256 i = 0; i < tooMany.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(StatementPoint.TooManyWords.selector, 7, tooMany[i]));
            this.wordCount(LEAF_CIRCUIT, tooMany[i], 7);
            vm.expectRevert(abi.encodeWithSelector(StatementPoint.TooManyWords.selector, 7, tooMany[i]));
            this.wordCount(MERGE_CIRCUIT, tooMany[i], 7);
        }
        vm.expectRevert(abi.encodeWithSelector(StatementPoint.TooManyWords.selector, 7, 1));
        this.wordCount(MERGE_CIRCUIT, 1, 7);
    }

    // --- Signals -----------------------------------------------------------------------------------------------------

    function testFuzz_merge(uint256[11] memory words) public view {
        for (uint256 i = 0; i < words.length; ++i) words[i] %= P;
        bytes memory statement = abi.encodePacked(words);
        (uint256 digest, uint256 evaluation, uint256 point) = this.signalsOf(MERGE_CIRCUIT, statement, 0);
        assertEq(digest, words[0]);
        assertEq(point, uint256(keccak256(statement)) % P);
        (uint256 expected, ) = evaluate(statement, point);
        assertEq(evaluation, expected);
    }

    /// @dev Of a leaf the words of slots without an exit are zeros, which L1 is not shown.
    function testFuzz_leaf(uint256[13] memory words, uint256 slots, uint256 seed) public view {
        for (uint256 i = 0; i < words.length; ++i) words[i] %= P;
        bytes memory shown = abi.encodePacked(words);
        bytes memory whole = shown;
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            if ((slots >> slot) & 1 == 0) {
                whole = bytes.concat(whole, new bytes(64));
                continue;
            }
            uint256 to = uint256(keccak256(abi.encode(seed, slot, "to"))) % TO;
            uint256 amount = uint128(uint256(keccak256(abi.encode(seed, slot, "amount"))));
            shown = bytes.concat(shown, abi.encode(to + slot * TO, amount));
            whole = bytes.concat(whole, abi.encode(to, amount));
        }
        (uint256 digest, uint256 evaluation, uint256 point) = this.signalsOf(LEAF_CIRCUIT, shown, 0);
        assertEq(digest, words[5]);
        assertEq(point, uint256(keccak256(shown)) % P);
        (uint256 expected, ) = evaluate(whole, point);
        assertEq(evaluation, expected);
    }

    /// @dev Statement, position and word are named, also if it is the last one or the first.
    function test_wordsAreInTheField() public {
        for (uint256 circuit = LEAF_CIRCUIT; circuit <= MERGE_CIRCUIT; ++circuit) {
            uint256 count = circuit == LEAF_CIRCUIT ? LEAF_WORDS : MERGE_WORDS;
            for (uint256 i = 0; i < count; ++i) {
                uint256[] memory words = new uint256[](count);
                words[i] = P - 1;
                this.signalsOf(circuit, abi.encodePacked(words), 3);
                words[i] = P;
                vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 3, i, P));
                this.signalsOf(circuit, abi.encodePacked(words), 3);
                words[i] = type(uint256).max;
                vm.expectRevert(
                    abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 3, i, type(uint256).max)
                );
                this.signalsOf(circuit, abi.encodePacked(words), 3);
            }
        }
    }

    // --- Exits: one encoding -----------------------------------------------------------------------------------------

    function test_exits_slotsAscend() public {
        assertTaken(abi.encode(TO + 5, 1, 2 * TO + 5, 1));
        assertRefused(abi.encode(2 * TO + 5, 1, TO + 5, 1), 0);
        assertRefused(abi.encode(TO + 5, 1, TO + 6, 1), 0); // two in one slot
        assertRefused(abi.encode(5, 1, 2 * TO + 5, 1, TO + 5, 1), 1);
    }

    function test_exits_areInTheLeaf() public {
        assertTaken(abi.encode((SLOTS - 1) * TO + 5, 1));
        assertRefused(abi.encode(SLOTS * TO + 5, 1), 0);
        assertRefused(abi.encode(5, 1, SLOTS * TO + 5, 1), 1);
        assertRefused(abi.encode(2 ** 255 + 5, 1), 0);
        assertRefused(abi.encode(type(uint256).max, 1), 0);
    }

    function test_exits_amountsHave128Bits() public {
        assertTaken(abi.encode(TO - 1, type(uint128).max));
        assertRefused(abi.encode(5, uint256(2 ** 128)), 0);
        assertRefused(abi.encode(5, 1, TO + 5, type(uint256).max), 1);
        // The same value at any point as 5 of token 0 has, in another encoding.
        assertRefused(abi.encode(5, P + 1), 0);
    }

    function test_exits_haveTwoWords() public {
        assertRefused(abi.encode(5), 0);
        assertRefused(abi.encode(5, 1, TO + 5), 0);
    }

    /// @dev The circuit gives zeros for a slot without an exit. If zeros were taken, L1 could be shown as many such
    ///      exits as there are such slots, or fewer.
    function test_exits_nothingIsNone() public {
        assertTaken(abi.encode(TO + 1, 0));
        assertTaken(abi.encode(TO + 2 ** 160, 0));
        assertTaken(abi.encode(TO, 1));
        assertRefused(abi.encode(TO, 0), 0);
        assertRefused(abi.encode(0, 0), 0);
        assertRefused(abi.encode(5, 1, (SLOTS - 1) * TO, 0), 1);
    }

    /// @dev Two lists of exits that differ have different points, so that the prover has to say which one it proves.
    function test_exits_areUnderThePoint() public view {
        bytes memory words = new bytes(0x20 * LEAF_WORDS);
        (, , uint256 point) = this.signalsOf(LEAF_CIRCUIT, bytes.concat(words, abi.encode(5, 1)), 0);
        (, , uint256 other) = this.signalsOf(LEAF_CIRCUIT, bytes.concat(words, abi.encode(TO + 5, 1)), 0);
        assertNotEq(point, other);
    }

    // --- Helpers -----------------------------------------------------------------------------------------------------

    function assertTaken(bytes memory exits) private view {
        this.signalsOf(LEAF_CIRCUIT, bytes.concat(new bytes(0x20 * LEAF_WORDS), exits), 4);
    }

    function assertRefused(bytes memory exits, uint256 exit) private {
        bytes memory statement = bytes.concat(new bytes(0x20 * LEAF_WORDS), exits);
        vm.expectRevert(abi.encodeWithSelector(StatementPoint.InvalidExit.selector, 4, exit));
        this.signalsOf(LEAF_CIRCUIT, statement, 4);
    }

    function wordCount(uint256 circuit, uint256 further, uint256 statement) external pure returns (uint256) {
        return StatementPoint.wordCount(circuit, further, statement);
    }

    function signalsOf(
        uint256 circuit,
        bytes calldata words,
        uint256 statement
    ) external pure returns (uint256, uint256, uint256) {
        return StatementPoint.signalsOf(circuit, words, statement);
    }
}
