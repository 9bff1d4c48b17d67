// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1), what most platforms sign a webhook with.
///
/// The message is given whole or in parts, which are authenticated one after the other without being joined; where three
/// parts are not enough, use ``StreamingHMACSHA256``.
public enum HMACSHA256 {
    public static let byteCount = 32

    /// The authentication code, 32 bytes.
    @inlinable
    public static func code(
        key: some Sequence<UInt8>,
        over first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = EmptyCollection<UInt8>(),
        _ third: some Sequence<UInt8> = EmptyCollection<UInt8>()
    ) -> [UInt8] {
        var hmac = StreamingHMACSHA256(key: key)
        hmac.update(first)
        hmac.update(second)
        hmac.update(third)
        return hmac.finalize()
    }

    /// Whether the code is the message's, compared in constant time. A code that is not 32 bytes long never is.
    @inlinable
    public static func isValid(
        _ code: some Sequence<UInt8>,
        key: some Sequence<UInt8>,
        over first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = EmptyCollection<UInt8>(),
        _ third: some Sequence<UInt8> = EmptyCollection<UInt8>()
    ) -> Bool {
        let expected = self.code(key: key, over: first, second, third)
        return ConstantTime.equal(expected, code)
    }
}

/// An HMAC-SHA256 in the making: any number of updates, one result. Not shared between threads.
public struct StreamingHMACSHA256: ~Copyable {
    private let context: OpaquePointer

    public init(key: some Sequence<UInt8>) {
        guard let algorithm = FetchedAlgorithms.hmac, let context = EVP_MAC_CTX_new(algorithm),
            key.withContiguousBytes({ Self.start(context, key: $0) })
        else {
            preconditionFailure("libcrypto cannot start HMAC-SHA256")
        }
        self.context = context
    }

    deinit {
        EVP_MAC_CTX_free(self.context)
    }

    private static func start(_ context: OpaquePointer, key: UnsafeRawBufferPointer) -> Bool {
        // The parameters point to both texts until the call returns. Passing strings would give pointers that are
        // already dead by then; literals live for ever.
        let parameterName: StaticString = "digest"
        let digestName: StaticString = "SHA256"
        let name = UnsafeRawPointer(parameterName.utf8Start).assumingMemoryBound(to: CChar.self)
        let value = UnsafeRawPointer(digestName.utf8Start).assumingMemoryBound(to: CChar.self)
        let parameters = [
            // libcrypto only reads it, though its type does not say so.
            OSSL_PARAM_construct_utf8_string(name, UnsafeMutablePointer(mutating: value), 0),
            OSSL_PARAM_construct_end(),
        ]
        // An empty key still needs a non-null pointer: libcrypto takes null as "keep the previous key".
        let address = key.baseAddress ?? UnsafeRawPointer(digestName.utf8Start)
        return EVP_MAC_init(context, address.assumingMemoryBound(to: UInt8.self), key.count, parameters) == 1
    }

    /// Authenticates the next bytes of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        guard EVP_MAC_update(self.context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) == 1
        else {
            preconditionFailure("libcrypto cannot continue HMAC-SHA256")
        }
    }

    /// Authenticates the next bytes of the message.
    @inlinable
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        bytes.withContiguousBytes { self.update($0) }
    }

    /// The authentication code, 32 bytes.
    public consuming func finalize() -> [UInt8] {
        var code = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        var written = 0
        guard EVP_MAC_final(self.context, &code, &written, code.count) == 1, written == code.count else {
            preconditionFailure("libcrypto cannot finish HMAC-SHA256")
        }
        return code
    }
}
