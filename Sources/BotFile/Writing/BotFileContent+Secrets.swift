// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension BotFileContent {
    /// Looks after a change at the secrets that stand in files of their own: nothing is written to those, and none of them
    /// is copied into the file of bots.
    mutating func checkSecretFiles(of old: Bot, _ new: Bot) throws(BotStoreError) {
        guard var paths = self.secretFiles[old.name] else { return }
        if let path = paths.secret, new.secret != old.secret {
            throw BotStoreError(
                .invalid,
                "The secret of the bot \(old.name) is in \(path) (secret_file), where no command changes it. Put the one "
                    + "that holds now into another file and name that as previous_secret_file, put the new one into "
                    + "\(path), and when the platform has it too, remove previous_secret_file."
            )
        }
        if new.previousSecret != old.previousSecret {
            if let path = paths.previousSecret, old.previousSecret == nil {
                throw BotStoreError(
                    .invalid,
                    "The file \(path) (previous_secret_file of the bot \(old.name)) holds the secret that holds now, so "
                        + "that no rotation is under way; remove previous_secret_file first."
                )
            }
            if let path = paths.previousSecret, new.previousSecret != nil {
                throw BotStoreError(
                    .invalid,
                    "The previous secret of the bot \(old.name) is in \(path) (previous_secret_file); end the rotation "
                        + "under way before another."
                )
            }
            paths.previousSecret = nil
        }
        if new.options.verifyToken != old.options.verifyToken { paths.verifyToken = nil }
        if new.options.aesKey != old.options.aesKey { paths.aesKey = nil }
        if new.options.previousAESKey != old.options.previousAESKey { paths.previousAESKey = nil }
        self.secretFiles[old.name] = paths
    }
}
