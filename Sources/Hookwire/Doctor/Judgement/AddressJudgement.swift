// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a URL and its host's addresses mean to a platform.
enum AddressJudgement {
    static func scheme(_ url: WebhookURL, _ rules: PlatformRules) -> Finding {
        url.isTLS ? .httpsUsed() : .httpsMissing(rules)
    }

    static func port(_ url: WebhookURL, _ rules: PlatformRules) -> Finding {
        guard let ports = rules.ports, !ports.contains(url.port) else { return .portAllowed(url.port, rules) }
        return .portNotAllowed(url.port, allowed: ports, rules)
    }

    /// - Parameter addresses: what the name stands for, at least one.
    static func addresses(_ addresses: [String], of host: String, _ rules: PlatformRules) -> Finding {
        let isLiteral = addresses == [host]
        if let address = addresses.first(where: { AddressKind($0) == .private }) {
            return .privateAddress(host, address, rules)
        }
        if let address = addresses.first(where: { AddressKind($0) == .fake }) { return .fakeAddress(host, address) }
        if isLiteral { return .skipped(.dns, .literalAddress) }
        if let address = addresses.first, addresses.allSatisfy({ $0.contains(":") }) {
            return .onlyIPv6(host, address, rules)
        }
        return .resolved(host, addresses)
    }

    static func failure(_ failure: NameFailure, of host: String) -> Finding {
        switch failure {
        case .unknown: .nameUnknown(host)
        case .unanswered(let cause): .nameServerSilent(host, cause)
        }
    }
}

/// Why a name has no addresses.
enum NameFailure: Error, Sendable, Equatable {
    /// There is no such name, or it has no address.
    case unknown
    /// No resolver answered.
    case unanswered(String)
}
