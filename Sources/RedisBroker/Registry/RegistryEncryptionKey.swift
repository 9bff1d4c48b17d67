// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The encryption key of the registry in Redis: 256 bits, provided by the operator and never sent to Redis.
public struct RegistryEncryptionKey: Sendable {
    /// In hexadecimal digits, for `Secret` shows itself nowhere.
    private let digits: Secret

    /// Nil for what is not exactly 64 hexadecimal digits.
    public init?(_ text: String) {
        guard Hex.decode(text, byteCount: AES256GCM.keyByteCount) != nil else { return nil }
        self.digits = Secret(text)
    }

    /// The key's bytes, during the call only.
    func exposeBytes<Result, Failure: Error>(
        _ body: ([UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let bytes = Hex.decode(self.digits.exposeText()) else {
            preconditionFailure("a registry key was checked when it was made")
        }
        return try body(bytes)
    }
}
