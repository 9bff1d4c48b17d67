// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Shared

@Suite struct Ed25519ScalarFieldTests {
    private let field: Ed25519FieldBox

    init() throws {
        self.field = try Ed25519FieldBox()
    }

    /// The remainder of a little-endian number by L, by shifting and subtracting: slow, and nothing but school.
    static func remainder(_ number: [UInt8]) -> [UInt8] {
        var order = stride(from: 0, to: 32, by: 8).map { word in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(Ed25519ScalarField.order[word + $1]) << UInt64($1 * 8) }
        }
        order.append(0)
        var rest = [UInt64](repeating: 0, count: 5)
        for bit in (0..<number.count * 8).reversed() {
            for word in (1..<5).reversed() { rest[word] = rest[word] << 1 | rest[word - 1] >> 63 }
            rest[0] = rest[0] << 1 | UInt64(number[bit / 8] >> UInt8(bit % 8) & 1)
            var difference = rest
            var borrow = false
            for word in 0..<5 {
                let (first, firstBorrow) = rest[word].subtractingReportingOverflow(order[word])
                let (second, secondBorrow) = first.subtractingReportingOverflow(borrow ? 1 : 0)
                difference[word] = second
                borrow = firstBorrow || secondBorrow
            }
            if !borrow { rest = difference }
        }
        return (0..<32).map { UInt8(truncatingIfNeeded: rest[$0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    /// The product of two little-endian numbers, byte by byte.
    static func product(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: left.count + right.count)
        for (i, x) in left.enumerated() {
            var carry: UInt32 = 0
            for (j, y) in right.enumerated() {
                let value = UInt32(result[i + j]) + UInt32(x) * UInt32(y) + carry
                result[i + j] = UInt8(truncatingIfNeeded: value)
                carry = value >> 8
            }
            result[i + right.count] = UInt8(carry)
        }
        return result
    }

    /// Numbers at which a reduction goes wrong if it does anywhere, as 64 little-endian bytes.
    static let edges: [[UInt8]] = {
        let order = Ed25519ScalarField.order
        let zeros = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        let below = [order[0] - 1] + order.dropFirst()
        let above = [order[0] + 1] + order.dropFirst()
        var one = zeros
        one[0] = 1
        let halves = [zeros, one, below, order, above, ones, Array(zeros.dropLast()) + [0x80]]
        return halves.flatMap { low in halves.map { high in low + high } }
    }()

    /// The factor 1 reduces 512-bit numbers as a long division does.
    @Test func reduction() throws {
        var random = SeededRandom(for: "Ed25519ScalarFieldTests.reduction")
        for number in Self.edges + (0..<500).map({ _ in random.bytes(64) }) {
            #expect(try self.field.multiply(number, by: nil) == Self.remainder(number))
        }
    }

    /// A product with any 256-bit factor, above L as well, is the remainder of the product.
    @Test func products() throws {
        var random = SeededRandom(for: "Ed25519ScalarFieldTests.products")
        let factors = Self.edges.map { Array($0[..<32]) }
        for (index, number) in (Self.edges + (0..<200).map { _ in random.bytes(64) }).enumerated() {
            let factor = index < factors.count ? factors[(index * 7) % factors.count] : random.bytes(32)
            let expected = Self.remainder(Self.product(number, factor))
            #expect(try self.field.multiply(number, by: factor) == expected)
        }
    }

    /// S is below L or it is not: the numbers next to L, and those that differ from it in one byte.
    @Test func order() {
        let order = Ed25519ScalarField.order
        #expect(!order.withUnsafeBytes { Ed25519ScalarField.isBelowOrder($0) })
        #expect(!order.dropLast().withUnsafeBytes { Ed25519ScalarField.isBelowOrder($0) })
        for index in 0..<32 {
            var number = order
            if order[index] > 0 {
                number[index] = order[index] - 1
                #expect(number.withUnsafeBytes { Ed25519ScalarField.isBelowOrder($0) })
            }
            number[index] = order[index] + 1
            #expect(!number.withUnsafeBytes { Ed25519ScalarField.isBelowOrder($0) })
        }
    }

    /// What libcrypto refuses is reported: a hash of another length, a factor too long, a result that does not fit.
    @Test func failures() throws {
        #expect(throws: Ed25519FieldBox.Failure.self) { try self.field.multiply([1, 2, 3], by: nil) }
        #expect(try self.field.refusesLongFactor())
        #expect(try self.field.refusesNarrowOutput())
    }
}

/// A field in a class, because a suite is copied and the field is not.
final class Ed25519FieldBox {
    struct Failure: Error {}
    private let field: Ed25519ScalarField

    init() throws {
        self.field = try Ed25519ScalarField()
    }

    func multiply(_ hash: [UInt8], by factor: [UInt8]?) throws -> [UInt8] {
        let result = try BigNumber()
        let isMultiplied: Bool
        if let factor {
            let prepared = try self.prepare(factor)
            isMultiplied = hash.withUnsafeBytes { self.field.multiply(hash: $0, by: prepared, into: result) }
        } else {
            isMultiplied = hash.withUnsafeBytes { self.field.multiply(hash: $0, by: self.field.one, into: result) }
        }
        var output = [UInt8](repeating: 0xAA, count: 32)
        guard isMultiplied, output.withUnsafeMutableBytes({ result.store(littleEndian: $0) }) else { throw Failure() }
        return output
    }

    private func prepare(_ factor: [UInt8]) throws -> Ed25519ScalarField.Factor {
        let memory = CleansedMemory(byteCount: factor.count)
        memory.all.copyBytes(from: factor)
        let prepared = try self.field.factor(littleEndian: UnsafeRawBufferPointer(memory.all))
        memory.cleanse()
        return prepared
    }

    func refusesLongFactor() throws -> Bool {
        let long = try BigNumber()
        let result = try BigNumber()
        guard [UInt8](repeating: 0xFF, count: 64).withUnsafeBytes({ long.load(littleEndian: $0) }) else { return false }
        return !self.field.multiply(long, long, into: result)
    }

    func refusesNarrowOutput() throws -> Bool {
        let number = try BigNumber()
        guard [1, 2, 3].withUnsafeBytes({ number.load(littleEndian: $0) }) else { return false }
        var output = [UInt8](repeating: 0, count: 2)
        return !output.withUnsafeMutableBytes { number.store(littleEndian: $0) }
    }
}
