// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { StatementPoint } from "../../../contracts/libraries/StatementPoint.sol";
import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../../contracts/verification/circuitIds.sol";
import { IStatementVerifier } from "../../../contracts/verification/IStatementVerifier.sol";
import { IHonkVerifier } from "../../../contracts/verification/joint/IHonkVerifier.sol";
import { JointVerifier } from "../../../contracts/verification/joint/JointVerifier.sol";
import { JointRollupVerifier } from "../../../contracts/verification/joint/JointRollupVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";
import { StatementModel } from "./StatementModel.sol";

/**
 * @notice Accepts the proofs of an honest prover: a root fixes the words of its statements, and the public inputs
 *         are those that follow from these words.
 */
contract HonkModel is IHonkVerifier, StatementModel {
    struct Tree {
        bytes words; // four of each statement, packed
        bytes32 proofHash;
    }

    uint256 private immutable NODE_KEY_HASH;
    mapping(bytes32 root => Tree) private trees;

    constructor(uint256 nodeKeyHash) {
        NODE_KEY_HASH = nodeKeyHash;
    }

    function plant(bytes32 root, bytes memory words, bytes memory proof) external {
        trees[root] = Tree(words, keccak256(proof));
    }

    /// @inheritdoc IHonkVerifier
    function verify(bytes calldata proof, bytes32[] calldata inputs) external view returns (bool) {
        Tree memory tree = trees[inputs[0]];
        if (inputs.length != 5 || tree.words.length == 0 || keccak256(proof) != tree.proofHash) return false;
        uint256 point = uint256(inputs[3]);
        if (point != uint256(keccak256(bytes.concat(inputs[0], tree.words))) % P) return false;
        (uint256 sum, ) = evaluate(tree.words, point);
        uint256 count = tree.words.length / 128;
        return uint256(inputs[1]) == sum && uint256(inputs[2]) == count && uint256(inputs[4]) == NODE_KEY_HASH;
    }
}

/// @notice Uses all gas that it gets.
contract EndlessHonk is IHonkVerifier {
    /// @inheritdoc IHonkVerifier
    function verify(bytes calldata, bytes32[] calldata) external pure returns (bool) {
        while (true) {}
        return true;
    }
}

