// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The configuration of `/qq`: the endpoints that QQ's bot SDKs call, and the gateway.
public struct QQConfiguration: Sendable {
    /// Where other requests are proxied to.
    public enum Upstream: Sendable, Hashable {
        /// Nowhere: tokens and the bot's user are made up, for development without the platform.
        case none
        /// The platform: the base URL of its API, and of its token service, without a slash at the end.
        case platform(api: String, tokens: String)
    }

    /// The platform's own addresses.
    public static let defaultAPI = "https://api.sgroup.qq.com"
    public static let defaultTokens = "https://bots.qq.com"

    /// Default: the platform.
    public var upstream = Upstream.platform(api: Self.defaultAPI, tokens: Self.defaultTokens)
    /// The address at which bots reach this relay, without a slash at the end; nil takes it from each request.
    public var publicURL: String?
    /// Whether this node itself serves HTTPS.
    public var servesTLS = false
    /// How long the platform may take to begin its response, and for each part of it; for a streamed request, also to
    /// accept each piece. Default 30 s.
    public var timeout = TimeAmount.seconds(30)
    /// The heartbeat interval of a gateway's clients. Default 45 s.
    public var heartbeatInterval = TimeAmount.seconds(45)
    /// How long a gateway's client may take to identify. Default 30 s.
    public var identifyTimeout = TimeAmount.seconds(30)

    /// The defaults.
    public init() {}
}
