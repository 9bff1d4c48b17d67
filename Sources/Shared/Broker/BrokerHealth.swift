// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Whether a broker can do its work, and why not.
public enum BrokerHealth: Hashable, Sendable {
    /// It stores and delivers.
    case ready
    /// It stores and delivers for some channels and not for others; the sentence tells an operator why.
    case degraded(String)
    /// It does not; the sentence tells an operator why.
    case unavailable(String)
}
