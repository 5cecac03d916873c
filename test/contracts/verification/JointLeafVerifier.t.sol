// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { StatementPoint } from "../../../contracts/libraries/StatementPoint.sol";
import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IChainVerifier } from "../../../contracts/verification/IChainVerifier.sol";
import { IJointProofs } from "../../../contracts/verification/IJointProofs.sol";
import { IHonkVerifier } from "../../../contracts/verification/joint/IHonkVerifier.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { HonkChainModel } from "./HonkChainModel.sol";
import { HonkTest } from "./HonkTest.sol";

/// @notice One proof for a chain of leaves: their words, and the states at its ends, stand for seven public inputs.
contract JointLeafVerifierTest is HonkTest {
    /// @dev Bytes of a chain before its first batch, of a batch before its leaves, and of a leaf.
    uint256 private constant HEAD = 0x40;
    uint256 private constant BATCH = 0xc0;
    uint256 private constant LEAF = 0x60;

    struct Leaf {
        uint256 proverFees;
        uint256 c;
        uint256 y;
        uint256[] exits; // two words each; slots counted from the leaf's first one
        uint256 newStateRoot;
    }

    struct Batch {
        uint256 header;
        uint256 z;
        uint256 sequencer;
        uint256 context;
        Leaf[] leaves;
    }

    struct Chain {
        uint256 domain;
        uint256 worker;
        uint256 oldStateRoot;
        Batch[] batches;
    }

    bytes4 private constant TRUNCATED = IBatchVerifier.TruncatedStatement.selector;

    HonkChainModel private honk;
    IChainVerifier private verifier;

    function setUp() public {
        honk = new HonkChainModel(NODE_KEY_HASH);
        verifier = IChainVerifier(this.create(abi.encode(honk, NODE_KEY_HASH, true)));
    }

    function name() internal pure override returns (string memory) {
        return "JointLeafVerifier";
    }

    function verifiers() internal view override returns (address, address) {
        return (address(verifier), address(honk));
    }

    function proveExample() internal override returns (bytes memory) {
        return proven(example());
    }

    function ask(address joint, bytes memory proof, uint256 gas) internal view override {
        Chain memory chain = example();
        bytes memory words = encode(chain);
        uint256 newRoot = lastRoot(chain);
        IChainVerifier(joint).verifyChain{ gas: gas }(words, chain.oldStateRoot, newRoot, proof);
    }

    // ─── What is accepted ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Any numbers of batches, leaves and forced operations, and exits in any slots.
    function testFuzz_acceptsAChainOfAnyShape(uint256 seed, uint256 batches, uint256 shape) public {
        uint256[] memory leaves = new uint256[](bound(batches, 1, 4));
        for (uint256 i = 0; i < leaves.length; ++i) leaves[i] = 1 + ((shape >> (8 * i)) % 3);
        Chain memory chain = randomChain(seed, leaves);
        expectAccepted(chain, proven(chain));
    }

    function testFuzz_acceptsTheseWords(
        uint256[7] memory common,
        uint256[6] memory own,
        uint256[2] memory tos,
        uint128[2] memory amounts
    ) public {
        Chain memory chain = randomChain(0, list(2));
        (chain.domain, chain.worker, chain.oldStateRoot) = (common[0] % P, common[1] % P, common[2] % P);
        Batch memory batch = chain.batches[0];
        (batch.header, batch.z, batch.sequencer) = (common[3] % P, common[4] % P, common[5] % P);
        batch.context = common[6] % P;
        for (uint256 i = 0; i < 2; ++i) {
            Leaf memory leaf = batch.leaves[i];
            (leaf.proverFees, leaf.c, leaf.y) = (own[3 * i] % P, own[3 * i + 1] % P, own[3 * i + 2] % P);
            leaf.exits = exits((SLOTS - 1) * i * TO + 1 + (tos[i] % (TO - 1)), amounts[i]);
        }
        expectAccepted(chain, proven(chain));
    }

    function test_acceptsTheSmallestWords() public {
        Chain memory chain;
        chain.batches = new Batch[](1);
        chain.batches[0].leaves = new Leaf[](1);
        expectAccepted(chain, proven(chain));
        chain.batches[0].leaves = new Leaf[](3);
        expectAccepted(chain, proven(chain));
    }

    function test_acceptsTheLargestWords() public {
        Chain memory chain = randomChain(0, list(1, 2));
        uint256 most = P - 1;
        (chain.domain, chain.worker, chain.oldStateRoot) = (most, most, most);
        for (uint256 k = 0; k < 2; ++k) {
            Batch memory batch = chain.batches[k];
            (batch.header, batch.z, batch.sequencer, batch.context) = (most, most, most, most);
            for (uint256 i = 0; i < batch.leaves.length; ++i) {
                Leaf memory leaf = batch.leaves[i];
                (leaf.proverFees, leaf.c, leaf.y, leaf.newStateRoot) = (most, most, most, most);
                leaf.exits = new uint256[](2 * SLOTS);
                for (uint256 slot = 0; slot < SLOTS; ++slot) {
                    leaf.exits[2 * slot] = slot * TO + TO - 1;
                    leaf.exits[2 * slot + 1] = type(uint128).max;
                }
            }
        }
        expectAccepted(chain, proven(chain));
    }

    /// @dev An exit of nothing but a token's id, or a recipient, is one.
    function test_acceptsExitsWithOneWord() public {
        Chain memory chain = randomChain(0, list(1));
        chain.batches[0].leaves[0].exits = exits(TO, 1, 2 * TO + 2 ** 160, 0);
        expectAccepted(chain, proven(chain));
    }

    /// @dev The first leaf has as many as fit into it. Numbers beyond all leaves are in none.
    function test_headerOfEachLeafHasItsOwnForcedOperations() public {
        uint256[6] memory counts = [0, 1, SLOTS, SLOTS + 1, 3 * SLOTS, 0xffff];
        uint256[3][6] memory expected = [
            [uint256(0), 0, 0],
            [uint256(1), 0, 0],
            [SLOTS, 0, 0],
            [SLOTS, 1, 0],
            [SLOTS, SLOTS, SLOTS],
            [SLOTS, SLOTS, SLOTS]
        ];
        for (uint256 k = 0; k < counts.length; ++k) {
            Chain memory chain = randomChain(k, list(3, 1));
            uint256 rest = chain.batches[0].header & ~(uint256(0xffff) << 64);
            chain.batches[0].header = rest + (counts[k] << 64);
            expectHeaders(chain, rest, expected[k]);
            // Also without exits, or with exits in the last leaf alone.
            Leaf[] memory leaves = chain.batches[0].leaves;
            for (uint256 i = 0; i < 3; ++i) leaves[i].exits = new uint256[](0);
            expectHeaders(chain, rest, expected[k]);
            leaves[2].exits = exits(TO + 5, 1);
            expectHeaders(chain, rest, expected[k]);
        }
    }

    /// @param counts Forced operations of the leaves of the first batch.
    function expectHeaders(Chain memory chain, uint256 rest, uint256[3] memory counts) private {
        uint256[][] memory statements = statementsOf(chain);
        for (uint256 i = 0; i < 3; ++i) statements[i][7] = rest + (counts[i] << 64);
        bytes memory words = encode(chain);
        bytes32 root = keccak256(words);
        honk.plant(root, statements);
        expectAccepted(chain, proofOf(words, root));
    }

    /// @dev Root, sum, count, states, point, and the hash of the nodes' key: with the proof behind its first word.
    function test_asksForThesePublicInputs() public {
        Chain memory chain = example();
        bytes memory proof = proven(chain);
        bytes32[] memory inputs = new bytes32[](7);
        inputs[0] = bytes32(wordAt(proof, 0));
        uint256 point = uint256(keccak256(bytes.concat(inputs[0], encode(chain)))) % P;
        (inputs[1], inputs[2]) = (bytes32(honk.sumAt(inputs[0], point)), bytes32(uint256(4)));
        (inputs[3], inputs[4]) = (bytes32(chain.oldStateRoot), bytes32(lastRoot(chain)));
        (inputs[5], inputs[6]) = (bytes32(point), bytes32(NODE_KEY_HASH));
        vm.expectCall(address(honk), abi.encodeCall(IHonkVerifier.verify, (behind(proof, 0x20), inputs)), 1);
        expectAccepted(chain, proof);
    }

    /// @dev The chain says the same of its leaves, so it is no other statement: batches are how it is written. Two
    ///      batches of Proof of Efficiency never have the same context.
    function test_batchesWithTheSameHeadAreAsOne() public {
        Chain memory chain = randomChain(5, list(3));
        Batch memory whole = chain.batches[0];
        whole.header &= ~(uint256(0xffff) << 64);
        whole.header += (SLOTS + 1) << 64;
        bytes32 root = rootOf(proven(chain));

        chain.batches = new Batch[](2);
        uint256 rest = whole.header - ((SLOTS + 1) << 64);
        chain.batches[0] = Batch(rest + (SLOTS << 64), whole.z, whole.sequencer, whole.context, new Leaf[](1));
        chain.batches[1] = Batch(rest + (1 << 64), whole.z, whole.sequencer, whole.context, new Leaf[](2));
        chain.batches[0].leaves[0] = whole.leaves[0];
        (chain.batches[1].leaves[0], chain.batches[1].leaves[1]) = (whole.leaves[1], whole.leaves[2]);
        expectAccepted(chain, proofOf(encode(chain), root));
    }

    // ─── What is not what was proven ─────────────────────────────────────────────────────────────────────────────────

    function test_everyWordCounts() public {
        Chain memory chain = example();
        bytes memory proof = proven(chain);
        bytes memory words = encode(chain);
        (uint256 first, uint256 second) = (HEAD, HEAD + sizeOf(chain.batches[0]));
        for (uint256 offset = 0; offset < words.length; offset += 0x20) {
            // These say where the others are.
            if (offset == first + 0x80 || offset == first + 0xa0) continue;
            if (offset == second + 0x80 || offset == second + 0xa0) continue;
            words[offset + 0x1f] ^= 0x01;
            expectRejected(words, proof);
            words[offset + 0x1f] ^= 0x01;
        }
        expectAccepted(chain, proof);
    }

    /// @dev Each word has its own place: two that change places are not the same two.
    function test_everyPlaceCounts() public {
        Chain memory chain = example();
        bytes memory proof = proven(chain);
        bytes memory words = encode(chain);
        uint256 leaves = HEAD + BATCH;
        uint256[9] memory places = [0, 0x20, HEAD + 0x20, HEAD + 0x40, HEAD + 0x60, leaves, 0, 0, 0];
        uint256 count = chain.batches[0].leaves.length;
        (places[6], places[7]) = (leaves + 0x20, leaves + 0x20 * count);
        places[8] = leaves + 0x40 * count;
        for (uint256 i = 0; i < places.length; ++i) {
            for (uint256 k = 0; k < i; ++k) {
                (uint256 one, uint256 other) = (wordAt(words, places[i]), wordAt(words, places[k]));
                bytes memory altered = put(put(words, places[i], other), places[k], one);
                expectRejected(altered, proof);
            }
        }
    }

    function test_everyForcedOperationCounts() public {
        Chain memory chain = randomChain(1, list(2, 1));
        Batch memory batch = chain.batches[0];
        batch.header &= ~(uint256(0xffff) << 64);
        batch.header += (SLOTS + 1) << 64;
        bytes memory proof = proven(chain);
        uint256 honest = batch.header;
        uint256[5] memory counts = [0, 1, SLOTS, SLOTS + 2, 0xffff];
        for (uint256 i = 0; i < counts.length; ++i) {
            batch.header = honest - ((SLOTS + 1) << 64) + (counts[i] << 64);
            expectRejected(encode(chain), proof);
        }
        batch.header = honest;
        expectAccepted(chain, proof);
    }

    function test_everyExitCounts() public {
        Chain memory chain = example();
        Leaf[] memory leaves = chain.batches[0].leaves;
        leaves[0].exits = exits(5, 1, TO + 6, 2);
        leaves[1].exits = exits(2 * TO + 7, 3);
        leaves[2].exits = new uint256[](0);
        bytes memory proof = proven(chain);
        // Left out, one more, in other slots, in other leaves, the other way round.
        leaves[0].exits = exits(5, 1);
        expectRejected(encode(chain), proof);
        leaves[0].exits = exits(TO + 6, 2);
        expectRejected(encode(chain), proof);
        leaves[0].exits = new uint256[](0);
        expectRejected(encode(chain), proof);
        leaves[0].exits = exits(5, 1, 2 * TO + 6, 2);
        expectRejected(encode(chain), proof);
        leaves[0].exits = exits(6, 2, TO + 5, 1);
        expectRejected(encode(chain), proof);
        leaves[0].exits = exits(5, 2, TO + 6, 1);
        expectRejected(encode(chain), proof);
        leaves[0].exits = exits(5, 1, TO + 6, 2);
        leaves[2].exits = exits(TO + 9, 1);
        expectRejected(encode(chain), proof);
        leaves[2].exits = leaves[1].exits;
        leaves[1].exits = new uint256[](0);
        expectRejected(encode(chain), proof);
        (leaves[1].exits, leaves[2].exits) = (leaves[2].exits, leaves[1].exits);
        expectAccepted(chain, proof);
    }

    function test_orderAndNumberOfLeavesCount() public {
        Chain memory chain = example();
        bytes memory proof = proven(chain);
        Leaf[] memory honest = chain.batches[0].leaves;
        for (uint256 i = 1; i < 3; ++i) {
            chain.batches[0].leaves = copy(honest, 3);
            (chain.batches[0].leaves[i - 1], chain.batches[0].leaves[i]) = (honest[i], honest[i - 1]);
            expectRejected(encode(chain), proof);
        }
        chain.batches[0].leaves = copy(honest, 2);
        expectRejected(encode(chain), proof);
        chain.batches[0].leaves = copy(honest, 4);
        chain.batches[0].leaves[3] = honest[2];
        expectRejected(encode(chain), proof);
        chain.batches[0].leaves = honest;
        expectAccepted(chain, proof);
    }

    function test_orderAndNumberOfBatchesCount() public {
        Chain memory chain = randomChain(7, list(2, 2, 1));
        bytes memory proof = proven(chain);
        Batch[] memory honest = chain.batches;
        uint8[3][6] memory orders = [[1, 0, 2], [0, 2, 1], [0, 0, 2], [0, 1, 1], [1, 1, 2], [2, 1, 0]];
        for (uint256 i = 0; i < orders.length; ++i) {
            chain.batches = new Batch[](3);
            for (uint256 k = 0; k < 3; ++k) chain.batches[k] = honest[orders[i][k]];
            expectRejected(encode(chain), proof);
        }
        for (uint256 missing = 0; missing < 3; ++missing) {
            chain.batches = new Batch[](2);
            for (uint256 k = 0; k < 2; ++k) chain.batches[k] = honest[k < missing ? k : k + 1];
            expectRejected(encode(chain), proof);
        }
        for (uint256 twice = 0; twice < 3; ++twice) {
            chain.batches = new Batch[](4);
            for (uint256 k = 0; k < 4; ++k) chain.batches[k] = honest[k <= twice ? k : k - 1];
            expectRejected(encode(chain), proof);
        }
        chain.batches = honest;
        expectAccepted(chain, proof);
    }

    /// @dev A leaf of zeros adds nothing to the sum, but 1 to the count.
    function test_leafOfZerosCounts() public {
        Chain memory chain;
        chain.batches = new Batch[](2);
        chain.batches[0] = randomChain(0, list(2)).batches[0];
        chain.batches[1].leaves = new Leaf[](1);
        (chain.oldStateRoot, chain.batches[0].leaves[1].newStateRoot) = (5, 5);
        chain.batches[1].leaves[0].newStateRoot = 5;
        bytes memory proof = proven(chain);
        expectAccepted(chain, proof);
        Batch[] memory fewer = new Batch[](1);
        Batch[] memory honest = chain.batches;
        fewer[0] = honest[0];
        chain.batches = fewer;
        expectRejected(encode(chain), proof);
        chain.batches = honest;
        chain.batches[1].leaves = new Leaf[](2);
        chain.batches[1].leaves[1].newStateRoot = 5;
        expectRejected(encode(chain), proof);
    }

    function test_leafBelongsToItsBatch() public {
        Chain memory chain = randomChain(3, list(2, 2));
        for (uint256 k = 0; k < 2; ++k) chain.batches[k].header &= ~(uint256(0xffff) << 64);
        bytes memory proof = proven(chain);
        Leaf[] memory first = chain.batches[0].leaves;
        Leaf[] memory second = chain.batches[1].leaves;
        // The last leaf of the first batch becomes the first of the next one.
        chain.batches[0].leaves = copy(first, 1);
        chain.batches[1].leaves = new Leaf[](3);
        (chain.batches[1].leaves[0], chain.batches[1].leaves[1]) = (first[1], second[0]);
        chain.batches[1].leaves[2] = second[1];
        expectRejected(encode(chain), proof);
        // The first leaf of the second batch becomes the last of the one before.
        chain.batches[0].leaves = copy(first, 3);
        chain.batches[0].leaves[2] = second[0];
        chain.batches[1].leaves = new Leaf[](1);
        chain.batches[1].leaves[0] = second[1];
        expectRejected(encode(chain), proof);
        // Also if the batches differ in one word of their heads alone.
        (chain.batches[0].leaves, chain.batches[1].leaves) = (first, second);
        for (uint256 word = 0; word < 4; ++word) {
            Batch memory head = chain.batches[0];
            chain.batches[1] = Batch(head.header, head.z, head.sequencer, head.context, second);
            if (word == 0) chain.batches[1].header ^= 1;
            if (word == 1) chain.batches[1].z ^= 1;
            if (word == 2) chain.batches[1].sequencer ^= 1;
            if (word == 3) chain.batches[1].context ^= 1;
            proof = proven(chain);
            expectAccepted(chain, proof);
            chain.batches[0].leaves = copy(first, 1);
            chain.batches[1].leaves = copy(second, 3);
            for (uint256 i = 0; i < 3; ++i) chain.batches[1].leaves[i] = i == 0 ? first[1] : second[i - 1];
            expectRejected(encode(chain), proof);
            chain.batches[0].leaves = first;
        }
    }

    function test_statesCount() public {
        Chain memory chain = example();
        bytes memory proof = proven(chain);
        (uint256 oldRoot, uint256 newRoot) = (chain.oldStateRoot, lastRoot(chain));
        bytes memory words = encode(chain);
        expectRejectedWith(oldRoot ^ 1, newRoot, words, proof);
        expectRejectedWith(oldRoot, newRoot ^ 1, words, proof);
        expectRejectedWith(newRoot, oldRoot, words, proof);
        expectRejectedWith(oldRoot, chain.batches[0].leaves[0].newStateRoot, words, proof);
        expectRejectedWith(0, newRoot, words, proof);
        expectRejectedWith(oldRoot, 0, words, proof);
        verifier.verifyChain(words, oldRoot, newRoot, proof);
    }

    /// @dev The same words under another root have another point, and need another proof.
    function test_rootIsUnderThePoint() public {
        Chain memory chain = example();
        bytes memory first = provenUnder("first", chain);
        bytes memory second = provenUnder("second", chain);
        expectAccepted(chain, first);
        expectAccepted(chain, second);
        bytes memory words = encode(chain);
        (uint256 oldRoot, uint256 newRoot) = (chain.oldStateRoot, lastRoot(chain));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verifyChain(words, oldRoot, newRoot, bytes.concat(before(first, 0x20), behind(second, 0x20)));
    }

    // ─── Encoding ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_chainIsComplete() public {
        Chain memory chain = randomChain(2, list(2, 1));
        bytes memory proof = proven(chain);
        bytes memory words = encode(chain);
        (uint256 oldRoot, uint256 newRoot) = (chain.oldStateRoot, lastRoot(chain));
        uint256 whole = words.length;
        for (uint256 length = 0; length < whole; ++length) {
            bytes memory expected = errorOfCut(chain, length);
            assembly ("memory-safe") {
                mstore(words, length)
            }
            vm.expectRevert(expected);
            verifier.verifyChain(words, oldRoot, newRoot, proof);
        }
        assembly ("memory-safe") {
            mstore(words, whole)
        }
        expectError(bytes.concat(words, hex"00"), abi.encodeWithSelector(TRUNCATED, 3, 1, BATCH));
        bytes memory more = bytes.concat(words, new bytes(BATCH - 1));
        expectError(more, abi.encodeWithSelector(TRUNCATED, 3, BATCH - 1, BATCH));
        verifier.verifyChain(words, oldRoot, newRoot, proof);
    }

    function errorOfCut(Chain memory chain, uint256 length) private pure returns (bytes memory) {
        if (length < HEAD) return abi.encodeWithSelector(TRUNCATED, 0, length, HEAD);
        if (length == HEAD) return abi.encodeWithSelector(IBatchVerifier.NoStatements.selector);
        uint256 second = HEAD + sizeOf(chain.batches[0]);
        // The first batch alone is a chain.
        if (length == second) return abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
        bool isFirst = length < second;
        uint256 rest = length - (isFirst ? HEAD : second);
        uint256 size = rest < BATCH ? BATCH : sizeOf(chain.batches[isFirst ? 0 : 1]);
        return abi.encodeWithSelector(TRUNCATED, isFirst ? 0 : chain.batches[0].leaves.length, rest, size);
    }

    /// @dev No product of a size wraps, nothing is allocated, and nothing is read.
    function test_sizesAreThoseOfTheChain() public {
        Chain memory chain = randomChain(2, list(2, 1));
        bytes memory words = encode(chain);
        uint256 whole = words.length;
        uint256[5] memory sizes = [whole + 1, type(uint64).max, 2 ** 250, 2 ** 251, type(uint256).max];
        for (uint256 k = 0; k < 2; ++k) {
            uint256 first = k == 0 ? 0 : 2;
            uint256 start = k == 0 ? HEAD : HEAD + sizeOf(chain.batches[0]);
            uint256 size = sizeOf(chain.batches[k]);
            for (uint256 i = 0; i < 2 * sizes.length; ++i) {
                bytes memory altered = put(words, start + 0x80 + 0x20 * (i % 2), sizes[i / 2]);
                expectError(altered, abi.encodeWithSelector(TRUNCATED, first, whole - start, type(uint256).max));
            }
            // The largest ones that are looked at.
            uint256 leaves = size + (whole - chain.batches[k].leaves.length) * LEAF;
            bytes memory wide = put(words, start + 0x80, whole);
            expectError(wide, abi.encodeWithSelector(TRUNCATED, first, whole - start, leaves));
            uint256 shown = wordAt(words, start + 0xa0);
            wide = put(words, start + 0xa0, whole);
            expectError(wide, abi.encodeWithSelector(TRUNCATED, first, whole - start, size + 0x20 * (whole - shown)));
        }
    }

    function test_chainSaysOneMoreThanItShows() public {
        Chain memory chain = randomChain(2, list(2, 1));
        bytes memory words = encode(chain);
        uint256 start = HEAD + sizeOf(chain.batches[0]);
        uint256 size = words.length - start;
        bytes memory altered = put(words, start + 0x80, 2);
        expectError(altered, abi.encodeWithSelector(TRUNCATED, 2, size, size + LEAF));
        altered = put(words, start + 0xa0, wordAt(words, start + 0xa0) + 1);
        expectError(altered, abi.encodeWithSelector(TRUNCATED, 2, size, size + 0x20));
    }

    /// @dev Nothing would be proven of its head.
    function test_batchHasALeaf() public {
        Chain memory chain = randomChain(4, list(1, 2, 1));
        uint8[3] memory before_ = [0, 1, 3];
        for (uint256 k = 0; k < 3; ++k) {
            Leaf[] memory honest = chain.batches[k].leaves;
            chain.batches[k].leaves = new Leaf[](0);
            expectError(encode(chain), abi.encodeWithSelector(IChainVerifier.EmptyBatch.selector, before_[k]));
            chain.batches[k].leaves = honest;
        }
        // Exits of no leaf.
        bytes memory words = bytes.concat(encode(chain), abi.encode(1, 2, 3, 4, 0, 2, TO, 1));
        expectError(words, abi.encodeWithSelector(IChainVerifier.EmptyBatch.selector, 4));
    }

    function test_wordsAreInTheField() public {
        Chain memory chain = randomChain(6, list(1, 3));
        bytes memory words = encode(chain);
        expectOutside(words, 0, 0, 10);
        expectOutside(words, 0x20, 0, 12);
        uint256 offset = HEAD;
        uint256 first = 0;
        uint8[4] memory inputs = [7, 8, 9, 11];
        for (uint256 k = 0; k < 2; ++k) {
            for (uint256 i = 0; i < 4; ++i) expectOutside(words, offset + 0x20 * i, first, inputs[i]);
            uint256 leaves = chain.batches[k].leaves.length;
            for (uint256 i = 0; i < 3 * leaves; ++i) {
                expectOutside(words, offset + BATCH + 0x20 * i, first + (i % leaves), 2 + i / leaves);
            }
            offset += sizeOf(chain.batches[k]);
            first += leaves;
        }
    }

    function test_statesAreInTheField() public {
        Chain memory chain = example();
        bytes memory proof = proven(chain);
        bytes memory words = encode(chain);
        (uint256 oldRoot, uint256 newRoot) = (chain.oldStateRoot, lastRoot(chain));
        uint256[3] memory values = [P, P + 1, type(uint256).max];
        for (uint256 i = 0; i < values.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 0, 6, values[i]));
            verifier.verifyChain(words, values[i], newRoot, proof);
            vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 3, 0, values[i]));
            verifier.verifyChain(words, oldRoot, values[i], proof);
        }
    }

    /// @dev Of the second batch, which has the leaves 1 and 2.
    function test_exitsAreInOneEncoding() public {
        // Slots ascend.
        expectInvalidExit(exits(TO + 5, 1, TO + 6, 1), 1, 0);
        expectInvalidExit(exits(2 * TO + 5, 1, TO + 6, 1), 1, 0);
        expectInvalidExit(exits((SLOTS + 1) * TO + 5, 1, SLOTS * TO + 6, 1), 2, 0);
        expectInvalidExit(exits(SLOTS * TO + 5, 1, TO + 6, 1), 2, 1);
        // They are in the batch.
        expectInvalidExit(exits(2 * SLOTS * TO + 5, 1), 2, 0);
        expectInvalidExit(exits(5, 1, 2 * SLOTS * TO + 5, 1), 2, 1);
        expectInvalidExit(exits(2 ** 255 + 5, 1), 2, 0);
        expectInvalidExit(exits(type(uint256).max, 1), 2, 0);
        // Amounts have 128 bits.
        expectInvalidExit(exits(5, 2 ** 128), 1, 0);
        expectInvalidExit(exits(SLOTS * TO + 5, P + 1), 2, 0);
        // Nothing is no exit.
        expectInvalidExit(exits(0, 0), 1, 0);
        expectInvalidExit(exits(SLOTS * TO, 0), 2, 0);
        expectInvalidExit(exits(5, 1, (SLOTS - 1) * TO, 0), 1, 1);
    }

    function test_exitsHaveTwoWords() public {
        uint256[] memory odd = new uint256[](1);
        expectInvalidExit(odd, 2, 0);
        odd = new uint256[](3);
        (odd[0], odd[1], odd[2]) = (5, 1, SLOTS * TO + 5);
        expectInvalidExit(odd, 2, 1);
        odd[2] = TO + 5;
        expectInvalidExit(odd, 2, 1);
    }

    /// @dev As many as slots are accepted above.
    function test_leafHasNotMoreExitsThanSlots() public {
        uint256[] memory words = new uint256[](2 * SLOTS + 2);
        for (uint256 i = 0; i <= SLOTS; ++i) {
            words[2 * i] = (i < SLOTS ? i : SLOTS - 1) * TO + 5;
            words[2 * i + 1] = 1;
        }
        expectInvalidExit(words, 1, SLOTS - 1);
    }

    // ─── Verification without joint proofs ───────────────────────────────────────────────────────────────────────────

    function test_plainVerifierHasNoJointProofs() public {
        bytes memory proof = proveExample();
        address plain = Deploy.create("LeafVerifier.sol:LeafVerifier", "");
        vm.expectRevert(IJointProofs.NoJointProofs.selector);
        ask(plain, proof, gasleft());
    }

    // ─── Chains ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Three leaves and one, with forced operations and exits.
    function example() private pure returns (Chain memory) {
        return randomChain(1, list(3, 1));
    }

    function list(uint256 a) private pure returns (uint256[] memory leaves) {
        leaves = new uint256[](1);
        leaves[0] = a;
    }

    function list(uint256 a, uint256 b) private pure returns (uint256[] memory leaves) {
        leaves = new uint256[](2);
        (leaves[0], leaves[1]) = (a, b);
    }

    function list(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory leaves) {
        leaves = new uint256[](3);
        (leaves[0], leaves[1], leaves[2]) = (a, b, c);
    }

    function exits(uint256 to, uint256 amount) private pure returns (uint256[] memory words) {
        words = new uint256[](2);
        (words[0], words[1]) = (to, amount);
    }

    function exits(uint256 to, uint256 amount, uint256 to2, uint256 amount2) private pure returns (uint256[] memory) {
        uint256[] memory words = new uint256[](4);
        (words[0], words[1], words[2], words[3]) = (to, amount, to2, amount2);
        return words;
    }

    /// @param leaves Number of leaves of each batch.
    function randomChain(uint256 seed, uint256[] memory leaves) private pure returns (Chain memory chain) {
        chain.domain = random(seed, 0);
        chain.worker = random(seed, 1);
        chain.oldStateRoot = random(seed, 2);
        chain.batches = new Batch[](leaves.length);
        for (uint256 k = 0; k < leaves.length; ++k) {
            uint256 own = uint256(keccak256(abi.encode(seed, "batch", k)));
            Batch memory batch = chain.batches[k];
            batch.header = random(own, 0) >> 32;
            batch.header &= ~(uint256(0xffff) << 64);
            batch.header += (own % (leaves[k] * SLOTS + 1)) << 64;
            (batch.z, batch.sequencer, batch.context) = (random(own, 1), random(own, 2), random(own, 3));
            batch.leaves = new Leaf[](leaves[k]);
            for (uint256 i = 0; i < leaves[k]; ++i) batch.leaves[i] = randomLeaf(random(own, 4 + i));
        }
    }

    function randomLeaf(uint256 seed) private pure returns (Leaf memory leaf) {
        (leaf.proverFees, leaf.c, leaf.y) = (random(seed, 0), random(seed, 1), random(seed, 2));
        leaf.newStateRoot = random(seed, 3);
        uint256 count = 0;
        for (uint256 slot = 0; slot < SLOTS; ++slot) count += (seed >> slot) & 1;
        leaf.exits = new uint256[](2 * count);
        count = 0;
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            if ((seed >> slot) & 1 == 0) continue;
            leaf.exits[count++] = slot * TO + (random(seed, 4 + slot) % TO);
            leaf.exits[count++] = uint128(random(seed, 1_000 + slot));
        }
    }

    function random(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i, "word"))) % P;
    }

    function copy(Leaf[] memory leaves, uint256 count) private pure returns (Leaf[] memory copied) {
        copied = new Leaf[](count);
        for (uint256 i = 0; i < count && i < leaves.length; ++i) copied[i] = leaves[i];
    }

    function lastRoot(Chain memory chain) private pure returns (uint256) {
        Leaf[] memory leaves = chain.batches[chain.batches.length - 1].leaves;
        return leaves[leaves.length - 1].newStateRoot;
    }

    /// @dev The words of a chain that L1 knows, as `LeafChain` documents them.
    function encode(Chain memory chain) private pure returns (bytes memory words) {
        words = abi.encode(chain.domain, chain.worker);
        for (uint256 k = 0; k < chain.batches.length; ++k) words = bytes.concat(words, encode(chain.batches[k]));
    }

    function encode(Batch memory batch) private pure returns (bytes memory) {
        bytes memory fees;
        bytes memory commitments;
        bytes memory evaluations;
        bytes memory shown;
        for (uint256 i = 0; i < batch.leaves.length; ++i) {
            Leaf memory leaf = batch.leaves[i];
            fees = abi.encodePacked(fees, leaf.proverFees);
            commitments = abi.encodePacked(commitments, leaf.c);
            evaluations = abi.encodePacked(evaluations, leaf.y);
            for (uint256 k = 0; k < leaf.exits.length; k += 2) {
                shown = abi.encodePacked(shown, i * SLOTS * TO + leaf.exits[k], leaf.exits[k + 1]);
            }
        }
        bytes memory head = abi.encode(batch.header, batch.z, batch.sequencer, batch.context);
        head = abi.encodePacked(head, batch.leaves.length, shown.length / 0x20);
        return bytes.concat(head, fees, commitments, evaluations, shown);
    }

    function sizeOf(Batch memory batch) private pure returns (uint256) {
        return encode(batch).length;
    }

    /// @dev The words of docs/protocol.md §6 of each leaf, with its exits as L1 is shown them.
    function statementsOf(Chain memory chain) private pure returns (uint256[][] memory statements) {
        uint256 count;
        for (uint256 k = 0; k < chain.batches.length; ++k) count += chain.batches[k].leaves.length;
        statements = new uint256[][](count);
        count = 0;
        uint256 state = chain.oldStateRoot;
        for (uint256 k = 0; k < chain.batches.length; ++k) {
            for (uint256 i = 0; i < chain.batches[k].leaves.length; ++i) {
                statements[count] = statementOf(chain, chain.batches[k], i);
                statements[count][6] = state;
                state = statements[count++][0];
            }
        }
    }

    function statementOf(
        Chain memory chain,
        Batch memory batch,
        uint256 i
    ) private pure returns (uint256[] memory words) {
        Leaf memory leaf = batch.leaves[i];
        words = new uint256[](LEAF_WORDS + leaf.exits.length);
        words[0] = leaf.newStateRoot;
        words[1] = uint256(keccak256(abi.encode("exits", leaf.exits))) % P;
        (words[2], words[3], words[4]) = (leaf.proverFees, leaf.c, leaf.y);
        words[5] = uint256(keccak256(abi.encode("digest", leaf.c))) % P;
        uint256 forced = (batch.header >> 64) % 2 ** 16;
        forced = forced > i * SLOTS ? forced - i * SLOTS : 0;
        words[7] = batch.header - (((batch.header >> 64) % 2 ** 16) << 64) + ((forced < SLOTS ? forced : SLOTS) << 64);
        (words[8], words[9], words[10]) = (batch.z, batch.sequencer, chain.domain);
        (words[11], words[12]) = (batch.context, chain.worker);
        for (uint256 k = 0; k < leaf.exits.length; ++k) words[LEAF_WORDS + k] = leaf.exits[k];
    }

    // ─── Proofs ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The joint proof of a chain, which the model of the verifier of proofs accepts from now on.
    function proven(Chain memory chain) private returns (bytes memory) {
        return provenUnder("root", chain);
    }

    function provenUnder(string memory seed, Chain memory chain) private returns (bytes memory) {
        bytes memory words = encode(chain);
        bytes32 root = bytes32(uint256(keccak256(abi.encode(seed, words, chain.oldStateRoot))) % P);
        honk.plant(root, statementsOf(chain));
        return proofOf(words, root);
    }

    /// @dev The proof of a tree for the point that L1 draws for these words, whether they are the tree's or not.
    function proofOf(bytes memory words, bytes32 root) private view returns (bytes memory) {
        uint256 point = uint256(keccak256(bytes.concat(root, words))) % P;
        return bytes.concat(root, honk.proofFor(root, point));
    }

    function rootOf(bytes memory proof) private pure returns (bytes32) {
        return bytes32(wordAt(proof, 0));
    }

    function put(bytes memory words, uint256 offset, uint256 word) private pure returns (bytes memory) {
        return bytes.concat(before(words, offset), bytes32(word), behind(words, offset + 0x20));
    }

    // ─── Expectations ────────────────────────────────────────────────────────────────────────────────────────────────

    function expectAccepted(Chain memory chain, bytes memory proof) private view {
        verifier.verifyChain(encode(chain), chain.oldStateRoot, lastRoot(chain), proof);
    }

    /// @dev With the states of the tree.
    function expectRejected(bytes memory words, bytes memory proof) private {
        (uint256 oldRoot, uint256 newRoot) = honk.statesOf(rootOf(proof));
        expectRejectedWith(oldRoot, newRoot, words, proof);
    }

    /// @dev With this proof, and with the one for the point of these words.
    function expectRejectedWith(uint256 oldRoot, uint256 newRoot, bytes memory words, bytes memory proof) private {
        bytes memory adapted = proofOf(words, rootOf(proof));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verifyChain(words, oldRoot, newRoot, proof);
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verifyChain(words, oldRoot, newRoot, adapted);
    }

    /// @dev Expects an error that costs little.
    function expectError(bytes memory words, bytes memory expected) private {
        vm.expectRevert(expected);
        verifier.verifyChain{ gas: 500_000 }(words, 1, 2, new bytes(0x40));
    }

    function expectOutside(bytes memory words, uint256 offset, uint256 leaf, uint256 input) private {
        uint256[2] memory values = [P, type(uint256).max];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory altered = put(words, offset, values[i]);
            bytes4 selector = IBatchVerifier.InputNotInField.selector;
            expectError(altered, abi.encodeWithSelector(selector, leaf, input, values[i]));
        }
    }

    /// @dev Of a batch of one leaf, and then one of two leaves with these words of exits.
    function expectInvalidExit(uint256[] memory words, uint256 leaf, uint256 exit) private {
        Chain memory chain = randomChain(8, list(1, 2));
        for (uint256 i = 0; i < 2; ++i) chain.batches[1].leaves[i].exits = new uint256[](0);
        bytes memory shown = put(encode(chain), HEAD + sizeOf(chain.batches[0]) + 0xa0, words.length);
        shown = abi.encodePacked(shown, words);
        expectError(shown, abi.encodeWithSelector(StatementPoint.InvalidExit.selector, leaf, exit));
    }
}
