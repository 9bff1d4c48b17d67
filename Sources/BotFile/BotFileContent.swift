// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The content of a bots file.
struct BotFileContent: Sendable {
    /// The bots that nothing is wrong with, in the order of the file.
    var bots: [Bot] = []
    /// Where their secrets stand, where not in the file itself.
    var secretFiles: [BotName: SecretPaths] = [:]
    /// All that is wrong, in the order of the lines.
    var faults: [BotFileFault] = []
    /// The files that were read besides, for who watches for changes.
    var watchedFiles: [String] = []
    /// The comment that the file begins with, line by line.
    var heading: [String] = []
    /// Whether there are comments elsewhere, which rewriting the file would lose.
    var hasInnerComments = false

    var errors: [BotFileFault] { self.faults.filter { $0.severity == .error } }
    var warnings: [BotFileFault] { self.faults.filter { $0.severity == .warning } }
}

/// The paths of the files that have a bot's secrets, as they are written in the file.
struct SecretPaths: Sendable, Equatable {
    var secret: String?
    var previousSecret: String?
    var verifyToken: String?
    var aesKey: String?
    var previousAESKey: String?
}
