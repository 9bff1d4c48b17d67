// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Validates a bot's settings, the same for a file, the command line and the admin API.
///
/// Each function returns what is wrong and how to fix it, to follow the setting's name and a space; nil if valid. None
/// repeats a secret.
public enum BotRule {
    /// The schemes of generic webhooks.
    public static let schemes = ["github", "standard", "bearer", "none"]
    /// The most bytes of an app id, a header field or an origin.
    public static let textLimit = 256
    /// The most requests a second that a limit may allow.
    public static let rateLimit = 1_000_000.0
    /// The most requests at once that a limit may allow.
    public static let burstLimit = 1_000_000
    /// The most sockets that a limit may allow.
    public static let socketLimit = 1_000_000
    /// How many events a bot's log may retain.
    public static let retentionCounts = 1...1_000_000
    /// For how long a bot's log may retain an event.
    public static let retentionAges: ClosedRange<TimeAmount> = .seconds(1) ... .hours(30 * 24)
    /// The allowed range as text, to follow `must be`.
    public static let retentionAgeSentence = "a time from 1s to 30d"
    /// How many bytes of events a bot's log may have.
    public static let logSizes = (1 << 10)...(1 << 40)
    /// The allowed range as text, to follow `must be`.
    public static let logSizeSentence = "a size of 1KiB to 1024GiB"

    /// A secret of a platform.
    public static func fault(ofSecret secret: Secret) -> String? {
        let count = secret.utf8Count
        guard count >= Bot.minimumSecretLength else {
            return "has \(count) bytes and can be guessed; give the platform's, of \(Bot.minimumSecretLength) at least."
        }
        return self.fault(ofToken: secret)
    }

    /// A verify token, chosen by the bot's owner.
    public static func fault(ofToken token: Secret) -> String? {
        guard !token.isEmpty else { return "is empty; give it, or leave it out." }
        guard token.utf8Count <= Bot.maximumSecretLength else {
            return "has \(token.utf8Count) bytes, more than \(Bot.maximumSecretLength); give the right one."
        }
        guard !token.exposeText().unicodeScalars.contains(where: { self.isControl($0.value) }) else {
            return "has control characters, perhaps a line break at its end; remove them."
        }
        return nil
    }

    /// Whether a code point is a control character, none for interchange, or the byte order mark (Unicode 16, sections 23.1,
    /// 23.7 and 23.8): no platform gives one, and not every file and terminal keeps it.
    private static func isControl(_ value: UInt32) -> Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0xFEFF || (0xFDD0...0xFDEF).contains(value)
            || value & 0xFFFE == 0xFFFE
    }

    /// Whether an unknown key may be repeated in a message: a plain word, and not a misplaced secret.
    public static func isWord(_ key: String) -> Bool {
        let bytes = key.utf8
        return (1...24).contains(bytes.count)
            && bytes.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_") }
    }

    /// WeChat's `EncodingAESKey`.
    public static func fault(ofAESKey key: Secret) -> String? {
        let bytes = key.exposeUTF8 { Base64.decode(Array($0) + [UInt8(ascii: "=")], trailingBits: .ignored) }
        return bytes?.count == AES256CBC.keyByteCount
            ? nil : "is not the 43 letters and digits of WeChat's EncodingAESKey; copy it from there."
    }

    /// A platform's id for a bot.
    public static func fault(ofAppID text: String) -> String? {
        let isVisible = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isVisible && (1...self.textLimit).contains(text.utf8.count)
            ? nil : "must be 1 to \(self.textLimit) visible ASCII characters, as the platform shows it."
    }

    /// A header field, with or without a prefix of the value.
    public static func fault(ofHeader text: String) -> String? {
        let name = text.prefix { $0 != ":" }
        let isVisible = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        return String(name).isHTTPToken && isVisible && text.utf8.count <= self.textLimit
            ? nil : "must be the name of a header field, such as X-Signature, or NAME:PREFIX."
    }

    /// How generic webhooks are signed.
    public static func fault(ofScheme text: String) -> String? {
        self.schemes.contains(text) ? nil : "must be one of \(self.schemes.joined(separator: ", "))."
    }

    /// An origin of pages.
    public static func fault(ofOrigin text: String) -> String? {
        let sentence =
            "must be a scheme and a host, such as https://bot.example or http://localhost:3000, without a path."
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return sentence }
        let host = text.dropFirst(scheme.utf8.count).utf8
        let isHost = host.allSatisfy { (0x21...0x7E).contains($0) && !"/?#@\"\\<>".utf8.contains($0) }
        return isHost && !host.isEmpty && text.utf8.count <= self.textLimit ? nil : sentence
    }
}
