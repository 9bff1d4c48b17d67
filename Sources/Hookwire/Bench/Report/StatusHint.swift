// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What to look at where a relay refuses, by the status of its answer: what Hookwire means by it (docs/http.md).
enum StatusHint {
    /// How a socket's failure begins whose handshake was answered with another status than 101.
    static let handshakeStatus = "handshake_status_"

    private static let registeredOnly =
        "or the relay serves registered bots only, and each run invents its own secrets: load one with --access open"

    /// For a request that was refused.
    ///
    /// - Parameter isSigned: whether the run's events are signed.
    static func webhook(_ status: String, isSigned: Bool) -> String? {
        switch status {
        case "400":
            "--webhook lacks ?secret={secret}, or takes another platform's events than QQ's"
        case "401" where !isSigned:
            "the relay verifies signatures, and --unsigned makes none"
        case "401":
            "check that --webhook has ?secret={secret}; that the clocks agree; and that no event was signed longer ago "
                + "than the relay's --freshness (5m), as where a run without --rate and --duration takes longer"
        case "404":
            "--webhook leads nowhere, \(Self.registeredOnly)"
        case "405":
            "--webhook is no address that events are posted to"
        case "413":
            "--body-size is above what the relay takes (its --body-limit)"
        case "429":
            "a limit of the relay: its --address-rate, the bot's own, or --ban-after where secrets or signatures were "
                + "wrong"
        case "503":
            "the relay cannot store events now, or is about to stop; its log says more"
        default: nil
        }
    }

    /// For a socket that was not opened.
    ///
    /// - Parameter reason: `handshake_status_401`, or another that says nothing of a status.
    static func socket(refusal reason: String) -> String? {
        guard reason.hasPrefix(Self.handshakeStatus) else { return nil }
        switch reason.dropFirst(Self.handshakeStatus.count) {
        case "400": return "check the parameters in --socket"
        case "401": return "--socket lacks ?secret={secret}"
        case "404": return "--socket leads nowhere, \(Self.registeredOnly)"
        case "426": return "a proxy on the way dropped the fields Upgrade and Connection"
        case "429":
            return "a limit of the relay: its --sockets-per-address, --address-rate or --ban-after, or the bot's own"
        case "503":
            return "the relay opens no more sockets now (its --new-sockets), cannot reach its store, or is about to "
                + "stop"
        default: return nil
        }
    }
}
