// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A hash in the making: any number of updates, one result. Not shared between threads.
public struct StreamingDigest: ~Copyable {
    let algorithm: DigestAlgorithm
    private let context: OpaquePointer

    public init(_ algorithm: DigestAlgorithm) {
        let fetched =
            switch algorithm {
            case .insecureMD5: FetchedAlgorithms.md5
            case .insecureSHA1: FetchedAlgorithms.sha1
            case .sha256: FetchedAlgorithms.sha256
            case .sha512: FetchedAlgorithms.sha512
            }
        guard let fetched, let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, fetched, nil) == 1 else {
            preconditionFailure("libcrypto cannot start \(algorithm)")
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(self.context)
    }

    /// Hashes the next bytes of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(self.context, bytes.baseAddress, bytes.count) == 1 else {
            preconditionFailure("libcrypto cannot continue \(self.algorithm)")
        }
    }

    /// Hashes the next bytes of the message.
    @inlinable
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        bytes.withContiguousBytes { self.update($0) }
    }

    /// The hash, as many bytes as the algorithm's have.
    public consuming func finalize() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: self.algorithm.byteCount)
        hash.withUnsafeMutableBytes { self.finish(into: $0) }
        return hash
    }

    /// Writes the hash to memory of exactly its length and restarts, so that one value hashes many messages without
    /// an allocation.
    public mutating func finalizeAndRestart(into output: UnsafeMutableRawBufferPointer) {
        self.finish(into: output)
        guard EVP_DigestInit_ex2(self.context, nil, nil) == 1 else {
            preconditionFailure("libcrypto cannot restart \(self.algorithm)")
        }
    }

    private borrowing func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count == self.algorithm.byteCount, "a hash needs memory of exactly its length")
        var written: UInt32 = 0
        guard EVP_DigestFinal_ex(self.context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &written) == 1,
            Int(written) == output.count
        else {
            preconditionFailure("libcrypto cannot finish \(self.algorithm)")
        }
    }
}
