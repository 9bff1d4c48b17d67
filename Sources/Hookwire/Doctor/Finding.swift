// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a check found, with what to do. `Catalogue/` makes them.
struct Finding: Sendable, Equatable {
    var check: Check
    var outcome: Outcome
    /// The cause, for programs.
    var reason: Reason
    /// A sentence or two for people.
    var wording: Wording

    init(_ check: Check, _ outcome: Outcome, _ reason: Reason, _ english: String, _ chinese: String) {
        self.check = check
        self.outcome = outcome
        self.reason = reason
        self.wording = Wording(english, chinese)
    }

    /// The causes. The raw values are what `--json` tells.
    enum Reason: String, Sendable, CaseIterable {
        case fine
        // Why something was not looked at.
        case notReached = "not_reached"
        case noTLS = "no_tls"
        case untrusted
        case noAnswer = "no_answer"
        case notUsable = "not_usable"
        case plainHTTP = "plain_http"
        case connectedElsewhere = "connected_elsewhere"
        case literalAddress = "literal_address"
        case platformHasNone = "platform_has_none"
        case noVerifyToken = "no_verify_token"
        case notAsked = "not_asked"
        case noDate = "no_date"
        // The address.
        case httpsMissing = "https_missing"
        case portNotAllowed = "port_not_allowed"
        case nameUnknown = "name_unknown"
        case nameServerSilent = "name_server_silent"
        case privateAddress = "private_address"
        case fakeAddress = "fake_address"
        case onlyIPv6 = "only_ipv6"
        // The connection.
        case connectionRefused = "connection_refused"
        case connectionTimedOut = "connection_timed_out"
        case networkUnreachable = "network_unreachable"
        case notTLS = "not_tls"
        case handshakeFailed = "tls_handshake_failed"
        case oldTLS = "old_tls"
        // The certificate.
        case selfSigned = "self_signed"
        case intermediateMissing = "intermediate_missing"
        case unknownAuthority = "unknown_authority"
        case invalidChain = "invalid_chain"
        case wrongHostName = "wrong_host_name"
        case expired
        case notYetValid = "not_yet_valid"
        case expiresSoon = "expires_soon"
        // The answer.
        case redirect
        case closedWithoutAnswer = "closed_without_answer"
        case notHTTP = "not_http"
        case htmlPage = "html_page"
        case notFound = "not_found"
        case otherPlatform = "other_platform"
        case refused
        case gatewayError = "gateway_error"
        case unexpectedStatus = "unexpected_status"
        case tooSlow = "too_slow"
        case slow
        // The platform's check of the URL.
        case notAnObject = "not_an_object"
        case otherToken = "other_token"
        case noSignature = "no_signature"
        case malformedSignature = "malformed_signature"
        case wrongSignature = "wrong_signature"
        case otherEcho = "other_echo"
        case missingVerifyToken = "missing_verify_token"
        // Events.
        case eventRefused = "event_refused"
        case eventStale = "event_stale"
        case eventNotStored = "event_not_stored"
        case eventNotAcknowledged = "event_not_acknowledged"
        case forgeryAccepted = "forgery_accepted"
        case forgeryUndecided = "forgery_undecided"
        // The rest.
        case clockOff = "clock_off"
        case noSocketHere = "no_socket_here"
        case upgradeLost = "upgrade_lost"
        case socketRefused = "socket_refused"
    }
}
