// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title SpillingRing
 * @notice Keeps words that have the numbers 1, 2, 3, …: the last `size` of them in a ring, whose storage is used again
 *         and again, and of the older ones those that were still needed when another took their place.
 * @dev It never refuses a word, loses no word that is needed, and creates no storage as long as every word is spent
 *      before `size` others follow it (docs/adr/0044). Word n is
 *
 *        - in the ring, at the key n mod size, until word n + size is appended,
 *        - then spilled, at the key n + size, if it was needed at that moment; else it is gone.
 *
 *      So the newest number says where a word is. A key is never in both parts: a spilled word has a number from 0 on.
 *      The caller keeps the newest number, and a constant size for each ring.
 *      Invariants: INV-RING-01.
 */
library SpillingRing {
    struct Ring {
        mapping(uint256 key => uint256) words;
    }

    /**
     * @notice Appends word `number`, which is the one after the newest.
     * @param oldIsNeeded Whether word `number - size` is still needed; false if there is none.
     */
    function append(Ring storage ring, uint256 size, uint256 number, uint256 word, bool oldIsNeeded) internal {
        uint256 place = number % size;
        // The key of the old word, n + size, is the number of the new one.
        if (oldIsNeeded) ring.words[number] = ring.words[place];
        ring.words[place] = word;
    }

    /// @notice Replaces word `number`, which exists and is needed.
    function replace(Ring storage ring, uint256 size, uint256 number, uint256 newest, uint256 word) internal {
        ring.words[_key(size, number, newest)] = word;
    }

    /**
     * @param newest Number of the newest word.
     * @return Word `number`; 0 if it does not exist, or if it was not needed when another took its place.
     */
    function read(Ring storage ring, uint256 size, uint256 number, uint256 newest) internal view returns (uint256) {
        // The place of a number that does not exist yet holds an older word.
        return number > newest ? 0 : ring.words[_key(size, number, newest)];
    }

    /// @dev `number` is not above `newest`.
    function _key(uint256 size, uint256 number, uint256 newest) private pure returns (uint256) {
        return newest - number < size ? number % size : number + size;
    }
}
