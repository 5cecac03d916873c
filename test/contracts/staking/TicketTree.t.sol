// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { PoseidonT3 } from "poseidon-solidity/PoseidonT3.sol";

import { TicketTree } from "../../../contracts/staking/TicketTree.sol";
import { Test } from "../helpers/Test.sol";

contract TicketTreeTest is Test {
    using TicketTree for TicketTree.Tree;

    uint256 private constant LEAVES = 256;
    uint256 private constant EMPTY_ROOT = 0x2fa5e5f18f6027a6501bec864564472a616b2e274a41211a444cbe3a99f3cc61;

    TicketTree.Tree private _tree;
    uint256[LEAVES] private _leaves;

    function test_emptyRootIsThatOfZeros() public {
        assertEq(_tree.root(), EMPTY_ROOT);
        assertEq(fullRoot(), EMPTY_ROOT);
        _tree.set(7, 0);
        assertEq(_tree.root(), EMPTY_ROOT);
    }

    function test_everyPlaceHasItsOwnRoot() public {
        for (uint256 i = 0; i < LEAVES; i += 51) {
            set(i, TicketTree.leafOf(i, 1));
            assertEq(_tree.root(), fullRoot());
        }
    }

    function testFuzz_rootIsThatOfTheFullTree(uint8[6] memory places, uint256 seed) public {
        for (uint256 i = 0; i < places.length; ++i) set(places[i], TicketTree.leafOf(seed, i));
        set(places[seed % places.length], 0);
        assertEq(_tree.root(), fullRoot());
    }

    /// @dev In any order, and whatever was there before.
    function testFuzz_removingEverythingGivesTheEmptyRoot(uint8[6] memory places, uint256 seed) public {
        uint256 first = places.length;
        for (uint256 i = 0; i < places.length; ++i) set(places[i], TicketTree.leafOf(seed, i));
        for (uint256 i = 0; i < places.length; ++i) set(places[(i + (seed % first)) % places.length], 0);
        assertEq(_tree.root(), EMPTY_ROOT);
    }

    function testFuzz_orderDoesNotMatter(uint8[4] memory places, uint256 seed) public {
        for (uint256 i = 0; i < places.length; ++i) _tree.set(places[i], TicketTree.leafOf(seed, places[i]));
        uint256 root = _tree.root();
        for (uint256 i = 0; i < places.length; ++i) _tree.set(places[i], 0);
        for (uint256 i = places.length; i > 0; --i) _tree.set(places[i - 1], TicketTree.leafOf(seed, places[i - 1]));
        assertEq(_tree.root(), root);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function set(uint256 place, uint256 leaf) private {
        _tree.set(place, leaf);
        _leaves[place] = leaf;
    }

    /// @dev Of all leaves, level by level.
    function fullRoot() private view returns (uint256) {
        uint256[] memory nodes = new uint256[](LEAVES);
        for (uint256 i = 0; i < LEAVES; ++i) nodes[i] = _leaves[i];
        for (uint256 size = LEAVES / 2; size > 0; size /= 2) {
            for (uint256 i = 0; i < size; ++i) nodes[i] = PoseidonT3.hash([nodes[2 * i], nodes[2 * i + 1]]);
        }
        return nodes[0];
    }
}
