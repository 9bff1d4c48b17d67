// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension Setting<Double> {
    /// A rate per second, within bounds: `100`, `0.5`.
    static func rate(_ name: String) -> Setting {
        Setting(name: name, expectation: "a number a second from 0.001 to 1000000, such as 0.5 or 100") { text in
            Double(text).flatMap { (0.001...1_000_000).contains($0) ? $0 : nil }
        }
    }
}

extension Setting<TrustedProxies> {
    /// The networks of proxies.
    static func proxies(_ name: String) -> Setting {
        Setting(name: name, expectation: TrustedProxies.expectation) { TrustedProxies($0) }
    }
}
