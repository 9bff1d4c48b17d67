// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Arithmetic modulo L = 2^252 + 27742317777372353535851937790883648493, the order of Ed25519's base point (RFC 8032,
/// section 5.1), by libcrypto's constant-time Montgomery product.
///
/// With R = 2^256, the product of `x` and `y` is `x·y·R⁻¹ mod L`. It needs `x·y < L·R`, so one factor may be any
/// 256-bit number if the other is below L. A 512-bit hash `h = h0 + h1·R` is therefore multiplied by `c` without a
/// division: `h·c mod L = product(h0, c·R mod L) + product(h1, c·R² mod L)`.
///
/// It holds working numbers, so it belongs to one thread at a time.
struct Ed25519ScalarField: ~Copyable {
    /// L, little-endian.
    static let order: [UInt8] = [
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]

    /// A constant `c` below L, prepared for products with hashes.
    struct Factor: ~Copyable {
        /// c·R mod L
        let low: BigNumber
        /// c·R² mod L
        let high: BigNumber
    }

    /// The factor 1, which reduces a hash modulo L.
    let one: Factor

    private let order: BigNumber
    private let montgomery: MontgomeryContext
    private let scratch: ScratchContext
    private let half: BigNumber
    private let product: BigNumber

    init() throws(CryptoError) {
        let order = try BigNumber()
        guard Self.order.withUnsafeBytes({ order.load(littleEndian: $0) }) else { throw .outOfMemory }
        let scratch = try ScratchContext()
        let montgomery = try MontgomeryContext(modulus: order, scratch: scratch)
        let low = try BigNumber()
        let high = try BigNumber()
        // R mod L is 1 in Montgomery's form, and R² mod L is that once more.
        guard BN_to_montgomery(low.pointer, BN_value_one(), montgomery.pointer, scratch.pointer) == 1,
            BN_to_montgomery(high.pointer, low.pointer, montgomery.pointer, scratch.pointer) == 1
        else { throw .operationFailed }
        let half = try BigNumber()
        let product = try BigNumber()
        self.one = Factor(low: low, high: high)
        self.half = half
        self.product = product
        self.order = order
        self.montgomery = montgomery
        self.scratch = scratch
    }

    /// Prepares a number of up to 256 bits, which need not be below L, for products with hashes.
    borrowing func factor(littleEndian bytes: UnsafeRawBufferPointer) throws(CryptoError) -> Factor {
        let number = try BigNumber(littleEndian: bytes)
        let low = try BigNumber()
        let high = try BigNumber()
        guard self.multiply(number, self.one.high, into: low), self.multiply(low, self.one.high, into: high) else {
            throw .operationFailed
        }
        return Factor(low: low, high: high)
    }

    /// `result = hash·factor mod L` of a 512-bit little-endian hash; `false` if libcrypto fails, and the result is then
    /// meaningless.
    borrowing func multiply(
        hash: UnsafeRawBufferPointer,
        by factor: borrowing Factor,
        into result: borrowing BigNumber
    ) -> Bool {
        guard hash.count == 64,
            self.half.load(littleEndian: UnsafeRawBufferPointer(rebasing: hash[..<32])),
            self.multiply(self.half, factor.low, into: result),
            self.half.load(littleEndian: UnsafeRawBufferPointer(rebasing: hash[32...])),
            self.multiply(self.half, factor.high, into: self.product)
        else { return false }
        return self.add(self.product, to: result)
    }

    /// `sum = sum + number mod L` of numbers below L; `false` if libcrypto fails.
    borrowing func add(_ number: borrowing BigNumber, to sum: borrowing BigNumber) -> Bool {
        BN_mod_add_quick(sum.pointer, sum.pointer, number.pointer, self.order.pointer) == 1
    }

    /// `result = x·y·R⁻¹ mod L`; `false` if libcrypto fails or a factor is too long.
    borrowing func multiply(
        _ x: borrowing BigNumber,
        _ y: borrowing BigNumber,
        into result: borrowing BigNumber
    ) -> Bool {
        BN_mod_mul_montgomery(
            result.pointer,
            x.pointer,
            y.pointer,
            self.montgomery.pointer,
            self.scratch.pointer
        ) == 1
    }

    /// Overwrites the working numbers.
    borrowing func clear() {
        self.half.clear()
        self.product.clear()
    }

    /// Whether 32 little-endian bytes are below L. They are a received S, nothing secret.
    static func isBelowOrder(_ number: UnsafeRawBufferPointer) -> Bool {
        guard number.count == self.order.count else { return false }
        for index in self.order.indices.reversed() where number[index] != self.order[index] {
            return number[index] < self.order[index]
        }
        return false
    }
}
