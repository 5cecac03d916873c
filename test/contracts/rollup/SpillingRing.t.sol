// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { SpillingRing } from "../../../contracts/libraries/SpillingRing.sol";
import { Test } from "../helpers/Test.sol";

/// @notice Compared with a list that forgets nothing.
contract SpillingRingTest is Test {
    using SpillingRing for SpillingRing.Ring;

    uint256 private constant SIZE = 4;

    SpillingRing.Ring private _ring;

    uint256[] private _words; // word 0, which is never appended, is zero
    uint256 private _oldest; // needed: all from there on
    uint256 private _spilled;
    mapping(uint256 number => bool) private _isSpent;

    function setUp() public {
        _words.push(0);
    }

    // ─── One after the other ─────────────────────────────────────────────────────────────────────────────────────────

    function test_lastPlaceAndOneMore() public {
        for (uint256 i = 1; i < SIZE; ++i) append();
        assertEq(read(0), 0, "the zero before the first word");
        _oldest = 1;
        append(); // takes the place of the zero
        checkAll();
        append(); // takes the place of word 1, which is needed
        assertEq(_spilled, 1);
        checkAll();
        assertEq(read(1), _words[1]);
        assertEq(load(SIZE + 1), _words[1], "spilled to n + size");
        assertEq(load(1), _words[5], "the ring has the new one");
    }

    function test_wordThatIsNotNeededIsGoneAndNothingIsSpilled() public {
        for (uint256 i = 1; i <= 10 * SIZE; ++i) {
            append();
            _oldest = i;
            checkAll();
            if (i > SIZE) assertEq(read(i - SIZE), 0, "gone");
        }
        assertEq(_spilled, 0);
        for (uint256 key = SIZE; key <= 20 * SIZE; ++key) assertEq(load(key), 0, "no storage beside the ring");
    }

    function test_ringIsUsedAgainAfterItHasSpilled() public {
        for (uint256 i = 0; i < 3 * SIZE; ++i) append();
        assertEq(_spilled, 2 * SIZE + 1, "words 0 to 2 * SIZE, and the zero too");
        checkAll();
        _oldest = 3 * SIZE;
        for (uint256 i = 0; i < 3 * SIZE; ++i) {
            append();
            _oldest = _words.length - 1;
            checkAll();
        }
        assertEq(_spilled, 2 * SIZE + 1, "nothing more");
    }

    /// @dev Its place in the ring holds the word that was there a round before.
    function test_numberThatDoesNotExistYetHasNoWord() public {
        for (uint256 i = 0; i < 2 * SIZE + 1; ++i) {
            for (uint256 ahead = 1; ahead <= 3 * SIZE; ++ahead) assertEq(read(_words.length - 1 + ahead), 0);
            assertEq(read(type(uint256).max), 0);
            append();
        }
    }

    function test_replacesInTheRingAndWhatIsSpilled() public {
        for (uint256 i = 0; i < 2 * SIZE; ++i) append();
        for (uint256 number = 1; number <= 2 * SIZE; ++number) {
            replace(number, 1000 + number);
            checkAll();
        }
        for (uint256 i = 0; i < SIZE; ++i) append();
        checkAll();
    }

    // ─── Any order ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A queue needs all words from some number on.
    function testFuzz_queueLosesNothing(uint8[48] memory steps) public {
        for (uint256 i = 0; i < 48; ++i) {
            if (steps[i] % 3 < 2) append();
            else _oldest = bound(steps[i] / 3, _oldest, _words.length - 1);
            checkAll();
        }
    }

    /// @dev A shelf: words are spent in any order, and keep their place as a word that is not needed.
    function testFuzz_shelfLosesNothing(uint8[48] memory steps) public {
        for (uint256 i = 0; i < 48; ++i) {
            uint256 newest = _words.length - 1;
            uint256 number = 1 + ((steps[i] / 2) % (newest + 1));
            if (steps[i] % 2 == 0 || number > newest) {
                bool oldIsNeeded = newest >= SIZE && !_isSpent[newest + 1 - SIZE];
                _words.push(random());
                _ring.append(SIZE, newest + 1, _words[newest + 1], oldIsNeeded);
            } else if (!_isSpent[number]) {
                _isSpent[number] = true;
                _ring.replace(SIZE, number, newest, 1);
            }
            for (uint256 n = 1; n < _words.length; ++n) {
                if (!_isSpent[n]) assertEq(read(n), _words[n], "INV-RING-01");
            }
        }
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function append() private {
        uint256 number = _words.length;
        _words.push(random());
        bool oldIsNeeded = number >= SIZE && number - SIZE >= _oldest;
        if (oldIsNeeded) ++_spilled;
        _ring.append(SIZE, number, _words[number], oldIsNeeded);
    }

    function replace(uint256 number, uint256 word) private {
        _words[number] = word;
        _ring.replace(SIZE, number, _words.length - 1, word);
    }

    function read(uint256 number) private view returns (uint256) {
        return _ring.read(SIZE, number, _words.length - 1);
    }

    function random() private view returns (uint256) {
        return uint256(keccak256(abi.encode(_words.length)));
    }

    function checkAll() private view {
        for (uint256 number = _oldest; number < _words.length; ++number) {
            assertEq(read(number), _words[number], "INV-RING-01");
        }
    }

    /// @dev The mapping of the ring is the first variable of this contract behind those of its base.
    function load(uint256 key) private view returns (uint256) {
        uint256 slot;
        assembly ("memory-safe") {
            slot := _ring.slot
        }
        return uint256(vm.load(address(this), keccak256(abi.encode(key, slot))));
    }
}