/// @notice One proof for a list of statements: their words stand for five public inputs.
contract JointVerifierTest is Test, StatementModel {
    uint256 private constant SLOTS = LeafVerifyingKey.SLOTS;
    uint256 private constant NODE_KEY_HASH = 0x1234567890abcdef;
    uint256 private constant HEAD_BYTES = 0x120;

    HonkModel private honk;
    IStatementVerifier private verifier;
    IStatementVerifier private leafVerifier;

    function setUp() public {
        honk = new HonkModel(NODE_KEY_HASH);
        verifier = deploy("JointRollupVerifier", honk);
        leafVerifier = deploy("JointLeafVerifier", honk);
    }

    // ─── What is accepted ────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_acceptsAListOfAnyKinds(uint256 seed, uint256 count) public {
        bytes[] memory list = new bytes[](bound(count, 1, 6));
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 own = uint256(keccak256(abi.encode(seed, i)));
            list[i] = own % 2 == 0 ? leaf(own, own >> 8) : merge(own);
        }
        verifier.verifyJointly(concat(list), proven(list));
    }

    function testFuzz_acceptsTheseWords(
        uint256[13] memory leafWords,
        uint256[11] memory mergeWords,
        uint128[2] memory amounts
    ) public {
        for (uint256 i = 0; i < leafWords.length; ++i) leafWords[i] %= P;
        for (uint256 i = 0; i < mergeWords.length; ++i) mergeWords[i] %= P;
        bytes[] memory list = new bytes[](3);
        list[0] = statement(LEAF_CIRCUIT, abi.encodePacked(leafWords), "");
        list[1] = statement(MERGE_CIRCUIT, abi.encodePacked(mergeWords), "");
        bytes memory exits = abi.encode(TO + 5, amounts[0], (SLOTS - 1) * TO + 6, amounts[1]);
        list[2] = statement(LEAF_CIRCUIT, abi.encodePacked(leafWords), exits);
        verifier.verifyJointly(concat(list), proven(list));
    }

    function testFuzz_leafVerifierAcceptsLeaves(uint256 seed) public {
        bytes[] memory list = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) list[i] = leaf(seed ^ i, seed >> (8 * i));
        leafVerifier.verifyJointly(concat(list), proven(list));
    }

    /// @dev The point is 0 for no hash that anybody knows; the largest words are tried instead.
    function test_acceptsTheSmallestAndTheLargestWords() public {
        bytes memory largest;
        for (uint256 i = 0; i < LEAF_WORDS; ++i) largest = bytes.concat(largest, bytes32(P - 1));
        bytes[] memory list = new bytes[](2);
        list[0] = statement(LEAF_CIRCUIT, largest, abi.encode(TO - 1, type(uint128).max));
        list[1] = statement(MERGE_CIRCUIT, new bytes(0x20 * MERGE_WORDS), "");
        verifier.verifyJointly(concat(list), proven(list));
    }

    /// @dev Root, sum, count, point, and the hash of the nodes' key: with the proof behind its first word.
    function test_asksForThesePublicInputs() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes memory words = wordsOf(list);
        bytes32[] memory inputs = new bytes32[](5);
        inputs[0] = bytes32(wordAt(proof, 0));
        uint256 point = uint256(keccak256(bytes.concat(inputs[0], words))) % P;
        (uint256 sum, ) = evaluate(words, point);
        (inputs[1], inputs[2], inputs[3]) = (bytes32(sum), bytes32(uint256(3)), bytes32(point));
        inputs[4] = bytes32(NODE_KEY_HASH);
        vm.expectCall(address(honk), abi.encodeCall(IHonkVerifier.verify, (behind(proof, 0x20), inputs)), 1);
        verifier.verifyJointly(concat(list), proof);
    }

    function test_saysWhatItTrusts() public view {
        JointRollupVerifier joint = JointRollupVerifier(address(verifier));
        assertEq(address(joint.HONK()), address(honk));
        assertEq(joint.NODE_KEY_HASH(), NODE_KEY_HASH);
        assertTrue(joint.JOINT_IS_DEVELOPMENT());
        assertEq(joint.SLOTS(), SLOTS);
    }

    // ─── What is not what was proven ─────────────────────────────────────────────────────────────────────────────────

    function test_everyWordCounts() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        for (uint256 k = 0; k < list.length; ++k) {
            bytes memory honest = list[k];
            for (uint256 i = HEAD_BYTES + 0x1f; i < honest.length; i += 0x20) {
                list[k] = bytes.concat(honest);
                list[k][i] ^= 0x01;
                expectRejected(list, proof);
            }
            list[k] = honest;
        }
        verifier.verifyJointly(concat(list), proof);
    }

    function test_everyExitCounts() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes memory words = behind(list[0], HEAD_BYTES);
        // Without the second one, in other slots, and none.
        bytes memory all = behind(words, 0x20 * LEAF_WORDS);
        list[0] = statement(LEAF_CIRCUIT, before(words, 0x20 * LEAF_WORDS), before(all, 0x40));
        expectRejected(list, proof);
        list[0] = statement(LEAF_CIRCUIT, before(words, 0x20 * LEAF_WORDS), "");
        expectRejected(list, proof);
        bytes memory moved = abi.encode(wordAt(all, 0) + TO, wordAt(all, 0x20), wordAt(all, 0x40), wordAt(all, 0x60));
        list[0] = statement(LEAF_CIRCUIT, before(words, 0x20 * LEAF_WORDS), moved);
        expectRejected(list, proof);
    }

    function test_orderAndNumberCount() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes[] memory other = new bytes[](3);
        (other[0], other[1], other[2]) = (list[1], list[0], list[2]);
        expectRejected(other, proof);
        (other[0], other[1], other[2]) = (list[0], list[2], list[1]);
        expectRejected(other, proof);
        (other[0], other[1], other[2]) = (list[0], list[1], list[1]);
        expectRejected(other, proof);
        for (uint256 missing = 0; missing < 3; ++missing) {
            bytes[] memory fewer = new bytes[](2);
            for (uint256 i = 0; i < 2; ++i) fewer[i] = list[i < missing ? i : i + 1];
            expectRejected(fewer, proof);
        }
        for (uint256 twice = 0; twice < 3; ++twice) {
            bytes[] memory more = new bytes[](4);
            for (uint256 i = 0; i < 4; ++i) more[i] = list[i <= twice ? i : i - 1];
            expectRejected(more, proof);
        }
        // A leaf of zeros adds nothing to the sum but its point, and 1 to the count.
        bytes[] memory longer = new bytes[](4);
        for (uint256 i = 0; i < 3; ++i) longer[i] = list[i];
        longer[3] = statement(LEAF_CIRCUIT, new bytes(0x20 * LEAF_WORDS), "");
        expectRejected(longer, proof);
    }

    /// @dev A leaf and a merge whose three signals could be the same differ in their first word alone.
    function test_kindCounts() public {
        bytes[] memory list = three();
        bytes memory words = wordsOf(list);
        assertEq(wordAt(words, 0), LEAF_CIRCUIT);
        words[0x1f] = bytes1(uint8(MERGE_CIRCUIT));
        expectRejected(list, planted(keccak256("a merge"), words));
        words[0x1f] = bytes1(uint8(LEAF_CIRCUIT));
        verifier.verifyJointly(concat(list), planted(keccak256("a leaf"), words));
    }

    function test_everyBitOfTheRootCounts() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        for (uint256 bit = 0; bit < 256; bit += 15) {
            bytes memory altered = bytes.concat(proof);
            altered[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
            expectRejected(list, altered);
        }
        // The root of other words, with their proof and with this one.
        bytes[] memory others = three();
        others[1] = merge(99);
        bytes memory theirs = proven(others);
        expectRejected(list, theirs);
        expectRejected(list, bytes.concat(before(theirs, 0x20), behind(proof, 0x20)));
        expectRejected(list, bytes.concat(before(proof, 0x20), behind(theirs, 0x20)));
    }

    /// @dev The point depends on the root: the same words under another root have another one, and need another proof.
    function test_rootIsUnderThePoint() public {
        bytes[] memory list = three();
        bytes memory words = wordsOf(list);
        bytes memory first = planted(keccak256("first"), words);
        bytes memory second = planted(keccak256("second"), words);
        verifier.verifyJointly(concat(list), first);
        verifier.verifyJointly(concat(list), second);
        expectRejected(list, bytes.concat(before(first, 0x20), behind(second, 0x20)));
    }

    function test_proofOfAnotherProgramIsRejected() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes memory arguments = abi.encode(honk, NODE_KEY_HASH + 1, true);
        IStatementVerifier other = IStatementVerifier(
            Deploy.create("JointRollupVerifier.sol:JointRollupVerifier", arguments)
        );
        bytes memory statements = concat(list);
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        other.verifyJointly(statements, proof);
    }

    // ─── Encoding ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_proofHasARoot() public {
        bytes memory statements = concat(three());
        for (uint256 length = 0; length < 32; ++length) {
            vm.expectRevert(
                abi.encodeWithSelector(IStatementVerifier.TruncatedJointProof.selector, length, uint256(32))
            );
            verifier.verifyJointly(statements, new bytes(length));
        }
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verifyJointly(statements, new bytes(32));
    }

    function test_listHasAStatement() public {
        bytes memory proof = planted(keccak256("nothing"), new bytes(0x80));
        vm.expectRevert(IBatchVerifier.NoStatements.selector);
        verifier.verifyJointly("", proof);
    }

    function test_statementsAreComplete() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes memory whole = concat(list);
        uint256 first = list[0].length;
        uint256 size = list[1].length;
        uint256[6] memory rests = [uint256(1), 0x1f, 0x20, HEAD_BYTES, size - 0x20, size - 1];
        for (uint256 i = 0; i < rests.length; ++i) {
            bytes memory cut = before(whole, first + rests[i]);
            uint256 expected = i < 2 ? 0x20 : size;
            vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.TruncatedStatement.selector, 1, rests[i], expected));
            verifier.verifyJointly(cut, proof);
        }
        bytes memory longer = bytes.concat(whole, hex"00");
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.TruncatedStatement.selector, 3, 1, 0x20));
        verifier.verifyJointly(longer, proof);
        // A leaf that is said to have more exits than it shows.
        list[2][0x1e] = 0x02;
        bytes memory more = concat(list);
        size = list[2].length;
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.TruncatedStatement.selector, 2, size, size + 0x40));
        verifier.verifyJointly(more, proof);
    }

    function test_circuitIsKnown() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes memory statements = concat(list);
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.UnknownCircuit.selector, 1, MERGE_CIRCUIT));
        leafVerifier.verifyJointly(statements, proof);
        for (uint256 circuit = 2; circuit < 256; circuit += 253) {
            list[1][0x1f] = bytes1(uint8(circuit));
            statements = concat(list);
            vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.UnknownCircuit.selector, 1, circuit));
            verifier.verifyJointly(statements, proof);
        }
    }

    function test_wordsAreInTheField() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        uint256[2] memory values = [P, type(uint256).max];
        for (uint256 k = 0; k < list.length; ++k) {
            bytes memory honest = list[k];
            uint256 count = k == 1 ? MERGE_WORDS : LEAF_WORDS;
            for (uint256 i = 0; i < 2 * count; ++i) {
                uint256 offset = HEAD_BYTES + 0x20 * (i / 2);
                list[k] = bytes.concat(before(honest, offset), bytes32(values[i % 2]), behind(honest, offset + 0x20));
                bytes memory statements = concat(list);
                vm.expectRevert(
                    abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, k, i / 2, values[i % 2])
                );
                verifier.verifyJointly(statements, proof);
            }
            list[k] = honest;
        }
    }

    function test_exitsAreInOneEncoding() public {
        bytes[] memory list = three();
        bytes memory words = new bytes(0x20 * LEAF_WORDS);
        list[2] = statement(LEAF_CIRCUIT, words, abi.encode(TO + 5, 1, TO, uint256(0)));
        bytes memory proof = proven(list);
        bytes memory statements = concat(list);
        vm.expectRevert(abi.encodeWithSelector(StatementPoint.InvalidExit.selector, 2, 1));
        verifier.verifyJointly(statements, proof);
    }

    function test_statementHasNoProofOfItsOwn() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        for (uint256 k = 0; k < list.length; ++k) {
            bytes memory honest = list[k];
            for (uint256 i = 0x20; i < HEAD_BYTES; i += 0x1f) {
                list[k] = bytes.concat(honest);
                list[k][i] = 0x80;
                bytes memory statements = concat(list);
                vm.expectRevert(abi.encodeWithSelector(IStatementVerifier.StatementHasProof.selector, k));
                verifier.verifyJointly(statements, proof);
            }
            list[k] = bytes.concat(honest);
            list[k][HEAD_BYTES - 1] = 0x01;
            bytes memory last = concat(list);
            vm.expectRevert(abi.encodeWithSelector(IStatementVerifier.StatementHasProof.selector, k));
            verifier.verifyJointly(last, proof);
            list[k] = honest;
        }
    }

    // ─── Answers of the verifier of proofs ───────────────────────────────────────────────────────────────────────────

    function test_answerIsTrueOrTheProofIsRejected() public {
        bytes[] memory list = three();
        bytes memory proof = proven(list);
        bytes memory any = abi.encodeWithSelector(IHonkVerifier.verify.selector);
        vm.mockCall(address(honk), any, abi.encode(false));
        expectRejected(list, proof);
        vm.mockCallRevert(address(honk), any, abi.encodeWithSignature("SumcheckFailed()"));
        expectRejected(list, proof);
        vm.mockCallRevert(address(honk), any, "");
        expectRejected(list, proof);
        // No bool at all: the call of the verifier fails without a reason.
        bytes memory statements = concat(list);
        vm.mockCall(address(honk), any, "");
        vm.expectRevert(bytes(""));
        verifier.verifyJointly(statements, proof);
        vm.mockCall(address(honk), any, abi.encode(uint256(2)));
        vm.expectRevert(bytes(""));
        verifier.verifyJointly(statements, proof);
        vm.clearMockedCalls();
        verifier.verifyJointly(statements, proof);
    }

    function test_proofThatUsesAllGasIsRejected() public {
        IStatementVerifier endless = deploy("JointRollupVerifier", new EndlessHonk());
        bytes memory statements = concat(three());
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        endless.verifyJointly{ gas: 4_000_000 }(statements, new bytes(64));
    }

    // ─── Verifiers without joint proofs ──────────────────────────────────────────────────────────────────────────────

    function test_deploymentNeedsAVerifierOfProofs() public {
        string[2] memory names = [
            "JointLeafVerifier.sol:JointLeafVerifier",
            "JointRollupVerifier.sol:JointRollupVerifier"
        ];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory arguments = abi.encode(makeAddr("nobody"), NODE_KEY_HASH, true);
            vm.expectRevert(IStatementVerifier.NoJointProofs.selector);
            this.create(names[i], arguments);
        }
    }

    /// @dev No key has such a hash, and no joint proof would ever be accepted.
    function test_deploymentNeedsAHashInTheField() public {
        uint256[3] memory hashes = [0, P, type(uint256).max];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory arguments = abi.encode(address(honk), hashes[i], true);
            vm.expectRevert(abi.encodeWithSelector(JointVerifier.InvalidNodeKeyHash.selector, hashes[i]));
            this.create("JointLeafVerifier.sol:JointLeafVerifier", arguments);
        }
        this.create("JointLeafVerifier.sol:JointLeafVerifier", abi.encode(address(honk), P - 1, true));
    }

    function test_plainVerifiersHaveNoJointProofs() public {
        string[2] memory names = ["LeafVerifier.sol:LeafVerifier", "RollupVerifier.sol:RollupVerifier"];
        bytes[] memory list = new bytes[](1);
        list[0] = leaf(1, 0);
        bytes memory statements = concat(list);
        bytes memory proof = proven(list);
        for (uint256 i = 0; i < 2; ++i) {
            IStatementVerifier plain = IStatementVerifier(Deploy.create(names[i], ""));
            vm.expectRevert(IStatementVerifier.NoJointProofs.selector);
            plain.verifyJointly(statements, proof);
        }
        leafVerifier.verifyJointly(statements, proof);
    }

    /// @dev A proven list does not pass `verify`: points at infinity prove nothing.
    function test_jointProofIsNoProofOfEachStatement() public {
        bytes[] memory list = three();
        proven(list);
        bytes memory statements = concat(list);
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verify(statements);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function deploy(string memory name, IHonkVerifier honk_) private returns (IStatementVerifier) {
        bytes memory arguments = abi.encode(honk_, NODE_KEY_HASH, true);
        return IStatementVerifier(Deploy.create(string.concat(name, ".sol:", name), arguments));
    }

    /// @dev External, so that `vm.expectRevert` sees the failure of a constructor.
    function create(string calldata name, bytes calldata arguments) external {
        Deploy.create(name, arguments);
    }

    /// @dev A leaf with two exits, a merge, and a leaf without exits.
    function three() private pure returns (bytes[] memory list) {
        list = new bytes[](3);
        list[0] = leaf(1, 5);
        list[1] = merge(2);
        list[2] = leaf(3, 0);
    }

    /// @param slots Bit s: whether slot s has an exit.
    function leaf(uint256 seed, uint256 slots) private pure returns (bytes memory) {
        bytes memory exits;
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            if ((slots >> slot) & 1 == 0) continue;
            uint256 to = uint256(keccak256(abi.encode(seed, slot, "to"))) % TO;
            uint256 amount = uint128(uint256(keccak256(abi.encode(seed, slot, "amount"))));
            exits = bytes.concat(exits, abi.encode(to + slot * TO, amount));
        }
        return statement(LEAF_CIRCUIT, randomWords(seed, LEAF_WORDS), exits);
    }

    function merge(uint256 seed) private pure returns (bytes memory) {
        return statement(MERGE_CIRCUIT, randomWords(seed, MERGE_WORDS), "");
    }

    function randomWords(uint256 seed, uint256 count) private pure returns (bytes memory words) {
        for (uint256 i = 0; i < count; ++i) {
            words = bytes.concat(words, bytes32(uint256(keccak256(abi.encode(seed, i, "word"))) % P));
        }
    }

    function statement(uint256 circuit, bytes memory words, bytes memory exits) private pure returns (bytes memory) {
        return bytes.concat(bytes32(circuit + (exits.length / 32) * 256), new bytes(0x100), words, exits);
    }

    function concat(bytes[] memory list) private pure returns (bytes memory all) {
        for (uint256 i = 0; i < list.length; ++i) all = bytes.concat(all, list[i]);
    }

    /// @dev The four words of each statement: its kind and the public signals of its proof.
    function wordsOf(bytes[] memory list) private pure returns (bytes memory all) {
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 circuit = uint8(list[i][0x1f]);
            bytes memory shown = behind(list[i], HEAD_BYTES);
            uint256 digest = wordAt(shown, circuit == LEAF_CIRCUIT ? 5 * 0x20 : 0);
            uint256 point = uint256(keccak256(shown)) % P;
            (uint256 evaluation, ) = evaluate(circuit == LEAF_CIRCUIT ? withEmptySlots(shown) : shown, point);
            all = bytes.concat(all, abi.encode(circuit, digest, evaluation, point));
        }
    }

    /// @dev The words of a leaf as its circuit has them: two for each slot, zeros where there is no exit.
    function withEmptySlots(bytes memory shown) private pure returns (bytes memory whole) {
        uint256 next = 0x20 * LEAF_WORDS;
        whole = before(shown, next);
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            if (next < shown.length && wordAt(shown, next) / TO == slot) {
                whole = bytes.concat(whole, abi.encode(wordAt(shown, next) % TO, wordAt(shown, next + 0x20)));
                next += 0x40;
            } else {
                whole = bytes.concat(whole, new bytes(0x40));
            }
        }
    }

    /// @dev The joint proof of a list, which the model of the verifier accepts from now on.
    function proven(bytes[] memory list) private returns (bytes memory proof) {
        bytes memory words = wordsOf(list);
        return planted(bytes32(uint256(keccak256(bytes.concat("root", words))) % P), words);
    }

    function planted(bytes32 root, bytes memory words) private returns (bytes memory) {
        bytes memory proof = abi.encode("proof", root);
        honk.plant(root, words, proof);
        return bytes.concat(root, proof);
    }

    function expectRejected(bytes[] memory list, bytes memory proof) private {
        bytes memory statements = concat(list);
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verifyJointly(statements, proof);
    }

    function before(bytes memory data, uint256 end) private pure returns (bytes memory) {
        return part(data, 0, end);
    }

    function behind(bytes memory data, uint256 start) private pure returns (bytes memory) {
        return part(data, start, data.length);
    }

    function part(bytes memory data, uint256 start, uint256 end) private pure returns (bytes memory cut) {
        cut = new bytes(end - start);
        for (uint256 i = start; i < end; ++i) cut[i - start] = data[i];
    }
}
