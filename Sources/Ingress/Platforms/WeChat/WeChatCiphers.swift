// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The ciphers of an account's `EncodingAESKey` and, during a rotation, of the one before: for a while WeChat encrypts
/// with either, and reads an answer only with the key of its question (developers.weixin.qq.com, "Message encryption
/// and decryption").
struct WeChatCiphers {
    let current: WeChatCipher
    var previous: WeChatCipher?

    /// The message in a text that WeChat has signed, and the cipher that it was encrypted with.
    ///
    /// - Returns: nil where neither fits.
    func decrypt(_ encrypted: String) -> (message: [UInt8], cipher: WeChatCipher)? {
        if let message = self.current.decrypt(encrypted) { return (message, self.current) }
        guard let previous, let message = previous.decrypt(encrypted) else { return nil }
        return (message, previous)
    }
}
