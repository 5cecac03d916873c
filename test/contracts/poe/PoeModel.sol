// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { ProofOfEfficiency } from "../../../contracts/consensus/poe/ProofOfEfficiency.sol";
import { MockEnforcementVerifier } from "../../../contracts/mocks/MockEnforcementVerifier.sol";
import { MockVerifier } from "../../../contracts/mocks/MockVerifier.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { BatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { CoreCode } from "../helpers/CoreCode.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";

/**
 * @notice A deployed Proof-of-Efficiency rollup with a model of it: the records that L1 has to keep of batches, and the
 *         proofs that an honest prover makes. The model is written from docs/protocol.md and shares no code with the
 *         contracts.
 * @dev Functions called through `this` would otherwise be inlined beyond the depth of the stack. The circuit's
 *      outputs are invented here (roots and commitments are hashes), and `MockVerifier` accepts a proof for exactly
 *      the public inputs that the model derives.
 */
abstract contract PoeModel is Test {
    uint256 internal constant P = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant SLOT_BYTES = 93;
    uint256 internal constant SLOTS = LeafVerifyingKey.SLOTS;
    uint256 internal constant LEAF_BYTES = SLOTS * SLOT_BYTES;

    uint96 internal constant MIN_FEE = 0.01 ether;
    uint96 internal constant MAX_FEE = 1_000 ether;
    uint96 internal constant FEE = 1 ether;
    uint96 internal constant BOND = 5 ether;
    uint96 internal constant BASE_FEE = 0.0002 ether;
    uint32 internal constant TARGET = 30 minutes;
    uint32 internal constant DOUBLING = 1 hours;
    uint32 internal constant HALVING = 4 hours;
    uint16 internal constant MAX_LEAVES = 6;
    uint16 internal constant MAX_PENDING = 12; // leaves

    uint32 internal constant DEADLINE = 1 days;
    uint32 internal constant ESCAPE_DELAY = 7 days;
    uint64 internal constant FORCED_BASE = 0.001 ether;
    uint48 internal constant FORCED_STEP = 0.0001 ether;

    /// @dev The model's facts about a sequenced batch.
    struct Posted {
        IProofOfEfficiency.BatchInput input;
        IProofOfEfficiency.BatchRecord record;
        bytes32 openings;
        bytes27 previous;
        bytes32 accumulator;
    }

    /// @dev Effect of a leaf, if it is not the default.
    struct Effect {
        uint256[] exits; // two words each, see `ExitsModel.entry`; slots counted from the leaf's first one
        uint256 proverFees;
    }

    ProofOfEfficiency internal poe;
    IRollup internal rollup;
    NativeToken internal token;
    MockVerifier internal verifier;

    mapping(uint256 batch => Posted) internal posted;
    uint256 internal postedCount;
    mapping(uint256 batch => mapping(uint256 leaf => Effect)) internal effects;
    bytes[] internal forced; // operation i at i − 1
    mapping(uint256 batch => uint256) internal departedRoots; // after the departures at its end, if there are any

    function deploy(ISelector selector) internal {
        deployParts();
        deployConsensus(selector);
    }

    /// @dev Deploys what the parameters of a consensus name.
    function deployParts() internal {
        vm.warp(START);
        token = Deploy.nativeToken(1_000_000_000 ether, address(this));
        verifier = new MockVerifier();
    }

    function deployConsensus(ISelector selector) internal {
        IRollup.CoreParameters memory core = coreParameters();
        poe = Deploy.proofOfEfficiency(core, parameters(selector), CoreCode.hash());
        CoreCode.deploy(poe, core);
        rollup = poe.ROLLUP();
    }

    /// @dev Takes over a system that was deployed elsewhere.
    function adopt(ProofOfEfficiency poe_, NativeToken token_, MockVerifier verifier_) internal {
        (poe, token, verifier) = (poe_, token_, verifier_);
        rollup = poe_.ROLLUP();
    }

    function coreParameters() internal returns (IRollup.CoreParameters memory) {
        return
            IRollup.CoreParameters({
                tokenFee: 0.1 ether,
                forcedDeadline: DEADLINE,
                escapeDelay: ESCAPE_DELAY,
                forcedFeeBase: FORCED_BASE,
                forcedFeeStep: FORCED_STEP,
                enforcementVerifier: address(new MockEnforcementVerifier())
            });
    }

    function parameters(ISelector selector) internal view returns (IProofOfEfficiency.Parameters memory) {
        return
            IProofOfEfficiency.Parameters({
                token: token,
                verifier: verifier,
                selector: selector,
                minFee: MIN_FEE,
                maxFee: MAX_FEE,
                initialFee: FEE,
                leafBond: BOND,
                baseFee: BASE_FEE,
                targetTime: TARGET,
                doublingTime: DOUBLING,
                halvingTime: HALVING,
                maxLeavesPerBatch: MAX_LEAVES,
                maxPendingLeaves: MAX_PENDING
            });
    }

    /// @dev External, so that the optimiser cannot read it again after the clock was moved.
    function clock() external view returns (uint256) {
        return block.timestamp;
    }

    /// @dev As `clock`, for the chain id.
    function chain() external view returns (uint256) {
        return block.chainid;
    }

    function fund(address account, uint256 amount) internal {
        token.transfer(account, amount);
        vm.startPrank(account);
        token.approve(address(poe), amount);
        poe.deposit(amount);
        vm.stopPrank();
    }

    // ─── Forced operations ───────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Queues a forced exit and remembers its slot, whose fee is in bits 250 … 161.
    function queueExit(address user, uint32 account) internal returns (uint256 fee) {
        fee = rollup.forcedFee();
        vm.deal(user, user.balance + fee);
        vm.prank(user);
        rollup.forceExit{ value: fee }(account, 0, 1);
        uint256 tail = (fee << 161) | uint160(user);
        forced.push(abi.encodePacked(account, uint32(0), uint16(0), uint128(1), bytes3(0), uint256(0), tail));
    }

    function forcedSlots(uint256 first, uint256 count) internal view returns (bytes memory slots) {
        for (uint256 i = 0; i < count; ++i) slots = bytes.concat(slots, forced[first + i - 1]);
    }

    // ─── Sequencing ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A batch of `length` arbitrary bytes with true commitments and fees in ETH.
    function inputOf(uint256 length, uint256 seed) internal pure returns (IProofOfEfficiency.BatchInput memory) {
        bytes memory data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) data[i] = bytes1(uint8(uint256(keccak256(abi.encode(seed, i)))));
        return withCommitments(data, 0);
    }

    /// @dev A batch that begins with the forced operations from `first` on.
    function forcedInput(
        uint256 first,
        uint16 count,
        uint256 rest
    ) internal view returns (IProofOfEfficiency.BatchInput memory) {
        return withCommitments(bytes.concat(forcedSlots(first, count), new bytes(rest)), count);
    }

    function withCommitments(
        bytes memory data,
        uint16 forcedCount
    ) internal pure returns (IProofOfEfficiency.BatchInput memory) {
        return IProofOfEfficiency.BatchInput(data, trueCommitments(data), forcedCount, 7, 0);
    }

    function trueCommitments(bytes memory data) public pure returns (uint256[] memory commitments) {
        commitments = new uint256[](leavesOf(data));
        for (uint256 i = 0; i < commitments.length; ++i) {
            bytes memory leaf = new bytes(LEAF_BYTES);
            for (uint256 k = 0; k < LEAF_BYTES; ++k) leaf[k] = byteAt(data, i * LEAF_BYTES + k);
            commitments[i] = uint256(keccak256(leaf)) % P;
        }
    }

    function one(
        IProofOfEfficiency.BatchInput memory input
    ) internal pure returns (IProofOfEfficiency.BatchInput[] memory inputs) {
        inputs = new IProofOfEfficiency.BatchInput[](1);
        inputs[0] = input;
    }

    function sequence(address sequencer, IProofOfEfficiency.BatchInput memory input) internal {
        uint256 fee = poe.batchFee();
        vm.prank(sequencer, sequencer);
        poe.sequence(one(input), fee, 0);
        record(sequencer, input, fee);
    }

    /// @dev Of the batches from `first` to the last one.
    function leavesFrom(uint256 first) internal view returns (uint256 leaves) {
        for (uint256 i = first; i <= postedCount; ++i) leaves += leavesOf(posted[i].input.data);
    }

    /// @dev Writes down what L1 has to have recorded. Call it once for each batch, in order.
    function record(address sequencer, IProofOfEfficiency.BatchInput memory input, uint256 fee) internal {
        recordAt(sequencer, input, fee, BOND, this.clock());
    }

    /// @param timestamp Of the header.
    function recordAt(
        address sequencer,
        IProofOfEfficiency.BatchInput memory input,
        uint256 fee,
        uint256 bond,
        uint256 timestamp
    ) internal {
        uint256 number = ++postedCount;
        Posted storage batch = posted[number];
        batch.input = input;
        uint256 leaves = leavesOf(input.data);
        uint256 filled = input.forcedCount / SLOTS;
        batch.record = IProofOfEfficiency.BatchRecord({
            sequencer: sequencer,
            header: BatchHeader.wrap(headerOf(input, input.forcedCount, timestamp)),
            dataHash: keccak256(input.data),
            fee: fee * (leaves > filled ? leaves - filled : 1),
            bond: bond * leaves,
            forcedFees: forcedFees(input)
        });
        batch.openings = keccak256(
            abi.encodePacked(input.commitments, this.evaluations(input.data, input.commitments))
        );
        batch.previous =
            number == 1 ? bytes27(keccak256(abi.encode(rollup.DOMAIN()))) : bytes27(posted[number - 1].accumulator);
        batch.accumulator = keccak256(abi.encode(batch.previous, batch.record, batch.openings));
    }

    function headerOf(
        IProofOfEfficiency.BatchInput memory input,
        uint256 forcedCount,
        uint256 timestamp
    ) internal pure returns (uint256) {
        uint256 baseFee = input.feeToken == 0 ? BASE_FEE : 0;
        return
            baseFee * 2 ** 128 +
            uint256(input.feeToken) * 2 ** 112 +
            uint256(input.feeAccount) * 2 ** 80 +
            forcedCount * 2 ** 64 +
            timestamp;
    }

    function forcedFees(IProofOfEfficiency.BatchInput memory input) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < input.forcedCount; ++i) {
            uint256 tail;
            for (uint256 k = 0; k < 32; ++k) tail = tail * 256 + uint8(input.data[i * SLOT_BYTES + 61 + k]);
            sum += (tail >> 161) % 2 ** 90;
        }
    }

    function leavesOf(bytes memory data) internal pure returns (uint256) {
        return data.length == 0 ? 1 : (data.length + LEAF_BYTES - 1) / LEAF_BYTES;
    }

    function pointOf(bytes memory data, uint256[] memory commitments) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(keccak256(data), commitments))) % P;
    }

    /// @dev Σ chunkᵢ·zⁱ, with the powers of z computed one by one.
    function evaluations(bytes memory data, uint256[] memory commitments) public pure returns (uint256[] memory y) {
        uint256 z = pointOf(data, commitments);
        y = new uint256[](leavesOf(data));
        for (uint256 leaf = 0; leaf < y.length; ++leaf) {
            uint256 power = 1;
            for (uint256 i = 0; i < 3 * SLOTS; ++i) {
                uint256 chunk;
                for (uint256 k = 0; k < 31; ++k) {
                    chunk = chunk * 256 + uint8(byteAt(data, leaf * LEAF_BYTES + i * 31 + k));
                }
                y[leaf] = addmod(y[leaf], mulmod(chunk, power, P), P);
                power = mulmod(power, z, P);
            }
        }
    }

    function byteAt(bytes memory data, uint256 i) private pure returns (bytes1) {
        return i < data.length ? data[i] : bytes1(0);
    }

    // ─── Proving ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev State root after a leaf; leaf −1 of a batch is the last one of the batch before.
    function rootAfter(uint256 batch, uint256 leaf) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("root", batch, leaf))) % P;
    }

    function rootBefore(uint256 batch, uint256 leaf) internal view returns (uint256) {
        if (leaf > 0) return rootAfter(batch, leaf - 1);
        if (departedRoots[batch - 1] != 0) return departedRoots[batch - 1];
        if (batch == 1) return LeafVerifyingKey.GENESIS_STATE_ROOT;
        return rootAfter(batch - 1, leavesOf(posted[batch - 1].input.data) - 1);
    }

    /// @dev The proofs of an honest aggregator; batches with false commitments are corrected.
    function prove(
        address aggregator,
        uint256 from,
        uint256 to
    ) internal view returns (IProofOfEfficiency.BatchProof[] memory proofs) {
        proofs = new IProofOfEfficiency.BatchProof[](to - from + 1);
        for (uint256 i = 0; i < proofs.length; ++i) proofs[i] = proveBatch(aggregator, from + i);
    }

    function isTruthful(uint256 number) internal view returns (bool) {
        bytes memory data = posted[number].input.data;
        return
            keccak256(abi.encode(this.trueCommitments(data))) ==
            keccak256(abi.encode(posted[number].input.commitments));
    }

    function proveBatch(
        address aggregator,
        uint256 number
    ) internal view returns (IProofOfEfficiency.BatchProof memory proof) {
        Posted storage batch = posted[number];
        proof.record = batch.record;
        bytes memory data = batch.input.data;
        uint256[] memory commitments = this.trueCommitments(data);
        uint256[] memory y = this.evaluations(data, commitments);
        proof.leaves = new IProofOfEfficiency.LeafProof[](commitments.length);
        for (uint256 i = 0; i < commitments.length; ++i) {
            proof.leaves[i] = proveLeaf(aggregator, number, i, commitments, y[i]);
        }
        proof.exits = exitsOf(number);
        if (!isTruthful(number)) {
            proof.falseOpenings = batch.openings;
            proof.data = data;
        }
    }

    function proveLeaf(
        address aggregator,
        uint256 number,
        uint256 leaf,
        uint256[] memory commitments,
        uint256 y
    ) private view returns (IProofOfEfficiency.LeafProof memory proof) {
        Effect memory effect = effects[number][leaf];
        proof.newStateRoot = rootAfter(number, leaf);
        proof.exitsHash = uint256(keccak256(abi.encode("exits", effect.exits))) % P;
        proof.proverFees = effect.proverFees;
        proof.commitment = commitments[leaf];
        proof.evaluation = y;
        proof.digest = uint256(keccak256(abi.encode("digest", number, leaf))) % P;
        proof.proof[0] = verifier.hashOf(0, this.statementWords(aggregator, number, leaf, commitments, proof));
    }

    /// @dev The exits of a batch as L1 is shown them: their slots are counted through its leaves.
    function exitsOf(uint256 number) internal view returns (uint256[] memory words) {
        uint256 leaves = leavesOf(posted[number].input.data);
        uint256 count;
        for (uint256 i = 0; i < leaves; ++i) count += effects[number][i].exits.length;
        words = new uint256[](count);
        count = 0;
        for (uint256 i = 0; i < leaves; ++i) {
            uint256[] memory own = effects[number][i].exits;
            for (uint256 k = 0; k < own.length; k += 2) {
                words[count++] = own[k] + i * SLOTS * 2 ** 176;
                words[count++] = own[k + 1];
            }
        }
    }

    /// @dev The words of docs/protocol.md §6, in order.
    function statementWords(
        address aggregator,
        uint256 number,
        uint256 leaf,
        uint256[] memory commitments,
        IProofOfEfficiency.LeafProof memory proof
    ) public view returns (uint256[] memory signals) {
        Posted storage batch = posted[number];
        uint256 before = leaf * SLOTS;
        uint256 forcedCount = batch.input.forcedCount > before ? batch.input.forcedCount - before : 0;
        uint256 header = BatchHeader.unwrap(batch.record.header);
        uint256[] memory exits = effects[number][leaf].exits;
        signals = new uint256[](13 + exits.length);
        for (uint256 i = 0; i < exits.length; ++i) signals[13 + i] = exits[i];
        signals[0] = proof.newStateRoot;
        signals[1] = proof.exitsHash;
        signals[2] = proof.proverFees;
        signals[3] = proof.commitment;
        signals[4] = proof.evaluation;
        signals[5] = proof.digest;
        signals[6] = rootBefore(number, leaf);
        signals[7] =
            ((header >> 80) << 80) +
            (forcedCount < SLOTS ? forcedCount : SLOTS) * 2 ** 64 +
            (header % 2 ** 64);
        signals[8] = pointOf(batch.input.data, commitments);
        signals[9] = uint160(batch.record.sequencer);
        signals[10] = rollup.DOMAIN();
        signals[11] = uint256(batch.accumulator) >> 8;
        signals[12] = uint160(aggregator);
    }

    function verify(address aggregator, uint256 from, uint256 to) internal {
        IProofOfEfficiency.BatchProof[] memory proofs = prove(aggregator, from, to);
        vm.prank(aggregator);
        poe.verify(from, proofs);
    }
}
