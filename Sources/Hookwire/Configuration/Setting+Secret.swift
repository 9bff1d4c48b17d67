// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import RedisBroker
internal import Shared

extension Setting<RegistryEncryptionKey> {
    /// The encryption key of the bots in Redis. Never a flag: the process list would show it.
    static let registryKey = Setting(
        name: "registry-key",
        expectation: "64 hexadecimal digits, such as openssl rand -hex 32 prints",
        isSecret: true,
        hasFlag: false,
        meaning: "What the registered bots in Redis are encrypted with; the same on all nodes."
    ) { RegistryEncryptionKey($0) }
}

extension Setting<Secret> {
    /// What opens the admin API. Never a flag: the process list would show it.
    static let adminToken = Setting(
        name: "admin-token",
        expectation: "16 to 512 visible ASCII characters, such as openssl rand -hex 32 prints",
        isSecret: true,
        hasFlag: false,
        meaning: "What opens the admin API and its page; without it there is none."
    ) { text in
        guard (16...512).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        return Secret(text)
    }
}
