// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The members that are secrets: in the file itself, or in one of their own that it names.
struct SecretFields {
    /// The most bytes of a secret's own file.
    private static let fileLimit = 64 << 10

    let fields: Fields
    /// Who they belong to, for sentences.
    let owner: String
    /// The folder that relative paths begin at: that of the file of bots.
    let folder: String
    /// All files that have been named, readable or not.
    private(set) var files: [String] = []

    init(_ fields: Fields, owner: String, folder: String) {
        self.fields = fields
        self.owner = owner
        self.folder = folder
    }

    /// A secret, and the path of its file as it is written; both nil where there is none.
    ///
    /// - Parameter rule: what is wrong with a secret, as `BotRule` says it.
    mutating func secret(
        _ key: String,
        _ log: inout FaultLog,
        rule: (Secret) -> String?
    ) -> (secret: Secret?, path: String?) {
        let fileKey = key + "_file"
        guard self.fields.node(fileKey) != nil else {
            let secret = self.fields.text(key, &log).map { Secret($0) }
            return (self.checked(secret, "\(key) of \(self.owner)", self.fields.line(of: key), &log, rule), nil)
        }
        let line = self.fields.line(of: fileKey)
        guard self.fields.node(key) == nil else {
            log.error(line, "There are both \(key) and \(fileKey) of \(self.owner); remove one of them.")
            return (nil, nil)
        }
        guard let path = self.fields.text(fileKey, &log) else { return (nil, nil) }
        let file = path.hasPrefix("/") ? path : "\(self.folder)/\(path)"
        self.files.append(file)
        let text: String
        do throws(FileError) {
            text = try FileBytes.readText(file, limit: Self.fileLimit)
        } catch {
            log.error(
                line,
                "\(fileKey) of \(self.owner) cannot be read: \(error.reason); check the path, and that this user may read it.",
                mayPass: error.mayPass
            )
            return (nil, path)
        }
        let secret = Secret(FileContent.withoutLineEnd(text))
        return (self.checked(secret, "The secret in \(path) (\(fileKey) of \(self.owner))", line, &log, rule), path)
    }

    private func checked(
        _ secret: Secret?,
        _ subject: String,
        _ line: Int?,
        _ log: inout FaultLog,
        _ rule: (Secret) -> String?
    ) -> Secret? {
        guard let secret else { return nil }
        if let fault = rule(secret) {
            log.error(line, "\(subject) \(fault)")
            return nil
        }
        return secret
    }
}
