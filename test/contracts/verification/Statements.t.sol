// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Statements } from "../../../contracts/verification/batch/Statements.sol";
import { Test } from "../helpers/Test.sol";

contract StatementsTest is Test {
    function testFuzz_write(uint256[8] calldata proof, uint256[] memory inputs, uint256[] memory others) public pure {
        bytes memory list = new bytes(Statements.size(inputs.length) + Statements.size(others.length) + 32);
        uint256 end = Statements.write(list, 0, 7, proof, inputs);
        assertEq(end, 32 * (9 + inputs.length));
        end = Statements.write(list, end, type(uint256).max, proof, others);
        assertEq(end, list.length - 32);
        Statements.truncate(list, end);

        assertEq(list, abi.encodePacked(uint256(7), proof, inputs, type(uint256).max, proof, others));
    }

    /// @dev The last input ends the statement, or the proof if there is none.
    function testFuzz_write_leavesWhatFollows(
        uint256[8] calldata proof,
        uint256[3] memory inputs,
        uint256 following
    ) public pure {
        for (uint256 count = 0; count <= inputs.length; ++count) {
            uint256[] memory some = new uint256[](count);
            for (uint256 i = 0; i < count; ++i) some[i] = inputs[i];
            bytes memory list = bytes.concat(new bytes(Statements.size(count)), bytes32(following));
            Statements.write(list, 0, 7, proof, some);
            assertEq(list, abi.encodePacked(uint256(7), proof, some, following));
        }
    }

    function testFuzz_head(uint8 circuit, uint248 further) public pure {
        uint256 word = Statements.head(circuit, further);
        (uint256 shownCircuit, uint256 shownFurther) = Statements.parseHead(word);
        assertEq(shownCircuit, circuit);
        assertEq(shownFurther, further);
        assertEq(word, circuit + 256 * uint256(further));
        assertEq(Statements.head(circuit, 0), circuit);
    }

    /// @dev Every word is the head of one kind of statement.
    function testFuzz_parseHead(uint256 word) public pure {
        (uint256 circuit, uint256 further) = Statements.parseHead(word);
        assertLt(circuit, 256);
        assertEq(Statements.head(circuit, further), word);
    }

    function test_write_withoutRoom() public {
        uint256[8] memory proof;
        this.write(Statements.size(2), proof, 2);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x01));
        this.write(Statements.size(2) - 1, proof, 2);
    }

    function test_truncate_longer() public {
        this.truncate(10, 10);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x01));
        this.truncate(10, 11);
    }

    function write(uint256 length, uint256[8] calldata proof, uint256 inputs) external pure {
        Statements.write(new bytes(length), 0, 0, proof, new uint256[](inputs));
    }

    function truncate(uint256 from, uint256 to) external pure {
        Statements.truncate(new bytes(from), to);
    }
}
