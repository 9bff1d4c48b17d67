// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import RedisBroker

/// Where the registered bots are.
enum RegistrySource: Sendable {
    /// A YAML file, by its path.
    case file(String)
    /// The Redis that joins the nodes, encrypted with a key.
    case redis(RedisDeployment, RegistryEncryptionKey)

    /// Reads the settings that say so; nil where none does.
    ///
    /// - Throws: `SettingsError` where one cannot be used.
    init?(_ reader: SettingsReader, redisURL: RedisDeployment?) throws(SettingsError) {
        let key = try reader.value(.registryKey)
        if let path = try reader.value(.text("bots")) {
            self = .file(path)
        } else if let key, let redisURL {
            self = .redis(redisURL, key)
        } else {
            // A key implies registered bots: without them the relay would be open to everyone.
            guard key == nil else {
                throw SettingsError(
                    message:
                        "HOOKWIRE_REGISTRY_KEY says nothing without --redis-url, the Redis that has the registered bots: "
                        + "give that too."
                )
            }
            return nil
        }
    }

    /// What to do where there is no source, to end a sentence that says so.
    static let mend =
        "give --bots a YAML file, or --redis-url a Redis and HOOKWIRE_REGISTRY_KEY its key "
        + "(64 hexadecimal digits, such as openssl rand -hex 32 prints)"
}
